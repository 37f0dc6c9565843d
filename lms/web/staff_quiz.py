"""The final quiz for staff: before it, question by question with feedback, and the result, which is the certificate."""

from typing import Any

from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from lms.base.access import Permission
from lms.base.context import Context, work
from lms.base.errors import Conflict, Expired, Invalid, TooMany
from lms.catalogue import queries as catalogue
from lms.catalogue.values import Edition
from lms.evidence.queries import certificate_of_attempt, my_certificates
from lms.learning.actions import open_attempt
from lms.learning.attempts import MyAttempts, my_attempts
from lms.learning.queries import result as latest_result
from lms.learning.seats import is_open_somewhere
from lms.learning.sittings import sit_exam
from lms.learning.weekly import is_offered
from lms.reflection.queries import my_meetings
from lms.web import tries
from lms.web.blueprints import staff as blueprint
from lms.web.course_language import languages_of
from lms.web.pages import house, page, render
from lms.web.staff_cards import certificate_card
from lms.web.staff_question import answer_at, question_at

LONGEST_CODE = 40  # characters of what was typed, shown again


@page(blueprint, "/courses/<course>/quiz")
def quiz(ctx: Context, course: str) -> Response:
    """Before the quiz: how many questions, what is needed, what the manager will see."""
    return _show_start(ctx, course)


def _show_start(
    ctx: Context, course: str, *, status: int = 200, error: str = "", code: str = "", chosen: str = ""
) -> Response:
    valid = [
        each
        for each in my_certificates(ctx)
        if each.content.course_id == course and each.verdict.value == "valid"
    ]
    attempts = my_attempts(ctx, course)
    under_way = attempts.exam_under_way(ctx.now)  # it stays on its edition, and in its room
    edition = (
        catalogue.edition(ctx, under_way.edition_id) if under_way else catalogue.current_edition(ctx, course)
    )
    in_room = attempts.in_room(edition, ctx.now)
    newest = catalogue.current_edition(ctx, course) if under_way else edition
    return render(
        "staff/quiz.html",
        status=status,
        error=error,
        code=code,
        edition=edition,
        **_limits(ctx, attempts, edition),
        text=edition.text(ctx.language),
        language=edition.language(ctx.language),
        languages=languages_of(edition),
        is_free=attempts.setting.exam_language_free,
        under_way=attempts.exam_begun(ctx.now),
        in_room=in_room,
        # who has been let in again, and whoever comes to a room that is open still, may go there all the same
        with_code=bool(error)
        or (
            attempts.may_take_seat(newest, ctx.now)
            and (in_room or bool(attempts.reopened(ctx.now)) or is_open_somewhere(ctx, course))
        ),
        chosen=chosen,
        certificate=valid[0] if valid else None,
    )


@page(blueprint, "/courses/<course>/quiz/code", methods=("POST",))
def enter_exam_code(ctx: Context, course: str) -> Response:
    """Take a seat in a supervised exam with the code told in the room, or go on there.

    Only a code that opens nothing counts as a try; one that is right and is refused for another reason does not.
    """
    code = request.form.get("code", "")[:LONGEST_CODE]
    chosen = request.form.get("language", ctx.language)
    ctx.require(Permission.LEARN)
    if not code.strip():
        return _show_start(ctx, course, status=422, error="unknown", chosen=chosen)
    try:
        tries.count(ctx, "exam", tries.own_name(ctx))
    except TooMany as refusal:
        return tries.told_to_wait(_show_start(ctx, course, error="wait", code=code, chosen=chosen), refusal)
    try:
        with work(house(), ctx.actor, now=ctx.now, time_zone=ctx.time_zone, country=ctx.country) as change:
            sit_exam(change, course, code, chosen)
            tries.forgive(change, "exam", tries.own_name(ctx))
    except Invalid as refusal:
        return _show_start(ctx, course, status=422, error=refusal.fields["code"], code=code, chosen=chosen)
    except (Conflict, Expired):
        tries.forgive_own(ctx, "exam")
        raise
    return redirect(url_for("staff.question", course=course, place=1), 303)


@page(blueprint, "/courses/<course>/quiz", methods=("POST",), writes=True)
def start_quiz(ctx: Context, course: str) -> Response:
    """Draw an attempt, or go on with the one under way."""
    open_attempt(ctx, course, request.form.get("language", ctx.language))
    return redirect(url_for("staff.question", course=course, place=1), 303)


@page(blueprint, "/courses/<course>/quiz/<int:place>")
def question(ctx: Context, course: str, place: int) -> Response:
    """The question at a place, below the feedback on the answer before it; or on to where one is."""
    return question_at(ctx, course, place, "exam")


@page(blueprint, "/courses/<course>/quiz/<int:place>", methods=("POST",), writes=True)
def answer(ctx: Context, course: str, place: int) -> Response:
    """Lock in an answer; or move one of the options without script, or go on in another language.

    The same answer sent again changes nothing.
    """
    return answer_at(ctx, course, place, "exam")


@page(blueprint, "/courses/<course>/result")
def result(ctx: Context, course: str) -> Response:
    """How the latest attempt went: the certificate itself, or what to read again."""
    found = latest_result(ctx, course)
    if found is None:
        return redirect(url_for("staff.quiz", course=course), 303)
    text, language = found.edition.text(ctx.language), found.edition.language(ctx.language)
    languages = languages_of(found.edition)
    certificate = certificate_of_attempt(ctx, found.attempt_id) if found.passed else None
    if certificate is None:
        edition = catalogue.current_edition(ctx, course)
        return render(
            "staff/nearly.html",
            **_limits(ctx, my_attempts(ctx, course), edition),
            newest=edition,
            result=found,
            text=text,
            language=language,
            languages=languages,
        )
    meetings = [meeting for meeting in my_meetings(ctx) if meeting.course == course]
    return render(
        "staff/result.html",
        result=found,
        text=text,
        language=language,
        languages=languages,
        card=certificate_card(ctx, certificate),
        weekly_offered=is_offered(ctx),
        meeting=meetings[0] if meetings else None,
        meeting_on=ctx.day_of(meetings[0].starts_at) if meetings else None,
    )


def _limits(ctx: Context, attempts: MyAttempts, edition: Edition) -> dict[str, Any]:
    """Whether the test may be taken now, and from when, where the clocks show the employer's time; what was given."""
    ahead = attempts.next_exam(edition, ctx.now)
    extra = attempts.extra if ahead.is_extra else None
    return {
        "ahead": ahead,
        "opens_on": ctx.day_of(ahead.opens_at) if ahead.opens_at else None,
        "extra": extra,
        "given_on": ctx.day_of(extra.given_at) if extra else None,
        "reopened": attempts.reopened(ctx.now),
        "time_zone": ctx.time_zone,
    }
