"""What makes a planned meeting and its notes complete."""

from datetime import date, timedelta
from uuid import uuid4

import pytest

from lms.reflection.rules import (
    LONGEST_LINE,
    LONGEST_NOTES,
    MOST_AGREED,
    Agreed,
    faults_of_notes,
    faults_of_plan,
)

TODAY = date(2026, 11, 23)
LATER = TODAY + timedelta(days=14)


def test_a_meeting_may_be_today_or_later():
    assert faults_of_plan("", "", TODAY, TODAY) == {}
    assert faults_of_plan("Varför", "Köket", LATER, TODAY) == {}
    assert faults_of_plan("", "", TODAY - timedelta(days=1), TODAY) == {"day": "date_passed"}


def test_texts_of_a_plan_are_short():
    long = "x" * (LONGEST_LINE + 1)
    assert faults_of_plan(long, long, TODAY, TODAY) == {"why": "too_long", "place": "too_long"}


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        (Agreed("Läsa högt", uuid4(), TODAY), {}),
        (Agreed("  ", uuid4(), LATER), {"what-2": "missing"}),
        (Agreed("x" * (LONGEST_LINE + 1), uuid4(), LATER), {"what-2": "too_long"}),
        (Agreed("Läsa högt", None, LATER), {"who-2": "missing"}),
        (Agreed("Läsa högt", uuid4(), None), {"due-2": "missing"}),
        (Agreed("Läsa högt", uuid4(), TODAY - timedelta(days=1)), {"due-2": "date_passed"}),
        (Agreed("", None, None), {"what-2": "missing", "who-2": "missing", "due-2": "missing"}),
    ],
)
def test_a_line_needs_what_who_and_when(line, fault):
    fine = Agreed("Pärm vid telefonen", uuid4(), LATER)
    assert faults_of_notes("", [fine, line], TODAY) == fault


def test_notes_have_an_end():
    many = [Agreed("Läsa högt", uuid4(), LATER)] * (MOST_AGREED + 1)
    assert faults_of_notes("x" * LONGEST_NOTES, many[1:], TODAY) == {}
    assert faults_of_notes("x" * (LONGEST_NOTES + 1), many, TODAY) == {
        "notes": "too_long",
        "what-1": "too_many",
    }
