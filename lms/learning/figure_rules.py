"""What figures about many people may say, so that nobody's own answers or result follow from them; pure.

Whoever knows who took an exam, and when, could look before and after, or take one figure from another. So figures
stand still for a month, they change by whole groups of people, and they say about how many, or one of three steps.
"""

from datetime import UTC, date, datetime, time
from enum import IntEnum
from zoneinfo import ZoneInfo

LEAST = 5  # people: of fewer nothing is said, and nothing is added
ENOUGH = 20  # people: of fewer no correlation is said, for it is off by about 1 / sqrt(n) by chance alone


def about(count: int, people: int) -> int:
    """The whole five nearest to so many of some whole fives of people.

    None then says up to two, and all says all but two at least. What is left when one such figure is taken from
    another is off by up to four, or by up to two at both ends: it leaves three numbers open at least, and so never
    tells that the others were all right, or all wrong.
    """
    if people % LEAST:
        raise ValueError(people)
    return (count + LEAST // 2) // LEAST * LEAST


class HowMany(IntEnum):
    """How many of some people, said without a number."""

    FEW = 1  # or nobody
    SOME = 2
    MOST = 3  # or everybody


def how_many(count: int, people: int) -> HowMany:
    """The step for so many of so many people: few up to a quarter (at least up to two), most from three quarters.

    The lowest holds none, one and two people at least, the highest everybody, all but one and all but two. So a step
    never tells that it is all or none, and who knows one person's result learns nobody else's from it.
    """
    edge = max(2, people // 4)
    if count <= edge:
        return HowMany.FEW
    return HowMany.MOST if count >= people - edge else HowMany.SOME


def counted_until(today: date) -> date:
    """The day before which results count: the first of this month.

    Counted day by day, the figure that changes would tell how the one person did who has just taken the exam.
    """
    return today.replace(day=1)


def counted_before(today: date, time_zone: str) -> datetime:
    """The moment that day begins where the employer is."""
    return datetime.combine(counted_until(today), time(), ZoneInfo(time_zone)).astimezone(UTC)
