"""Supervised exams for who opens them: a room, a window of time, a code, and who has come and is finished."""

from collections.abc import Mapping, Sequence
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import redirect, request, url_for
from marshmallow import fields
from werkzeug.wrappers import Response

from lms.base.access import Permission
from lms.base.context import Context
from lms.base.errors import Invalid
from lms.catalogue import queries as catalogue
from lms.learning import seats as exams
from lms.learning.seats import Seat
from lms.learning.sitting_rules import Window, code_groups, lasts_until
from lms.learning.sittings import close_sitting, open_sitting, reopen_seat
from lms.web.blueprints import lead as blueprint
from lms.web.lead_forms import LeadForm, Place, chosen_place, sent
from lms.web.lead_meetings import local_time
from lms.web.pages import page, render

USUAL_LENGTH = timedelta(hours=2)  # what is offered for a new exam


class SittingForm(LeadForm):
    """An exam to be opened; day and times are those of the clock on the wall."""

    unit = fields.Str(load_default="")
    course = fields.Str(load_default="")
    day = fields.Date(load_default=None)
    time = fields.Time(load_default=None)
    until = fields.Time(load_default=None)
    room = fields.Str(load_default="")


class ReopenForm(LeadForm):
    """Why a seat is opened once more."""

    seat = fields.UUID(load_default=None)
    reason = fields.Str(load_default="")


SITTING, REOPEN = SittingForm(), ReopenForm()


@page(blueprint, "/team/exams", needs=Permission.OPEN_EXAM)
def sittings(ctx: Context) -> Response:
    """The exams of one's units: those open or to come, and those that are over."""
    found = exams.sittings(ctx)
    return render(
        "lead/exams.html",
        ahead=[each for each in found if not each.window.is_over(ctx.now)][::-1],
        over=[each for each in found if each.window.is_over(ctx.now)],
        editions={edition.course: edition for edition in catalogue.current_editions(ctx)},
        language=ctx.language,
        now=ctx.now,
        zone=ZoneInfo(ctx.time_zone),
    )


@page(blueprint, "/team/exams/new", needs=Permission.OPEN_EXAM)
def sitting_new(ctx: Context) -> Response:
    """A new exam: today, from now on, for two hours."""
    local = ctx.now.astimezone(ZoneInfo(ctx.time_zone))
    until = (local + USUAL_LENGTH).time() if (local + USUAL_LENGTH).date() == ctx.today else time(23, 59)
    values = {"day": ctx.today, "time": local.time(), "until": until, "room": "", "course": ""}
    return _show_new(ctx, chosen_place(ctx, Permission.OPEN_EXAM), values, {})


@page(blueprint, "/team/exams/new", methods=("POST",), writes=True, needs=Permission.OPEN_EXAM)
def sitting_open(ctx: Context) -> Response:
    """Open the exam; what is missing is said beside the field, and everything typed stays."""
    values, faults = sent(SITTING, request.form)
    for field in ("unit", "day", "time", "until"):
        if not values[field] and field not in faults:
            faults[field] = "missing"
    place = chosen_place(ctx, Permission.OPEN_EXAM, values["unit"])
    if not faults:
        try:
            window = Window(*(local_time(ctx, values["day"], values[name]) for name in ("time", "until")))
            made = open_sitting(
                ctx, UUID(values["unit"]), course=values["course"], room=values["room"], window=window
            )
            return redirect(url_for("lead.sitting", sitting_id=made.public_id), 303)
        except Invalid as refusal:
            faults = refusal.fields
    return _show_new(ctx, place, values, faults)


def _show_new(ctx: Context, place: Place, values: Mapping[str, Any], faults: Mapping[str, str]) -> Response:
    return render(
        "lead/exam_new.html",
        status=422 if faults else 200,
        place=place,
        courses=[
            (edition.course, edition.text(ctx.language).title)
            for edition in catalogue.current_editions(ctx)
            if edition.supervised
        ],
        form=values,
        faults=faults,
    )


@page(blueprint, "/team/exams/<uuid:sitting_id>", needs=Permission.OPEN_EXAM)
def sitting(ctx: Context, sitting_id: UUID) -> Response:
    """One exam: its code, who has come, and who is finished."""
    return _show(ctx, sitting_id, {})


@page(blueprint, "/team/exams/<uuid:sitting_id>/close", needs=Permission.OPEN_EXAM)
def sitting_closing(ctx: Context, sitting_id: UUID) -> Response:
    """Before it is closed, or ended for those who were let in again: for whom it ends."""
    found = exams.sitting(ctx, sitting_id)
    people = exams.seats(ctx, found)
    is_over, until = found.window.is_over(ctx.now), _until(people)
    if is_over and until is None:
        return redirect(url_for("lead.sitting", sitting_id=sitting_id), 303)
    return render(
        "lead/exam_close.html",
        sitting=found,
        people=people,
        is_over=is_over,
        until=until if is_over else found.window.closes_at,
        text=catalogue.current_edition(ctx, found.course).text(ctx.language),
        zone=ZoneInfo(ctx.time_zone),
    )


@page(
    blueprint,
    "/team/exams/<uuid:sitting_id>/close",
    methods=("POST",),
    writes=True,
    needs=Permission.OPEN_EXAM,
)
def sitting_close(ctx: Context, sitting_id: UUID) -> Response:
    """Close the exam before its time, or end it for those who were let in again."""
    close_sitting(ctx, sitting_id)
    return redirect(url_for("lead.sitting", sitting_id=sitting_id), 303)


@page(
    blueprint,
    "/team/exams/<uuid:sitting_id>/reopen",
    methods=("POST",),
    writes=True,
    needs=Permission.OPEN_EXAM,
)
def seat_reopen(ctx: Context, sitting_id: UUID) -> Response:
    """Open a seat once more, for a reason."""
    values, faults = sent(REOPEN, request.form)
    if values["seat"] is None:
        return _show(ctx, sitting_id, {"seat": "missing"} | faults)
    try:
        reopen_seat(ctx, sitting_id, values["seat"], values["reason"])
    except Invalid as refusal:
        return _show(ctx, sitting_id, refusal.fields, values["seat"], values["reason"])
    return redirect(url_for("lead.sitting", sitting_id=sitting_id, reopened=values["seat"]), 303)


def _show(
    ctx: Context, sitting_id: UUID, faults: Mapping[str, str], chosen: UUID | None = None, reason: str = ""
) -> Response:
    found = exams.sitting(ctx, sitting_id)
    people = exams.seats(ctx, found)
    edition = catalogue.current_edition(ctx, found.course)
    return render(
        "lead/exam.html",
        status=422 if faults else 200,
        sitting=found,
        code=code_groups(found.code),
        people=people,
        edition=edition,
        text=edition.text(ctx.language),
        spoken=edition.language(ctx.language),
        faults=faults,
        chosen=chosen,
        reason=reason,
        reopened=next((each for each in people if str(each.public_id) == request.args.get("reopened")), None),
        is_over=found.window.is_over(ctx.now),
        until=_until(people),
        reopened_until=lasts_until(found.window, ctx.now),
        begins=_begins(found.window, ctx.now),
        zone=ZoneInfo(ctx.time_zone),
    )


def _until(people: Sequence[Seat]) -> datetime | None:
    """When the last of those who may go on has to be finished; None if nobody may."""
    return max((each.until for each in people if each.until is not None), default=None)


def _begins(window: Window, now: datetime) -> bool:
    """Whether the exam is still to come."""
    return now < window.opens_at and not window.is_over(now)
