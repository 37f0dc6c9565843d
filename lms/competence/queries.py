"""Read development plans. Whether an activity is done follows from proofs and attendance, never from a flag."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from operator import attrgetter
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, and_, bindparam, func, select
from sqlalchemy.orm import aliased

from lms.base.access import Permission
from lms.base.context import Context
from lms.base.statements import EMPLOYER, ME, TODAY, built_once
from lms.competence.models import DevelopmentPlan, PlanActivity, PlanGoal
from lms.competence.rules import ShownProof, done_by_proof
from lms.organisation.models import Employment, Person
from lms.organisation.queries import REACHED, in_force, units_reached
from lms.reflection.models import Attendance, Meeting, MeetingSession
from lms.register.models import Proof
from lms.register.rules import lasts_until


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
    return next(_plans(ctx, ctx.rows(_MY_PLAN)), None)


def plans(ctx: Context, *people: UUID) -> list[Plan]:
    """Newest plan of each person who works today in reach (or of some of them). One statement."""
    in_reach = ctx.reach(Permission.AGREE_PLAN, REACHED.path)
    return list(_plans(ctx, ctx.rows(_plans_in_reach(in_reach, named=bool(people)), people=people)))


_LEAD, _NEWER = aliased(Person), aliased(DevelopmentPlan)
_PRESENT_AT = (  # when the first sitting of the activity's meeting began that the person took part in
    select(func.min(MeetingSession.starts_at))
    .join(
        Attendance,
        and_(
            Attendance.employer_id == MeetingSession.employer_id, Attendance.session_id == MeetingSession.id
        ),
    )
    .where(
        MeetingSession.employer_id == PlanActivity.employer_id,
        MeetingSession.meeting_id == PlanActivity.meeting_id,
        Attendance.person_id == DevelopmentPlan.person_id,
        Attendance.superseded_at.is_(None),
        Attendance.state == "present",
    )
    .correlate(PlanActivity, DevelopmentPlan)
    .scalar_subquery()
)
_PLANS = (
    select(
        DevelopmentPlan.id.label("plan_id"), DevelopmentPlan.public_id.label("plan"),
        DevelopmentPlan.period_from, DevelopmentPlan.period_to, DevelopmentPlan.agreed_on,
        DevelopmentPlan.next_talk_on,
        Person.public_id.label("person"), Person.given_name, Person.family_name,
        _LEAD.given_name.label("lead_given_name"), _LEAD.family_name.label("lead_family_name"),
        PlanGoal.public_id.label("goal"), PlanGoal.text,
        PlanActivity.public_id.label("activity"), PlanActivity.kind, PlanActivity.arena, PlanActivity.title,
        PlanActivity.course, PlanActivity.due_on, PlanActivity.done_on,
        Meeting.public_id.label("meeting"), _PRESENT_AT.label("present_at"),
        Proof.achieved_on, Proof.expires_on, Proof.renewal_due_on,
    )
    .join(Person, and_(Person.employer_id == DevelopmentPlan.employer_id, Person.id == DevelopmentPlan.person_id))
    .join(_LEAD, and_(_LEAD.employer_id == DevelopmentPlan.employer_id, _LEAD.id == DevelopmentPlan.agreed_by))
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
    .where(
        DevelopmentPlan.employer_id == EMPLOYER,
        ~select(_NEWER.id)
        .where(
            _NEWER.employer_id == DevelopmentPlan.employer_id,
            _NEWER.person_id == DevelopmentPlan.person_id,
            _NEWER.id > DevelopmentPlan.id,
        )
        .exists(),
    )
    .order_by(Person.id, PlanGoal.id, PlanActivity.due_on, PlanActivity.id)
)  # fmt: skip
_MY_PLAN = _PLANS.where(DevelopmentPlan.person_id == ME)


@built_once
def _plans_in_reach(in_reach: ColumnElement[bool], *, named: bool) -> Select[*tuple[Any, ...]]:
    works_there = select(Employment.person_id).where(
        Employment.employer_id == EMPLOYER,
        Employment.unit_id.in_(units_reached(in_reach)),
        in_force(Employment, TODAY),
    )
    query = _PLANS.where(DevelopmentPlan.person_id.in_(works_there))
    return query.where(Person.public_id.in_(bindparam("people", expanding=True))) if named else query


def _plans(ctx: Context, rows: Iterable[Row[*tuple[Any, ...]]]) -> Iterator[Plan]:
    """Plans from their rows: goals x activities x the proofs of an activity's course."""
    for _plan_id, some in groupby(rows, key=attrgetter("plan_id")):
        of_plan = list(some)
        plan = of_plan[0]
        yield Plan(
            public_id=plan.plan,
            person=plan.person,
            person_name=f"{plan.given_name} {plan.family_name}",
            period_from=plan.period_from,
            period_to=plan.period_to,
            agreed_on=plan.agreed_on,
            agreed_with=f"{plan.lead_given_name} {plan.lead_family_name}",
            next_talk_on=plan.next_talk_on,
            goals=tuple(
                _goal(ctx, list(of_goal))
                for goal, of_goal in groupby(of_plan, key=attrgetter("goal"))
                if goal is not None
            ),
        )


def _goal(ctx: Context, rows: Sequence[Row[*tuple[Any, ...]]]) -> Goal:
    activities = (
        _activity(ctx, list(of_activity))
        for activity, of_activity in groupby(rows, key=attrgetter("activity"))
        if activity is not None
    )
    return Goal(rows[0].goal, rows[0].text, tuple(activities))


def _activity(ctx: Context, rows: Sequence[Row[*tuple[Any, ...]]]) -> Activity:
    activity = rows[0]
    done_on = activity.done_on
    if activity.kind == "course":
        proofs = [
            ShownProof(row.achieved_on, lasts_until(row.expires_on, row.renewal_due_on))
            for row in rows
            if row.achieved_on
        ]
        done_on = done_by_proof(activity.period_from, proofs)
    elif activity.kind == "meeting" and activity.present_at:
        done_on = ctx.day_of(activity.present_at)
    return Activity(
        activity.activity, activity.kind, activity.arena, activity.title,
        activity.course, activity.meeting, activity.due_on, done_on,
    )  # fmt: skip
