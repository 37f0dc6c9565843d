"""The question of the week: asked, explained, wanted and no longer wanted."""

from dataclasses import replace

from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from lms.base.context import Context
from lms.base.errors import Invalid
from lms.learning.weekly import Week, answer_weekly, my_week, want_weekly
from lms.web.answers import as_left, sent_answer
from lms.web.blueprints import staff as blueprint
from lms.web.course_language import languages_of, read_in
from lms.web.pages import page, render


@page(blueprint, "/week")
def week(ctx: Context) -> Response:
    """This week's question, below its answer what is said about it; or what a question a week is."""
    return _show(my_week(ctx), ctx.language)


@page(blueprint, "/week", methods=("POST",), writes=True)
def answer_week(ctx: Context) -> Response:
    """Keep the answer, the first of which counts; or move one of the options without script, or change the language."""
    if "to" in request.form:
        read_in(ctx, ctx, request.form["to"])
    if "to" in request.form or "move" in request.form:
        return _as_it_was(ctx)
    sent = sent_answer(request.form, request.form.get("type", ""))
    try:
        answer_weekly(ctx, request.form.get("item", ""), sent)
    except Invalid as refusal:
        return _as_it_was(ctx, error=refusal.fields["answer"])
    return redirect(url_for("staff.week"), 303)


@page(blueprint, "/week/choice", methods=("POST",), writes=True)
def choose_week(ctx: Context) -> Response:
    """Keep whether a question a week is wanted; the own page says so, and takes it back."""
    wanted = request.form.get("wanted") == "yes"
    want_weekly(ctx, wanted=wanted)
    return redirect(url_for("staff.me", saved="weekly" if wanted else "no_weekly", _anchor="weekly"), 303)


def _as_it_was(ctx: Context, *, error: str = "") -> Response:
    """The page once more with what has been filled in, and with the option moved that is to be.

    What is shown may be of another type than what was sent: a week may have begun.
    """
    found = my_week(ctx)
    if found.question is None:
        return redirect(url_for("staff.week"), 303)
    question, sent = as_left(found.question, request.form)
    return _show(replace(found, question=question), ctx.language, error=error, values=sent)


def _show(found: Week, language: str, *, error: str = "", values: object = "") -> Response:
    if found.edition is None:
        return render("staff/week_about.html", wanted=found.wanted)
    return render(
        "staff/week.html",
        status=422 if error else 200,
        week=found,
        edition=found.edition,
        text=found.edition.text(language),
        language=found.edition.language(language),
        languages=languages_of(found.edition),
        error=error,
        values=values,
    )
