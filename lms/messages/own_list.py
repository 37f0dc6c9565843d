"""Somebody's own list: every message to them that still tells the truth, new until they have seen it there."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, func, or_, select, update

from lms.base.context import Context
from lms.base.statements import EMPLOYER, ME
from lms.messages.models import Message
from lms.messages.rules import OF_A_DAY
from lms.organisation.models import Person

# Why something was not sent that is true all the same. What was taken back, done, or said again is in no list.
STILL_TRUE = ("no_address", "absent", "refused")
# A letter about a day is written when it goes: until then nobody knows whether there is anything to tell.
_IN_LIST = or_(
    Message.outcome == "sent",
    and_(Message.outcome == "waiting", Message.kind.not_in(sorted(OF_A_DAY))),
    and_(Message.outcome == "not_sent", Message.reason.in_(STILL_TRUE)),
)
# About the `Person` of a statement: there is something in their list that they have not seen.
HAS_NEWS = (
    select(Message.id)
    .where(
        Message.employer_id == Person.employer_id,
        Message.person_id == Person.id,
        Message.opened_at.is_(None),
        _IN_LIST,
    )
    .correlate(Person)
    .exists()
)


@dataclass(frozen=True, slots=True)
class Told:
    """A line of the list: what kind of message, about what, when, whether it is new."""

    id: int
    kind: str
    about_id: int
    course: str | None
    created_at: datetime
    is_new: bool


_MINE = (
    select(
        Message.id, Message.kind, Message.about_id, Message.course, Message.created_at,
        Message.opened_at.is_(None), func.count().over(),
    )
    .where(Message.employer_id == EMPLOYER, Message.person_id == ME, _IN_LIST)
    .order_by(Message.created_at.desc(), Message.id.desc())
)  # fmt: skip


def my_messages(ctx: Context, *, start: int, limit: int) -> tuple[list[Told], int]:
    """The actor's messages, the newest first, so many of them; and how many there are. One statement.

    Open: own messages only.
    """
    rows = ctx.rows(_MINE.offset(start).limit(limit)).all()
    return [Told(*row[:-1]) for row in rows], rows[0][-1] if rows else 0


def mark_opened(ctx: Context, told: Collection[Told]) -> None:
    """Note that the actor has seen these in their list. One statement, none where nothing is new.

    Open: own messages only.
    """
    new = [each.id for each in told if each.is_new]
    if new:
        ctx.db.execute(
            update(Message)
            .where(
                Message.employer_id == ctx.employer_id,
                Message.person_id == ctx.who.person_id,
                Message.id.in_(new),
            )
            .values(opened_at=ctx.now)
        )
