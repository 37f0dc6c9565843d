"""What a check of the set-up found, and what to do about it."""

from dataclasses import dataclass
from enum import StrEnum, auto


class Verdict(StrEnum):
    """How a check ended."""

    OK = auto()
    ATTENTION = auto()
    FAULT = auto()


@dataclass(frozen=True)
class Finding:
    """What a check found, and what to do about it."""

    verdict: Verdict
    what: str
    do: str = ""


def ok(what: str) -> Finding:
    """Nothing to do."""
    return Finding(Verdict.OK, what)


def attention(what: str, do: str) -> Finding:
    """It works, and should be looked at."""
    return Finding(Verdict.ATTENTION, what, do)


def fault(what: str, do: str) -> Finding:
    """It does not work, or is not safe."""
    return Finding(Verdict.FAULT, what, do)
