"""What the requirements in force ask of employments, and by when."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import ColumnElement, and_, or_, select, true
from sqlalchemy.orm import aliased

from lms.base.context import Context
from lms.organisation.models import Employment, Unit
from lms.organisation.queries import in_force
from lms.register.models import Requirement


@dataclass(frozen=True, slots=True)
class Source:
    """A reason for the duty of an employment, as a value: a requirement or an assignment."""

    employment_id: int
    person_id: int
    course: str
    due_on: date
    reason: str
    requirement_id: int | None
    assignment_id: int | None


def goes_on(ctx: Context) -> ColumnElement[bool]:
    """SQL condition: the employment is not over.

    Open: a condition only.
    """
    return or_(Employment.valid_to.is_(None), Employment.valid_to >= ctx.today)


def described(ctx: Context, people: Sequence[int] | None) -> dict[tuple[int, int | None], Source]:
    """What requirements in force ask of employments that are not over, by employment and requirement.

    Open: called by fit_duties. Of some people (their ids; None: everybody), because by a select of them
    PostgreSQL plans it badly. The days are counted from the first day of the requirement or, if later, of the
    time in which it has described the person without a gap: who moves or changes hours is given no more of
    them. One statement.
    """
    node = aliased(Unit)  # where the requirement holds
    place = aliased(Unit)  # where the person works
    pairs = (
        select(
            Employment.id, Employment.person_id, Employment.valid_from, Employment.valid_to, goes_on(ctx),
            Requirement.id, Requirement.course, Requirement.valid_from, Requirement.due_days, Requirement.reason,
        )
        .join(place, and_(place.employer_id == Employment.employer_id, place.id == Employment.unit_id))
        .join(Requirement, Requirement.employer_id == Employment.employer_id)
        .outerjoin(node, and_(node.employer_id == Requirement.employer_id, node.id == Requirement.unit_id))
        .where(
            Employment.employer_id == ctx.employer_id,
            true() if people is None else Employment.person_id.in_(people),
            in_force(Requirement, ctx.today),
            Employment.superseded_at.is_(None),
            or_(Requirement.unit_id.is_(None), place.path.startswith(node.path)),
            or_(
                Requirement.role_profile_id.is_(None),
                Requirement.role_profile_id == Employment.role_profile_id,
            ),
        )
        .order_by(Employment.valid_from)
    )  # fmt: skip
    wanted: dict[tuple[int, int | None], Source] = {}
    since: dict[tuple[int, int, int], date] = {}  # described up to a day (its number): from which on
    for (
        employment_id, person_id, first, last, is_going_on, requirement_id, course, required, days, reason
    ) in ctx.db.execute(pairs):  # fmt: skip
        begun = since.get((person_id, requirement_id, first.toordinal() - 1), first)
        if last:
            until = (person_id, requirement_id, last.toordinal())
            since[until] = min(begun, since.get(until, begun))
        if is_going_on:
            due_on = max(begun, required) + timedelta(days=days)
            wanted[employment_id, requirement_id] = Source(
                employment_id, person_id, course, due_on, reason, requirement_id, None
            )
    return wanted
