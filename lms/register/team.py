"""Read a team for those who lead it: page by page who stands where, and everybody counted."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Integer,
    Select,
    and_,
    bindparam,
    case,
    func,
    literal,
    null,
    select,
    union_all,
)

from lms.base.access import Permission
from lms.base.context import Context
from lms.base.names import in_order
from lms.base.statements import EMPLOYER, TODAY, built_once
from lms.identity.models import Account
from lms.organisation.models import Employment, Person, Unit
from lms.organisation.people import is_seen
from lms.organisation.queries import REACHED, in_force, units_reached
from lms.register.models import Duty, Status
from lms.register.queries import STANDING, state_on
from lms.register.rules import COUNTS_AS_KNOWN, ORDER, Standing, State, state


@dataclass(frozen=True, slots=True)
class Cell:
    """Where one person of a team stands with one course."""

    state: State
    due_on: date | None
    achieved_on: date | None
    expires_on: date | None


@dataclass(frozen=True, slots=True)
class Member:
    """One person of a team, with a cell for every course that is asked of them."""

    public_id: UUID
    person_id: int
    name: str
    title: str
    unit_id: UUID
    unit: str
    activated: bool  # has signed in at least once
    cells: dict[str, Cell] = field(default_factory=dict)


def team(
    ctx: Context,
    unit_id: UUID | None = None,
    *,
    permission: Permission = Permission.SEE_TEAM,
    start: int = 0,
    limit: int = 50,
    by_name: bool = False,
    never_signed_in: bool = False,
) -> list[Member]:
    """People who work today in the actor's units (or in one of them and below), the most urgent first. One statement.

    `by_name` lists them by name only, `never_signed_in` leaves out the others.

    Includes those who have not begun anything. Never answers, scores or tries. Where two employments
    ask for the same course, the state that needs more attention is shown. Protected identities are
    there for the lead of their unit only.
    """
    in_reach = ctx.reach(permission, REACHED.path)
    query = _members(
        in_reach, is_seen(ctx), in_unit=unit_id is not None, by_name=by_name, never_signed_in=never_signed_in
    )
    rows = ctx.rows(query, unit=unit_id, start=start, limit=limit)
    members: dict[int, Member] = {}
    for public_id, person_id, given, family, title, unit, unit_name, activated, course, *standing in rows:
        member = members.setdefault(
            person_id, Member(public_id, person_id, f"{given} {family}", title, unit, unit_name, activated)
        )
        facts = Standing(*standing)
        if course and facts.due_on:
            cell = Cell(state(facts, ctx.today), facts.due_on, facts.achieved_on, facts.expires_on)
            known = member.cells.get(course)
            if known is None or ORDER[cell.state] < ORDER[known.state]:
                member.cells[course] = cell
    return list(members.values())


@dataclass(frozen=True, slots=True)
class TeamCounts:
    """A whole team in numbers: people, and for each course how many of them are in each state."""

    people: int
    not_signed_in: int  # people who have never signed in
    overdue: int  # people with at least one course that is overdue
    states: dict[str, dict[State, int]]
    first_expiry: date | None  # the first last valid day of all

    def known(self, course: str) -> int:
        """How many of those asked have a valid proof of the course."""
        return sum(self.states.get(course, {}).get(known, 0) for known in COUNTS_AS_KNOWN)

    def of(self, wanted: State) -> int:
        """How many cells of the whole team are in a state."""
        return sum(states.get(wanted, 0) for states in self.states.values())


def team_counts(
    ctx: Context, unit_id: UUID | None = None, *, permission: Permission = Permission.SEE_TEAM
) -> TeamCounts:
    """The people that `team` lists, counted by the database. One statement."""
    in_reach = ctx.reach(permission, REACHED.path)
    statement = _counts(in_reach, is_seen(ctx), in_unit=unit_id is not None)
    *cells, total = ctx.rows(statement, unit=unit_id).all()
    states: dict[str, dict[State, int]] = defaultdict(dict)
    order = list(State)
    for course, place, people, _zero, _none, _expiry in cells:
        states[course][order[place]] = people
    expiries = [expires_on for *_cell, expires_on in cells if expires_on]
    return TeamCounts(total[2], total[3], total[4], dict(states), min(expiries, default=None))


def _posts(
    in_reach: ColumnElement[bool], seen: ColumnElement[bool], *, in_unit: bool
) -> Select[*tuple[Any, ...]]:
    """Current employments in reach, each with the duties that something asks for today."""
    return (
        select()
        .select_from(Employment)
        .join(Person, and_(Person.employer_id == Employment.employer_id, Person.id == Employment.person_id))
        .join(Account, Account.id == Person.account_id)
        .join(Unit, and_(Unit.employer_id == Employment.employer_id, Unit.id == Employment.unit_id))
        .outerjoin(
            Duty, and_(Duty.employer_id == Employment.employer_id, Duty.employment_id == Employment.id)
        )
        .outerjoin(
            Status,
            and_(
                Status.employer_id == Duty.employer_id, Status.duty_id == Duty.id, Status.due_on.is_not(None)
            ),
        )
        .where(
            Employment.employer_id == EMPLOYER,
            Employment.unit_id.in_(units_reached(in_reach, in_unit=in_unit)),
            in_force(Employment, TODAY),
            seen,
        )
    )


# Grouped by a sum, not by the column: SQLite would otherwise walk all employees of the employer in the order of their
# ids to save itself a sort, instead of going to the few who work in the units.
_EACH_PERSON = Employment.person_id + 0


@built_once
def _members(
    in_reach: ColumnElement[bool],
    seen: ColumnElement[bool],
    *,
    in_unit: bool,
    by_name: bool,
    never_signed_in: bool,
) -> Select[*tuple[Any, ...]]:
    posts = _posts(in_reach, seen, in_unit=in_unit)
    if never_signed_in:
        posts = posts.where(Account.activated_at.is_(None))
    urgency = literal(0) if by_name else func.min(state_on(TODAY))
    name = (func.min(Person.given_name), func.min(Person.family_name))
    page = (
        posts.add_columns(Employment.person_id, urgency.label("urgency"))
        .group_by(_EACH_PERSON, Employment.person_id)
        .order_by(urgency, *in_order(*name), Employment.person_id)
        .limit(bindparam("limit", type_=Integer))
        .offset(bindparam("start", type_=Integer))
        .subquery()
    )
    return (
        posts.add_columns(
            Person.public_id, Person.id, Person.given_name, Person.family_name, Employment.title,
            Unit.public_id, Unit.name, Account.activated_at.is_not(None),
            Duty.course, *STANDING,
        )
        .join(page, page.c.person_id == Employment.person_id)
        .order_by(
            page.c.urgency, *in_order(Person.given_name, Person.family_name), Person.id, Employment.id
        )
    )  # fmt: skip


@built_once
def _counts(
    in_reach: ColumnElement[bool], seen: ColumnElement[bool], *, in_unit: bool
) -> CompoundSelect[*tuple[Any, ...]]:
    """Rows of (course, state, people, -, -, first expiry), then one of (-, -, people, inactive, overdue, -)."""
    place = func.min(state_on(TODAY))
    cells = (
        _posts(in_reach, seen, in_unit=in_unit)
        .add_columns(
            Employment.person_id, Status.id.is_not(None).label("asked"), Duty.course, place.label("place"),
            func.min(Status.expires_on).label("expires_on"), func.max(Account.activated_at).label("activated_at"),
        )
        .group_by(_EACH_PERSON, Employment.person_id, Duty.course, Status.id.is_not(None))
        .cte()
    )  # fmt: skip
    person = cells.c.person_id
    by_course = (
        select(
            cells.c.course, cells.c.place, func.count(), literal(0), literal(0), func.min(cells.c.expires_on)
        )
        .where(cells.c.asked)
        .group_by(cells.c.course, cells.c.place)
    )
    total = select(
        null(), null(), func.count(person.distinct()),
        func.count(case((cells.c.activated_at.is_(None), person)).distinct()),
        func.count(case((cells.c.place == ORDER[State.MISSING], person)).distinct()), null(),
    )  # fmt: skip
    return union_all(by_course, total)
