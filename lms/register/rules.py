"""The one pure function that says where somebody stands with a course on a day."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum, auto

SOON = 30  # days: what runs out this soon is shown as such


class State(StrEnum):
    """Where a person stands with a required or assigned course, in the order lists are sorted by."""

    EXPIRED = auto()
    MISSING = auto()
    EXPIRING = auto()
    UNDER_WAY = auto()
    NOT_YET_DUE = auto()
    VALID = auto()
    EXEMPT = auto()
    NOT_REQUIRED = auto()


ORDER = {state: place for place, state in enumerate(State)}
COUNTS_AS_KNOWN = frozenset({State.VALID, State.EXPIRING})


@dataclass(frozen=True, slots=True)
class Standing:
    """The facts a state follows from; dates are calendar days of the employer.

    `achieved_on` and `expires_on` are those of the unrevoked proof that lasts longest;
    no `expires_on` beside an `achieved_on` means that it does not run out.
    """

    due_on: date | None = None  # empty: nothing asks for the course
    started_on: date | None = None
    achieved_on: date | None = None
    expires_on: date | None = None
    exempt: bool = False


@dataclass(frozen=True, slots=True)
class Taught:
    """In which editions of a course somebody has shown that they know it, and up to which they have read what is new.

    `editions` are those of the proof and of the updates passed; `achieved_on` and `expires_on` are the proof's first
    and last day, whatever newer editions ask for.
    """

    achieved_on: date
    expires_on: date | None
    editions: frozenset[int]
    read: frozenset[int]

    def has_run_out(self, day: date) -> bool:
        """Whether the proof has run out by itself: nothing more is asked of whoever held it."""
        return self.expires_on is not None and self.expires_on < day

    def is_to_renew(self, day: date) -> bool:
        """Whether the proof runs out soon, or has run out, whether anything asks for it or not."""
        return self.expires_on is not None and self.expires_on <= day + timedelta(days=SOON)


def taught(
    achieved_on: date, expires_on: date | None, edition: int, receipts: Iterable[tuple[int, str]]
) -> Taught:
    """What a proof and receipts (edition, kind) make together."""
    by_kind: dict[str, set[int]] = {"read": set(), "update": {edition}}
    for received, kind in receipts:
        by_kind[kind].add(received)
    return Taught(achieved_on, expires_on, frozenset(by_kind["update"]), frozenset(by_kind["read"]))


def lasts_until(expires_on: date | None, renewal_due_on: date | None) -> date | None:
    """Last day a proof counts: its own, or the one by which a newer edition is to be taken. None: it has no end."""
    return min((day for day in (expires_on, renewal_due_on) if day is not None), default=None)


def state(standing: Standing, day: date) -> State:
    """The state on a day: the first rule that holds. Evidence is valid up to and including its last day."""
    if standing.due_on is None:
        return State.NOT_REQUIRED
    if standing.exempt:
        return State.EXEMPT
    if standing.achieved_on is not None and standing.achieved_on <= day:
        if standing.expires_on is None or standing.expires_on > day + timedelta(days=SOON):
            return State.VALID
        if standing.expires_on >= day:
            return State.EXPIRING
        if standing.due_on < day:
            return State.EXPIRED
    if standing.due_on < day:
        return State.MISSING
    if standing.started_on is not None and standing.started_on <= day:
        return State.UNDER_WAY
    return State.NOT_YET_DUE


def add_months(day: date, months: int) -> date:
    """The same day of the month some months later, or the last day of a shorter month."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    first_of_next = date(year + (month == 11), 1 if month == 11 else month + 2, 1)
    return min(first_of_next - timedelta(days=1), date(year, month + 1, 1) + timedelta(days=day.day - 1))


def last_valid_day(achieved_on: date, months: int) -> date:
    """Last day on which something achieved on a day is valid for so many months (24 March 2026 + 12: 23 March 2027)."""
    return add_months(achieved_on, months) - timedelta(days=1)
