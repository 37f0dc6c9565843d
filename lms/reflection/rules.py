"""What a meeting is on a day, and what makes its notes complete."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

LONGEST_NOTES = 4000  # characters
LONGEST_LINE = 200
MOST_AGREED = 10


@dataclass(frozen=True, slots=True)
class Agreed:
    """One line of what was agreed: what, who (public id), by when."""

    what: str
    responsible: UUID | None
    due_on: date | None


def faults_of_plan(why: str, place: str, day: date, today: date) -> dict[str, str]:
    """What is wrong with a planned meeting: field -> code. A meeting that was forgotten may lie up to today.

    Both days are the employer's calendar days.
    """
    faults = {}
    if len(why) > LONGEST_LINE:
        faults["why"] = "too_long"
    if len(place) > LONGEST_LINE:
        faults["place"] = "too_long"
    if day < today:
        faults["day"] = "date_passed"
    return faults


def faults_of_notes(notes: str, agreed: Sequence[Agreed], today: date) -> dict[str, str]:
    """What is wrong with the notes of a meeting: field -> code; lines are counted from 1."""
    faults = {}
    if len(notes) > LONGEST_NOTES:
        faults["notes"] = "too_long"
    if len(agreed) > MOST_AGREED:
        faults["what-1"] = "too_many"
    for line, entry in enumerate(agreed, 1):
        if not entry.what.strip():
            faults[f"what-{line}"] = "missing"
        elif len(entry.what) > LONGEST_LINE:
            faults[f"what-{line}"] = "too_long"
        if entry.responsible is None:
            faults[f"who-{line}"] = "missing"
        if entry.due_on is None or entry.due_on < today:
            faults[f"due-{line}"] = "date_passed" if entry.due_on else "missing"
    return faults
