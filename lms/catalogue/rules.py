"""What the editions of a course that follow one another ask of who was taught an earlier one; pure."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from lms.catalogue.values import Edition, Effect, Item

STRENGTH: dict[Effect, int] = {"inform": 1, "update": 2, "retake": 3}


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


def reads_the_same(lesson_id: str, old: Edition, new: Edition) -> bool:
    """Whether a lesson is there in both editions with the same steps, in the same words in every language of both."""
    before, after = old.lesson(lesson_id), new.lesson(lesson_id)
    if before is None or after is None or before.steps != after.steps:
        return False
    return all(
        old.texts[language].lessons[lesson_id] == new.texts[language].lessons[lesson_id]
        for language in old.texts.keys() & new.texts.keys()
    )


def update_items(old: Edition, new: Edition, lessons: Collection[str]) -> list[Item]:
    """Items that show whether somebody taught the old edition has taken in what some lessons of the new one say.

    The exam items of those lessons that the old edition did not have; where there are none, all exam items of
    those lessons, or of the outcomes they teach: never none.
    """
    exam = [item for item in new.items.values() if item.use == "exam"]
    outcomes = {outcome for lesson in new.lessons if lesson.id in lessons for outcome in lesson.outcomes}
    of_lessons = [item for item in exam if item.lesson in lessons]
    return (
        [item for item in of_lessons if item.id not in old.items]
        or of_lessons
        or [item for item in exam if item.outcome in outcomes]
        or exam
    )
