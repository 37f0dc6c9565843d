"""What was decided about a certificate, and what would follow if it were revoked."""

from collections.abc import Collection
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
from lms.evidence.queries import Certificate, works_where
from lms.organisation.bulk import lock_people
from lms.organisation.models import Employment, Person, Unit
from lms.organisation.people import is_seen, name_unless_protected
from lms.organisation.people import person as person_in_reach
from lms.organisation.queries import in_force
from lms.register.deadline_rules import Nearing
from lms.register.deadlines import deadlines_of
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
    decided about it any more. NotFound also for the actor's own: others decide about that. Two statements, and one
    to lock.
    """
    ctx.require(Permission.REVOKE_CERTIFICATE)
    stored = certificates.normalise(number) or ""
    if lock:
        _lock(ctx, {stored})
    found = ctx.db.execute(_ONE, {"employer_id": ctx.employer_id, "number": stored}).first()
    if found is None:
        raise NotFound
    to_decide = ToDecide(*found)
    if to_decide.holder.id == ctx.who.person_id:
        raise NotFound
    person_in_reach(ctx, Permission.REVOKE_CERTIFICATE, to_decide.holder.public_id)
    if to_decide.proof.superseded_at is not None:
        raise Conflict("replaced")
    return to_decide


def certificates_to_decide(
    ctx: Context, numbers: Collection[str], *, lock: bool = False
) -> list[CertificateRow]:
    """Those of several that count, each once; what is revoked or replaced by now is left out.

    Raises NotFound if one is outside the actor's reach, or their own. One statement, one more to lock.
    """
    in_reach = ctx.reach(Permission.REVOKE_CERTIFICATE, Unit.path)
    stored = {certificates.normalise(number) or "" for number in numbers}
    if lock:
        _lock(ctx, stored)
    found = ctx.db.execute(
        _FOUND.where(
            CertificateRow.number.in_(stored),
            CertificateRow.person_id != ctx.who.person_id,
            works_where(ctx.today, in_reach).exists(),
        ).order_by(CertificateRow.number),
        {"employer_id": ctx.employer_id},
    ).all()
    if len(found) < len(stored):
        raise NotFound
    return [row for row, proof, _holder in found if proof.superseded_at is None and proof.revoked_on is None]


def _lock(ctx: Context, numbers: Collection[str]) -> None:
    """Lock the holders, and with them the actor, to whom each decision points: all at once, so in the one order."""
    holders = select(CertificateRow.person_id).where(
        CertificateRow.employer_id == ctx.employer_id, CertificateRow.number.in_(numbers)
    )
    locked = or_(Person.id == ctx.who.person_id, Person.id.in_(holders))
    lock_people(ctx, select(Person.id).where(Person.employer_id == ctx.employer_id, locked))


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
    """What was decided about a certificate, and before it about those whose place it has taken; the newest first.

    Who decided and why is for the holder, and for those who lead them or may decide themselves, of a protected identity
    for the own lead: not for auditors.

    Open: the certificate was found by a query that checks who asks. One statement.
    """
    reaches = [ctx.reach(each, Unit.path) for each in _READ_REASONS if ctx.who.may(each)]
    return [Decision(*row) for row in ctx.rows(_decided(is_seen(ctx), *reaches), certificate=certificate.id)]


def decisions_told(there: Context, person_id: int, certificate: Certificate) -> list[Decision]:
    """The same for the holder, in a unit of work of whoever issued it. One statement.

    Open: own certificates only.
    """
    return [Decision(*row) for row in there.rows(_OWN, me=person_id, certificate=certificate.id)]


@dataclass(frozen=True, slots=True)
class Told:
    """A decision as its holder is told of it."""

    kind: str  # revoked reinstated replaced
    on: date
    reason: str
    number: str
    replaced_by: str | None
    edition_id: int
    course: str
    expires_on: date | None
    take_by: (
        date | None
    )  # the day by which the course is to be taken (again), or was; empty: nothing asks for it
    works_here: bool


def decision_to_tell(ctx: Context, decision_id: int) -> Told | None:
    """A decision that still is the last one about what its holder has; None if another came after it.

    None also of what is forgotten. Three statements at most.
    Open: asked by the worker, which writes to the holder.
    """
    row = ctx.rows(_TO_TELL, decision=decision_id).first()
    if row is None:
        return None
    nearest = next((each for each in deadlines_of(ctx, row.person_id) if each.course == row.course), None)
    is_asked = nearest is not None and nearest.kind is not Nearing.EXPIRING
    return Told(
        kind=row.kind,
        on=row.on,
        reason=row.reason,
        number=row.number,
        replaced_by=row.replaced_by,
        edition_id=row.edition_id,
        course=row.course,
        expires_on=row.expires_on,
        take_by=nearest.day if nearest and is_asked else None,
        works_here=row.works_here,
    )


_FOUND = (
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
        CertificateRow.forgotten_on.is_(None),
    )
)
_ONE = _FOUND.where(CertificateRow.number == bindparam("number"))
_ABOUT = aliased(CertificateRow)
_DECIDER = aliased(Person)
_READ_REASONS = (Permission.DISPENSE, Permission.REVOKE_CERTIFICATE)  # who also says why somebody is exempt
# A certificate and those whose place it has taken, one after the other, are of one attempt.
_IS_BEFORE = and_(
    _ABOUT.employer_id == CertificateRow.employer_id,
    _ABOUT.person_id == CertificateRow.person_id,
    _ABOUT.attempt_id == CertificateRow.attempt_id,
    _ABOUT.id <= CertificateRow.id,
    _ABOUT.forgotten_on.is_(None),
)
_DECIDED = (
    select(
        case((and_(_ABOUT.id != CertificateRow.id, Revocation.kind == "replaced"), "corrects"), else_=Revocation.kind),
        _ABOUT.number,
        Revocation.on,
    )
    .select_from(CertificateRow)
    .join(_ABOUT, _IS_BEFORE)
    .join(
        Revocation, and_(Revocation.employer_id == _ABOUT.employer_id, Revocation.certificate_id == _ABOUT.id)
    )
    .join(_DECIDER, and_(_DECIDER.employer_id == Revocation.employer_id, _DECIDER.id == Revocation.person_id))
    .join(
        Person, and_(Person.employer_id == CertificateRow.employer_id, Person.id == CertificateRow.person_id)
    )
    .where(CertificateRow.employer_id == EMPLOYER, CertificateRow.id == bindparam("certificate"))
    .order_by(Revocation.id.desc())
)  # fmt: skip
_LATER, _NEW = aliased(Revocation), aliased(CertificateRow)
_IS_OVERTAKEN = (
    select(_LATER.id)
    .join(_ABOUT, and_(_ABOUT.employer_id == _LATER.employer_id, _ABOUT.id == _LATER.certificate_id))
    .where(
        _LATER.employer_id == CertificateRow.employer_id,
        _LATER.id > Revocation.id,
        _ABOUT.person_id == CertificateRow.person_id,
        _ABOUT.attempt_id == CertificateRow.attempt_id,
    )
    .correlate(CertificateRow, Revocation)
    .exists()
)
_TO_TELL = (
    select(
        Revocation.kind, Revocation.on, Revocation.reason, CertificateRow.number, CertificateRow.person_id,
        CertificateRow.edition_id, CertificateRow.course, CertificateRow.expires_on, _NEW.number.label("replaced_by"),
        select(Employment.id)
        .where(
            Employment.employer_id == CertificateRow.employer_id,
            Employment.person_id == CertificateRow.person_id,
            in_force(Employment, TODAY),
        )
        .exists()
        .label("works_here"),
    )
    .join(
        CertificateRow,
        and_(CertificateRow.employer_id == Revocation.employer_id, CertificateRow.id == Revocation.certificate_id),
    )
    .outerjoin(_NEW, and_(_NEW.employer_id == CertificateRow.employer_id, _NEW.corrects_id == CertificateRow.id))
    .where(
        Revocation.employer_id == EMPLOYER,
        Revocation.id == bindparam("decision"),
        CertificateRow.forgotten_on.is_(None),
        ~_IS_OVERTAKEN,
    )
)  # fmt: skip
_WHO_AND_WHY = name_unless_protected(_DECIDER), Revocation.reason
_OWN = _DECIDED.add_columns(*_WHO_AND_WHY).where(CertificateRow.person_id == ME)


@built_once
def _decided(seen: ColumnElement[bool], *reaches: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    works = works_where(TODAY, seen, or_(false(), *reaches))
    is_told = or_(CertificateRow.person_id == ME, works.exists())
    return _DECIDED.add_columns(*(case((is_told, each), else_="") for each in _WHO_AND_WHY))
