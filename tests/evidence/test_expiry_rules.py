"""When a certificate stops being valid: rolling, on a day of the year, with a gap before it; never too long."""

from calendar import monthrange
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms.evidence.rules import Expiry, expires_on, is_day_of_year
from lms.register.rules import last_valid_day

DAYS = st.dates(date(2020, 1, 1), date(2099, 12, 31))
ENDS = st.dates(date(2024, 1, 1), date(2024, 12, 31)).map(lambda day: (day.month, day.day))
EXPIRIES = st.builds(Expiry, st.none() | st.integers(1, 60), st.none() | ENDS, st.integers(0, 24))
NEW_YEARS_EVE = (12, 31)


@pytest.mark.parametrize(
    ("achieved_on", "months", "expiry", "last"),
    [
        (date(2026, 3, 24), 24, Expiry(), date(2028, 3, 23)),
        (date(2026, 3, 24), 24, Expiry(months=12), date(2027, 3, 23)),
        (date(2026, 3, 24), 12, Expiry(months=36), date(2027, 3, 23)),  # only shorter
        (date(2024, 2, 29), 12, Expiry(), date(2025, 2, 27)),
        (date(2026, 8, 31), 24, Expiry(months=6), date(2027, 2, 27)),
        (date(2026, 3, 24), 24, Expiry(ends=NEW_YEARS_EVE), date(2026, 12, 31)),
        (date(2026, 12, 31), 24, Expiry(ends=NEW_YEARS_EVE), date(2026, 12, 31)),
        (date(2027, 1, 1), 24, Expiry(ends=NEW_YEARS_EVE), date(2027, 12, 31)),
        (date(2026, 12, 10), 24, Expiry(ends=NEW_YEARS_EVE, gap_months=3), date(2027, 12, 31)),
        (date(2026, 10, 1), 24, Expiry(ends=NEW_YEARS_EVE, gap_months=3), date(2026, 12, 31)),
        (date(2026, 10, 2), 24, Expiry(ends=NEW_YEARS_EVE, gap_months=3), date(2027, 12, 31)),
        (date(2026, 12, 10), 12, Expiry(ends=NEW_YEARS_EVE, gap_months=3), date(2027, 12, 9)),  # as allowed
        (date(2026, 3, 24), 36, Expiry(ends=NEW_YEARS_EVE, gap_months=12), date(2027, 12, 31)),
        (date(2026, 12, 10), 36, Expiry(months=6, ends=NEW_YEARS_EVE, gap_months=3), date(2027, 6, 9)),
        (date(2026, 12, 1), 24, Expiry(ends=(2, 29)), date(2027, 2, 28)),
        (date(2027, 12, 1), 24, Expiry(ends=(2, 29)), date(2028, 2, 29)),
    ],
)
def test_last_day(achieved_on, months, expiry, last):
    assert expires_on(achieved_on, months, expiry) == last


@given(DAYS, st.integers(1, 60), EXPIRIES)
def test_never_before_it_was_achieved_nor_beyond_what_the_edition_allows(achieved_on, months, expiry):
    last = expires_on(achieved_on, months, expiry)
    assert achieved_on <= last <= last_valid_day(achieved_on, months)
    if expiry.months is not None:
        assert last <= last_valid_day(achieved_on, expiry.months)


@given(DAYS, st.integers(1, 60), EXPIRIES.filter(lambda expiry: expiry.ends))
def test_on_the_day_of_the_year_and_not_too_close_or_else_as_long_as_allowed(achieved_on, months, expiry):
    last = expires_on(achieved_on, months, expiry)
    if last == expires_on(achieved_on, months, Expiry(expiry.months)):
        return
    month, day = expiry.ends
    assert (last.month, last.day) == (month, min(day, monthrange(last.year, month)[1]))
    assert last >= last_valid_day(achieved_on, expiry.gap_months)
    before = expires_on(last - timedelta(days=366), 60, Expiry(ends=expiry.ends))  # the one of a year earlier
    assert before < max(achieved_on, last_valid_day(achieved_on, expiry.gap_months))


@given(DAYS, st.integers(1, 60), EXPIRIES)
def test_who_passes_later_never_loses_days(achieved_on, months, expiry):
    later = achieved_on + timedelta(days=1)
    assert expires_on(later, months, expiry) >= expires_on(achieved_on, months, expiry)


def test_days_that_exist():
    assert [is_day_of_year(*each) for each in ((2, 29), (12, 31), (1, 1))] == [True] * 3
    assert [is_day_of_year(*each) for each in ((2, 30), (4, 31), (13, 1), (0, 1), (1, 0))] == [False] * 5
