"""Times that people put aside for a course: theirs alone, shown in their own calendar."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import bindparam, delete, select

from lms.base.access import Permission
from lms.base.context import Context
from lms.base.errors import Conflict, Invalid, NotFound
from lms.base.statements import EMPLOYER, ME
from lms.catalogue.queries import chain
from lms.learning.time_models import LearningTime

LENGTHS = (15, 30, 45, 60)  # minutes
USUAL = 30
MOST = 30  # of one person that lie ahead
FURTHEST = timedelta(days=366)
SHOWN_FOR = timedelta(days=1)  # after it has begun it still stands in the calendar
FORGOTTEN = timedelta(days=30)

_MINE = (
    select(LearningTime.public_id, LearningTime.course, LearningTime.starts_at, LearningTime.minutes)
    .where(
        LearningTime.employer_id == EMPLOYER,
        LearningTime.person_id == ME,
        LearningTime.starts_at > bindparam("since"),
    )
    .order_by(LearningTime.starts_at, LearningTime.id)
)


@dataclass(frozen=True, slots=True)
class OwnTime:
    """A time put aside for a course."""

    public_id: UUID
    course: str
    starts_at: datetime
    minutes: int


def my_times(ctx: Context) -> Sequence[OwnTime]:
    """Times the actor has put aside, from yesterday on, the next one first. One statement."""
    ctx.require(Permission.LEARN)
    return [OwnTime(*row) for row in ctx.rows(_MINE, since=ctx.now - SHOWN_FOR)]


def plan_time(ctx: Context, course: str, starts_at: datetime, minutes: int = USUAL) -> LearningTime:
    """Put a time aside for a course; those that were over long ago are forgotten with it.

    Raises NotFound for a course that is not there, Invalid (`day` passed or too far ahead, `minutes`), Conflict with
    too many ahead.
    """
    who = ctx.require(Permission.LEARN)
    if not chain(ctx, course):
        raise NotFound
    faults = {}
    if not ctx.now < starts_at:
        faults["day"] = "date_passed"
    elif starts_at > ctx.now + FURTHEST:
        faults["day"] = "too_far"
    if minutes not in LENGTHS:
        faults["minutes"] = "missing"
    if faults:
        raise Invalid(faults)
    if sum(each.starts_at > ctx.now for each in my_times(ctx)) >= MOST:
        raise Conflict("too_many_times")
    ctx.db.execute(
        delete(LearningTime).where(
            LearningTime.employer_id == who.employer_id,
            LearningTime.person_id == who.person_id,
            LearningTime.starts_at < ctx.now - FORGOTTEN,
        )
    )
    time = LearningTime(
        employer_id=who.employer_id,
        person_id=who.person_id,
        course=course,
        starts_at=starts_at,
        minutes=minutes,
        created_at=ctx.now,
    )
    ctx.db.add(time)
    return time


def drop_time(ctx: Context, time_id: UUID) -> None:
    """Take a time back that the actor has put aside. Raises NotFound for somebody else's."""
    who = ctx.require(Permission.LEARN)
    time = ctx.open(LearningTime, time_id)
    if time.person_id != who.person_id:
        raise NotFound
    ctx.db.delete(time)
