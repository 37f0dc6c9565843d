"""Read what falls due or runs out, for whom, on which days: for letters to the person, to leads and above.

The one place beside lists and counts that reads the status of duties; which day counts is `deadline_rules`.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, false, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from lms.base.access import WHOLE, Permission, Role
from lms.base.context import Context, below
from lms.catalogue import queries as catalogue
from lms.identity.models import Identifier
from lms.messages.terms import Terms
from lms.organisation.models import Employment, Person, RoleGrant, Unit
from lms.organisation.people import is_seen
from lms.organisation.queries import has_left_with, in_force, is_away
from lms.register.deadline_rules import Deadline, Leading, Nearing, deadline, falls_on, offsets
from lms.register.models import Duty, Proof, Status
from lms.register.rules import Standing
from lms.register.untold import Untold, lacks

Of = dict[int, list[Deadline]]  # by person, each course once, the most urgent first


@dataclass(frozen=True, slots=True)
class Late:
    """Somebody a lead is told about, with what it is; without a name where the identity is protected."""

    name: str
    unit: str
    deadline: Deadline


def deadlines_of(ctx: Context, person_id: int) -> list[Deadline]:
    """What somebody has to do, or can show with an end ahead, the most urgent first. Two statements.

    Open: asked by the worker, which writes to the person.
    """
    return _by_person(ctx, _select(ctx).where(Duty.person_id == person_id)).get(person_id, [])


def to_remind(ctx: Context, terms: Terms, since: date) -> frozenset[int]:
    """Who is to be reminded of something on a day after `since` up to today, or was to be while nobody told them.

    Open: asked by the worker, once a day. Three statements.
    """
    told = offsets(terms)
    due = _falls(Status.due_on, (*told[Nearing.DUE], *told[Nearing.OVERDUE]), since, ctx.today)
    ends = _falls(Status.expires_on, (*told[Nearing.EXPIRING], *told[Nearing.OVERDUE]), since, ctx.today)
    untold = Untold(ctx, since, terms.quiet)
    return frozenset(
        row.person_id
        for row, found in _found(ctx, untold.select(_select(ctx), and_(due, lacks(ctx)), ends))
        if falls_on(found, told[found.kind], untold.since_of(row, found), ctx.today)
    )


@dataclass(frozen=True, slots=True)
class Overdue:
    """Somebody of a unit, overdue for so long on a day after `since`."""

    person_id: int
    path: str
    late: Late
    since: date


def overdue_for(
    ctx: Context, terms: Terms, since: date, within: ColumnElement[bool] | None = None
) -> list[Overdue]:
    """Who has been overdue, on a day after `since` up to today, for so long that leads or those above are told of it.

    Or was, while nobody told of them; in each unit. Nobody who is away today. `within` narrows it to units.
    Open: asked by the worker. Three statements.
    """
    days = (terms.lead_after, terms.above_after)
    fell = (_falls(column, days, since, ctx.today) for column in (Status.due_on, Status.expires_on))
    untold = Untold(ctx, since, terms.quiet)
    query = untold.select(_select(ctx), *fell).where(lacks(ctx), ~is_away(Employment, ctx.today))
    return [
        Overdue(row.person_id, row.path, _late(row, found), untold.since_of(row, found))
        for row, found in _found(ctx, query if within is None else query.where(within), in_each_unit=True)
        if found.kind is Nearing.OVERDUE and falls_on(found, days, untold.since_of(row, found), ctx.today)
    ]


@dataclass(frozen=True, slots=True)
class Week:
    """What a lead is told about the own units: who is late, what runs out, who is new, what was done."""

    overdue: tuple[Late, ...]
    expiring: tuple[Late, ...]
    new: tuple[tuple[str, str], ...]  # name and unit
    done: tuple[tuple[str, str], ...]  # name and course

    def __bool__(self) -> bool:
        return bool(self.overdue or self.expiring or self.new or self.done)


def week_of_lead(ctx: Context, since: date, ahead: int) -> Week:
    """What the actor is told about the units they lead since a day, and so many days ahead. Four statements."""
    ctx.require(Permission.SEE_TEAM)
    mine = and_(led_by(ctx), is_seen(ctx))
    last = ctx.today + timedelta(days=ahead)
    query = _select(ctx).where(
        mine, ~is_away(Employment, ctx.today), or_(Status.due_on < ctx.today, Status.expires_on <= last)
    )
    found = [_late(row, each) for row, each in _found(ctx, query)]
    return Week(
        overdue=tuple(late for late in found if late.deadline.kind is Nearing.OVERDUE),
        expiring=tuple(
            late for late in found if late.deadline.kind is Nearing.EXPIRING and late.deadline.day <= last
        ),
        new=_new(ctx, mine, since),
        done=_done(ctx, mine, since),
    )


def led_by(ctx: Context) -> ColumnElement[bool]:
    """SQL condition: the unit path lies where the actor is lead, whatever else they may see.

    Open: a condition only; of the actor's own roles.
    """
    return below(
        Unit.path, tuple(sorted({grant.path for grant in ctx.who.grants if grant.role is Role.LEAD}))
    )


def leading(ctx: Context) -> list[Leading]:
    """Who leads, or looks after, which part of the tree today, and whether a letter would reach them. One statement.

    Open: asked by the worker, to know whom to tell.
    """
    has_address = (
        select(Identifier.id)
        .where(Identifier.account_id == Person.account_id, Identifier.kind == "email")
        .exists()
    )
    is_reachable = and_(has_address, ~is_away(RoleGrant, ctx.today), ~has_left_with(RoleGrant, ctx.today))
    rows = ctx.db.execute(
        select(RoleGrant.person_id, Unit.path, RoleGrant.role, is_reachable)
        .join(Person, and_(Person.employer_id == RoleGrant.employer_id, Person.id == RoleGrant.person_id))
        .outerjoin(Unit, and_(Unit.employer_id == RoleGrant.employer_id, Unit.id == RoleGrant.unit_id))
        .where(
            RoleGrant.employer_id == ctx.employer_id,
            RoleGrant.role.in_([Role.LEAD, Role.OFFICER]),
            in_force(RoleGrant, ctx.today),
        )
    )
    return [
        Leading(person_id, path or WHOLE, role == Role.LEAD, reachable)
        for person_id, path, role, reachable in rows
    ]


def _falls(
    column: InstrumentedAttribute[date | None], days: Iterable[int], since: date, today: date
) -> ColumnElement[bool]:
    """SQL condition: one of the days (counted from the one that counts) lies after `since`, up to today."""
    after = (timedelta(days=each) for each in days)
    return or_(false(), *(and_(column > since - each, column <= today - each) for each in after))


def _select(ctx: Context) -> Select[*tuple[Any, ...]]:
    """Every duty that something asks for today, of people who work today."""
    return (
        select(
            Duty.person_id, Duty.course, Status.due_on, Status.started_on, Status.achieved_on, Status.expires_on,
            Status.renew_on, Status.exempt_from, Status.exempt_to,
            Unit.path, Unit.name.label("unit"), Person.given_name, Person.family_name, Person.protected,
        )
        .select_from(Status)
        .join(Duty, and_(Duty.employer_id == Status.employer_id, Duty.id == Status.duty_id))
        .join(Employment, and_(Employment.employer_id == Duty.employer_id, Employment.id == Duty.employment_id))
        .join(Unit, and_(Unit.employer_id == Employment.employer_id, Unit.id == Employment.unit_id))
        .join(Person, and_(Person.employer_id == Employment.employer_id, Person.id == Employment.person_id))
        .where(
            Status.employer_id == ctx.employer_id,
            Status.due_on.is_not(None),
            in_force(Employment, ctx.today),
        )
    )  # fmt: skip


def _found(
    ctx: Context, query: Select[*tuple[Any, ...]], *, in_each_unit: bool = False
) -> Sequence[tuple[Row[*tuple[Any, ...]], Deadline]]:
    """The rows of a select with the deadline of each, of several posts that of the most urgent (of each unit).

    Courses that cannot be taken any more are left out.
    """
    live = catalogue.live_editions(ctx)
    found: dict[tuple[int, str, str], tuple[Row[*tuple[Any, ...]], Deadline]] = {}
    for row in ctx.db.execute(query):
        standing = Standing(*row[2:9])
        each = deadline(row.course, standing, ctx.today) if row.course in live else None
        key = (row.person_id, row.course, row.path if in_each_unit else "")
        if each and (key not in found or each.urgency < found[key][1].urgency):
            found[key] = (row, each)
    return sorted(found.values(), key=lambda pair: (pair[1].urgency, pair[0].family_name, pair[0].given_name))


def _by_person(ctx: Context, query: Select[*tuple[Any, ...]]) -> Of:
    found: Of = defaultdict(list)
    for row, each in _found(ctx, query):
        found[row.person_id].append(each)
    return found


def _late(row: Row[*tuple[Any, ...]], found: Deadline) -> Late:
    return Late(_name(row), "" if row.protected else row.unit, found)


def _name(row: Row[*tuple[Any, ...]]) -> str:
    """Mail goes through other hands, so it names no protected identity, not even to their lead."""
    return "" if row.protected else f"{row.given_name} {row.family_name}"


def _new(ctx: Context, mine: ColumnElement[bool], since: date) -> tuple[tuple[str, str], ...]:
    rows = ctx.db.execute(
        select(Person.given_name, Person.family_name, Person.protected, Unit.name.label("unit"))
        .select_from(Employment)
        .join(Person, and_(Person.employer_id == Employment.employer_id, Person.id == Employment.person_id))
        .join(Unit, and_(Unit.employer_id == Employment.employer_id, Unit.id == Employment.unit_id))
        .where(
            Employment.employer_id == ctx.employer_id,
            in_force(Employment, ctx.today),
            Employment.valid_from > since,
            mine,
        )
        .order_by(Employment.valid_from, Person.family_name, Person.id)
    )
    return tuple((_name(row), "" if row.protected else row.unit) for row in rows)


def _done(ctx: Context, mine: ColumnElement[bool], since: date) -> tuple[tuple[str, str], ...]:
    rows = ctx.db.execute(
        select(Person.given_name, Person.family_name, Person.protected, Proof.course, Proof.achieved_on, Person.id)
        .distinct()
        .select_from(Employment)
        .join(Person, and_(Person.employer_id == Employment.employer_id, Person.id == Employment.person_id))
        .join(Unit, and_(Unit.employer_id == Employment.employer_id, Unit.id == Employment.unit_id))
        .join(Proof, and_(Proof.employer_id == Person.employer_id, Proof.person_id == Person.id))
        .where(
            Employment.employer_id == ctx.employer_id,
            in_force(Employment, ctx.today),
            Proof.achieved_on > since,
            Proof.achieved_on <= ctx.today,
            Proof.revoked_on.is_(None),
            mine,
        )
        .order_by(Proof.achieved_on, Person.family_name, Person.id)
    )  # fmt: skip
    return tuple((_name(row), row.course) for row in rows)
