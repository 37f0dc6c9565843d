"""Write development plans: goals and dated activities."""

from datetime import date
from uuid import UUID

from lms.base.access import Permission
from lms.base.context import Context
from lms.base.errors import Conflict, Invalid
from lms.catalogue import queries as catalogue
from lms.competence.models import DevelopmentPlan, PlanActivity, PlanGoal
from lms.competence.rules import ARENAS, LONGEST_GOAL, LONGEST_TITLE
from lms.organisation.models import Person
from lms.organisation.people import person_at_work
from lms.reflection.queries import meeting_in_reach


def agree_plan(
    ctx: Context,
    person_id: UUID,
    *,
    period_from: date,
    period_to: date,
    next_talk_on: date | None = None,
) -> DevelopmentPlan:
    """Begin a plan for a person in reach, for a period.

    Raises NotFound outside the actor's reach, Invalid if the period ends before it begins.
    """
    ctx.require(Permission.AGREE_PLAN)
    person = person_at_work(ctx, Permission.AGREE_PLAN, Person.public_id == person_id)
    faults = {}
    if period_to < period_from:
        faults["period_to"] = "ends_before_it_begins"
    if next_talk_on is not None and next_talk_on < ctx.today:
        faults["next_talk_on"] = "date_passed"
    if faults:
        raise Invalid(faults)
    plan = DevelopmentPlan(
        employer_id=ctx.employer_id,
        person_id=person.id,
        period_from=period_from,
        period_to=period_to,
        agreed_on=ctx.today,
        agreed_by=ctx.who.person_id,
        next_talk_on=next_talk_on,
        created_at=ctx.now,
    )
    ctx.db.add(plan)
    ctx.note("plan.agreed", plan, person=person.id)
    return plan


def add_goal(ctx: Context, plan_id: UUID, text: str) -> PlanGoal:
    """Add a goal to a plan in reach. Raises NotFound, Invalid for an empty or too long text."""
    ctx.require(Permission.AGREE_PLAN)
    plan = ctx.open(DevelopmentPlan, plan_id)
    person_at_work(ctx, Permission.AGREE_PLAN, Person.id == plan.person_id)
    if not text.strip() or len(text) > LONGEST_GOAL:
        raise Invalid({"goal": "too_long" if text.strip() else "missing"})
    goal = PlanGoal(employer_id=ctx.employer_id, plan_id=plan.id, text=text.strip(), created_at=ctx.now)
    ctx.db.add(goal)
    ctx.note("plan.goal_added", goal)
    return goal


def add_activity(
    ctx: Context,
    goal_id: UUID,
    *,
    due_on: date,
    course: str = "",
    meeting_id: UUID | None = None,
    title: str = "",
    arena: str = "",
) -> PlanActivity:
    """Add a dated activity to a goal in reach: a course, a meeting, or something free with a title and an arena.

    Raises NotFound (goal, course or meeting), Invalid for a free activity without title or with an unknown arena.
    """
    ctx.require(Permission.AGREE_PLAN)
    goal = ctx.open(PlanGoal, goal_id)
    plan = ctx.open(DevelopmentPlan, goal.plan_id)
    person_at_work(ctx, Permission.AGREE_PLAN, Person.id == plan.person_id)
    meeting = meeting_in_reach(ctx, meeting_id) if meeting_id else None
    if course:
        kind, arena = "course", "e_learning"
        title = catalogue.current_edition(ctx, course).text(ctx.language).title
    elif meeting:
        kind, arena = "meeting", "staff_meeting"
        title = catalogue.edition(ctx, meeting.edition_id).text(ctx.language).reflection.title
    else:
        kind = "free"
        faults = {}
        if not title.strip() or len(title) > LONGEST_TITLE:
            faults["title"] = "too_long" if title.strip() else "missing"
        if arena not in ARENAS:
            faults["arena"] = "unknown"
        if faults:
            raise Invalid(faults)
    activity = PlanActivity(
        employer_id=ctx.employer_id,
        goal_id=goal.id,
        kind=kind,
        arena=arena,
        title=title.strip(),
        course=course or None,
        meeting_id=meeting.id if meeting else None,
        due_on=due_on,
        created_at=ctx.now,
    )
    ctx.db.add(activity)
    ctx.note("plan.activity_added", activity, kind=kind)
    return activity


def complete_activity(ctx: Context, activity_id: UUID) -> PlanActivity:
    """Mark a free activity of the actor's own plan, or of a plan in reach, as done today.

    Raises NotFound, or Conflict for one that a proof or an attendance decides about.
    """
    who = ctx.who
    activity = ctx.open(PlanActivity, activity_id)
    plan = ctx.open(DevelopmentPlan, ctx.open(PlanGoal, activity.goal_id).plan_id)
    if plan.person_id == who.person_id:
        ctx.require(Permission.LEARN)
    else:
        person_at_work(ctx, Permission.AGREE_PLAN, Person.id == plan.person_id)
    if activity.kind != "free":
        raise Conflict("done_by_itself")
    if activity.done_on is None:
        activity.done_on = ctx.today
        ctx.note("plan.activity_done", activity)
    return activity
