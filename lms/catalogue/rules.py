"""What the editions of a course that follow one another ask of who was taught an earlier one; pure."""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from lms.catalogue.values import Edition, Effect, Item

STRENGTH: dict[Effect, int] = {"inform": 1, "update": 2, "retake": 3}
LEAST_UPDATE_ITEMS = 2  # on each outcome of the changed lessons, as a test before the course asks at least
_PARTS = re.compile(r"[0-9]+|[A-Za-z]+")


def label_order(label: str) -> tuple[list[tuple[int, int, str]], str]:
    """What editions of a course are sorted by: their labels, numbers in them by value (2026.2 before 2026.10).

    Not the day they came out here: who publishes an older edition later does not make it the one that is taught.
    """
    parts = [(0, int(part), "") if part.isdigit() else (1, 0, part) for part in _PARTS.findall(label)]
    return parts, label


@dataclass(frozen=True, slots=True)
class Published:
    """An edition as it came out, without its content: what it asks of who was taught an earlier one.

    `published_on` is the day it came out in this set-up, which is what people can go by, not the authors' own.
    No `effect`: it asks for nothing, as the first one does, or one that says nothing of what it has changed.
    """

    id: int
    digest: str
    label: str
    published_on: date
    effect: Effect | None = None
    within_days: int = 0


@dataclass(frozen=True, slots=True)
class Asked:
    """What newer editions ask of somebody; `editions` are those that do, oldest first, `by` the last day for it."""

    effect: Effect
    by: date | None  # empty: there is no hurry to read what is new
    editions: tuple[Published, ...]


def asked(
    chain: Sequence[Published],
    taught: Collection[int],
    *,
    read: Collection[int] = (),
    achieved_on: date = date.min,
) -> Asked | None:
    """What the editions after those that somebody was taught ask of them; None if nothing.

    `chain` are all editions of a course in a country, oldest first. `taught` are ids of those in which somebody
    has passed the course, or the update to which they have passed: the newest of them counts. `read` are those
    up to which they have read what is new, which is all that an edition with the effect inform asks for.

    The strongest effect holds, and the earliest of the last days: an edition that follows never asks for less and
    never gives more time. Days are counted from publication, or from `achieved_on` if that is later: who passes
    an edition that they had begun before it was replaced has as many days as everybody.
    """
    places = {edition.id: place for place, edition in enumerate(chain)}
    taught_at = max((places[edition] for edition in taught if edition in places), default=len(chain))
    read_at = max((places[edition] for edition in read if edition in places), default=-1)
    asking = [
        edition
        for place, edition in enumerate(chain)
        if edition.effect and place > (max(taught_at, read_at) if edition.effect == "inform" else taught_at)
    ]
    if not asking:
        return None
    effects = [edition.effect for edition in asking if edition.effect]
    days = [
        max(edition.published_on, achieved_on) + timedelta(days=edition.within_days)
        for edition in asking
        if edition.effect != "inform"
    ]
    return Asked(max(effects, key=STRENGTH.__getitem__), min(days, default=None), tuple(asking))


def changed_lessons(editions: Iterable[Edition], newest: Edition) -> tuple[str, ...]:
    """Lessons that any of some editions says it has changed, as far as the newest has them, in its order."""
    named = {lesson for edition in editions if edition.changes for lesson in edition.changes.lessons}
    return tuple(lesson.id for lesson in newest.lessons if lesson.id in named)


def tested_lessons(editions: Iterable[Edition], newest: Edition) -> tuple[str, ...]:
    """Of these, those that the short test of an update asks about: not what is only to be read."""
    return changed_lessons(
        (edition for edition in editions if edition.changes and edition.changes.effect == "update"), newest
    )


def reads_the_same(lesson_id: str, old: Edition, new: Edition) -> bool:
    """Whether a lesson is there in both editions with the same steps, in the same words in every language of both.

    Its exercises have to take the same answers, too.
    """
    before, after = old.lesson(lesson_id), new.lesson(lesson_id)
    if before is None or after is None or before.steps != after.steps:
        return False
    if not all(same_key(old.items[step.item], new.items[step.item]) for step in after.steps if step.item):
        return False
    return all(
        old.texts[language].lessons[lesson_id] == new.texts[language].lessons[lesson_id]
        for language in old.texts.keys() & new.texts.keys()
    )


def update_items(edition: Edition, lessons: Collection[str]) -> list[Item]:
    """What the short test of an update may ask of an edition's lessons: items of its own pool and no other."""
    return [item for item in edition.items.values() if item.use == "update" and item.lesson in lessons]


def outcomes_of(edition: Edition, lessons: Collection[str]) -> tuple[str, ...]:
    """What some lessons of an edition teach, in the order of the course."""
    taught = {outcome for lesson in edition.lessons if lesson.id in lessons for outcome in lesson.outcomes}
    return tuple(outcome for outcome in edition.outcomes if outcome in taught)


@dataclass(frozen=True, slots=True)
class Lack:
    """What keeps an update from being taken in an edition: too few items on an outcome, or no lesson that is left."""

    outcome: str = ""
    lessons: tuple[str, ...] = ()
    items: int = 0


def lacks(chain: Sequence[Published], contents: Mapping[int, Edition]) -> list[Lack]:
    """What the newest edition of a chain lacks for the updates that it and those before it ask for.

    Whoever skipped editions takes one update to the newest, on the lessons of all their updates and no others. So its
    pool has to hold for each edition that somebody may have been taught by itself: where two lessons teach an outcome,
    items of the one do not make up for the other.
    """
    newest, found = contents[chain[-1].id], list[Lack]()
    for start in chain:
        demand = asked(chain, {start.id})
        if demand is None or demand.effect != "update":
            continue
        changed = tested_lessons((contents[each.id] for each in demand.editions), newest)
        pool = Counter(item.outcome for item in update_items(newest, changed))
        found += [
            Lack(
                outcome,
                tuple(each.id for each in newest.lessons if each.id in changed and outcome in each.outcomes),
                pool[outcome],
            )
            for outcome in outcomes_of(newest, changed)
            if pool[outcome] < LEAST_UPDATE_ITEMS
        ]
        if not changed:
            found.append(Lack())
    return list(dict.fromkeys(found))


def forgotten(old: Edition, new: Edition) -> tuple[str, ...]:
    """Lessons of an edition that have changed since an earlier one, though it does not name them.

    An item with another key, or with another number of keys, has changed its lesson, whichever pool it is of.
    """
    other_keys = {
        item.lesson
        for item in new.items.values()
        if item.id in old.items and not same_key(old.items[item.id], item)
    }
    named = new.changes.lessons if new.changes else ()
    return tuple(
        lesson.id
        for lesson in new.lessons
        if lesson.id not in named and (lesson.id in other_keys or not reads_the_same(lesson.id, old, new))
    )


def same_key(old: Item, new: Item) -> bool:
    """Whether two items with the same id take the same answer; what is ticked in a multiple choice has no order."""
    if old.type != new.type:
        return False
    if new.type == "multiple":
        return sorted(old.key) == sorted(new.key)
    return old.key == new.key
