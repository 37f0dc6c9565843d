"""The organisation on screen: units, people, and taking in people from a staff list."""

import csv
import io
from typing import Any
from uuid import UUID

from flask import redirect, request, url_for
from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate
from werkzeug.wrappers import Response

from lms.base.access import Permission
from lms.base.context import Context, work
from lms.base.errors import Conflict, Invalid
from lms.base.i18n import catalogue
from lms.organisation import people as listed
from lms.organisation.import_words import change_words, column_words, fault_sentence
from lms.organisation.people import Narrowed, unit_tree
from lms.organisation.plan import Fate, ImportPlan, LineFate
from lms.organisation.queries import units_in_reach
from lms.organisation.roles import kind_name
from lms.organisation.rules import COLUMNS, REQUIRED
from lms.organisation.uploads import forget_upload, keep_upload, uploaded
from lms.register import intake
from lms.reports.sheet import defused
from lms.web.blueprints import employer as blueprint
from lms.web.pages import house, page, render

FIRST = 50  # rows before "Show more"
FATES: tuple[Fate, ...] = ("fault", "new", "changed", "unchanged")


class PeopleFilter(Schema):
    """What the list of people is narrowed to, as it stands in the address."""

    class Meta:
        """Other parameters are none of the filter's business."""

        unknown = EXCLUDE

    unit = fields.UUID(load_default=None)
    words = fields.Str(load_default="", data_key="text", validate=validate.Length(max=80))
    not_signed_in = fields.Bool(load_default=False)


PEOPLE_FILTER = PeopleFilter()


def _narrowed() -> Narrowed:
    """The filter of this request; what cannot be read narrows nothing."""
    given = {name: value for name, value in request.args.items() if value}
    try:
        return Narrowed(**PEOPLE_FILTER.load(given))
    except ValidationError as error:
        return Narrowed(
            **PEOPLE_FILTER.load({name: given[name] for name in given if name not in error.messages_dict})
        )


@page(blueprint, "/org", needs=Permission.SEE_ORGANISATION)
def organisation(ctx: Context) -> Response:
    """The units with how many work there, and how many of them have never signed in."""
    units = unit_tree(ctx, Permission.SEE_ORGANISATION)
    return render("employer/organisation.html", units=units, may_import=ctx.who.may(Permission.IMPORT_PEOPLE))


@page(blueprint, "/org/people", needs=Permission.SEE_ORGANISATION)
def people(ctx: Context) -> Response:
    """Everybody who works here now."""
    narrowed = _narrowed()
    filters = ("unit", "text", "not_signed_in")
    given: dict[str, Any] = {name: request.args[name] for name in filters if request.args.get(name)}
    limit = 10 * FIRST if "more" in request.args else FIRST
    found = listed.people(ctx, Permission.SEE_ORGANISATION, narrowed, limit=limit)
    return render(
        "employer/people.html",
        people=found,
        narrowed=narrowed,
        active=len(given),
        units=units_in_reach(ctx, Permission.SEE_ORGANISATION),
        kind_name=kind_name,
        more_href=url_for("employer.people", **given, more=1) if limit == FIRST else "",
        may_import=ctx.who.may(Permission.IMPORT_PEOPLE),
        imported=request.args.get("imported", type=int),
    )


@page(blueprint, "/org/people/import", methods=("GET", "POST"), needs=Permission.IMPORT_PEOPLE)
def import_people(ctx: Context) -> Response:
    """Choose a staff list. A list with personal identity numbers is not kept; any other is, for the preview."""
    if request.method == "GET":
        return _import_page(ctx)
    sent = request.files.get("file")
    data = sent.read() if sent else b""
    make_units = "create_units" in request.form
    if not data:
        return _import_page(ctx, status=422, missing=True, make_units=make_units)
    plan = intake.plan_import(ctx, data, create_units=make_units)
    if any(fault.code == "personal_number" for fault in plan.faults):
        lines = [_line(ctx, line) for line in plan.lines if line.faults]
        return _import_page(ctx, status=422, lines=lines, make_units=make_units)
    upload = keep_upload(ctx, data)
    return redirect(
        url_for("employer.import_preview", upload=upload, create_units=1 if make_units else None), 303
    )


def _import_page(ctx: Context, *, status: int = 200, **values: Any) -> Response:
    shown = {"missing": False, "make_units": False, "lines": [], "columns": column_words(ctx.language)}
    return render(
        "employer/import.html", status=status, **shown | values, all_columns=COLUMNS, required=REQUIRED
    )


@page(blueprint, "/org/people/import/<uuid:upload>", needs=Permission.IMPORT_PEOPLE)
def import_preview(ctx: Context, upload: UUID) -> Response:
    """What would happen to every line of the file; nothing has been written yet."""
    return _preview(ctx, upload, intake.plan_import(ctx, uploaded(ctx, upload), create_units=_makes_units()))


def _preview(
    ctx: Context, upload: UUID, plan: ImportPlan, *, status: int = 200, outdated: bool = False
) -> Response:
    counts = {fate: plan.count(fate) for fate in FATES if plan.count(fate)}
    chosen = request.args.get("show", "fault" if plan.faults else "")
    wanted = [line for line in plan.lines if chosen not in counts or line.fate == chosen]
    shown = wanted if "all" in request.args else wanted[:FIRST]
    given: dict[str, Any] = {"upload": upload, "create_units": 1 if _makes_units() else None}
    return render(
        "employer/import_preview.html",
        status=status,
        plan=plan,
        counts=counts,
        chosen=chosen if chosen in counts else "",
        lines=[_line(ctx, line) for line in shown],
        more=len(wanted) - len(shown),
        more_href=url_for("employer.import_preview", **given, show=chosen or None, all=1),
        hrefs={fate: url_for("employer.import_preview", **given, show=fate) for fate in ("all", *FATES)},
        with_units_href=url_for("employer.import_preview", upload=upload, create_units=1),
        missing_units=any(fault.code == "unknown_unit" for fault in plan.faults) and not _makes_units(),
        upload=upload,
        make_units=_makes_units(),
        outdated=outdated,
    )


@page(blueprint, "/org/people/import/<uuid:upload>/faults.csv", needs=Permission.IMPORT_PEOPLE)
def import_faults(ctx: Context, upload: UUID) -> Response:
    """The faults of a file as a list to work through: line, column, what is wrong."""
    plan = intake.plan_import(ctx, uploaded(ctx, upload), create_units=_makes_units())
    _ = catalogue(ctx.language).gettext
    columns = column_words(ctx.language)
    text = io.StringIO()
    table = csv.writer(text, delimiter=";", lineterminator="\r\n")
    table.writerow([_("Line"), _("Column"), _("What is wrong")])
    for fault in plan.faults:
        table.writerow(
            [fault.line, columns.get(fault.column, ""), defused(fault_sentence(fault, ctx.language))]
        )
    response = Response(text.getvalue().encode("utf-8-sig"), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = 'attachment; filename="faults.csv"'
    response.headers["Cache-Control"] = "no-store"
    return response


@page(blueprint, "/org/people/import/<uuid:upload>", methods=("POST",), needs=Permission.IMPORT_PEOPLE)
def import_confirm(ctx: Context, upload: UUID) -> Response:
    """Import the file that was looked at, or give it up; either way it is removed.

    The import is a unit of work of its own, so that the file goes only after it has been written.
    """
    data = uploaded(ctx, upload)
    written = 0
    if "give_up" not in request.form:
        try:
            with work(house(), ctx.who, now=ctx.now, time_zone=ctx.time_zone, country=ctx.country) as writing:
                imported = intake.import_people(
                    writing, data, create_units=_makes_units(), digest=request.form.get("digest", "")
                )
                written = imported.new + imported.changed
        except (Conflict, Invalid):
            plan = intake.plan_import(ctx, data, create_units=_makes_units())
            return _preview(ctx, upload, plan, status=409, outdated=True)
    forget_upload(house(), ctx.employer_id, ctx.who.person_id, upload)
    return redirect(
        url_for("employer.people", imported=written) if written else url_for("employer.import_people"), 303
    )


def _makes_units() -> bool:
    return "create_units" in request.values


def _line(ctx: Context, line: LineFate) -> dict[str, object]:
    """A line of the preview in words."""
    columns = column_words(ctx.language)
    return {
        "line": line,
        "changes": [
            (columns[change.column], "" if line.protected else change_words(change, ctx.language))
            for change in line.changes
        ],
        "faults": [
            (columns.get(fault.column, ""), fault_sentence(fault, ctx.language)) for fault in line.faults
        ],
    }
