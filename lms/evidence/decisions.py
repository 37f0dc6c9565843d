"""What was decided about a certificate, and what would follow if it were revoked."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, bindparam, case, false, or_, select
from sqlalchemy.orm import aliased

import certificates
from lms.base.access import Permission
from lms.base.context import Context
from lms.base.errors import Conflict, NotFound
from lms.base.statements import EMPLOYER, ME, TODAY, built_once
from lms.evidence.models import CertificateRow, Revocation
from lms.evidence.queries import Certificate
from lms.organisation.models import Employment, Person, Unit
from lms.organisation.people import is_seen, name_unless_protected
from lms.organisation.people import person as person_in_reach
from lms.organisation.queries import says_where
from lms.register.models import Proof
from lms.register.without import Follows, without


@dataclass(frozen=True, slots=True)
class Decision:
    """A certificate was revoked, reinstated or replaced: on a day, by somebody (no name: a protected identity), why.

    Both are empty where they are not the actor's to read.
    """

    kind: str  # revoked reinstated replaced corrects (replaced, as the one that took its place tells it)
    number: str  # of the certificate that it was about
    on: date
    by: str
    reason: str


@dataclass(frozen=True, slots=True)
class ToDecide:
    """A certificate that the actor may decide about, what it proves, and whose it is."""

    row: CertificateRow
    proof: Proof
    holder: Person

    @property
    def content(self) -> certificates.CertificateContent:
        """What it says."""
        return certificates.from_canonical(self.row.content.encode())


def certificate_to_decide(ctx: Context, number: str, *, lock: bool = False) -> ToDecide:
    """A certificate whose holder works (or, of somebody who has left, worked last) where the actor may revoke.

    `lock` lets two people decide one after the other. Raises NotFound, and Conflict if it was replaced: nothing is
    decided about it any more. NotFound also for the actor's own: others decide about that. Two statements.
    """
    ctx.require(Permission.REVOKE_CERTIFICATE)
    found = ctx.db.execute(
        _LOCKED if lock else _ONE,
        {"employer_id": ctx.employer_id, "number": certificates.normalise(number) or ""},
    ).first()
    if found is None:
        raise NotFound
    to_decide = ToDecide(*found)
    if to_decide.holder.id == ctx.who.person_id:
        raise NotFound
    person_in_reach(ctx, Permission.REVOKE_CERTIFICATE, to_decide.holder.public_id)
    if to_decide.proof.superseded_at is not None:
        raise Conflict("replaced")
    return to_decide


def may_decide(ctx: Context, number: str) -> bool:
    """Whether the actor may decide anything about a certificate now.

    Open: says no to whoever may not. Two statements for those who may somewhere, none for others.
    """
    if not ctx.who.may(Permission.REVOKE_CERTIFICATE):
        return False
    try:
        certificate_to_decide(ctx, number)
    except (NotFound, Conflict):
        return False
    return True


def if_revoked(ctx: Context, to_decide: ToDecide) -> list[Follows]:
    """What would become of each post of the holder that is asked for the course. Five statements."""
    ctx.require(Permission.REVOKE_CERTIFICATE)
    return without(ctx, [to_decide.proof.id]).get(to_decide.holder.id, [])


def decisions(ctx: Context, certificate: Certificate) -> list[Decision]:
    """What was decided about a certificate, and by what decision it took the place of another; the newest first.

    Who decided and why is for the holder, and for those who lead them or may decide themselves, of a protected identity
    for the own lead: not for auditors.

    Open: the certificate was found by a query that checks who asks. One statement.
    """
    reaches = [ctx.reach(each, Unit.path) for each in _READ_REASONS if ctx.who.may(each)]
    return [Decision(*row) for row in ctx.rows(_decided(is_seen(ctx), *reaches), certificate=certificate.id)]


_ONE = (
    select(CertificateRow, Proof, Person)
    .join(
        Proof,
        and_(Proof.employer_id == CertificateRow.employer_id, Proof.certificate_id == CertificateRow.id),
    )
    .join(
        Person, and_(Person.employer_id == CertificateRow.employer_id, Person.id == CertificateRow.person_id)
    )
    .where(
        CertificateRow.employer_id == EMPLOYER,
        CertificateRow.number == bindparam("number"),
        CertificateRow.forgotten_on.is_(None),
    )
)
_LOCKED = _ONE.with_for_update(of=Proof, key_share=True)
_ABOUT = aliased(CertificateRow)
_DECIDER = aliased(Person)
_READ_REASONS = (Permission.DISPENSE, Permission.REVOKE_CERTIFICATE)  # who also says why somebody is exempt
_DECIDED = (
    select(
        case((Revocation.certificate_id == CertificateRow.id, Revocation.kind), else_="corrects"),
        _ABOUT.number,
        Revocation.on,
    )
    .select_from(CertificateRow)
    .join(
        Revocation,
        and_(
            Revocation.employer_id == CertificateRow.employer_id,
            or_(
                Revocation.certificate_id == CertificateRow.id,
                and_(Revocation.certificate_id == CertificateRow.corrects_id, Revocation.kind == "replaced"),
            ),
        ),
    )
    .join(_ABOUT, and_(_ABOUT.employer_id == Revocation.employer_id, _ABOUT.id == Revocation.certificate_id))
    .join(_DECIDER, and_(_DECIDER.employer_id == Revocation.employer_id, _DECIDER.id == Revocation.person_id))
    .join(
        Person, and_(Person.employer_id == CertificateRow.employer_id, Person.id == CertificateRow.person_id)
    )
    .where(CertificateRow.employer_id == EMPLOYER, CertificateRow.id == bindparam("certificate"))
    .order_by(Revocation.id.desc())
)


@built_once
def _decided(seen: ColumnElement[bool], *reaches: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    works = (
        select(Employment.id)
        .join(Unit, and_(Unit.employer_id == Employment.employer_id, Unit.id == Employment.unit_id))
        .where(
            Employment.employer_id == EMPLOYER,
            Employment.person_id == CertificateRow.person_id,
            says_where(TODAY),
            seen,
            or_(false(), *reaches),
        )
        .correlate(CertificateRow, Person)
    )
    is_told = or_(CertificateRow.person_id == ME, works.exists())
    return _DECIDED.add_columns(
        case((is_told, name_unless_protected(_DECIDER)), else_=""),
        case((is_told, Revocation.reason), else_=""),
    )
