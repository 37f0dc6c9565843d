"""Files of the register: one is asked for, made in the background, fetched; some are made again and again."""

import tempfile
from dataclasses import replace
from typing import Any
from uuid import UUID

from flask import redirect, request, url_for
from marshmallow import fields, validate
from werkzeug.wrappers import Response

from lms.base.access import Permission
from lms.base.context import Context
from lms.base.errors import Invalid, NotFound
from lms.register.queries import Filter
from lms.reports import actions, queries, schedules
from lms.reports.making import rows_today
from lms.reports.narrowing import View, kept
from lms.reports.register_file import course_titles, rule_reasons, unit_names, view_words
from lms.reports.rules import CERTIFICATES, Every, Format
from lms.web.blueprints import employer as blueprint
from lms.web.employer_register import FORMATS, sent_file
from lms.web.lead_forms import LeadForm, sent
from lms.web.pages import house, page, render
from lms.web.register_address import days, narrowed

KINDS: dict[str, Format] = {**FORMATS, "pdf": "pdf"}
EVERY: dict[str, Every] = {"week": "week", "month": "month"}
AGAIN = "5"  # seconds until the page that waits for a file loads itself again


class OrderForm(LeadForm):
    """Which file, and how often; the filter stands in fields beside it."""

    kind = fields.Str(load_default="xlsx", validate=validate.OneOf(KINDS))
    every = fields.Str(load_default="once", validate=validate.OneOf(("once", *EVERY)))


ORDER = OrderForm()


class CertificatesForm(LeadForm):
    """Which certificates, and as what."""

    kind = fields.Str(load_default="certificates-zip", validate=validate.OneOf(CERTIFICATES))
    passed_from = fields.Date(load_default=None)
    passed_to = fields.Date(load_default=None)


OF_CERTIFICATES = CertificatesForm()


@page(blueprint, "/register/files", needs=Permission.EXPORT_REGISTER)
def register_files(ctx: Context) -> Response:
    """Ask for a file of the register as filtered; one's own files, how far they are and until when they are kept.

    While a file is being made there is a way to the files alone, which load themselves again: what somebody is filling
    in would be lost.
    """
    view, files, regular = _view(ctx), queries.own_files(ctx), schedules.regular_files(ctx)
    words = _words(ctx, [view, *(each.view for each in files), *(each.view for each in regular)])
    running = any(each.is_running for each in files)
    waits = running and "waits" in request.args
    response = render(
        "employer/files.html",
        files=files,
        regular=regular,
        running=running,
        waits=waits,
        chosen=kept(view),
        rows=None if view.then else rows_today(ctx, view.narrowed),
        kind=request.args.get("kind", "xlsx"),
        words=words,
        said=words(view),
        whose=words(_of_certificates(view)),
        may_take_certificates=ctx.who.may(Permission.EXPORT_CERTIFICATES),
        day_of=ctx.day_of,
        time_zone=ctx.time_zone,
    )
    if waits:
        response.headers["Refresh"] = AGAIN
    return response


def _view(ctx: Context) -> View:
    """What of the register this request is about. Raises Invalid for a day that is none, or lies ahead."""
    return View(narrowed(), days(ctx).checked())


def _of_certificates(view: View) -> View:
    """What of a view a file of certificates heeds: whose they are and of which course."""
    chosen = view.narrowed
    return View(Filter(unit=chosen.unit, only_here=chosen.only_here, course=chosen.course))


def _words(ctx: Context, views: list[View]) -> Any:
    """What says a view in words; the names are read once for all of them."""
    units = unit_names(ctx) if any(each.narrowed.unit for each in views) else {}
    titles, rules = course_titles(ctx), rule_reasons(ctx, (each.narrowed.rule for each in views))
    return lambda each: view_words(each, ctx.language, titles=titles, units=units, rules=rules)


@page(blueprint, "/register/files", methods=("POST",), writes=True, needs=Permission.EXPORT_REGISTER)
def order_file(ctx: Context) -> Response:
    """Send a small file at once, and have any other one made: now, or every week or month from now on."""
    values, faults = sent(ORDER, request.form)
    if faults:
        raise NotFound
    view, kind = _view(ctx), KINDS[values["kind"]]
    if values["every"] in EVERY:
        if view.then is not None:
            raise NotFound  # a past day stays as it is
        schedules.schedule_export(ctx, view.narrowed, kind, EVERY[values["every"]])
        return redirect(url_for("employer.register_files", _anchor="regular"), 303)
    if actions.is_small(ctx, view, kind):
        return redirect(url_for("employer.register_file", kind=kind, **kept(view)), 303)
    actions.order_export(ctx, view, kind)
    return redirect(url_for("employer.register_files", waits=1, **kept(view)), 303)


@page(
    blueprint,
    "/register/files/certificates",
    methods=("POST",),
    writes=True,
    needs=Permission.EXPORT_CERTIFICATES,
)
def order_certificates(ctx: Context) -> Response:
    """Have the certificates of a unit, a course or a period made into one file: of the people as they work today."""
    values, faults = sent(OF_CERTIFICATES, request.form)
    if faults:
        raise Invalid(faults)
    view = replace(
        _of_certificates(View(narrowed())), passed_from=values["passed_from"], passed_to=values["passed_to"]
    )
    actions.order_export(ctx, view, values["kind"])
    return redirect(url_for("employer.register_files", waits=1, **kept(_view(ctx))), 303)


@page(blueprint, "/register/files/<uuid:file_id>", needs=Permission.EXPORT_REGISTER)
def finished_file(ctx: Context, file_id: UUID) -> Response:
    """A file of one's own that was made, as long as one reaches what is in it."""
    key, name, kind = queries.finished_file(ctx, file_id)
    file = tempfile.TemporaryFile()  # noqa: SIM115  (the answer closes it)
    try:
        house().files.download(key, file)
    except KeyError:
        file.close()
        raise NotFound from None
    except BaseException:
        file.close()
        raise
    file.seek(0)
    return sent_file(file, name, kind)


@page(
    blueprint,
    "/register/files/<uuid:file_id>/again",
    methods=("POST",),
    writes=True,
    needs=Permission.EXPORT_REGISTER,
)
def file_again(ctx: Context, file_id: UUID) -> Response:
    """Have a file made that could not be made before, or was withdrawn."""
    actions.try_again(ctx, file_id)
    return redirect(url_for("employer.register_files", waits=1), 303)


@page(
    blueprint,
    "/register/files/regular/<uuid:schedule_id>/stop",
    methods=("POST",),
    writes=True,
    needs=Permission.EXPORT_REGISTER,
)
def regular_file_stop(ctx: Context, schedule_id: UUID) -> Response:
    """Have a file made no more."""
    schedules.stop_schedule(ctx, schedule_id)
    return redirect(url_for("employer.register_files", _anchor="regular"), 303)
