"""When a certificate stops being valid."""

from dataclasses import dataclass
from datetime import date

from lms.register.rules import add_months, last_valid_day


@dataclass(frozen=True, slots=True)
class Expiry:
    """How an employer lets the certificates of a course run out.

    It can only shorten what the edition of the course allows.
    """

    months: int | None = None  # at most so many; empty: as many as the edition allows
    ends: tuple[int, int] | None = None  # always on this month and day of a year; empty: to the day
    gap_months: int = 0  # where that is closer than so many months: that day of the next year, if allowed


AS_THE_AUTHOR = Expiry()


def expires_on(achieved_on: date, validity_months: int, expiry: Expiry = AS_THE_AUTHOR) -> date:
    """Last valid day of a certificate achieved on a day in an edition that allows so many months, the day included.

    Rolling: so many months on, the day before. With a day of the year: the first such day that is not too close, unless
    it lies beyond what is allowed. 29 February is the last of the month in other years.
    """
    months = validity_months if expiry.months is None else min(expiry.months, validity_months)
    longest = last_valid_day(achieved_on, months)
    if expiry.ends is None:
        return longest
    earliest = max(achieved_on, last_valid_day(achieved_on, expiry.gap_months))
    ends = (_day_of(year, *expiry.ends) for year in (earliest.year, earliest.year + 1))
    return min(longest, next(day for day in ends if day >= earliest))


def _day_of(year: int, month: int, day: int) -> date:
    """A day of a year; the last of the month, where that is shorter."""
    last = add_months(date(year, month, 1), 1).toordinal() - 1
    return date.fromordinal(min(date(year, month, 1).toordinal() + day - 1, last))


def is_day_of_year(month: int, day: int) -> bool:
    """Whether there is such a day, in leap years at least."""
    return 1 <= month <= 12 and day >= 1 and _day_of(2024, month, day).day == day
