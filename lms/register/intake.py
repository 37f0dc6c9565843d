"""Take in people so that the ledger fits them: the import, then the duties of the employments it began or changed."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from sqlalchemy import and_, select, update

from lms.base.access import Permission
from lms.base.context import Context
from lms.organisation import intake
from lms.organisation.intake import plan_import
from lms.organisation.writing import Imported
from lms.register.actions import add_assignment, fit_duties, refresh_status
from lms.register.models import Duty, DutySource

__all__ = ["Imported", "import_people", "plan_import"]

AT_ONCE = 1_000  # employments; each may have a score of duties, and a statement takes 32,766 values


def import_people(
    ctx: Context, data: bytes, *, create_units: bool = False, digest: str | None = None
) -> Imported:
    """Import a staff list and let the requirements fit the people, in one transaction.

    Somebody who moves or changes hours keeps what a lead has assigned to them, and the due dates
    of the requirements that still hold. Raises as `lms.organisation.intake.import_people`.
    """
    ctx.require(Permission.IMPORT_PEOPLE)
    imported = intake.import_people(ctx, data, create_units=create_units, digest=digest)
    for some in _in_parts(imported.employments):
        fit_duties(ctx, some)
    for some in _in_parts(tuple(imported.followed)):
        _carry_over(ctx, {before: imported.followed[before] for before in some})
    return imported


def _in_parts(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    return (ids[start : start + AT_ONCE] for start in range(0, len(ids), AT_ONCE))


def _carry_over(ctx: Context, followed: Mapping[int, int]) -> None:
    """Let reasons for duties follow people from ended employments to those that took their place."""
    reasons = (
        select(DutySource, Duty.id, Duty.employment_id, Duty.person_id, Duty.course)
        .join(Duty, and_(Duty.employer_id == DutySource.employer_id, Duty.id == DutySource.duty_id))
        .where(DutySource.employer_id == ctx.employer_id, DutySource.withdrawn_at.is_(None))
    )
    assigned: dict[tuple[int, str], dict[int, int]] = defaultdict(dict)
    sample: dict[tuple[int, str], DutySource] = {}
    due = {}
    for source, _duty, employment_id, person_id, course in ctx.db.execute(
        reasons.where(Duty.employment_id.in_(list(followed)))
    ):
        if source.assignment_id is not None:
            key = source.assignment_id, course
            sample[key] = source
            assigned[key][followed[employment_id]] = person_id
        else:
            due[followed[employment_id], source.requirement_id] = source.due_on
    for (assignment_id, course), employments in assigned.items():
        source = sample[assignment_id, course]
        add_assignment(
            ctx,
            assignment_id=assignment_id,
            course=course,
            due_on=source.due_on,
            reason=source.reason,
            employments=employments,
        )
    earlier = {
        source.id: (duty_id, due[employment_id, source.requirement_id])
        for source, duty_id, employment_id, _person, _course in ctx.db.execute(
            reasons.where(
                Duty.employment_id.in_(list(followed.values())), DutySource.requirement_id.is_not(None)
            )
        )
        if (employment_id, source.requirement_id) in due
    }
    if earlier:
        changes = [{"id": source_id, "due_on": due_on} for source_id, (_duty, due_on) in earlier.items()]
        ctx.db.execute(update(DutySource), changes)
        refresh_status(ctx, [duty_id for duty_id, _due in earlier.values()])
