"""Whoever a staff list brings in or moves has the duties that fit, and keeps those a lead has given."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from lms.learning.models import Assignment
from lms.organisation.models import Employment, Person, Unit
from lms.register.actions import add_assignment, set_requirement
from lms.register.intake import import_people, read_staff_list
from lms.register.models import Duty, DutySource, Status
from tests.organisation.lists import staff_list

START = date(2026, 1, 1)


@pytest.fixture
def required(granvik):
    """Everybody must know documentation within 30 days; in Eken also confidentiality."""
    with granvik.work("maria") as ctx:
        rule = {"reason": "routine", "source": "MAS", "due_days": 30, "valid_from": START}
        set_requirement(ctx, course="documentation", **rule)
        set_requirement(ctx, course="confidentiality", unit=granvik.unit("Eken"), **rule)


def take_in(town, *lines):
    with town.work("maria") as ctx:
        return import_people(ctx, read_staff_list(staff_list(*lines)))


def duties(town, number):
    """(course, due on) of somebody's employment in force, by course."""
    with town.work("maria", writes=False) as ctx:
        return [
            tuple(row)
            for row in ctx.db.execute(
                select(Duty.course, Status.due_on)
                .join(Status, Status.duty_id == Duty.id)
                .join(Employment, Employment.id == Duty.employment_id)
                .join(Person, Person.id == Duty.person_id)
                .where(
                    Person.employee_number == number,
                    Duty.employer_id == ctx.employer_id,
                    Employment.superseded_at.is_(None),
                    Employment.valid_to.is_(None),
                )
                .order_by(Duty.course)
            )
        ]


def test_new_people_have_the_duties_of_their_place(granvik, required):
    take_in(granvik, "77;Bo;Ek;Eken;usk;2026-03-01", "78;Eva;Ek;Björken;usk;2026-03-01")
    due = date(2026, 3, 31)
    assert duties(granvik, "77") == [("confidentiality", due), ("documentation", due)]
    assert duties(granvik, "78") == [("documentation", due)]


def test_move_keeps_the_earlier_date_and_adds_what_the_new_place_asks(granvik, required):
    take_in(granvik, "1001;Amina;Yusuf;Eken;usk;2026-06-01")
    assert duties(granvik, "1001") == [
        ("confidentiality", date(2026, 7, 1)), ("documentation", START + timedelta(days=30)),
    ]  # fmt: skip


def test_move_leaves_what_only_the_old_place_asked(granvik, required):
    take_in(granvik, "1003;Hodan;Ali;Björken;vårdbiträde;2026-06-01")
    assert [course for course, _due in duties(granvik, "1003")] == ["documentation"]


def test_what_a_lead_assigned_follows_the_person(granvik):
    due = date(2099, 1, 31)
    with granvik.work("maria") as ctx:
        (employment,) = ctx.db.scalars(
            select(Employment).where(Employment.person_id == granvik.person("amina").id)
        )
        unit = ctx.db.get_one(Unit, employment.unit_id)
        assignment = Assignment(
            employer_id=ctx.employer_id, course="documentation", unit_id=unit.id, assigned_by=ctx.who.person_id,
            due_on=due, reason="ny rutin", created_at=ctx.now,
        )  # fmt: skip
        ctx.db.add(assignment)
        ctx.db.flush()
        add_assignment(
            ctx, assignment_id=assignment.id, course="documentation", due_on=due, reason="ny rutin",
            employments={employment.id: employment.person_id},
        )  # fmt: skip
    take_in(granvik, "1001;Amina;Yusuf;Eken;usk;2026-06-01")
    assert duties(granvik, "1001") == [("documentation", due)]
    with granvik.work("maria", writes=False) as ctx:
        assert ctx.db.scalars(select(DutySource.reason)).all() == ["ny rutin", "ny rutin"]


def test_second_import_changes_no_duty(granvik, required):
    lines = ("77;Bo;Ek;Eken;usk;2026-03-01", "1001;Amina;Yusuf;Eken;usk;2026-06-01")
    take_in(granvik, *lines)
    before = duties(granvik, "77"), duties(granvik, "1001")
    assert take_in(granvik, *lines).employments == ()
    assert (duties(granvik, "77"), duties(granvik, "1001")) == before
