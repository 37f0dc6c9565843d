"""Which outcomes a unit misses, said so that nobody's own result follows from it; pure.

Nothing is said of fewer than five people, and never how many: one of three steps. The lowest holds none, one and two
people at least, the highest everybody, all but one and all but two. So a step never tells that all or none miss an
outcome, and who knows one person's result learns nobody else's from it.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import IntEnum

from lms.learning.item_rules import LEAST


class Missing(IntEnum):
    """How many of those who have taken the exam do not have an outcome solid yet."""

    FEW = 1  # or nobody
    SOME = 2
    MOST = 3  # or everybody


@dataclass(frozen=True, slots=True)
class Results:
    """People with the same result: the outcomes that were asked for, and those found solid."""

    people: int
    asked: Collection[str]
    solid: Collection[str]


def missing(missed: int, people: int) -> Missing:
    """The step for so many of so many people: few up to a quarter (at least up to two), most from three quarters."""
    edge = max(2, people // 4)
    if missed <= edge:
        return Missing.FEW
    return Missing.MOST if missed >= people - edge else Missing.SOME


def missed_outcomes(outcomes: Iterable[str], results: Collection[Results]) -> Mapping[str, Missing]:
    """The step for each outcome that at least five people were asked for, in the order given."""
    found = {}
    for outcome in outcomes:
        asked = sum(each.people for each in results if outcome in each.asked)
        missed = sum(each.people for each in results if outcome in each.asked and outcome not in each.solid)
        if asked >= LEAST:
            found[outcome] = missing(missed, asked)
    return found


def counted_until(today: date) -> date:
    """The day before which results count: the first of this month.

    Counted day by day, the step that changes would tell how the one person did who has just taken the exam.
    """
    return today.replace(day=1)
