"""Who holds a certificate of an edition, for the employer to end some of them when the edition is not to count."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select

from lms.base.access import Permission
from lms.base.context import Context
from lms.base.names import in_order
from lms.evidence.models import CertificateRow
from lms.evidence.queries import works_where
from lms.organisation.models import Person, Unit
from lms.organisation.people import is_seen
from lms.register.models import Proof
from lms.register.without import Follows, without


@dataclass(frozen=True, slots=True)
class Holder:
    """A certificate that counts, and what would become of its holder's posts without it.

    Of a protected identity that is not the actor's to see, name and unit are empty.
    """

    number: str
    person_id: UUID
    name: str
    unit: str
    achieved_on: date
    expires_on: date | None
    follows: tuple[Follows, ...]


def counts_by_edition(ctx: Context, course: str) -> dict[int, int]:
    """How many certificates of each edition of a course count and have not run out, in the actor's reach."""
    in_reach = ctx.reach(Permission.REVOKE_CERTIFICATE, Unit.path)
    query = _counting(ctx, in_reach).with_only_columns(Proof.edition_id, func.count().label("certificates"))
    rows = ctx.db.execute(query.where(Proof.course == course).group_by(Proof.edition_id)).all()
    return {row.edition_id: row.certificates for row in rows}


def holders(
    ctx: Context, editions: Collection[int], numbers: Collection[str] | None = None, *, start: int = 0, limit: int = 50
) -> list[Holder]:  # fmt: skip
    """Certificates of some editions of one course that count, in the actor's reach, by name; or those of some numbers.

    A bounded number of statements.
    """
    in_reach = ctx.reach(Permission.REVOKE_CERTIFICATE, Unit.path)
    query = _counting(ctx, in_reach).where(Proof.edition_id.in_(editions))
    if numbers is not None:
        query = query.where(CertificateRow.number.in_(numbers))
    where = works_where(ctx.today, in_reach, is_seen(ctx))
    found = query.with_only_columns(
        CertificateRow.id, CertificateRow.number, Person.public_id, Person.given_name, Person.family_name,
        where.exists().label("seen"), where.with_only_columns(func.min(Unit.name)).scalar_subquery().label("unit"),
        Proof.achieved_on, Proof.expires_on, Proof.id.label("proof_id"), Proof.person_id,
    ).subquery()  # fmt: skip
    family, given = (
        case((found.c.seen, name), else_="") for name in (found.c.family_name, found.c.given_name)
    )
    rows = ctx.rows(
        select(found, family.label("family"), given.label("given"))
        .order_by(case((found.c.seen, 0), else_=1), *in_order(family, given), found.c.id)
        .offset(start)
        .limit(limit)
    ).all()
    then = without(ctx, [row.proof_id for row in rows])
    return [
        Holder(
            row.number, row.public_id, f"{row.given} {row.family}".strip(), row.unit or "", row.achieved_on,
            row.expires_on, tuple(then.get(row.person_id, ())),
        )
        for row in rows
    ]  # fmt: skip


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
