"""What the employer asks of leads and above at sign-in, who has set it up, and resetting a lost second step."""

from datetime import timedelta
from uuid import UUID

from flask import redirect, request, url_for
from marshmallow import EXCLUDE, Schema, ValidationError, fields
from werkzeug.wrappers import Response

from lms.base.access import Permission
from lms.base.context import Context
from lms.base.errors import Invalid
from lms.organisation.factor_policy import POLICIES
from lms.organisation.second_factor import WHOLE, factor_holders, policy, reset_factor, set_policy
from lms.web.blueprints import employer as blueprint
from lms.web.pages import page, render

FIRST = 50  # rows before "Show more"
NOTICE = timedelta(days=14)  # proposed, so that people can set it up in time


class PolicyForm(Schema):
    """What is chosen; a day that cannot be one counts as left out."""

    class Meta:
        """Nothing else matters."""

        unknown = EXCLUDE

    second_factor = fields.Str(load_default="")
    first_day = fields.Date(load_default=None)


POLICY_FORM = PolicyForm()


def _show(ctx: Context, *, status: int = 200, **values: object) -> Response:
    known = policy(ctx)
    limit = 10 * FIRST if "more" in request.args else FIRST
    shown: dict[str, object] = {
        "policies": POLICIES,
        "chosen": known.second_factor,
        "first_day": known.first_day or ctx.today + NOTICE,
        "known": known,
        "holders": factor_holders(ctx, limit=limit),
        "may_set": WHOLE in ctx.who.paths(Permission.MANAGE_SIGN_IN),
        "may_reset": ctx.who.may(Permission.MANAGE_SIGN_IN),
        "more_href": url_for("employer.sign_in", more=1) if limit == FIRST else "",
        "errors": {},
        "saved": "saved" in request.args,
        "was_reset": "reset" in request.args,
    }
    return render("employer/sign_in.html", status=status, **shown | values)


@page(blueprint, "/settings/sign-in", needs=Permission.SEE_ORGANISATION)
def sign_in(ctx: Context) -> Response:
    """The policy, and who has and has not set up a second step."""
    return _show(ctx)


@page(blueprint, "/settings/sign-in", methods=("POST",), writes=True, needs=Permission.MANAGE_SIGN_IN)
def save_sign_in(ctx: Context) -> Response:
    """Keep the policy."""
    sent = {name: value for name, value in request.form.items() if value}
    try:
        wanted = POLICY_FORM.load(sent)
    except ValidationError as error:
        wanted = POLICY_FORM.load({}) | error.valid_data
    try:
        set_policy(ctx, **wanted)
    except Invalid as refusal:
        return _show(ctx, status=422, errors=refusal.fields, chosen=wanted["second_factor"])
    return redirect(url_for("employer.sign_in", saved=1), 303)


@page(
    blueprint,
    "/settings/sign-in/<uuid:person_id>/reset",
    methods=("POST",),
    writes=True,
    needs=Permission.MANAGE_SIGN_IN,
)
def reset_second_step(ctx: Context, person_id: UUID) -> Response:
    """Take somebody's lost second step away."""
    reset_factor(ctx, person_id)
    return redirect(url_for("employer.sign_in", reset=1), 303)
