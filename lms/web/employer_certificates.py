"""Decide about a certificate: revoke, reinstate, correct the name; with what follows, before."""

from collections.abc import Mapping

from flask import redirect, request, url_for
from marshmallow import fields
from werkzeug.wrappers import Response

from lms.base.access import Permission
from lms.base.context import Context
from lms.base.errors import Conflict, Invalid, NotFound
from lms.evidence.actions import (
    LONGEST_NAME,
    LONGEST_REASON,
    correct_name,
    reinstate_certificate,
    revoke_certificate,
)
from lms.evidence.decisions import ToDecide, certificate_to_decide, if_revoked
from lms.register.views_kept import keep_certificate_view
from lms.web.blueprints import employer as blueprint
from lms.web.lead_forms import LeadForm, sent
from lms.web.pages import page, render

DONE = {"revoke": "revoked", "reinstate": "reinstated", "correct": "corrected"}


class DecisionForm(LeadForm):
    """Why, and of a correction the name as it should be."""

    name = fields.Str(load_default="")
    reason = fields.Str(load_default="")


DECISION = DecisionForm()


@page(blueprint, "/register/certificate/<number>/<decision>", needs=Permission.REVOKE_CERTIFICATE)
def decide_certificate(ctx: Context, number: str, decision: str) -> Response:
    """What would follow, and the form."""
    found = certificate_to_decide(ctx, number)
    response = _show(ctx, found, decision, {"name": "", "reason": ""}, {})
    keep_certificate_view(ctx, found.row.number)
    return response


@page(
    blueprint,
    "/register/certificate/<number>/<decision>",
    methods=("POST",),
    writes=True,
    needs=Permission.REVOKE_CERTIFICATE,
)
def decide_certificate_now(ctx: Context, number: str, decision: str) -> Response:
    """Decide it; the register follows at once. What is missing is said beside the field, and what was typed stays."""
    if decision not in DONE:
        raise NotFound
    values, _faults = sent(DECISION, request.form)
    try:
        if decision == "correct":
            number = correct_name(ctx, number, **values).number
        elif decision == "revoke":
            revoke_certificate(ctx, number, values["reason"])
        else:
            reinstate_certificate(ctx, number, values["reason"])
    except Invalid as refusal:
        return _show(ctx, certificate_to_decide(ctx, number), decision, values, refusal.fields)
    return redirect(url_for("employer.register_certificate", number=number, did=DONE[decision]), 303)


def _show(
    ctx: Context, found: ToDecide, decision: str, values: Mapping[str, str], faults: Mapping[str, str]
) -> Response:
    if decision not in DONE:
        raise NotFound
    is_revoked = found.proof.revoked_on is not None
    if is_revoked is not (decision == "reinstate"):
        raise Conflict("already_revoked" if is_revoked else "not_revoked")
    return render(
        "employer/certificate_decide.html",
        status=422 if faults else 200,
        content=found.content,
        is_named=not found.holder.protected,
        decision=decision,
        follows=if_revoked(ctx, found) if decision == "revoke" else [],
        person_id=found.holder.public_id if not found.holder.protected and may_give_time(ctx) else None,
        form=values,
        faults=faults,
        longest={"name": LONGEST_NAME, "reason": LONGEST_REASON},
    )


def may_give_time(ctx: Context) -> bool:
    """Whether the actor may give more time for a course to everybody about whose certificates they may decide."""
    nodes = ctx.who.paths(Permission.REVOKE_CERTIFICATE)
    return ctx.who.may(Permission.SEE_TEAM) and set(nodes) <= set(ctx.who.paths(Permission.DISPENSE))
