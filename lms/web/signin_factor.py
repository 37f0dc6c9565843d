"""The second step of signing in: a code, a passkey or a recovery code; and signing in with a passkey alone."""

from flask import g, redirect, request, url_for
from werkzeug.wrappers import Response

from lms.base.context import Context, work
from lms.base.errors import TooMany
from lms.identity.authenticator_app import prove_with_app
from lms.identity.passkeys import ask_to_enter, ask_to_prove, prove_with_passkey
from lms.identity.recovery_codes import prove_with_recovery_code
from lms.identity.rules import normal_mail_code
from lms.identity.second_factor import Proven, own_factors
from lms.organisation.second_factor import enter_with_passkey
from lms.organisation.visitors import Visitor
from lms.web import tries
from lms.web.blueprints import signin as blueprint
from lms.web.navigation import landing
from lms.web.pages import current_visitor, device_token, house, page, render
from lms.web.signin_entry import go_on, passkeys_work
from lms.web.signin_form import local_path, sign_in_form


def json(options: str) -> Response:
    """Options for the browser's own dialogue about passkeys."""
    response = Response(options, mimetype="application/json")
    response.headers["Cache-Control"] = "no-store"
    return response


def keep_proof(proven: Proven) -> None:
    """Give the device its new token, for as long as the old one was kept."""
    g.new_token, g.remember = proven.token, proven.remembered


def _show(ctx: Context, *, status: int = 200, **values: object) -> Response:
    factors = own_factors(ctx)
    shown: dict[str, object] = {
        "errors": {},
        "seconds": 0,
        "next": local_path(request.values.get("next")),
        "app": factors.app_since is not None,
        "passkey": bool(factors.passkeys) and passkeys_work(),
        "codes_left": factors.codes_left,
        "recovery": "recovery" in request.values or not factors.app_since,
    }
    return render("signin/second.html", status=status, **shown | values)


def _target(who: Visitor) -> str:
    return local_path(request.values.get("next")) or landing(who)


@page(blueprint, "/sign-in/second", half="prove")
def second(ctx: Context) -> Response:
    """Ask for the second step; also of somebody who is in and wants to change it."""
    who = current_visitor()
    if who is None or not who.has_factor:
        return redirect(_target(who) if who else url_for("signin.sign_in"), 303)
    return _show(ctx)


@page(blueprint, "/sign-in/second", methods=("POST",), half="prove")
def enter_second(ctx: Context) -> Response:
    """Take the second step with a code of the app, a recovery code, or a passkey's signature."""
    form, who = sign_in_form(), current_visitor()
    if who is None or not who.has_factor:
        return redirect(url_for("signin.sign_in"), 303)
    try:
        tries.count(ctx, "second_factor", tries.own_name(ctx))
    except TooMany as refusal:
        return tries.told_to_wait(_show(ctx, seconds=refusal.facts["seconds"]), refusal)
    with work(house(), ctx.actor, now=ctx.now) as change:
        if form["credential"]:
            proven = prove_with_passkey(change, who.session_id, device_token(), form["credential"])
        elif normal_mail_code(form["code"]):
            proven = prove_with_app(change, who.session_id, form["code"])
        else:
            proven = prove_with_recovery_code(change, who.session_id, form["code"])
        if proven is not None:
            tries.forgive(change, "second_factor", tries.own_name(ctx))
    if proven is None:
        fault = {"credential": "passkey_failed"} if form["credential"] else {"code": "wrong_second_code"}
        return _show(ctx, status=422, errors=fault)
    keep_proof(proven)
    return redirect(_target(who), 303)


@page(blueprint, "/sign-in/second/options", methods=("POST",), half="prove")
def second_options(ctx: Context) -> Response:
    """What the browser is to sign with a passkey of this account."""
    with work(house(), ctx.actor, now=ctx.now) as change:
        return json(ask_to_prove(change, device_token()))


@page(blueprint, "/sign-in/passkey/options", methods=("POST",), public=True)
def passkey_options(ctx: Context) -> Response:
    """What the browser is to sign with a passkey, before we know whose."""
    with work(house(), now=ctx.now) as change:
        return json(ask_to_enter(change, device_token()))


@page(blueprint, "/sign-in/passkey", methods=("POST",), public=True)
def enter_passkey(ctx: Context) -> Response:
    """Sign in with a passkey alone: it proves both steps. Tries are counted by network, for it names nobody."""
    form = sign_in_form()
    tries.count(ctx, "second_factor")
    with work(house(), now=ctx.now) as change:
        token = enter_with_passkey(
            change, device_token(), form["credential"], user_agent=request.user_agent.string
        )
        if token is not None:
            tries.forgive(change, "second_factor")
            return go_on(change, token, local_path(form["next"]))
    return render("signin/passkey_failed.html", status=422, next=local_path(form["next"]))
