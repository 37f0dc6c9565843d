"""The pure functions that say where somebody stands with a course on a day: facts, the dates they make, the state.

Nothing here knows a clock or a database. Days are calendar days of the employer, last days are included.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum, auto
from typing import Literal

from lms.register.duty_rules import merged

SOON = 30  # days: what runs out this soon is shown as such, unless a requirement says otherwise


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


class Sought(StrEnum):
    """States taken together, as coverage and letters count them."""

    ASKED = auto()  # something asks for the course, and nothing exempts from it
    KNOWN = auto()  # of these, who can show it
    LACKING = auto()  # and who cannot
    LATE = auto()  # of these, who should have been able to before today


_ASKED = frozenset(State) - {State.EXEMPT, State.NOT_REQUIRED}
STATES = {
    Sought.ASKED: _ASKED,
    Sought.KNOWN: COUNTS_AS_KNOWN,
    Sought.LACKING: _ASKED - COUNTS_AS_KNOWN,
    Sought.LATE: frozenset({State.EXPIRED, State.MISSING}),
}


def state_named(word: str) -> State | Sought:
    """A state, or states taken together, by the word they have in addresses. Raises ValueError."""
    return Sought(word) if word in set(Sought) else State(word)


def is_among(state: State, wanted: State | Sought) -> bool:
    """Whether a state is the one that is wanted, or one of them."""
    return state in STATES[wanted] if isinstance(wanted, Sought) else state is wanted


@dataclass(frozen=True, slots=True)
class Standing:
    """The dates a state follows from.

    `achieved_on` and `expires_on` are those of the proof that lasts longest; no `expires_on` beside an `achieved_on`
    means that it does not run out. From `renew_on` on it is to be renewed.
    """

    due_on: date | None = None  # empty: nothing asks for the course
    started_on: date | None = None
    achieved_on: date | None = None
    expires_on: date | None = None
    renew_on: date | None = None
    exempt_from: date | None = None
    exempt_to: date | None = None

    def is_exempt(self, day: date) -> bool:
        """Whether the person need not have it on a day."""
        return self.exempt_from is not None and self.exempt_from <= day <= (self.exempt_to or day)


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a course is asked of an employment, by when, how long a proof counts for that, and when to renew it."""

    due_on: date
    validity_months: int | None = None  # empty: as long as the proof says
    renewal_days: int | None = None  # before its last day; empty: SOON


@dataclass(frozen=True, slots=True)
class Shown:
    """A proof that counts: when it was achieved, and the last days it and newer editions set to it."""

    id: int
    achieved_on: date
    expires_on: date | None
    renewal_due_on: date | None = None


@dataclass(frozen=True, slots=True)
class Relief:
    """A dispensation: somebody need not have a course from a day to a day, or has until its last day to get it."""

    kind: Literal["exemption", "extension"]
    first: date
    last: date
    path: str = "/"  # of the unit in which, and below which, it holds


def standing(
    reasons: Sequence[Reason],
    shown: Iterable[Shown],
    relief: Iterable[Relief],
    started_on: date | None,
    day: date,
) -> tuple[Standing, int | None]:
    """The dates for one employment and course, seen from a day, and the id of the proof they rest on.

    The earliest of the due dates counts; an extension that has begun moves it to its last day if that is later: it is
    for the course, whatever asks for it, also what asks only later. The strictest validity and the longest time for
    renewal count. Of the proofs that one that lasts longest, else the newest. Of the exemptions, those that touch or
    overlap as one, the first that is not over.
    """
    granted = list(relief)
    due_on = min((reason.due_on for reason in reasons), default=None)
    if due_on is not None:
        due_on = max(
            due_on, *(one.last for one in granted if one.kind == "extension" and one.first <= day), due_on
        )
    months = min((each.validity_months for each in reasons if each.validity_months is not None), default=None)
    best = max(
        ((lasts(proof, months), proof) for proof in shown),
        key=lambda found: (found[0] or date.max, found[1].achieved_on, found[1].id),
        default=None,
    )
    exempt = merged((one.first, one.last) for one in granted if one.kind == "exemption")
    exemption = next(((first, last) for first, last in exempt if last is None or last >= day), (None, None))
    if best is None:
        return Standing(due_on, started_on, None, None, None, *exemption), None
    expires_on, proof = best
    days = max((SOON if each.renewal_days is None else each.renewal_days for each in reasons), default=SOON)
    renew_on = None if expires_on is None else expires_on - timedelta(days=days)
    return Standing(due_on, started_on, proof.achieved_on, expires_on, renew_on, *exemption), proof.id


def lasts(proof: Shown, validity_months: int | None) -> date | None:
    """Last day a proof counts where it may be so many months old at most. None: it has no end."""
    own = lasts_until(proof.expires_on, proof.renewal_due_on)
    if validity_months is None:
        return own
    return lasts_until(own, last_valid_day(proof.achieved_on, validity_months))


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
    if standing.is_exempt(day):
        return State.EXEMPT
    if standing.achieved_on is not None and standing.achieved_on <= day:
        if standing.expires_on is None or (standing.renew_on is not None and standing.renew_on > day):
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
