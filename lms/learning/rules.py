"""Drawing a quiz and grading answers; pure, so that every rule can be tested by itself."""

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from random import Random
from typing import Any

from lms.catalogue.items import TYPES, Drawn, Malformed
from lms.catalogue.values import Edition, Item

__all__ = ["Drawn", "Malformed"]

Value = Any  # plain JSON; its form follows from the type of the item


def draw(edition: Edition, random: Random, seen: Collection[str] = ()) -> list[Drawn]:
    """Items for one attempt, spread evenly over all outcomes, in random order with options shuffled.

    Every outcome gets its share; what does not divide evenly goes to outcomes drawn at random.
    Items not `seen` in earlier attempts come first, as long as there are any.
    """
    pool = {
        outcome: [item for item in edition.items.values() if item.use == "exam" and item.outcome == outcome]
        for outcome in edition.outcomes
    }
    for items in pool.values():
        random.shuffle(items)
        items.sort(key=lambda item: item.id in seen)
    chosen: list[Item] = []
    while len(chosen) < edition.exam_items:
        outcomes = [outcome for outcome, items in pool.items() if items]
        random.shuffle(outcomes)
        if not outcomes:
            break
        chosen += [pool[outcome].pop(0) for outcome in outcomes[: edition.exam_items - len(chosen)]]
    random.shuffle(chosen)
    return [shown(edition, item, random) for item in chosen]


def shown(edition: Edition, item: Item, random: Random) -> Drawn:
    """An item as one person meets it: options in a random order, numbers of its own."""
    return TYPES[item.type].draw(item, edition.text(edition.languages[0]).items[item.id], random)


def read_answer(item: Item, drawn: Drawn, value: object) -> Value:
    """The value as it is stored, if it is an answer to the item as drawn. Raises Malformed."""
    return TYPES[item.type].read(item, drawn, value)


def grade(item: Item, drawn: Drawn, value: Value) -> Fraction:
    """How much of an answer is right, from 0 to 1."""
    return TYPES[item.type].grade(item, drawn, value)


def has_passed(right: int, edition: Edition) -> bool:
    """Whether so many right answers reach the pass mark."""
    return right >= edition.pass_mark


def missed_outcomes(edition: Edition, wrong_items: Iterable[str]) -> list[str]:
    """Outcomes with at least one wrong answer, in the order they are taught."""
    missed = {edition.items[item].outcome for item in wrong_items}
    return [outcome for outcome in edition.outcomes if outcome in missed]


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
