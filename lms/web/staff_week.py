"""The question of the week: asked, explained, wanted and no longer wanted."""

from dataclasses import replace

from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from lms.base.context import Context
from lms.base.errors import Invalid
from lms.learning.weekly import Week, answer_weekly, my_week, want_weekly
from lms.web.answers import moved, sent_answer
from lms.web.blueprints import staff as blueprint
from lms.web.pages import page, render


@page(blueprint, "/week")
def week(ctx: Context) -> Response:
    """This week's question, below its answer what is said about it; or what a question a week is."""
    return _show(my_week(ctx), ctx.language)


@page(blueprint, "/week", methods=("POST",), writes=True)
def answer_week(ctx: Context) -> Response:
    """Keep the answer, or without script move one of the options. The first answer counts."""
    if "move" in request.form:
        return _moved(ctx)
    sent = sent_answer(request.form, request.form.get("type", ""))
    try:
        answer_weekly(ctx, request.form.get("item", ""), sent)
    except Invalid as refusal:
        return _show(my_week(ctx), ctx.language, error=refusal.fields["answer"], values=sent)
    return redirect(url_for("staff.week"), 303)


@page(blueprint, "/week/choice", methods=("POST",), writes=True)
def choose_week(ctx: Context) -> Response:
    """Keep whether a question a week is wanted; the own page says so, and takes it back."""
    wanted = request.form.get("wanted") == "yes"
    want_weekly(ctx, wanted=wanted)
    return redirect(url_for("staff.me", saved="weekly" if wanted else "no_weekly", _anchor="weekly"), 303)


def _moved(ctx: Context) -> Response:
    found = my_week(ctx)
    if found.question is None:
        return redirect(url_for("staff.week"), 303)
    options = moved(found.question.options, request.form.getlist("answer"), request.form["move"])
    return _show(replace(found, question=replace(found.question, options=options)), ctx.language)


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
        error=error,
        values=values,
    )
