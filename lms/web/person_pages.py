"""The record of one person as a page: for those who see the register, and for those who lead the person."""

from functools import partial
from uuid import UUID

from flask import request
from werkzeug.wrappers import Response

from lms.base.access import Permission
from lms.base.context import Context
from lms.catalogue import queries as catalogue
from lms.evidence import queries as evidence
from lms.evidence.decisions import decisions
from lms.evidence.forgetting import forgotten_among
from lms.organisation.roles import role_name
from lms.register.duty_rules import NEVER
from lms.register.register_then import Then
from lms.register.views_kept import keep_certificate_view, keep_view
from lms.reports.person_record import PersonRecord, person_record
from lms.reports.person_story import picture
from lms.web.blueprints import employer, lead
from lms.web.navigation import address
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
    then = days(ctx).checked()
    found = evidence.certificate_in_reach(ctx, number, day=then.day if then else None, named=True)
    response = render(
        "employer/certificate.html",
        certificate=found,
        from_team=True,
        then=then,
        decisions=decisions(ctx, found),
        may_decide=False,
        did="",
    )
    keep_certificate_view(ctx, found.content.number)
    return response


CERTIFICATE = {
    Permission.SEE_REGISTER: "employer.register_certificate",
    Permission.SEE_TEAM: "lead.certificate",
}


def _address_of(then: Then) -> dict[str, str]:
    days_of = {"day": then.day, "known": then.known_on}
    return {name: day.isoformat() for name, day in days_of.items() if day}


def _may_dispense(ctx: Context, found: PersonRecord) -> bool:
    """Whether the actor may let the person off something, and has the pages that do it; nobody lets off themselves."""
    if found.person_id == ctx.who.person_id:
        return False
    nodes = ctx.who.paths(Permission.DISPENSE) if ctx.who.may(Permission.SEE_TEAM) else ()
    return any(work.post.path.startswith(node) for work in found.work for node in nodes)


def _show(ctx: Context, permission: Permission, person_id: UUID, template: str) -> Response:
    editions = {edition.course: edition for edition in catalogue.current_editions(ctx)}
    then = days(ctx).checked()
    found = person_record(ctx, permission, person_id, list(editions), then)
    gone = forgotten_among(ctx, ((each.number, each.until) for each in found.story if each.kind == "passed"))
    show = partial(address, CERTIFICATE[permission], **(_address_of(then) if then else {}))
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
        may_dispense=then is None and _may_dispense(ctx, found),
        to_certificate=lambda number: "" if number in gone else show(number=number),
    )
    keep_view(ctx, "person", permission, person_id)
    return response
