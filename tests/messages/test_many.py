"""Where there are many people, letters are found by their days, and the log of some by them, not by reading all."""

from datetime import timedelta

import pytest
from sqlalchemy import event, insert, select, update

from lms.base.db import take_stock
from lms.messages.log import LogFilter, log_totals, message_log
from lms.messages.models import Message, ReminderDay
from lms.organisation.actions import grant_role
from lms.organisation.models import Person
from lms.register.models import Duty, Status
from lms.register.reminders import plan_day
from tests.crowd import grow

INDEXES = (
    "ix_status_employer_id_due_on",
    "ix_status_employer_id_expires_on_unit_id",
    "ix_duty_employer_id_created_at",
)


@pytest.mark.parametrize("house", ["sqlite"], indirect=True)
def test_what_is_near_is_found_by_its_day(granvik, house):
    grow(house, "granvik", 1_500, below="Granvik")
    with granvik.inside(writes=True) as ctx:  # known for long, due on any day of two years
        ctx.db.execute(update(Duty).values(created_at=ctx.now - timedelta(days=500)))
        for number, status in enumerate(ctx.db.scalars(select(Status)).all()):
            status.due_on = ctx.today + timedelta(days=number % 730 - 700)
        ctx.db.add(ReminderDay(employer_id=ctx.employer_id, day=ctx.today - timedelta(days=1)))
    take_stock(house.writer)
    asked, plans = [], []

    def keep(_connection, _cursor, statement, parameters, _context, _many):
        if "known_at" in statement:
            asked.append((statement, parameters))

    with granvik.inside() as ctx:
        event.listen(house.engine, "before_cursor_execute", keep)
        plan = plan_day(ctx)
        event.remove(house.engine, "before_cursor_execute", keep)
        for statement, parameters in asked:
            rows = ctx.db.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
            plans.append(" ".join(row[-1] for row in rows))
    assert plan.reminded
    assert len(plans) == 2
    for each in plans:
        assert [index for index in INDEXES if index not in each] == []
        assert "SCAN status" not in each


@pytest.mark.parametrize("house", ["sqlite"], indirect=True)
def test_the_log_of_a_unit_is_found_by_its_people(granvik, house):
    grow(house, "granvik", 300, below="Granvik")
    with granvik.inside(writes=True) as ctx:
        entered = [
            {"employer_id": ctx.employer_id, "person_id": person, "kind": "reminder", "about_id": number,
             "channel": "email", "message_id": f"<{number}.{person}>", "created_at": ctx.now, "outcome": "sent"}
            for person in ctx.db.scalars(select(Person.id).where(Person.employer_id == ctx.employer_id))
            for number in range(20)
        ]  # fmt: skip
        ctx.db.execute(insert(Message), entered)
        jonas = ctx.open(Person, granvik.person("jonas").public_id)
        grant_role(ctx, person=jonas, role="officer", unit=granvik.unit("Eken"), valid_from=ctx.today)
    take_stock(house.writer)
    asked = []

    def keep(_connection, _cursor, statement, parameters, _context, _many):
        asked.append((statement, parameters))

    with granvik.work("jonas", writes=False) as ctx:
        event.listen(house.engine, "before_cursor_execute", keep)
        _lines, count = message_log(ctx, LogFilter(), start=0, limit=50)
        totals = log_totals(ctx)
        event.remove(house.engine, "before_cursor_execute", keep)
        plans = [
            " ".join(
                row[-1] for row in ctx.db.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {each}", values)
            )
            for each, values in asked
            if "count(*)" in each
        ]
    assert count == totals.outcomes["sent"] == 40  # two people work there
    assert len(plans) == 2
    for each in plans:
        assert "ix_message_employer_id_person_id_created_at (employer_id=? AND person_id=?" in each
