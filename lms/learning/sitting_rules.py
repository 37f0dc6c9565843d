"""When somebody may begin and go on with a supervised exam; pure."""

import re
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

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


def may_go_on(window: Window, reopened_at: datetime | None, now: datetime) -> bool:
    """Whether who has a seat may answer: while the window is open, and for some time after the seat was reopened."""
    return window.is_open(now) or (
        reopened_at is not None and reopened_at <= now < reopened_at + REOPENED_LASTS
    )


def left_at(window: Window, reopened_at: datetime | None, now: datetime) -> datetime:
    """When who has a seat, and goes on elsewhere now, could answer there for the last time."""
    ends_at = max(window.ends_at, reopened_at + REOPENED_LASTS) if reopened_at else window.ends_at
    return min(ends_at, now)


def is_finished(attempt_closed_at: datetime | None, reopened_at: datetime | None) -> bool:
    """Whether a seat is locked: its attempt is closed, and it was not reopened since."""
    return attempt_closed_at is not None and (reopened_at is None or reopened_at < attempt_closed_at)


def faults_of_reason(reason: str) -> dict[str, str]:
    """What is wrong with the reason for opening something once more, by field."""
    if not reason.strip():
        return {"reason": "missing"}
    return {"reason": "too_long"} if len(reason) > LONGEST_TEXT else {}


def faults_of_sitting(room: str, window: Window, now: datetime) -> dict[str, str]:
    """What is wrong with a sitting to be opened, by field."""
    faults = {}
    if not room.strip():
        faults["room"] = "missing"
    elif len(room) > LONGEST_TEXT:
        faults["room"] = "too_long"
    if window.closes_at <= window.opens_at:
        faults["until"] = "ends_before_it_begins"
    elif window.closes_at <= now:
        faults["day"] = "date_passed"
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
