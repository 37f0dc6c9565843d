"""What would become of duties if some proofs counted no more: asked before certificates are revoked."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Integer, Select, and_, bindparam, case, select

from lms.base.context import Context
from lms.base.statements import EMPLOYER, TODAY, built_once
from lms.organisation.bulk import in_parts
from lms.organisation.models import Employment, Person, Unit
from lms.organisation.people import is_seen
from lms.organisation.queries import in_force
from lms.register.dates import FOLLOWING, status_dates
from lms.register.deadline_rules import Nearing, deadline
from lms.register.models import Duty, Proof, Status
from lms.register.rules import Standing, State, state


@dataclass(frozen=True, slots=True)
class Follows:
    """Where one post stands with the course now, and where it would."""

    unit: str  # empty: of a protected identity, whose place is not the actor's to see
    now: State
    then: State
    due_on: date | None  # by when it would have to be shown; long past, if it was due before
    late: int  # days, as of today; 0: there would be time left, or nothing to do


def without(ctx: Context, proof_ids: Collection[int]) -> dict[int, list[Follows]]:
    """By person: what each post that is asked for the course of the proofs would come to without them, today.

    Open: asked by evidence, which has checked the actor's reach. The proofs are of one course. Five statements for each
    5,000 proofs.
    """
    found: dict[int, list[Follows]] = defaultdict(list)
    for some in in_parts(sorted(proof_ids)):
        rows = {row.id: row for row in ctx.rows(_duties(is_seen(ctx)), proofs=some)}
        dates = status_dates(ctx, list(rows), but=some)
        for duty_id, row in rows.items():
            kept = {name: getattr(row, name) for name in FOLLOWING}
            would = {name: dates[duty_id][name] for name in FOLLOWING}
            now = state(Standing(started_on=row.started_on, **kept), ctx.today)
            standing = Standing(started_on=row.started_on, **would)
            then = state(standing, ctx.today)
            found[row.person_id].append(Follows(row.unit, now, then, would["due_on"], _late(ctx, standing)))
    return found


def _late(ctx: Context, standing: Standing) -> int:
    near = deadline("", standing, ctx.today)
    return (ctx.today - near.day).days if near and near.kind is Nearing.OVERDUE else 0


@built_once
def _duties(seen: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    return (
        select(
            Duty.id, Duty.person_id, case((seen, Unit.name), else_="").label("unit"), Status.started_on,
            *(getattr(Status, name) for name in FOLLOWING),
        )
        .join(Status, and_(Status.employer_id == Duty.employer_id, Status.duty_id == Duty.id))
        .join(Person, and_(Person.employer_id == Duty.employer_id, Person.id == Duty.person_id))
        .join(Employment, and_(Employment.employer_id == Duty.employer_id, Employment.id == Duty.employment_id))
        .join(Unit, and_(Unit.employer_id == Employment.employer_id, Unit.id == Employment.unit_id))
        .where(
            Duty.employer_id == EMPLOYER,
            select(Proof.id)
            .where(
                Proof.employer_id == Duty.employer_id,
                Proof.person_id == Duty.person_id,
                Proof.course == Duty.course,
                Proof.id.in_(bindparam("proofs", type_=Integer, expanding=True)),
            )
            .exists(),
            Status.due_on.is_not(None),
            in_force(Employment, TODAY),
        )
        .order_by(Unit.name, Duty.id)
    )  # fmt: skip
