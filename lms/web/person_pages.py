"""The record of one person as a page: for those who see the register, and for those who lead the person."""

from uuid import UUID

from flask import request
from werkzeug.wrappers import Response

from lms.base.access import Permission
from lms.base.context import Context
from lms.catalogue import queries as catalogue
from lms.evidence import queries as evidence
from lms.organisation.roles import role_name
from lms.register.duty_rules import NEVER
from lms.register.views_kept import keep_certificate_view, keep_view
from lms.reports.person_record import person_record
from lms.reports.person_story import picture
from lms.web.blueprints import employer, lead
from lms.web.pages import page, render
from lms.web.register_address import days


@page(employer, "/register/people/<uuid:person_id>", needs=Permission.SEE_REGISTER)
def register_person(ctx: Context, person_id: UUID) -> Response:
    """One person in the register, of today or a past day: what is asked and why, the evidence, and what happened."""
    return _show(ctx, Permission.SEE_REGISTER, person_id, "employer/register_person.html")


@page(lead, "/team/<uuid:person_id>/record", needs=Permission.SEE_TEAM)
def record(ctx: Context, person_id: UUID) -> Response:
    """The same for those who lead the person."""
    return _show(ctx, Permission.SEE_TEAM, person_id, "lead/record.html")


@page(lead, "/team/certificate/<number>", needs=Permission.SEE_TEAM)
def certificate(ctx: Context, number: str) -> Response:
    """The evidence: a certificate of somebody in the team, without anything about how it was earned."""
    found = evidence.certificate_in_reach(ctx, number, named=True)
    response = render("employer/certificate.html", certificate=found, from_team=True)
    keep_certificate_view(ctx, found.content.number)
    return response


def _show(ctx: Context, permission: Permission, person_id: UUID, template: str) -> Response:
    editions = {edition.course: edition for edition in catalogue.current_editions(ctx)}
    then = days(ctx).checked()
    found = person_record(ctx, permission, person_id, list(editions), then)
    due = [(each.course, each.standing.due_on) for each in found.asked]
    response = render(
        template,
        record=found,
        picture=picture(found.facts, found.seen, due, found.day),
        then=then,
        texts={course: edition.text(ctx.language) for course, edition in editions.items()},
        looks={course: edition.look for course, edition in editions.items()},
        role_name=lambda key: role_name(key, ctx.language),
        never=NEVER,
        did=request.args.get("did", ""),
        given=request.args.get("given", ""),
        may_dispense=then is None and ctx.who.may(Permission.DISPENSE) and ctx.who.may(Permission.SEE_TEAM),
    )
    keep_view(ctx, "person", permission, person_id)
    return response
