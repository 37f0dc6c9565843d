"""How well the items of an exam work, from what many people answered; pure.

Nothing is said of fewer than five people, and no advice on fewer than twenty (`lms.learning.item_quality`).
Difficulty is the share of first answers that are wholly right (the p-value of classical test theory). Discrimination
is the corrected point-biserial correlation: of the item (right or not) with how many of the other items of the same
exam were right, the item itself left out (S. Henrysson, "Correction of item-total correlations in item analysis",
Psychometrika 28, 1963).
"""

import math
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal

from lms.learning.figure_rules import ENOUGH, LEAST

TOO_EASY, TOO_HARD = Fraction(9, 10), Fraction(3, 10)  # shares that are right

Advice = Literal["check_key", "wrong_preferred", "too_hard", "too_easy"]


@dataclass(frozen=True, slots=True)
class Answers:
    """People who answered an item alike: what, and how many items of their exam were right.

    `right` and its square are summed over the people, the item itself included.
    """

    value: Any
    is_right: bool
    people: int
    right: int
    right_squared: int


@dataclass(frozen=True, slots=True)
class Quality:
    """What the answers of `people` say of an item; each answered it once."""

    people: int
    right: int
    discrimination: (
        float | None
    )  # from -1 to 1; none where all answered alike, or were equally good elsewhere
    chosen: Mapping[str, int]  # people by the id of what they chose

    @property
    def difficulty(self) -> Fraction:
        """The share that is right: the higher, the easier."""
        return Fraction(self.right, self.people)


def quality(answers: Collection[Answers], chosen: Callable[[Any], Iterable[str]]) -> Quality | None:
    """What first answers to an item say of it; none if too few have answered."""
    count = sum(each.people for each in answers)
    if count < LEAST:
        return None
    choices = Counter[str]()
    for each in answers:
        for choice in chosen(each.value):
            choices[choice] += each.people
    right = sum(each.people for each in answers if each.is_right)
    return Quality(count, right, _discrimination(answers, count, right), choices)


def _discrimination(answers: Iterable[Answers], count: int, right: int) -> float | None:
    """Correlation of being right (x) with how many other items were right (y); in whole numbers up to the end."""
    y = y_squared = x_y = 0
    for each in answers:
        own = int(each.is_right)
        rest = each.right - own * each.people
        y += rest
        y_squared += each.right_squared - own * (2 * each.right - each.people)
        x_y += own * rest
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
