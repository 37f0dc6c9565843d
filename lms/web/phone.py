"""Courses kept on a phone: the page where that is chosen, their content, and what was done there without network.

Only a device that somebody asked to be remembered on keeps anything: it is their own.
"""

import gzip
import hashlib
import json
from datetime import UTC
from typing import Any
from uuid import UUID

from flask import Response, current_app, request, url_for
from flask_wtf.csrf import generate_csrf
from marshmallow import EXCLUDE, Schema, ValidationError, fields
from werkzeug.datastructures import MultiDict

from lms.base.access import Permission
from lms.base.context import Context
from lms.base.errors import Invalid, NotFound
from lms.base.i18n import decimal
from lms.catalogue import queries as catalogue
from lms.catalogue.local_parts import local_versions
from lms.learning.offline import MOST, OnPhone, Standing, my_standings, take_in
from lms.web.answers import sent_answer
from lms.web.blueprints import staff as blueprint
from lms.web.offline import SHOWN_WITH
from lms.web.pages import current_visitor, page, render
from lms.web.phone_pages import KeptCourse, course_as_kept, size_of
from lms.web.whose import person_key, sender_key

LONGEST_FORM = 100  # pairs of one answer


def _sender() -> str:
    """Whose the deeds are that come from here. Raises NotFound on a device that several people share."""
    who = current_visitor()
    key = sender_key(who) if who else ""
    if not key:
        raise NotFound
    return key


@page(blueprint, "/phone/courses/<course>", needs=Permission.LEARN)
def keep(ctx: Context, course: str) -> Response:
    """Keep a course on this phone, or remove it: what that holds, and how the test is taken without network."""
    edition = catalogue.current_edition(ctx, course)
    who = current_visitor()
    return render(
        "staff/phone_keep.html",
        edition=edition,
        text=edition.text(ctx.language),
        language=edition.language(ctx.language),
        is_own=person_key(who) != "",
        megabytes=decimal(round(size_of(ctx, course) / 1e6, 1), ctx.language),
    )


@page(blueprint, "/phone/courses/<course>/pages.json", writes=True, needs=Permission.LEARN)
def kept_pages(ctx: Context, course: str) -> Response:
    """Everything of a course at once, compressed: its pages, the files they show, its test without keys."""
    if not person_key(current_visitor()):
        raise NotFound
    return _packed(_content(ctx, course_as_kept(ctx, course)))


def _content(ctx: Context, kept: KeptCourse) -> dict[str, Any]:
    edition, exam = kept.edition, kept.exam
    static = current_app.extensions["templates"][ctx.language].globals["static"]
    return {
        "course": edition.course,
        "title": edition.text(ctx.language).title,
        "edition": edition.id,
        "label": edition.label,
        "version": _version(ctx, [edition.course])[edition.course],
        "lessons": {lesson.id: lesson.steps[0].id for lesson in edition.lessons},
        "pages": [[page.at, page.sent, page.html] for page in kept.pages],
        "files": [*kept.files, *(static(name) for name in SHOWN_WITH)],
        "exam": exam
        and {
            "attempt": str(exam.attempt_id),
            "until": exam.sealed_until.timestamp() * 1000,
            "count": exam.count,
            "places": [question.place for question in exam.questions],
        },
    }


def _version(ctx: Context, courses: list[str]) -> dict[str, str]:
    """What a kept course is compared by: another edition, language, routine or look of the pages is another version."""
    static = current_app.extensions["templates"][ctx.language].globals["static"]("")
    there = catalogue.histories(ctx)
    added = local_versions(ctx)
    return {
        course: hashlib.sha256(
            json.dumps([there[course].newest.id, ctx.language, static, added.get(course, [])]).encode()
        ).hexdigest()[:16]
        for course in courses
        if course in there
    }


def _packed(content: dict[str, Any]) -> Response:
    """JSON, compressed if the browser takes it: pages of a course are much alike."""
    data = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
    response = Response(data, mimetype="application/json")
    if "gzip" in request.headers.get("Accept-Encoding", ""):
        response.set_data(gzip.compress(data, 6, mtime=0))
        response.headers["Content-Encoding"] = "gzip"
    response.headers["Vary"] = "Accept-Encoding, Cookie"
    return response


@page(blueprint, "/phone/state.json", needs=Permission.LEARN)
def phone_state(ctx: Context) -> Response:
    """Who is signed in, the token to send with, which version courses have now, how tests taken along stand."""
    whose = _sender()
    courses = request.args.getlist("course")[:MOST]
    return _packed(
        {
            "for": whose,
            "token": generate_csrf(),
            "versions": _version(ctx, courses) if courses else {},
            "standings": _said(my_standings(ctx, courses)) if courses else [],
        }
    )


def _said(standings: dict[UUID, Standing]) -> list[dict[str, Any]]:
    return [
        {
            "attempt": str(attempt), "course": each.course, "state": each.state, "counted": each.counted,
            "count": each.count, "aside": sum(each.aside.values()),
            "result": url_for("staff.result", course=each.course),
        }
        for attempt, each in standings.items()
    ]  # fmt: skip


class Deed(Schema):
    """Something done on the phone, as it is sent."""

    class Meta:
        """A newer phone may say more."""

        unknown = EXCLUDE

    kind = fields.Str(required=True)
    client_id = fields.UUID(required=True)
    at = fields.AwareDateTime(required=True, format="timestamp_ms", default_timezone=UTC)
    course = fields.Str(load_default="")
    edition = fields.Int(load_default=0)
    lesson = fields.Str(load_default="")
    step = fields.Str(load_default="")
    item = fields.Str(load_default="")
    attempt = fields.UUID(load_default=None)
    place = fields.Int(load_default=0)
    before = fields.Str(load_default="")
    form = fields.List(fields.Tuple((fields.Str(), fields.Str())), load_default=list)


class Deeds(Schema):
    """All that is sent at once, in the order it was done; `sent_at` is the phone's clock."""

    class Meta:
        """A newer phone may say more."""

        unknown = EXCLUDE

    sent_at = fields.AwareDateTime(required=True, format="timestamp_ms", default_timezone=UTC)
    deeds = fields.List(fields.Nested(Deed), required=True)


DEEDS = Deeds()


@page(blueprint, "/phone/deeds", methods=("POST",), writes=True, needs=Permission.LEARN)
def take_in_deeds(ctx: Context) -> Response:
    """Take in what was done without network; says which need not be sent again, and how the tests stand now."""
    whose = _sender()
    try:
        sent = DEEDS.load(request.get_json(force=True, silent=True) or {})
    except ValidationError as fault:
        raise Invalid({"deeds": str(fault)}) from None
    taken = take_in(ctx, [_deed(each) for each in sent["deeds"]], sent["sent_at"])
    return _packed(
        {"for": whose, "done": taken.done, "refused": taken.refused, "standings": _said(taken.attempts)}
    )


def _deed(sent: dict[str, Any]) -> OnPhone:
    """A deed with its answer read from the form it was given in, by the type the form names."""
    form = MultiDict(sent["form"][:LONGEST_FORM])
    kind = "reflection" if sent["kind"] == "note" else form.get("type", "")
    return OnPhone(
        kind=sent["kind"],
        client_id=str(sent["client_id"]),
        at=sent["at"],
        course=sent["course"],
        edition_id=sent["edition"],
        lesson=sent["lesson"],
        step=sent["step"],
        item=sent["item"],
        attempt_id=sent["attempt"],
        place=sent["place"],
        before=sent["before"],
        value=sent_answer(form, kind) if form else None,
    )
