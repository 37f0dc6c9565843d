"""Before a course or its renewal: show what one knows, question by question, and how the course is shorter for it."""

from dataclasses import replace
from typing import cast
from uuid import uuid4

from flask import redirect, request, url_for
from marshmallow import ValidationError
from werkzeug.wrappers import Response

from lms.base.context import Context
from lms.base.errors import Conflict, Invalid, NotFound
from lms.catalogue import queries as catalogue
from lms.learning.actions import answer_item, open_attempt
from lms.learning.attempts import my_attempts
from lms.learning.editions import may_check, studied_now
from lms.learning.queries import QuizPage, quiz_page
from lms.learning.queries import result as latest_result
from lms.learning.rules import CHECKS, Kind, count_asked
from lms.register.editions import my_proof
from lms.web.answers import as_left, sent_answer
from lms.web.blueprints import staff as blueprint
from lms.web.course_language import languages_of, read_in
from lms.web.pages import page, render
from lms.web.staff_cards import course_card, minutes_for
from lms.web.staff_quiz import ANSWER


def _kind(check: str) -> Kind:
    """The kind of attempt an address names. Raises NotFound for another one."""
    if check not in CHECKS:
        raise NotFound
    return cast("Kind", check)


@page(blueprint, "/courses/<course>/before/<check>")
def before(ctx: Context, course: str, check: str) -> Response:
    """What it is for, how long it takes, what it changes and what not."""
    kind, history = _kind(check), catalogue.history(ctx, course)
    under_way = my_attempts(ctx, course).under_way(kind)
    if under_way is None and not may_check(ctx, history, kind):
        raise Conflict(f"no_{kind}")
    edition = history.newest
    count = under_way.count if under_way else count_asked(edition, kind)
    return render(
        "staff/before.html",
        check=kind,
        edition=edition,
        text=edition.text(ctx.language),
        language=edition.language(ctx.language),
        languages=languages_of(edition),
        under_way=under_way,
        count=count,
        minutes=minutes_for(count),
    )


@page(blueprint, "/courses/<course>/before/<check>", methods=("POST",), writes=True)
def start_before(ctx: Context, course: str, check: str) -> Response:
    """Draw the questions, or go on with those drawn before."""
    open_attempt(ctx, course, ctx.language, _kind(check))
    return redirect(url_for("staff.question_before", course=course, check=check, place=1), 303)


@page(blueprint, "/courses/<course>/before/<check>/<int:place>")
def question_before(ctx: Context, course: str, check: str, place: int) -> Response:
    """The question at a place, or on to where one is."""
    return _show(course, _kind(check), quiz_page(ctx, course, place, kind=_kind(check)))


@page(blueprint, "/courses/<course>/before/<check>/<int:place>", methods=("POST",), writes=True)
def answer_before(ctx: Context, course: str, check: str, place: int) -> Response:
    """Lock in an answer; or move one of the options without script, or go on in another language.

    The same answer sent again changes nothing.
    """
    kind = _kind(check)
    if "to" in request.form:
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
        error = refusal.fields.get("answer", "choose_single")
        return _show(course, kind, quiz_page(ctx, course, place, kind=kind), error=error, values=sent)
    return _where_one_is(course, kind, answered.next_place, "then" if answered.next_place == place else None)


@page(blueprint, "/courses/<course>/before/<check>/result")
def result_before(ctx: Context, course: str, check: str) -> Response:
    """What one has shown, outcome by outcome, and which lessons are left."""
    found = latest_result(ctx, course, _kind(check))
    if found is None:
        return redirect(url_for("staff.before", course=course, check=check), 303)
    history, proof = catalogue.history(ctx, course), my_proof(ctx, course)
    done = studied_now(ctx, [history], {course: proof.taught if proof else None})[course]
    return render(
        "staff/before_result.html",
        check=check,
        result=found,
        card=course_card(ctx, history, done, None),
        language=found.edition.language(ctx.language),
        languages=languages_of(found.edition),
    )


def _where_one_is(course: str, kind: Kind, next_place: int, anchor: str | None = None) -> Response:
    if next_place:
        where = url_for("staff.question_before", course=course, check=kind, place=next_place, _anchor=anchor)
        return redirect(where, 303)
    return redirect(url_for("staff.result_before", course=course, check=kind), 303)


def _as_it_was(ctx: Context, course: str, kind: Kind, place: int) -> Response:
    """The page once more with what has been filled in, and with the option moved that is to be."""
    shown = quiz_page(ctx, course, place, kind=kind)
    if shown.question is None:
        return _show(course, kind, shown)
    question, sent = as_left(shown.question, request.form)
    return _show(course, kind, replace(shown, question=question), values=sent)


def _show(course: str, kind: Kind, shown: QuizPage, *, error: str = "", values: object = "") -> Response:
    if shown.question is None:
        return _where_one_is(course, kind, shown.next_place)
    return render(
        "staff/before_question.html",
        status=422 if error else 200,
        check=kind,
        course=course,
        edition=shown.edition,
        text=shown.edition.text(shown.language),
        language=shown.language,
        languages=languages_of(shown.edition),
        question=shown.question,
        count=shown.count,
        error=error,
        values=values,
        client_id=uuid4(),
    )
