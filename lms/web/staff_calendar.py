"""One's own calendar: time put aside for courses, and the address at which a phone fetches what is ahead."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import redirect, request, url_for
from marshmallow import fields
from werkzeug.wrappers import Response

from lms.base.access import Permission
from lms.base.context import Context
from lms.base.errors import Invalid
from lms.catalogue import queries as catalogue
from lms.learning import times
from lms.reports.calendar_feed import end_feed, feed_since, make_feed
from lms.web.blueprints import staff as blueprint
from lms.web.lead_forms import LeadForm, sent
from lms.web.lead_meetings import local_time
from lms.web.pages import page, render


class TimeForm(LeadForm):
    """Time for which course, when, how long."""

    course = fields.Str(load_default="")
    day = fields.Date(load_default=None)
    time = fields.Time(load_default=None)
    minutes = fields.Int(load_default=times.USUAL)


TIME = TimeForm()


@page(blueprint, "/me/calendar", needs=Permission.LEARN)
def calendar(ctx: Context) -> Response:
    """Times put aside, a form for one more, and whether the calendar has an address."""
    values, _faults = sent(TIME, request.args)
    return _show(ctx, values, saved=request.args.get("saved", ""))


@page(blueprint, "/me/calendar/times", methods=("POST",), writes=True, needs=Permission.LEARN)
def plan_time(ctx: Context) -> Response:
    """Put a time aside for a course."""
    values, faults = sent(TIME, request.form)
    for field in ("course", "day", "time"):
        if not values[field]:
            faults.setdefault(field, "missing")
    if not faults:
        try:
            starts_at = local_time(ctx, values["day"], values["time"])
            times.plan_time(ctx, values["course"], starts_at, values["minutes"])
            return redirect(url_for("staff.calendar", saved="time"), 303)
        except Invalid as refusal:
            faults = dict(refusal.fields)
    return _show(ctx, values, faults=faults)


@page(
    blueprint,
    "/me/calendar/times/<uuid:time_id>/remove",
    methods=("POST",),
    writes=True,
    needs=Permission.LEARN,
)
def drop_time(ctx: Context, time_id: UUID) -> Response:
    """Take a time back."""
    times.drop_time(ctx, time_id)
    return redirect(url_for("staff.calendar", saved="dropped"), 303)


@page(blueprint, "/me/calendar/address", methods=("POST",), writes=True, needs=Permission.LEARN)
def calendar_address(ctx: Context) -> Response:
    """Make the secret address, or a new one in its place, shown this once."""
    made = make_feed(ctx)
    return render("staff/calendar_address.html", address=made, webcal=f"webcal:{made.partition(':')[2]}")


@page(blueprint, "/me/calendar/end", methods=("POST",), writes=True)
def end_calendar(ctx: Context) -> Response:
    """Let the address lead nowhere any more."""
    end_feed(ctx)
    return redirect(url_for("staff.calendar", saved="ended"), 303)


def _show(
    ctx: Context, values: Mapping[str, Any], *, faults: Mapping[str, str] | None = None, saved: str = ""
) -> Response:
    courses = [(each.course, each.text(ctx.language).title) for each in catalogue.current_editions(ctx)]
    since = feed_since(ctx)
    return render(
        "staff/calendar.html",
        status=422 if faults else 200,
        form=values,
        faults=faults or {},
        courses=courses,
        titles=dict(courses),
        lengths=times.LENGTHS,
        planned=times.my_times(ctx),
        since=ctx.day_of(since) if since else None,
        day_of=ctx.day_of,
        time_zone=ctx.time_zone,
        saved=saved,
    )
