"""The week's list of a lead: who is late, has something due or runs out, and one thing done for several of them."""

from collections.abc import Collection, Mapping
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from flask import redirect, request, url_for
from marshmallow import fields, validate
from werkzeug.wrappers import Response

from lms.base.access import Permission
from lms.base.context import Context
from lms.base.errors import Conflict
from lms.base.i18n import catalogue as texts
from lms.catalogue import queries as catalogue
from lms.learning.bulk import Pair, bulk_faults, do_bulk, done_today, plan_bulk, undo_bulk
from lms.register.week import week as week_list
from lms.web.blueprints import lead as blueprint
from lms.web.lead_forms import LeadForm, chosen_place, sent
from lms.web.pages import page, render
from lms.web.paging import ROWS, Paging, first_row

USUAL = timedelta(days=21)  # until when, from today


class BulkForm(LeadForm):
    """Whom, what, until when, and why; `all` is everybody listed on the page."""

    pick = fields.List(fields.Str(), load_default=list)
    listed = fields.List(fields.Str(), load_default=list)
    all = fields.Str(load_default="")
    kind = fields.Str(
        load_default="assignment", validate=validate.OneOf(("assignment", "extension", "exemption"))
    )
    until = fields.Date(load_default=None)
    reason = fields.Str(load_default="")
    unit = fields.Str(load_default="")


BULK = BulkForm()


@page(blueprint, "/team/week", needs=Permission.ASSIGN)
def week(ctx: Context) -> Response:
    """What is late first, then what falls due or runs out within 14 days."""
    values = BULK.load({}) | {"until": ctx.today + USUAL}
    return _show(ctx, request.args.get("unit"), values, {})


@page(blueprint, "/team/week/check", methods=("POST",), needs=Permission.ASSIGN)
def week_check(ctx: Context) -> Response:
    """Show what would be done and who has it already; nothing is written."""
    values, faults, pairs = _read(ctx)
    if faults:
        return _show(ctx, values["unit"], values, faults)
    return _preview(ctx, values, pairs)


@page(blueprint, "/team/week", methods=("POST",), writes=True, needs=Permission.ASSIGN)
def week_do(ctx: Context) -> Response:
    """Do it, for those who do not have it already."""
    values, faults, pairs = _read(ctx)
    if faults:
        return _show(ctx, values["unit"], values, faults)
    try:
        done = do_bulk(ctx, pairs, values["kind"], values["until"], values["reason"])
    except Conflict as refusal:
        if refusal.code != "nothing_left":
            raise
        return _preview(ctx, values, pairs)
    ctx.db.flush()
    return redirect(url_for("lead.week", done=done.public_id, unit=values["unit"] or None), 303)


@page(blueprint, "/team/week/<uuid:bulk_id>/undo", methods=("POST",), writes=True, needs=Permission.ASSIGN)
def week_undo(ctx: Context, bulk_id: UUID) -> Response:
    """Take back all of what was done in one go."""
    undo_bulk(ctx, bulk_id)
    return redirect(url_for("lead.week", undone="1", unit=request.form.get("unit") or None), 303)


def _read(ctx: Context) -> tuple[dict[str, Any], dict[str, str], Collection[Pair]]:
    values, faults = sent(BULK, request.form, "pick", "listed")
    if values["kind"] == "assignment" and not values["reason"].strip():
        values["reason"] = texts(ctx.language).gettext("Requirement for the role")
    picked = values["listed"] if values["all"] else values["pick"]
    pairs = {pair for each in picked if (pair := _pair(each))}
    return values, bulk_faults(ctx, pairs, values["until"], values["reason"]) | faults, pairs


def _pair(text: str) -> Pair | None:
    person, _colon, course = text.partition(":")
    try:
        return UUID(person), course
    except ValueError:
        return None


def _preview(ctx: Context, values: Mapping[str, Any], pairs: Collection[Pair]) -> Response:
    until: date = values["until"]
    return render(
        "lead/week_check.html",
        plan=plan_bulk(ctx, pairs, values["kind"], until),
        form=values,
        titles=_titles(ctx),
    )


def _show(ctx: Context, unit: str | None, values: Mapping[str, Any], faults: Mapping[str, str]) -> Response:
    place = chosen_place(ctx, Permission.ASSIGN, unit)
    start = first_row()
    found = week_list(ctx, place.key, start=start, limit=ROWS)
    return render(
        "lead/week.html",
        status=422 if faults else 200,
        place=place,
        found=found,
        paging=Paging(start, found.size),
        form=values,
        faults=faults,
        titles=_titles(ctx),
        done=done_today(ctx),
        just=request.args.get("done", ""),
        undone="undone" in request.args,
        time_zone=ctx.time_zone,
    )


def _titles(ctx: Context) -> dict[str, str]:
    return {edition.course: edition.text(ctx.language).title for edition in catalogue.current_editions(ctx)}
