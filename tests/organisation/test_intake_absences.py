"""Absences in a staff list: begun, corrected, ended, and those that cannot be."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from lms.organisation.models import Absence, Person
from tests.builders import day_of
from tests.organisation.known import AMINA, TOMORROW
from tests.organisation.lists import HEAD, staff_list

FULL = HEAD + ";Procent;Frånvarande från;Frånvarande till;Frånvaro"


def absences(town, number, *, superseded=False):
    """(kind, first, last) of somebody's absences, as known now or as known once."""
    with town.work("maria", writes=False) as ctx:
        rows = ctx.db.execute(
            select(Absence.kind, Absence.valid_from, Absence.valid_to)
            .join(Person, Person.id == Absence.person_id)
            .where(
                Person.employee_number == number,
                Absence.superseded_at.is_not(None) if superseded else Absence.superseded_at.is_(None),
            )
            .order_by(Absence.valid_from)
        )
        return [tuple(row) for row in rows]


def test_absences_begin_are_corrected_and_end(take_in, plan, granvik):
    away = staff_list(AMINA + ";100;2026-02-01;;ledig", head=FULL)
    (line,) = plan(away).lines
    assert {change.column: change.after for change in line.changes} == {
        "absence": "leave", "absent_from": date(2026, 2, 1),
    }  # fmt: skip
    take_in(away)
    assert absences(granvik, "1001") == [("leave", date(2026, 2, 1), None)]
    assert take_in(away).unchanged == 1
    assert take_in(staff_list(AMINA)).unchanged == 1  # a list without the columns does not say
    take_in(staff_list(AMINA + ";100;2026-02-01;2026-12-31;ledig", head=FULL), now=TOMORROW)
    assert absences(granvik, "1001") == [("leave", date(2026, 2, 1), date(2026, 12, 31))]
    assert absences(granvik, "1001", superseded=True) == [("leave", date(2026, 2, 1), None)]
    back = staff_list(AMINA + ";100;;;", head=FULL)
    take_in(back, now=TOMORROW)
    assert absences(granvik, "1001") == [("leave", date(2026, 2, 1), day_of(TOMORROW) - timedelta(days=1))]
    assert take_in(back, now=TOMORROW).unchanged == 1


@pytest.mark.parametrize(
    ("cells", "column", "code", "value"),
    [
        ("2026-02-01;;sjukskriven", "absence", "unknown_absence", ""),
        (";2026-02-01;", "absent_from", "missing", ""),
        (";;ledig", "absent_from", "missing", ""),
        ("2026-02-01;2026-01-01;", "absent_to", "ends_before_it_begins", "2026-01-01"),
        ("i mars;;", "absent_from", "not_a_date", "i mars"),
    ],
)
def test_absence_that_cannot_be_one(plan, cells, column, code, value):
    made = plan(staff_list(f"{AMINA};100;{cells}", head=FULL))
    assert [(fault.column, fault.code, fault.value) for fault in made.faults] == [(column, code, value)]


def test_two_absences_at_once_are_a_fault_the_same_one_twice_is_not(plan):
    second = "1001;Amina;Yusuf;Eken;vårdbiträde;2026-01-01;50;"
    first = AMINA + ";50;2026-02-01;;ledig"
    assert not plan(staff_list(first, second + "2026-02-01;;ledig", head=FULL)).faults
    made = plan(staff_list(first, second + "2026-03-01;;frånvaro", head=FULL))
    assert [(fault.line, fault.code) for fault in made.faults] == [(3, "absent_otherwise")]
