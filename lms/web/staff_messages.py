"""A lead's own choice: whether the weekly letter about the unit comes."""

from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from lms.base.access import Permission
from lms.base.context import Context
from lms.messages.queries import terms, wants_digest
from lms.messages.settings import want_digest
from lms.web.blueprints import staff as blueprint
from lms.web.pages import page, render


@page(blueprint, "/me/messages", needs=Permission.SEE_TEAM)
def own_messages(ctx: Context) -> Response:
    """Whether the letter comes, and on which day."""
    return render(
        "staff/messages.html",
        wanted=wants_digest(ctx, ctx.who.person_id),
        terms=terms(ctx),
        saved="saved" in request.args,
    )


@page(blueprint, "/me/messages", methods=("POST",), writes=True, needs=Permission.SEE_TEAM)
def save_own_messages(ctx: Context) -> Response:
    """Stop the letter, or let it come again."""
    want_digest(ctx, wanted=request.form.get("wanted") == "yes")
    return redirect(url_for("staff.own_messages", saved=1), 303)
