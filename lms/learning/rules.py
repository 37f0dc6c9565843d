"""Drawing, grading, what was shown; pure, so that every rule can be tested by itself."""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from random import Random
from typing import Any, Literal

from lms.catalogue.items import TYPES, Drawn, Malformed
from lms.catalogue.values import Edition, ExamPart, Item, Use

__all__ = ["Drawn", "Malformed"]

Value = Any  # plain JSON; its form follows from the type of the item
Kind = Literal["exam", "pretest", "refresher", "update"]  # of an attempt
Shares = Mapping[str, Fraction | int]  # how much of the answer to each item drawn is right, from 0 to 1

REFRESHER_ITEMS = 2  # on each outcome
# Where a kind of attempt takes its items from, the first pool first. The pool of the exam stays sealed until the exam:
# the refresher comes just before it, with questions of which most have never been explained one by one.
POOLS: dict[Kind, tuple[Use, ...]] = {
    "exam": ("exam",),
    "pretest": ("pretest",),
    "refresher": ("pretest", "practice"),
}


def draw(edition: Edition, random: Random, seen: Collection[str] = (), kind: Kind = "exam") -> list[Drawn]:
    """Items for one attempt of a kind, each part by itself, in random order with options shuffled.

    Within a part every outcome gets its share; what does not divide evenly goes to outcomes drawn at random.
    Items not `seen` in earlier attempts come first, as long as there are any.
    """
    drawn = []
    for part in _parts(edition, kind):
        items = _spread(edition, part, POOLS[kind], random, seen)
        random.shuffle(items)
        drawn += items
    return [shown(edition, item, random) for item in drawn]


def _parts(edition: Edition, kind: Kind) -> tuple[ExamPart, ...]:
    if kind == "exam":
        return edition.exam_parts
    each = edition.pretest_items if kind == "pretest" else REFRESHER_ITEMS
    return (ExamPart("", edition.outcomes, each * len(edition.outcomes), 0),)


def _spread(
    edition: Edition, part: ExamPart, uses: Sequence[Use], random: Random, seen: Collection[str]
) -> list[Item]:
    pool = {
        outcome: [item for item in edition.items.values() if item.use in uses and item.outcome == outcome]
        for outcome in part.outcomes
    }
    for items in pool.values():
        random.shuffle(items)
        items.sort(key=lambda item: (item.id in seen, uses.index(item.use)))
    chosen: list[Item] = []
    while len(chosen) < part.items:
        outcomes = [outcome for outcome, items in pool.items() if items]
        random.shuffle(outcomes)
        if not outcomes:
            break
        chosen += [pool[outcome].pop(0) for outcome in outcomes[: part.items - len(chosen)]]
    return chosen


def shown(edition: Edition, item: Item, random: Random) -> Drawn:
    """An item as one person meets it: options in a random order, numbers of its own."""
    return TYPES[item.type].draw(item, edition.text(edition.languages[0]).items[item.id], random)


def is_in_steps(item: Item) -> bool:
    """Whether an item is answered decision by decision."""
    return TYPES[item.type].in_steps


def read_answer(item: Item, drawn: Drawn, value: object) -> Value:
    """The value as it is stored, if it is an answer to the item as drawn. Raises Malformed."""
    return TYPES[item.type].read(item, drawn, value)


def grade(item: Item, drawn: Drawn, value: Value) -> Fraction:
    """How much of an answer is right, from 0 to 1."""
    return TYPES[item.type].grade(item, drawn, value)


@dataclass(frozen=True, slots=True)
class PartScore:
    """How a part of the exam went: how much of it was right, and whether that is enough."""

    part: ExamPart
    right: Fraction | int

    @property
    def is_enough(self) -> bool:
        """Whether the pass mark of the part is reached."""
        return self.right >= self.part.pass_mark


def scores(edition: Edition, shares: Shares) -> list[PartScore]:
    """How each part of the exam went."""
    return [
        PartScore(
            part,
            sum(credit for item, credit in shares.items() if edition.items[item].outcome in part.outcomes),
        )
        for part in edition.exam_parts
    ]


def has_passed(edition: Edition, shares: Shares) -> bool:
    """Whether every part of the exam reaches its own pass mark: one does not make up for another."""
    return all(score.is_enough for score in scores(edition, shares))


def solid_outcomes(edition: Edition, shares: Shares) -> list[str]:
    """Outcomes that were asked for and of which every answer was wholly right, in the order they are taught."""
    asked = {edition.items[item].outcome for item in shares}
    missed = {edition.items[item].outcome for item, credit in shares.items() if credit < 1}
    return [outcome for outcome in edition.outcomes if outcome in asked - missed]


def first_unread(edition: Edition, lesson_id: str, read: Collection[str]) -> str:
    """Step of a lesson to go to: the first one not read, or the first of all if all have been read."""
    lesson = edition.lesson(lesson_id)
    steps: Sequence[str] = [step.id for step in lesson.steps] if lesson else []
    return next((step for step in steps if step not in read), steps[0])


@dataclass(frozen=True, slots=True)
class Reading:
    """How far somebody has read an edition, counted in lessons; `lesson` and `step` are where to go on."""

    begun: bool
    done: frozenset[str]  # lessons of which every step has been read
    count: int
    place: int  # of the lesson to go on with, from 1; 0 when all have been read
    lesson: str
    step: str
    minutes_left: int


def reading(edition: Edition, read: Mapping[str, Collection[str]]) -> Reading:
    """What is left to read of an edition; `read` maps lesson ids to the steps read of them.

    A lesson half read counts with half its minutes; the sum is rounded up.
    """
    unread = {
        lesson.id: [step.id for step in lesson.steps if step.id not in read.get(lesson.id, ())]
        for lesson in edition.lessons
    }
    minutes = sum(lesson.minutes * len(unread[lesson.id]) / len(lesson.steps) for lesson in edition.lessons)
    place, lesson_id = next(
        ((place, lesson.id) for place, lesson in enumerate(edition.lessons, 1) if unread[lesson.id]), (0, "")
    )
    return Reading(
        begun=any(read.values()),
        done=frozenset(lesson for lesson, steps in unread.items() if not steps),
        count=len(edition.lessons),
        place=place,
        lesson=lesson_id,
        step=unread[lesson_id][0] if place else "",
        minutes_left=math.ceil(minutes),
    )
