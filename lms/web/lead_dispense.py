"""Give somebody more time for a course, or exempt them for a time; end it early, or take it back at once."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from flask import redirect, request, url_for
from marshmallow import fields, validate
from werkzeug.wrappers import Response

from lms.base.access import Permission
from lms.base.context import Context
from lms.base.errors import Invalid, NotFound
from lms.catalogue import queries as catalogue
from lms.organisation.people import person_name
from lms.register.dispensations import end_dispensation, give_dispensation, take_back_dispensations
from lms.web.blueprints import lead as blueprint
from lms.web.lead_forms import LeadForm, sent
from lms.web.pages import page, render

USUAL = {"extension": timedelta(days=14), "exemption": timedelta(days=30)}  # until when, from today
KINDS = tuple(USUAL)


class DispenseForm(LeadForm):
    """From what, how, until when, and why."""

    course = fields.Str(load_default="")
    kind = fields.Str(load_default="extension", validate=validate.OneOf(KINDS))
    first = fields.Date(load_default=None)
    last = fields.Date(load_default=None)
    reason = fields.Str(load_default="")


class UndoForm(LeadForm):
    """What was just given, as ids with commas between them."""

    given = fields.Str(load_default="")


class EndForm(LeadForm):
    """Whose record to go back to."""

    person = fields.UUID(load_default=None)


DISPENSE, UNDO, END = DispenseForm(), UndoForm(), EndForm()


@page(blueprint, "/team/<uuid:person_id>/dispense", needs=Permission.DISPENSE)
def dispense(ctx: Context, person_id: UUID) -> Response:
    """The form, with what is usual filled in."""
    kind = request.args.get("kind", "")
    kind = kind if kind in KINDS else KINDS[0]
    values = {
        "course": request.args.get("course", ""), "kind": kind, "first": ctx.today, "last": ctx.today + USUAL[kind],
        "reason": "",
    }  # fmt: skip
    return _show(ctx, person_id, values, {})


@page(blueprint, "/team/<uuid:person_id>/dispense", methods=("POST",), writes=True, needs=Permission.DISPENSE)
def dispense_give(ctx: Context, person_id: UUID) -> Response:
    """Give it; what is missing is said beside the field, and everything typed stays."""
    values, faults = sent(DISPENSE, request.form)
    first = values["first"] if values["kind"] == "exemption" else ctx.today
    catalogue.current_edition(ctx, values["course"])
    if not faults:
        try:
            given = give_dispensation(
                ctx, person_id, values["course"], values["kind"], first=first or ctx.today,
                last=values["last"] or date.min, reason=values["reason"],
            )  # fmt: skip
        except Invalid as refusal:
            faults = refusal.fields
        else:
            ids = ",".join(str(each.public_id) for each in given)
            return redirect(url_for("lead.record", person_id=person_id, did="given", given=ids), 303)
    return _show(ctx, person_id, values, faults)


@page(
    blueprint,
    "/team/<uuid:person_id>/dispense/undo",
    methods=("POST",),
    writes=True,
    needs=Permission.DISPENSE,
)
def undo_dispensation(ctx: Context, person_id: UUID) -> Response:
    """Take back what was just given, as if it had never been."""
    typed = sent(UNDO, request.form)[0]["given"]
    try:
        ids = [UUID(each) for each in typed.split(",")]
    except ValueError:
        raise NotFound from None
    take_back_dispensations(ctx, ids)
    return redirect(url_for("lead.record", person_id=person_id, did="undone"), 303)


@page(
    blueprint,
    "/team/dispensations/<uuid:dispensation_id>/end",
    methods=("POST",),
    writes=True,
    needs=Permission.DISPENSE,
)
def end_dispensation_early(ctx: Context, dispensation_id: UUID) -> Response:
    """Let it end today, before its time."""
    end_dispensation(ctx, dispensation_id)
    person = sent(END, request.form)[0]["person"]
    if person is None:
        return redirect(url_for("lead.team"), 303)
    return redirect(url_for("lead.record", person_id=person, did="ended"), 303)


def _show(ctx: Context, person_id: UUID, values: Mapping[str, Any], faults: Mapping[str, str]) -> Response:
    return render(
        "lead/dispense.html",
        status=422 if faults else 200,
        person_id=person_id,
        name=person_name(ctx, Permission.DISPENSE, person_id),
        course=catalogue.current_edition(ctx, values["course"]).text(ctx.language),
        form=values,
        faults=faults,
    )
