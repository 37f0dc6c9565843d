"""Object to a line of the own record, and answer it. Nothing in the register is changed by either."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Integer, Row, Select, and_, bindparam, func, or_, select
from sqlalchemy.orm import aliased

from lms.base.access import Permission
from lms.base.context import Context
from lms.base.errors import Conflict, Invalid, NotFound
from lms.base.statements import EMPLOYER, ME, TODAY, built_once
from lms.organisation.models import Employment, Person, Unit
from lms.organisation.people import is_seen, name_unless_protected
from lms.organisation.queries import in_force, says_where
from lms.register.record_models import Objection

LONGEST = 1_000  # characters of what is wrong, and of an answer
DECISIONS = ("corrected", "stays")
_WORDED_WITH_UNIT = "post"  # the kind of line that says where somebody works


@dataclass(frozen=True, slots=True)
class MyObjection:
    """What the actor has said about a line of the own record, and what was answered."""

    kind: str
    key: str
    said: str
    text: str
    created_at: datetime
    answered_at: datetime | None
    answered_by: str  # empty for a protected identity
    answer: str
    decided: str


_ANSWERER = aliased(Person)
_MINE = (
    select(
        Objection.kind, Objection.key, Objection.said, Objection.text, Objection.created_at, Objection.answered_at,
        name_unless_protected(_ANSWERER),
        Objection.answer, Objection.decided,
    )
    .outerjoin(
        _ANSWERER, and_(_ANSWERER.employer_id == Objection.employer_id, _ANSWERER.id == Objection.answered_by)
    )
    .where(Objection.employer_id == EMPLOYER, Objection.person_id == ME)
    .order_by(Objection.id.desc())
)  # fmt: skip


def my_objections(ctx: Context) -> list[MyObjection]:
    """What the actor has objected to, the newest first. One statement.

    Open: own rows only.
    """
    return [MyObjection(*row[:6], *(value or "" for value in row[6:])) for row in ctx.rows(_MINE)]


def object_to(ctx: Context, kind: str, key: str, *, said: str, text: str) -> Objection:
    """Say that a line of the own record is not right; `said` is what the line says now.

    Open: own record only. Raises Invalid (text: missing, too_long), Conflict while the line is objected to already.
    """
    objection = Objection(
        employer_id=ctx.employer_id, person_id=ctx.who.person_id, kind=kind, key=key, said=said,
        text=_written(text, "text"), created_at=ctx.now,
    )  # fmt: skip
    if not ctx.add_once(objection):
        raise Conflict("objected_already")
    ctx.note("record.objected", objection, kind=kind)
    return objection


def _written(text: str, field: str) -> str:
    written = text.strip()
    if not written or len(written) > LONGEST:
        raise Invalid({field: "too_long" if written else "missing"})
    return written


@dataclass(frozen=True, slots=True)
class ObjectionLine:
    """An objection as whoever answers it sees it; no name or unit of a protected identity."""

    public_id: UUID
    person_id: UUID
    name: str
    protected: bool  # and the name is not the actor's to see
    kind: str
    said: str
    text: str
    created_at: datetime
    answered_at: datetime | None
    answer: str
    decided: str


def objections(
    ctx: Context, *, answered: bool = False, start: int = 0, limit: int = 50
) -> list[ObjectionLine]:
    """Objections of others in the actor's reach: open ones the oldest first, answered ones the newest. One statement.

    Somebody who has left is where they worked last.
    """
    in_reach = ctx.reach(Permission.ANSWER_OBJECTION, Unit.path)
    listed = _lines(in_reach, is_seen(ctx), answered=answered)
    return [_line(row) for row in ctx.rows(listed, start=start, limit=limit)]


def objections_counted(ctx: Context, *, answered: bool = False) -> int:
    """How many objections `objections` lists in all. One statement."""
    in_reach = ctx.reach(Permission.ANSWER_OBJECTION, Unit.path)
    return int(ctx.rows(_counted(in_reach, is_seen(ctx), answered=answered)).scalar_one())


def open_objections_of(ctx: Context, person_id: UUID) -> list[ObjectionLine]:
    """Open objections of one person, for the pages about them of whoever may answer. One statement."""
    in_reach = ctx.reach(Permission.ANSWER_OBJECTION, Unit.path)
    found = _of_person(in_reach, is_seen(ctx))
    return [_line(row) for row in ctx.rows(found, person=person_id, start=0, limit=50)]


def objection(ctx: Context, public_id: UUID) -> ObjectionLine:
    """One objection of somebody else in the actor's reach. One statement. Raises NotFound."""
    in_reach = ctx.reach(Permission.ANSWER_OBJECTION, Unit.path)
    found = ctx.rows(_one(in_reach, is_seen(ctx)), objection=public_id).first()
    if found is None:
        raise NotFound
    return _line(found)


def answer_objection(ctx: Context, public_id: UUID, *, decided: str, answer: str) -> Objection:
    """Answer an objection with a reason, which the person reads and is told of; once.

    Raises NotFound outside the actor's reach and for the own, Invalid (decided, answer), Conflict if it was answered.
    """
    ctx.require(Permission.ANSWER_OBJECTION)
    objection(ctx, public_id)
    if decided not in DECISIONS:
        raise Invalid({"decided": "missing"})
    reason = _written(answer, "answer")
    row = ctx.open(Objection, public_id, lock=True)
    if row.answered_at is not None:
        raise Conflict("answered_already")
    row.answered_at, row.answered_by, row.answer, row.decided = ctx.now, ctx.who.person_id, reason, decided
    ctx.note("objection.answered", row, decided=decided)
    ctx.later("after_objection_answered", str(row.id), objection_id=row.id)
    return row


def _line(row: Row[*tuple[Any, ...]]) -> ObjectionLine:
    public_id, person_id, seen, given, family, kind, said, *rest = row
    is_hidden = not seen
    return ObjectionLine(
        public_id, person_id, "" if is_hidden else f"{given} {family}", is_hidden, kind,
        "" if is_hidden and kind == _WORDED_WITH_UNIT else said,
        *rest[:3], *(value or "" for value in rest[3:]),
    )  # fmt: skip


def _posts(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    """SQL condition: the person has an employment, as known now, of which this holds."""
    return (
        select(Employment.id)
        .join(Unit, and_(Unit.employer_id == Employment.employer_id, Unit.id == Employment.unit_id))
        .where(
            Employment.employer_id == EMPLOYER,
            Employment.person_id == Person.id,
            Employment.superseded_at.is_(None),
            *conditions,
        )
        .correlate(Person)
        .exists()
    )


def _found(in_reach: ColumnElement[bool], seen: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    """Objections of others in reach. Nobody answers their own."""
    now = in_force(Employment, TODAY)
    return (
        select(
            Objection.public_id, Person.public_id.label("person"),
            or_(Person.protected.is_(False), _posts(now, seen)).label("seen"),
            Person.given_name, Person.family_name, Objection.kind, Objection.said, Objection.text,
            Objection.created_at, Objection.answered_at, Objection.answer, Objection.decided,
        )
        .join(Person, and_(Person.employer_id == Objection.employer_id, Person.id == Objection.person_id))
        .where(
            Objection.employer_id == EMPLOYER,
            Objection.person_id != ME,
            _posts(says_where(TODAY), in_reach),
        )
    )  # fmt: skip


def _paged(query: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    return query.limit(bindparam("limit", type_=Integer)).offset(bindparam("start", type_=Integer))


def _narrowed(query: Select[*tuple[Any, ...]], *, answered: bool) -> Select[*tuple[Any, ...]]:
    return query.where(Objection.answered_at.is_not(None) if answered else Objection.answered_at.is_(None))


@built_once
def _lines(
    in_reach: ColumnElement[bool], seen: ColumnElement[bool], *, answered: bool
) -> Select[*tuple[Any, ...]]:
    order = (Objection.answered_at.desc(), Objection.id.desc()) if answered else (Objection.id,)
    return _paged(_narrowed(_found(in_reach, seen), answered=answered).order_by(*order))


@built_once
def _counted(in_reach: ColumnElement[bool], seen: ColumnElement[bool], *, answered: bool) -> Select[int]:
    return _narrowed(_found(in_reach, seen), answered=answered).with_only_columns(func.count())


@built_once
def _of_person(in_reach: ColumnElement[bool], seen: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    mine = Person.public_id == bindparam("person")
    return _paged(_narrowed(_found(in_reach, seen), answered=False).where(mine).order_by(Objection.id))


@built_once
def _one(in_reach: ColumnElement[bool], seen: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    return _found(in_reach, seen).where(Objection.public_id == bindparam("objection"))
