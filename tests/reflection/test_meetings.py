"""Meetings on both databases: who may hold them, who took part, what was agreed, who sees it."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import func, select, update

from lms.base.audit import AuditEntry
from lms.base.errors import Conflict, Invalid, NotFound
from lms.jobs.worker import work_off
from lms.messages.models import Message
from lms.organisation.models import Employment
from lms.reflection import queries
from lms.reflection.actions import complete_action, plan_meeting, record_meeting
from lms.reflection.models import AgreedAction, Attendance
from lms.reflection.rules import Agreed

COURSE = "documentation"


@pytest.fixture
def meeting(granvik):
    """A meeting of Björken, held today."""
    return plan(granvik)


def plan(town, *, by="karin", unit="Björken", days=0, **values):
    with town.work(by) as ctx:
        unit_id = town.unit(unit).public_id
        starts_at = ctx.now + timedelta(days=days)
        return plan_meeting(ctx, unit_id, course=COURSE, starts_at=starts_at, **values).public_id


def record(town, meeting, *present, agreed=(), by="karin", **values):
    """Attendance, and lines (what, who) that are due in two weeks."""
    with town.work(by) as ctx:
        lines = [Agreed(what, key(town, who), ctx.today + timedelta(days=14)) for what, who in agreed]
        record_meeting(ctx, meeting, present=[key(town, name) for name in present], agreed=lines, **values)


def key(town, name):
    return town.person(name).public_id


def present(town, meeting):
    with town.work("karin", writes=False) as ctx:
        people = queries.participants(ctx, queries.meeting_in_reach(ctx, meeting))
        return {person.name.split()[0].lower(): person.state for person in people}


def told(town, kind):
    work_off(town.house)
    with town.work("karin", writes=False) as ctx:
        return sorted(ctx.db.scalars(select(Message.person_id).where(Message.kind == kind)))


def everybody(town):
    return sorted(town.person(name).id for name in ("amina", "farid", "karin"))


def test_the_task_is_given_to_everybody_in_the_unit_once(granvik):
    plan(granvik, days=7)
    assert told(granvik, "reflection_task") == everybody(granvik)
    assert told(granvik, "reflection_task") == everybody(granvik)


def test_without_a_task_nobody_is_told(granvik):
    plan(granvik, days=7, give_task=False)
    assert told(granvik, "reflection_task") == []


@pytest.mark.parametrize("unit", ["Eken", "Granvik"])
def test_only_in_own_units(granvik, unit):
    with pytest.raises(NotFound):
        plan(granvik, unit=unit)


@pytest.mark.parametrize("name", ["amina", "maria", "admin"])
def test_only_with_the_role(granvik, name):
    with pytest.raises(NotFound):
        plan(granvik, by=name)


def test_a_lead_of_another_employer_sees_nothing(granvik, fjordvik, meeting):
    with fjordvik.work("lars") as ctx:
        assert queries.meetings(ctx) == []
        assert queries.next_meeting(ctx) is None
        with pytest.raises(NotFound):
            queries.meeting_in_reach(ctx, meeting)
        with pytest.raises(NotFound):
            record_meeting(ctx, meeting, present=[], agreed=[])
        with pytest.raises(NotFound):
            plan_meeting(ctx, granvik.unit("Björken").public_id, course=COURSE, starts_at=ctx.now)


def test_a_day_is_a_day_where_the_employer_is(granvik):
    night = datetime(2026, 11, 23, 23, 30, tzinfo=UTC)  # half past midnight on the 24th in Sweden
    with granvik.work("karin", now=night) as ctx:
        unit = granvik.unit("Björken").public_id
        assert plan_meeting(ctx, unit, course=COURSE, starts_at=night - timedelta(minutes=15))
        with pytest.raises(Invalid) as refusal:
            plan_meeting(ctx, unit, course=COURSE, starts_at=night - timedelta(minutes=45))
    assert refusal.value.fields == {"day": "date_passed"}


def test_the_next_meeting_is_the_first_from_today_on_that_was_not_held(granvik, meeting):
    record(granvik, meeting)
    plan(granvik, days=9)
    soon = plan(granvik, days=3)
    plan(granvik, by="jonas", unit="Eken", days=1)
    with granvik.work("karin", writes=False) as ctx:
        assert queries.next_meeting(ctx).public_id == soon
        assert queries.next_meeting(ctx, granvik.unit("Björken").public_id).public_id == soon
        assert queries.next_meeting(ctx, granvik.unit("Eken").public_id) is None


def test_attendance_is_recorded_for_everybody(granvik, meeting):
    assert present(granvik, meeting) == {"amina": "", "farid": "", "karin": ""}
    record(granvik, meeting, "amina")
    assert present(granvik, meeting) == {"amina": "present", "farid": "absent", "karin": "absent"}


def test_a_correction_replaces_and_keeps_what_was_known(granvik, meeting):
    record(granvik, meeting, "amina")
    record(granvik, meeting, "farid")
    assert present(granvik, meeting) == {"amina": "absent", "farid": "present", "karin": "absent"}
    with granvik.work("karin", writes=False) as ctx:
        assert ctx.db.scalar(select(func.count()).select_from(Attendance)) == 6
        assert queries.meeting_in_reach(ctx, meeting).present == 1
        assert [held.meeting for held in queries.meetings_of(ctx, key(granvik, "farid"))] == [meeting]
        assert queries.meetings_of(ctx, key(granvik, "amina")) == []


def test_who_has_left_keeps_what_was_recorded_when_the_notes_are_corrected(granvik, meeting):
    record(granvik, meeting, "amina", "farid")
    with granvik.work("admin") as ctx:
        amina = granvik.person("amina").id
        ctx.db.execute(
            update(Employment)
            .where(Employment.person_id == amina)
            .values(valid_to=ctx.today - timedelta(days=1))
        )
    record(granvik, meeting, "farid")
    with granvik.work("karin", writes=False) as ctx:
        assert queries.meeting_in_reach(ctx, meeting).present == 2


def test_meetings_of_somebody_out_of_reach_are_not_told(granvik, meeting):
    record(granvik, meeting, "amina")
    with granvik.work("jonas", writes=False) as ctx:
        assert queries.meetings_of(ctx, key(granvik, "amina")) == []


def test_notes_wait_for_the_day(granvik):
    ahead = plan(granvik, days=1)
    with pytest.raises(Conflict) as refusal:
        record(granvik, ahead, "amina")
    assert refusal.value.code == "meeting_not_yet"


def test_faults_leave_nothing_behind(granvik, meeting):
    with pytest.raises(Invalid) as refusal:
        record(granvik, meeting, "amina", agreed=[("Läsa högt", "farid"), ("", "amina")])
    assert refusal.value.fields == {"what-2": "missing"}
    assert present(granvik, meeting)["amina"] == ""
    with granvik.work("karin", writes=False) as ctx:
        assert ctx.db.scalars(select(AgreedAction)).all() == []


@pytest.mark.parametrize("name", ["hodan", "jonas"])
def test_people_of_other_units_cannot_be_entered(granvik, meeting, name):
    with pytest.raises(NotFound):
        record(granvik, meeting, name)
    with pytest.raises(NotFound):
        record(granvik, meeting, agreed=[("Läsa högt", name)])


def test_nobody_of_another_employer_can_be_entered(granvik, fjordvik, meeting):
    with granvik.work("karin") as ctx, pytest.raises(NotFound):
        record_meeting(ctx, meeting, present=[key(fjordvik, "kari")], agreed=[])


def test_what_was_agreed_stands_at_its_owner_only(granvik, meeting):
    record(
        granvik, meeting, "amina", "farid", agreed=[("Läsa högt", "amina"), ("Pärm vid telefonen", "farid")]
    )
    for name, mine in (
        ("amina", ["Läsa högt"]),
        ("farid", ["Pärm vid telefonen"]),
        ("hodan", []),
        ("karin", []),
    ):
        with granvik.work(name, writes=False) as ctx:
            assert [action.what for action in queries.my_actions(ctx)] == mine
    with granvik.work("karin", writes=False) as ctx:
        assert [action.what for action in queries.open_actions(ctx)] == ["Läsa högt", "Pärm vid telefonen"]
    with granvik.work("jonas", writes=False) as ctx:
        assert queries.open_actions(ctx) == []


def test_the_unit_reads_it_own_lines_first(granvik, meeting):
    record(granvik, meeting, agreed=[("Läsa högt", "amina"), ("Pärm vid telefonen", "farid")])
    with granvik.work("farid", writes=False) as ctx:
        actions = queries.actions_of(ctx, queries.my_meeting(ctx, meeting))
        assert [(action.what, action.mine) for action in actions] == [
            ("Pärm vid telefonen", True),
            ("Läsa högt", False),
        ]
    with granvik.work("hodan", writes=False) as ctx, pytest.raises(NotFound):
        queries.my_meeting(ctx, meeting)


def test_only_the_owner_marks_an_action_as_done(granvik, meeting):
    record(granvik, meeting, agreed=[("Läsa högt", "amina")])
    with granvik.work("amina", writes=False) as ctx:
        (action,) = queries.my_actions(ctx)
    for name in ("farid", "karin", "hodan"):
        with granvik.work(name) as ctx, pytest.raises(NotFound):
            complete_action(ctx, action.public_id)
    for _twice in range(2):
        with granvik.work("amina") as ctx:
            complete_action(ctx, action.public_id)
    with granvik.work("karin", writes=False) as ctx:
        assert queries.open_actions(ctx) == []
        done = ctx.db.scalars(select(AuditEntry).where(AuditEntry.action == "agreed_action.done")).all()
        assert len(done) == 1


def test_the_notes_go_to_everybody_once(granvik, meeting):
    record(granvik, meeting, "amina")
    record(granvik, meeting, "farid", notes="Rättad")
    assert told(granvik, "minutes") == everybody(granvik)


def test_further_agreements_are_added(granvik, meeting):
    record(granvik, meeting, agreed=[("Läsa högt", "amina")])
    record(granvik, meeting, agreed=[("Pärm vid telefonen", "farid")], notes="Mer")
    with granvik.work("karin", writes=False) as ctx:
        view = queries.meeting_in_reach(ctx, meeting)
        assert len(queries.actions_of(ctx, view)) == 2
        assert view.notes == "Mer"
        assert view.held


def test_a_meeting_that_is_not_there_is_not_found(granvik):
    with granvik.work("karin") as ctx:
        for asked in (queries.meeting_in_reach, queries.my_meeting):
            with pytest.raises(NotFound):
                asked(ctx, uuid4())
        with pytest.raises(NotFound):
            record_meeting(ctx, uuid4(), present=[], agreed=[])


def test_the_change_log_tells_no_names_and_no_texts(granvik, meeting):
    record(granvik, meeting, "amina", agreed=[("Läsa högt", "amina")], notes="Det vi sade")
    with granvik.work("karin", writes=False) as ctx:
        entries = ctx.db.scalars(select(AuditEntry).where(AuditEntry.action.like("meeting.%"))).all()
        assert [entry.action for entry in entries] == ["meeting.planned", "meeting.recorded"]
        assert entries[1].facts == {"present": 1, "agreed": 1}
