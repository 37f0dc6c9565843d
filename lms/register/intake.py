"""Take in people so that the ledger fits them: the import, then the duties of the employments it began or changed."""

from collections.abc import Iterator, Mapping, Sequence
from uuid import UUID

from sqlalchemy import and_, select

from lms.base.access import Permission
from lms.base.context import Context
from lms.organisation import imports, intake
from lms.organisation.imports import Undone
from lms.organisation.intake import plan_import, read_staff_list
from lms.organisation.staff_list import StaffList
from lms.organisation.writing import Imported
from lms.register.actions import fit_duties, pass_on
from lms.register.models import Duty, DutySource

__all__ = ["Imported", "Undone", "import_people", "plan_import", "read_staff_list", "undo_import"]

AT_ONCE = 1_000  # employments; each may have a score of duties, and a statement takes 32,766 values


def import_people(
    ctx: Context,
    staff: StaffList,
    *,
    create_units: bool = False,
    everybody: bool = False,
    digest: str | None = None,
) -> Imported:
    """Import a staff list and let the requirements fit the people, in one transaction.

    Somebody who moves or changes hours keeps what a lead has assigned to them.
    Raises as `lms.organisation.intake.import_people`.
    """
    ctx.require(Permission.IMPORT_PEOPLE)
    imported = intake.import_people(ctx, staff, create_units=create_units, everybody=everybody, digest=digest)
    _fit(ctx, imported.employments, imported.away, imported.followed)
    return imported


def undo_import(ctx: Context, import_id: UUID) -> Undone:
    """Undo the last import and let the requirements fit the people again, in one transaction.

    What a lead has assigned to somebody since goes with them to where they were before. Raises as
    `lms.organisation.imports.undo_import`.
    """
    ctx.require(Permission.IMPORT_PEOPLE)
    undone = imports.undo_import(ctx, import_id)
    _fit(ctx, undone.restored, undone.away, undone.followed)
    return undone


def _fit(ctx: Context, employments: Sequence[int], away: Sequence[int], followed: Mapping[int, int]) -> None:
    for some in _in_parts(employments):
        fit_duties(ctx, some)
    for some in _in_parts(away):
        fit_duties(ctx, person_ids=some)
    for some in _in_parts(tuple(followed)):
        _carry_over(ctx, {before: followed[before] for before in some})


def _in_parts(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    return (ids[start : start + AT_ONCE] for start in range(0, len(ids), AT_ONCE))


def _carry_over(ctx: Context, followed: Mapping[int, int]) -> None:
    """Let assignments follow people from employments that are over to those that took their place.

    Their duties have been fitted in this transaction, so that the people are locked.
    """
    reasons = (
        select(DutySource, Duty.employment_id, Duty.person_id, Duty.course)
        .join(Duty, and_(Duty.employer_id == DutySource.employer_id, Duty.id == DutySource.duty_id))
        .where(
            DutySource.employer_id == ctx.employer_id,
            DutySource.assignment_id.is_not(None),
            DutySource.withdrawn_at.is_(None),
        )
    )
    gone = ctx.db.execute(reasons.where(Duty.employment_id.in_(list(followed)))).all()
    there = ctx.db.execute(reasons.where(Duty.employment_id.in_(list(followed.values())))).all()
    have = {(employment_id, source.assignment_id) for source, employment_id, *_ in there}
    pass_on(
        ctx,
        [
            (source, followed[employment_id], person_id, course)
            for source, employment_id, person_id, course in gone
            if (followed[employment_id], source.assignment_id) not in have
        ],
    )
