"""Read supervised exams: for who opens them, who has come and who is finished; whether a seat may still be used."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, and_, bindparam, case, select

from lms.base.access import Permission
from lms.base.context import Context
from lms.base.db import UtcTime
from lms.base.errors import Expired, NotFound
from lms.base.names import in_order
from lms.base.statements import EMPLOYER, ME, built_once
from lms.learning.attempts import IS_FINISHED
from lms.learning.models import Attempt, ExamReopening, ExamSeat, ExamSitting
from lms.learning.sitting_rules import SeatState, Window, lasts_until, may_go_on, seat_state
from lms.organisation.models import Person, Unit

_WINDOW_OF_ATTEMPT = (
    select(
        ExamSitting.opens_at, ExamSitting.closes_at, ExamSitting.closed_at, ExamSitting.ended_at, ExamSeat.reopened_at
    )
    .join(
        ExamSitting,
        and_(ExamSitting.employer_id == ExamSeat.employer_id, ExamSitting.id == ExamSeat.sitting_id),
    )
    .where(ExamSeat.employer_id == EMPLOYER, ExamSeat.attempt_id == bindparam("attempt"))
)  # fmt: skip
_OPEN = select(ExamSitting.id).where(
    ExamSitting.employer_id == EMPLOYER,
    ExamSitting.course == bindparam("course"),
    ExamSitting.opens_at <= bindparam("now", type_=UtcTime()),
    ExamSitting.closes_at > bindparam("now", type_=UtcTime()),
    ExamSitting.closed_at.is_(None),
    ExamSitting.opened_by != ME,
    ~select(ExamSeat.id)
    .where(
        ExamSeat.employer_id == ExamSitting.employer_id,
        ExamSeat.sitting_id == ExamSitting.id,
        ExamSeat.person_id == ME,
    )
    .exists(),
)
_SEATS = (
    select(
        ExamSeat.public_id, ExamSeat.id, Person.given_name, Person.family_name, Person.protected,
        case((IS_FINISHED, 1), else_=0).label("is_whole"), Attempt.closed_at, ExamSeat.reopened_at, ExamSeat.taken_at,
        Person.id.label("person_id"),
    )
    .join(ExamSitting, and_(ExamSitting.employer_id == ExamSeat.employer_id, ExamSitting.id == ExamSeat.sitting_id))
    .join(Person, and_(Person.employer_id == ExamSeat.employer_id, Person.id == ExamSeat.person_id))
    .join(Attempt, and_(Attempt.employer_id == ExamSeat.employer_id, Attempt.id == ExamSeat.attempt_id))
    .where(ExamSeat.employer_id == EMPLOYER, ExamSitting.public_id == bindparam("sitting"))
    .order_by(
        Person.protected,
        *in_order(
            case((Person.protected, ""), else_=Person.family_name),
            case((Person.protected, ""), else_=Person.given_name),
        ),
        ExamSeat.id,
    )
)  # fmt: skip
_REOPENINGS = (
    select(
        ExamReopening.seat_id, ExamReopening.reopened_at, ExamReopening.reason,
        Person.given_name, Person.family_name, Person.protected,
    )
    .join(ExamSeat, and_(ExamSeat.employer_id == ExamReopening.employer_id, ExamSeat.id == ExamReopening.seat_id))
    .join(ExamSitting, and_(ExamSitting.employer_id == ExamSeat.employer_id, ExamSitting.id == ExamSeat.sitting_id))
    .join(Person, and_(Person.employer_id == ExamReopening.employer_id, Person.id == ExamReopening.reopened_by))
    .where(ExamReopening.employer_id == EMPLOYER, ExamSitting.public_id == bindparam("sitting"))
    .order_by(ExamReopening.id)
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sitting:
    """A supervised exam as who opens such exams sees it."""

    public_id: UUID
    course: str
    unit: str
    room: str
    code: str
    window: Window
    opened_by: str  # empty: a protected identity


@dataclass(frozen=True, slots=True)
class Reopening:
    """A seat was opened once more: when, by whom (empty: a protected identity), and why."""

    at: datetime
    by: str
    reason: str


@dataclass(frozen=True, slots=True)
class Seat:
    """Somebody who has come: how far they are, and nothing about how it went.

    The name of a protected identity is empty; those are told from each other by the order they came in, and when.
    """

    public_id: UUID
    name: str
    state: SeatState
    until: datetime | None  # they may go on; None if they are finished, or may not
    came_at: datetime
    number: int  # of a protected identity, from 1; 0 for whoever has a name
    mine: bool  # the actor's own, who may not reopen it
    reopenings: tuple[Reopening, ...]


@built_once
def _sittings(in_reach: ColumnElement[bool], *, one: bool) -> Select[*tuple[Any, ...]]:
    query = (
        select(
            ExamSitting.public_id, ExamSitting.course, Unit.name, ExamSitting.room, ExamSitting.code,
            ExamSitting.opens_at, ExamSitting.closes_at, ExamSitting.closed_at, ExamSitting.ended_at,
            Person.given_name, Person.family_name, Person.protected,
        )
        .join(Unit, and_(Unit.employer_id == ExamSitting.employer_id, Unit.id == ExamSitting.unit_id))
        .join(Person, and_(Person.employer_id == ExamSitting.employer_id, Person.id == ExamSitting.opened_by))
        .where(ExamSitting.employer_id == EMPLOYER, in_reach)
        .order_by(ExamSitting.opens_at.desc(), ExamSitting.id.desc())
        .limit(50)
    )  # fmt: skip
    return query.where(ExamSitting.public_id == bindparam("sitting")) if one else query


def _view(row: Row[*tuple[Any, ...]]) -> Sitting:
    return Sitting(
        row.public_id, row.course, row.name, row.room, row.code, _window(row), opened_by=_name(row)
    )


def _window(row: Row[*tuple[Any, ...]]) -> Window:
    return Window(row.opens_at, row.closes_at, row.closed_at, row.ended_at)


def sittings(ctx: Context) -> list[Sitting]:
    """The last 50 supervised exams in the actor's reach, the latest first. One statement."""
    in_reach = ctx.reach(Permission.OPEN_EXAM, Unit.path)
    return [_view(row) for row in ctx.rows(_sittings(in_reach, one=False))]


def sitting(ctx: Context, sitting_id: UUID) -> Sitting:
    """A supervised exam in the actor's reach. One statement. Raises NotFound."""
    in_reach = ctx.reach(Permission.OPEN_EXAM, Unit.path)
    row = ctx.rows(_sittings(in_reach, one=True), sitting=sitting_id).first()
    if row is None:
        raise NotFound
    return _view(row)


def seats(ctx: Context, found: Sitting) -> list[Seat]:
    """Who has come to a supervised exam that was found in reach: by name, protected ones last. Two statements."""
    ctx.require(Permission.OPEN_EXAM)
    reopenings: dict[int, list[Reopening]] = defaultdict(list)
    numbers = count(1)
    for row in ctx.rows(_REOPENINGS, sitting=found.public_id):
        reopenings[row.seat_id].append(Reopening(row.reopened_at, _name(row), row.reason))
    there = []
    for row in ctx.rows(_SEATS, sitting=found.public_id):
        state = seat_state(found.window, row.closed_at, row.reopened_at, ctx.now, is_whole=bool(row.is_whole))
        goes_on = state == "not_finished" and may_go_on(found.window, row.reopened_at, ctx.now)
        there.append(
            Seat(
                row.public_id,
                _name(row),
                state=state,
                until=lasts_until(found.window, row.reopened_at) if goes_on else None,
                came_at=row.taken_at,
                number=next(numbers) if row.protected else 0,
                mine=row.person_id == ctx.who.person_id,
                reopenings=tuple(reopenings[row.id]),
            )
        )
    return there


def is_open_somewhere(ctx: Context, course: str) -> bool:
    """Whether an exam of a course is open now in a room that the actor may come to: not an own one. One statement."""
    ctx.require(Permission.LEARN)
    return ctx.rows(_OPEN, course=course, now=ctx.now).first() is not None


def _name(row: Row[*tuple[Any, ...]]) -> str:
    return "" if row.protected else f"{row.given_name} {row.family_name}"


def require_seat(ctx: Context, attempt_id: int) -> None:
    """Refuse to go on with an attempt whose sitting is over: raises Expired("sitting_over"). One statement.

    Open: asked for an attempt that was found to be the actor's.
    """
    row = ctx.rows(_WINDOW_OF_ATTEMPT, attempt=attempt_id).first()
    if row is None or not may_go_on(_window(row), row.reopened_at, ctx.now):
        raise Expired("sitting_over")
