"""Decide about certificates: revoke, reinstate, correct a name, end those of an edition; with what follows, before."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from flask import redirect, request, url_for
from marshmallow import fields
from werkzeug.wrappers import Response

from lms.base.access import Permission
from lms.base.context import Context
from lms.base.errors import Conflict, Invalid, NotFound
from lms.catalogue import queries as catalogue
from lms.evidence.actions import (
    LONGEST_NAME,
    LONGEST_REASON,
    correct_name,
    end_certificates,
    reinstate_certificate,
    revoke_certificate,
)
from lms.evidence.decisions import ToDecide, certificate_to_decide, if_revoked
from lms.evidence.of_edition import counts_by_edition, holders
from lms.register.views_kept import keep_certificate_view
from lms.web.blueprints import employer as blueprint
from lms.web.lead_forms import LeadForm, sent
from lms.web.pages import page, render
from lms.web.paging import ROWS, Paging, first_row

DONE = {"revoke": "revoked", "reinstate": "reinstated", "correct": "corrected"}


class DecisionForm(LeadForm):
    """Why, and of a correction the name as it should be."""

    name = fields.Str(load_default="")
    reason = fields.Str(load_default="")


class EndingForm(LeadForm):
    """Which certificates of an edition end, and why; without `confirmed` it is only shown what follows."""

    numbers = fields.List(fields.Str(), load_default=list)
    reason = fields.Str(load_default="")
    confirmed = fields.Bool(load_default=False)


DECISION, ENDING = DecisionForm(), EndingForm()


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
        form=values,
        faults=faults,
        longest={"name": LONGEST_NAME, "reason": LONGEST_REASON},
    )


@page(blueprint, "/register/editions/<course>", needs=Permission.REVOKE_CERTIFICATE)
def edition_certificates(ctx: Context, course: str) -> Response:
    """Who holds a certificate of an edition, one or several of which can be ended."""
    return _show_edition(ctx, course, {"numbers": [], "reason": ""}, {})


@page(
    blueprint,
    "/register/editions/<course>",
    methods=("POST",),
    writes=True,
    needs=Permission.REVOKE_CERTIFICATE,
)
def end_edition_certificates(ctx: Context, course: str) -> Response:
    """Show what follows for those that were chosen; confirmed, end them."""
    values, _faults = sent(ENDING, request.form, "numbers")
    if not values["confirmed"]:
        faults = {} if values["numbers"] else {"numbers": "missing"}
        return _show_edition(ctx, course, values, faults, tries=not faults)
    try:
        ended = end_certificates(ctx, values["numbers"], values["reason"])
    except Invalid as refusal:
        return _show_edition(ctx, course, values, refusal.fields, tries="numbers" not in refusal.fields)
    edition = request.args.get("edition", "")
    return redirect(
        url_for("employer.edition_certificates", course=course, edition=edition, ended=ended), 303
    )


def _show_edition(
    ctx: Context, course: str, values: Mapping[str, Any], faults: Mapping[str, str], *, tries: bool = False
) -> Response:
    history, counts = catalogue.history(ctx, course), counts_by_edition(ctx, course)
    held: dict[str, int] = Counter()
    for each in reversed(history.chain):
        held[each.label] += counts.get(each.id, 0)
    wanted = request.args.get("edition") or next(iter(held))
    if wanted not in held:
        raise NotFound
    editions = [each.id for each in history.chain if each.label == wanted]
    start, numbers = (0, values["numbers"]) if tries else (first_row(), None)
    return render(
        "employer/certificates_of_edition.html",
        status=422 if faults else 200,
        course=course,
        text=history.newest.text(ctx.language),
        held=held,
        edition=wanted,
        holders=holders(ctx, editions, numbers, start=start, limit=ROWS),
        paging=None if tries else Paging(start, held[wanted]),
        tries=tries,
        form=values,
        faults=faults,
        longest=LONGEST_REASON,
        ended=request.args.get("ended", type=int),
    )
