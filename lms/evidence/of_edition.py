"""Who holds a certificate of an edition that is not to count any more: the employer says of each whether it ends.

That one stays is a decision too: `KEPT` in the change log, by whom and when, and shown where it was made.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select
from sqlalchemy.orm import aliased

from lms.base.access import Permission
from lms.base.audit import AuditEntry
from lms.base.context import Context
from lms.base.names import in_order
from lms.evidence.models import CertificateRow
from lms.evidence.queries import works_where
from lms.organisation.models import Person, Unit
from lms.organisation.people import is_seen, name_unless_protected
from lms.organisation.queries import path_of_unit
from lms.register.models import Proof
from lms.register.without import Follows, without

KEPT = "certificate.kept"
DECIDED = ("open", "kept")  # of whom nothing has been decided yet, and who keeps theirs


@dataclass(frozen=True, slots=True)
class Narrowed:
    """What a list is narrowed to; a unit with those below it, one of `DECIDED`; empty values narrow nothing."""

    unit: UUID | None = None
    decided: str = ""


ALL = Narrowed()


@dataclass(frozen=True, slots=True)
class Holder:
    """A certificate that counts, and whose it is; what would become of the holder's posts without it, where asked.

    Of a protected identity that is not the actor's to see, name and unit are empty.
    """

    number: str
    person_id: UUID
    key: int  # of the person
    proof: int  # its key
    name: str  # as lists have it: family name, given name
    unit: str
    achieved_on: date
    expires_on: date | None
    kept_on: date | None  # the day on which it was last decided that it stays
    kept_by: str  # empty: a protected identity
    follows: tuple[Follows, ...] = ()

    @property
    def late(self) -> int:
        """How many days late the holder would be with the post that is the latest of them; 0: none is late."""
        return max((each.late for each in self.follows), default=0)

    @property
    def changes(self) -> bool:
        """Whether any post would stand otherwise."""
        return any(each.now != each.then for each in self.follows)


@dataclass(frozen=True, slots=True)
class Holders:
    """Some of a list, by name, and how long it is."""

    lines: list[Holder]
    size: int


def counts_by_edition(ctx: Context, course: str) -> dict[int, int]:
    """How many certificates of each edition of a course count and have not run out, in the actor's reach."""
    in_reach = ctx.reach(Permission.REVOKE_CERTIFICATE, Unit.path)
    query = _counting(ctx, in_reach).with_only_columns(Proof.edition_id, func.count().label("certificates"))
    rows = ctx.db.execute(query.where(Proof.course == course).group_by(Proof.edition_id)).all()
    return {row.edition_id: row.certificates for row in rows}


def holders(
    ctx: Context, editions: Collection[int], narrowed: Narrowed = ALL, *, start: int = 0, limit: int = 50
) -> Holders:
    """Certificates of some editions of one course that count, in the actor's reach, by name. One statement.

    Whoever's unit is not the actor's to see is in no list of a unit.
    """
    in_reach = ctx.reach(Permission.REVOKE_CERTIFICATE, Unit.path)
    query = _counting(ctx, in_reach).where(Proof.edition_id.in_(editions))
    if narrowed.unit:
        there = Unit.path.startswith(path_of_unit())
        query = query.where(works_where(ctx.today, in_reach, is_seen(ctx), there).exists())
    if narrowed.decided:
        query = query.where(_IS_KEPT.exists() if narrowed.decided == "kept" else ~_IS_KEPT.exists())
    return _holders(ctx, query, start, limit, unit=narrowed.unit)


def chosen_holders(ctx: Context, editions: Collection[int], numbers: Collection[str]) -> list[Holder]:
    """Those of some numbers that count, in the actor's reach, by name, with what would follow. Six statements."""
    in_reach = ctx.reach(Permission.REVOKE_CERTIFICATE, Unit.path)
    query = _counting(ctx, in_reach).where(Proof.edition_id.in_(editions), CertificateRow.number.in_(numbers))
    found = _holders(ctx, query, 0, len(numbers)).lines
    then = without(ctx, [each.proof for each in found])
    return [replace(each, follows=tuple(then.get(each.key, ()))) for each in found]


def _holders(ctx: Context, query: Select[Any], start: int, limit: int, **values: object) -> Holders:
    in_reach = ctx.reach(Permission.REVOKE_CERTIFICATE, Unit.path)
    where = works_where(ctx.today, in_reach, is_seen(ctx))
    found = query.with_only_columns(
        CertificateRow.id, CertificateRow.number, Person.public_id, Person.given_name, Person.family_name,
        where.exists().label("seen"), where.with_only_columns(func.min(Unit.name)).scalar_subquery().label("unit"),
        Proof.achieved_on, Proof.expires_on, Proof.id.label("proof_id"), Proof.person_id,
        _IS_KEPT.with_only_columns(func.max(AuditEntry.id)).scalar_subquery().label("kept"),
        func.count().over().label("size"),
    ).subquery()  # fmt: skip
    family, given = (
        case((found.c.seen, name), else_="") for name in (found.c.family_name, found.c.given_name)
    )
    rows = ctx.rows(
        select(
            found, family.label("family"), given.label("given"), AuditEntry.at,
            name_unless_protected(Person).label("kept_by"),
        )
        .outerjoin(AuditEntry, and_(AuditEntry.employer_id == ctx.employer_id, AuditEntry.id == found.c.kept))
        .outerjoin(
            Person, and_(Person.employer_id == AuditEntry.employer_id, Person.id == AuditEntry.person_id)
        )
        .order_by(case((found.c.seen, 0), else_=1), *in_order(family, given), found.c.id)
        .offset(start)
        .limit(limit),
        **values,
    ).all()  # fmt: skip
    lines = [
        Holder(
            row.number, row.public_id, row.person_id, row.proof_id, ", ".join(filter(None, (row.family, row.given))),
            row.unit or "", row.achieved_on, row.expires_on, ctx.day_of(row.at) if row.at else None, row.kept_by or "",
        )
        for row in rows
    ]  # fmt: skip
    return Holders(lines, rows[0].size if rows else 0)


_BEFORE = aliased(CertificateRow)  # it, and those whose place it has taken: they are of one attempt
_IS_KEPT = (
    select(AuditEntry.id)
    .join(
        _BEFORE,
        and_(_BEFORE.employer_id == AuditEntry.employer_id, _BEFORE.id == AuditEntry.object_id),
    )
    .where(
        _BEFORE.employer_id == CertificateRow.employer_id,
        _BEFORE.person_id == CertificateRow.person_id,
        _BEFORE.attempt_id == CertificateRow.attempt_id,
        _BEFORE.id <= CertificateRow.id,
        AuditEntry.object_kind == CertificateRow.__tablename__,
        AuditEntry.action == KEPT,
    )
    .correlate(CertificateRow)
)


def _counting(ctx: Context, in_reach: ColumnElement[bool]) -> Select[Any]:
    return (
        select(CertificateRow)
        .join(
            Proof,
            and_(Proof.employer_id == CertificateRow.employer_id, Proof.certificate_id == CertificateRow.id),
        )
        .join(Person, and_(Person.employer_id == Proof.employer_id, Person.id == Proof.person_id))
        .where(
            CertificateRow.employer_id == ctx.employer_id,
            CertificateRow.forgotten_on.is_(None),
            CertificateRow.person_id != ctx.who.person_id,  # nobody decides about their own
            Proof.revoked_on.is_(None),
            or_(Proof.expires_on.is_(None), Proof.expires_on >= ctx.today),
            works_where(ctx.today, in_reach).exists(),
        )
    )
