"""Development plans: written inside the lead's reach, done by proofs and attendance, never by a flag."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select

from lms.base.errors import Conflict, Invalid, NotFound
from lms.competence.actions import add_activity, add_goal, agree_plan, complete_activity
from lms.competence.queries import my_plan, plans
from lms.evidence.actions import reinstate_certificate, revoke_certificate
from lms.evidence.models import CertificateRow
from lms.jobs.worker import work_off
from lms.reflection.actions import plan_meeting, record_meeting
from tests.catalogue.later_edition import publish_later
from tests.learning.taking import COURSE, take
from tests.web.staff_pages import counted


def begin(town, name, *, by="karin", days=(0, 300), **values):
    with town.work(by) as ctx:
        first, last = (ctx.today + timedelta(days=number) for number in days)
        made = agree_plan(ctx, town.person(name).public_id, period_from=first, period_to=last, **values)
        ctx.db.flush()
        return made.public_id, add_goal(ctx, made.public_id, "Känna mig trygg med att skriva").public_id


def add(town, goal, *, by="karin", days=30, **values):
    with town.work(by) as ctx:
        return add_activity(ctx, goal, due_on=ctx.today + timedelta(days=days), **values).public_id


def seen(town, name):
    """What the person and the lead see; they must agree."""
    with town.work(name, writes=False) as ctx:
        mine = my_plan(ctx)
    with town.work("karin", writes=False) as ctx:
        (theirs,) = plans(ctx, town.person(name).public_id)
    assert mine == theirs
    return mine


def number_of(town):
    with town.work("maria", writes=False) as ctx:
        return ctx.db.scalars(select(CertificateRow.number)).one()


def test_a_plan_is_seen_by_both(granvik):
    begin(granvik, "amina")
    plan = seen(granvik, "amina")
    assert plan.person_name == "Amina Yusuf"
    assert plan.agreed_with == "Karin Lind"
    assert (plan.done, plan.count) == (0, 0)


def test_everybody_sees_the_own_plan(granvik):
    begin(granvik, "amina")
    begin(granvik, "farid")
    for name, whole in (("amina", "Amina Yusuf"), ("farid", granvik.person("farid").name)):
        with granvik.work(name, writes=False) as ctx:
            assert my_plan(ctx).person_name == whole


def test_without_a_plan_there_is_none(granvik):
    with granvik.work("amina", writes=False) as ctx:
        assert my_plan(ctx) is None
    with granvik.work("karin", writes=False) as ctx:
        assert plans(ctx) == []


def test_a_course_is_done_while_a_proof_counts(granvik):
    _plan, goal = begin(granvik, "amina")
    add(granvik, goal, course=COURSE)
    take(granvik, "amina", right=7)
    assert seen(granvik, "amina").done == 0
    take(granvik, "amina", right=12)
    assert seen(granvik, "amina").done == 1
    with granvik.work("maria") as ctx:
        revoke_certificate(ctx, number_of(granvik), "Fel person")
    assert seen(granvik, "amina").done == 0
    with granvik.work("maria") as ctx:
        reinstate_certificate(ctx, number_of(granvik), "Rätt person ändå")
    assert seen(granvik, "amina").done == 1


def test_a_course_is_done_only_while_a_proof_counts_with_newer_editions(granvik, tmp_path):
    take(granvik, "amina", right=12)
    publish_later(granvik.house, tmp_path / "new", effect="retake", within_days=20)
    work_off(granvik.house)
    for first, is_done in ((20, True), (21, False)):
        _plan, goal = begin(granvik, "amina", days=(first, 300))
        add(granvik, goal, course=COURSE)
        (activity,) = seen(granvik, "amina").goals[0].activities
        assert (activity.done_on is not None) is is_done


def test_two_proofs_are_one_activity(granvik):
    _plan, goal = begin(granvik, "amina")
    add(granvik, goal, course=COURSE)
    for _twice in range(2):
        take(granvik, "amina", right=12)
    assert (seen(granvik, "amina").done, seen(granvik, "amina").count) == (1, 1)


def test_a_proof_of_somebody_else_does_nothing(granvik):
    _plan, goal = begin(granvik, "amina")
    add(granvik, goal, course=COURSE)
    take(granvik, "farid", right=12)
    assert seen(granvik, "amina").done == 0


def test_a_meeting_is_done_by_attendance(granvik):
    with granvik.work("karin") as ctx:
        unit = granvik.unit("Björken").public_id
        meeting = plan_meeting(ctx, unit, course=COURSE, starts_at=ctx.now).public_id
    _plan, goal = begin(granvik, "amina")
    add(granvik, goal, meeting_id=meeting)
    for present, done in ((["farid"], 0), (["amina", "farid"], 1), ([], 0)):
        with granvik.work("karin") as ctx:
            people = [granvik.person(name).public_id for name in present]
            record_meeting(ctx, meeting, present=people, agreed=[])
        plan = seen(granvik, "amina")
        assert plan.done == done
        assert plan.goals[0].activities[0].meeting == meeting


def test_a_free_activity_is_marked_by_lead_or_person(granvik):
    _plan, goal = begin(granvik, "amina")
    first = add(granvik, goal, title="Gå bredvid", arena="job_rotation", days=1)
    second = add(granvik, goal, title="Handledning", arena="supervision", days=2)
    for name in ("farid", "jonas"):
        with granvik.work(name) as ctx, pytest.raises(NotFound):
            complete_activity(ctx, first)
    for name, activity in (("karin", first), ("amina", second)):
        with granvik.work(name) as ctx:
            complete_activity(ctx, activity)
    assert seen(granvik, "amina").done == 2


def test_who_no_longer_works_there_marks_nothing(granvik):
    _plan, goal = begin(granvik, "amina")
    activity = add(granvik, goal, title="Gå bredvid", arena="job_rotation", days=1)
    with granvik.work("amina") as ctx:
        ctx.actor = replace(ctx.who, grants=())
        with pytest.raises(NotFound):
            complete_activity(ctx, activity)


def test_courses_and_meetings_cannot_be_marked(granvik):
    _plan, goal = begin(granvik, "amina")
    activity = add(granvik, goal, course=COURSE)
    with granvik.work("amina") as ctx, pytest.raises(Conflict) as refusal:
        complete_activity(ctx, activity)
    assert refusal.value.code == "done_by_itself"


def test_activities_come_by_date(granvik):
    _plan, goal = begin(granvik, "amina")
    for days in (30, 10, 20):
        add(granvik, goal, title=f"Efter {days}", arena="project", days=days)
    (shown,) = seen(granvik, "amina").goals
    assert [activity.title for activity in shown.activities] == ["Efter 10", "Efter 20", "Efter 30"]


def test_the_newest_plan_is_shown(granvik):
    begin(granvik, "amina")
    newer, _goal = begin(granvik, "amina", days=(301, 600))
    assert seen(granvik, "amina").public_id == newer


@pytest.mark.parametrize(
    ("values", "faults"),
    [
        ({"title": " ", "arena": "project"}, {"title": "missing"}),
        ({"title": "x" * 201, "arena": "project"}, {"title": "too_long"}),
        ({"title": "Något", "arena": "television"}, {"arena": "unknown"}),
        ({}, {"title": "missing", "arena": "unknown"}),
    ],
)
def test_a_free_activity_needs_title_and_arena(granvik, values, faults):
    _plan, goal = begin(granvik, "amina")
    with pytest.raises(Invalid) as refusal:
        add(granvik, goal, **values)
    assert refusal.value.fields == faults


def test_a_period_ends_after_it_begins(granvik):
    with pytest.raises(Invalid) as refusal:
        begin(granvik, "amina", days=(10, 9))
    assert refusal.value.fields == {"period_to": "ends_before_it_begins"}


@pytest.mark.parametrize(
    ("name", "by"), [("hodan", "karin"), ("amina", "jonas"), ("amina", "amina"), ("amina", "maria")]
)
def test_plans_are_written_in_reach_only(granvik, name, by):
    with pytest.raises(NotFound):
        begin(granvik, name, by=by)


def test_nothing_of_a_plan_is_there_for_others(granvik, fjordvik):
    plan, goal = begin(granvik, "amina")
    for town, name in ((granvik, "jonas"), (fjordvik, "lars")):
        with town.work(name) as ctx:
            assert plans(ctx) == []
            assert plans(ctx, granvik.person("amina").public_id) == []
            with pytest.raises(NotFound):
                add_goal(ctx, plan, "Något annat")
            with pytest.raises(NotFound):
                add_activity(ctx, goal, due_on=ctx.today, course=COURSE)


def test_a_meeting_out_of_reach_or_unknown_cannot_be_in_a_plan(granvik):
    with granvik.work("jonas") as ctx:
        eken = plan_meeting(ctx, granvik.unit("Eken").public_id, course=COURSE, starts_at=ctx.now).public_id
    _plan, goal = begin(granvik, "amina")
    for meeting in (eken, uuid4()):
        with pytest.raises(NotFound):
            add(granvik, goal, meeting_id=meeting)
    with pytest.raises(NotFound):
        add(granvik, goal, course="cooking")


def test_one_statement_for_all_plans(granvik):
    for name in ("amina", "farid", "karin"):
        _plan, goal = begin(granvik, name)
        add(granvik, goal, course=COURSE)
        add(granvik, goal, title="Handledning", arena="supervision")
    take(granvik, "amina", right=12)
    with granvik.work("karin", writes=False) as ctx, counted(granvik.house) as sent:
        found = plans(ctx)
    assert [plan.person_name for plan in found] == ["Amina Yusuf", "Farid Rahimi", "Karin Lind"]
    assert [(plan.done, plan.count) for plan in found] == [(1, 2), (0, 2), (0, 2)]
    assert len(sent) == 1
