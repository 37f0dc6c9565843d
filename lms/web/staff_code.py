"""The own personal code for shared devices: choose it, remove it; and staying in while one is there."""

from collections.abc import Mapping

from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from lms.base.access import Permission
from lms.base.context import Context, work
from lms.base.errors import Invalid, NotFound
from lms.identity.personal_codes import personal_code_since, remove_personal_code, set_personal_code
from lms.identity.queries import is_proven
from lms.organisation.arrival import own_employee_number
from lms.organisation.visitors import Visitor
from lms.web.blueprints import staff as blueprint
from lms.web.pages import current_visitor, house, page, render
from lms.web.signin_form import sign_in_form


def _who() -> Visitor:
    who = current_visitor()
    if who is None:
        raise NotFound
    return who


@page(blueprint, "/me/code", needs=Permission.LEARN)
def personal_code(ctx: Context) -> Response:
    """Ask for a personal code; who has not shown for a while who it is does that first."""
    if not is_proven(ctx, _who().session_id):
        return redirect(url_for("staff.prove", next=request.path), 303)
    return _show(ctx, {})


@page(blueprint, "/me/code", methods=("POST",), needs=Permission.LEARN)
def save_personal_code(ctx: Context) -> Response:
    """Keep the code."""
    who = _who()
    if not is_proven(ctx, who.session_id):
        return redirect(url_for("staff.prove", next=request.path), 303)
    try:
        set_personal_code(ctx, who.session_id, sign_in_form()["code"], own_employee_number(ctx))
    except Invalid as refusal:
        return _show(ctx, refusal.fields)
    return redirect(url_for("staff.me", saved="code"), 303)


@page(blueprint, "/me/code/remove", methods=("POST",))
def drop_personal_code(ctx: Context) -> Response:
    """Remove the code."""
    with work(house(), ctx.actor, now=ctx.now) as change:
        remove_personal_code(change, _who().session_id)
    return redirect(url_for("staff.me", saved="no_code"), 303)


def _show(ctx: Context, faults: Mapping[str, str]) -> Response:
    return render(
        "staff/personal_code.html",
        status=422 if faults else 200,
        faults=dict(faults),
        since=personal_code_since(ctx),
        day_of=ctx.day_of,
        minutes=house().settings.shared_idle_minutes,
    )


@page(blueprint, "/stay", methods=("POST",))
def stay(_ctx: Context) -> Response:
    """Somebody is still at a shared device: the session goes on. Raises NotFound on others."""
    if not _who().is_shared:
        raise NotFound
    return Response(status=204)
