"""The final quiz for staff: before it, question by question with feedback, and the result, which is the certificate."""

from dataclasses import replace
from typing import Any, NamedTuple
from uuid import uuid4

from flask import redirect, request, url_for
from marshmallow import EXCLUDE, Schema, ValidationError, fields
from werkzeug.wrappers import Response

from lms.base.access import Permission
from lms.base.context import Context, work
from lms.base.errors import Conflict, Expired, Invalid, NotFound, TooMany
from lms.catalogue import queries as catalogue
from lms.catalogue.values import Edition
from lms.evidence.queries import certificate_of_attempt, my_certificates
from lms.learning.actions import answer_item, open_attempt
from lms.learning.attempts import MyAttempts, my_attempts
from lms.learning.exam_language import choose_exam_language
from lms.learning.queries import QuizPage, quiz_page
from lms.learning.queries import result as latest_result
from lms.learning.rules import Kind
from lms.learning.seats import is_open_somewhere
from lms.learning.settings import course_setting
from lms.learning.sittings import sit_exam
from lms.learning.weekly import is_offered
from lms.reflection.queries import my_meetings
from lms.web import tries
from lms.web.answers import as_left, sent_answer
from lms.web.blueprints import staff as blueprint
from lms.web.course_language import languages_of, read_in
from lms.web.pages import house, page, render
from lms.web.staff_cards import certificate_card


class Places(NamedTuple):
    """The pages of a kind of attempt, as endpoints."""

    home: str
    question: str
    answer: str
    result: str


AT: dict[Kind, Places] = {  # kinds that explain each answer
    "exam": Places("staff.course", "staff.question", "staff.answer", "staff.result"),
    "update": Places("staff.update", "staff.question_update", "staff.answer_update", "staff.result_update"),
}


class AnswerForm(Schema):
    """What every question sends besides the answer itself, whose fields follow its type."""

    class Meta:
        """The answer's own fields are read by their type."""

        unknown = EXCLUDE

    attempt = fields.UUID(required=True)
    client_id = fields.UUID(required=True)
    type = fields.Str(required=True)


ANSWER = AnswerForm()
LONGEST_CODE = 40  # characters of what was typed, shown again


@page(blueprint, "/courses/<course>/quiz")
def quiz(ctx: Context, course: str) -> Response:
    """Before the quiz: how many questions, what is needed, what the manager will see."""
    return _show_start(ctx, course)


def _show_start(ctx: Context, course: str, *, status: int = 200, error: str = "", code: str = "") -> Response:
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
        is_free=course_setting(ctx, course).exam_language_free,
        under_way=under_way,
        in_room=in_room,
        # who has been let in again, and whoever comes to a room that is open still, may go there all the same
        with_code=in_room
        or bool(error or attempts.reopened(ctx.now))
        or (under_way is None and is_open_somewhere(ctx, course)),
        certificate=valid[0] if valid else None,
    )


@page(blueprint, "/courses/<course>/quiz/code", methods=("POST",))
def enter_exam_code(ctx: Context, course: str) -> Response:
    """Take a seat in a supervised exam with the code told in the room, or go on there.

    Only a code that opens nothing counts as a try; one that is right and is refused for another reason does not.
    """
    code = request.form.get("code", "")[:LONGEST_CODE]
    ctx.require(Permission.LEARN)
    try:
        tries.count(ctx, "exam", tries.own_name(ctx))
    except TooMany as refusal:
        return tries.told_to_wait(_show_start(ctx, course, error="wait", code=code), refusal)
    try:
        with work(house(), ctx.actor, now=ctx.now, time_zone=ctx.time_zone, country=ctx.country) as change:
            sit_exam(change, course, code, request.form.get("language", ctx.language))
            tries.forgive(change, "exam", tries.own_name(ctx))
    except Invalid as refusal:
        return _show_start(ctx, course, status=422, error=refusal.fields["code"], code=code)
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


def question_at(ctx: Context, course: str, place: int, kind: Kind) -> Response:
    """A question of an attempt of a kind that explains each answer."""
    after = request.args.get("after", type=int)
    shown = quiz_page(ctx, course, place, feedback_on=after, kind=kind)
    if shown.question is None and (shown.next_place or shown.feedback is None):
        return _where_one_is(course, kind, shown.next_place)
    return _show(course, kind, shown)


@page(blueprint, "/courses/<course>/quiz/<int:place>", methods=("POST",), writes=True)
def answer(ctx: Context, course: str, place: int) -> Response:
    """Lock in an answer; or move one of the options without script, or go on in another language.

    The same answer sent again changes nothing.
    """
    return answer_at(ctx, course, place, "exam")


def answer_at(ctx: Context, course: str, place: int, kind: Kind) -> Response:
    """Lock in an answer to a question of an attempt of a kind that explains each answer."""
    if "to" in request.form:
        if kind != "exam" or not choose_exam_language(ctx, course, request.form["to"]):
            read_in(ctx, ctx, request.form["to"])
        return _as_it_was(ctx, course, kind, place)
    try:
        form = ANSWER.load(request.form)
    except ValidationError:
        raise NotFound from None
    if "move" in request.form:
        return _as_it_was(ctx, course, kind, place)
    sent = sent_answer(request.form, form["type"])
    try:
        answered = answer_item(ctx, form["attempt"], place, client_id=str(form["client_id"]), value=sent)
    except Invalid as refusal:
        shown = quiz_page(ctx, course, place, kind=kind)
        return _show(course, kind, shown, error=refusal.fields.get("answer", "choose_single"), values=sent)
    if answered.next_place == place:  # what was decided leads to the next decision
        return redirect(url_for(AT[kind].question, course=course, place=place, _anchor="then"), 303)
    return redirect(
        url_for(AT[kind].question, course=course, place=answered.next_place or place, after=place), 303
    )


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


def _where_one_is(course: str, kind: Kind, next_place: int) -> Response:
    if next_place:
        return redirect(url_for(AT[kind].question, course=course, place=next_place), 303)
    return redirect(url_for(AT[kind].result, course=course), 303)


def _as_it_was(ctx: Context, course: str, kind: Kind, place: int) -> Response:
    """The page once more with what has been filled in, and with the option moved that is to be."""
    shown = quiz_page(ctx, course, place, feedback_on=request.args.get("after", type=int), kind=kind)
    if shown.question is None:
        return _show(course, kind, shown)
    question, sent = as_left(shown.question, request.form)
    return _show(course, kind, replace(shown, question=question), values=sent)


def _show(course: str, kind: Kind, shown: QuizPage, *, error: str = "", values: object = "") -> Response:
    if shown.question is None and shown.feedback is None:
        return _where_one_is(course, kind, shown.next_place)
    return render(
        "staff/question.html",
        status=422 if error else 200,
        kind=kind,
        at=AT[kind],
        course=course,
        edition=shown.edition,
        text=shown.edition.text(shown.language),
        language=shown.language,
        languages=languages_of(shown.edition),
        question=shown.question,
        feedback=shown.feedback,
        count=shown.count,
        error=error,
        values=values,
        client_id=uuid4(),
    )
