"""Devices that the people of a unit share: which there are, make this one of them, end that."""

from collections.abc import Mapping
from secrets import token_urlsafe
from uuid import UUID

from flask import g, redirect, request, url_for
from marshmallow import fields
from werkzeug.wrappers import Response

from lms.base.access import Permission
from lms.base.context import Context
from lms.base.errors import Invalid, NotFound
from lms.identity.actions import end_session
from lms.organisation.shared_devices import LONGEST_NAME, share_device, shared_devices, stop_sharing
from lms.web.blueprints import lead as blueprint
from lms.web.lead_forms import LeadForm, chosen_unit, sent
from lms.web.on_shared import COOKIE, EVERYTHING
from lms.web.pages import current_visitor, house, page, render
from lms.web.sessions import REMEMBERED


class DeviceForm(LeadForm):
    """Of which unit, and where it lies."""

    unit = fields.Str(load_default="")
    name = fields.Str(load_default="")


DEVICE = DeviceForm()


@page(blueprint, "/devices", needs=Permission.SHARE_DEVICE)
def devices(ctx: Context) -> Response:
    """The shared devices of one's units, and a form that makes this one of them."""
    return _show(ctx, "", {}, ended="ended" in request.args)


@page(blueprint, "/devices", methods=("POST",), writes=True, needs=Permission.SHARE_DEVICE)
def make_device(ctx: Context) -> Response:
    """Make this device a shared one; whoever has made it so is signed out on it."""
    values, _faults = sent(DEVICE, request.form)
    place = chosen_unit(ctx, Permission.SHARE_DEVICE, values["unit"])
    who = current_visitor()
    if place.key is None or who is None:
        raise NotFound
    try:
        token = share_device(ctx, place.key, values["name"], request.user_agent.string)
    except Invalid as refusal:
        return _show(ctx, values["name"], refusal.fields)
    end_session(ctx, who.session_id)
    g.new_token, g.remember = token_urlsafe(32), False
    response = redirect(url_for("signin.shared"), 303)
    response.set_cookie(
        COOKIE,
        f"{who.employer_slug}.{token}",
        max_age=REMEMBERED,
        secure=house().settings.is_https,
        httponly=True,
        samesite="Lax",
        path="/",
    )
    response.headers["Clear-Site-Data"] = EVERYTHING
    return response


@page(
    blueprint,
    "/devices/<uuid:shared_id>/end",
    methods=("POST",),
    writes=True,
    needs=Permission.SHARE_DEVICE,
)
def end_device(ctx: Context, shared_id: UUID) -> Response:
    """Let a device be shared no more."""
    stop_sharing(ctx, shared_id)
    return redirect(url_for("lead.devices", ended=1), 303)


def _show(ctx: Context, name: str, faults: Mapping[str, str], *, ended: bool = False) -> Response:
    unit = request.form.get("unit") if request.method == "POST" else None
    return render(
        "lead/devices.html",
        status=422 if faults else 200,
        place=chosen_unit(ctx, Permission.SHARE_DEVICE, unit),
        devices=shared_devices(ctx),
        name=name,
        faults=faults,
        longest=LONGEST_NAME,
        minutes=house().settings.shared_idle_minutes,
        day_of=ctx.day_of,
        ended=ended,
    )
