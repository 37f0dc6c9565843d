"""A device that several people share: who may come in by tapping their name, and the code that lets them in."""

from uuid import UUID

from flask import g, redirect, request, url_for
from werkzeug.wrappers import Response

from lms.base.context import Context, work
from lms.base.errors import NotFound, TooMany
from lms.identity.actions import count_try, forgive_try, open_session
from lms.identity.personal_codes import code_opens
from lms.identity.rules import PERSONAL_CODE_TRIES
from lms.identity.second_factor import prove_new_session
from lms.organisation.shared_devices import HereDevice, Listed, account_with_number, people_here
from lms.web import tries
from lms.web.blueprints import signin as blueprint
from lms.web.navigation import landing
from lms.web.on_shared import COOKIE, EVERYTHING
from lms.web.pages import current_visitor, house, page, render
from lms.web.signin_entry import go_on, shared_device
from lms.web.signin_form import sign_in_form


@page(blueprint, "/shared", public=True)
def shared(ctx: Context) -> Response:
    """The people of the unit, for whoever comes next; the browser is told to forget whoever was here."""
    who = current_visitor()
    if who is not None:
        return redirect(landing(who), 303)
    device = shared_device(ctx)
    if device is None:
        response = redirect(url_for("signin.sign_in"), 303)
        if COOKIE in request.cookies:  # it is shared no more
            response.delete_cookie(COOKIE, path="/")
        return response
    response = render("signin/shared.html", device=device, people=people_here(ctx, device))
    response.headers["Clear-Site-Data"] = EVERYTHING
    return response


@page(blueprint, "/shared/number", public=True)
def shared_number(ctx: Context) -> Response:
    """Ask for the employee number and the code, of whom no name is shown."""
    return _ask(_device(ctx), None)


@page(blueprint, "/shared/number", methods=("POST",), public=True)
def enter_shared_number(ctx: Context) -> Response:
    """Come in with employee number and code; nobody and a wrong code are answered alike."""
    device, number = _device(ctx), sign_in_form()["name"].strip()
    return _enter(ctx, device, None, f"number {number}", account_with_number(ctx, device, number))


@page(blueprint, "/shared/<uuid:person_id>", public=True)
def shared_person(ctx: Context, person_id: UUID) -> Response:
    """Ask for the code of somebody who has tapped the own name."""
    device = _device(ctx)
    return _ask(device, _listed(ctx, device, person_id))


@page(blueprint, "/shared/<uuid:person_id>", methods=("POST",), public=True)
def enter_shared_person(ctx: Context, person_id: UUID) -> Response:
    """Come in with the code."""
    device = _device(ctx)
    person = _listed(ctx, device, person_id)
    return _enter(ctx, device, person, f"person {person_id}", person.account_id)


def _device(ctx: Context) -> HereDevice:
    """The shared device this is. Raises NotFound."""
    device = shared_device(ctx)
    if device is None:
        raise NotFound
    return device


def _listed(ctx: Context, device: HereDevice, person_id: UUID) -> Listed:
    found = next((each for each in people_here(ctx, device) if each.public_id == person_id), None)
    if found is None:
        raise NotFound
    return found


def _ask(device: HereDevice, person: Listed | None, *, status: int = 200, **values: object) -> Response:
    shown: dict[str, object] = {"errors": {}, "seconds": 0, "number": "", "most": PERSONAL_CODE_TRIES}
    return render(
        "signin/shared_code.html", status=status, device=device, person=person, next="", **shown | values
    )


def _enter(ctx: Context, device: HereDevice, person: Listed | None, name: str, account_id: int) -> Response:
    """Let somebody in whose code it is. Tries are counted for them on this device, and for the device."""
    number = "" if person else sign_in_form()["name"]
    here, them = f"device {device.public_id}", f"{name} {device.public_id}"
    try:
        count_try(house(), "personal_code", them, ctx.now, by="name")
        count_try(house(), "personal_code", here, ctx.now)
    except TooMany as refusal:
        return tries.told_to_wait(
            _ask(device, person, number=number, seconds=refusal.facts["seconds"]), refusal
        )
    if not code_opens(ctx, account_id, sign_in_form()["code"]):
        return _ask(device, person, status=422, number=number, errors={"code": "wrong_personal_code"})
    with work(house(), now=ctx.now) as change:
        forgive_try(change, "personal_code", them, by="name")
        forgive_try(change, "personal_code", here)
        token = open_session(
            change,
            account_id=account_id,
            employer_id=device.employer_id,
            user_agent=request.user_agent.string,
            remember=False,
        )
        change.db.flush()
        prove_new_session(change, token)  # whoever chose the code has proven both steps then
        g.remember = False
        return go_on(change, token, "")
