"""The dates that the status of a duty shows, worked out from its reasons, the person's proofs and dispensations."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Integer, String, and_, bindparam, select

from lms.base.context import Context
from lms.base.statements import EMPLOYER
from lms.organisation.bulk import in_parts
from lms.organisation.models import Employment, Unit
from lms.register.duty_rules import WHOLE
from lms.register.models import Dispensation, Duty, DutySource, Proof, Requirement
from lms.register.rules import Reason, Relief, Shown, standing

Whose = tuple[int, str]  # person, course
FOLLOWING = ("due_on", "achieved_on", "expires_on", "renew_on", "exempt_from", "exempt_to")
OF_THE_POST = ("person_id", "unit_id", "course", "percent", "first_on", "last_on")


_DUTIES = bindparam("duties", type_=Integer, expanding=True)
_PEOPLE = bindparam("people", type_=Integer, expanding=True)
_COURSES = bindparam("courses", type_=String, expanding=True)


def status_dates(
    ctx: Context, duty_ids: Sequence[int], *, but: Collection[int] = ()
) -> dict[int, dict[str, Any]]:
    """Columns of the status of duties, but for since when somebody is at the course; as if some proofs were not there.

    Open: called by the actions that write status, and by what asks what would become of it. Four statements for each
    5,000 duties.
    """
    return {
        duty_id: columns
        for some in in_parts(list(duty_ids))
        for duty_id, columns in _some_dates(ctx, some, frozenset(but)).items()
    }


_POSTS = (
    select(
        Duty.id, Employment.superseded_at, Duty.person_id, Employment.unit_id, Duty.course, Employment.percent,
        Employment.valid_from, Employment.valid_to, Unit.path,
    )
    .join(Employment, and_(Employment.employer_id == Duty.employer_id, Employment.id == Duty.employment_id))
    .join(Unit, and_(Unit.employer_id == Employment.employer_id, Unit.id == Employment.unit_id))
    .where(Duty.employer_id == EMPLOYER, Duty.id.in_(_DUTIES))
)  # fmt: skip


def _some_dates(ctx: Context, duty_ids: Sequence[int], but: frozenset[int]) -> dict[int, dict[str, Any]]:
    posts = ctx.rows(_POSTS, duties=duty_ids).all()
    whose = {
        "people": sorted({post.person_id for post in posts}),
        "courses": sorted({post.course for post in posts}),
    }
    reasons, shown, relief = _reasons(ctx, duty_ids), _shown(ctx, **whose), _relief(ctx, **whose)
    dates, today = {}, ctx.today
    of_post: list[Any]
    for duty_id, superseded_at, *of_post, path in posts:
        own: Whose = (of_post[0], of_post[2])
        holding = [each for each in relief[own] if path.startswith(each.path)]
        asking = reasons[duty_id] if superseded_at is None else []  # what never was is asked for nothing
        proofs = [each for each in shown[own] if each.id not in but]
        found, proof_id = standing(asking, proofs, holding, None, today)
        dates[duty_id] = {
            "proof_id": proof_id,
            **{name: getattr(found, name) for name in FOLLOWING},
            **dict(zip(OF_THE_POST, of_post, strict=True)),
        }
    return dates


_ASKING = (
    select(DutySource.duty_id, DutySource.due_on, Requirement.validity_months, Requirement.renewal_days)
    .outerjoin(
        Requirement,
        and_(Requirement.employer_id == DutySource.employer_id, Requirement.id == DutySource.requirement_id),
    )
    .where(
        DutySource.employer_id == EMPLOYER, DutySource.duty_id.in_(_DUTIES), DutySource.withdrawn_at.is_(None)
    )
)


def _reasons(ctx: Context, duty_ids: Sequence[int]) -> dict[int, list[Reason]]:
    """What asks for each duty now. One statement."""
    reasons: dict[int, list[Reason]] = defaultdict(list)
    for duty_id, due_on, validity_months, renewal_days in ctx.rows(_ASKING, duties=duty_ids):
        reasons[duty_id].append(Reason(due_on, validity_months, renewal_days))
    return reasons


# From people on: from duties on, SQLite would read every proof of the employer.
_COUNTING = select(
    Proof.person_id, Proof.course, Proof.id, Proof.achieved_on, Proof.expires_on, Proof.renewal_due_on
).where(
    Proof.employer_id == EMPLOYER,
    Proof.person_id.in_(_PEOPLE),
    Proof.course.in_(_COURSES),
    Proof.revoked_on.is_(None),
)


def _shown(ctx: Context, **whose: Any) -> dict[Whose, list[Shown]]:
    """The proofs that count now. One statement."""
    shown: dict[Whose, list[Shown]] = defaultdict(list)
    for person_id, course, *proof in ctx.rows(_COUNTING, **whose):
        shown[person_id, course].append(Shown(*proof))
    return shown


_GRANTED = (
    select(
        Dispensation.person_id, Dispensation.course, Dispensation.kind, Dispensation.valid_from,
        Dispensation.valid_to, Unit.path,
    )
    .outerjoin(Unit, and_(Unit.employer_id == Dispensation.employer_id, Unit.id == Dispensation.unit_id))
    .where(
        Dispensation.employer_id == EMPLOYER,
        Dispensation.person_id.in_(_PEOPLE),
        Dispensation.course.in_(_COURSES),
        Dispensation.superseded_at.is_(None),
    )
)  # fmt: skip


def _relief(ctx: Context, **whose: Any) -> dict[Whose, list[Relief]]:
    """The dispensations that are known. One statement."""
    relief: dict[Whose, list[Relief]] = defaultdict(list)
    for person_id, course, kind, first, last, path in ctx.rows(_GRANTED, **whose):
        relief[person_id, course].append(Relief(kind, first, last, path or WHOLE))
    return relief
