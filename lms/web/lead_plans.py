"""Individual development plans: who has one, and writing one together with the person."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import redirect, request, url_for
from marshmallow import Schema, fields
from werkzeug.wrappers import Response

from lms.base.access import Permission
from lms.base.context import Context
from lms.base.errors import Invalid, NotFound
from lms.catalogue import queries as catalogue
from lms.competence import queries as competence
from lms.competence.actions import add_activity, add_goal, agree_plan, complete_activity
from lms.competence.rules import ARENAS
from lms.reflection.queries import meetings
from lms.register.people import person_states
from lms.register.team import team, team_counts
from lms.register.views_kept import keep_view
from lms.web.blueprints import lead as blueprint
from lms.web.lead_forms import LeadForm, chosen_place, sent
from lms.web.pages import page, render
from lms.web.paging import ROWS, Paging, first_row

FREE = "free"  # an activity that is neither a course nor a meeting
NOT_BOUND = ("e_learning", "staff_meeting")  # arenas of courses and meetings, which are chosen by themselves


class StartForm(LeadForm):
    """A plan for a period."""

    period_from = fields.Date(load_default=None)
    period_to = fields.Date(load_default=None)
    next_talk_on = fields.Date(load_default=None)


class GoalForm(LeadForm):
    """What the person wants to be able to do."""

    plan = fields.UUID(load_default=None)
    goal = fields.Str(load_default="")


class ActivityForm(LeadForm):
    """A step towards a goal; `what` is `course:<id>`, `meeting:<public id>` or `free`."""

    goal_id = fields.UUID(load_default=None)
    what = fields.Str(load_default=FREE)
    title = fields.Str(load_default="")
    arena = fields.Str(load_default="")
    due_on = fields.Date(load_default=None)


class DoneForm(LeadForm):
    """Which activity is done."""

    activity = fields.UUID(load_default=None)


IDS = {"plan", "goal_id", "activity"}
BLANK = {"goal": "", "goal_id": None, "what": "", "title": "", "arena": "", "due_on": None}
START, GOAL, ACTIVITY, DONE = StartForm(), GoalForm(), ActivityForm(), DoneForm()


@page(blueprint, "/plans", needs=Permission.AGREE_PLAN)
def plans(ctx: Context) -> Response:
    """Everybody in the unit with how far their plan has come, and who has none."""
    place = chosen_place(ctx, Permission.AGREE_PLAN)
    start = first_row()
    members = team(ctx, place.key, permission=Permission.AGREE_PLAN, start=start, limit=ROWS, by_name=True)
    found = {plan.person: plan for plan in competence.plans(ctx, *(member.public_id for member in members))}
    size = team_counts(ctx, place.key, permission=Permission.AGREE_PLAN).people
    return render(
        "lead/plans.html",
        place=place,
        people=[(member, found[member.public_id]) for member in members if member.public_id in found],
        without=[member for member in members if member.public_id not in found],
        paging=Paging(start, size),
    )


@page(blueprint, "/plans/<uuid:person_id>", needs=Permission.AGREE_PLAN)
def plan(ctx: Context, person_id: UUID) -> Response:
    """One person's plan: goals, activities and whether they are done; what is missing can be added."""
    response = _show(ctx, person_id)
    keep_view(ctx, "plan", Permission.AGREE_PLAN, person_id)
    return response


@page(blueprint, "/plans/<uuid:person_id>", methods=("POST",), writes=True, needs=Permission.AGREE_PLAN)
def plan_start(ctx: Context, person_id: UUID) -> Response:
    """Begin a plan for a period."""

    def start(values: Mapping[str, Any]) -> None:
        missing = {field: "missing" for field in ("period_from", "period_to") if values[field] is None}
        if missing:
            raise Invalid(missing)
        agree_plan(ctx, person_id, **values)

    return _act(ctx, person_id, START, start)


@page(blueprint, "/plans/<uuid:person_id>/goals", methods=("POST",), writes=True, needs=Permission.AGREE_PLAN)
def plan_goal(ctx: Context, person_id: UUID) -> Response:
    """Add a goal."""
    return _act(ctx, person_id, GOAL, lambda values: add_goal(ctx, values["plan"], values["goal"]))


@page(
    blueprint,
    "/plans/<uuid:person_id>/activities",
    methods=("POST",),
    writes=True,
    needs=Permission.AGREE_PLAN,
)
def plan_activity(ctx: Context, person_id: UUID) -> Response:
    """Add a dated activity to a goal: a course, a meeting, or something free."""

    def add(values: Mapping[str, Any]) -> None:
        if values["due_on"] is None:
            raise Invalid({"due_on": "missing"})
        kind, _colon, key = values["what"].partition(":")
        bound: dict[str, Any] = {"title": values["title"], "arena": values["arena"]}
        if kind == "course":
            bound = {"course": key}
        elif kind == "meeting":
            bound = {"meeting_id": _uuid(key)}
        add_activity(ctx, values["goal_id"], due_on=values["due_on"], **bound)

    return _act(ctx, person_id, ACTIVITY, add)


@page(blueprint, "/plans/<uuid:person_id>/done", methods=("POST",), writes=True, needs=Permission.AGREE_PLAN)
def plan_done(ctx: Context, person_id: UUID) -> Response:
    """Mark a free activity as done; a course or a meeting is done by itself."""
    return _act(ctx, person_id, DONE, lambda values: complete_activity(ctx, values["activity"]))


def _act(
    ctx: Context, person_id: UUID, schema: Schema, action: Callable[[Mapping[str, Any]], object]
) -> Response:
    """Carry out one action on somebody's plan and show the plan; with faults the form stays as it was typed."""
    values, faults = sent(schema, request.form)
    if any(values.get(field) is None for field in IDS & set(schema.fields)):
        raise NotFound  # every form of ours sends them
    if not faults:
        try:
            action(values)
            return redirect(url_for("lead.plan", person_id=person_id), 303)
        except Invalid as refusal:
            faults = refusal.fields
    return _show(ctx, person_id, values, faults)


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotFound from None


def _show(
    ctx: Context,
    person_id: UUID,
    values: Mapping[str, Any] | None = None,
    faults: Mapping[str, str] | None = None,
) -> Response:
    who = person_states(ctx, person_id)
    year = ctx.today.year
    proposed = {"period_from": date(year, 1, 1), "period_to": date(year, 12, 31), "next_talk_on": None}
    return render(
        "lead/plan.html",
        status=422 if faults else 200,
        person=who,
        plan=next(iter(competence.plans(ctx, person_id)), None),
        titles={
            edition.course: edition.text(ctx.language).title for edition in catalogue.current_editions(ctx)
        },
        meetings=meetings(ctx),
        arenas=[arena for arena in ARENAS if arena not in NOT_BOUND],
        zone=ZoneInfo(ctx.time_zone),
        blank=BLANK,
        form=BLANK | proposed | dict(values or {}),
        faults=faults or {},
    )
