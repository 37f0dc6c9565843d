"""Give a course to people of the unit in a few taps, and take it back."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from flask import redirect, request, url_for
from marshmallow import fields
from werkzeug.wrappers import Response

from lms.base.access import Permission
from lms.base.context import Context
from lms.base.errors import Conflict, Invalid, NotFound
from lms.base.i18n import catalogue as texts
from lms.catalogue import queries as catalogue
from lms.catalogue.values import Edition
from lms.learning.actions import assign_course, withdraw_assignment
from lms.register.people import Candidate, candidates
from lms.register.rules import State
from lms.register.team import team_counts
from lms.web.blueprints import lead as blueprint
from lms.web.lead_forms import LeadForm, Place, chosen_place, sent
from lms.web.pages import page, render

MOST = 300  # people to be ticked on a page
DUE_DAYS = (14, 30)  # what is offered; the last one is chosen
URGENT = frozenset({State.EXPIRED, State.MISSING, State.EXPIRING})


class GiveForm(LeadForm):
    """What the page sends."""

    course = fields.Str(load_default="")
    people = fields.List(fields.UUID(), load_default=list)
    due_on = fields.Date(load_default=None)
    other_due = fields.Date(load_default=None)
    reason = fields.Str(load_default="")
    unit = fields.Str(load_default="")
    person = fields.UUID(load_default=None)


class WithdrawForm(LeadForm):
    """From whom a course is taken back; nobody named: from everybody it was given to."""

    person = fields.UUID(load_default=None)


GIVE, WITHDRAW = GiveForm(), WithdrawForm()


@dataclass(frozen=True, slots=True)
class Chosen:
    """What stands in the form: ticked people, day, reason, and what is wrong with them."""

    people: Collection[UUID]
    due_on: date
    other_due: date | None
    reason: str
    faults: Mapping[str, str]


@page(blueprint, "/assign", needs=Permission.ASSIGN)
def assign(ctx: Context) -> Response:
    """Choose a course; then people, day and reason are there already and need only be sent."""
    place = chosen_place(ctx, Permission.ASSIGN)
    editions = catalogue.current_editions(ctx)
    only = request.args.get("person", type=UUID)
    course = request.args.get("course")
    if not course:
        return render(
            "lead/assign_course.html",
            place=place,
            person=only,
            courses=[(edition, edition.text(ctx.language).title) for edition in editions],
            urgent=_urgent(ctx, place),
        )
    people = _people(ctx, course, place, only)
    chosen = Chosen(
        people={only} if only else {person.public_id for person in people if person.needs_it},
        due_on=ctx.today + timedelta(days=DUE_DAYS[-1]),
        other_due=None,
        reason=texts(ctx.language).gettext("Requirement for the role"),
        faults={},
    )
    return _show(ctx, place, editions, course, people, chosen, only)


@page(blueprint, "/assign", methods=("POST",), writes=True, needs=Permission.ASSIGN)
def give(ctx: Context) -> Response:
    """Assign; what is missing is said beside the field, and everything typed stays."""
    values, faults = sent(GIVE, request.form, "people")
    place = chosen_place(ctx, Permission.ASSIGN, values["unit"])
    due_on = values["other_due"] or values["due_on"]
    if due_on is None:
        faults.setdefault("due_on", "missing")
    if not faults:
        try:
            made = assign_course(
                ctx, values["course"], values["people"], due_on=due_on, reason=values["reason"]
            ).assignment
            return redirect(url_for("lead.team", assigned=made.public_id, unit=place.query.get("unit")), 303)
        except Invalid as refusal:
            faults = refusal.fields
        except Conflict:
            faults = {"people": "all_have_it"}
    chosen = Chosen(
        people=set(values["people"]),
        due_on=values["due_on"] or ctx.today + timedelta(days=DUE_DAYS[-1]),
        other_due=values["other_due"],
        reason=values["reason"],
        faults=faults,
    )
    people = _people(ctx, values["course"], place, values["person"])
    return _show(
        ctx, place, catalogue.current_editions(ctx), values["course"], people, chosen, values["person"]
    )


@page(
    blueprint,
    "/assign/<uuid:assignment_id>/withdraw",
    methods=("POST",),
    writes=True,
    needs=Permission.ASSIGN,
)
def withdraw(ctx: Context, assignment_id: UUID) -> Response:
    """Take a course back, from everybody it was given to or from one person."""
    person = sent(WITHDRAW, request.form)[0]["person"]
    made = withdraw_assignment(ctx, assignment_id, person)
    if person:
        return redirect(url_for("lead.person", person_id=person), 303)
    return redirect(url_for("lead.team", assigned=made.public_id), 303)


def _people(ctx: Context, course: str, place: Place, only: UUID | None) -> list[Candidate]:
    """Those who may be ticked; those who need the course stand first."""
    named = [only] if only else None
    found = candidates(ctx, course, place.key if not only else None, person_ids=named, limit=MOST + 1)
    if only and not found:
        raise NotFound
    return sorted(found, key=lambda person: not person.needs_it)


def _urgent(ctx: Context, place: Place) -> dict[str, int]:
    """For how many people each course is overdue, run out or about to run out."""
    counts = team_counts(ctx, place.key, permission=Permission.ASSIGN)
    return {course: sum(states.get(state, 0) for state in URGENT) for course, states in counts.states.items()}


def _show(  # the parts of one page
    ctx: Context,
    place: Place,
    editions: list[Edition],
    course: str,
    people: list[Candidate],
    chosen: Chosen,
    only: UUID | None,
) -> Response:
    edition = next((edition for edition in editions if edition.course == course), None)
    if edition is None:
        raise NotFound
    days: list[tuple[Any, int]] = [(ctx.today + timedelta(days=days), days) for days in DUE_DAYS]
    return render(
        "lead/assign.html",
        status=422 if chosen.faults else 200,
        place=place,
        courses=[(other, other.text(ctx.language).title) for other in editions],
        edition=edition,
        title=edition.text(ctx.language).title,
        most=MOST if len(people) > MOST else 0,
        people=[person for person in people[:MOST] if not person.has_it],
        skipped=[person for person in people[:MOST] if person.has_it],
        chosen=chosen,
        days=days,
        person=only,
        lead=ctx.who.name,
    )
