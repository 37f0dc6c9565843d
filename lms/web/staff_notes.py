"""One's own notes at a course, which nobody else sees: listed and removed; the steps that ask for them keep them."""

from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from lms.base.context import Context
from lms.catalogue import queries as catalogue
from lms.learning.notes import my_notes, remove_note
from lms.web.blueprints import staff as blueprint
from lms.web.pages import page, render


@page(blueprint, "/courses/<course>/notes")
def notes(ctx: Context, course: str) -> Response:
    """What one wrote for oneself at this course, with where to change it."""
    edition = catalogue.current_edition(ctx, course)
    mine = my_notes(ctx, course)
    return render(
        "staff/notes.html",
        edition=edition,
        text=edition.text(ctx.language),
        language=edition.language(ctx.language),
        notes=[(note, edition.step_showing(note.item), ctx.day_of(note.written_at)) for note in mine],
        removed="removed" in request.args,
    )


@page(blueprint, "/courses/<course>/notes/<item>/remove", methods=("POST",), writes=True)
def delete_note(ctx: Context, course: str, item: str) -> Response:
    """Remove a note for good."""
    remove_note(ctx, course, item)
    return redirect(url_for("staff.notes", course=course, removed=1), 303)
