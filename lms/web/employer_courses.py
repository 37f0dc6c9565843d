"""What the employer allows at each course."""

from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from lms.base.access import Permission
from lms.base.context import Context
from lms.catalogue import queries as catalogue
from lms.learning.settings import WHOLE, Setting, course_settings, set_course
from lms.web.blueprints import employer as blueprint
from lms.web.pages import page, render


@page(blueprint, "/org/courses", needs=Permission.SET_COURSE)
def courses(ctx: Context) -> Response:
    """Every course of the country with what is allowed at it."""
    known = course_settings(ctx)
    return render(
        "employer/courses.html",
        courses=[
            (edition, edition.text(ctx.language), known.get(edition.course, Setting()))
            for edition in catalogue.current_editions(ctx)
        ],
        may_add=ctx.who.may(Permission.WRITE_LOCAL),
        may_set=WHOLE in ctx.who.paths(Permission.SET_COURSE),
        saved="saved" in request.args,
    )


@page(blueprint, "/org/courses/<course>", methods=("POST",), writes=True, needs=Permission.SET_COURSE)
def set_one(ctx: Context, course: str) -> Response:
    """Keep what is allowed at a course."""
    set_course(
        ctx,
        course,
        pretest="pretest" in request.form,
        exam_language_free="exam_language_free" in request.form,
    )
    return redirect(url_for("employer.courses", saved=1), 303)
