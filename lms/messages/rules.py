"""The gate that decides whether a message may go to a person now, later, or not at all; pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal

from lms.organisation.rules import NO_END_YEAR

# What answers to something the person did just now, or guards the way in: at any hour, wherever the person is.
AT_ONCE = frozenset({"passed", "test", "slip", "sign_in_changed", "second_factor_required"})
ON_WORKDAYS = frozenset({"reminder", "escalation", "digest", "edition"})  # not set off by somebody at work
# A newer one goes instead of older ones, and says what they were to say.
OF_A_DAY = frozenset({"reminder", "escalation", "digest"})
HELD_FOR_RETURN = frozenset(  # of use to who was away
    {
        "assigned", "edition", "minutes", "objection_answered", "escalation", "auditor", "regular_file_ended",
        "certificate_decided",
    }
)  # fmt: skip
AFTER_LEAVING = frozenset({"certificate_decided"})  # about what stays theirs when they work here no more

Channel = Literal[
    "email", "sms", "push", "list"
]  # the list is always there; by the list alone: nothing is sent
# What guards the way in, leads to it, or tries the mail: by mail where there is an address, whatever is chosen.
BY_MAIL = frozenset({"slip", "sign_in_changed", "second_factor_required", "auditor", "test"})
URGENT = frozenset({"slip", "sign_in_changed", "test"})  # held by nobody's quiet hours
ROUNDS = 16  # of going from the end of one's quiet hours to the end of another's
LONGEST_HELD = timedelta(days=92)  # who is away for longer hears of it otherwise when they are back


@dataclass(frozen=True, slots=True)
class Quiet:
    """When nothing is sent but what must be: from a time of day to another, and on weekends what can wait.

    The same time twice: no hour is quiet.
    """

    first: time = time(20)
    last: time = time(7)
    weekends: bool = True

    def is_quiet_at(self, at: time) -> bool:
        """Whether a time of day is quiet; the hours may go over midnight."""
        if self.first <= self.last:
            return self.first <= at < self.last
        return at >= self.first or at < self.last

    def opens(self, now: datetime, *, workdays: bool) -> datetime:
        """The first time from now on (aware, where the employer is) that is not quiet."""
        times = sorted({time(0), self.last})
        later = (
            datetime.combine(now.date() + timedelta(days=days), at, now.tzinfo)
            for days in range(8)
            for at in times
        )
        return next(
            at
            for at in (now, *later)
            if at >= now and not self.is_quiet_at(at.time()) and not (workdays and self.is_off(at.date()))
        )

    def is_off(self, day: date) -> bool:
        """Whether nothing that can wait is sent on a day."""
        return self.weekends and day.weekday() >= 5


NEVER = Quiet(time(0), time(0), weekends=False)


def channel_for(kind: str, chosen: Channel, addresses: Mapping[Channel, str]) -> Channel:
    """By which channel a message of a kind goes to somebody: the chosen one, where it leads to them, else mail."""
    if kind in BY_MAIL and "email" in addresses:
        return "email"
    return chosen if chosen == "list" or chosen in addresses else "email"


@dataclass(frozen=True, slots=True)
class Recipient:
    """What the gate has to know about a person."""

    address: str | None  # of the channel; the list needs none
    employed: bool  # or with a role of their own, today or later
    works_today: bool = True  # or has a role that did not outlast their work here
    away: bool = False
    back_on: date | None = None  # first day after an absence, where its end is known
    channel: Channel = "email"
    quiet: Quiet = NEVER  # their own hours


@dataclass(frozen=True, slots=True)
class Errand:
    """What the gate has to know about a message."""

    kind: str
    is_live: bool = True  # the course has an edition that can be taken
    is_on: bool = True  # the employer sends such messages
    is_wanted: bool = True  # the person has not stopped them
    is_newest: bool = True  # there is no later one of its kind to the person


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of a message: it goes, waits until a time, or is not sent; why, unless it goes."""

    fate: Literal["send", "wait", "not_sent"]
    reason: str | None = None
    until: datetime | None = None


SEND = Verdict("send")


def verdict(recipient: Recipient, errand: Errand, quiet: Quiet, now: datetime) -> Verdict:
    """What becomes of a message at a time (aware, where the employer is): the first rule that holds.

    Reasons: not_employed, no_address, course_ended, switched_off, stopped, newer, absent, quiet.
    """
    if reason := _against(recipient, errand):
        return Verdict("not_sent", reason)
    hours = _hours(errand.kind, recipient, quiet)
    if errand.kind in AT_ONCE:
        opens = _opens(now, hours, workdays=False)
        return SEND if opens <= now else Verdict("wait", "quiet", opens)
    if recipient.away and recipient.employed:  # who has left does not come back from it
        if errand.kind not in HELD_FOR_RETURN or not _is_near(recipient.back_on, now.date()):
            return Verdict("not_sent", "absent")
        first = datetime.combine(recipient.back_on or now.date(), time(0), now.tzinfo)
        return Verdict("wait", "absent", _opens(first, hours, workdays=errand.kind in ON_WORKDAYS))
    opens = _opens(now, hours, workdays=errand.kind in ON_WORKDAYS)
    return SEND if opens <= now else Verdict("wait", "quiet", opens)


def _hours(kind: str, recipient: Recipient, quiet: Quiet) -> tuple[Quiet, ...]:
    """Whose quiet hours hold a message of a kind: the employer's and the person's own, these alone, or nobody's."""
    if kind in URGENT:
        return ()
    return (recipient.quiet,) if kind in AT_ONCE else (quiet, recipient.quiet)


def _opens(now: datetime, hours: tuple[Quiet, ...], *, workdays: bool) -> datetime:
    """The first time from now on that is quiet by none of them; by the last alone, if together they leave no time."""
    at = now
    for _round in range(ROUNDS):
        later = at
        for quiet in hours:
            later = quiet.opens(later, workdays=workdays)
        if later == at:
            return at
        at = later
    return hours[-1].opens(now, workdays=workdays)


def back(away: Iterable[tuple[date, date | None]], day: date) -> date | None:
    """The first day from a day on that is in none of the times away (first, last day); None: no end is known."""
    for first, last in sorted(away, key=lambda time: time[0]):
        if first <= day and (last is None or day <= last):
            if last is None or last.year >= NO_END_YEAR:
                return None
            day = last + timedelta(days=1)
    return day


def _against(recipient: Recipient, errand: Errand) -> str | None:
    """Why a message must not be sent, at whatever hour."""
    of_a_day = errand.kind in OF_A_DAY
    is_here = recipient.works_today if of_a_day else recipient.employed
    reasons = (
        ("not_employed", errand.kind not in AFTER_LEAVING and not is_here),
        ("no_address", recipient.channel != "list" and not recipient.address),
        ("course_ended", not errand.is_live),
        ("switched_off", not errand.is_on),
        ("stopped", not errand.is_wanted),
        ("newer", of_a_day and not errand.is_newest),
    )
    return next((reason for reason, holds in reasons if holds), None)


def _is_near(back_on: date | None, today: date) -> bool:
    return back_on is not None and back_on - today <= LONGEST_HELD
