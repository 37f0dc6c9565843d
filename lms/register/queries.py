"""Read the register: its rows and how many they are. All start from people, not from attempts."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    CursorResult,
    Integer,
    Row,
    Select,
    String,
    and_,
    bindparam,
    case,
    func,
    literal,
    literal_column,
    or_,
    select,
)

from lms.base.access import Permission
from lms.base.context import Context
from lms.base.names import in_order, spellings
from lms.base.statements import EMPLOYER, TODAY, built_once
from lms.catalogue.models import EditionRow
from lms.organisation.models import Employment, Person, RoleProfile, Unit
from lms.organisation.queries import in_force, path_of_unit
from lms.register.coverage import Day
from lms.register.described import is_asked_by_rule
from lms.register.models import Coverage, CoverageDay, Duty, DutySource, Proof, Status
from lms.register.rules import COUNTS_AS_KNOWN, ORDER, STATES, Sought, Standing, State


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
class Filter:
    """What the register is narrowed to; empty values narrow nothing."""

    unit: UUID | None = None
    role: str = ""  # role profile key
    course: str = ""
    state: State | Sought | None = None
    text: str = ""  # part of a name, or a certificate number
    only_here: bool = False  # in the unit itself, not in those below it
    rule: UUID | None = None  # a requirement, in whichever version


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
    """How many of the rows of a course are known today, out of those asked: all but the exempt ones."""

    course: str
    known: int
    asked: int
    exempt: int

    @property
    def rows(self) -> int:
        """All rows of the course."""
        return self.asked + self.exempt


def coverage(ctx: Context, narrowed: Filter = EVERYTHING) -> list[CourseCoverage]:
    """Per course, how many rows of the register are known, asked and exempt. One statement.

    Two in the minutes of a new day that the kept counts are not of yet, while nothing but a course narrows the list.
    """
    in_reach = ctx.reach(Permission.SEE_REGISTER, Unit.path)
    shape, found = _shape(narrowed), []
    if set(shape) <= {"course"}:
        found = _by_parts(_ask(ctx, _covered_as_kept(in_reach, shape), narrowed))
    if not found:
        found = [
            CourseCoverage(course, *map(int, figures))
            for course, *figures in _ask(ctx, _covered(in_reach, shape), narrowed)
        ]
    return found


Shape = tuple[str, ...]  # the parts of a filter that narrow something, `text` once for each word


def _shape(narrowed: Filter) -> Shape:
    plain = [name for name in ("unit", "only_here", "role", "course", "rule") if getattr(narrowed, name)]
    if narrowed.state:
        plain.append(narrowed.state if isinstance(narrowed.state, Sought) else "state")
    return (*plain, *("text" for _word in narrowed.text.split()))


def _ask(
    ctx: Context,
    query: Select[*tuple[Any, ...]] | CompoundSelect[*tuple[Any, ...]],
    narrowed: Filter,
    **places: object,
) -> CursorResult[*tuple[Any, ...]]:
    """Rows of one of the statements below, for a filter of the shape it was built for."""
    words = {}
    for place, word in enumerate(narrowed.text.split()):
        for number, spelling in enumerate(spellings(word)):
            words[f"word_{place}_{number}"] = re.sub("[/%_]", r"/\g<0>", spelling)
        words[f"number_{place}"] = word.replace("-", "").upper()
    return ctx.rows(
        query, unit=narrowed.unit, role=narrowed.role, course=narrowed.course, rule=narrowed.rule,
        state=ORDER[narrowed.state] if isinstance(narrowed.state, State) else None, **words, **places,
    )  # fmt: skip


@built_once
def _listed(in_reach: ColumnElement[bool], shape: Shape, *, paged: bool) -> Select[*tuple[Any, ...]]:
    query = (
        _rows(in_reach, shape)
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
    """(course, known, asked, exempt), counted row by row: the rows of `_rows`, told by their status alone."""
    place = state_on(TODAY)
    known = func.sum(case((place.in_([ORDER[known] for known in COUNTS_AS_KNOWN]), 1), else_=0))
    exempt = func.sum(case((place == ORDER[State.EXEMPT], 1), else_=0))
    query: Select[*tuple[Any, ...]] = (
        select(Status.course, known, func.count() - exempt, exempt)
        .join(Unit, and_(Unit.employer_id == Status.employer_id, Unit.id == Status.unit_id))
        .where(Status.employer_id == EMPLOYER, Status.due_on.is_not(None), is_in_force_today(), in_reach)
        .group_by(Status.course)
        .order_by(Status.course)
    )
    if {"unit", "text"} & set(shape):
        query = query.join(
            Person, and_(Person.employer_id == Status.employer_id, Person.id == Status.person_id)
        )
    if "role" in shape:
        query = (
            query.join(Duty, and_(Duty.employer_id == Status.employer_id, Duty.id == Status.duty_id))
            .join(
                Employment,
                and_(Employment.employer_id == Duty.employer_id, Employment.id == Duty.employment_id),
            )
            .join(RoleProfile, _IS_ROLE)
        )
    if "text" in shape:
        query = query.outerjoin(Proof, _IS_PROOF)
    return _narrowed(query, shape)


def is_in_force_today() -> ColumnElement[bool]:
    """SQL condition: the employment that a status is of is in force today, as the status says.

    Open: a condition only.
    """
    return and_(Status.first_on <= TODAY, or_(Status.last_on.is_(None), Status.last_on >= TODAY))


@built_once
def _covered_as_kept(in_reach: ColumnElement[bool], shape: Shape) -> CompoundSelect[*tuple[Any, ...]]:
    """(course, known, asked, exempt) in parts: the kept counts, if they are of today, and the exempt by themselves."""
    kept = (
        select(Coverage.course, func.sum(Coverage.known_posts), func.sum(Coverage.posts), literal(0))
        .join(Unit, and_(Unit.employer_id == Coverage.employer_id, Unit.id == Coverage.unit_id))
        .join(CoverageDay, and_(CoverageDay.employer_id == Coverage.employer_id, CoverageDay.day == TODAY))
        .where(Coverage.employer_id == EMPLOYER, in_reach)
        .group_by(Coverage.course)
    )
    exempt = (
        select(Status.course, literal(0), literal(0), func.count())
        .join(Unit, and_(Unit.employer_id == Status.employer_id, Unit.id == Status.unit_id))
        .join(CoverageDay, and_(CoverageDay.employer_id == Status.employer_id, CoverageDay.day == TODAY))
        .where(
            Status.employer_id == EMPLOYER,
            Status.due_on.is_not(None),
            is_in_force_today(),
            is_exempt_on(TODAY),
            in_reach,
        )
        .group_by(Status.course)
    )
    if "course" in shape:
        kept = kept.where(Coverage.course == bindparam("course"))
        exempt = exempt.where(Status.course == bindparam("course"))
    return kept.union_all(exempt)


def _by_parts(parts: Iterable[Row[*tuple[Any, ...]]]) -> list[CourseCoverage]:
    found: dict[str, list[int]] = {}
    for course, *figures in parts:
        found[course] = [
            have + int(more) for have, more in zip(found.get(course, (0, 0, 0)), figures, strict=True)
        ]
    return [CourseCoverage(course, *found[course]) for course in sorted(found) if any(found[course])]


_IS_ROLE = and_(
    RoleProfile.employer_id == Employment.employer_id, RoleProfile.id == Employment.role_profile_id
)
_IS_PROOF = and_(Proof.employer_id == Status.employer_id, Proof.id == Status.proof_id)


def _rows(in_reach: ColumnElement[bool], shape: Shape) -> Select[*tuple[Any, ...]]:
    """The one select behind screen and file: the same rows everywhere."""
    query: Select[*tuple[Any, ...]] = (
        select()
        .select_from(Employment)
        .join(Unit, and_(Unit.employer_id == Employment.employer_id, Unit.id == Employment.unit_id))
        .join(Duty, and_(Duty.employer_id == Employment.employer_id, Duty.employment_id == Employment.id))
        .join(Status, and_(Status.employer_id == Duty.employer_id, Status.duty_id == Duty.id))
        .outerjoin(Proof, _IS_PROOF)
        .outerjoin(EditionRow, EditionRow.id == Proof.edition_id)
        .join(Person, and_(Person.employer_id == Employment.employer_id, Person.id == Employment.person_id))
        .join(RoleProfile, _IS_ROLE)
        .where(
            Employment.employer_id == EMPLOYER,
            in_force(Employment, TODAY),
            Status.due_on.is_not(None),
            in_reach,
        )
    )
    return _narrowed(query, shape)


def _narrowed(query: Select[*tuple[Any, ...]], shape: Shape) -> Select[*tuple[Any, ...]]:
    """A select of rows of the register with the parts of a filter."""
    if "unit" in shape:
        alone = "only_here" in shape
        inside = Unit.public_id == bindparam("unit") if alone else Unit.path.startswith(path_of_unit())
        query = query.where(inside, Person.protected.is_(False))
    if "role" in shape:
        query = query.where(RoleProfile.key == bindparam("role"))
    if "course" in shape:
        query = query.where(Status.course == bindparam("course"))
    if "rule" in shape:
        query = query.where(is_asked_by_rule())
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
