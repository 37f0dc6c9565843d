"""Read who may look at the register for a limited time, and who could before."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Integer, Row, Select, and_, bindparam, func, or_, select, true
from sqlalchemy.orm import aliased

from lms.base.access import WHOLE, Permission, Role
from lms.base.context import Context
from lms.base.statements import EMPLOYER, TODAY, built_once
from lms.identity.models import Account, Identifier
from lms.organisation.models import Employer, Employment, Person, RoleGrant, Unit
from lms.organisation.people import name_unless_protected


@dataclass(frozen=True, slots=True)
class Auditor:
    """An appointment for one unit, or for the whole employer (no unit). No name of a protected identity."""

    public_id: UUID
    name: str
    from_outside: bool
    activated: bool  # has signed in at least once
    email: str  # of somebody from outside: where they are written to
    unit: str
    valid_from: date
    valid_to: date | None
    reason: str
    given_by: str
    may_have_slip: bool

    def is_over(self, day: date) -> bool:
        """Whether it holds no longer."""
        return self.valid_to is not None and self.valid_to < day

    @property
    def was_taken_back(self) -> bool:
        """Whether it was ended before it had held for a day."""
        return self.valid_to is not None and self.valid_to < self.valid_from


def auditors(ctx: Context, *, over: bool = False, start: int = 0, limit: int = 50) -> list[Auditor]:
    """Appointments in the actor's reach that hold or are to hold, or those that are over. One statement."""
    in_reach = ctx.reach(Permission.APPOINT_AUDITOR, Unit.path)
    rows = ctx.rows(_listed(in_reach, everywhere(ctx), over=over), start=start, limit=limit)
    return [_auditor(row, ctx.today) for row in rows]


def auditors_counted(ctx: Context, *, over: bool = False) -> int:
    """How many `auditors` lists in all. One statement."""
    in_reach = ctx.reach(Permission.APPOINT_AUDITOR, Unit.path)
    return int(ctx.rows(_counted(in_reach, everywhere(ctx), over=over)).scalar_one())


def everywhere(ctx: Context) -> bool:
    """Whether the actor appoints for the whole employer.

    Open: asks about the actor only.
    """
    return WHOLE in ctx.who.paths(Permission.APPOINT_AUDITOR)


def _auditor(row: Row[*tuple[Any, ...]], today: date) -> Auditor:
    public_id, name, employed, activated, email, unit, first, last, reason, given_by = row
    is_over = last is not None and last < today
    return Auditor(
        public_id, name, not employed, activated, "" if employed else email or "", unit or "", first, last,
        reason or "", given_by or "", not (employed or activated or is_over),
    )  # fmt: skip


_GIVER = aliased(Person)


def _appointments(in_reach: ColumnElement[bool], *, everywhere: bool) -> Select[*tuple[Any, ...]]:
    employed = (
        select(Employment.id)
        .where(
            Employment.employer_id == EMPLOYER,
            Employment.person_id == Person.id,
            Employment.superseded_at.is_(None),
        )
        .exists()
    )
    email = (
        select(func.min(Identifier.value))
        .where(Identifier.account_id == Account.id, Identifier.kind == "email")
        .scalar_subquery()
    )
    return (
        select(
            RoleGrant.public_id, name_unless_protected(Person), employed, Account.activated_at.is_not(None),
            func.coalesce(RoleGrant.email, email), Unit.name,
            RoleGrant.valid_from, RoleGrant.valid_to, RoleGrant.reason, name_unless_protected(_GIVER),
        )
        .join(Person, and_(Person.employer_id == RoleGrant.employer_id, Person.id == RoleGrant.person_id))
        .join(Account, Account.id == Person.account_id)
        .outerjoin(Unit, and_(Unit.employer_id == RoleGrant.employer_id, Unit.id == RoleGrant.unit_id))
        .outerjoin(_GIVER, and_(_GIVER.employer_id == RoleGrant.employer_id, _GIVER.id == RoleGrant.given_by))
        .where(
            RoleGrant.employer_id == EMPLOYER,
            RoleGrant.role == Role.AUDITOR.value,
            RoleGrant.superseded_at.is_(None),
            true() if everywhere else and_(RoleGrant.unit_id.is_not(None), in_reach),
        )
    )  # fmt: skip


def _when(query: Select[*tuple[Any, ...]], *, over: bool) -> Select[*tuple[Any, ...]]:
    lasts = or_(RoleGrant.valid_to.is_(None), RoleGrant.valid_to >= TODAY)
    return query.where(~lasts if over else lasts)


@built_once
def _listed(in_reach: ColumnElement[bool], everywhere: bool, *, over: bool) -> Select[*tuple[Any, ...]]:  # noqa: FBT001
    query = _when(_appointments(in_reach, everywhere=everywhere), over=over)
    return (
        query.order_by(RoleGrant.valid_to.desc(), RoleGrant.id.desc())
        .limit(bindparam("limit", type_=Integer))
        .offset(bindparam("start", type_=Integer))
    )


@built_once
def _counted(in_reach: ColumnElement[bool], everywhere: bool, *, over: bool) -> Select[int]:  # noqa: FBT001
    return _when(_appointments(in_reach, everywhere=everywhere), over=over).with_only_columns(func.count())


@dataclass(frozen=True, slots=True)
class Appointment:
    """What an auditor is told: where, from when to when."""

    person_id: int
    employer: str
    units: tuple[str, ...]  # empty: the whole employer
    valid_from: date
    valid_to: date | None


def appointment(ctx: Context, grant_id: int) -> Appointment | None:
    """What to tell an auditor of what was given together with this grant; None if all of it has ended since.

    Open: called by the worker.
    """
    grant = ctx.open(RoleGrant, grant_id)
    rest = ctx.db.execute(
        select(Unit.name, RoleGrant.valid_to)
        .select_from(RoleGrant)
        .outerjoin(Unit, and_(Unit.employer_id == RoleGrant.employer_id, Unit.id == RoleGrant.unit_id))
        .where(
            RoleGrant.employer_id == ctx.employer_id,
            RoleGrant.person_id == grant.person_id,
            RoleGrant.role == Role.AUDITOR.value,
            RoleGrant.valid_from == grant.valid_from,
            RoleGrant.reason == grant.reason,
            RoleGrant.valid_to >= ctx.today,
            RoleGrant.superseded_at.is_(None),
        )
        .order_by(Unit.name)
    ).all()
    if not rest:
        return None
    employer = ctx.db.get_one(Employer, ctx.employer_id).name
    units = () if any(unit is None for unit, _last in rest) else tuple(unit for unit, _last in rest)
    return Appointment(
        grant.person_id, employer, units, grant.valid_from, max(last for _unit, last in rest if last)
    )
