"""What the employer allows at each course, and how its certificates run out."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from flask import redirect, request, url_for
from marshmallow import fields
from werkzeug.wrappers import Response

from lms.base.access import Permission
from lms.base.context import Context
from lms.base.errors import Invalid
from lms.catalogue import queries as catalogue
from lms.evidence.rules import Expiry, expires_on
from lms.learning.settings import WHOLE, Setting, course_setting, course_settings, set_course, set_expiry
from lms.web.blueprints import employer as blueprint
from lms.web.lead_forms import LeadForm, sent
from lms.web.pages import page, render


class ExpiryForm(LeadForm):
    """How many months, until which day of the year, and how close that may be."""

    months = fields.Int(load_default=None)
    month = fields.Int(load_default=None)
    day = fields.Int(load_default=None)
    gap = fields.Int(load_default=0)


EXPIRY = ExpiryForm()


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
        until={
            edition.course: expires_on(
                ctx.today, edition.validity_months, known.get(edition.course, Setting()).expiry
            )
            for edition in catalogue.current_editions(ctx)
        },
        may_end=ctx.who.may(Permission.REVOKE_CERTIFICATE),
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


@page(blueprint, "/org/courses/<course>/expiry", needs=Permission.SET_COURSE)
def expiry(ctx: Context, course: str) -> Response:
    """How certificates of a course run out, to be changed."""
    known = course_setting(ctx, course).expiry
    month, day = known.ends or (None, None)
    return _show_expiry(
        ctx, course, {"months": known.months, "month": month, "day": day, "gap": known.gap_months}, {}
    )


@page(blueprint, "/org/courses/<course>/expiry", methods=("POST",), writes=True, needs=Permission.SET_COURSE)
def set_one_expiry(ctx: Context, course: str) -> Response:
    """Keep it; what cannot be is said beside the field, and what was typed stays."""
    values, faults = sent(EXPIRY, request.form)
    if not faults:
        is_day = values["month"] is not None or values["day"] is not None
        ends = (values["month"] or 0, values["day"] or 0) if is_day else None
        try:
            set_expiry(ctx, course, Expiry(values["months"], ends, values["gap"]))
        except Invalid as refusal:
            faults = refusal.fields
        else:
            return redirect(url_for("employer.courses", saved=1), 303)
    return _show_expiry(ctx, course, values, faults)


def _show_expiry(ctx: Context, course: str, values: Mapping[str, Any], faults: Mapping[str, str]) -> Response:
    edition = catalogue.current_edition(ctx, course)
    now = course_setting(ctx, course).expiry
    return render(
        "employer/expiry.html",
        status=422 if faults else 200,
        edition=edition,
        text=edition.text(ctx.language),
        until=expires_on(ctx.today, edition.validity_months, now),
        months=[(each, date(2024, each, 1)) for each in range(1, 13)],
        form=values,
        faults=faults,
        may_set=WHOLE in ctx.who.paths(Permission.SET_COURSE),
    )
