"""What an employer says about its messages: on which days, at which hours, in which words; pure."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import time
from typing import Any

from lms.messages.rules import Quiet

WORDED = ("reminder", "escalation", "digest")  # kinds whose first and last line the employer may write
LONGEST_LINE = 400  # characters
MOST_DAYS = 6  # on which one thing is reminded of before its day
FARTHEST = 365  # days before or after a day
WORKDAYS = range(5)


@dataclass(frozen=True, slots=True)
class Terms:
    """When people are reminded, leads told and told again; as it is where nothing was set."""

    reminders: bool = True
    due_days: tuple[int, ...] = (14, 3)  # before something is due
    overdue_every: int = 14  # days; the first time the day after
    overdue_most: int = 4  # times
    expiry_days: tuple[int, ...] = (60, 30, 7)  # before the last day of a proof
    escalations: bool = True
    lead_after: int = 14  # days overdue
    above_after: int = 30  # days overdue
    digests: bool = True
    digest_weekday: int = 0  # Monday
    quiet_from: time = time(20)
    quiet_to: time = time(7)
    weekends_off: bool = True

    @property
    def quiet(self) -> Quiet:
        """The hours and days on which nothing is sent that can wait."""
        return Quiet(self.quiet_from, self.quiet_to, self.weekends_off)

    @property
    def overdue_days(self) -> tuple[int, ...]:
        """Days after the day something was due on which it is reminded of."""
        return tuple(1 + self.overdue_every * time for time in range(self.overdue_most))

    def sends(self, kind: str) -> bool:
        """Whether messages of a kind are sent at all."""
        return {"reminder": self.reminders, "escalation": self.escalations, "digest": self.digests}.get(
            kind, True
        )

    def faults(self) -> dict[str, str]:
        """What cannot be, by field: code too_many, out_of_range, too_early, no_workday."""
        faults = {}
        for name in ("due_days", "expiry_days"):
            days = getattr(self, name)
            if len(days) > MOST_DAYS:
                faults[name] = "too_many"
            elif any(not 0 <= day <= FARTHEST for day in days):
                faults[name] = "out_of_range"
        limits = {"overdue_every": (1, 90), "overdue_most": (0, 12), "lead_after": (1, FARTHEST)}
        for name, (least, most) in limits.items():
            if not least <= getattr(self, name) <= most:
                faults[name] = "out_of_range"
        if not self.lead_after <= self.above_after <= FARTHEST:
            faults["above_after"] = "too_early"
        if self.digest_weekday not in WORKDAYS:
            faults["digest_weekday"] = "no_workday"
        return faults

    def as_kept(self) -> dict[str, Any]:
        """What is kept of them: plain values."""
        return {name: _plain(value) for name, value in asdict(self).items()}

    @classmethod
    def from_kept(cls, kept: Mapping[str, Any]) -> "Terms":
        """The terms of what was kept; what an earlier release did not know is as it is where nothing was set."""
        plain = asdict(cls())
        read = {name: _read(plain[name], value) for name, value in kept.items() if name in plain}
        return cls(**read)


def _plain(value: Any) -> Any:
    if isinstance(value, time):
        return value.isoformat("minutes")
    return list(value) if isinstance(value, tuple) else value


def _read(usual: object, value: Any) -> Any:
    if isinstance(usual, time):
        return time.fromisoformat(value)
    return tuple(value) if isinstance(usual, tuple) else value


@dataclass(frozen=True, slots=True)
class Words:
    """The employer's own first and last line of a kind of letter in a language; empty: the usual ones."""

    opening: str = ""
    closing: str = ""

    def over(self, other: "Words") -> "Words":
        """These lines, and another's where one of these is empty."""
        return Words(self.opening or other.opening, self.closing or other.closing)

    def faults(self) -> dict[str, str]:
        """What cannot be, by field: code too_long."""
        lines = {"opening": self.opening, "closing": self.closing}
        return {name: "too_long" for name, line in lines.items() if len(line) > LONGEST_LINE}
