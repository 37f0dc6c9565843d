"""Read the ledger: own duties, a team, the register. All start from people, not from attempts."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    CursorResult,
    Integer,
    Row,
    Select,
    String,
    and_,
    bindparam,
    case,
    func,
    literal_column,
    or_,
    select,
)

from lms.base.access import Permission
from lms.base.context import Context
from lms.base.names import in_order, spellings
from lms.base.statements import EMPLOYER, ME, TODAY, built_once
from lms.catalogue.models import EditionRow
from lms.organisation.models import Employment, Person, RoleProfile, Unit
from lms.organisation.queries import in_force, path_of_unit
from lms.register.coverage import Day
from lms.register.editions import SHOWS_TAUGHT
from lms.register.models import Duty, DutySource, EditionReceipt, Proof, Status
from lms.register.rules import COUNTS_AS_KNOWN, ORDER, STATES, Sought, Standing, State, Taught, state, taught


def state_on(day: Day) -> ColumnElement[int]:
    """The rule `state` as SQL over the status table: the place of the state in its order.

    Kept equal to the rule by a property test; it lets the database filter, count and sort.
    """
    known = and_(Status.achieved_on.is_not(None), Status.achieved_on <= day)
    return case(
        (Status.due_on.is_(None), _place(State.NOT_REQUIRED)),
        (is_exempt_on(day), _place(State.EXEMPT)),
        (and_(known, or_(Status.expires_on.is_(None), Status.renew_on > day)), _place(State.VALID)),
        (and_(known, Status.expires_on >= day), _place(State.EXPIRING)),
        (and_(known, Status.due_on < day), _place(State.EXPIRED)),
        (Status.due_on < day, _place(State.MISSING)),
        (and_(Status.started_on.is_not(None), Status.started_on <= day), _place(State.UNDER_WAY)),
        else_=_place(State.NOT_YET_DUE),
    )


def is_exempt_on(day: Day) -> ColumnElement[bool]:
    """SQL condition: a dispensation says that the person need not have it on a day.

    Open: a condition only.
    """
    return and_(
        Status.exempt_from.is_not(None),
        Status.exempt_from <= day,
        or_(Status.exempt_to.is_(None), Status.exempt_to >= day),
    )


STANDING = (  # the columns of `Standing`, in its order
    Status.due_on, Status.started_on, Status.achieved_on, Status.expires_on, Status.renew_on, Status.exempt_from,
    Status.exempt_to,
)  # fmt: skip


def standing_of(status: Status) -> Standing:
    """The dates of a status row as a value.

    Open: of a row that the caller has found.
    """
    return Standing(*(getattr(status, column.key) for column in STANDING))


def _place(state: State) -> ColumnElement[int]:
    return literal_column(str(ORDER[state]), Integer)


@dataclass(frozen=True, slots=True)
class MyDuty:
    """Something the actor must do or has done, with the reasons for it."""

    course: str
    state: State
    due_on: date
    achieved_on: date | None
    expires_on: date | None
    reasons: tuple[str, ...]
    taught: Taught | None  # by the newest proof


# Outer joins keep SQLite, which knows nothing of how many rows an employer has, from beginning with all its reasons.
_MY_DUTIES = (
    select(
        Duty.course, *STANDING, DutySource.reason,
        Proof.edition_id, Proof.achieved_on.label("taught_on"), Proof.expires_on.label("taught_until"),
        EditionReceipt.edition_id.label("received"), EditionReceipt.kind,
    )
    .join(Employment, and_(Employment.employer_id == Duty.employer_id, Employment.id == Duty.employment_id))
    .outerjoin(Status, and_(Status.employer_id == Duty.employer_id, Status.duty_id == Duty.id))
    .outerjoin(
        DutySource,
        and_(
            DutySource.employer_id == Duty.employer_id,
            DutySource.duty_id == Duty.id,
            DutySource.withdrawn_at.is_(None),
        ),
    )
    .outerjoin(Proof, and_(Proof.employer_id == Duty.employer_id, Proof.id == SHOWS_TAUGHT))
    .outerjoin(
        EditionReceipt,
        and_(
            EditionReceipt.employer_id == Duty.employer_id,
            EditionReceipt.person_id == Duty.person_id,
            EditionReceipt.course == Duty.course,
        ),
    )
    .where(
        Duty.employer_id == EMPLOYER,
        Duty.person_id == ME,
        in_force(Employment, TODAY),
    )
    .order_by(Status.due_on, DutySource.id)
)  # fmt: skip
_MY_DUTY = _MY_DUTIES.where(Duty.course == bindparam("course", type_=String))


def my_duties(ctx: Context) -> list[MyDuty]:
    """The actor's duties in current employments: exceptions first, then by due date. One statement.

    A course that two employments ask for is listed once, with the earlier date.
    """
    ctx.require(Permission.LEARN)
    return _by_course(ctx.rows(_MY_DUTIES), ctx.today)


def my_duty(ctx: Context, course: str) -> MyDuty | None:
    """The actor's duty at one course in current employments; None if nothing asks for it. One statement."""
    ctx.require(Permission.LEARN)
    return next(iter(_by_course(ctx.rows(_MY_DUTY, course=course), ctx.today)), None)


def _by_course(found: Iterable[Row[*tuple[Any, ...]]], today: date) -> list[MyDuty]:
    rows: dict[str, list[Row[*tuple[Any, ...]]]] = {}
    for row in found:
        if row.due_on is not None and row.reason is not None:  # else nothing asks for it any more
            rows.setdefault(row.course, []).append(row)
    duties = (_my_duty(of_course, today) for of_course in rows.values())
    return sorted(duties, key=lambda duty: (ORDER[duty.state], duty.due_on, duty.course))


def _my_duty(rows: Sequence[Row[*tuple[Any, ...]]], today: date) -> MyDuty:
    """One course from its rows: posts x reasons x receipts, the earliest due date first."""
    first = rows[0]
    standing = Standing(*first[1 : 1 + len(STANDING)])
    receipts = [(row.received, row.kind) for row in rows if row.received is not None]
    proof = (first.taught_on, first.taught_until, first.edition_id) if first.edition_id is not None else None
    return MyDuty(
        first.course,
        state(standing, today),
        first.due_on,
        first.achieved_on,
        first.expires_on,
        tuple(dict.fromkeys(row.reason for row in rows)),
        taught(*proof, receipts) if proof else None,
    )


@dataclass(frozen=True, slots=True)
class Filter:
    """What the register is narrowed to; empty values narrow nothing."""

    unit: UUID | None = None
    role: str = ""  # role profile key
    course: str = ""
    state: State | Sought | None = None
    text: str = ""  # part of a name, or a certificate number
    only_here: bool = False  # in the unit itself, not in those below it


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
    start: int = 0,
    limit: int | None = None,
) -> Iterator[RegisterRow]:
    """Every current employment x required or assigned course in reach, those not begun too, by name. One statement.

    A protected person's name and unit are blank, and neither place in the order nor filter tells them:
    the certificate number still identifies the evidence.
    """
    in_reach = ctx.reach(permission, Unit.path)
    query = _listed(in_reach, _shape(narrowed), paged=limit is not None)
    rows = _ask(ctx, query, narrowed, start=start, limit=limit)
    return map(_register_row, rows)


def _register_row(row: Row[*tuple[Any, ...]]) -> RegisterRow:
    (public_id, number, family, given, unit, title, role, course, place,
     due_on, achieved_on, expires_on, edition, reference, protected) = row  # fmt: skip
    if protected:
        family, given, unit, number = "", "", "", ""
    return RegisterRow(
        public_id, number, family, given, unit, title, role, course, _STATES[place],
        due_on, achieved_on, expires_on, edition, reference, protected,
    )  # fmt: skip


_STATES = tuple(State)


@dataclass(frozen=True, slots=True)
class CourseCoverage:
    """How many of the rows of a course are known today."""

    course: str
    known: int
    asked: int


def coverage(ctx: Context, narrowed: Filter = EVERYTHING) -> list[CourseCoverage]:
    """Per course, how many rows of the register are valid (or expire soon) out of all. One statement."""
    in_reach = ctx.reach(Permission.SEE_REGISTER, Unit.path)
    rows = _ask(ctx, _covered(in_reach, _shape(narrowed)), narrowed)
    return [CourseCoverage(course, int(known), asked) for course, known, asked in rows]


Shape = tuple[str, ...]  # the parts of a filter that narrow something, `text` once for each word


def _shape(narrowed: Filter) -> Shape:
    plain = [name for name in ("unit", "only_here", "role", "course") if getattr(narrowed, name)]
    if narrowed.state:
        plain.append(narrowed.state if isinstance(narrowed.state, Sought) else "state")
    return (*plain, *("text" for _word in narrowed.text.split()))


def _ask(
    ctx: Context, query: Select[*tuple[Any, ...]], narrowed: Filter, **places: object
) -> CursorResult[*tuple[Any, ...]]:
    """Rows of one of the two statements below, for a filter of the shape it was built for."""
    words = {}
    for place, word in enumerate(narrowed.text.split()):
        for number, spelling in enumerate(spellings(word)):
            words[f"word_{place}_{number}"] = re.sub("[/%_]", r"/\g<0>", spelling)
        words[f"number_{place}"] = word.replace("-", "").upper()
    return ctx.rows(
        query, unit=narrowed.unit, role=narrowed.role, course=narrowed.course,
        state=ORDER[narrowed.state] if isinstance(narrowed.state, State) else None, **words, **places,
    )  # fmt: skip


@built_once
def _listed(in_reach: ColumnElement[bool], shape: Shape, *, paged: bool) -> Select[*tuple[Any, ...]]:
    query = (
        _rows(in_reach, shape, named=True)
        .add_columns(
            Person.public_id, Person.employee_number, Person.family_name, Person.given_name, Unit.name,
            Employment.title, RoleProfile.key, Duty.course, state_on(TODAY),
            Status.due_on, Status.achieved_on, Status.expires_on, EditionRow.label, Proof.reference, Person.protected,
        )
        .order_by(
            Person.protected,
            *in_order(
                case((Person.protected, ""), else_=Person.family_name),
                case((Person.protected, ""), else_=Person.given_name),
            ),
            Person.id, Duty.course, Employment.id,
        )
    )  # fmt: skip
    if paged:
        return query.limit(bindparam("limit", type_=Integer)).offset(bindparam("start", type_=Integer))
    return query.execution_options(yield_per=500)


@built_once
def _covered(in_reach: ColumnElement[bool], shape: Shape) -> Select[*tuple[Any, ...]]:
    place = state_on(TODAY)
    known = func.sum(case((place.in_([ORDER[known] for known in COUNTS_AS_KNOWN]), 1), else_=0))
    return (
        _rows(in_reach, shape, named=False)
        .add_columns(Duty.course, known, func.count())
        .group_by(Duty.course)
        .order_by(Duty.course)
    )


def _rows(in_reach: ColumnElement[bool], shape: Shape, *, named: bool) -> Select[*tuple[Any, ...]]:
    """The one select behind screen, count, coverage and file: the same rows everywhere.

    Who somebody is and what they work as is joined where it is `named` or narrowed, for it is not needed to count.
    """
    query: Select[*tuple[Any, ...]] = (
        select()
        .select_from(Employment)
        .join(Unit, and_(Unit.employer_id == Employment.employer_id, Unit.id == Employment.unit_id))
        .join(Duty, and_(Duty.employer_id == Employment.employer_id, Duty.employment_id == Employment.id))
        .join(Status, and_(Status.employer_id == Duty.employer_id, Status.duty_id == Duty.id))
        .outerjoin(Proof, and_(Proof.employer_id == Status.employer_id, Proof.id == Status.proof_id))
        .outerjoin(EditionRow, EditionRow.id == Proof.edition_id)
        .where(
            Employment.employer_id == EMPLOYER,
            in_force(Employment, TODAY),
            Status.due_on.is_not(None),
            in_reach,
        )
    )
    if named or {"unit", "text"} & set(shape):
        query = query.join(
            Person, and_(Person.employer_id == Employment.employer_id, Person.id == Employment.person_id)
        )
    if named or "role" in shape:
        query = query.join(
            RoleProfile,
            and_(
                RoleProfile.employer_id == Employment.employer_id,
                RoleProfile.id == Employment.role_profile_id,
            ),
        )
    if "unit" in shape:
        alone = "only_here" in shape
        inside = Unit.public_id == bindparam("unit") if alone else Unit.path.startswith(path_of_unit())
        query = query.where(inside, Person.protected.is_(False))
    if "role" in shape:
        query = query.where(RoleProfile.key == bindparam("role"))
    if "course" in shape:
        query = query.where(Duty.course == bindparam("course"))
    if "state" in shape:
        query = query.where(state_on(TODAY) == bindparam("state", type_=Integer))
    for sought in set(shape) & set(Sought):
        query = query.where(state_on(TODAY).in_([ORDER[each] for each in STATES[Sought(sought)]]))
    for place in range(shape.count("text")):
        written = [bindparam(f"word_{place}_{number}", type_=String) for number in range(len(spellings("")))]
        in_name = or_(
            *(
                name.icontains(spelling, escape="/")
                for name in (Person.family_name, Person.given_name)
                for spelling in written
            )
        )
        query = query.where(
            or_(
                and_(Person.protected.is_(False), in_name),
                Proof.reference == bindparam(f"number_{place}"),
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
