"""Issue certificates, revoke and reinstate them."""

from dataclasses import dataclass

from sqlalchemy import and_, select

import certificates
from lms.base.access import Permission
from lms.base.context import Context
from lms.base.errors import Conflict, Invalid, NotFound
from lms.catalogue.values import Edition
from lms.evidence.models import CertificateNumber, CertificateRow, Revocation
from lms.evidence.rules import expires_on
from lms.organisation.models import Employer, Person
from lms.organisation.people import person as person_in_reach
from lms.register import actions as register
from lms.register.models import Proof


@dataclass(frozen=True, slots=True)
class Pass:
    """A passed attempt, as far as a certificate needs to know it."""

    attempt_id: int
    person_id: int
    edition: Edition
    language: str


def issue_certificate(ctx: Context, passed: Pass) -> CertificateRow:
    """Freeze the content of a certificate, give it a number, and enter the proof into the ledger.

    Open: called by learning in the transaction that closes a passed attempt. The PDF is made later.
    """
    person, employer = ctx.db.execute(
        select(Person, Employer)
        .join(Employer, Employer.id == Person.employer_id)
        .where(Person.employer_id == ctx.employer_id, Person.id == passed.person_id)
    ).one()
    edition, text = passed.edition, passed.edition.text(passed.language)
    last_day = expires_on(ctx.today, edition.validity_months)
    before = ctx.db.execute(
        select(CertificateRow.id, CertificateRow.number)
        .where(
            CertificateRow.employer_id == ctx.employer_id,
            CertificateRow.person_id == person.id,
            CertificateRow.course == edition.course,
        )
        .order_by(CertificateRow.id.desc())
        .limit(1)
    ).first()
    content = certificates.CertificateContent(
        number=_free_number(ctx),
        holder_name=person.name,
        course_id=edition.course,
        course_title=text.title,
        country=edition.country,
        edition=edition.label,
        edition_digest=edition.digest,
        outcomes=tuple(text.outcomes[outcome] for outcome in edition.outcomes),
        language=edition.language(passed.language),
        minutes=edition.minutes,
        lessons=len(edition.lessons),
        exam_items=edition.exam_items,
        pass_mark=edition.pass_mark,
        achieved_on=ctx.today,
        expires_on=last_day,
        issued_at=ctx.now,
        issuer_name=employer.name,
        issuer_department=employer.department or None,
        signatory_name=employer.signatory_name,
        signatory_title=employer.signatory_title,
        look=edition.look["band"],
        predecessor=before.number if before else None,
    )
    row = CertificateRow(
        employer_id=ctx.employer_id,
        person_id=person.id,
        attempt_id=passed.attempt_id,
        number=content.number,
        course=edition.course,
        edition_id=edition.id,
        content=certificates.canonical_bytes(content).decode(),
        digest=content.digest,
        achieved_on=content.achieved_on,
        expires_on=content.expires_on,
        issued_at=ctx.now,
        predecessor_id=before.id if before else None,
    )
    ctx.db.add(row)
    ctx.db.flush()
    ctx.db.add(CertificateNumber(number=content.number, employer_id=ctx.employer_id, certificate_id=row.id))
    register.record_proof(
        ctx,
        register.Evidence(
            person_id=person.id,
            course=edition.course,
            edition_id=edition.id,
            certificate_id=row.id,
            reference=content.number,
            achieved_on=content.achieved_on,
            expires_on=content.expires_on,
        ),
    )
    ctx.note("certificate.issued", row, number=content.number, course=edition.course)
    return row


def revoke_certificate(ctx: Context, number: str, reason: str) -> Revocation:
    """Revoke a certificate of somebody in reach from today, for a reason that is shown to them.

    Raises NotFound outside the actor's reach, Invalid without a reason, Conflict if it is revoked already.
    """
    ctx.require(Permission.REVOKE_CERTIFICATE)
    row, proof = _in_reach(ctx, number)
    if not reason.strip():
        raise Invalid({"reason": "missing"})
    if proof.revoked_on is not None:
        raise Conflict("already_revoked")
    return _decide(ctx, row, "revoked", reason)


def reinstate_certificate(ctx: Context, number: str, reason: str) -> Revocation:
    """Let a revoked certificate count again. Raises NotFound, Invalid, or Conflict if it is not revoked."""
    ctx.require(Permission.REVOKE_CERTIFICATE)
    row, proof = _in_reach(ctx, number)
    if not reason.strip():
        raise Invalid({"reason": "missing"})
    if proof.revoked_on is None:
        raise Conflict("not_revoked")
    return _decide(ctx, row, "reinstated", reason)


def _decide(ctx: Context, row: CertificateRow, kind: str, reason: str) -> Revocation:
    decision = Revocation(
        employer_id=ctx.employer_id,
        certificate_id=row.id,
        kind=kind,
        on=ctx.today,
        reason=reason.strip(),
        person_id=ctx.who.person_id,
        recorded_at=ctx.now,
    )
    register.mark_revoked(ctx, row.id, ctx.today if kind == "revoked" else None)
    ctx.db.add(decision)
    ctx.note(f"certificate.{kind}", row, number=row.number)
    return decision


def _in_reach(ctx: Context, number: str) -> tuple[CertificateRow, Proof]:
    """A certificate whose holder works (or, of somebody who has left, worked last) where the actor may revoke."""
    found = ctx.db.execute(
        select(CertificateRow, Proof, Person.public_id)
        .join(
            Proof,
            and_(
                Proof.employer_id == CertificateRow.employer_id,
                Proof.certificate_id == CertificateRow.id,
            ),
        )
        .join(
            Person,
            and_(Person.employer_id == CertificateRow.employer_id, Person.id == CertificateRow.person_id),
        )
        .where(
            CertificateRow.employer_id == ctx.employer_id,
            CertificateRow.number == (certificates.normalise(number) or ""),
        )
        .with_for_update(of=Proof, key_share=True)  # two people decide one after the other
    ).first()
    if found is None:
        raise NotFound
    row, proof, holder = found
    person_in_reach(ctx, Permission.REVOKE_CERTIFICATE, holder)
    return row, proof


def _free_number(ctx: Context) -> str:
    """A number nobody has; a clash is as good as impossible (49 bits), but costs one look-up to rule out."""
    while True:
        number = certificates.new_number()
        if ctx.db.get(CertificateNumber, number) is None:
            return number
