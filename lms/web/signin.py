"""Signing in with a mailed link, its code or a password; taking a change back; signing out; language."""

from secrets import token_urlsafe
from urllib.parse import parse_qs, urlencode

from flask import g, redirect, request, url_for
from werkzeug.wrappers import Response

from lms.base.context import Context, work
from lms.base.errors import TooMany
from lms.identity.actions import end_session, set_language
from lms.identity.changes import is_stop_open, stop_change
from lms.identity.queries import is_link_open
from lms.identity.rules import MAIL_LASTS, normal_email, normal_employee_number, normal_name
from lms.identity.ways_in import request_sign_in, sign_in_with_code, sign_in_with_link, sign_in_with_password
from lms.organisation.arrival import account_named, country_named
from lms.web import tries
from lms.web.blueprints import signin as blueprint
from lms.web.navigation import landing
from lms.web.on_shared import EVERYTHING, is_shared_here
from lms.web.pages import LANGUAGE_COOKIE, current_visitor, house, known_language, page
from lms.web.signin_entry import PENDING, YEAR, employers, keep_cookie, let_in, show, show_faults, show_wait
from lms.web.signin_form import local_path, sign_in_form


def _pending() -> tuple[str, str]:
    """Address and wanted page of the sign-in this device has begun; empty where there is none."""
    values = parse_qs(request.cookies.get(PENDING, ""))
    address, wanted = (values.get(name, [""])[0] for name in ("email", "next"))
    return normal_email(address) or "", local_path(wanted)


@page(blueprint, "/sign-in", public=True)
def sign_in(_ctx: Context) -> Response:
    """Ask for the e-mail address; who is signed in goes on."""
    who = current_visitor()
    if who is not None:
        return redirect(local_path(request.args.get("next")) or landing(who), 303)
    return show("sign_in", email="", kept="kept" in request.args)


@page(blueprint, "/sign-in", methods=("POST",), public=True)
def send_link(ctx: Context) -> Response:
    """Have link and code mailed; a known and an unknown address are answered alike."""
    form = sign_in_form()
    email = normal_email(form["email"])
    if email is None:
        return show_faults("sign_in", {"email": "not_email"}, email=form["email"], kept=False)
    try:
        tries.count(ctx, "sign_in", email)
    except TooMany as refusal:
        return show_wait("sign_in", refusal, email=form["email"], kept=False)
    with work(house(), now=ctx.now) as change:
        request_sign_in(change, email)
    response = redirect(url_for("signin.code"), 303)
    pending = urlencode({"email": email, "next": local_path(form["next"])})
    if not is_shared_here():  # the next would read whose address it is
        keep_cookie(response, PENDING, pending, lasts=MAIL_LASTS)
    return response


@page(blueprint, "/sign-in/code", public=True)
def code(_ctx: Context) -> Response:
    """Say that a mail is on its way, and take the code in it."""
    return show("code", email=_pending()[0], asked=bool(_pending()[0]))


@page(blueprint, "/sign-in/code", methods=("POST",), public=True)
def enter_code(ctx: Context) -> Response:
    """Sign in with the code of the newest mail."""
    form = sign_in_form()
    pending, wanted = _pending()
    email = normal_email(form["email"]) or pending
    values = {"email": form["email"] or pending, "asked": email == pending, "remember": form["remember"]}
    if not email:
        return show_faults("code", {"email": "not_email"}, **values)
    try:
        tries.count(ctx, "code", email)
    except TooMany as refusal:
        return show_wait("code", refusal, **values)
    with work(house(), now=ctx.now) as change:
        account_id = sign_in_with_code(change, email, form["code"])
        if account_id is not None:
            tries.forgive(change, "code", email)
            return let_in(change, account_id, remember=form["remember"], wanted=wanted)
    return show_faults("code", {"code": "wrong_code"}, **values)


@page(blueprint, "/sign-in/link/<token>", public=True)
def link(ctx: Context, token: str) -> Response:
    """One button: programs that look through mail follow links, and must not use this one up."""
    if is_link_open(ctx, token):
        return show("link")
    who = current_visitor()
    return redirect(landing(who), 303) if who else show("link_over", status=410)


@page(blueprint, "/sign-in/link/<token>", methods=("POST",), public=True)
def enter_link(ctx: Context, token: str) -> Response:
    """Sign in with the mailed link, once."""
    form = sign_in_form()
    with work(house(), now=ctx.now) as change:
        account_id = sign_in_with_link(change, token)
        if account_id is not None:
            tries.forgive(change, "sign_in")
            return let_in(change, account_id, remember=form["remember"], wanted=_pending()[1])
    who = current_visitor()  # the button was pressed twice and the first answer got lost
    return redirect(landing(who), 303) if who else show("link_over", status=410)


@page(blueprint, "/sign-in/password", public=True)
def password(ctx: Context) -> Response:
    """Ask for e-mail address, phone number, or municipality and employee number; and password."""
    return show("password", name="", **employers(ctx))


@page(blueprint, "/sign-in/password", methods=("POST",), public=True)
def enter_password(ctx: Context) -> Response:
    """Sign in with a password; one answer for a wrong name, municipality and password."""
    form = sign_in_form()
    name, employer = form["name"].strip(), form["m"]
    ctx.country = country_named(ctx, employer) or ctx.country
    known_form = normal_name(name, ctx.country)[1]
    typed = known_form or f"{employer} {normal_employee_number(name)}"
    values = {"name": form["name"], "remember": form["remember"], **employers(ctx)}
    if name and "@" not in name and known_form is None and not employer:
        return show_faults("password", {"m": "no_employer"}, **values)
    try:
        tries.count(ctx, "password", typed)
    except TooMany as refusal:
        return show_wait("password", refusal, **values)
    account_id = sign_in_with_password(ctx, account_named(ctx, name, employer), form["password"])
    if account_id is None:
        return show_faults("password", {"name": "wrong_name_or_password"}, **values)
    with work(house(), now=ctx.now) as change:
        tries.forgive(change, "password", typed)
        return let_in(change, account_id, remember=form["remember"], wanted=local_path(form["next"]))


@page(blueprint, "/sign-in/stop/<token>", public=True)
def stop(ctx: Context, token: str) -> Response:
    """What the link "It was not me" opens: one button, so that programs that look through mail stop nothing."""
    is_open = is_stop_open(ctx, token)
    return show("stop", status=200 if is_open else 410, is_open=is_open, stopped=False)


@page(blueprint, "/sign-in/stop/<token>", methods=("POST",), public=True)
def stop_now(ctx: Context, token: str) -> Response:
    """Take a change of a way in back, with all after it, and sign the account out everywhere."""
    with work(house(), now=ctx.now) as change:
        stopped = stop_change(change, token)
    return show("stop", status=200 if stopped else 410, is_open=False, stopped=stopped)


@page(blueprint, "/sign-out", methods=("POST",), public=True)
def sign_out(ctx: Context) -> Response:
    """Sign this device out; its cookie becomes that of a stranger, and it forgets what it has kept."""
    who = current_visitor()
    if who is not None:
        with work(house(), ctx.actor, now=ctx.now) as change:
            end_session(change, who.session_id)
        g.new_token = token_urlsafe(32)
    response = redirect(url_for("signin.shared" if is_shared_here() else "signin.sign_in"), 303)
    if is_shared_here():
        response.headers["Clear-Site-Data"] = EVERYTHING
    elif (
        "Kunnig-Worker" not in request.headers
    ):  # that forgets by itself; answers that could not be sent wait on
        response.headers["Clear-Site-Data"] = (
            '"storage"'  # what is kept on the device; cookies are of the answer
        )
    return response


@page(blueprint, "/language", methods=("GET", "POST"), public=True)
def language(ctx: Context) -> Response:
    """Read in another language: on this device by link, everywhere by the form of a signed-in person."""
    wanted = request.values.get("to", "")
    response = redirect(local_path(request.values.get("next")) or "/", 303)
    if known_language(wanted):
        response.set_cookie(
            LANGUAGE_COOKIE,
            wanted,
            max_age=YEAR,
            secure=house().settings.is_https,
            httponly=True,
            samesite="Lax",
        )
        if ctx.actor is not None and request.method == "POST":
            with work(house(), ctx.actor, now=ctx.now) as change:
                set_language(change, wanted)
    return response
