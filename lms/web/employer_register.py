"""The register of staff knowledge: on screen and as a file, the same rows in both."""

import os
from urllib.parse import quote, urlencode

from flask import request, url_for
from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate
from werkzeug.wrappers import Response
from werkzeug.wsgi import wrap_file

from lms.base.access import Permission
from lms.base.context import Context
from lms.base.errors import NotFound
from lms.catalogue import queries as catalogue
from lms.evidence import queries as evidence
from lms.organisation.queries import units_in_reach
from lms.organisation.roles import ROLES
from lms.register.queries import Filter, coverage, register_rows
from lms.register.rules import State
from lms.reports.actions import export_register
from lms.web.blueprints import employer as blueprint
from lms.web.pages import page, render
from lms.web.paging import ROWS, Paging, first_row

TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


class FilterForm(Schema):
    """The filter as it stands in the address, so that it can be bookmarked and shared."""

    class Meta:
        """Other parameters are none of the filter's business."""

        unknown = EXCLUDE

    unit = fields.UUID(load_default=None, allow_none=True)
    role = fields.Str(load_default="", validate=validate.Length(max=60))
    course = fields.Str(load_default="", validate=validate.Length(max=60))
    state = fields.Enum(State, by_value=True, load_default=None, allow_none=True)
    text = fields.Str(load_default="", validate=validate.Length(max=80))


FILTER = FilterForm()


def narrowed() -> Filter:
    """The filter of this request; what cannot be read narrows nothing."""
    try:
        return Filter(**FILTER.load({name: value for name, value in request.args.items() if value}))
    except ValidationError as error:
        return Filter(**(FILTER.load({}) | error.valid_data))


@page(blueprint, "/register", needs=Permission.SEE_REGISTER)
def register(ctx: Context) -> Response:
    """Who knows what: every current employment and each course it asks for, those not begun too."""
    chosen = narrowed()
    start = first_row()
    covered = sorted(coverage(ctx, chosen), key=lambda part: catalogue.place(part.course))
    editions = {edition.course: edition for edition in catalogue.current_editions(ctx)}
    given = {name: value for name, value in request.args.items() if value and name != "page"}
    return render(
        "employer/register.html",
        rows=list(register_rows(ctx, chosen, start=start, limit=ROWS)),
        paging=Paging(start, sum(part.asked for part in covered)),
        coverage=covered,
        texts={course: edition.text(ctx.language) for course, edition in editions.items()},
        looks={course: edition.look for course, edition in editions.items()},
        units=units_in_reach(ctx, Permission.SEE_REGISTER),
        roles=[(key, names.get(ctx.language, names["en"])) for key, names in ROLES.items()],
        states=[state.value for state in State if state not in {State.NOT_REQUIRED, State.EXEMPT}],
        chosen=chosen,
        active=len(given),
        files={kind: f"{url_for('employer.register_file', kind=kind)}?{urlencode(given)}" for kind in TYPES},
        may_export=ctx.who.may(Permission.EXPORT_REGISTER),
        now=ctx.now,
        time_zone=ctx.time_zone,
    )


@page(blueprint, "/register/file/<kind>", needs=Permission.EXPORT_REGISTER)
def register_file(ctx: Context, kind: str) -> Response:
    """The register, as filtered, as a file; who took it out is kept in the change log."""
    if kind not in TYPES:
        raise NotFound
    export = export_register(ctx, narrowed(), "csv" if kind == "csv" else "xlsx")
    response = Response(
        wrap_file(request.environ, export.file), content_type=TYPES[kind], direct_passthrough=True
    )
    response.content_length = os.fstat(export.file.fileno()).st_size
    response.headers["Content-Disposition"] = (
        f"attachment; filename=\"register.{kind}\"; filename*=UTF-8''{quote(export.name)}"
    )
    response.headers["Cache-Control"] = "no-store"
    return response


@page(blueprint, "/register/certificate/<number>", needs=Permission.SEE_REGISTER)
def register_certificate(ctx: Context, number: str) -> Response:
    """The evidence behind a row: the certificate, without anything about how it was earned."""
    return render("employer/certificate.html", certificate=evidence.certificate_in_reach(ctx, number))
