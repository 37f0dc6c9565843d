"""How well the items of an exam work, from what many people answered; pure.

Nothing is said but what those say who stand for five people each (`lms.learning.figure_rules`), and no advice is given
on fewer than fifty. Difficulty is the share of first answers that are wholly right (the p-value of classical test
theory). Discrimination is the corrected point-biserial correlation: of the item (right or not) with how many of the
other items of the same exam were right, the item itself left out (S. Henrysson, "Correction of item-total correlations
in item analysis", Psychometrika 28, 1963).
"""

import json
import math
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal

from lms.learning.figure_rules import ENOUGH, LEAST, every_fifth, whole_groups

TOO_EASY, TOO_HARD = Fraction(9, 10), Fraction(3, 10)  # shares that are right

Advice = Literal["check_key", "wrong_preferred", "too_hard", "too_easy"]


@dataclass(frozen=True, slots=True)
class Answered:
    """What somebody answered (as JSON text), and how many items of their exam were right, this one included."""

    value: str
    is_right: bool
    right: int

    @property
    def place(self) -> tuple[bool, str]:
        """Where it stands in a row of answers: those that are right first."""
        return not self.is_right, self.value


@dataclass(frozen=True, slots=True)
class Quality:
    """What may be said of the answers to an item, of so many people as those who are told of stand for."""

    people: int
    right: int
    discrimination: (
        float | None
    )  # from -1 to 1, to a tenth; none of too few, or where about all answered alike
    chosen: Mapping[str, int]  # people by the id of what they chose

    @property
    def difficulty(self) -> Fraction:
        """The share that is right: the higher, the easier."""
        return Fraction(self.right, self.people)


def quality(
    languages: Iterable[Sequence[Answered]], chosen: Callable[[Any], Iterable[str]]
) -> Quality | None:
    """What first answers to an item say of it, of people in each language as they finished; none if of too few.

    All but the discrimination follows from those who stand for five. That is of everybody in a whole group, and leaves
    open who answered what, as it is told nowhere how many other items somebody had right.
    """
    groups = [group for people in languages for group in whole_groups(people)]
    told = [each for group in groups for each in every_fifth(sorted(group, key=lambda answer: answer.place))]
    if not told:
        return None
    choices = Counter[str]()
    for value, times in Counter(each.value for each in told).items():
        for choice in chosen(json.loads(value)):
            choices[choice] += LEAST * times
    people, right = LEAST * len(told), LEAST * sum(each.is_right for each in told)
    apart = None
    if (
        people >= ENOUGH and 0 < right < people
    ):  # where all are equally good elsewhere that is not told either
        apart = round(discrimination([each for group in groups for each in group]) or 0.0, 1)
    return Quality(people, right, apart, choices)


def discrimination(people: Collection[Answered]) -> float | None:
    """Correlation of being right (x) with how many other items were right (y); in whole numbers up to the end.

    None where all answered alike, or were equally good elsewhere.
    """
    count, right = len(people), sum(each.is_right for each in people)
    y = y_squared = x_y = 0
    for each in people:
        rest = each.right - each.is_right
        y += rest
        y_squared += rest * rest
        x_y += rest * each.is_right
    spread = right * (count - right) * (count * y_squared - y * y)
    return (count * x_y - right * y) / math.sqrt(spread) if spread else None


def advice(found: Quality, right: Collection[str]) -> Advice | None:
    """What an author should look at first, if anything; `right` are the ids of the choices that are right."""
    if found.people < ENOUGH:
        return None
    if found.discrimination is not None and found.discrimination < -1 / math.sqrt(found.people):
        return "check_key"
    most = max((found.chosen.get(each, 0) for each in right), default=found.people)
    if any(count > most for choice, count in found.chosen.items() if choice not in right):
        return "wrong_preferred"
    if found.difficulty < TOO_HARD:
        return "too_hard"
    return "too_easy" if found.difficulty >= TOO_EASY else None
