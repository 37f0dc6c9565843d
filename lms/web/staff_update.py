"""New editions for staff who were taught an earlier one: what is new, the changed lessons, the short test on them."""

from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from lms.base.context import Context
from lms.catalogue import queries as catalogue
from lms.learning.actions import open_attempt
from lms.learning.attempts import my_attempts
from lms.learning.editions import newer, read_what_is_new, studied_now
from lms.learning.queries import result as latest_result
from lms.learning.rules import first_unread, reading
from lms.register.editions import my_proof
from lms.web.blueprints import staff as blueprint
from lms.web.course_language import languages_of
from lms.web.navigation import address
from lms.web.pages import page, render
from lms.web.staff_cards import course_card
from lms.web.staff_question import answer_at, question_at


@page(blueprint, "/courses/<course>/update")
def update(ctx: Context, course: str) -> Response:
    """What is new since one took the course, and what is to be done: read it, take some of it, or all of it again."""
    history, proof = catalogue.history(ctx, course), my_proof(ctx, course)
    found = newer(ctx, history, proof.taught if proof else None)
    if found is None:
        return redirect(url_for("staff.course", course=course), 303)
    edition, done = (
        history.newest,
        studied_now(ctx, [history], {course: proof.taught if proof else None})[course],
    )
    finished = reading(edition, done).done
    left = next((lesson for lesson in found.lessons if lesson.id not in finished), None)
    step = first_unread(edition, left.id, done.read.get(left.id, ())) if left else ""
    return render(
        "staff/update.html",
        newer=found,
        edition=edition,
        text=edition.text(ctx.language),
        language=edition.language(ctx.language),
        languages=languages_of(edition),
        changed=found.words(ctx.language),
        done=finished,
        go_on=address("staff.step", course=course, lesson=left.id, step=step, update=1) if left else "",
        under_way=my_attempts(ctx, course).under_way("update"),
    )


@page(blueprint, "/courses/<course>/update/read", methods=("POST",), writes=True)
def update_read(ctx: Context, course: str) -> Response:
    """Keep that one has read what is new, up to the edition that was shown; on to what else is to be done."""
    read_what_is_new(ctx, course, request.form.get("edition", ""))
    return redirect(url_for("staff.todo", done=1), 303)


@page(blueprint, "/courses/<course>/update/test", methods=("POST",), writes=True)
def start_update(ctx: Context, course: str) -> Response:
    """Draw the short test of an update, or go on with the one under way."""
    open_attempt(ctx, course, ctx.language, "update")
    return redirect(url_for("staff.question_update", course=course, place=1), 303)


@page(blueprint, "/courses/<course>/update/test/<int:place>")
def question_update(ctx: Context, course: str, place: int) -> Response:
    """The question at a place, below the feedback on the answer before it; or on to where one is."""
    return question_at(ctx, course, place, "update")


@page(blueprint, "/courses/<course>/update/test/<int:place>", methods=("POST",), writes=True)
def answer_update(ctx: Context, course: str, place: int) -> Response:
    """Lock in an answer, or without script move one of the options. The same answer sent again changes nothing."""
    return answer_at(ctx, course, place, "update")


@page(blueprint, "/courses/<course>/update/result")
def result_update(ctx: Context, course: str) -> Response:
    """How the short test went: up to date, or what to read again; or that more is asked meanwhile."""
    found = latest_result(ctx, course, "update")
    if found is None:
        return redirect(url_for("staff.update", course=course), 303)
    history, proof = catalogue.history(ctx, course), my_proof(ctx, course)
    taught = proof.taught if proof else None
    done = studied_now(ctx, [history], {course: taught})[course]
    return render(
        "staff/update_result.html",
        result=found,
        card=course_card(ctx, history, done, None, taught),
        text=found.edition.text(ctx.language),
        language=found.edition.language(ctx.language),
        languages=languages_of(found.edition),
        proof=proof if taught and not taught.has_run_out(ctx.today) else None,
    )
