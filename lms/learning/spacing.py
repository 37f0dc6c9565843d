"""Which question somebody is asked this week: what was missed soon again, what was known later and later. Pure."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Protocol

from lms.catalogue.values import Edition, Item
from lms.learning.rules import is_graded, is_in_steps

WEEK = timedelta(weeks=1)
MISSED, RECOVERED = (
    1,
    2,
)  # weeks until an item comes back: after a miss, and after the first right answer since
KNOWN = (4, 12, 36, 108)  # after the first, second, … right answer; the last one for every further one


def monday(day: date) -> date:
    """The Monday that begins the week of a day: the name of the week."""
    return day - timedelta(days=day.weekday())


class Given(Protocol):
    """An answer to the question of a week."""

    @property
    def course(self) -> str:
        """What the item is about."""

    @property
    def item(self) -> str:
        """The item that was asked; an item keeps its id in every edition."""

    @property
    def asked_week(self) -> date:
        """The Monday of the week."""

    @property
    def right(self) -> bool:
        """Whether it was wholly right."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A test that was closed: which items it asked, which outcomes it found solid, on which day it ended."""

    course: str
    items: frozenset[str]
    solid: frozenset[str]
    on: date


def weeks_until(rights: Sequence[bool]) -> int:
    """How many weeks after the last of some answers to an item (whether right, oldest first) it comes back.

    1 after a miss, then 2; then, as for what was never missed, 4, 12, 36 and 108.
    """
    known = next((count for count, right in enumerate(reversed(rights)) if not right), len(rights))
    steps = KNOWN if known == len(rights) else (RECOVERED, *KNOWN)
    return steps[min(known, len(steps)) - 1] if known else MISSED


def missed_outcomes(edition: Edition, tests: Iterable[Taken]) -> dict[str, date]:
    """Outcomes of a course that the last test (oldest first) that asked for them found wanting, and on which day."""
    missed: dict[str, date] = {}
    for test in tests:
        if test.course == edition.course:
            asked = {edition.items[item].outcome for item in test.items if item in edition.items}
            missed = {outcome: on for outcome, on in missed.items() if outcome not in test.solid}
            missed |= dict.fromkeys(asked - test.solid, test.on)
    return missed


def may_be_asked(item: Item) -> bool:
    """Whether an item can be a question of the week: one for practice, with a right answer, given in one go.

    The pools of the tests stay closed, for the question is explained at once.
    """
    return item.use == "practice" and is_graded(item) and not is_in_steps(item)


def next_question(
    editions: Collection[Edition], answers: Sequence[Given], tests: Sequence[Taken], week: date, seed: str
) -> tuple[Edition, Item] | None:
    """The question of a week (its Monday) about courses that somebody has proven, or None if these have none.

    First what was missed and is due, then what was known and is due again, then what was never asked, at last what
    would not be due yet; what has waited longest first, and the rest by chance, the same for the same seed. The
    item asked last stays away as long as there is another one. Answers and tests come oldest first; what happened
    since the Monday does not count, so that the question stays the same all week.
    """
    earlier = [answer for answer in answers if answer.asked_week < week]
    last = (earlier[-1].course, earlier[-1].item) if earlier else None
    choice = [
        (edition, item) for edition in editions for item in edition.items.values() if may_be_asked(item)
    ]
    others = [(edition, item) for edition, item in choice if (edition.course, item.id) != last]
    choice = sorted(others or choice, key=lambda each: (each[0].course, each[1].id))
    Random(f"{seed}:{week}").shuffle(choice)  # noqa: S311  (no secret)
    missed = {
        edition.course: missed_outcomes(edition, [test for test in tests if test.on < week])
        for edition in editions
    }
    return min(
        choice, key=lambda each: _turn(_met(each[1], each[0].course, earlier, missed), week), default=None
    )


def _met(
    item: Item, course: str, answers: Iterable[Given], missed: Mapping[str, Mapping[str, date]]
) -> list[tuple[date, bool]]:
    """When an item was met, and whether it was known; that its outcome was missed in a test is a miss of the item."""
    met = [(each.asked_week, each.right) for each in answers if (each.course, each.item) == (course, item.id)]
    if item.outcome in missed[course]:
        met.append((monday(missed[course][item.outcome]), False))
    return sorted(
        met, key=lambda each: (each[0], not each[1])
    )  # a miss in the same week counts as the later one


def _turn(met: Sequence[tuple[date, bool]], week: date) -> tuple[int, date]:
    """An item's turn: its group, and within it since when it waits."""
    if not met:
        return 2, week
    due = met[-1][0] + weeks_until([right for _week, right in met]) * WEEK
    if due > week:
        return 3, due
    return (1 if met[-1][1] else 0), due
