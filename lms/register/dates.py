"""The dates that the status of a duty shows, worked out from its reasons and the person's proofs."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import and_, select

from lms.base.context import Context
from lms.register.models import Duty, DutySource, Proof
from lms.register.rules import lasts_until

Best = tuple[date, date | None, int | None, date | None]  # lasts until, achieved, proof, expires
NO_PROOF: Best = (date.min, None, None, None)


def status_dates(ctx: Context, duty_ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    """Columns of the status of duties that follow from their reasons and the person's proofs.

    Open: called by the actions that write status. Two statements for all duties together.
    """
    due: dict[int, date] = {}
    for duty_id, due_on in ctx.db.execute(
        select(DutySource.duty_id, DutySource.due_on).where(
            DutySource.employer_id == ctx.employer_id,
            DutySource.duty_id.in_(duty_ids),
            DutySource.withdrawn_at.is_(None),
        )
    ):
        due[duty_id] = min(due_on, due.get(duty_id, due_on))
    proofs = ctx.db.execute(
        select(Duty.id, Proof.id, Proof.achieved_on, Proof.expires_on, Proof.renewal_due_on)
        .join(
            Proof,
            and_(
                Proof.employer_id == Duty.employer_id,
                Proof.person_id == Duty.person_id,
                Proof.course == Duty.course,
                Proof.revoked_on.is_(None),
            ),
        )
        .where(Duty.employer_id == ctx.employer_id, Duty.id.in_(duty_ids))
    ).all()
    best: dict[int, Best] = {}
    for duty_id, proof_id, achieved, own_end, renewal_due_on in proofs:
        expires = lasts_until(own_end, renewal_due_on)
        rank = (expires or date.max, achieved, proof_id, expires)
        best[duty_id] = max(rank, best.get(duty_id, NO_PROOF), key=lambda entry: entry[0])
    dates = {}
    for duty_id in duty_ids:
        _lasting, achieved_on, best_proof, expires_on = best.get(duty_id, NO_PROOF)
        dates[duty_id] = {
            "due_on": due.get(duty_id),
            "proof_id": best_proof,
            "achieved_on": achieved_on,
            "expires_on": expires_on,
        }
    return dates
