"""Absences of a list fitted to what is known: corrected, begun, ended; and once is enough."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms.organisation.away import Away, AwayFit, fit_away
from lms.organisation.roles import absence_of

TODAY, YESTERDAY = date(2026, 6, 15), date(2026, 6, 14)
JANUARY, MARCH, JULY, AUGUST = date(2026, 1, 1), date(2026, 3, 1), date(2026, 7, 1), date(2026, 8, 31)
LEAVE = Away("leave", JANUARY, None)


@pytest.mark.parametrize(
    ("said", "known", "revised", "added"),
    [
        ([LEAVE], [], {}, [LEAVE]),
        ([LEAVE], [LEAVE], {}, []),
        ([Away("leave", JANUARY, AUGUST)], [LEAVE], {0: Away("leave", JANUARY, AUGUST)}, []),
        ([Away("leave", MARCH, None)], [LEAVE], {0: Away("leave", MARCH, None)}, []),
        ([], [LEAVE], {0: Away("leave", JANUARY, YESTERDAY)}, []),
        ([], [Away("leave", TODAY, None)], {0: None}, []),
        ([], [Away("leave", JULY, AUGUST)], {0: None}, []),
        ([], [Away("leave", JANUARY, MARCH)], {}, []),
        (
            [Away("absence", MARCH, None)], [LEAVE],
            {0: Away("leave", JANUARY, date(2026, 2, 28))}, [Away("absence", MARCH, None)],
        ),
    ],
)  # fmt: skip
def test_list_tells_who_is_away(said, known, revised, added):
    assert fit_away(said, list(enumerate(known)), TODAY) == AwayFit(tuple(revised.items()), tuple(added))


@pytest.mark.parametrize("word", ["sjukskriven", "Föräldraledig", "sick", ""])
def test_reasons_are_no_kinds_of_absence(word):
    assert absence_of(word) is None


DAYS = st.dates(date(2026, 5, 1), date(2026, 8, 1))


@st.composite
def times(draw):
    first, last = draw(DAYS), draw(st.none() | DAYS)
    return Away(draw(st.sampled_from(["leave", "absence"])), first, max(first, last) if last else None)


@given(st.lists(times(), max_size=2), st.lists(times(), max_size=3))
def test_a_second_time_changes_nothing_and_the_list_is_true(said, known):
    if any(one != other and one.overlaps(other) for one in said for other in said):
        return  # a fault of the list
    facts = dict(enumerate(known))
    fitted = fit_away(said, list(facts.items()), TODAY)
    for key, away in fitted.revised:
        if away is None:
            del facts[key]
        else:
            assert away.last is None or away.first <= away.last
            facts[key] = away
    facts |= dict(enumerate(fitted.added, 100))
    assert set(said) <= set(facts.values())
    later = [away for away in facts.values() if away.last is None or away.last >= TODAY]
    assert set(later) <= set(said)
    assert fit_away(said, list(facts.items()), TODAY) == AwayFit()
