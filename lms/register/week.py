"""What a lead has to do something about in the next days: who is late, has something due, or runs out."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Date,
    Integer,
    Select,
    and_,
    bindparam,
    case,
    func,
    or_,
    select,
)

from lms.base.access import Permission
from lms.base.context import Context
from lms.base.names import in_order
from lms.base.statements import EMPLOYER, ME, TODAY, built_once
from lms.organisation.models import Employment, Person, Unit
from lms.organisation.people import is_seen
from lms.organisation.queries import REACHED, in_force, is_away, units_reached
from lms.register.models import Duty, DutySource, Status
from lms.register.queries import state_on
from lms.register.rules import ORDER, STATES, Sought, State

AHEAD = timedelta(days=14)
MOST_AT_ONCE = 1_000  # lines that are looked up again
LATE = STATES[Sought.LATE]


@dataclass(frozen=True, slots=True)
class WeekLine:
    """One person and course that needs somebody within the next days."""

    public_id: UUID
    name: str
    title: str
    course: str
    state: State
    due_on: date
    expires_on: date | None
    given_until: date | None  # was given anew, to be complete by this day, which lies ahead
    is_own: bool = False  # the actor's

    @property
    def is_late(self) -> bool:
        """Whether it should have been there already."""
        return self.state in LATE

    @property
    def is_done(self) -> bool:
        """Whether somebody has done something about it: the course was given, and the day for it lies ahead."""
        return self.given_until is not None


@dataclass(frozen=True, slots=True)
class Week:
    """Some lines, what is late first, and how many there are in all."""

    lines: tuple[WeekLine, ...]
    size: int
    late: int


_UNTIL = bindparam("until", type_=Date)


def week(ctx: Context, unit_id: UUID | None = None, *, start: int = 0, limit: int = 50) -> Week:
    """Who is late, has something due or runs out within 14 days in the actor's units (or one). One statement.

    Nobody who is away today. What was given anew and is not due yet comes last. Protected identities are there for
    the lead of their unit only.
    """
    in_reach = ctx.reach(Permission.ASSIGN, REACHED.path)
    query = _lines(in_reach, is_seen(ctx), in_unit=unit_id is not None, named=False)
    rows = ctx.rows(query, unit=unit_id, start=start, limit=limit, until=ctx.today + AHEAD).all()
    return Week(tuple(_line(row) for row in rows), *(rows[0][-2:] if rows else (0, 0)))


def week_lines(ctx: Context, pairs: Collection[tuple[UUID, str]]) -> list[WeekLine]:
    """Those of some (person, course) that still stand on the list. One statement."""
    in_reach = ctx.reach(Permission.ASSIGN, REACHED.path)
    query = _lines(in_reach, is_seen(ctx), in_unit=False, named=True)
    wanted = set(pairs)
    people = sorted({person for person, _course in wanted})
    rows = ctx.rows(query, unit=None, people=people, start=0, limit=MOST_AT_ONCE, until=ctx.today + AHEAD)
    return [line for row in rows if ((line := _line(row)).public_id, line.course) in wanted]


def _line(row: Any) -> WeekLine:
    public_id, given, family, title, course, place, due_on, expires_on, until, is_own = row[:10]
    return WeekLine(
        public_id, f"{given} {family}", title, course, list(State)[place], due_on, expires_on, until, is_own
    )


@built_once
def _lines(
    in_reach: ColumnElement[bool], seen: ColumnElement[bool], *, in_unit: bool, named: bool
) -> Select[*tuple[Any, ...]]:
    place = state_on(TODAY)
    known = [ORDER[State.VALID], ORDER[State.EXPIRING]]
    asked = [ORDER[State.UNDER_WAY], ORDER[State.NOT_YET_DUE]]
    late = [ORDER[state] for state in LATE]
    given = (
        select(func.max(DutySource.due_on))
        .where(
            DutySource.employer_id == Duty.employer_id,
            DutySource.duty_id == Duty.id,
            DutySource.assignment_id.is_not(None),
            DutySource.withdrawn_at.is_(None),
            DutySource.due_on >= TODAY,
            DutySource.due_on > Status.due_on,
        )
        .correlate(Duty, Status)
        .scalar_subquery()
    )
    lines = (
        select(
            Employment.person_id, Duty.course, func.min(Employment.title).label("title"),
            func.min(place).label("place"), func.min(Status.due_on).label("due_on"),
            func.min(Status.expires_on).label("expires_on"), func.max(given).label("given"),
        )
        .select_from(Employment)
        .join(Person, and_(Person.employer_id == Employment.employer_id, Person.id == Employment.person_id))
        .join(Unit, and_(Unit.employer_id == Employment.employer_id, Unit.id == Employment.unit_id))
        .join(Duty, and_(Duty.employer_id == Employment.employer_id, Duty.employment_id == Employment.id))
        .join(Status, and_(Status.employer_id == Duty.employer_id, Status.duty_id == Duty.id))
        .where(
            Employment.employer_id == EMPLOYER,
            Employment.unit_id.in_(units_reached(in_reach, in_unit=in_unit)),
            in_force(Employment, TODAY),
            ~is_away(Employment, TODAY),
            seen,
            or_(
                place.in_(late),
                and_(place.in_(asked), Status.due_on <= _UNTIL),
                and_(place.in_(known), Status.expires_on <= _UNTIL),
            ),
        )
        .group_by(Employment.person_id, Duty.course)
    )  # fmt: skip
    if named:
        lines = lines.where(Person.public_id.in_(bindparam("people", expanding=True)))
    each = lines.subquery()
    is_late = case((each.c.place.in_(late), 1), else_=0)
    when = case((each.c.place.in_(known), each.c.expires_on), else_=each.c.due_on)
    return (
        select(
            Person.public_id, Person.given_name, Person.family_name, each.c.title, each.c.course, each.c.place,
            each.c.due_on, each.c.expires_on, each.c.given, (Person.id == ME).label("is_own"),
            func.count().over(), func.sum(is_late).over(),
        )
        .select_from(each)
        .join(Person, and_(Person.employer_id == EMPLOYER, Person.id == each.c.person_id))
        .order_by(
            case((each.c.given.is_(None), 0), else_=1), is_late.desc(), when,
            *in_order(Person.given_name, Person.family_name), Person.id, each.c.course,
        )
        .limit(bindparam("limit", type_=Integer))
        .offset(bindparam("start", type_=Integer))
    )  # fmt: skip
