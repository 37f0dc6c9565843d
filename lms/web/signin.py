"""Signing in and out: mailed link or code, password, printed slip, own ways in, language."""

from collections.abc import Mapping
from datetime import timedelta
from secrets import token_urlsafe
from typing import Any
from urllib.parse import parse_qs, urlencode

from flask import g, redirect, request, url_for
from werkzeug.wrappers import Response

from lms.base.context import Context, work
from lms.base.errors import Invalid, NotSignedIn, TooMany
from lms.identity.actions import end_session, set_language
from lms.identity.changes import is_stop_open, stop_change
from lms.identity.factor_rules import relying_party
from lms.identity.kept_forms import form_kept_here
from lms.identity.own_ways import set_own
from lms.identity.queries import is_link_open, own_ways
from lms.identity.rules import (
    MAIL_LASTS,
    SLIP_LASTS,
    normal_email,
    normal_employee_number,
    normal_name,
    normal_slip_code,
    slip_code_groups,
)
from lms.identity.ways_in import request_sign_in, sign_in_with_code, sign_in_with_link, sign_in_with_password
from lms.organisation.arrival import (
    account_named,
    country_named,
    employer_names,
    enter,
    is_own_slip,
    opened_by_slip,
    own_employee_number,
    own_words,
    slip_holder,
    use_slip,
)
from lms.web import tries
from lms.web.blueprints import signin as blueprint
from lms.web.navigation import landing
from lms.web.pages import (
    LANGUAGE_COOKIE,
    current_visitor,
    device_token,
    house,
    known_language,
    page,
    render,
    visitor_with,
)
from lms.web.signin_form import local_path, sign_in_form

PENDING = "kunnig-sign-in"  # cookie until the code is typed: the address mailed to, and the page wanted
EMPLOYER_COOKIE = "employer"  # the municipality last signed in to on this device
YEAR = 31_536_000  # seconds


def _show(view: str, *, status: int = 200, **values: object) -> Response:
    """A page of this file, with what all of them need."""
    shown: dict[str, object] = {
        "errors": {},
        "seconds": 0,
        "next": local_path(request.values.get("next")),
        "days": house().settings.session_days,
        "unused_days": house().settings.session_idle_days,
        "mail_minutes": int(MAIL_LASTS.total_seconds() / 60),
        "slip_days": SLIP_LASTS.days,
        "remember": False,
        "passkeys": passkeys_work(),
    }
    return render(f"signin/{view}.html", status=status, **shown | values)


def passkeys_work() -> bool:
    """Whether browsers allow passkeys at the address people use."""
    return relying_party(house().settings.public_url) is not None


def _show_faults(view: str, faults: Mapping[str, str], **values: object) -> Response:
    return _show(view, status=422, errors=dict(faults), **values)


def _show_wait(view: str, refusal: TooMany, **values: Any) -> Response:
    return tries.told_to_wait(_show(view, seconds=refusal.facts["seconds"], **values), refusal)


def _let_in(change: Context, account_id: int, *, remember: bool, wanted: str) -> Response:
    """The one place where a proven account becomes a session on this device."""
    token = enter(change, account_id, user_agent=request.user_agent.string, remember=remember)
    g.remember = remember
    return go_on(change, token, wanted)


def go_on(change: Context, token: str, wanted: str) -> Response:
    """Go on as the person the token is for.

    To the form that was sent when the last session here had ended, to the page wanted, or to the first one.
    """
    who = visitor_with(change, token)
    if who is None:
        raise NotSignedIn
    kept = form_kept_here(change, device_token(), who.actor.account_id)
    target = url_for("staff.kept", kept_id=kept) if kept else wanted or landing(who)
    return _with_session(change, token, target, who.employer_slug)


def _with_session(change: Context, token: str, target: str, employer: str) -> Response:
    """Go to a page as the person the token is for; whoever was signed in on this device no longer is."""
    old = current_visitor()
    if old is not None:
        end_session(change, old.session_id)
    g.new_token = token
    response = redirect(target, 303)
    _keep_cookie(response, EMPLOYER_COOKIE, employer, lasts=YEAR)
    if PENDING in request.cookies:
        response.delete_cookie(PENDING, path="/sign-in")
    return response


def _keep_cookie(response: Response, name: str, value: str, lasts: int | timedelta) -> None:
    """A cookie for the pages of sign-in only, closed to scripts."""
    response.set_cookie(
        name,
        value,
        max_age=lasts,
        path="/sign-in",
        secure=house().settings.is_https,
        httponly=True,
        samesite="Lax",
    )


def _employers(ctx: Context) -> dict[str, Any]:
    """Municipalities to choose from, and the one named in the address, or remembered on this device."""
    named = request.values.get("m") or request.cookies.get(EMPLOYER_COOKIE, "")
    return {"employers": employer_names(ctx), "m": named}


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
    return _show("sign_in", email="", kept="kept" in request.args)


@page(blueprint, "/sign-in", methods=("POST",), public=True)
def send_link(ctx: Context) -> Response:
    """Have link and code mailed; a known and an unknown address are answered alike."""
    form = sign_in_form()
    email = normal_email(form["email"])
    if email is None:
        return _show_faults("sign_in", {"email": "not_email"}, email=form["email"], kept=False)
    try:
        tries.count(ctx, "sign_in", email)
    except TooMany as refusal:
        return _show_wait("sign_in", refusal, email=form["email"], kept=False)
    with work(house(), now=ctx.now) as change:
        request_sign_in(change, email)
    response = redirect(url_for("signin.code"), 303)
    pending = urlencode({"email": email, "next": local_path(form["next"])})
    _keep_cookie(response, PENDING, pending, lasts=MAIL_LASTS)
    return response


@page(blueprint, "/sign-in/code", public=True)
def code(_ctx: Context) -> Response:
    """Say that a mail is on its way, and take the code in it."""
    return _show("code", email=_pending()[0], asked=bool(_pending()[0]))


@page(blueprint, "/sign-in/code", methods=("POST",), public=True)
def enter_code(ctx: Context) -> Response:
    """Sign in with the code of the newest mail."""
    form = sign_in_form()
    pending, wanted = _pending()
    email = normal_email(form["email"]) or pending
    values = {"email": form["email"] or pending, "asked": email == pending, "remember": form["remember"]}
    if not email:
        return _show_faults("code", {"email": "not_email"}, **values)
    try:
        tries.count(ctx, "code", email)
    except TooMany as refusal:
        return _show_wait("code", refusal, **values)
    with work(house(), now=ctx.now) as change:
        account_id = sign_in_with_code(change, email, form["code"])
        if account_id is not None:
            tries.forgive(change, "code", email)
            return _let_in(change, account_id, remember=form["remember"], wanted=wanted)
    return _show_faults("code", {"code": "wrong_code"}, **values)


@page(blueprint, "/sign-in/link/<token>", public=True)
def link(ctx: Context, token: str) -> Response:
    """One button: programs that look through mail follow links, and must not use this one up."""
    if is_link_open(ctx, token):
        return _show("link")
    who = current_visitor()
    return redirect(landing(who), 303) if who else _show("link_over", status=410)


@page(blueprint, "/sign-in/link/<token>", methods=("POST",), public=True)
def enter_link(ctx: Context, token: str) -> Response:
    """Sign in with the mailed link, once."""
    form = sign_in_form()
    with work(house(), now=ctx.now) as change:
        account_id = sign_in_with_link(change, token)
        if account_id is not None:
            tries.forgive(change, "sign_in")
            return _let_in(change, account_id, remember=form["remember"], wanted=_pending()[1])
    who = current_visitor()  # the button was pressed twice and the first answer got lost
    return redirect(landing(who), 303) if who else _show("link_over", status=410)


@page(blueprint, "/sign-in/password", public=True)
def password(ctx: Context) -> Response:
    """Ask for e-mail address, phone number, or municipality and employee number; and password."""
    return _show("password", name="", **_employers(ctx))


@page(blueprint, "/sign-in/password", methods=("POST",), public=True)
def enter_password(ctx: Context) -> Response:
    """Sign in with a password; one answer for a wrong name, municipality and password."""
    form = sign_in_form()
    name, employer = form["name"].strip(), form["m"]
    ctx.country = country_named(ctx, employer) or ctx.country
    known_form = normal_name(name, ctx.country)[1]
    typed = known_form or f"{employer} {normal_employee_number(name)}"
    values = {"name": form["name"], "remember": form["remember"], **_employers(ctx)}
    if name and "@" not in name and known_form is None and not employer:
        return _show_faults("password", {"m": "no_employer"}, **values)
    try:
        tries.count(ctx, "password", typed)
    except TooMany as refusal:
        return _show_wait("password", refusal, **values)
    account_id = sign_in_with_password(ctx, account_named(ctx, name, employer), form["password"])
    if account_id is None:
        return _show_faults("password", {"name": "wrong_name_or_password"}, **values)
    with work(house(), now=ctx.now) as change:
        tries.forgive(change, "password", typed)
        return _let_in(change, account_id, remember=form["remember"], wanted=local_path(form["next"]))


@page(blueprint, "/sign-in/slip", public=True)
def slip(ctx: Context) -> Response:
    """Ask for municipality and code of a slip; its QR code fills in both."""
    scanned = normal_slip_code(request.args.get("c", ""))
    return _show(
        "enter_slip",
        **_employers(ctx),
        c=slip_code_groups(scanned) if scanned else "",
    )


@page(blueprint, "/sign-in/slip", methods=("POST",), public=True)
def enter_slip(ctx: Context) -> Response:
    """Ask "Are you Amina?" before the slip is used up; then use it."""
    form = sign_in_form()
    typed = {"m": form["m"], "c": form["c"]}
    name, is_me = normal_slip_code(form["c"]) or form["c"], "is_me" in request.form
    try:
        tries.count(ctx, "slip", name)
    except TooMany as refusal:
        return _show_wait("enter_slip", refusal, employers=employer_names(ctx), **typed)
    given_name = slip_holder(ctx, form["m"], form["c"])
    if given_name is not None:
        with work(house(), now=ctx.now) as change:
            tries.forgive(change, "slip", name)
            token = None
            if is_me:
                token = use_slip(
                    change,
                    form["m"],
                    form["c"],
                    browser=device_token(),
                    user_agent=request.user_agent.string,
                )
            if token is not None:
                return _with_session(change, token, url_for("signin.own"), form["m"])
        if not is_me:
            return _show("are_you", given_name=given_name, **typed)
    if (again := _again(ctx, form["m"], form["c"])) is not None:
        return again
    return _show_faults("enter_slip", {"c": "slip_over"}, employers=employer_names(ctx), **typed)


def _again(ctx: Context, employer: str, typed: str) -> Response | None:
    """On to the own ways in, for who has used this slip here: the first answer may have been lost on the way."""
    who = current_visitor()
    if who is not None:
        is_own = not who.activated and is_own_slip(ctx, employer, typed, who.actor.account_id)
        return redirect(url_for("signin.own"), 303) if is_own else None
    token = opened_by_slip(ctx, employer, typed, device_token())
    if token is None:
        return None
    with work(house(), now=ctx.now) as change:
        tries.forgive(change, "slip", normal_slip_code(typed) or typed)
        return _with_session(change, token, url_for("signin.own"), employer)


@page(blueprint, "/sign-in/own", half="own")
def own(ctx: Context) -> Response:
    """Ask for an own e-mail address, phone number or password, right after the slip."""
    who = current_visitor()
    if who is not None and who.activated:
        return redirect(landing(who), 303)
    known = own_ways(ctx)
    return _show(
        "own", email=known.email or "", phone=known.phone or "", employee_number=own_employee_number(ctx)
    )


@page(blueprint, "/sign-in/own", methods=("POST",), half="own")
def set_own_ways(ctx: Context) -> Response:
    """Store the own ways in; from here on the account is the person's."""
    form, who = sign_in_form(), current_visitor()
    if who is None or who.activated:
        return redirect(url_for("signin.sign_in"), 303)
    typed = {name: form[name] for name in ("email", "phone")}
    number = own_employee_number(ctx)
    try:
        tries.count(ctx, "change", tries.own_name(ctx))
        g.new_token = set_own(
            ctx,
            who.session_id,
            **typed,
            password=form["password"],
            own_words=own_words(ctx),
            remember=form["remember"],
        )
    except TooMany as refusal:
        return _show_wait("own", refusal, remember=form["remember"], employee_number=number, **typed)
    except Invalid as refusal:
        if "taken" not in refusal.fields.values():
            tries.forgive_own(ctx, "change")  # only what tells whether somebody else is known counts
        return _show_faults("own", refusal.fields, remember=form["remember"], employee_number=number, **typed)
    tries.forgive_own(ctx, "change")
    g.remember = form["remember"]
    return redirect(landing(who), 303)


@page(blueprint, "/sign-in/stop/<token>", public=True)
def stop(ctx: Context, token: str) -> Response:
    """What the link "It was not me" opens: one button, so that programs that look through mail stop nothing."""
    is_open = is_stop_open(ctx, token)
    return _show("stop", status=200 if is_open else 410, is_open=is_open, stopped=False)


@page(blueprint, "/sign-in/stop/<token>", methods=("POST",), public=True)
def stop_now(ctx: Context, token: str) -> Response:
    """Take a change of a way in back, with all after it, and sign the account out everywhere."""
    with work(house(), now=ctx.now) as change:
        stopped = stop_change(change, token)
    return _show("stop", status=200 if stopped else 410, is_open=False, stopped=stopped)


@page(blueprint, "/sign-out", methods=("POST",), public=True)
def sign_out(ctx: Context) -> Response:
    """Sign this device out; its cookie becomes that of a stranger, and it forgets what it has kept."""
    who = current_visitor()
    if who is not None:
        with work(house(), ctx.actor, now=ctx.now) as change:
            end_session(change, who.session_id)
        g.new_token = token_urlsafe(32)
    response = redirect(url_for("signin.sign_in"), 303)
    response.headers["Clear-Site-Data"] = '"storage"'  # answers kept on the device; cookies are of the answer
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
