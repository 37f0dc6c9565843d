"""The unit as its lead sees it: who needs something, what everybody knows, one person."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from urllib.parse import urlsplit
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import current_app, redirect, request, url_for
from jinja2 import Environment
from markupsafe import Markup
from marshmallow import fields
from werkzeug.wrappers import Response

from lms.base.access import Permission
from lms.base.context import Context
from lms.catalogue import queries as catalogue
from lms.catalogue.values import Edition
from lms.competence.queries import plans
from lms.identity.rules import slip_code_groups, slip_link
from lms.learning.assignments import Given, given, open_assignments
from lms.organisation.arrival import Slip, make_slip, make_slips
from lms.reflection.queries import meetings_of, next_meeting
from lms.register import queries as register
from lms.register.people import person_states
from lms.register.queries import Member
from lms.register.rules import COUNTS_AS_KNOWN, ORDER, State
from lms.web.blueprints import lead as blueprint
from lms.web.lead_forms import LeadForm, chosen_place, sent
from lms.web.pages import page, render
from lms.web.qr import qr_svg

TOAST_LASTS = timedelta(minutes=2)  # an address that is opened again later tells nothing any more
TO_RENEW = frozenset({State.EXPIRED, State.EXPIRING})


@dataclass(frozen=True, slots=True)
class Column:
    """One course of the knowledge table: how many of those it is asked of have it."""

    course: str
    title: str
    look: Mapping[str, str]
    known: int
    asked: int


@dataclass(frozen=True, slots=True)
class Exceptions:
    """What somebody has to do something about, counted."""

    overdue: int  # people
    expired: int  # certificates
    expiring: int  # certificates
    inactive: int  # people who have never signed in
    renew: str  # the one course to renew; empty: none or several
    valid_until: date | None  # the first day something runs out, if everything is valid


@page(blueprint, "/team", needs=Permission.SEE_TEAM)
def team(ctx: Context) -> Response:
    """Exceptions first, then what everybody in the unit knows."""
    place = chosen_place(ctx, Permission.SEE_TEAM)
    members = sorted(register.team(ctx, place.key), key=_most_urgent_first)
    may_meet = ctx.who.may(Permission.HOLD_MEETING)
    editions = {edition.course: edition for edition in catalogue.current_editions(ctx)}
    meeting = next_meeting(ctx, place.key) if may_meet else None
    return render(
        "lead/team.html",
        place=place,
        members=members,
        columns=_columns(members, editions, ctx.language),
        exceptions=_exceptions(members),
        meeting=meeting,
        meeting_title=_meeting_title(editions, meeting.course, ctx.language) if meeting else "",
        zone=ZoneInfo(ctx.time_zone),
        just_given=_just_given(ctx),
        may={
            "assign": ctx.who.may(Permission.ASSIGN),
            "meet": may_meet,
            "slip": ctx.who.may(Permission.PRINT_SLIP),
        },
    )


def _most_urgent_first(member: Member) -> tuple[int, str]:
    return min((ORDER[cell.state] for cell in member.cells.values()), default=len(ORDER)), member.name


def _columns(members: Iterable[Member], editions: Mapping[str, Edition], language: str) -> list[Column]:
    """A column for every course that is asked of somebody, in the order of the catalogue."""
    cells: dict[str, list[State]] = {}
    for member in members:
        for course, cell in member.cells.items():
            cells.setdefault(course, []).append(cell.state)
    order = {course: place for place, course in enumerate(editions)}
    return [
        Column(
            course=course,
            title=editions[course].text(language).title if course in editions else course,
            look=editions[course].look if course in editions else {"band": "bra", "icon": "book"},
            known=sum(state in COUNTS_AS_KNOWN for state in states),
            asked=len(states),
        )
        for course, states in sorted(cells.items(), key=lambda entry: order.get(entry[0], len(order)))
    ]


def _exceptions(members: Iterable[Member]) -> Exceptions:
    everybody = list(members)
    cells = [(course, cell) for member in everybody for course, cell in member.cells.items()]
    states = [cell.state for _course, cell in cells]
    to_renew = {course for course, cell in cells if cell.state in TO_RENEW}
    last_days = [cell.expires_on for _course, cell in cells if cell.expires_on]
    return Exceptions(
        overdue=sum(
            any(cell.state is State.MISSING for cell in member.cells.values()) for member in everybody
        ),
        expired=states.count(State.EXPIRED),
        expiring=states.count(State.EXPIRING),
        inactive=sum(not member.activated for member in everybody),
        renew=next(iter(to_renew)) if len(to_renew) == 1 else "",
        valid_until=min(last_days, default=None) if states and set(states) == {State.VALID} else None,
    )


def _meeting_title(editions: Mapping[str, Edition], course: str, language: str) -> str:
    return editions[course].text(language).title if course in editions else course


def _just_given(ctx: Context) -> Given | None:
    """The assignment that the address names, if it was made or withdrawn in the actor's reach a moment ago."""
    try:
        key = UUID(request.args.get("assigned", ""))
    except ValueError:
        return None
    if not ctx.who.may(Permission.ASSIGN):
        return None
    found = given(ctx, key)
    return found if found and ctx.now - (found.withdrawn_at or found.created_at) < TOAST_LASTS else None


@page(blueprint, "/team/<uuid:person_id>", needs=Permission.SEE_TEAM)
def person(ctx: Context, person_id: UUID) -> Response:
    """One person: states with their evidence, plan, meetings, what was given. Never answers, scores or tries."""
    who = person_states(ctx, person_id)
    actor = ctx.who
    plan = next(iter(plans(ctx, person_id)), None) if actor.may(Permission.AGREE_PLAN) else None
    attended = meetings_of(ctx, person_id)
    return render(
        "lead/person.html",
        person=who,
        editions={edition.course: edition for edition in catalogue.current_editions(ctx)},
        language=ctx.language,
        plan=plan,
        attended=attended,
        zone=ZoneInfo(ctx.time_zone),
        assignments=open_assignments(ctx, person_id) if actor.may(Permission.ASSIGN) else [],
        may={
            "assign": actor.may(Permission.ASSIGN),
            "plan": actor.may(Permission.AGREE_PLAN),
            "slip": actor.may(Permission.PRINT_SLIP) and not who.activated,
        },
    )


class SlipsForm(LeadForm):
    """For whom slips are made."""

    people = fields.List(fields.UUID(), load_default=list)


SLIPS = SlipsForm()


@page(blueprint, "/team/slips", needs=Permission.PRINT_SLIP)
def slips(ctx: Context) -> Response:
    """Who has not started using Kunnig, to choose whom slips are printed for."""
    place = chosen_place(ctx, Permission.PRINT_SLIP)
    members = register.team(ctx, place.key, permission=Permission.PRINT_SLIP)
    return render("lead/slips.html", papers=[], people=[member for member in members if not member.activated])


@page(blueprint, "/team/slips", methods=("POST",), writes=True, needs=Permission.PRINT_SLIP)
def slips_print(ctx: Context) -> Response:
    """Make slips for several people and show them, a sheet of paper each."""
    people = sent(SLIPS, request.form, "people")[0]["people"]
    made = make_slips(ctx, people)
    return _show_slips(ctx, made) if made else redirect(url_for("lead.slips"), 303)


@page(blueprint, "/team/<uuid:person_id>/slip", methods=("POST",), writes=True, needs=Permission.PRINT_SLIP)
def slip(ctx: Context, person_id: UUID) -> Response:
    """Make a slip for one person and show it; the code is known only now."""
    return _show_slips(ctx, [make_slip(ctx, person_id)])


def _show_slips(ctx: Context, made: Iterable[Slip]) -> Response:
    """A page with slips, each in the language of the person it is for."""
    address = ctx.house.settings.public_url.rstrip("/")
    papers = []
    for entry in made:
        env: Environment = current_app.extensions["templates"][entry.language]
        paper = env.get_template("signin/slip.html").render(
            slip=entry,
            code=slip_code_groups(entry.code),
            address=urlsplit(address).netloc + url_for("signin.slip"),
            qr=qr_svg(slip_link(address, entry.employer_slug, entry.code)),
        )
        papers.append(Markup(paper))  # noqa: S704  (rendered, and escaped, by the lines above)
    return render("lead/slips.html", papers=papers, people=[])
