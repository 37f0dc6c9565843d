"""What is near its day or past it, on which days somebody is told, and who above them is; pure."""

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum, auto

from lms.messages.terms import Terms
from lms.register.rules import Standing, State, state

BEGINNING = date(1970, 1, 1)  # before every day that counts


class Nearing(StrEnum):
    """Why a course of somebody is to be thought of, the most urgent first."""

    OVERDUE = auto()  # was due, or has run out
    DUE = auto()
    EXPIRING = auto()


@dataclass(frozen=True, slots=True)
class Deadline:
    """A course of somebody with the day that counts: since when it is overdue, when it is due, its last valid day."""

    course: str
    kind: Nearing
    day: date
    has_run_out: bool = False  # there was a proof

    @property
    def urgency(self) -> tuple[int, date, str]:
        """What lists are sorted by."""
        return list(Nearing).index(self.kind), self.day, self.course


def deadline(course: str, standing: Standing, today: date) -> Deadline | None:
    """The day that counts for a course on a day; None if nothing is asked, or it has no end ahead.

    Overdue is counted from the last day on which it was in order: the day it was due, or a proof's last valid day.
    """
    now = state(standing, today)
    due_on, expires_on = standing.due_on, standing.expires_on
    if due_on is None or now in {State.EXEMPT, State.NOT_REQUIRED}:
        return None
    if now in {State.VALID, State.EXPIRING}:
        return Deadline(course, Nearing.EXPIRING, expires_on) if expires_on else None
    has_run_out = standing.achieved_on is not None and expires_on is not None and expires_on < today
    if due_on < today:
        last = max(due_on, expires_on) if has_run_out and expires_on else due_on
        return Deadline(course, Nearing.OVERDUE, last, has_run_out)
    return Deadline(course, Nearing.DUE, due_on, has_run_out)


def offsets(terms: Terms) -> dict[Nearing, tuple[int, ...]]:
    """On which days, counted from the day that counts, somebody is reminded."""
    return {
        Nearing.OVERDUE: terms.overdue_days,
        Nearing.DUE: tuple(-days for days in terms.due_days),
        Nearing.EXPIRING: tuple(-days for days in terms.expiry_days),
    }


def falls_on(found: Deadline, days: Iterable[int], since: date, today: date) -> bool:
    """Whether one of the days (counted from the one that counts) lies after `since`, up to today."""
    return any(since < found.day + timedelta(days=each) <= today for each in days)


def is_near(found: Deadline, terms: Terms, today: date) -> bool:
    """Whether it is listed in a letter: overdue, or closer than the first reminder of it."""
    ahead = {Nearing.DUE: terms.due_days, Nearing.EXPIRING: terms.expiry_days}.get(found.kind)
    return ahead is None or found.day <= today + timedelta(days=max(ahead, default=-1))


@dataclass(frozen=True, slots=True)
class Leading:
    """Somebody leads, or looks after, all below a node of the tree."""

    person_id: int
    node: str
    is_lead: bool  # else officer
    is_reachable: bool = True  # a letter to them would go today


Receivers = Callable[[str, int, Collection[Leading]], set[int]]  # of somebody of a unit


def told_at_first(path: str, about: int, leading: Collection[Leading]) -> set[int]:
    """Who is told of somebody of a unit: the leads nearest to it, or else the officers; never oneself."""
    over = _over(path, about, leading)
    return _holders(_nearest([each for each in over if each.is_lead] or over))


def told_above(path: str, about: int, leading: Collection[Leading]) -> set[int]:
    """Who is told next: others than at first, at the nearest node above, else the officers there."""
    over = _over(path, about, leading)
    first = _nearest([each for each in over if each.is_lead] or over)
    others = [each for each in over if each.person_id not in _holders(first)]
    higher = [each for each in others if len(each.node) < len(first[0].node)]
    officers = [each for each in others if not each.is_lead]
    return _holders(_nearest(higher) or _nearest(officers))


def told_surely(path: str, about: int, leading: Collection[Leading], who: Receivers) -> set[int]:
    """Who is told of somebody by a rule, with those it would name without them, as long as none can be reached.

    Who cannot be reached stays among them, so that the log of messages says why they were not told, and who is back
    soon hears of it then.
    """
    told: set[int] = set()
    left = list(leading)
    while found := who(path, about, left):
        told |= found
        if any(each.is_reachable for each in left if each.person_id in found):
            break
        left = [each for each in left if each.person_id not in found]
    return told


def _over(path: str, about: int, leading: Iterable[Leading]) -> list[Leading]:
    return [each for each in leading if path.startswith(each.node) and each.person_id != about]


def _nearest(leading: Collection[Leading]) -> list[Leading]:
    depth = max((len(each.node) for each in leading), default=0)
    return [each for each in leading if len(each.node) == depth]


def _holders(leading: Iterable[Leading]) -> set[int]:
    return {each.person_id for each in leading}


def days_after(since: date, today: date) -> Iterator[date]:
    """The days after one, up to another."""
    return (since + timedelta(days=each) for each in range(1, (today - since).days + 1))
