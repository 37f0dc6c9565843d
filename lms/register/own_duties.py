"""Read what the actor must do or has done, with the reasons for it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Row, String, and_, bindparam, select

from lms.base.access import Permission
from lms.base.context import Context
from lms.base.statements import EMPLOYER, ME, TODAY
from lms.organisation.models import Employment
from lms.organisation.queries import in_force
from lms.register.editions import SHOWS_TAUGHT
from lms.register.models import Duty, DutySource, EditionReceipt, Proof, Status
from lms.register.queries import STANDING
from lms.register.rules import ORDER, Standing, State, Taught, state, taught


@dataclass(frozen=True, slots=True)
class MyDuty:
    """Something the actor must do or has done, with the reasons for it."""

    course: str
    state: State
    due_on: date
    achieved_on: date | None
    expires_on: date | None
    reasons: tuple[str, ...]
    taught: Taught | None  # by the newest proof


# Outer joins keep SQLite, which knows nothing of how many rows an employer has, from beginning with all its reasons.
_MY_DUTIES = (
    select(
        Duty.course, *STANDING, DutySource.reason,
        Proof.edition_id, Proof.achieved_on.label("taught_on"), Proof.expires_on.label("taught_until"),
        EditionReceipt.edition_id.label("received"), EditionReceipt.kind,
    )
    .join(Employment, and_(Employment.employer_id == Duty.employer_id, Employment.id == Duty.employment_id))
    .outerjoin(Status, and_(Status.employer_id == Duty.employer_id, Status.duty_id == Duty.id))
    .outerjoin(
        DutySource,
        and_(
            DutySource.employer_id == Duty.employer_id,
            DutySource.duty_id == Duty.id,
            DutySource.withdrawn_at.is_(None),
        ),
    )
    .outerjoin(Proof, and_(Proof.employer_id == Duty.employer_id, Proof.id == SHOWS_TAUGHT))
    .outerjoin(
        EditionReceipt,
        and_(
            EditionReceipt.employer_id == Duty.employer_id,
            EditionReceipt.person_id == Duty.person_id,
            EditionReceipt.course == Duty.course,
        ),
    )
    .where(
        Duty.employer_id == EMPLOYER,
        Duty.person_id == ME,
        in_force(Employment, TODAY),
    )
    .order_by(Status.due_on, DutySource.id)
)  # fmt: skip
_MY_DUTY = _MY_DUTIES.where(Duty.course == bindparam("course", type_=String))


def my_duties(ctx: Context) -> list[MyDuty]:
    """The actor's duties in current employments: exceptions first, then by due date. One statement.

    A course that two employments ask for is listed once, as it needs more attention: as the lead and the register say.
    """
    ctx.require(Permission.LEARN)
    return _by_course(ctx.rows(_MY_DUTIES), ctx.today)


def my_duty(ctx: Context, course: str) -> MyDuty | None:
    """The actor's duty at one course in current employments; None if nothing asks for it. One statement."""
    ctx.require(Permission.LEARN)
    return next(iter(_by_course(ctx.rows(_MY_DUTY, course=course), ctx.today)), None)


def _by_course(found: Iterable[Row[*tuple[Any, ...]]], today: date) -> list[MyDuty]:
    rows: dict[str, list[Row[*tuple[Any, ...]]]] = {}
    for row in found:
        if row.due_on is not None and row.reason is not None:  # else nothing asks for it any more
            rows.setdefault(row.course, []).append(row)
    duties = (_my_duty(of_course, today) for of_course in rows.values())
    return sorted(duties, key=lambda duty: (ORDER[duty.state], duty.due_on, duty.course))


def _my_duty(rows: Sequence[Row[*tuple[Any, ...]]], today: date) -> MyDuty:
    """One course from its rows: posts x reasons x receipts, the earliest due date first."""
    first = min(rows, key=lambda row: (ORDER[_state(row, today)], row.due_on))
    receipts = [(row.received, row.kind) for row in rows if row.received is not None]
    proof = (first.taught_on, first.taught_until, first.edition_id) if first.edition_id is not None else None
    return MyDuty(
        first.course,
        _state(first, today),
        first.due_on,
        first.achieved_on,
        first.expires_on,
        tuple(dict.fromkeys(row.reason for row in rows)),
        taught(*proof, receipts) if proof else None,
    )


def _state(row: Row[*tuple[Any, ...]], today: date) -> State:
    return state(Standing(*row[1 : 1 + len(STANDING)]), today)
