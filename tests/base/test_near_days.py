"""Dates as cards show them: the year only where it is another one."""

from datetime import date

import pytest

from lms.base.i18n import day_near

TODAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("language", "this_year", "next_year"),
    [
        ("sv", "12 mars", "12 mars 2027"),
        ("nb", "12. mars", "12. mars 2027"),
        ("en", "12 March", "12 March 2027"),
    ],
)
def test_the_year_is_told_only_where_it_is_another_one(language, this_year, next_year):
    assert day_near(date(2026, 3, 12), TODAY, language) == this_year
    assert day_near(date(2027, 3, 12), TODAY, language) == next_year
