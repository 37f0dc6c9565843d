"""How the employer's certificates look and who signs them: tried, looked at, and published.

The page with the form never loads itself again, so that nothing is lost that somebody is typing; the page of what is
tried does, until its pages are there.
"""

from datetime import timedelta
from uuid import UUID

from flask import redirect, request, url_for
from marshmallow import fields
from werkzeug.wrappers import Response

from lms.base.access import Permission
from lms.base.context import Context
from lms.base.errors import Invalid
from lms.evidence import layouts
from lms.evidence.forgetting import months_kept
from lms.evidence.layouts import KINDS, NAMES, Wanted
from lms.web.blueprints import employer as blueprint
from lms.web.lead_forms import LeadForm, sent
from lms.web.pages import page, render
from lms.web.staff_certificates import PDF_POLICY

BAND, TEXT = "#1a6763", "#1f1d36"  # proposed where the colours are still those of the course
AGAIN = "3"  # seconds until the page that waits for a preview loads itself again
LONG = timedelta(minutes=2)  # how long it does so


class LayoutForm(LeadForm):
    """A layout as it was filled in; colours count if they are chosen as own."""

    base = fields.Str(load_default="")
    colours = fields.Str(load_default="")
    band_colour = fields.Str(load_default="")
    text_colour = fields.Str(load_default="")
    keeps_logo = fields.Bool(load_default=False)
    template = fields.Str(load_default="")
    signatory_name = fields.Str(load_default="")
    signatory_title = fields.Str(load_default="")


FORM = LayoutForm()


@page(blueprint, "/settings/certificates", needs=Permission.MANAGE_CERTIFICATE_LAYOUT)
def certificate_layout(ctx: Context) -> Response:
    """What new certificates look like, the form to try something else, and what was published when and by whom."""
    return _show(ctx)


@page(
    blueprint, "/settings/certificates", methods=("POST",), needs=Permission.MANAGE_CERTIFICATE_LAYOUT
)  # the action writes in a short transaction of its own, after the file is stored
def try_certificate_layout(ctx: Context) -> Response:
    """Try a layout: the worker makes its pages."""
    given, _faults = sent(FORM, request.form)
    given["template"] = "\n".join(given["template"].splitlines()).strip()  # as its lines are counted
    own = given["colours"] == "own"
    logo = request.files.get("logo")
    wanted = Wanted(
        base=given["base"],
        band_colour=given["band_colour"] if own else "",
        text_colour=given["text_colour"] if own else "",
        logo=logo.read() if logo else b"",
        keeps_logo=given["keeps_logo"],
        template=given["template"],
        signatory_name=given["signatory_name"],
        signatory_title=given["signatory_title"],
    )
    try:
        layout = layouts.try_layout(ctx, wanted)
    except Invalid as refusal:
        return _show(ctx, status=422, errors=refusal.fields, given=given, about=refusal.facts)
    return redirect(
        url_for("employer.certificate_layout_tried", layout_id=layout), 303
    )  # an address with # would not load itself again


@page(blueprint, "/settings/certificates/<uuid:layout_id>", needs=Permission.MANAGE_CERTIFICATE_LAYOUT)
def certificate_layout_tried(ctx: Context, layout_id: UUID) -> Response:
    """The pages of what was tried, to be published; and of what was published before."""
    trial = layouts.layout_tried(ctx, layout_id)
    version = trial.version
    waits = version.previewed_at is None and trial.is_newest and ctx.now - version.created_at < LONG
    response = render(
        "employer/certificate_layout_tried.html",
        trial=trial,
        names=NAMES,
        waits=waits,
        day_of=ctx.day_of,
        time_zone=ctx.time_zone,
    )
    if waits:
        response.headers["Refresh"] = AGAIN
    return response


@page(
    blueprint,
    "/settings/certificates/<uuid:layout_id>/publish",
    methods=("POST",),
    needs=Permission.MANAGE_CERTIFICATE_LAYOUT,
)  # as above
def publish_certificate_layout(ctx: Context, layout_id: UUID) -> Response:
    """Let new certificates have it."""
    layouts.publish_layout(ctx, layout_id)
    return redirect(url_for("employer.certificate_layout", published=1), 303)


@page(
    blueprint,
    "/settings/certificates/<uuid:layout_id>/<name>.<kind>",
    needs=Permission.MANAGE_CERTIFICATE_LAYOUT,
)
def certificate_layout_page(ctx: Context, layout_id: UUID, name: str, kind: str) -> Response:
    """A page of a preview, as a PDF or as a picture of it. What is made once never changes."""
    response = Response(layouts.previewed_page(ctx, layout_id, name, kind), mimetype=KINDS[kind])
    response.headers["Content-Disposition"] = f'inline; filename="kunnig-{name}.{kind}"'
    response.headers["Cache-Control"] = "private, max-age=86400, immutable"
    if kind == "pdf":
        response.headers["Content-Security-Policy"] = PDF_POLICY
    return response


def _show(ctx: Context, *, status: int = 200, **values: object) -> Response:
    """The page; what was given and refused stands in the form, else what was tried or published last."""
    found = layouts.certificate_layouts(ctx)
    template = layouts.template_now(ctx)
    shown: dict[str, object] = {
        "tried": found.tried,
        "published": found.published,
        "signatory": found.signatory,
        "names": NAMES,
        "given": _given(found, template or ""),
        "example": layouts.example_template(),
        "vocabulary": layouts.template_vocabulary(),
        "longest_signatory": layouts.LONGEST_SIGNATORY,
        "has_logo": bool(found.newest and found.newest.has_logo and template is not None),
        "is_lost": template is None,
        "errors": {},
        "about": {"about": "", "line": None},
        "was_published": "published" in request.args,
        "was_kept": "kept" in request.args,
        "months_kept": months_kept(ctx),
        "may_keep": ctx.who.may(Permission.SET_RETENTION),
        "day_of": ctx.day_of,
        "time_zone": ctx.time_zone,
    }
    return render("employer/certificate_layout.html", status=status, **shown | values)


def _given(found: layouts.Layouts, template: str) -> dict[str, object]:
    """What stands in the form before anything was sent."""
    last = found.newest
    return {
        "base": last.base if last else "portrait-1",
        "colours": "own" if last and last.band_colour else "course",
        "band_colour": (last and last.band_colour) or BAND,
        "text_colour": (last and last.text_colour) or TEXT,
        "keeps_logo": True,
        "template": template,
        "signatory_name": (last.signatory_name if last else found.signatory.name) or "",
        "signatory_title": (last.signatory_title if last else found.signatory.title) or "",
    }
