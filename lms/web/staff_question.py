"""Questions of an attempt of whichever kind: one shown, with feedback where there is some, answered, left as it was."""

from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple
from uuid import uuid4

from flask import redirect, request
from marshmallow import EXCLUDE, Schema, ValidationError, fields
from werkzeug.wrappers import Response

from lms.base.context import Context
from lms.base.errors import Invalid, NotFound
from lms.learning.actions import answer_item
from lms.learning.exam_language import choose_exam_language
from lms.learning.queries import QuizPage, quiz_page
from lms.learning.rules import CHECKS, Kind
from lms.web.answers import as_left, sent_answer
from lms.web.course_language import languages_of, read_in
from lms.web.navigation import address
from lms.web.pages import render


class Places(NamedTuple):
    """The pages of a kind of attempt, as endpoints, what else their addresses say, and how a question is shown."""

    home: str
    question: str
    answer: str
    result: str
    also: Mapping[str, str] = {}
    template: str = "staff/question.html"


def _before(check: Kind) -> Places:
    return Places(
        "staff.course",
        "staff.question_before",
        "staff.answer_before",
        "staff.result_before",
        {"check": check},
        "staff/before_question.html",
    )


AT: dict[Kind, Places] = {
    "exam": Places("staff.course", "staff.question", "staff.answer", "staff.result"),
    "update": Places("staff.update", "staff.question_update", "staff.answer_update", "staff.result_update"),
    "pretest": _before("pretest"),
    "refresher": _before("refresher"),
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


def question_at(ctx: Context, course: str, place: int, kind: Kind) -> Response:
    """The question at a place of an attempt of a kind, below the feedback on the answer before it; or on to one."""
    shown = quiz_page(ctx, course, place, feedback_on=request.args.get("after", type=int), kind=kind)
    if shown.question is None and (shown.next_place or shown.feedback is None):
        return _where_one_is(course, kind, shown.next_place)
    return _show(course, kind, shown)


def answer_at(ctx: Context, course: str, place: int, kind: Kind) -> Response:
    """Lock in an answer; or move one of the options without script, or go on in another language.

    The same answer sent again changes nothing.
    """
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
        return _as_it_was(ctx, course, kind, place, error=refusal.fields.get("answer", "choose_single"))
    if answered.next_place == place:  # what was decided leads to the next decision
        return redirect(_address(course, kind, place, _anchor="then"), 303)
    if kind in CHECKS:  # they explain no single answer
        return _where_one_is(course, kind, answered.next_place)
    return redirect(_address(course, kind, answered.next_place or place, after=place), 303)


def _address(course: str, kind: Kind, place: int, **more: object) -> str:
    at = AT[kind]
    return address(at.question, course=course, place=place, **at.also, **more)


def _where_one_is(course: str, kind: Kind, next_place: int) -> Response:
    at = AT[kind]
    there = _address(course, kind, next_place) if next_place else address(at.result, course=course, **at.also)
    return redirect(there, 303)


def _as_it_was(ctx: Context, course: str, kind: Kind, place: int, *, error: str = "") -> Response:
    """The page once more with what has been filled in, and with the option moved that is to be.

    What is shown may be of another type than what was sent: the form may be of another attempt.
    """
    shown = quiz_page(ctx, course, place, feedback_on=request.args.get("after", type=int), kind=kind)
    if shown.question is None:
        return _show(course, kind, shown)
    question, sent = as_left(shown.question, request.form)
    return _show(course, kind, replace(shown, question=question), error=error, values=sent)


def _show(course: str, kind: Kind, shown: QuizPage, *, error: str = "", values: object = "") -> Response:
    if shown.question is None and shown.feedback is None:
        return _where_one_is(course, kind, shown.next_place)
    return render(
        AT[kind].template,
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
