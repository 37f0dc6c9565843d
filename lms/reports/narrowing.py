"""What of the register a file holds, as it is kept beside one that is made later: as it stands in addresses."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from lms.register.queries import EVERYTHING, Filter
from lms.register.register_then import Then
from lms.register.rules import state_named


@dataclass(frozen=True, slots=True)
class View:
    """What of the register: what it is narrowed to, and the past day; None: of the day it is looked at."""

    narrowed: Filter = EVERYTHING
    then: Then | None = None
    passed_from: date | None = None  # of certificates: the days on which they were achieved, both included
    passed_to: date | None = None


def kept(view: View) -> dict[str, Any]:
    """A view as text by name, without what narrows nothing."""
    narrowed, then = view.narrowed, view.then
    words = {
        "unit": narrowed.unit and str(narrowed.unit),
        "role": narrowed.role,
        "course": narrowed.course,
        "state": narrowed.state and narrowed.state.value,
        "only_here": narrowed.only_here and "1",
        "rule": narrowed.rule and str(narrowed.rule),
        "text": narrowed.text,
        "day": then and then.day.isoformat(),
        "known": then and then.known_on and then.known_on.isoformat(),
        "passed_from": view.passed_from and view.passed_from.isoformat(),
        "passed_to": view.passed_to and view.passed_to.isoformat(),
    }
    return {name: word for name, word in words.items() if word}


def read(words: Mapping[str, str]) -> View:
    """The view that was kept."""
    given: dict[str, Any] = dict(words)
    day, known = (given.pop(name, None) for name in ("day", "known"))
    passed_from, passed_to = (given.pop(name, None) for name in ("passed_from", "passed_to"))
    for name in {"unit", "rule"} & given.keys():
        given[name] = UUID(given[name])
    if "state" in given:
        given["state"] = state_named(given["state"])
    if "only_here" in given:
        given["only_here"] = True
    then = Then(date.fromisoformat(day), known and date.fromisoformat(known)) if day else None
    return View(
        Filter(**given),
        then,
        passed_from and date.fromisoformat(passed_from),
        passed_to and date.fromisoformat(passed_to),
    )
