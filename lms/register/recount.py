"""Work out duties, their status and coverage anew for an employer, and say what was not as the facts have it."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import and_, func, select

from lms.base.context import Context
from lms.organisation.models import Person
from lms.register.actions import fit_duties
from lms.register.coverage import drift, turn_day
from lms.register.models import Duty, Status

PEOPLE_AT_ONCE = 1_000


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


def recount(ctx: Context) -> Drift:
    """Work everything out anew; what was wrong is right then, unless the transaction is rolled back.

    Open: called by the command. In parts of 1,000 people.
    """
    own = select(Person.id).where(Person.employer_id == ctx.employer_id).order_by(Person.id)
    return _of(ctx, ctx.db.scalars(own).all())


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
    return _of(ctx, sorted({*drawn, *written_before}))


def _of(ctx: Context, people: Sequence[int]) -> Drift:
    turn_day(ctx)  # that a day begins is no drift
    places = len(drift(ctx, mend=True))
    reasons = statuses = 0
    for start in range(0, len(people), PEOPLE_AT_ONCE):
        fitted = fit_duties(ctx, person_ids=people[start : start + PEOPLE_AT_ONCE])
        reasons += fitted.added + fitted.corrected
        statuses += fitted.moved
    return Drift(len(people), reasons, statuses, places)
