"""One's own record: what the register says line by line, who has opened it, and objecting to a line."""

from collections.abc import Iterator, Mapping
from datetime import date

from flask import redirect, request, url_for
from marshmallow import fields
from werkzeug.wrappers import Response

from lms.base.access import Permission
from lms.base.context import Context
from lms.base.errors import Invalid, NotFound
from lms.base.i18n import catalogue as texts
from lms.base.i18n import day_short
from lms.catalogue import queries as catalogue
from lms.catalogue.queries import History
from lms.evidence.forgetting import forgotten_among
from lms.organisation.roles import kind_name
from lms.register.duty_rules import NEVER
from lms.register.objections import LONGEST, MyObjection, my_objections, object_to
from lms.reports.opened import who_opened
from lms.reports.own_record import CourseLine, OwnRecord, Post, Shown, my_record, shown_of
from lms.reports.words import state_words
from lms.web.blueprints import staff as blueprint
from lms.web.lead_forms import LeadForm, sent
from lms.web.pages import current_visitor, page, render
from lms.web.paging import ROWS, Paging, first_row


class ObjectionForm(LeadForm):
    """Which line is not right, and what is wrong."""

    line = fields.Str(
        load_default=""
    )  # `course:<key>`, `proof:<number>`, `post:<public id>`, `away:<day>`, `missing:`
    text = fields.Str(load_default="")


OBJECTION = ObjectionForm()


@page(blueprint, "/me/record")
def record(ctx: Context) -> Response:
    """What the register says of the reader, with reasons, proofs and dates; for the screen and for paper."""
    courses = _courses(ctx)
    found = my_record(ctx)
    mine = my_objections(ctx)
    return render(
        "staff/record.html",
        who=current_visitor(),
        record=found,
        texts={course: history.newest.text(ctx.language) for course, history in courses.items()},
        looks={course: history.newest.look for course, history in courses.items()},
        never=NEVER,
        objections=_by_line(mine),
        waiting={f"{each.kind}:{each.key}" for each in mine if each.answered_at is None},
        day_of=ctx.day_of,
        kind_name=kind_name,
        may_open=ctx.who.may(Permission.LEARN),
        forgotten=forgotten_among(
            ctx, ((each.number, each.expires_on) for line in found.courses for each in shown_of(line))
        ),
        sent="sent" in request.args,
        printed_at=ctx.now,
        time_zone=ctx.time_zone,
    )


@page(blueprint, "/me/record/opened")
def record_opened(ctx: Context) -> Response:
    """Who has opened the record, and when; own views are none of it."""
    start = first_row()
    opened = who_opened(ctx)
    return render(
        "staff/record_opened.html", opened=opened[start : start + ROWS], paging=Paging(start, len(opened))
    )


@page(blueprint, "/me/record/objection")
def record_objection(ctx: Context) -> Response:
    """Say what is wrong with the line in the address."""
    values, _faults = sent(OBJECTION, request.args)
    return _form(ctx, values, {})


@page(blueprint, "/me/record/objection", methods=("POST",), writes=True)
def record_object(ctx: Context) -> Response:
    """Send it to those who can mend the record."""
    values, _faults = sent(OBJECTION, request.form)
    said = dict(_choices(ctx, values["line"]))[values["line"]]
    kind, _colon, key = values["line"].partition(":")
    try:
        object_to(ctx, kind, key, said=said, text=values["text"])
    except Invalid as refusal:
        return _form(ctx, values, refusal.fields)
    return redirect(url_for("staff.record", sent=1), 303)


def _form(ctx: Context, values: Mapping[str, str], faults: Mapping[str, str]) -> Response:
    return render(
        "staff/record_objection.html",
        status=422 if faults else 200,
        choices=_choices(ctx, values["line"]),
        form=values,
        faults=faults,
        longest=LONGEST,
    )


def _courses(ctx: Context) -> dict[str, History]:
    """The courses by their names; none for somebody who does not work here any more."""
    return catalogue.histories(ctx) if ctx.who.may(Permission.SEE_COURSES) else {}


def _by_line(mine: list[MyObjection]) -> dict[str, list[MyObjection]]:
    found: dict[str, list[MyObjection]] = {}
    for each in mine:
        found.setdefault(f"{each.kind}:{each.key}", []).append(each)
    return found


def _choices(ctx: Context, line: str) -> list[tuple[str, str]]:
    """A line of the own record in words, with those that stand beside it: a course and its certificates.

    Raises NotFound for what is no line of it.
    """
    courses = _courses(ctx).items()
    titles = {course: history.newest.text(ctx.language).title for course, history in courses}
    for together in _lines(ctx, my_record(ctx), titles):
        if line in dict(together):
            return together
    raise NotFound


def _lines(ctx: Context, found: OwnRecord, titles: Mapping[str, str]) -> Iterator[list[tuple[str, str]]]:
    """Every line that can be objected to, in words; a course with its certificates together."""
    _ = texts(ctx.language).gettext
    for line in found.courses:
        title = titles.get(line.course, line.course)
        proofs = [(f"proof:{each.number}", _certificate(ctx, each, title)) for each in shown_of(line)]
        yield [(f"course:{line.course}", _course(ctx, line, title)), *proofs]
    for post in found.posts:
        yield [(f"post:{post.public_id}", _post(ctx, post))]
    for time in found.away:
        yield [(f"away:{time.first.isoformat()}", _("Away") + ": " + _days(ctx, time.first, time.last))]
    if found.posts:
        yield [("missing:", _("Something is missing"))]


def _course(ctx: Context, line: CourseLine, title: str) -> str:
    _ = texts(ctx.language).gettext
    said = f"{title}: {state_words(_)[line.state]}"
    if line.due_on is None or line.due_on == NEVER:
        return said
    return f"{said}, {_('complete by %(day)s') % {'day': day_short(line.due_on, ctx.language)}}"


def _certificate(ctx: Context, shown: Shown, title: str) -> str:
    _ = texts(ctx.language).gettext
    number = f"{shown.number[:5]}-{shown.number[5:]}"
    named = _("Certificate %(number)s") % {"number": number}
    return f"{title}: {named}, {_days(ctx, shown.achieved_on, shown.expires_on)}"


def _post(ctx: Context, post: Post) -> str:
    kind = kind_name(post.kind, ctx.language)
    return f"{post.title}, {post.unit}, {kind}: {_days(ctx, post.first, post.last)}"


def _days(ctx: Context, first: date, last: date | None) -> str:
    until = day_short(last, ctx.language) if last else ""
    return f"{day_short(first, ctx.language)} – {until}".rstrip()
