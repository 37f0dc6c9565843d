"""The register of staff knowledge, of today or a past day: on screen, as a file, for machines; the same rows in all."""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date
from typing import IO, Any
from urllib.parse import quote, urlencode
from uuid import UUID

from flask import make_response, redirect, request, url_for
from werkzeug.wrappers import Response
from werkzeug.wsgi import wrap_file

from lms.base.access import Permission
from lms.base.context import Context
from lms.base.errors import Conflict, Invalid, NotFound
from lms.base.i18n import catalogue as texts
from lms.catalogue import queries as catalogue
from lms.evidence import queries as evidence
from lms.evidence.decisions import decisions, may_decide
from lms.evidence.forgetting import forgotten_among
from lms.organisation.queries import units_in_reach
from lms.organisation.roles import ROLES
from lms.register.duty_rules import NEVER
from lms.register.queries import CourseCoverage, RegisterRow
from lms.register.register_on import RegisterPage, differences_on, page_on
from lms.register.rules import State
from lms.register.saved_views import forget_view, my_views, save_view
from lms.register.views_kept import keep_certificate_view
from lms.reports.actions import export_register, is_small, note_rows_taken
from lms.reports.narrowing import View, kept
from lms.reports.register_file import rule_reasons
from lms.reports.rules import Format
from lms.reports.words import sought_words
from lms.web.blueprints import employer as blueprint
from lms.web.pages import page, render
from lms.web.paging import ROWS, Paging, first_row
from lms.web.register_address import days, narrowed, view_of

TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pdf": "application/pdf",
    "certificates-zip": "application/zip",
    "certificates-pdf": "application/pdf",
}


FORMATS: dict[str, Format] = {"csv": "csv", "xlsx": "xlsx"}
NOTHING = RegisterPage([], 0, [])


@page(blueprint, "/register", needs=Permission.SEE_REGISTER)
def register(ctx: Context) -> Response:
    """Who knows what on a day: every employment in force and each course it asks for, those not begun too."""
    chosen, asked, start = narrowed(), days(ctx), first_row()
    view = view_of(request.args)
    found, refused, pairs = NOTHING, None, []
    if not asked.faults:
        try:
            if asked.then is not None and asked.compares:
                pairs = differences_on(ctx, asked.then, chosen)
                found = RegisterPage([], len(pairs), [])
            else:
                found = page_on(ctx, asked.then, chosen, start=start, limit=ROWS)
        except Conflict as error:
            refused = error
    editions = {edition.course: edition for edition in catalogue.current_editions(ctx)}
    shown = [
        *found.rows,
        *(row for pair in pairs[start : start + ROWS] for row in (pair.then, pair.now) if row),
    ]
    return render(
        "employer/register.html",
        status=422 if asked.faults else 200,
        found=found,
        pairs=pairs[start : start + ROWS],
        refused=refused,
        paging=Paging(start, found.size),
        coverage=[part for part in _in_order(found.coverage) if part.asked],
        texts={course: edition.text(ctx.language) for course, edition in editions.items()},
        looks={course: edition.look for course, edition in editions.items()},
        units=units_in_reach(ctx, Permission.SEE_REGISTER),
        rules=rule_reasons(ctx, [chosen.rule]),
        roles=[(key, names.get(ctx.language, names["en"])) for key, names in ROLES.items()],
        states=_states(ctx),
        chosen=chosen,
        asked=asked,
        view=view,
        query=urlencode(view),
        views=my_views(ctx),
        saved=request.args.get("saved", ""),
        active=len(view.keys() - asked.typed.keys()),
        files={kind: url_for("employer.register_file", kind=kind, **_of_file(view)) for kind in FORMATS},
        forgotten=forgotten_among(ctx, ((row.certificate, row.expires_on) for row in shown)),
        of_day={name: view[name] for name in ("day", "known") if name in view},
        to=lambda **changed: address_of(view_of({**view, **changed})),
        files_href=url_for("employer.register_files", **_of_file(view)),
        may_export=ctx.who.may(Permission.EXPORT_REGISTER),
        may_take_certificates=ctx.who.may(Permission.EXPORT_CERTIFICATES),
        never=NEVER,
        may_answer=ctx.who.may(Permission.ANSWER_OBJECTION),
        now=ctx.now,
        time_zone=ctx.time_zone,
    )


def _in_order(parts: Sequence[CourseCoverage]) -> list[CourseCoverage]:
    return sorted(parts, key=lambda part: catalogue.place(part.course))


def _states(ctx: Context) -> list[tuple[str, str]]:
    """The states to choose from: those of single rows, then those taken together."""
    return [
        (state, words)
        for state, words in sought_words(texts(ctx.language).gettext).items()
        if state is not State.NOT_REQUIRED
    ]


@page(blueprint, "/register/views", methods=("POST",), writes=True, needs=Permission.SEE_REGISTER)
def register_save_view(ctx: Context) -> Response:
    """Keep what the register is narrowed to, under a name."""
    view = view_of(request.form)
    try:
        save_view(ctx, request.form.get("name", "").replace("\0", ""), urlencode(view))
    except Invalid as error:
        return redirect(address_of({**view, "saved": error.fields["name"]}), 303)
    except Conflict as error:
        return redirect(address_of({**view, "saved": error.code}), 303)
    return redirect(address_of({**view, "saved": "yes"}), 303)


@page(
    blueprint,
    "/register/views/<uuid:view_id>/forget",
    methods=("POST",),
    writes=True,
    needs=Permission.SEE_REGISTER,
)
def register_forget_view(ctx: Context, view_id: UUID) -> Response:
    """Forget a saved view of one's own."""
    forget_view(ctx, view_id)
    return redirect(url_for("employer.register"), 303)


def address_of(parameters: dict[str, Any]) -> str:
    """Address of the register with some parameters."""
    return url_for("employer.register", **parameters)


def _of_file(view: Mapping[str, str]) -> dict[str, Any]:
    """What a file is of: of two that are compared, what was known then."""
    return view_of({**view, "known": view.get("compare") or view.get("known"), "compare": ""})


@page(blueprint, "/register/rows.json", needs=Permission.EXPORT_REGISTER)
def register_json(ctx: Context) -> Response:
    """The rows of the page for machines: the same filter and days, the same rows in the same order, page by page.

    Whoever asks takes the register out: that is noted once a day, as it is of a file.
    """
    try:
        then = days(ctx).checked()
        found = page_on(ctx, then, narrowed(), start=first_row(), limit=ROWS)
        note_rows_taken(ctx, View(narrowed(), then), found.size)
    except Invalid as error:
        return _json({"error": "invalid", "fields": error.fields}, 422)
    except Conflict as error:
        return _json({"error": error.code, **error.facts}, 409)
    paging = Paging(first_row(), found.size)
    return _json(
        {
            "day": then.day if then else ctx.today,
            "known_on": then.known_on if then else None,
            "size": found.size,
            "next": paging.ahead or None,
            "rows": [_row(row) for row in found.rows],
        }
    )


def _row(row: RegisterRow) -> dict[str, object]:
    """A row as a file has it: a protected identity has no name, and no due date is none."""
    values = asdict(row) | {"due_on": None if row.due_on == NEVER else row.due_on}
    return values | {"person_id": None if row.protected else row.person_id}


def _json(value: object, status: int = 200) -> Response:
    response = make_response(json.dumps(value, default=_plain, ensure_ascii=False), status)
    response.content_type = "application/json; charset=utf-8"
    return response


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)


@page(blueprint, "/register/file/<kind>", needs=Permission.EXPORT_REGISTER)
def register_file(ctx: Context, kind: str) -> Response:
    """The register, as filtered, as a file; one that takes long is asked for on the page of files."""
    if kind not in FORMATS:
        raise NotFound
    view, asked = View(narrowed(), days(ctx).checked()), FORMATS[kind]
    if not is_small(ctx, view, asked):
        return redirect(url_for("employer.register_files", kind=kind, **kept(view)), 303)
    export = export_register(ctx, view.narrowed, asked, view.then)
    return sent_file(export.file, export.name, kind)


def sent_file(file: IO[bytes], name: str, kind: str) -> Response:
    """An open file as an answer to be saved, which closes it."""
    response = Response(wrap_file(request.environ, file), content_type=TYPES[kind], direct_passthrough=True)
    response.content_length = os.fstat(file.fileno()).st_size
    response.headers["Content-Disposition"] = (
        f"attachment; filename=\"kunnig.{kind.rpartition('-')[2]}\"; filename*=UTF-8''{quote(name)}"
    )
    response.headers["Cache-Control"] = "no-store"
    return response


@page(blueprint, "/register/certificate/<number>", needs=Permission.SEE_REGISTER)
def register_certificate(ctx: Context, number: str) -> Response:
    """The evidence behind a row: the certificate, without anything about how it was earned."""
    then = days(ctx).checked()
    found = evidence.certificate_in_reach(ctx, number, day=then.day if then else None)
    response = render(
        "employer/certificate.html",
        certificate=found,
        from_team=False,
        then=then,
        decisions=decisions(ctx, found),
        may_decide=then is None and may_decide(ctx, number),
        did=request.args.get("did", ""),
    )
    keep_certificate_view(ctx, found.content.number)
    return response
