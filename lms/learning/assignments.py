"""Read what leads have given: an assignment that was just made, and those of one person that are still open."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, or_, select

from lms.base.access import Permission
from lms.base.context import Context
from lms.learning.models import Assignment
from lms.organisation.models import Person, Unit
from lms.register.models import Duty, DutySource, Status
from lms.register.queries import standing_of
from lms.register.rules import State, state


@dataclass(frozen=True, slots=True)
class Given:
    """A course that a lead gave to people of a unit in reach."""

    public_id: UUID
    course: str
    due_on: date
    reason: str
    created_at: datetime
    withdrawn_at: datetime | None
    people: int  # who still have it


def mine_to_withdraw(ctx: Context) -> ColumnElement[bool]:
    """SQL condition: an assignment (joined with its unit) was made in the actor's reach, or by the actor.

    The unit of an assignment to people of two units is the one above both, which may lie outside the reach.
    """
    in_reach = ctx.reach(Permission.ASSIGN, Unit.path)
    return or_(in_reach, Assignment.assigned_by == ctx.who.person_id)


def given(ctx: Context, assignment_id: UUID) -> Given | None:
    """An assignment of the actor's or made in reach; None if there is none: a toast can do without. One statement."""
    ctx.require(Permission.ASSIGN)
    people = (
        select(func.count(Duty.person_id.distinct()))
        .join(DutySource, and_(DutySource.employer_id == Duty.employer_id, DutySource.duty_id == Duty.id))
        .where(
            Duty.employer_id == Assignment.employer_id,
            DutySource.assignment_id == Assignment.id,
            DutySource.withdrawn_at.is_(None),
        )
        .correlate(Assignment)
        .scalar_subquery()
    )
    row = ctx.db.execute(
        select(Assignment, people)
        .join(Unit, and_(Unit.employer_id == Assignment.employer_id, Unit.id == Assignment.unit_id))
        .where(
            Assignment.employer_id == ctx.employer_id,
            Assignment.public_id == assignment_id,
            mine_to_withdraw(ctx),
        )
    ).first()
    if row is None:
        return None
    made, count = row
    return Given(
        made.public_id, made.course, made.due_on, made.reason, made.created_at, made.withdrawn_at, count
    )


def open_assignments(ctx: Context, person_id: UUID) -> list[Given]:
    """Courses given to one person in the actor's reach that are not done yet, by due date. One statement.

    Those that somebody else gave for a larger unit than the actor leads are not the actor's to withdraw and left out.
    """
    ctx.require(Permission.ASSIGN)
    rows = ctx.db.execute(
        select(Assignment, Status)
        .join(Unit, and_(Unit.employer_id == Assignment.employer_id, Unit.id == Assignment.unit_id))
        .join(
            DutySource,
            and_(
                DutySource.employer_id == Assignment.employer_id,
                DutySource.assignment_id == Assignment.id,
                DutySource.withdrawn_at.is_(None),
            ),
        )
        .join(Duty, and_(Duty.employer_id == DutySource.employer_id, Duty.id == DutySource.duty_id))
        .join(Status, and_(Status.employer_id == Duty.employer_id, Status.duty_id == Duty.id))
        .join(Person, and_(Person.employer_id == Duty.employer_id, Person.id == Duty.person_id))
        .where(
            Assignment.employer_id == ctx.employer_id, Person.public_id == person_id, mine_to_withdraw(ctx)
        )
        .order_by(Assignment.due_on, Assignment.id)
    ).all()
    found = {}
    for made, status in rows:
        standing = standing_of(status)
        done_since = status.achieved_on is not None and status.achieved_on >= ctx.day_of(made.created_at)
        if not done_since and state(standing, ctx.today) is not State.VALID:
            found[made.id] = Given(
                made.public_id,
                made.course,
                made.due_on,
                made.reason,
                made.created_at,
                withdrawn_at=None,
                people=1,
            )
    return list(found.values())
