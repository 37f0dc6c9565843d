"""What people say is not right in their record, for those who answer it."""

from collections.abc import Mapping
from datetime import date, datetime
from uuid import UUID

from flask import redirect, request, url_for
from marshmallow import fields
from werkzeug.wrappers import Response

from lms.base.access import Permission
from lms.base.context import Context
from lms.base.errors import Invalid
from lms.register.objections import (
    LONGEST,
    answer_objection,
    objection,
    objections,
    objections_counted,
)
from lms.web.blueprints import employer as blueprint
from lms.web.lead_forms import LeadForm, sent
from lms.web.pages import page, render
from lms.web.paging import ROWS, Paging, first_row


class AnswerForm(LeadForm):
    """Whether the record was corrected or stays, and why."""

    decided = fields.Str(load_default="")
    answer = fields.Str(load_default="")


ANSWER = AnswerForm()


@page(blueprint, "/register/objections", needs=Permission.ANSWER_OBJECTION)
def register_objections(ctx: Context) -> Response:
    """Objections that wait for an answer, the oldest first; with `answered` those that have one."""
    answered = "answered" in request.args
    start = first_row()
    size = objections_counted(ctx, answered=answered)
    found = objections(ctx, answered=answered, start=start, limit=ROWS)
    return render(
        "employer/objections.html",
        objections=[(each, ctx.day_of(each.created_at), _day(ctx, each.answered_at)) for each in found],
        answered=answered,
        paging=Paging(start, size),
        saved="saved" in request.args,
    )


@page(blueprint, "/register/objections/<uuid:objection_id>", needs=Permission.ANSWER_OBJECTION)
def register_objection(ctx: Context, objection_id: UUID) -> Response:
    """One objection, to be answered with a reason."""
    return _show(ctx, objection_id, ANSWER.load({}), {})


@page(
    blueprint,
    "/register/objections/<uuid:objection_id>",
    methods=("POST",),
    writes=True,
    needs=Permission.ANSWER_OBJECTION,
)
def register_objection_answer(ctx: Context, objection_id: UUID) -> Response:
    """Answer it; the person reads it on the own record, and is told by mail."""
    values, _faults = sent(ANSWER, request.form)
    try:
        answer_objection(ctx, objection_id, **values)
    except Invalid as refusal:
        return _show(ctx, objection_id, values, refusal.fields)
    return redirect(url_for("employer.register_objections", saved=1), 303)


def _show(ctx: Context, objection_id: UUID, values: Mapping[str, str], faults: Mapping[str, str]) -> Response:
    found = objection(ctx, objection_id)
    return render(
        "employer/objection.html",
        status=422 if faults else 200,
        objection=found,
        on=ctx.day_of(found.created_at),
        answered_on=_day(ctx, found.answered_at),
        form=values,
        faults=faults,
        longest=LONGEST,
    )


def _day(ctx: Context, at: datetime | None) -> date | None:
    return ctx.day_of(at) if at else None
