"""Setting up two-step sign-in: an app with codes, passkeys, recovery codes; and taking them away."""

from collections.abc import Callable
from uuid import UUID

from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from lms.base.context import Context, work
from lms.base.errors import Conflict, Expired, NotAllowed, NotFound, TooMany
from lms.identity.authenticator_app import begin_app, confirm_app, remove_app
from lms.identity.passkeys import add_passkey, ask_to_add, remove_passkey
from lms.identity.queries import is_recent
from lms.identity.recovery_codes import renew_codes
from lms.identity.second_factor import Proven, own_factors
from lms.organisation.visitors import Visitor
from lms.web import tries
from lms.web.blueprints import staff as blueprint
from lms.web.navigation import landing
from lms.web.pages import current_visitor, device_token, house, page, render
from lms.web.qr import qr_svg
from lms.web.signin_entry import passkeys_work
from lms.web.signin_factor import json, keep_proof
from lms.web.signin_form import sign_in_form
from lms.web.steps import step_of

KEY_GROUP = 4  # characters between spaces, so that a key can be typed


def _whoever_may() -> Visitor:
    """The visitor, if a second factor is offered to them or they have one. Raises NotFound."""
    who = current_visitor()
    if who is None or not (who.factor_offered or who.has_factor):
        raise NotFound
    return who


def _freshly(act: Callable[[], Response]) -> Response:
    """Do it if it has just been proven who this is, else ask for that first and come back."""
    try:
        return act()
    except NotAllowed:
        return redirect(url_for("staff.prove", next=url_for("staff.security")), 303)
    except Conflict as refusal:
        if refusal.code == "proof_needed":
            return redirect(url_for("signin.second", next=url_for("staff.security")), 303)
        return redirect(url_for("staff.security"), 303)


def _set_up(proven: Proven) -> Response:
    """After a factor was added: the recovery codes where there are new ones, else back to the list."""
    keep_proof(proven)
    if proven.codes:
        return _show_codes(proven.codes, is_first=True)
    return redirect(url_for("staff.security", added=1), 303)


def _show_codes(codes: tuple[str, ...], *, is_first: bool) -> Response:
    return render("staff/security_codes.html", codes=codes, is_first=is_first, go_href="/")


@page(blueprint, "/me/security", half="set_up")
def security(ctx: Context) -> Response:
    """How one signs in in two steps: what is set up, what can be."""
    who = _whoever_may()
    if not (who.has_factor or is_recent(ctx, who.session_id)):
        return redirect(url_for("staff.prove", next=request.path), 303)
    return render(
        "staff/security.html",
        factors=own_factors(ctx),
        required=who.factor_demanded,
        must=step_of(who, ctx) == "set_up",
        offered=who.factor_offered,
        passkeys=passkeys_work(),
        failed="failed" in request.args,
        added="added" in request.args,
        time_zone=ctx.time_zone,
        home_href=landing(who),
    )


@page(blueprint, "/me/security/app", half="set_up")
def security_app(ctx: Context) -> Response:
    """The key for an app: opens the app on this phone, stands in a QR code for another one, and as text."""
    return _freshly(lambda: _show_app(ctx, _whoever_may()))


def _show_app(ctx: Context, who: Visitor, *, status: int = 200, **values: object) -> Response:
    with work(house(), ctx.actor, now=ctx.now) as change:
        key = begin_app(change, who.session_id)
    shown = {
        "address": key.address,
        "qr": qr_svg(key.address),
        "key": " ".join(key.key[place : place + KEY_GROUP] for place in range(0, len(key.key), KEY_GROUP)),
        "errors": {},
        "seconds": 0,
    }
    return render("staff/security_app.html", status=status, **shown | values)


@page(blueprint, "/me/security/app", methods=("POST",), half="set_up")
def confirm_security_app(ctx: Context) -> Response:
    """Set the app up with the first code it shows."""
    who, form = _whoever_may(), sign_in_form()
    try:
        tries.count(ctx, "second_factor", tries.own_name(ctx))
    except TooMany as refusal:
        wait = refusal
        return _freshly(lambda: tries.told_to_wait(_show_app(ctx, who, seconds=wait.facts["seconds"]), wait))

    def act() -> Response:
        try:
            with work(house(), ctx.actor, now=ctx.now) as change:
                proven = confirm_app(change, who.session_id, form["code"])
                if proven is not None:
                    tries.forgive(change, "second_factor", tries.own_name(ctx))
        except Expired:
            return redirect(url_for("staff.security_app"), 303)
        if proven is None:
            return _show_app(ctx, who, status=422, errors={"code": "wrong_second_code"})
        return _set_up(proven)

    return _freshly(act)


@page(blueprint, "/me/security/app/remove", methods=("POST",))
def remove_security_app(ctx: Context) -> Response:
    """Take the app away."""
    who = _whoever_may()

    def act() -> Response:
        with work(house(), ctx.actor, now=ctx.now) as change:
            remove_app(change, who.session_id)
        return redirect(url_for("staff.security"), 303)

    return _freshly(act)


@page(blueprint, "/me/security/passkeys/options", methods=("POST",), half="set_up")
def new_passkey_options(ctx: Context) -> Response:
    """What the browser is to make a passkey for."""
    who = _whoever_may()
    with work(house(), ctx.actor, now=ctx.now) as change:
        return json(ask_to_add(change, who.session_id, device_token()))


@page(blueprint, "/me/security/passkeys", methods=("POST",), half="set_up")
def new_passkey(ctx: Context) -> Response:
    """Keep the passkey the browser has made."""
    who, form = _whoever_may(), sign_in_form()

    def act() -> Response:
        with work(house(), ctx.actor, now=ctx.now) as change:
            proven = add_passkey(
                change,
                who.session_id,
                device_token(),
                form["credential"],
                user_agent=request.user_agent.string,
            )
        return _set_up(proven) if proven else redirect(url_for("staff.security", failed=1), 303)

    return _freshly(act)


@page(blueprint, "/me/security/passkeys/<uuid:passkey_id>/remove", methods=("POST",))
def remove_security_passkey(ctx: Context, passkey_id: UUID) -> Response:
    """Take a passkey away."""
    who = _whoever_may()

    def act() -> Response:
        with work(house(), ctx.actor, now=ctx.now) as change:
            remove_passkey(change, who.session_id, passkey_id)
        return redirect(url_for("staff.security"), 303)

    return _freshly(act)


@page(blueprint, "/me/security/codes", methods=("POST",))
def new_codes(ctx: Context) -> Response:
    """Ten new recovery codes in place of those the form names, shown this once: sent again it makes no others."""
    who = _whoever_may()

    def act() -> Response:
        with work(house(), ctx.actor, now=ctx.now) as change:
            if own_factors(change).codes_name != request.form.get("codes"):
                return redirect(url_for("staff.security"), 303)
            codes = renew_codes(change, who.session_id)
        return _show_codes(codes, is_first=False)

    return _freshly(act)
