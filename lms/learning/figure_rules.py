"""What figures about many people may say, so that nobody's own answers or result follow from them; pure.

Whoever knows who took an exam, and when, could look before and after, or take one figure from another. So figures
stand still for a month, they change by whole groups of people, and they say what those say who stand for five, or one
of three steps.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time
from enum import IntEnum
from typing import TypeVar
from zoneinfo import ZoneInfo

T = TypeVar("T")

LEAST = 5  # people: of fewer nothing is said
FIRST_GROUP = 2 * LEAST - 1  # people: as many as there must be for a fifth from both ends
ENOUGH = 50  # people: of fewer nothing is advised, and no correlation is said, for it is off by chance alone


def whole_groups(people: Sequence[T]) -> Iterator[Sequence[T]]:
    """People cut into groups, in their order: of nine, nineteen, thirty-nine and so on; the rest are in none yet.

    A group never changes once it is whole, and nobody is in two. As each is more than twice as large as the one before
    it, few are needed for many people, so that what `every_fifth` is off in each adds up to little.
    """
    start, size = 0, FIRST_GROUP
    while start + size <= len(people):
        yield people[start : start + size]
        start, size = start + size, 2 * size + 1


def every_fifth(row: Sequence[T]) -> Sequence[T]:
    """Those of a group who stand for five people each, and are all that is told of it.

    The group stands in a row by what they answered. Before the first of those, between two, and after the last are four
    others, who may have answered whatever stands in the row at that place. So any four people of the group may have
    answered anything. And as groups share nobody, so may any four of several, of all figures that are ever told.

    What this does not hide is what five people or more answered: that it is not everybody's answer or nobody's, where
    the told ones say so, and about how many gave it. A number told of one group is off by four at most.
    """
    return row[LEAST - 1 :: LEAST]


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
