"""The dates that the status of a duty shows, worked out from its reasons, the person's proofs and dispensations."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import and_, select

from lms.base.context import Context
from lms.organisation.bulk import in_parts
from lms.organisation.models import Employment, Unit
from lms.register.duty_rules import WHOLE
from lms.register.models import Dispensation, Duty, DutySource, Proof, Requirement
from lms.register.rules import Reason, Relief, Shown, standing

Whose = tuple[int, str]  # person, course
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
    posts = ctx.db.execute(
        select(
            Duty.id, Employment.superseded_at, Duty.person_id, Employment.unit_id, Duty.course, Employment.percent,
            Employment.valid_from, Employment.valid_to, Unit.path,
        )
        .join(Employment, and_(Employment.employer_id == Duty.employer_id, Employment.id == Duty.employment_id))
        .join(Unit, and_(Unit.employer_id == Employment.employer_id, Unit.id == Employment.unit_id))
        .where(Duty.employer_id == ctx.employer_id, Duty.id.in_(duty_ids))
    ).all()  # fmt: skip
    people, courses = {post.person_id for post in posts}, {post.course for post in posts}
    reasons, shown, relief = (
        _reasons(ctx, duty_ids),
        _shown(ctx, people, courses),
        _relief(ctx, people, courses),
    )
    dates = {}
    of_post: list[Any]
    for duty_id, superseded_at, *of_post, path in posts:
        whose: Whose = (of_post[0], of_post[2])
        holding = [each for each in relief[whose] if path.startswith(each.path)]
        asking = reasons[duty_id] if superseded_at is None else []  # what never was is asked for nothing
        found, proof_id = standing(asking, shown[whose], holding, None, ctx.today)
        dates[duty_id] = {
            "proof_id": proof_id,
            **{name: getattr(found, name) for name in FOLLOWING},
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


def _shown(ctx: Context, people: set[int], courses: set[str]) -> dict[Whose, list[Shown]]:
    """The proofs that count now. One statement, from people on: from duties on, SQLite would read every proof."""
    shown: dict[Whose, list[Shown]] = defaultdict(list)
    for person_id, course, *proof in ctx.db.execute(
        select(
            Proof.person_id, Proof.course, Proof.id, Proof.achieved_on, Proof.expires_on, Proof.renewal_due_on
        ).where(
            Proof.employer_id == ctx.employer_id,
            Proof.person_id.in_(people),
            Proof.course.in_(courses),
            Proof.revoked_on.is_(None),
        )
    ):
        shown[person_id, course].append(Shown(*proof))  # type: ignore[arg-type]
    return shown


def _relief(ctx: Context, people: set[int], courses: set[str]) -> dict[Whose, list[Relief]]:
    """The dispensations that are known. One statement."""
    relief: dict[Whose, list[Relief]] = defaultdict(list)
    for person_id, course, kind, first, last, path in ctx.db.execute(
        select(
            Dispensation.person_id, Dispensation.course, Dispensation.kind, Dispensation.valid_from,
            Dispensation.valid_to, Unit.path,
        )
        .outerjoin(Unit, and_(Unit.employer_id == Dispensation.employer_id, Unit.id == Dispensation.unit_id))
        .where(
            Dispensation.employer_id == ctx.employer_id,
            Dispensation.person_id.in_(people),
            Dispensation.course.in_(courses),
            Dispensation.superseded_at.is_(None),
        )
    ):  # fmt: skip
        relief[person_id, course].append(Relief(kind, first, last, path or WHOLE))  # type: ignore[arg-type]
    return relief
