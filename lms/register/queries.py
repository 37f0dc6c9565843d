"""Read the ledger: own duties, a team, the register. All start from people, not from attempts."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, and_, case, func, literal, or_, select

from lms.base.access import Permission
from lms.base.context import Context
from lms.catalogue.models import EditionRow
from lms.identity.models import Account
from lms.organisation.models import Employment, Person, RoleProfile, Unit
from lms.organisation.people import is_seen
from lms.organisation.queries import in_force
from lms.register.models import Duty, DutySource, Proof, Status
from lms.register.rules import COUNTS_AS_KNOWN, ORDER, SOON, Standing, State, state


def state_on(day: date) -> ColumnElement[int]:
    """The rule `state` as SQL over the status table: the place of the state in its order.

    Kept equal to the rule by a property test; it lets the database filter, count and sort.
    """
    soon = day + timedelta(days=SOON)
    known = and_(Status.achieved_on.is_not(None), Status.achieved_on <= day)
    return case(
        (Status.due_on.is_(None), ORDER[State.NOT_REQUIRED]),
        (and_(known, or_(Status.expires_on.is_(None), Status.expires_on > soon)), ORDER[State.VALID]),
        (and_(known, Status.expires_on >= day), ORDER[State.EXPIRING]),
        (and_(known, Status.due_on < day), ORDER[State.EXPIRED]),
        (Status.due_on < day, ORDER[State.MISSING]),
        (and_(Status.started_on.is_not(None), Status.started_on <= day), ORDER[State.UNDER_WAY]),
        else_=ORDER[State.NOT_YET_DUE],
    )


@dataclass(frozen=True, slots=True)
class MyDuty:
    """Something the actor must do or has done, with the reasons for it."""

    course: str
    state: State
    due_on: date
    achieved_on: date | None
    expires_on: date | None
    reasons: tuple[str, ...]


def my_duties(ctx: Context) -> list[MyDuty]:
    """The actor's duties in current employments: exceptions first, then by due date. One statement.

    A course that two employments ask for is listed once, with the earlier date.
    """
    who = ctx.require(Permission.LEARN)
    rows = ctx.db.execute(
        select(
            Duty.course,
            Status.due_on,
            Status.started_on,
            Status.achieved_on,
            Status.expires_on,
            DutySource.reason,
        )
        .join(
            Employment, and_(Employment.employer_id == Duty.employer_id, Employment.id == Duty.employment_id)
        )
        .join(Status, and_(Status.employer_id == Duty.employer_id, Status.duty_id == Duty.id))
        .join(
            DutySource,
            and_(
                DutySource.employer_id == Duty.employer_id,
                DutySource.duty_id == Duty.id,
                DutySource.withdrawn_at.is_(None),
            ),
        )
        .where(
            Duty.employer_id == who.employer_id,
            Duty.person_id == who.person_id,
            Status.due_on.is_not(None),
            in_force(Employment, ctx.today),
        )
        .order_by(Status.due_on, DutySource.id)
    ).all()
    duties: dict[str, MyDuty] = {}
    for course, due_on, started_on, achieved_on, expires_on, reason in rows:
        known = duties.get(course)
        if due_on is None:  # left out by the statement
            continue
        if known:
            reasons = known.reasons if reason in known.reasons else (*known.reasons, reason)
            duties[course] = MyDuty(
                course, known.state, known.due_on, known.achieved_on, known.expires_on, reasons
            )
            continue
        standing = Standing(due_on, started_on, achieved_on, expires_on)
        duties[course] = MyDuty(
            course, state(standing, ctx.today), due_on, achieved_on, expires_on, (reason,)
        )
    return sorted(duties.values(), key=lambda duty: (ORDER[duty.state], duty.due_on, duty.course))


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
    ctx: Context, unit_id: UUID | None = None, *, permission: Permission = Permission.SEE_TEAM
) -> list[Member]:
    """People who work today in the actor's units (or in one of them and below), with their states. One statement.

    Includes those who have not begun anything. Never answers, scores or tries. Where two employments
    ask for the same course, the state that needs more attention is shown. Protected identities are
    there for the lead of their unit only.
    """
    in_reach = and_(ctx.reach(permission, Unit.path), is_seen(ctx))
    query = (
        select(
            Person.public_id, Person.id, Person.given_name, Person.family_name, Employment.title,
            Unit.public_id, Unit.name, Account.activated_at.is_not(None),
            Duty.course, Status.due_on, Status.started_on, Status.achieved_on, Status.expires_on,
        )
        .select_from(Employment)
        .join(Person, and_(Person.employer_id == Employment.employer_id, Person.id == Employment.person_id))
        .join(Account, Account.id == Person.account_id)
        .join(Unit, and_(Unit.employer_id == Employment.employer_id, Unit.id == Employment.unit_id))
        .outerjoin(Duty, and_(Duty.employer_id == Employment.employer_id, Duty.employment_id == Employment.id))
        .outerjoin(Status, and_(Status.employer_id == Duty.employer_id, Status.duty_id == Duty.id))
        .where(Employment.employer_id == ctx.employer_id, in_force(Employment, ctx.today), in_reach)
        .order_by(Person.given_name, Person.family_name, Person.id, Employment.id)
    )  # fmt: skip
    if unit_id is not None:
        query = query.where(Unit.path.startswith(_path_of(ctx, unit_id)))
    members: dict[int, Member] = {}
    for (
        public_id,
        person_id,
        given,
        family,
        title,
        unit,
        unit_name,
        activated,
        course,
        *standing,
    ) in ctx.db.execute(query):
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


def _path_of(ctx: Context, unit_id: UUID) -> Any:
    return (
        select(Unit.path)
        .where(Unit.employer_id == ctx.employer_id, Unit.public_id == unit_id)
        .scalar_subquery()
    )


@dataclass(frozen=True, slots=True)
class Filter:
    """What the register is narrowed to; empty values narrow nothing."""

    unit: UUID | None = None
    role: str = ""  # role profile key
    course: str = ""
    state: State | None = None
    text: str = ""  # part of a name, or a certificate number


EVERYTHING = Filter()


@dataclass(frozen=True, slots=True)
class RegisterRow:
    """One employment and one course that it asks for."""

    person_id: UUID
    employee_number: str
    family_name: str
    given_name: str
    unit: str
    title: str
    role: str
    course: str
    state: State
    due_on: date
    achieved_on: date | None
    expires_on: date | None
    edition: str | None
    certificate: str | None
    protected: bool


def register_rows(
    ctx: Context,
    narrowed: Filter = EVERYTHING,
    *,
    permission: Permission = Permission.SEE_REGISTER,
    limit: int | None = None,
) -> Iterator[RegisterRow]:
    """Every current employment x required or assigned course in reach, those not begun too, by name. One statement.

    A protected person's name and unit are blank, and neither place in the order nor filter tells them:
    the certificate number still identifies the evidence.
    """
    ctx.require(permission)
    query = (
        _rows(ctx, narrowed, permission)
        .add_columns(
            Person.public_id, Person.employee_number, Person.family_name, Person.given_name, Unit.name,
            Employment.title, RoleProfile.key, Duty.course, state_on(ctx.today),
            Status.due_on, Status.achieved_on, Status.expires_on, EditionRow.label, Proof.reference, Person.protected,
        )
        .order_by(
            Person.protected,
            case((Person.protected, ""), else_=Person.family_name),
            case((Person.protected, ""), else_=Person.given_name),
            Person.id, Duty.course, Employment.id,
        )
    )  # fmt: skip
    states = list(State)
    for row in ctx.db.execute(query.limit(limit) if limit else query, execution_options={"yield_per": 500}):
        yield _register_row(row, states)


def _register_row(row: Row[*tuple[Any, ...]], states: Sequence[State]) -> RegisterRow:
    (public_id, number, family, given, unit, title, role, course, place,
     due_on, achieved_on, expires_on, edition, reference, protected) = row  # fmt: skip
    if protected:
        family, given, unit, number = "", "", "", ""
    return RegisterRow(
        public_id, number, family, given, unit, title, role, course, states[place],
        due_on, achieved_on, expires_on, edition, reference, protected,
    )  # fmt: skip


def register_size(
    ctx: Context, narrowed: Filter = EVERYTHING, *, permission: Permission = Permission.SEE_REGISTER
) -> int:
    """How many rows `register_rows` gives for the same filter. One statement."""
    ctx.require(permission)
    in_filter = _rows(ctx, narrowed, permission).add_columns(literal(1).label("one")).subquery()
    return ctx.db.scalar(select(func.count()).select_from(in_filter)) or 0


@dataclass(frozen=True, slots=True)
class CourseCoverage:
    """How many of the rows of a course are known today."""

    course: str
    known: int
    asked: int


def coverage(ctx: Context, narrowed: Filter = EVERYTHING) -> list[CourseCoverage]:
    """Per course, how many rows of the register are valid (or expire soon) out of all. One statement."""
    ctx.require(Permission.SEE_REGISTER)
    place = state_on(ctx.today)
    known = func.sum(case((place.in_([ORDER[known] for known in COUNTS_AS_KNOWN]), 1), else_=0))
    query = (
        _rows(ctx, narrowed, Permission.SEE_REGISTER)
        .add_columns(Duty.course, known, func.count())
        .group_by(Duty.course)
        .order_by(Duty.course)
    )
    return [CourseCoverage(course, int(count), asked) for course, count, asked in ctx.db.execute(query)]


def _rows(ctx: Context, narrowed: Filter, permission: Permission) -> Select[*tuple[Any, ...]]:
    """The one select behind screen, count, coverage and file: the same rows everywhere."""
    query: Select[*tuple[Any, ...]] = (
        select()
        .select_from(Employment)
        .join(Person, and_(Person.employer_id == Employment.employer_id, Person.id == Employment.person_id))
        .join(Unit, and_(Unit.employer_id == Employment.employer_id, Unit.id == Employment.unit_id))
        .join(
            RoleProfile,
            and_(
                RoleProfile.employer_id == Employment.employer_id,
                RoleProfile.id == Employment.role_profile_id,
            ),
        )
        .join(Duty, and_(Duty.employer_id == Employment.employer_id, Duty.employment_id == Employment.id))
        .join(Status, and_(Status.employer_id == Duty.employer_id, Status.duty_id == Duty.id))
        .outerjoin(Proof, and_(Proof.employer_id == Status.employer_id, Proof.id == Status.proof_id))
        .outerjoin(EditionRow, EditionRow.id == Proof.edition_id)
        .where(
            Employment.employer_id == ctx.employer_id,
            in_force(Employment, ctx.today),
            Status.due_on.is_not(None),
            ctx.reach(permission, Unit.path),
        )
    )
    if narrowed.unit is not None:
        query = query.where(Unit.path.startswith(_path_of(ctx, narrowed.unit)), Person.protected.is_(False))
    if narrowed.role:
        query = query.where(RoleProfile.key == narrowed.role)
    if narrowed.course:
        query = query.where(Duty.course == narrowed.course)
    if narrowed.state is not None:
        query = query.where(state_on(ctx.today) == ORDER[narrowed.state])
    for word in narrowed.text.split():
        query = query.where(
            or_(
                and_(
                    Person.protected.is_(False),
                    or_(
                        Person.family_name.icontains(word, autoescape=True),
                        Person.given_name.icontains(word, autoescape=True),
                    ),
                ),
                Proof.reference == word.replace("-", "").upper(),
            )
        )
    return query


def people_of_assignment(ctx: Context, assignment_id: int) -> list[int]:
    """Persons for whom an assignment is a reason in force.

    Open: asked by the worker, to tell them.
    """
    return list(
        ctx.db.scalars(
            select(Duty.person_id)
            .distinct()
            .join(DutySource, and_(DutySource.employer_id == Duty.employer_id, DutySource.duty_id == Duty.id))
            .where(
                Duty.employer_id == ctx.employer_id,
                DutySource.assignment_id == assignment_id,
                DutySource.withdrawn_at.is_(None),
            )
        )
    )
