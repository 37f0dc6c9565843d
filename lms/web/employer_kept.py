"""How long certificates are kept, in years; that which would be forgotten at once is seen before it is decided."""

from flask import redirect, request, url_for
from marshmallow import fields
from werkzeug.wrappers import Response

from lms.base.access import Permission
from lms.base.context import Context
from lms.base.errors import Invalid
from lms.evidence import forgetting
from lms.web.blueprints import employer as blueprint
from lms.web.lead_forms import LeadForm, sent
from lms.web.pages import page, render

MONTHS = 12  # of a year


class KeptForm(LeadForm):
    """For how many years, and that it is meant."""

    years = fields.Int(load_default=None)
    confirmed = fields.Bool(load_default=False)


FORM = KeptForm()


@page(blueprint, "/settings/certificates/kept", needs=Permission.SET_RETENTION)
def certificates_kept(ctx: Context) -> Response:
    """How long certificates are kept now, and the form to change it."""
    return _show(ctx)


@page(
    blueprint, "/settings/certificates/kept", methods=("POST",), writes=True, needs=Permission.SET_RETENTION
)
def keep_certificates(ctx: Context) -> Response:
    """Keep them for another time; if some would be forgotten at once, say so first."""
    values, faults = sent(FORM, request.form)
    years = values["years"]
    if years is None:
        return _show(ctx, 422, years=request.form.get("years", ""), fault=faults.get("years", "missing"))
    try:
        over = forgetting.certificates_over(ctx, years * MONTHS)
        if over and not values["confirmed"]:
            return _show(ctx, years=years, over=over)
        forgetting.set_months_kept(ctx, years * MONTHS)
    except Invalid as refusal:
        return _show(ctx, 422, years=years, fault=refusal.fields["months"])
    return redirect(url_for("employer.certificate_layout", kept=1), 303)


def _show(ctx: Context, status: int = 200, **values: object) -> Response:
    months = forgetting.months_kept(ctx)
    shown: dict[str, object] = {
        "months": months,
        "years": round(months / MONTHS),
        "least": forgetting.LEAST // MONTHS,
        "most": forgetting.MOST // MONTHS,
        "usual": forgetting.KEPT // MONTHS,
        "over": 0,
        "fault": "",
    }
    return render("employer/certificates_kept.html", status=status, **shown | values)
