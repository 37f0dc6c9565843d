"""Share certificates by a link that ends; see one's own links, and end them."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import redirect, request, url_for
from marshmallow import fields
from werkzeug.wrappers import Response

from lms.base.context import Context
from lms.base.errors import Invalid
from lms.evidence import shares
from lms.evidence.wallet import wallet
from lms.organisation.own_persons import is_protected_somewhere
from lms.web.blueprints import staff as blueprint
from lms.web.lead_forms import LeadForm, sent
from lms.web.pages import page, render
from lms.web.qr import qr_svg


class ShareForm(LeadForm):
    """Which certificates, how long, and for whom."""

    numbers = fields.List(fields.Str(), load_default=list)
    days = fields.Int(load_default=shares.USUAL)
    note = fields.Str(load_default="")
    with_name = fields.Bool(load_default=False)


SHARE = ShareForm()


@page(blueprint, "/certificates/share")
def share(ctx: Context) -> Response:
    """Choose which of one's certificates to share, for how long."""
    values, _faults = sent(SHARE, request.args, "numbers")
    return _form(ctx, values, {})


@page(blueprint, "/certificates/share", methods=("POST",), writes=True)
def make_share(ctx: Context) -> Response:
    """Make the link."""
    values, faults = sent(SHARE, request.form, "numbers")
    if faults:
        return _form(ctx, values, faults)
    try:
        made = shares.share_certificates(ctx, **values)
    except Invalid as refusal:
        return _form(ctx, values, refusal.fields)
    return redirect(url_for("staff.own_shares", made=made), 303)


def _form(ctx: Context, values: Mapping[str, Any], faults: Mapping[str, str]) -> Response:
    pockets = wallet(ctx)
    return render(
        "staff/share.html",
        status=422 if faults else 200,
        pockets=[pocket for pocket in pockets if pocket.certificates],
        protected=is_protected_somewhere(ctx, ctx.who.account_id),
        form=values,
        faults=faults,
        all_days=shares.DAYS,
        most=shares.MOST_AT_ONCE,
        longest=shares.LONGEST_NOTE,
    )


@page(blueprint, "/certificates/shared")
def own_shares(ctx: Context) -> Response:
    """One's own links: what each shows, until when, how often it was opened."""
    made = request.args.get("made", type=UUID)
    own = shares.my_shares(ctx)
    newest = next((each for each in own if each.public_id == made and each.is_running), None)
    return render(
        "staff/shares.html",
        shares=own,
        known=_titles(ctx) if own else {},
        made=newest,
        qr=qr_svg(newest.address) if newest else "",
        ended="ended" in request.args,
        day_of=ctx.day_of,
        time_zone=ctx.time_zone,
    )


def _titles(ctx: Context) -> dict[str, str]:
    """What each of one's certificates is about, by number; of whom, where there are several employers."""
    pockets = [pocket for pocket in wallet(ctx) if pocket.certificates]
    return {
        each.content.number: each.content.course_title + (f" ({pocket.name})" if len(pockets) > 1 else "")
        for pocket in pockets
        for each in pocket.certificates
    }


@page(blueprint, "/certificates/shared/<uuid:share_id>/end", methods=("POST",), writes=True)
def end_share(ctx: Context, share_id: UUID) -> Response:
    """Let a link lead nowhere from now on."""
    shares.end_share(ctx, share_id)
    return redirect(url_for("staff.own_shares", ended=1), 303)
