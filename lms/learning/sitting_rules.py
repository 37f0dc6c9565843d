"""When somebody may begin and go on with a supervised exam; pure."""

import re
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

SeatState = Literal["finished", "not_finished", "left"]  # left: for another room, without all answers

CODE_LETTERS = "ABCDEFGHJKMNPQRTVWXYZ"  # said aloud and copied from a board: no I, L, O, S, U
CODE_LENGTH = 6
REOPENED_LASTS = timedelta(hours=2)  # a reopened seat, if the window is over before
LONGEST_WINDOW = timedelta(hours=12)
LONGEST_TEXT = 200  # characters of a room, and of a reason
_SPACING = re.compile(r"[\s.\-\u00ad\u2010-\u2015\u2212]+")


@dataclass(frozen=True, slots=True)
class Window:
    """When a sitting is open."""

    opens_at: datetime
    closes_at: datetime
    closed_at: datetime | None = None  # by hand
    ended_at: datetime | None = None  # by hand, after that, for those who were let in again

    @property
    def ends_at(self) -> datetime:
        """When it is over for everybody who was not let in again."""
        return min(self.closes_at, self.closed_at or self.closes_at)

    def is_over(self, now: datetime) -> bool:
        """Whether it has been closed, or its time is over."""
        return self.closed_at is not None or now >= self.closes_at

    def is_open(self, now: datetime) -> bool:
        """Whether somebody may take a seat."""
        return self.opens_at <= now and not self.is_over(now)


def lasts_until(window: Window, reopened_at: datetime | None) -> datetime:
    """When a seat ends: with the window, or some time after it was reopened, if that is later.

    Closing by hand ends what was reopened before, too; so does ending it by hand after the window.
    """
    if reopened_at is None or (window.closed_at is not None and reopened_at <= window.closed_at):
        return window.ends_at
    until = max(window.ends_at, reopened_at + REOPENED_LASTS)
    if window.ended_at is not None and reopened_at <= window.ended_at:
        return min(until, window.ended_at)
    return until


def may_go_on(window: Window, reopened_at: datetime | None, now: datetime) -> bool:
    """Whether who has a seat, or takes one, may answer."""
    return window.opens_at <= now < lasts_until(window, reopened_at)


def left_at(window: Window, reopened_at: datetime | None, now: datetime) -> datetime:
    """When who has a seat, and goes on elsewhere now, could answer there for the last time."""
    return min(lasts_until(window, reopened_at), now)


def is_finished(attempt_closed_at: datetime | None, reopened_at: datetime | None) -> bool:
    """Whether a seat is locked: its attempt is closed, and it was not reopened since."""
    return attempt_closed_at is not None and (reopened_at is None or reopened_at < attempt_closed_at)


def seat_state(
    window: Window, closed_at: datetime | None, reopened_at: datetime | None, now: datetime, *, is_whole: bool
) -> SeatState:
    """How far somebody is whose attempt at a seat was closed or not, with all answers or not.

    A seat that was reopened is finished again when it can no longer be used.
    """
    if closed_at is None:
        return "not_finished"
    if not is_finished(closed_at, reopened_at) and may_go_on(window, reopened_at, now):
        return "not_finished"
    return "finished" if is_whole else "left"


def faults_of_reason(reason: str) -> dict[str, str]:
    """What is wrong with the reason for opening something once more, by field."""
    if not reason.strip():
        return {"reason": "missing"}
    return {"reason": "too_long"} if len(reason) > LONGEST_TEXT else {}


def faults_of_sitting(room: str, window: Window, now: datetime, *, is_past_day: bool) -> dict[str, str]:
    """What is wrong with a sitting to be opened, by field; one that is over may be of today, or of a past day."""
    faults = {}
    if not room.strip():
        faults["room"] = "missing"
    elif len(room) > LONGEST_TEXT:
        faults["room"] = "too_long"
    if window.closes_at <= window.opens_at:
        faults["until"] = "ends_before_it_begins"
    elif window.closes_at <= now:
        faults |= {"day": "date_passed"} if is_past_day else {"until": "time_passed"}
    elif window.closes_at - window.opens_at > LONGEST_WINDOW:
        faults["until"] = "too_long_window"
    return faults


def new_code(choose: Callable[[Sequence[str]], str] = secrets.choice) -> str:
    """Six random letters, about 26 bits: tries are counted, and a sitting is open for some hours."""
    return "".join(choose(CODE_LETTERS) for _ in range(CODE_LENGTH))


def normal_code(text: str) -> str | None:
    """The code somebody typed, as it is stored; None if it cannot be one."""
    code = _SPACING.sub("", text).upper()
    return code if len(code) == CODE_LENGTH and set(code) <= set(CODE_LETTERS) else None


def code_groups(code: str) -> str:
    """A code as it is written on a board: `KTB-MRW`."""
    return f"{code[: CODE_LENGTH // 2]}-{code[CODE_LENGTH // 2 :]}"
