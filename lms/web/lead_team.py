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
from lms.learning.editions import newer
from lms.organisation.arrival import Slip, make_slip, make_slips
from lms.reflection.queries import meetings_of, next_meeting
from lms.register import team as register
from lms.register.objections import open_objections_of
from lms.register.people import person_states
from lms.register.rules import State
from lms.register.team import TeamCounts, team_counts
from lms.register.views_kept import keep_view
from lms.web.blueprints import lead as blueprint
from lms.web.knowledge_table import columns_of
from lms.web.lead_forms import LeadForm, chosen_place, sent
from lms.web.pages import page, render
from lms.web.paging import ROWS, Paging, first_row
from lms.web.qr import qr_svg

TOAST_LASTS = timedelta(minutes=2)  # an address that is opened again later tells nothing any more
TO_RENEW = frozenset({State.EXPIRED, State.EXPIRING})


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
    counts = team_counts(ctx, place.key)
    start = first_row()
    may_meet = ctx.who.may(Permission.HOLD_MEETING)
    editions = {edition.course: edition for edition in catalogue.current_editions(ctx)}
    just_given = _just_given(ctx)
    meeting = next_meeting(ctx, place.key) if may_meet and not just_given else None
    return render(
        "lead/team.html",
        place=place,
        members=register.team(ctx, place.key, start=start, limit=ROWS),
        paging=Paging(start, counts.people),
        columns=columns_of(counts, editions, ctx.language),
        exceptions=_exceptions(counts),
        meeting=meeting,
        meeting_title=_meeting_title(editions, meeting.course, ctx.language) if meeting else "",
        zone=ZoneInfo(ctx.time_zone),
        just_given=just_given,
        may={
            "assign": ctx.who.may(Permission.ASSIGN),
            "meet": may_meet,
            "slip": ctx.who.may(Permission.PRINT_SLIP),
        },
    )


def _exceptions(counts: TeamCounts) -> Exceptions:
    states = {state for of_course in counts.states.values() for state in of_course}
    to_renew = [course for course, of_course in counts.states.items() if TO_RENEW & of_course.keys()]
    return Exceptions(
        overdue=counts.overdue,
        expired=counts.of(State.EXPIRED),
        expiring=counts.of(State.EXPIRING),
        inactive=counts.not_signed_in,
        renew=to_renew[0] if len(to_renew) == 1 else "",
        valid_until=counts.first_expiry if states == {State.VALID} else None,
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
    histories = catalogue.histories(ctx)
    response = render(
        "lead/person.html",
        person=who,
        editions={course: history.newest for course, history in histories.items()},
        newer={
            each.course: newer(ctx, histories[each.course], each.taught)
            for each in who.states
            if each.course in histories
        },
        language=ctx.language,
        plan=plan,
        attended=attended,
        zone=ZoneInfo(ctx.time_zone),
        assignments=open_assignments(ctx, person_id) if actor.may(Permission.ASSIGN) else [],
        attempt_given=request.args.get("attempt") == "given",
        may={
            "assign": actor.may(Permission.ASSIGN),
            "attempt": actor.may(Permission.GIVE_ATTEMPT)
            and who.person_id != actor.person_id
            and any(history.newest.attempts for history in histories.values()),
            "plan": actor.may(Permission.AGREE_PLAN),
            "slip": actor.may(Permission.PRINT_SLIP) and not (who.activated and who.can_come_back),
        },
        objections=open_objections_of(ctx, person_id) if actor.may(Permission.ANSWER_OBJECTION) else [],
    )
    keep_view(ctx, "person", Permission.SEE_TEAM, person_id)
    return response


class SlipsForm(LeadForm):
    """For whom slips are made."""

    people = fields.List(fields.UUID(), load_default=list)


SLIPS = SlipsForm()


@page(blueprint, "/team/slips", needs=Permission.PRINT_SLIP)
def slips(ctx: Context) -> Response:
    """Who has not started using Kunnig, to choose whom slips are printed for."""
    place = chosen_place(ctx, Permission.PRINT_SLIP)
    start = first_row()
    people = register.team(
        ctx,
        place.key,
        permission=Permission.PRINT_SLIP,
        start=start,
        limit=ROWS,
        by_name=True,
        never_signed_in=True,
    )
    size = team_counts(ctx, place.key, permission=Permission.PRINT_SLIP).not_signed_in
    return render("lead/slips.html", papers=[], people=people, paging=Paging(start, size), back_to="")


@page(blueprint, "/team/slips", methods=("POST",), writes=True, needs=Permission.PRINT_SLIP)
def slips_print(ctx: Context) -> Response:
    """Make slips for several people and show them, a sheet of paper each."""
    people = sent(SLIPS, request.form, "people")[0]["people"]
    made = make_slips(ctx, people)
    return show_slips(ctx, made) if made else redirect(url_for("lead.slips"), 303)


@page(blueprint, "/team/<uuid:person_id>/slip", methods=("POST",), writes=True, needs=Permission.PRINT_SLIP)
def slip(ctx: Context, person_id: UUID) -> Response:
    """Make a slip for one person and show it; the code is known only now."""
    return show_slips(ctx, [make_slip(ctx, person_id)])


def show_slips(ctx: Context, made: Iterable[Slip], *, back: str = "") -> Response:
    """A page with slips, each in the language of the person it is for; `back` is where it leads (to the team)."""
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
    return render("lead/slips.html", papers=papers, people=[], paging=None, back_to=back)
