"""How one signs in, on the own page: address, number, password, devices; and forms kept through a sign-in."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import g, redirect, request, url_for
from werkzeug.wrappers import Response

from lms.base.context import Context, work
from lms.base.errors import Invalid, NotSignedIn, TooMany
from lms.identity.actions import end_other_devices, end_own_device
from lms.identity.changes import (
    ask_email_change,
    change_password,
    change_phone,
    confirm_email_change,
    pending_email,
    prove_with_code,
    prove_with_password,
    replace_forgotten_password,
)
from lms.identity.kept_forms import kept_form
from lms.identity.queries import is_proven, own_ways
from lms.identity.rules import MAIL_LASTS, STOP_LASTS, Kind
from lms.identity.ways_in import request_proof
from lms.organisation.arrival import own_words
from lms.organisation.visitors import Visitor
from lms.web import tries
from lms.web.blueprints import staff as blueprint
from lms.web.pages import current_visitor, house, page, render
from lms.web.signin_form import local_path, sign_in_form

NO_FAULTS: Mapping[str, str] = {}


def _who() -> Visitor:
    """The visitor; these pages are for those who are signed in."""
    who = current_visitor()
    if who is None:
        raise NotSignedIn
    return who


def _show(ctx: Context, view: str, *, faults: Mapping[str, str] = NO_FAULTS, **values: object) -> Response:
    """A page of this file; what is wrong stands at its field."""
    wait = values.pop("wait", None)
    shown = {
        "errors": dict(faults),
        "seconds": wait.facts["seconds"] if isinstance(wait, TooMany) else 0,
        "ways": own_ways(ctx),
        "mail_minutes": int(MAIL_LASTS.total_seconds() / 60),
        "stop_days": STOP_LASTS.days,
        **values,
    }
    response = render(f"staff/{view}.html", status=422 if faults else 200, **shown)
    return tries.told_to_wait(response, wait) if isinstance(wait, TooMany) else response


def _count(ctx: Context, kind: Kind) -> None:
    tries.count(ctx, kind, tries.own_name(ctx))


def _to_proof() -> Response:
    """Who has not shown for a while who it is does that first, and comes back."""
    return redirect(url_for("staff.prove", next=request.path), 303)


def _to_me(saved: str) -> Response:
    return redirect(url_for("staff.me", saved=saved), 303)


@page(blueprint, "/me/prove", half="set_up")
def prove(ctx: Context) -> Response:
    """Ask for the password, or for a mailed code, before a way in may be changed."""
    return _show(ctx, "prove", next=local_path(request.args.get("next")), sent="sent" in request.args)


@page(blueprint, "/me/prove", methods=("POST",), half="set_up")
def show_proof(ctx: Context) -> Response:
    """Take password or code, or mail a code."""
    form, who = sign_in_form(), _who()
    wanted = local_path(form["next"]) or url_for("staff.me")
    sends, by_code = "send" in request.form, "code" in request.form
    kind: Kind = "sign_in" if sends else "code" if by_code else "password"
    values: dict[str, Any] = {"next": wanted, "sent": by_code}
    try:
        _count(ctx, kind)
    except TooMany as refusal:
        return _show(ctx, "prove", wait=refusal, **values)
    if sends:
        with work(house(), ctx.actor, now=ctx.now) as change:
            request_proof(change)
        return redirect(url_for("staff.prove", next=wanted, sent=1), 303)
    if by_code:
        with work(house(), ctx.actor, now=ctx.now) as change:
            proven = prove_with_code(change, who.session_id, form["code"])
        faults = {"code": "wrong_code"}
    else:
        proven = prove_with_password(ctx, who.session_id, form["password"])
        faults = {"password": "wrong_password"}
    if not proven:
        return _show(ctx, "prove", faults=faults, **values)
    tries.forgive_own(ctx, kind)
    return redirect(wanted, 303)


@page(blueprint, "/me/email")
def email(ctx: Context) -> Response:
    """Ask for another e-mail address."""
    return _show(ctx, "email", email="") if is_proven(ctx, _who().session_id) else _to_proof()


@page(blueprint, "/me/email", methods=("POST",))
def change_email(ctx: Context) -> Response:
    """Mail a code to the new address and word to the old one; nothing changes yet."""
    typed, who = sign_in_form()["email"], _who()
    if not is_proven(ctx, who.session_id):
        return _to_proof()
    try:
        _count(ctx, "change")
        with work(house(), ctx.actor, now=ctx.now) as change:
            ask_email_change(change, who.session_id, typed)
            tries.forgive(change, "change")
    except TooMany as refusal:
        return _show(ctx, "email", wait=refusal, email=typed)
    except Invalid as refusal:
        return _show(ctx, "email", faults=refusal.fields, email=typed)
    return redirect(url_for("staff.email_code"), 303)


@page(blueprint, "/me/email/code")
def email_code(ctx: Context) -> Response:
    """Ask for the code that was mailed to the new address."""
    return _show(ctx, "email_code", pending=pending_email(ctx))


@page(blueprint, "/me/email/code", methods=("POST",))
def confirm_email(ctx: Context) -> Response:
    """Let the new address be the person's."""
    try:
        _count(ctx, "code")
        with work(house(), ctx.actor, now=ctx.now) as change:
            confirmed = confirm_email_change(change, sign_in_form()["code"])
        faults = {"code": "wrong_code"}
    except TooMany as refusal:
        return _show(ctx, "email_code", wait=refusal, pending=pending_email(ctx))
    except Invalid as refusal:
        confirmed, faults = False, {"code": refusal.fields["email"]}
    if confirmed:
        tries.forgive_own(ctx, "code")
        return _to_me("email")
    return _show(ctx, "email_code", faults=faults, pending=pending_email(ctx))


@page(blueprint, "/me/phone")
def phone(ctx: Context) -> Response:
    """Ask for another phone number."""
    if not is_proven(ctx, _who().session_id):
        return _to_proof()
    return _show(ctx, "phone", phone=own_ways(ctx).phone or "")


@page(blueprint, "/me/phone", methods=("POST",))
def save_phone(ctx: Context) -> Response:
    """Keep the number, or none, and tell the own address."""
    typed, who = sign_in_form()["phone"], _who()
    if not is_proven(ctx, who.session_id):
        return _to_proof()
    try:
        _count(ctx, "change")
        with work(house(), ctx.actor, now=ctx.now, country=ctx.country) as change:
            change_phone(change, who.session_id, typed.strip())
            tries.forgive(change, "change")
    except TooMany as refusal:
        return _show(ctx, "phone", wait=refusal, phone=typed)
    except Invalid as refusal:
        return _show(ctx, "phone", faults=refusal.fields, phone=typed)
    return _to_me("phone")


@page(blueprint, "/me/password")
def password(ctx: Context) -> Response:
    """Ask for the old password and a new one."""
    if not own_ways(ctx).password and not is_proven(ctx, _who().session_id):
        return _to_proof()
    return _show(ctx, "password")


@page(blueprint, "/me/password", methods=("POST",))
def save_password(ctx: Context) -> Response:
    """Keep the new password; every other device is signed out."""
    form, who = sign_in_form(), _who()
    if not own_ways(ctx).password and not is_proven(ctx, who.session_id):
        return _to_proof()
    try:
        _count(ctx, "password")
        g.new_token, g.remember = change_password(
            ctx, who.session_id, form["old_password"], form["password"], own_words(ctx)
        )
    except TooMany as refusal:
        return _show(ctx, "password", wait=refusal)
    except Invalid as refusal:
        return _show(ctx, "password", faults=refusal.fields)
    tries.forgive_own(ctx, "password")
    return _to_me("password")


@page(blueprint, "/me/password/forgotten")
def forgotten_password(ctx: Context) -> Response:
    """Ask for a mailed code in place of the old password, and for a new one."""
    ways = own_ways(ctx)
    if not (ways.password and ways.email):
        return redirect(url_for("staff.password"), 303)
    return _show(ctx, "password_forgotten", sent="sent" in request.args, code="")


@page(blueprint, "/me/password/forgotten", methods=("POST",))
def replace_password(ctx: Context) -> Response:
    """Mail a code, or take code and new password; then every other device is signed out."""
    form, who, sends = sign_in_form(), _who(), "send" in request.form
    values: dict[str, Any] = {"sent": not sends, "code": form["code"]}
    try:
        _count(ctx, "sign_in" if sends else "code")
        if sends:
            with work(house(), ctx.actor, now=ctx.now) as change:
                request_proof(change)
            return redirect(url_for("staff.forgotten_password", sent=1), 303)
        kept = replace_forgotten_password(ctx, who.session_id, form["code"], form["password"], own_words(ctx))
    except TooMany as refusal:
        return _show(ctx, "password_forgotten", wait=refusal, **values)
    except Invalid as refusal:
        return _show(ctx, "password_forgotten", faults=refusal.fields, **values)
    if kept is None:
        return _show(ctx, "password_forgotten", faults={"code": "wrong_code"}, **values)
    g.new_token, g.remember = kept
    tries.forgive_own(ctx, "code")
    return _to_me("password")


@page(blueprint, "/me/devices/<uuid:device_id>/sign-out", methods=("POST",), writes=True)
def end_device(ctx: Context, device_id: UUID) -> Response:
    """Sign oneself out on one device, at once."""
    end_own_device(ctx, _who().session_id, device_id)
    return _to_me("device")


@page(blueprint, "/me/devices/sign-out-others", methods=("POST",), writes=True)
def end_others(ctx: Context) -> Response:
    """Sign oneself out everywhere else, at once."""
    end_other_devices(ctx, _who().session_id)
    return _to_me("devices")


@page(blueprint, "/kept/<uuid:kept_id>")
def kept(ctx: Context, kept_id: UUID) -> Response:
    """A form that was sent after the session had ended, to be sent again to where it was going."""
    found = kept_form(ctx, kept_id)
    written = [value for _name, value in found.fields if len(value.split()) > 1]
    return render("staff/kept.html", path=found.path, fields=found.fields, written=written)
