"""Read development plans. Whether an activity is done follows from proofs and attendance, never from a flag."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Subquery, and_, func, select
from sqlalchemy.orm import aliased

from lms.base.access import Permission
from lms.base.context import Context
from lms.competence.models import DevelopmentPlan, PlanActivity, PlanGoal
from lms.competence.rules import ShownProof, done_by_proof
from lms.organisation.models import Employment, Person, Unit
from lms.organisation.queries import in_force
from lms.reflection.models import Attendance, Meeting, MeetingSession
from lms.register.models import Proof


@dataclass(frozen=True, slots=True)
class Activity:
    """One dated step of a plan; `done_on` is derived for courses and meetings."""

    public_id: UUID
    kind: str
    arena: str
    title: str
    course: str | None
    meeting: UUID | None
    due_on: date
    done_on: date | None


@dataclass(frozen=True, slots=True)
class Goal:
    """A goal with its activities by date."""

    public_id: UUID
    text: str
    activities: tuple[Activity, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """A development plan as staff and lead see it."""

    public_id: UUID
    person: UUID
    person_name: str
    period_from: date
    period_to: date
    agreed_on: date
    agreed_with: str
    next_talk_on: date | None
    goals: tuple[Goal, ...]

    @property
    def done(self) -> int:
        """How many activities are done."""
        return sum(activity.done_on is not None for goal in self.goals for activity in goal.activities)

    @property
    def count(self) -> int:
        """How many activities there are."""
        return sum(len(goal.activities) for goal in self.goals)


def my_plan(ctx: Context) -> Plan | None:
    """The actor's newest plan, or None. One statement."""
    ctx.require(Permission.LEARN)
    found = _plans(ctx, DevelopmentPlan.person_id == ctx.who.person_id)
    return found[0] if found else None


def plans(ctx: Context, person_id: UUID | None = None) -> list[Plan]:
    """Newest plan of each person who works today in reach (or of one of them). One statement."""
    in_reach = ctx.reach(Permission.AGREE_PLAN, Unit.path)
    works_there = (
        select(Employment.person_id)
        .join(Unit, and_(Unit.employer_id == Employment.employer_id, Unit.id == Employment.unit_id))
        .where(Employment.employer_id == ctx.employer_id, in_force(Employment, ctx.today), in_reach)
    )
    which: ColumnElement[bool] = DevelopmentPlan.person_id.in_(works_there)
    if person_id is not None:
        which = and_(which, Person.public_id == person_id)
    return _plans(ctx, which)


def _plans(ctx: Context, which: ColumnElement[bool]) -> list[Plan]:
    lead = aliased(Person)
    newer = aliased(DevelopmentPlan)
    present = _present(ctx)
    rows = ctx.db.execute(
        select(
            DevelopmentPlan, Person, lead, PlanGoal, PlanActivity, Meeting.public_id,
            Proof.achieved_on, Proof.expires_on, present.c.starts_at,
        )
        .join(Person, and_(Person.employer_id == DevelopmentPlan.employer_id, Person.id == DevelopmentPlan.person_id))
        .join(lead, and_(lead.employer_id == DevelopmentPlan.employer_id, lead.id == DevelopmentPlan.agreed_by))
        .outerjoin(
            PlanGoal,
            and_(PlanGoal.employer_id == DevelopmentPlan.employer_id, PlanGoal.plan_id == DevelopmentPlan.id),
        )
        .outerjoin(
            PlanActivity,
            and_(PlanActivity.employer_id == PlanGoal.employer_id, PlanActivity.goal_id == PlanGoal.id),
        )
        .outerjoin(
            Meeting, and_(Meeting.employer_id == PlanActivity.employer_id, Meeting.id == PlanActivity.meeting_id)
        )
        .outerjoin(
            Proof,
            and_(
                Proof.employer_id == DevelopmentPlan.employer_id,
                Proof.person_id == DevelopmentPlan.person_id,
                Proof.course == PlanActivity.course,
                Proof.revoked_on.is_(None),
            ),
        )
        .outerjoin(
            present,
            and_(
                present.c.person_id == DevelopmentPlan.person_id,
                present.c.meeting_id == PlanActivity.meeting_id,
            ),
        )
        .where(
            DevelopmentPlan.employer_id == ctx.employer_id,
            which,
            ~select(newer.id)
            .where(
                newer.employer_id == DevelopmentPlan.employer_id,
                newer.person_id == DevelopmentPlan.person_id,
                newer.id > DevelopmentPlan.id,
            )
            .exists(),
        )
        .order_by(
            Person.given_name, Person.family_name, Person.id, PlanGoal.id, PlanActivity.due_on, PlanActivity.id
        )
    ).all()  # fmt: skip
    return [_plan(ctx, list(of_plan)) for _plan_id, of_plan in groupby(rows, key=lambda row: row[0].id)]


def _present(ctx: Context) -> Subquery:
    """Meetings that people were present at, with the time of the first sitting they took part in."""
    return (
        select(
            Attendance.person_id, MeetingSession.meeting_id, func.min(MeetingSession.starts_at).label("starts_at")
        )
        .join(
            MeetingSession,
            and_(MeetingSession.employer_id == Attendance.employer_id, MeetingSession.id == Attendance.session_id),
        )
        .where(
            Attendance.employer_id == ctx.employer_id,
            Attendance.superseded_at.is_(None),
            Attendance.state == "present",
        )
        .group_by(Attendance.person_id, MeetingSession.meeting_id)
        .subquery()
    )  # fmt: skip


def _plan(ctx: Context, rows: Sequence[Sequence[Any]]) -> Plan:
    """A plan from its rows: goals x activities x the proofs of an activity's course."""
    plan, person, lead = rows[0][:3]
    goals: list[Goal] = []
    for goal, of_goal in groupby(rows, key=lambda row: row[3]):
        if goal is None:
            continue
        activities = [
            _activity(ctx, plan, activity, list(of_activity))
            for activity, of_activity in groupby(of_goal, key=lambda row: row[4])
            if activity is not None
        ]
        goals.append(Goal(goal.public_id, goal.text, tuple(activities)))
    return Plan(
        public_id=plan.public_id,
        person=person.public_id,
        person_name=person.name,
        period_from=plan.period_from,
        period_to=plan.period_to,
        agreed_on=plan.agreed_on,
        agreed_with=lead.name,
        next_talk_on=plan.next_talk_on,
        goals=tuple(goals),
    )


def _activity(
    ctx: Context, plan: DevelopmentPlan, activity: PlanActivity, rows: Sequence[Sequence[Any]]
) -> Activity:
    meeting, present_at = rows[0][5], rows[0][8]
    done_on = activity.done_on
    if activity.kind == "course":
        proofs = [ShownProof(row[6], row[7]) for row in rows if row[6]]
        done_on = done_by_proof(plan.period_from, proofs)
    elif activity.kind == "meeting" and present_at:
        done_on = ctx.day_of(present_at)
    return Activity(
        activity.public_id, activity.kind, activity.arena, activity.title,
        activity.course, meeting, activity.due_on, done_on,
    )  # fmt: skip
