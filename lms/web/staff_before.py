"""Before a course or its renewal: show what one knows, question by question, and how the course is shorter for it."""

from typing import cast

from flask import redirect, url_for
from werkzeug.wrappers import Response

from lms.base.context import Context
from lms.base.errors import Conflict, NotFound
from lms.catalogue import queries as catalogue
from lms.learning.actions import open_attempt
from lms.learning.attempts import my_attempts
from lms.learning.editions import may_check, studied_now
from lms.learning.queries import result as latest_result
from lms.learning.rules import CHECKS, Kind, count_asked
from lms.register.editions import my_proof
from lms.web.blueprints import staff as blueprint
from lms.web.course_language import languages_of
from lms.web.pages import page, render
from lms.web.staff_cards import course_card, minutes_for
from lms.web.staff_question import answer_at, question_at


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
    return question_at(ctx, course, place, _kind(check))


@page(blueprint, "/courses/<course>/before/<check>/<int:place>", methods=("POST",), writes=True)
def answer_before(ctx: Context, course: str, check: str, place: int) -> Response:
    """Lock in an answer; or move one of the options without script, or go on in another language.

    The same answer sent again changes nothing.
    """
    return answer_at(ctx, course, place, _kind(check))


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
