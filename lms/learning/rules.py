"""Drawing, grading, what was shown; pure, so that every rule can be tested by itself."""

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from fractions import Fraction
from random import Random
from statistics import mode
from typing import Any, Literal, Protocol

from lms.catalogue.items import TYPES, Drawn, Malformed
from lms.catalogue.rules import LEAST_UPDATE_ITEMS, outcomes_of, reads_the_same, update_items
from lms.catalogue.values import Edition, ExamPart, Item, Lesson, Use
from lms.register.rules import Taught

__all__ = ["Drawn", "Malformed"]

Value = Any  # plain JSON; its form follows from the type of the item
Kind = Literal["exam", "pretest", "refresher", "update"]  # of an attempt
Shares = Mapping[str, Fraction | int]  # how much of the answer to each item drawn is right, from 0 to 1

CHECKS = frozenset({"pretest", "refresher"})  # say what need not be read, and explain no single answer
REFRESHER_ITEMS = 2  # on each outcome
# Where a kind of attempt takes its items from, the first pool first. The pool of the exam stays sealed until the exam:
# the refresher comes just before it, with questions of which most have never been explained one by one, and an update,
# which is taken as often as one likes and alone, has questions of its own.
POOLS: dict[Kind, tuple[Use, ...]] = {
    "exam": ("exam",),
    "pretest": ("pretest",),
    "refresher": ("pretest", "practice"),
    "update": ("update",),
}


def draw(
    edition: Edition,
    random: Random,
    seen: Collection[str] = (),
    kind: Kind = "exam",
    lessons: Collection[str] = (),
) -> list[Drawn]:
    """Items for one attempt of a kind, each part by itself, in random order with options shuffled.

    Within a part every outcome gets its share; what does not divide evenly goes to outcomes drawn at random.
    Items not `seen` in earlier attempts come first, as long as there are any. An update asks for what its `lessons`
    teach.
    """
    drawn = []
    for part in _parts(edition, kind, lessons):
        items = _spread(_pool(edition, kind, lessons), part, POOLS[kind], random, seen)
        random.shuffle(items)
        drawn += items
    return [shown(edition, item, random) for item in drawn]


def _pool(edition: Edition, kind: Kind, lessons: Collection[str]) -> list[Item]:
    if kind == "update":
        return update_items(edition, lessons)
    return [item for item in edition.items.values() if item.use in POOLS[kind]]


def _parts(edition: Edition, kind: Kind, lessons: Collection[str] = ()) -> tuple[ExamPart, ...]:
    if kind == "exam":
        return edition.exam_parts
    if kind == "update":
        outcomes = outcomes_of(edition, lessons)
        return (ExamPart("", outcomes, LEAST_UPDATE_ITEMS * len(outcomes), 0),)
    each = edition.pretest_items if kind == "pretest" else REFRESHER_ITEMS
    return (ExamPart("", edition.outcomes, each * len(edition.outcomes), 0),)


def count_asked(edition: Edition, kind: Kind) -> int:
    """How many items an attempt of a kind draws."""
    pool = _pool(edition, kind, ())
    return sum(len(_spread(pool, part, POOLS[kind], Random(0), ())) for part in _parts(edition, kind))  # noqa: S311


def _spread(
    of_all: Sequence[Item], part: ExamPart, uses: Sequence[Use], random: Random, seen: Collection[str]
) -> list[Item]:
    pool = {
        outcome: [item for item in of_all if item.outcome == outcome and is_graded(item)]
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


def is_graded(item: Item) -> bool:
    """Whether answers to an item are right or wrong."""
    return TYPES[item.type].is_graded


def is_in_steps(item: Item) -> bool:
    """Whether an item is answered decision by decision."""
    return TYPES[item.type].in_steps


def read_answer(item: Item, drawn: Drawn, value: object) -> Value:
    """The value as it is stored, if it is an answer to the item as drawn. Raises Malformed."""
    return TYPES[item.type].read(item, drawn, value)


def solved(item: Item, drawn: Drawn) -> list[Value]:
    """What to send, one after the other, to answer an item wholly rightly: one answer, or all decisions in order."""
    value = TYPES[item.type].solved(item, drawn)
    return [[each] for each in value] if is_in_steps(item) else [value]


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
    """How each part of the exam went, of as many items of it as were drawn."""
    of_parts = (
        (part, [credit for item, credit in shares.items() if edition.items[item].outcome in part.outcomes])
        for part in edition.exam_parts
    )
    return [PartScore(replace(part, items=len(of)), sum(of)) for part, of in of_parts if of]


def has_passed(edition: Edition, shares: Shares) -> bool:
    """Whether every part of the exam reaches its own pass mark: one does not make up for another."""
    return all(score.is_enough for score in scores(edition, shares))


def solid_outcomes(edition: Edition, shares: Shares) -> list[str]:
    """Outcomes that were asked for and of which every answer was wholly right, in the order they are taught."""
    asked = {edition.items[item].outcome for item in shares}
    missed = {edition.items[item].outcome for item, credit in shares.items() if credit < 1}
    return [outcome for outcome in edition.outcomes if outcome in asked - missed]


def language_of(answered_in: Sequence[str]) -> str:
    """The language of an exam and its certificate, by the languages its questions were answered in, in order.

    That of most of them; of two that are as many, the one of the later answer.
    """
    return mode(reversed(answered_in))


def first_unread(edition: Edition, lesson_id: str, read: Collection[str]) -> str:
    """Step of a lesson to go to: the first one not read, or the first of all if all have been read."""
    lesson = edition.lesson(lesson_id)
    steps: Sequence[str] = [step.id for step in lesson.steps] if lesson else []
    return next((step for step in steps if step not in read), steps[0])


class Tried(Protocol):
    """An attempt, as far as the next one depends on it."""

    @property
    def kind(self) -> str:
        """Of the attempt."""

    @property
    def edition_id(self) -> int:
        """The edition it was drawn from."""

    @property
    def closed_at(self) -> datetime | None:
        """When the last item was answered."""

    @property
    def passed(self) -> bool | None:
        """Whether it reached the pass mark; None as long as it is open, and if it was left without an answer."""


@dataclass(frozen=True, slots=True)
class NextTry:
    """Whether one may take the exam now: attempts left (none: no limit), and from when (none: at once).

    `is_extra`: the one that is left was given beyond the limit.
    """

    left: int | None = None
    opens_at: datetime | None = None
    is_extra: bool = False

    @property
    def is_open(self) -> bool:
        """Whether an attempt may be opened now."""
        return self.left != 0 and self.opens_at is None


def next_try(
    edition: Edition, tried: Iterable[Tried], now: datetime, given_at: datetime | None = None
) -> NextTry:
    """When the exam of an edition may be taken, after the attempts (oldest first) since the last pass of any edition.

    Only attempts on the edition count: a new one begins anew, as a certificate to be renewed does. What was left
    without an answer does not count. One more that was given (last at `given_at`) lasts until the next miss.
    """
    missed: list[datetime] = []
    for each in tried:
        if each.kind == "exam" and each.passed:
            missed = []
        elif (
            each.kind == "exam"
            and each.passed is False
            and each.closed_at is not None
            and each.edition_id == edition.id
        ):
            missed.append(each.closed_at)
    left = max(0, edition.attempts - len(missed)) if edition.attempts else None
    is_extra = left == 0 and given_at is not None and given_at > missed[-1]
    opens_at = missed[-1] + timedelta(hours=edition.wait_hours) if missed and edition.wait_hours else None
    return NextTry(
        left=1 if is_extra else left,
        opens_at=opens_at if opens_at is not None and opens_at > now else None,
        is_extra=is_extra,
    )


@dataclass(frozen=True, slots=True)
class Check:
    """An attempt before a course or its renewal that is closed: which outcomes it found solid."""

    kind: str
    solid: frozenset[str]
    closed_at: datetime


@dataclass(frozen=True, slots=True)
class Deeds:
    """What somebody has done with an edition: steps opened (lesson, step, when), checks taken."""

    steps: Sequence[tuple[str, str, datetime]] = ()
    checks: Sequence[Check] = ()


@dataclass(frozen=True, slots=True)
class Studied:
    """What counts of that: steps read, by lesson, outcomes shown, the last check."""

    read: Mapping[str, Collection[str]]
    shown: frozenset[str] = frozenset()
    check: Check | None = None


def begins_at(checks: Iterable[Check]) -> datetime | None:
    """Since when steps count as read: the last refresher has begun the course anew."""
    return max((check.closed_at for check in checks if check.kind == "refresher"), default=None)


def studied(edition: Edition, deeds: Deeds, earlier: Iterable[tuple[Edition, Deeds]] = ()) -> Studied:
    """What counts of what somebody has done with an edition, and with earlier ones.

    The last check of all says what was shown, the last refresher since when steps count. What was done with an
    earlier edition counts as far as lessons have not changed: a step of one that reads the same, an outcome if all
    lessons on it read the same.
    """
    lessons = {lesson.id for lesson in edition.lessons}
    kept = [(lessons, deeds)]
    for old, before in earlier:
        kept.append(({lesson for lesson in lessons if reads_the_same(lesson, old, edition)}, before))
    checks = [(check, same) for same, each in kept for check in each.checks]
    last, same = max(checks, key=lambda pair: pair[0].closed_at, default=(None, lessons))
    begins = begins_at(check for check, _same in checks)
    read: dict[str, set[str]] = {}
    for of_same, each in kept:
        for lesson, step, read_at in each.steps:
            if lesson in of_same and (begins is None or read_at >= begins):
                read.setdefault(lesson, set()).add(step)
    changed = set(outcomes_of(edition, lessons - same))
    shown = last.solid.intersection(edition.outcomes) - changed if last is not None else frozenset[str]()
    return Studied(read, shown, last)


def may_refresh(taught: Taught, refreshed_on: Iterable[date], day: date) -> bool:
    """Whether a proof is to be renewed, and no refresher has been taken for that since it was achieved.

    It is for whoever holds one, whether anything asks for the course or not.
    """
    return taught.is_to_renew(day) and all(on <= taught.achieved_on for on in refreshed_on)


def path(edition: Edition, shown: Collection[str]) -> list[Lesson]:
    """The lessons somebody still needs who has shown some outcomes: all but those whose every outcome was shown."""
    left_out = set(shown)
    return [lesson for lesson in edition.lessons if not lesson.outcomes or set(lesson.outcomes) - left_out]


@dataclass(frozen=True, slots=True)
class Reading:
    """How far somebody has come with an edition, counted in lessons; `lesson` and `step` are where to go on."""

    begun: bool
    done: frozenset[str]  # lessons of which every step has been read, or every outcome shown before
    shown: frozenset[str]  # of these, those that may be left out
    count: int
    place: int  # of the lesson to go on with, from 1; 0 when none is left
    lesson: str
    step: str
    minutes_left: int


def _unread(lesson: Lesson, read: Collection[str]) -> list[str]:
    return [step.id for step in lesson.steps if step.id not in read]


def reading(edition: Edition, done: Studied) -> Reading:
    """What is left to read of an edition.

    A lesson half read counts with half its minutes; the sum is rounded up.
    """
    needed = path(edition, done.shown)
    unread = {lesson.id: _unread(lesson, done.read.get(lesson.id, ())) for lesson in needed}
    shown = frozenset(lesson.id for lesson in edition.lessons if lesson.id not in unread)
    minutes = sum(lesson.minutes * len(unread[lesson.id]) / len(lesson.steps) for lesson in needed)
    place, lesson_id = next(
        ((place, lesson.id) for place, lesson in enumerate(edition.lessons, 1) if unread.get(lesson.id)),
        (0, ""),
    )
    return Reading(
        begun=done.check is not None or any(done.read.values()),
        done=shown.union(lesson for lesson, steps in unread.items() if not steps),
        shown=shown,
        count=len(edition.lessons),
        place=place,
        lesson=lesson_id,
        step=unread[lesson_id][0] if place else "",
        minutes_left=math.ceil(minutes),
    )
