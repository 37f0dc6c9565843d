"""Signing in for the first time: with a printed slip, and then the own ways in."""

from flask import g, redirect, request, url_for
from werkzeug.wrappers import Response

from lms.base.context import Context, work
from lms.base.errors import Invalid, TooMany
from lms.identity.own_ways import set_own
from lms.identity.queries import own_ways
from lms.identity.rules import normal_slip_code, slip_code_groups
from lms.organisation.arrival import (
    employer_names,
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
from lms.web.pages import current_visitor, device_token, house, page
from lms.web.signin_entry import employers, limit_here, show, show_faults, show_wait, with_session
from lms.web.signin_form import sign_in_form


@page(blueprint, "/sign-in/slip", public=True)
def slip(ctx: Context) -> Response:
    """Ask for municipality and code of a slip; its QR code fills in both."""
    scanned = normal_slip_code(request.args.get("c", ""))
    return show(
        "enter_slip",
        **employers(ctx),
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
        return show_wait("enter_slip", refusal, employers=employer_names(ctx), **typed)
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
                limit_here(change, token)
                return with_session(change, token, url_for("signin.own"), form["m"])
        if not is_me:
            return show("are_you", given_name=given_name, **typed)
    if (again := _again(ctx, form["m"], form["c"])) is not None:
        return again
    return show_faults("enter_slip", {"c": "slip_over"}, employers=employer_names(ctx), **typed)


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
        limit_here(change, token)
        return with_session(change, token, url_for("signin.own"), employer)


@page(blueprint, "/sign-in/own", half="own")
def own(ctx: Context) -> Response:
    """Ask for an own e-mail address, phone number or password, right after the slip."""
    who = current_visitor()
    if who is not None and who.activated:
        return redirect(landing(who), 303)
    known = own_ways(ctx)
    return show(
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
        return show_wait("own", refusal, remember=form["remember"], employee_number=number, **typed)
    except Invalid as refusal:
        if "taken" not in refusal.fields.values():
            tries.forgive_own(ctx, "change")  # only what tells whether somebody else is known counts
        return show_faults("own", refusal.fields, remember=form["remember"], employee_number=number, **typed)
    tries.forgive_own(ctx, "change")
    g.remember = form["remember"]
    return redirect(landing(who), 303)
