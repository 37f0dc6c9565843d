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
from lms.messages.log import is_refused
from lms.organisation import people as listed
from lms.organisation.arrival import let_start_again, may_sign_out, sign_out, way_back
from lms.organisation.import_words import change_words, column_words, fault_sentence, remedy
from lms.organisation.imports import earlier_imports, plan_undo
from lms.organisation.people import Narrowed, unit_tree
from lms.organisation.plan import Fate, ImportPlan, LineFate
from lms.organisation.queries import units_in_reach
from lms.organisation.roles import kind_name
from lms.organisation.rules import COLUMNS, REQUIRED
from lms.organisation.staff_list import StaffList
from lms.organisation.uploads import forget_upload, keep_upload, uploaded
from lms.register import intake
from lms.register.objections import open_objections_of
from lms.register.views_kept import keep_view
from lms.reports.sheet import defused
from lms.web.blueprints import employer as blueprint
from lms.web.pages import house, page, render
from lms.web.paging import ROWS, Paging, first_row

FIRST = 50  # lines of a preview before "Show all"
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
    return render(
        "employer/organisation.html",
        units=units,
        may_import=ctx.who.may(Permission.IMPORT_PEOPLE),
        may_set_courses=ctx.who.may(Permission.SET_COURSE),
        may_appoint=ctx.who.may(Permission.APPOINT_AUDITOR),
        may_see_messages=ctx.who.may(Permission.SEE_MESSAGES),
        may_set_layout=ctx.who.may(Permission.MANAGE_CERTIFICATE_LAYOUT),
    )


@page(blueprint, "/org/people", needs=Permission.SEE_ORGANISATION)
def people(ctx: Context) -> Response:
    """Everybody who works here now."""
    narrowed = _narrowed()
    filters = ("unit", "text", "not_signed_in")
    may_import = ctx.who.may(Permission.IMPORT_PEOPLE)
    start = first_row()
    found = listed.people(ctx, Permission.SEE_ORGANISATION, narrowed, start=start, limit=ROWS)
    return render(
        "employer/people.html",
        people=found,
        paging=Paging(start, found.employments),
        imports=[(line, ctx.day_of(line.imported_at)) for line in earlier_imports(ctx)] if may_import else [],
        time_zone=ctx.time_zone,
        narrowed=narrowed,
        active=sum(bool(request.args.get(name)) for name in filters),
        units=units_in_reach(ctx, Permission.SEE_ORGANISATION),
        kind_name=kind_name,
        may_import=may_import,
        imported=request.args.get("imported", type=int),
        undone=request.args.get("undone", type=int),
        stay=request.args.get("stay", 0, type=int),
    )


@page(blueprint, "/org/people/<uuid:person_id>", needs=Permission.SEE_ORGANISATION)
def person(ctx: Context, person_id: UUID) -> Response:
    """One person: where they work and have worked, and whether they sign in."""
    response = render(
        "employer/person.html",
        employments=listed.person(ctx, Permission.SEE_ORGANISATION, person_id),
        kind_name=kind_name,
        way_back=way_back(ctx, person_id),
        may_sign_out=may_sign_out(ctx, person_id),
        signed_out="signed_out" in request.args,
        begun_again="begun_again" in request.args,
        objections=open_objections_of(ctx, person_id) if ctx.who.may(Permission.ANSWER_OBJECTION) else [],
        is_refused=ctx.who.may(Permission.SEE_MESSAGES) and is_refused(ctx, person_id),
    )
    keep_view(ctx, "employment", Permission.SEE_ORGANISATION, person_id)
    return response


@page(
    blueprint,
    "/org/people/<uuid:person_id>/sign-out",
    methods=("POST",),
    writes=True,
    needs=Permission.MANAGE_SIGN_IN,
)
def sign_person_out(ctx: Context, person_id: UUID) -> Response:
    """Sign somebody out on every device, at once."""
    sign_out(ctx, person_id)
    return redirect(url_for("employer.person", person_id=person_id, signed_out=1), 303)


@page(
    blueprint,
    "/org/people/<uuid:person_id>/start-again",
    methods=("POST",),
    writes=True,
    needs=Permission.MANAGE_SIGN_IN,
)
def let_person_start_again(ctx: Context, person_id: UUID) -> Response:
    """Let somebody without an address, who has forgotten the password, begin again with a slip."""
    let_start_again(ctx, person_id)
    return redirect(url_for("employer.person", person_id=person_id, begun_again=1), 303)


@page(blueprint, "/org/people/import", methods=("GET", "POST"), needs=Permission.IMPORT_PEOPLE)
def import_people(ctx: Context) -> Response:
    """Choose a staff list. A list with personal identity numbers is not kept; any other is, for the preview."""
    if request.method == "GET":
        return _import_page(ctx)
    sent = request.files.get("file")
    data = sent.read() if sent else b""
    if not data:
        return _import_page(ctx, status=422, missing=True, **_options())
    staff = intake.read_staff_list(data, ctx.country)
    if any(fault.code == "personal_number" for fault in staff.faults):
        lines = [_line(ctx, line) for line in intake.plan_import(ctx, staff).lines if line.faults]
        return _import_page(ctx, status=422, lines=lines, **_options())
    return redirect(url_for("employer.import_preview", upload=keep_upload(ctx, data), **_given()), 303)


def _import_page(ctx: Context, *, status: int = 200, **values: Any) -> Response:
    shown = {"missing": False, "create_units": False, "everybody": False, "lines": []}
    return render(
        "employer/import.html",
        status=status,
        **shown | values,
        columns=column_words(ctx.language),
        all_columns=COLUMNS,
        required=REQUIRED,
    )


def _options() -> dict[str, bool]:
    """What the person wants done beyond the lines, as it stands in the form or the address."""
    return {name: name in request.values for name in ("create_units", "everybody")}


def _given() -> dict[str, Any]:
    """The same for an address."""
    return {name: 1 for name, wanted in _options().items() if wanted}


def _plan(ctx: Context, upload: UUID) -> ImportPlan:
    return intake.plan_import(ctx, _staff(ctx, upload), **_options())


def _staff(ctx: Context, upload: UUID) -> StaffList:
    return intake.read_staff_list(uploaded(ctx, upload), ctx.country)


@page(blueprint, "/org/people/import/<uuid:upload>", needs=Permission.IMPORT_PEOPLE)
def import_preview(ctx: Context, upload: UUID) -> Response:
    """What would happen to every line of the file; nothing has been written yet."""
    return _preview(ctx, upload, _plan(ctx, upload))


def _preview(
    ctx: Context, upload: UUID, plan: ImportPlan, *, status: int = 200, outdated: bool = False
) -> Response:
    counts = {fate: plan.count(fate) for fate in FATES if plan.count(fate)}
    chosen = request.args.get("show", "fault" if plan.faults else "")
    wanted = [line for line in plan.lines if chosen not in counts or line.fate == chosen]
    shown = wanted if "all" in request.args else wanted[:FIRST]
    options = _options()
    given: dict[str, Any] = {"upload": upload, **_given()}
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
        with_units_href=url_for("employer.import_preview", **given | {"create_units": 1}),
        without_others_href=url_for("employer.import_preview", **given | {"everybody": None}),
        missing_units=any(fault.code == "unknown_unit" for fault in plan.faults)
        and not options["create_units"],
        too_many=any(fault.code == "ends_too_many" for fault in plan.faults),
        ending=plan.ending if "all" in request.args else plan.ending[:FIRST],
        faults_href=url_for("employer.import_faults", **given),
        upload=upload,
        options=options,
        outdated=outdated,
    )


@page(blueprint, "/org/people/import/<uuid:upload>/faults.csv", needs=Permission.IMPORT_PEOPLE)
def import_faults(ctx: Context, upload: UUID) -> Response:
    """The faults of a file as a list to work through: line, column, what is wrong, what to do."""
    plan = _plan(ctx, upload)
    _ = catalogue(ctx.language).gettext
    columns = column_words(ctx.language)
    text = io.StringIO()
    table = csv.writer(text, delimiter=";", lineterminator="\r\n")
    table.writerow([_("Line"), _("Column"), _("What is wrong"), _("What to do")])
    for fault in plan.faults:
        sentences = fault_sentence(fault, ctx.language), remedy(fault, ctx.language)
        table.writerow([fault.line, columns.get(fault.column, ""), *map(defused, sentences)])
    response = Response(text.getvalue().encode("utf-8-sig"), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = 'attachment; filename="faults.csv"'
    response.headers["Cache-Control"] = "no-store"
    return response


@page(blueprint, "/org/people/import/<uuid:upload>", methods=("POST",), needs=Permission.IMPORT_PEOPLE)
def import_confirm(ctx: Context, upload: UUID) -> Response:
    """Import the file that was looked at, or give it up; either way it is removed.

    The import is a unit of work of its own, so that the file goes only after it has been written.
    """
    staff = _staff(ctx, upload)
    written = 0
    if "give_up" not in request.form:
        try:
            with work(house(), ctx.who, now=ctx.now, time_zone=ctx.time_zone, country=ctx.country) as writing:
                imported = intake.import_people(
                    writing, staff, **_options(), digest=request.form.get("digest", "")
                )
                written = imported.new + imported.changed + imported.ended
        except (Conflict, Invalid):
            plan = intake.plan_import(ctx, staff, **_options())
            return _preview(ctx, upload, plan, status=409, outdated=True)
    forget_upload(house(), ctx.employer_id, ctx.who.person_id, upload)
    return redirect(
        url_for("employer.people", imported=written) if written else url_for("employer.import_people"), 303
    )


@page(blueprint, "/org/people/imports/<uuid:import_id>/undo", needs=Permission.IMPORT_PEOPLE)
def import_undo(ctx: Context, import_id: UUID) -> Response:
    """What undoing the last import would do: to how many people, and who stays as they are."""
    undoing = plan_undo(ctx, import_id)
    line = next(line for line in earlier_imports(ctx) if line.public_id == import_id)
    day = ctx.day_of(line.imported_at)
    return render("employer/import_undo.html", undoing=undoing, line=line, day=day, time_zone=ctx.time_zone)


@page(
    blueprint,
    "/org/people/imports/<uuid:import_id>/undo",
    methods=("POST",),
    writes=True,
    needs=Permission.IMPORT_PEOPLE,
)
def import_undone(ctx: Context, import_id: UUID) -> Response:
    """Undo the last import."""
    undone = intake.undo_import(ctx, import_id)
    return redirect(url_for("employer.people", undone=undone.people, stay=len(undone.stay) or None), 303)


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
            (columns.get(fault.column, ""), fault_sentence(fault, ctx.language), remedy(fault, ctx.language))
            for fault in line.faults
        ],
    }
