"""Local additions: what the employer adds to the steps of a course, seen together and written one at a time."""

from flask import redirect, request, url_for
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from lms.base.access import Permission
from lms.base.context import Context
from lms.base.errors import Invalid, NotFound
from lms.base.i18n import LANGUAGES
from lms.catalogue import queries as catalogue
from lms.catalogue.local_parts import Placed, local_part, placed_parts, remove_local, write_local
from lms.catalogue.local_rules import OPTIONS, LocalQuestion, LocalText
from lms.catalogue.values import Edition
from lms.web.blueprints import employer as blueprint
from lms.web.pages import page, render

WHERE = "/org/courses/<course>/local/<lesson>/<step>"


@page(blueprint, "/org/courses/<course>/local", needs=Permission.WRITE_LOCAL)
def local(ctx: Context, course: str) -> Response:
    """Every step of a course with what the employer adds to it, and what no longer fits."""
    edition = catalogue.current_edition(ctx, course)
    parts = placed_parts(ctx, edition)
    known = {lesson.id for lesson in edition.lessons}
    return render(
        "employer/local.html",
        edition=edition,
        text=edition.text(ctx.language),
        parts=parts,
        lost=[part for lesson, found in parts.items() if lesson not in known for part in found],
        saved=request.args.get("saved", ""),
    )


@page(blueprint, WHERE, needs=Permission.WRITE_LOCAL)
def local_step(ctx: Context, course: str, lesson: str, step: str) -> Response:
    """The form for one step."""
    edition = catalogue.current_edition(ctx, course)
    part = local_part(ctx, edition, lesson, step)
    return _show(ctx, edition, (lesson, step), part, part.text if part else LocalText({}))


@page(blueprint, WHERE, methods=("POST",), writes=True, needs=Permission.WRITE_LOCAL)
def save_local(ctx: Context, course: str, lesson: str, step: str) -> Response:
    """Keep what was written for a step."""
    edition = catalogue.current_edition(ctx, course)
    sent = _sent(request.form, edition)
    try:
        write_local(ctx, edition, lesson, step, sent)
    except Invalid as refusal:
        part = local_part(ctx, edition, lesson, step)
        return _show(ctx, edition, (lesson, step), part, sent, errors=refusal.fields)
    return redirect(url_for("employer.local", course=course, saved="written"), 303)


@page(blueprint, WHERE + "/remove", methods=("POST",), writes=True, needs=Permission.WRITE_LOCAL)
def remove_local_part(ctx: Context, course: str, lesson: str, step: str) -> Response:
    """Take away what was added to a step."""
    remove_local(ctx, course, lesson, step)
    return redirect(url_for("employer.local", course=course, saved="removed"), 303)


def _sent(form: MultiDict[str, str], edition: Edition) -> LocalText:
    """What the form says; languages and options left empty are not there."""

    def said(name: str) -> str:
        return form.get(name, "").replace("\r\n", "\n").strip()

    routine = {code: text for code in edition.languages if (text := said(f"routine-{code}"))}
    questions = {}
    for code in edition.languages:
        options = {each: text for each in OPTIONS if (text := said(f"option-{code}-{each}"))}
        why = {each: text for each in OPTIONS if (text := said(f"why-{code}-{each}"))}
        if said(f"ask-{code}") or options or why:
            questions[code] = LocalQuestion(said(f"ask-{code}"), options, why)
    return LocalText(routine, said("link"), questions, said("key"))


def _show(
    ctx: Context,
    edition: Edition,
    where: tuple[str, str],
    part: Placed | None,
    written: LocalText,
    *,
    errors: dict[str, str] | None = None,
) -> Response:
    lesson_id, step_id = where
    lesson, text = edition.lesson(lesson_id), edition.text(ctx.language)
    step = next((each for each in lesson.steps if each.id == step_id), None) if lesson else None
    if step is None and part is None:
        raise NotFound
    return render(
        "employer/local_step.html",
        status=422 if errors else 200,
        edition=edition,
        text=text,
        lesson=lesson,
        step=step,
        part=part,
        written=written,
        first=edition.language(ctx.language),
        names={code: LANGUAGES.get(code, code) for code in edition.languages},
        options=OPTIONS,
        errors=errors or {},
    )
