"""The dates that the status of a duty shows, worked out from its reasons, the person's proofs and dispensations."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import aliased

from lms.base.context import Context
from lms.organisation.bulk import in_parts
from lms.organisation.models import Employment, Unit
from lms.register.models import Dispensation, Duty, DutySource, Proof, Requirement
from lms.register.rules import Reason, Relief, Shown, standing

_PLACE, _NODE = aliased(Unit), aliased(Unit)
FOLLOWING = ("due_on", "achieved_on", "expires_on", "renew_on", "exempt_from", "exempt_to")
OF_THE_POST = ("person_id", "unit_id", "course", "percent", "first_on", "last_on")


def status_dates(ctx: Context, duty_ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    """Columns of the status of duties, but for since when somebody is at the course.

    Open: called by the actions that write status. Four statements for each 5,000 duties.
    """
    return {
        duty_id: columns
        for some in in_parts(list(duty_ids))
        for duty_id, columns in _some_dates(ctx, some).items()
    }


def _some_dates(ctx: Context, duty_ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    wanted = (Duty.employer_id == ctx.employer_id, Duty.id.in_(duty_ids))
    reasons, shown, relief = _reasons(ctx, duty_ids), _shown(ctx, *wanted), _relief(ctx, *wanted)
    posts = ctx.db.execute(
        select(
            Duty.id, Duty.person_id, Employment.unit_id, Duty.course, Employment.percent,
            Employment.valid_from, Employment.valid_to,
        )
        .join(Employment, and_(Employment.employer_id == Duty.employer_id, Employment.id == Duty.employment_id))
        .where(*wanted)
    )  # fmt: skip
    dates = {}
    for duty_id, *of_post in posts:
        found, proof_id = standing(reasons[duty_id], shown[duty_id], relief[duty_id], None, ctx.today)
        columns = asdict(found)
        dates[duty_id] = {
            "proof_id": proof_id,
            **{name: columns[name] for name in FOLLOWING},
            **dict(zip(OF_THE_POST, of_post, strict=True)),
        }
    return dates


def _reasons(ctx: Context, duty_ids: Sequence[int]) -> dict[int, list[Reason]]:
    """What asks for each duty now. One statement."""
    reasons: dict[int, list[Reason]] = defaultdict(list)
    for duty_id, due_on, validity_months, renewal_days in ctx.db.execute(
        select(DutySource.duty_id, DutySource.due_on, Requirement.validity_months, Requirement.renewal_days)
        .outerjoin(
            Requirement,
            and_(
                Requirement.employer_id == DutySource.employer_id, Requirement.id == DutySource.requirement_id
            ),
        )
        .where(
            DutySource.employer_id == ctx.employer_id,
            DutySource.duty_id.in_(duty_ids),
            DutySource.withdrawn_at.is_(None),
        )
    ):
        reasons[duty_id].append(Reason(due_on, validity_months, renewal_days))
    return reasons


def _shown(ctx: Context, *wanted: Any) -> dict[int, list[Shown]]:
    """The proofs that count now. One statement."""
    shown: dict[int, list[Shown]] = defaultdict(list)
    for duty_id, *proof in ctx.db.execute(
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
        .where(*wanted)
    ):
        shown[duty_id].append(Shown(*proof))  # type: ignore[arg-type]
    return shown


def _relief(ctx: Context, *wanted: Any) -> dict[int, list[Relief]]:
    """The dispensations that are known. One statement."""
    relief: dict[int, list[Relief]] = defaultdict(list)
    for duty_id, kind, first, last in ctx.db.execute(
        select(Duty.id, Dispensation.kind, Dispensation.valid_from, Dispensation.valid_to)
        .join(
            Employment, and_(Employment.employer_id == Duty.employer_id, Employment.id == Duty.employment_id)
        )
        .join(_PLACE, and_(_PLACE.employer_id == Employment.employer_id, _PLACE.id == Employment.unit_id))
        .join(
            Dispensation,
            and_(
                Dispensation.employer_id == Duty.employer_id,
                Dispensation.person_id == Duty.person_id,
                Dispensation.course == Duty.course,
                Dispensation.superseded_at.is_(None),
            ),
        )
        .outerjoin(
            _NODE, and_(_NODE.employer_id == Dispensation.employer_id, _NODE.id == Dispensation.unit_id)
        )
        .where(*wanted, or_(_NODE.id.is_(None), _PLACE.path.startswith(_NODE.path)))
    ):
        relief[duty_id].append(Relief(kind, first, last))  # type: ignore[arg-type]
    return relief
