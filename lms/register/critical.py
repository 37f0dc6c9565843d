"""Read critical coverage: where a unit needs so many people who can show a course, how many it has, and until when."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum, auto
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Date,
    Select,
    and_,
    bindparam,
    case,
    exists,
    func,
    literal,
    or_,
    select,
    tuple_,
)

from lms.base.access import Permission
from lms.base.context import Context
from lms.base.statements import EMPLOYER, TODAY, built_once
from lms.organisation.models import Employment, Unit
from lms.organisation.queries import in_force, path_of_unit
from lms.register.coverage import is_asked_on, is_known_on
from lms.register.described import versions
from lms.register.models import Coverage, Status


class Spare(StrEnum):
    """How a unit stands with its minimum, exceptions first."""

    BELOW = auto()
    LAST = auto()  # as many as it needs: nobody to spare
    ENOUGH = auto()


@dataclass(frozen=True, slots=True)
class Critical:
    """A unit and a course of which it needs so many people at every time."""

    unit_id: UUID
    unit: str
    course: str
    known: int  # people directly in the unit who can show it
    asked: int
    minimum: int
    place: int  # internal key of the unit
    last_day: date | None = (
        None  # after which it falls below, as things stand; empty: no end is known, or it is below
    )

    @property
    def spare(self) -> Spare:
        """How it stands with its minimum."""
        if self.known < self.minimum:
            return Spare.BELOW
        return Spare.LAST if self.known == self.minimum else Spare.ENOUGH


def critical_coverage(
    ctx: Context, unit_id: UUID | None = None, *, permission: Permission = Permission.SEE_REGISTER
) -> list[Critical]:
    """Every unit in the actor's reach (or in one of its units) and each course it needs people for. Two statements.

    Exceptions first: what is furthest below, then what has nobody to spare. A minimum is that of the strictest
    requirement in force in whose unit the unit lies. A unit counts if somebody there is asked for the course, or was
    and somebody works there.
    """
    in_reach = ctx.reach(permission, Unit.path)
    critical = [each for each in versions(ctx) if each.minimum is not None and each.holds_on(ctx.today)]
    found = []
    for unit, name, path, key, course, known, asked in ctx.rows(
        _counted(in_reach, in_unit=unit_id is not None),
        unit=unit_id,
        courses=sorted({each.course for each in critical}),
    ):
        minimum = max(
            (each.minimum or 0 for each in critical if each.course == course and path.startswith(each.path)),
            default=0,
        )
        if minimum:
            found.append(Critical(unit, name, course, known, asked, minimum, key))
    return sorted(found, key=_urgency)


def _urgency(each: Critical) -> tuple[int, str, str]:
    return each.known - each.minimum, each.unit, each.course


@built_once
def _counted(in_reach: ColumnElement[bool], *, in_unit: bool) -> Select[*tuple[Any, ...]]:
    works_there = exists().where(
        Employment.employer_id == Coverage.employer_id,
        Employment.unit_id == Coverage.unit_id,
        in_force(Employment, TODAY),
    )
    query = (
        select(
            Unit.public_id, Unit.name, Unit.path, Unit.id, Coverage.course, Coverage.known_people, Coverage.people
        )
        .join(Coverage, and_(Coverage.employer_id == Unit.employer_id, Coverage.unit_id == Unit.id))
        .where(
            Unit.employer_id == EMPLOYER,
            Coverage.course.in_(bindparam("courses", expanding=True)),
            or_(Coverage.people > 0, works_there),
            in_reach,
        )
    )  # fmt: skip
    return query.where(Unit.path.startswith(path_of_unit())) if in_unit else query


def with_last_days(
    ctx: Context, some: Sequence[Critical], *, permission: Permission = Permission.SEE_REGISTER
) -> list[Critical]:
    """The same with the day after which each falls below its minimum, as things stand. One statement.

    The proof that runs out next, or the post that ends, takes away one who can show it; so many as there are to spare
    may go before.
    """
    ctx.require(permission)
    wanted = {
        (each.place, each.course, each.known - each.minimum + 1)
        for each in some
        if each.spare is not Spare.BELOW
    }
    days = {
        (unit, course): day
        for unit, course, _nth, day in ctx.rows(
            _NTH, places=[(unit, course) for unit, course, _nth in wanted], wanted=list(wanted)
        )
        if day != date.max
    }
    return [replace(each, last_day=days.get((each.place, each.course))) for each in some]


_NO_END = literal(date.max, Date)
_ENDS = func.coalesce(Status.expires_on, _NO_END)
_LEAVES = func.coalesce(Status.last_on, _NO_END)
_LAST_DAY = func.min(case((_LEAVES < _ENDS, _LEAVES), else_=_ENDS), type_=Date)
_EACH = (
    select(Status.unit_id, Status.course, Status.person_id, _LAST_DAY.label("day"))
    .where(
        Status.employer_id == EMPLOYER,
        tuple_(Status.unit_id, Status.course).in_(bindparam("places", expanding=True)),
        is_asked_on(TODAY),
    )
    .group_by(Status.unit_id, Status.course, Status.person_id)
    .having(func.min(case((is_known_on(TODAY), 1), else_=0)) == 1)
    .subquery()
)
_RANKED = select(
    _EACH.c.unit_id,
    _EACH.c.course,
    func.row_number().over(partition_by=(_EACH.c.unit_id, _EACH.c.course), order_by=_EACH.c.day).label("nth"),
    _EACH.c.day,
).subquery()
_NTH = select(_RANKED).where(
    tuple_(_RANKED.c.unit_id, _RANKED.c.course, _RANKED.c.nth).in_(bindparam("wanted", expanding=True))
)
