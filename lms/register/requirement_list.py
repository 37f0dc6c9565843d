"""Read the requirements: what is asked of whom, why, since when, and how far people are with it."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import ColumnElement, Integer, Row, Select, and_, case, func, select

from lms.base.access import Permission
from lms.base.context import Context
from lms.base.errors import NotFound
from lms.base.statements import EMPLOYER, TODAY, built_once
from lms.organisation.models import RoleProfile, Unit
from lms.organisation.queries import REACHED, path_of_unit
from lms.organisation.roles import KINDS, ROLES
from lms.register.described import RULE
from lms.register.duty_rules import WHOLE
from lms.register.models import DutySource, Requirement, Status
from lms.register.queries import is_exempt_on, is_in_force_today, state_on
from lms.register.rules import COUNTS_AS_KNOWN, ORDER

Origin = Literal["above", "here", "below"]  # seen from a unit: where a requirement is said


@dataclass(frozen=True, slots=True)
class RequirementView:
    """A version of a requirement as people read it; `unit` is empty where it holds everywhere."""

    rule: UUID
    course: str
    unit_id: UUID | None
    unit: str
    roles: tuple[str, ...]
    kinds: tuple[str, ...]
    due_days: int
    not_before: date | None
    validity_months: int | None
    renewal_days: int | None
    minimum: int | None
    reason: str
    source: str
    valid_from: date
    valid_to: date | None
    may_change: bool
    people: int = 0  # whom it asks today and nothing exempts, in the actor's reach
    known: int = 0  # of them, who can show it today
    changes_on: date | None = None  # day from which another version is to hold
    origin: Origin | None = None  # empty: seen from everywhere

    def has_ended(self, day: date) -> bool:
        """Whether it holds no longer."""
        return self.valid_to is not None and self.valid_to < day


_VERSIONS = (
    select(
        Requirement.id, RULE.label("rule"), Requirement.course, Unit.public_id, Unit.name, Unit.path,
        Requirement.roles, RoleProfile.key, Requirement.kinds, Requirement.due_days, Requirement.not_before,
        Requirement.validity_months, Requirement.renewal_days, Requirement.minimum,
        Requirement.reason, Requirement.source, Requirement.valid_from, Requirement.valid_to,
    )
    .outerjoin(Unit, and_(Unit.employer_id == Requirement.employer_id, Unit.id == Requirement.unit_id))
    .outerjoin(
        RoleProfile,
        and_(RoleProfile.employer_id == Requirement.employer_id, RoleProfile.id == Requirement.role_profile_id),
    )
    .where(Requirement.employer_id == EMPLOYER, Requirement.superseded_at.is_(None))
    .order_by(Requirement.valid_from, Requirement.id)
)  # fmt: skip


@built_once
def _counts(in_reach: ColumnElement[bool], *, in_unit: bool) -> Select[*tuple[Any, ...]]:
    """(requirement, people asked, of them known) today; `in_unit`: in the unit of that place, and below.

    Read off the status alone: it says who, where and since when, and there may be millions of reasons.
    """
    is_known = state_on(TODAY).in_([ORDER[state] for state in COUNTS_AS_KNOWN])
    return (
        select(
            DutySource.requirement_id,
            func.count(Status.person_id.distinct()),
            func.count(case((is_known, Status.person_id)).distinct(), type_=Integer),
        )
        .join(
            Status, and_(Status.employer_id == DutySource.employer_id, Status.duty_id == DutySource.duty_id)
        )
        .join(REACHED, and_(REACHED.employer_id == Status.employer_id, REACHED.id == Status.unit_id))
        .where(
            DutySource.employer_id == EMPLOYER,
            DutySource.requirement_id.is_not(None),
            DutySource.withdrawn_at.is_(None),
            is_in_force_today(),
            ~is_exempt_on(TODAY),
            in_reach,
            *((REACHED.path.startswith(path_of_unit()),) if in_unit else ()),
        )
        .group_by(DutySource.requirement_id)
    )


def requirements(ctx: Context, unit: Unit | None = None) -> list[RequirementView]:
    """Each requirement of the employer as it holds today, else its next or last version. Two statements.

    With figures of the actor's reach. Those that have ended come last. With a unit: those that are about it or
    something below it, with figures of these, what comes from above first.
    """
    in_reach = ctx.reach(Permission.SEE_REGISTER, REACHED.path)
    places = {"unit": unit.public_id} if unit else {}
    asked = ctx.rows(_counts(in_reach, in_unit=unit is not None), **places)
    counts = {row[0]: (row[1], row[2]) for row in asked}
    of_rule: dict[UUID, list[Row[*tuple[Any, ...]]]] = {}
    for row in ctx.rows(_VERSIONS):
        of_rule.setdefault(row.rule, []).append(row)
    views = []
    for rows in of_rule.values():
        shown = next((row for row in rows if row.valid_to is None or row.valid_to >= ctx.today), rows[-1])
        origin = _origin(unit, shown.path or WHOLE) if unit else None
        if unit and origin is None:
            continue
        view = _view(ctx, shown, *counts.get(shown.id, (0, 0)))
        planned = next(
            (row.valid_from for row in rows if row.valid_from > max(ctx.today, shown.valid_from)), None
        )
        views.append(replace(view, changes_on=planned, origin=origin))
    places_of = {"above": 0, "here": 1, "below": 2, None: 0}
    return sorted(
        views,
        key=lambda view: (
            view.has_ended(ctx.today), view.course, places_of[view.origin], view.unit, view.valid_from,
        ),
    )  # fmt: skip


def _origin(unit: Unit, path: str) -> Origin | None:
    """Where a requirement of some path is said, seen from a unit; None: it is not about it."""
    if path == unit.path:
        return "here"
    if unit.path.startswith(path):
        return "above"
    return "below" if path.startswith(unit.path) else None


def requirement(ctx: Context, rule: UUID) -> list[RequirementView]:
    """All versions of one requirement, the newest first. One statement. Raises NotFound."""
    ctx.require(Permission.SEE_REGISTER)
    found = [_view(ctx, row) for row in ctx.rows(_VERSIONS) if row.rule == rule]
    if not found:
        raise NotFound
    return found[::-1]


def _view(ctx: Context, row: Row[*tuple[Any, ...]], people: int = 0, known: int = 0) -> RequirementView:
    path = row.path or WHOLE
    return RequirementView(
        rule=row.rule,
        course=row.course,
        unit_id=row.public_id,
        unit=row.name or "",
        roles=_in_order(row.roles or ([row.key] if row.key else []), ROLES),
        kinds=_in_order(row.kinds, KINDS),
        due_days=row.due_days,
        not_before=row.not_before,
        validity_months=row.validity_months,
        renewal_days=row.renewal_days,
        minimum=row.minimum,
        reason=row.reason,
        source=row.source,
        valid_from=row.valid_from,
        valid_to=row.valid_to,
        may_change=any(path.startswith(node) for node in ctx.who.paths(Permission.SET_REQUIREMENT)),
        people=people,
        known=known,
    )


def _in_order(keys: Iterable[str], known: Iterable[str]) -> tuple[str, ...]:
    wanted = set(keys)
    return tuple(key for key in known if key in wanted)
