"""What the pages of sign-in share: how they are shown, and how a proven account becomes a session."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from flask import g, redirect, request, url_for
from werkzeug.wrappers import Response

from lms.base.context import Context
from lms.base.errors import NotSignedIn, TooMany
from lms.identity.actions import end_session, limit_to_learning
from lms.identity.factor_rules import relying_party
from lms.identity.kept_forms import form_kept_here
from lms.identity.rules import MAIL_LASTS, SLIP_LASTS
from lms.organisation.arrival import employer_names, enter
from lms.organisation.shared_devices import HereDevice, device_here
from lms.web import tries
from lms.web.navigation import landing
from lms.web.on_shared import COOKIE as SHARED_COOKIE
from lms.web.pages import current_visitor, device_token, house, render, visitor_with
from lms.web.signin_form import local_path

PENDING = "kunnig-sign-in"  # cookie until the code is typed: the address mailed to, and the page wanted
EMPLOYER_COOKIE = "employer"  # the municipality last signed in to on this device
YEAR = 31_536_000  # seconds


def show(view: str, *, status: int = 200, **values: object) -> Response:
    """A page of sign-in, with what all of them need."""
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


def show_faults(view: str, faults: Mapping[str, str], **values: object) -> Response:
    """The page again, with what is wrong, by field."""
    return show(view, status=422, errors=dict(faults), **values)


def show_wait(view: str, refusal: TooMany, **values: Any) -> Response:
    """The page again, with the seconds until the next try."""
    return tries.told_to_wait(show(view, seconds=refusal.facts["seconds"], **values), refusal)


def employers(ctx: Context) -> dict[str, Any]:
    """Municipalities to choose from, and the one named in the address, or remembered on this device."""
    named = request.values.get("m") or request.cookies.get(EMPLOYER_COOKIE, "")
    return {"employers": employer_names(ctx), "m": named}


def let_in(change: Context, account_id: int, *, remember: bool, wanted: str) -> Response:
    """The one place where a proven account becomes a session on this device."""
    token = enter(change, account_id, user_agent=request.user_agent.string, remember=remember)
    g.remember = remember
    return go_on(change, token, wanted)


def go_on(change: Context, token: str, wanted: str) -> Response:
    """Go on as the person the token is for.

    To the form that was sent when the last session here had ended, to the page wanted, or to the first one.
    """
    limit_here(change, token)
    who = visitor_with(change, token)
    if who is None:
        raise NotSignedIn
    kept = form_kept_here(change, device_token(), who.actor.account_id)
    target = url_for("staff.kept", kept_id=kept) if kept else wanted or landing(who)
    return with_session(change, token, target, who.employer_slug)


def limit_here(change: Context, token: str) -> None:
    """Whoever comes in on a device that several people share is a learner there, for a short while."""
    device = shared_device(change)
    if device is not None:
        limit_to_learning(change, token, device.public_id)
        g.remember = False


def shared_device(ctx: Context) -> HereDevice | None:
    """The shared device this browser is, by its cookie; None if it is none, or no longer. At most two statements."""
    slug, _dot, token = request.cookies.get(SHARED_COOKIE, "").partition(".")
    return device_here(ctx, slug, token) if token else None


def with_session(change: Context, token: str, target: str, employer: str) -> Response:
    """Go to a page as the person the token is for; whoever was signed in on this device no longer is."""
    old = current_visitor()
    if old is not None:
        end_session(change, old.session_id)
    g.new_token = token
    response = redirect(target, 303)
    keep_cookie(response, EMPLOYER_COOKIE, employer, lasts=YEAR)
    if PENDING in request.cookies:
        response.delete_cookie(PENDING, path="/sign-in")
    return response


def keep_cookie(response: Response, name: str, value: str, lasts: int | timedelta) -> None:
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
