"""Auditors: who may read the register for a limited time, appointed for units and ended early."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import redirect, request, url_for
from marshmallow import fields
from werkzeug.wrappers import Response

from lms.base.access import WHOLE, Permission
from lms.base.context import Context
from lms.base.errors import Invalid
from lms.organisation.auditor_list import auditors, auditors_counted
from lms.organisation.auditors import (
    LONGEST_REASON,
    Outsider,
    Terms,
    appoint_colleague,
    appoint_outsider,
    auditor_slip,
    end_auditor,
)
from lms.organisation.queries import units_in_reach
from lms.web.blueprints import employer as blueprint
from lms.web.lead_forms import LeadForm, sent
from lms.web.lead_team import show_slips
from lms.web.pages import page, render
from lms.web.paging import ROWS, Paging, first_row


class AuditorForm(LeadForm):
    """Who, where, from when to when, and why; `who` is `colleague` or `outsider`."""

    who = fields.Str(load_default="")
    employee_number = fields.Str(load_default="")
    given_name = fields.Str(load_default="")
    family_name = fields.Str(load_default="")
    email = fields.Str(load_default="")
    whole = fields.Bool(load_default=False)
    units = fields.List(fields.UUID(), load_default=list)
    valid_from = fields.Date(load_default=None)
    valid_to = fields.Date(load_default=None)
    reason = fields.Str(load_default="")


AUDITOR = AuditorForm()


@page(blueprint, "/auditors", needs=Permission.APPOINT_AUDITOR)
def auditors_page(ctx: Context) -> Response:
    """Who may read the register now or soon; with `over` those who could."""
    over = "over" in request.args
    start = first_row()
    size = auditors_counted(ctx, over=over)
    return render(
        "employer/auditors.html",
        auditors=auditors(ctx, over=over, start=start, limit=ROWS),
        over=over,
        paging=Paging(start, size),
        saved=request.args.get("saved", ""),
    )


@page(blueprint, "/auditors/new", needs=Permission.APPOINT_AUDITOR)
def auditor_new(ctx: Context) -> Response:
    """Choose who may read what, and for how long."""
    return _show(ctx, AUDITOR.load({}) | {"who": "outsider", "valid_from": ctx.today}, {})


@page(blueprint, "/auditors/new", methods=("POST",), writes=True, needs=Permission.APPOINT_AUDITOR)
def auditor_appoint(ctx: Context) -> Response:
    """Appoint somebody, who is told by mail."""
    values, faults = sent(AUDITOR, request.form, "units")
    if values["who"] not in {"colleague", "outsider"}:
        faults["who"] = "missing"
    if faults:
        return _show(ctx, values, faults)
    try:
        _appoint(ctx, values)
    except Invalid as refusal:
        return _show(ctx, values, refusal.fields)
    return redirect(url_for("employer.auditors_page", saved="appointed"), 303)


def _appoint(ctx: Context, values: Mapping[str, Any]) -> None:
    terms = Terms(
        () if values["whole"] else tuple(values["units"]), values["valid_from"], values["valid_to"],
        values["reason"], whole=values["whole"],
    )  # fmt: skip
    if values["who"] == "colleague":
        appoint_colleague(ctx, values["employee_number"], terms)
    else:
        appoint_outsider(ctx, Outsider(values["given_name"], values["family_name"], values["email"]), terms)


@page(
    blueprint,
    "/auditors/<uuid:auditor_id>/end",
    methods=("POST",),
    writes=True,
    needs=Permission.APPOINT_AUDITOR,
)
def auditor_end(ctx: Context, auditor_id: UUID) -> Response:
    """End it at once."""
    end_auditor(ctx, auditor_id)
    return redirect(url_for("employer.auditors_page", saved="ended"), 303)


@page(
    blueprint,
    "/auditors/<uuid:auditor_id>/slip",
    methods=("POST",),
    writes=True,
    needs=Permission.APPOINT_AUDITOR,
)
def auditor_print_slip(ctx: Context, auditor_id: UUID) -> Response:
    """Make a slip for somebody from outside and show it; the code is known only now."""
    return show_slips(ctx, [auditor_slip(ctx, auditor_id)], back=url_for("employer.auditors_page"))


def _show(ctx: Context, values: Mapping[str, Any], faults: Mapping[str, str]) -> Response:
    return render(
        "employer/auditor_new.html",
        status=422 if faults else 200,
        form=values,
        faults=faults,
        units=units_in_reach(ctx, Permission.APPOINT_AUDITOR),
        everywhere=WHOLE in ctx.who.paths(Permission.APPOINT_AUDITOR),
        longest=LONGEST_REASON,
    )
