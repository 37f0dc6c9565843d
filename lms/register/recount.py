"""Work out duties, their status and coverage anew for an employer, and say what was not as the facts have it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from lms.base.context import Context
from lms.base.outbox import OutboxTask
from lms.organisation.models import Person
from lms.register.actions import fit_duties
from lms.register.coverage import drift, turn_day
from lms.register.models import Duty, Status

PEOPLE_AT_ONCE = 1_000
DRIFTED = (
    "drift"  # with what the task that begins a day says of itself, if something was not as the facts have it
)
REMEMBERED = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Drift:
    """How much was not as the facts have it: reasons for duties, statuses, counted places (unit and course)."""

    people: int
    reasons: int
    statuses: int
    places: int

    @property
    def is_none(self) -> bool:
        """Whether everything was as it should be."""
        return not (self.reasons or self.statuses or self.places)

    def __add__(self, other: "Drift") -> "Drift":
        return Drift(
            self.people + other.people,
            self.reasons + other.reasons,
            self.statuses + other.statuses,
            self.places + other.places,
        )

    def __str__(self) -> str:
        return f"{DRIFTED}: {self.reasons} reasons, {self.statuses} statuses, {self.places} places"


def recount(ctx: Context) -> Drift:
    """Work everything out anew; what was wrong is right then, unless the transaction is rolled back.

    Open: called by what checks a whole employer at once; the command does so part by part.
    """
    return sum((recount_people(ctx, part) for part in parts(ctx)), recount_places(ctx))


def parts(ctx: Context) -> list[Sequence[int]]:
    """The people of the employer (their ids) in parts of 1,000, each small enough for a transaction of its own.

    Open: called by the command.
    """
    own = select(Person.id).where(Person.employer_id == ctx.employer_id).order_by(Person.id)
    people = ctx.db.scalars(own).all()
    return [people[start : start + PEOPLE_AT_ONCE] for start in range(0, len(people), PEOPLE_AT_ONCE)]


def recount_places(ctx: Context) -> Drift:
    """Count all units and courses anew.

    Open: as `recount`.
    """
    turn_day(ctx)  # that a day begins is no drift
    return Drift(0, 0, 0, len(drift(ctx, mend=True)))


def recount_people(ctx: Context, people: Sequence[int]) -> Drift:
    """Work out the duties of some people and their status anew.

    Open: as `recount`.
    """
    fitted = fit_duties(ctx, person_ids=people)
    return Drift(len(people), fitted.added + fitted.corrected, fitted.moved, 0)


def audit(ctx: Context) -> Drift:
    """Do so for 1,000 people drawn by lot, and for those of whom the release before has written something.

    Open: called by the worker when a day begins.
    """
    own = select(Person.id).where(Person.employer_id == ctx.employer_id)
    drawn = ctx.db.scalars(own.order_by(func.random()).limit(PEOPLE_AT_ONCE)).all()
    written_before = ctx.db.scalars(
        select(Duty.person_id)
        .distinct()
        .join(Status, and_(Status.employer_id == Duty.employer_id, Status.duty_id == Duty.id))
        .where(Duty.employer_id == ctx.employer_id, Status.unit_id.is_(None))
    ).all()
    return recount_places(ctx) + recount_people(ctx, sorted({*drawn, *written_before}))


def drifted_lately(db: Session, now: datetime) -> list[str]:
    """What the beginning of a day found in the last 30 days that was not as the facts have it, the newest first.

    Open: asked by the doctor. One statement.
    """
    found = db.scalars(
        select(OutboxTask.outcome)
        .where(OutboxTask.done_at > now - REMEMBERED, OutboxTask.outcome.startswith(DRIFTED))
        .order_by(OutboxTask.done_at.desc())
    )
    return [outcome for outcome in found if outcome]
