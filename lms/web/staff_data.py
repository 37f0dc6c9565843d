"""What is kept about the reader: every kind there is on a page, and all of it as a file."""

from werkzeug.wrappers import Response

from lms.base.context import Context
from lms.evidence.forgetting import months_kept
from lms.reports.kept import kept_about_me
from lms.reports.own_file import everything_of_mine
from lms.web.blueprints import staff as blueprint
from lms.web.pages import page, render


@page(blueprint, "/me/data")
def data(ctx: Context) -> Response:
    """Every kind of record about the reader: how many, and since when the last one."""
    kept = [(each.kind, each.count, each.latest and ctx.day_of(each.latest)) for each in kept_about_me(ctx)]
    return render("staff/data.html", kept=kept, months_kept=months_kept(ctx))


@page(blueprint, "/me/data.zip")
def data_file(ctx: Context) -> Response:
    """All of it, in words and dates, and the certificates."""
    response = Response(everything_of_mine(ctx), mimetype="application/zip")
    response.headers["Content-Disposition"] = 'attachment; filename="kunnig.zip"'
    response.headers["Cache-Control"] = "no-store"
    return response
