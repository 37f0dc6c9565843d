"""One more attempt at a test, given to somebody who asks for it."""

from collections.abc import Mapping
from uuid import UUID

from flask import redirect, request, url_for
from marshmallow import fields
from werkzeug.wrappers import Response

from lms.base.access import Permission
from lms.base.context import Context
from lms.base.errors import Invalid
from lms.learning.extra_attempts import give_attempt, limited_courses, person_to_give
from lms.web.blueprints import lead as blueprint
from lms.web.lead_forms import LeadForm, sent
from lms.web.pages import page, render


class AttemptForm(LeadForm):
    """At which test, and why."""

    course = fields.Str(load_default="")
    reason = fields.Str(load_default="")


ATTEMPT = AttemptForm()


@page(blueprint, "/team/<uuid:person_id>/attempt", needs=Permission.GIVE_ATTEMPT)
def attempt(ctx: Context, person_id: UUID) -> Response:
    """At which test, and why; nothing here says whether the person has attempts left."""
    return _show(ctx, person_id, {"course": request.args.get("course", ""), "reason": ""}, {})


@page(
    blueprint,
    "/team/<uuid:person_id>/attempt",
    methods=("POST",),
    writes=True,
    needs=Permission.GIVE_ATTEMPT,
)
def attempt_give(ctx: Context, person_id: UUID) -> Response:
    """Give it, and go back to the person."""
    values, _faults = sent(ATTEMPT, request.form)
    try:
        give_attempt(ctx, person_id, values["course"], values["reason"])
    except Invalid as refusal:
        return _show(ctx, person_id, values, refusal.fields)
    return redirect(url_for("lead.person", person_id=person_id, attempt="given"), 303)


def _show(ctx: Context, person_id: UUID, values: Mapping[str, str], faults: Mapping[str, str]) -> Response:
    person = person_to_give(ctx, person_id)
    return render(
        "lead/attempt.html",
        status=422 if faults else 200,
        person=person,
        name=f"{person.given_name} {person.family_name}",
        courses=[(edition.course, edition.text(ctx.language).title) for edition in limited_courses(ctx)],
        form=values,
        faults=faults,
    )
