"""Read what runs out: the next proofs to end in any part of the tree, page by page, and how many in each month."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Date,
    Integer,
    Select,
    and_,
    bindparam,
    exists,
    extract,
    func,
    literal,
    or_,
    select,
)
from sqlalchemy.orm import aliased

from lms.base.access import Permission
from lms.base.context import Context
from lms.base.statements import EMPLOYER, TODAY, built_once
from lms.organisation.models import Employment, Person, Unit
from lms.organisation.queries import REACHED, units_reached
from lms.register.coverage import is_asked_on
from lms.register.models import Duty, Proof, Status

PAGE = 50


@dataclass(frozen=True, slots=True)
class Window:
    """What is looked for: last days from one day to another, in a unit and below it, of a course."""

    first: date
    last: date
    unit: UUID | None = None  # empty: all that is in reach
    course: str = ""
    is_leaf: bool = False  # nothing lies below the unit: fewer rows are in it than on the days


@dataclass(frozen=True, slots=True)
class Expiry:
    """A proof that runs out, in a post that asks for it. Name and unit are empty for a protected identity."""

    duty_id: UUID
    person_id: UUID
    family_name: str
    given_name: str
    unit: str
    title: str
    course: str
    expires_on: date
    certificate: str
    protected: bool


@dataclass(frozen=True, slots=True)
class After:
    """The last line somebody has read: the list goes on behind it."""

    day: date
    duty_id: UUID


def expiring(
    ctx: Context,
    window: Window,
    after: After | None = None,
    *,
    limit: int = PAGE,
    permission: Permission = Permission.SEE_REGISTER,
) -> list[Expiry]:
    """What runs out soonest, from the start or behind a line. One statement, which walks the index by last day.

    It stops at the limit, and looks for names only then: it takes the same for one unit as for the whole tree.
    """
    in_reach = ctx.reach(permission, REACHED.path)
    rows = ctx.rows(
        _listed(
            in_reach,
            **_shape(window),
            further=after is not None,
        ),
        **_asked(window)
        | ({"first": after.day, "after": after.day, "behind": after.duty_id} if after else {}),
        limit=limit,
    )
    return [_expiry(row) for row in rows]


def _expiry(row: Any) -> Expiry:
    duty, person, family, given, unit, title, course, day, number, protected = row
    if protected:
        family, given, unit = "", "", ""
    return Expiry(duty, person, family, given, unit, title, course, day, number, protected)


def _shape(window: Window) -> dict[str, Any]:
    where = "everywhere" if window.unit is None else "leaf" if window.is_leaf else "unit"
    return {"where": where, "of_course": bool(window.course)}


def _asked(window: Window) -> dict[str, Any]:
    return {"first": window.first, "last": window.last, "unit": window.unit, "course": window.course}


def expiring_by_month(
    ctx: Context, window: Window, *, permission: Permission = Permission.SEE_REGISTER
) -> dict[date, dict[str, int]]:
    """How many run out in each month, as its first day, of each course. One statement."""
    in_reach = ctx.reach(permission, REACHED.path)
    counted: dict[date, dict[str, int]] = defaultdict(dict)
    statement = _months(in_reach, **_shape(window))
    for year, month, course, number in ctx.rows(statement, **_asked(window)):
        counted[date(int(year), int(month), 1)][course] = number
    return dict(counted)


def _in_units(in_reach: ColumnElement[bool], where: str) -> ColumnElement[bool]:
    """SQL condition: in the units that are looked at.

    Written as a sum, it keeps SQLite on the index by last day, instead of going through all that the units have.
    """
    units = units_reached(in_reach, in_unit=where != "everywhere")
    return Status.unit_id == units.scalar_subquery() if where == "leaf" else (Status.unit_id + 0).in_(units)


def _end(where: str) -> ColumnElement[Any]:
    """The last day; so that SQLite leaves the index by day alone where there is but one unit, which has less."""
    own: ColumnElement[Any] = Status.expires_on.expression
    return func.coalesce(own, literal(date.max, Date)) if where == "leaf" else own


def _shown(in_reach: ColumnElement[bool], *, where: str, of_course: bool) -> list[ColumnElement[bool]]:
    conditions = [
        Status.employer_id == EMPLOYER,
        _end(where).between(bindparam("first"), bindparam("last")),
        _in_units(in_reach, where),
        is_asked_on(TODAY),
    ]
    if where != "everywhere":  # in which unit a protected identity works is not told
        hidden = exists().where(
            Person.employer_id == Status.employer_id, Person.id == Status.person_id, Person.protected
        )
        conditions.append(~hidden)
    if of_course:
        conditions.append(Status.course == bindparam("course"))
    return conditions


@built_once
def _listed(
    in_reach: ColumnElement[bool], *, where: str, of_course: bool, further: bool
) -> Select[*tuple[Any, ...]]:
    walk = select(Status.id, Status.expires_on, Status.unit_id).where(
        *_shown(in_reach, where=where, of_course=of_course)
    )
    if further:
        walk = walk.where(_is_behind())
    page = (
        walk.order_by(_end(where), Status.unit_id, Status.id)
        .limit(bindparam("limit", type_=Integer))
        .subquery()
    )
    return (
        select(
            Duty.public_id, Person.public_id, Person.family_name, Person.given_name, Unit.name, Employment.title,
            Status.course, Status.expires_on, Proof.reference, Person.protected,
        )
        .select_from(page)
        .join(Status, and_(Status.employer_id == EMPLOYER, Status.id == page.c.id))
        .join(Duty, and_(Duty.employer_id == Status.employer_id, Duty.id == Status.duty_id))
        .join(Employment, and_(Employment.employer_id == Duty.employer_id, Employment.id == Duty.employment_id))
        .join(Person, and_(Person.employer_id == Status.employer_id, Person.id == Status.person_id))
        .join(Unit, and_(Unit.employer_id == Status.employer_id, Unit.id == Status.unit_id))
        .join(Proof, and_(Proof.employer_id == Status.employer_id, Proof.id == Status.proof_id))
        .order_by(page.c.expires_on, page.c.unit_id, page.c.id)
    )  # fmt: skip


def _is_behind() -> ColumnElement[bool]:
    """SQL condition: behind the line that was read last, among those that do not end before its day."""
    line, duty = aliased(Status), aliased(Duty)
    read = (
        select(line.unit_id, line.id)
        .join(duty, and_(duty.employer_id == line.employer_id, duty.id == line.duty_id))
        .where(duty.employer_id == EMPLOYER, duty.public_id == bindparam("behind"))
    )
    unit_id, key = (read.with_only_columns(column).scalar_subquery() for column in (line.unit_id, line.id))
    return or_(
        Status.expires_on > bindparam("after"),
        Status.unit_id > unit_id,
        and_(Status.unit_id == unit_id, Status.id > key),
    )


@built_once
def _months(in_reach: ColumnElement[bool], *, where: str, of_course: bool) -> Select[*tuple[Any, ...]]:
    year, month = (extract(part, Status.expires_on) for part in ("year", "month"))
    return (
        select(year, month, Status.course, func.count())
        .where(*_shown(in_reach, where=where, of_course=of_course))
        .group_by(year, month, Status.course)
    )
