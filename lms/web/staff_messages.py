"""Messages to the reader: the list of all of them, how and when they want to be told, a lead's weekly letter."""

from collections.abc import Mapping

from flask import redirect, request, url_for
from marshmallow import fields
from werkzeug.wrappers import Response

from lms.base.access import Actor, Permission
from lms.base.context import Context
from lms.base.errors import Invalid, NotFound, NotSignedIn
from lms.base.i18n import clock
from lms.catalogue import queries as catalogue
from lms.evidence.queries import my_numbers
from lms.identity.push import push_here, subscribe, unsubscribe
from lms.identity.queries import own_ways
from lms.messages.own_list import Told, mark_opened, my_messages
from lms.messages.queries import Choice, channels, push_key, terms, wants_digest
from lms.messages.rules import Quiet
from lms.messages.settings import AT_NIGHT, choose, own_choice, want_digest
from lms.reflection.queries import my_meeting_ids
from lms.web.blueprints import staff as blueprint
from lms.web.lead_forms import LeadForm, sent
from lms.web.navigation import address
from lms.web.pages import current_visitor, house, page, render
from lms.web.paging import ROWS, Paging, first_row

# Where a message leads, if not to what it is about, and who may open that page. Others lead nowhere.
PAGES: Mapping[str, tuple[str, Permission | None]] = {
    "reminder": ("staff.todo", Permission.LEARN),
    "escalation": ("lead.team", Permission.SEE_TEAM),
    "digest": ("lead.team", Permission.SEE_TEAM),
    "certificate_decided": ("staff.certificates", None),
    "objection_answered": ("staff.record", None),
    "sign_in_changed": ("staff.me", None),
    "second_factor_required": ("staff.me", None),
    "auditor": ("employer.register", Permission.SEE_REGISTER),
    "regular_file": ("employer.register_files", Permission.EXPORT_REGISTER),
    "test": ("employer.message_settings", Permission.SET_MESSAGES),
}
OF_MEETINGS = ("reflection_task", "minutes")
USUAL = Choice(quiet=AT_NIGHT)  # what the form holds before anything was chosen


class ChoiceForm(LeadForm):
    """A channel and two times of the day."""

    channel = fields.Str(load_default="")
    quiet_from = fields.Time(load_default=None)
    quiet_to = fields.Time(load_default=None)


CHOICE = ChoiceForm()


@page(blueprint, "/messages", writes=True)
def messages(ctx: Context) -> Response:
    """Everything the reader was told; by looking at it, it is new no more."""
    start = first_row()
    found, count = my_messages(ctx, start=start, limit=ROWS)
    numbers = my_numbers(ctx, [told.about_id for told in found if told.kind == "passed"])
    meetings = my_meeting_ids(ctx, [told.about_id for told in found if told.kind in OF_MEETINGS])
    titles = _titles(ctx) if numbers or any(told.course for told in found) else {}
    lines = []
    for told in found:
        number, course = numbers.get(told.about_id, ("", "")) if told.kind == "passed" else ("", told.course)
        title = titles.get(course or "", "")
        if number:
            href = address("staff.certificate", number=number)
        elif told.course:
            href = address("staff.course", course=told.course) if title else ""
        elif told.kind in OF_MEETINGS:
            meeting = meetings.get(told.about_id)
            href = address("staff.meeting", meeting_id=meeting) if meeting else ""
        else:
            href = _page_of(ctx.who, told)
        lines.append((told, title, href))
    mark_opened(ctx, found)
    return render(
        "staff/messages.html",
        lines=lines,
        paging=Paging(start, count),
        messages={"href": address("staff.messages"), "new": False},  # for the bell: they are being seen
        day_of=ctx.day_of,
        time_zone=ctx.time_zone,
    )


def _titles(ctx: Context) -> dict[str, str]:
    """Titles of the courses that can be taken, as the reader reads them; of none for who may read no course."""
    if not ctx.who.may(Permission.SEE_COURSES):
        return {}
    return {course: each.newest.text(ctx.language).title for course, each in catalogue.histories(ctx).items()}


def _page_of(who: Actor, told: Told) -> str:
    endpoint, needs = PAGES.get(told.kind, ("", None))
    return address(endpoint) if endpoint and (needs is None or who.may(needs)) else ""


@page(blueprint, "/me/messages")
def own_messages(ctx: Context) -> Response:
    """By which channel, in which hours not; for leads whether the weekly letter comes, and on which day."""
    return _show(ctx, own_choice(ctx) or USUAL)


@page(blueprint, "/me/messages", methods=("POST",), writes=True)
def save_own_messages(ctx: Context) -> Response:
    """Keep what was chosen."""
    given, faults = sent(CHOICE, request.form)
    hours = [
        given[name] or getattr(AT_NIGHT, end) for name, end in (("quiet_from", "first"), ("quiet_to", "last"))
    ]
    wanted = Choice(given["channel"], Quiet(hours[0], hours[1], weekends=False))
    faults |= {name: "missing" for name, value in given.items() if value is None and name not in faults}
    if not faults:
        try:
            choose(ctx, wanted)
        except Invalid as refusal:
            faults = dict(refusal.fields)
    if faults:
        return _show(ctx, wanted, faults)
    return redirect(url_for("staff.own_messages", saved="choice"), 303)


@page(blueprint, "/me/messages/digest", methods=("POST",), writes=True, needs=Permission.SEE_TEAM)
def save_digest(ctx: Context) -> Response:
    """Stop the weekly letter, or let it come again."""
    want_digest(ctx, wanted=request.form.get("wanted") == "yes")
    return redirect(url_for("staff.own_messages", saved="digest"), 303)


@page(blueprint, "/me/messages/push", methods=("POST",), writes=True)
def turn_push_on(ctx: Context) -> Response:
    """Send notices to this browser, by the subscription that it sends along. Raises NotFound where none are sent."""
    key = _push_key()
    try:
        subscribe(
            ctx, _session_id(), key, *(request.form.get(name, "") for name in ("endpoint", "key", "auth"))
        )
    except Invalid as refusal:
        return _show(ctx, own_choice(ctx) or USUAL, dict(refusal.fields))
    return redirect(url_for("staff.own_messages", saved="push"), 303)


@page(blueprint, "/me/messages/push/off", methods=("POST",), writes=True)
def turn_push_off(ctx: Context) -> Response:
    """Send no more notices to this browser."""
    unsubscribe(ctx, _session_id())
    return redirect(url_for("staff.own_messages", saved="no_push"), 303)


def _push_key() -> str:
    if not (key := push_key(house().settings)):
        raise NotFound
    return key


def _session_id() -> int:
    if (who := current_visitor()) is None:
        raise NotSignedIn
    return who.session_id


def _show(ctx: Context, chosen: Choice, faults: Mapping[str, str] | None = None) -> Response:
    leads, said = ctx.who.may(Permission.SEE_TEAM), terms(ctx)
    key = push_key(house().settings)
    hours = [clock(at, ctx.language) for at in (said.quiet_from, said.quiet_to)]
    return render(
        "staff/own_messages.html",
        status=422 if faults else 200,
        channels=channels(house().settings),
        chosen=chosen.channel,
        quiet=chosen.quiet,
        errors=faults or {},
        ways=own_ways(ctx),
        push_key=key,
        push_here=push_here(ctx, _session_id(), key) if key else "",
        leads=leads,
        wanted=leads and wants_digest(ctx, ctx.who.person_id),
        employers_quiet=hours if said.quiet_from != said.quiet_to else [],
        terms=said,
        saved=request.args.get("saved", ""),
    )
