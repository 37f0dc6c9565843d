"""Issue certificates, revoke and reinstate them, correct the name on them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import select

import certificates
from lms.base.access import Permission
from lms.base.context import Context
from lms.base.errors import Conflict, Invalid
from lms.catalogue.values import Edition
from lms.evidence.contents import certificate_content
from lms.evidence.decisions import certificate_to_decide, certificates_to_decide
from lms.evidence.models import CertificateNumber, CertificateRow, Revocation
from lms.evidence.of_edition import KEPT
from lms.evidence.rules import AS_THE_AUTHOR, Expiry, expires_on
from lms.organisation.bulk import note_many
from lms.organisation.models import Employer, Person
from lms.register import actions as register

LONGEST_NAME = 200
LONGEST_REASON = 400
MOST_AT_ONCE = 500  # certificates that are ended or kept in one transaction


@dataclass(frozen=True, slots=True)
class Pass:
    """A passed attempt, as far as a certificate needs to know it."""

    attempt_id: int
    person_id: int
    edition: Edition
    language: str
    expiry: Expiry = AS_THE_AUTHOR  # as the employer says


def issue_certificate(ctx: Context, passed: Pass) -> CertificateRow:
    """Freeze the content of a certificate, give it a number, and enter the proof into the ledger.

    Open: called by learning in the transaction that closes a passed attempt. The PDF is made later.
    """
    person, employer = ctx.db.execute(
        select(Person, Employer)
        .join(Employer, Employer.id == Person.employer_id)
        .where(Person.employer_id == ctx.employer_id, Person.id == passed.person_id)
    ).one()
    edition = passed.edition
    before = ctx.db.execute(
        select(CertificateRow.id, CertificateRow.content)
        .where(
            CertificateRow.employer_id == ctx.employer_id,
            CertificateRow.person_id == person.id,
            CertificateRow.course == edition.course,
            CertificateRow.forgotten_on.is_(None),
        )  # of the latest attempt the one that stands: an earlier one may have been corrected since
        .order_by(CertificateRow.attempt_id.desc(), CertificateRow.id.desc())
        .limit(1)
    ).first()
    renewed = certificates.from_canonical(before.content.encode()) if before else None
    content = certificate_content(
        ctx,
        employer,
        edition,
        number=_free_number(ctx),
        holder_name=person.name,
        language=passed.language,
        expires_on=expires_on(ctx.today, edition.validity_months, passed.expiry),
        predecessor=_printed(renewed, person.name),
    )
    row = CertificateRow(
        person_id=person.id,
        attempt_id=passed.attempt_id,
        course=edition.course,
        edition_id=edition.id,
        predecessor_id=before.id if before else None,
    )
    register.record_proof(ctx, _enter(ctx, row, content))
    ctx.note("certificate.issued", row, number=content.number, course=edition.course)
    return row


def _printed(renewed: certificates.CertificateContent | None, name: str) -> str | None:
    """The number that a certificate with a name says it renews: none that leads to another name.

    By a number anybody reads the name on it. Who shows what they are called now does not tell what they were called.
    """
    return renewed.number if renewed and renewed.holder_name == name else None


def _enter(ctx: Context, row: CertificateRow, content: certificates.CertificateContent) -> register.Evidence:
    """Add the row of a certificate that says this, and its number; what it is evidence of."""
    row.employer_id, row.issued_at = ctx.employer_id, ctx.now
    row.number, row.digest = content.number, content.digest
    row.content = certificates.canonical_bytes(content).decode()
    row.achieved_on, row.expires_on = content.achieved_on, content.expires_on
    ctx.db.add(row)
    ctx.db.flush()
    ctx.db.add(CertificateNumber(number=row.number, employer_id=ctx.employer_id, certificate_id=row.id))
    return register.Evidence(
        person_id=row.person_id,
        course=row.course,
        edition_id=row.edition_id,
        certificate_id=row.id,
        reference=row.number,
        achieved_on=row.achieved_on,
        expires_on=row.expires_on,
    )


def revoke_certificate(ctx: Context, number: str, reason: str) -> Revocation:
    """Revoke a certificate of somebody in reach from today, for a reason that is shown to them.

    Raises NotFound outside the actor's reach, Invalid without a reason, Conflict if it is revoked already or replaced.
    """
    ctx.require(Permission.REVOKE_CERTIFICATE)
    found = certificate_to_decide(ctx, number, lock=True)
    why = _reason(reason)
    if found.proof.revoked_on is not None:
        raise Conflict("already_revoked")
    return _revoke_or_reinstate(ctx, [found.row], "revoked", why)[0]


def reinstate_certificate(ctx: Context, number: str, reason: str) -> Revocation:
    """Let a revoked certificate count again. Raises NotFound, Invalid, or Conflict if it is not revoked."""
    ctx.require(Permission.REVOKE_CERTIFICATE)
    found = certificate_to_decide(ctx, number, lock=True)
    why = _reason(reason)
    if found.proof.revoked_on is None:
        raise Conflict("not_revoked")
    return _revoke_or_reinstate(ctx, [found.row], "reinstated", why)[0]


def end_certificates(ctx: Context, numbers: Collection[str], reason: str) -> int:
    """Revoke several certificates at once for one reason; returns how many. What is revoked or replaced by now is left.

    Raises NotFound if one is outside the actor's reach, Invalid without a reason or a certificate, or with too many.
    """
    ctx.require(Permission.REVOKE_CERTIFICATE)
    why = _reason(reason)
    _some(numbers)
    return len(_revoke_or_reinstate(ctx, certificates_to_decide(ctx, numbers, lock=True), "revoked", why))


def note_kept(ctx: Context, numbers: Collection[str]) -> int:
    """Note of several certificates that they stay, though those of their edition may end; returns how many.

    Nothing changes but that it is known who decided it, and when (`lms.evidence.of_edition`); what is revoked or
    replaced by now is left. Raises NotFound if one is outside the actor's reach, Invalid without one or with too many.
    """
    ctx.require(Permission.REVOKE_CERTIFICATE)
    _some(numbers)
    kept = certificates_to_decide(ctx, numbers)
    note_many(ctx, KEPT, CertificateRow, [(row.id, {"number": row.number}) for row in kept])
    return len(kept)


def correct_name(ctx: Context, number: str, name: str, reason: str) -> CertificateRow:
    """Replace a certificate of somebody in reach by one with another name and number, and all else the same.

    Without a name it takes the one in the staff list as it is now. The old one is superseded for ever; what it proved
    the new one proves, on the same days. Sent to the worker to be signed and made.

    Raises NotFound outside the actor's reach, Invalid without a reason or with a name that cannot be printed or
    stands there already, Conflict if it is revoked or was replaced.
    """
    ctx.require(Permission.REVOKE_CERTIFICATE)
    found = certificate_to_decide(ctx, number, lock=True)
    if found.proof.revoked_on is not None:
        raise Conflict("already_revoked")
    old, before = found.row, found.content
    wanted = " ".join(name.split()) or found.holder.name
    if wanted == before.holder_name or len(wanted) > LONGEST_NAME:
        raise Invalid({"name": "same" if wanted == before.holder_name else "too_long"})
    why = _reason(reason)
    try:
        content = replace(
            before,
            number=_free_number(ctx),
            holder_name=wanted,
            issued_at=ctx.now,
            predecessor=_printed(_renewed(ctx, old), wanted),
        )
    except certificates.ContentError as error:
        raise Invalid({"name": "unreadable"}) from error
    row = CertificateRow(
        person_id=old.person_id,
        attempt_id=old.attempt_id,
        course=old.course,
        edition_id=old.edition_id,
        predecessor_id=old.predecessor_id,
        corrects_id=old.id,
    )
    register.replace_proof(ctx, old.id, _enter(ctx, row, content))
    _decide(ctx, [old], "replaced", why)
    ctx.later("render_certificate", row.number, certificate_id=row.id)
    return row


def _renewed(ctx: Context, row: CertificateRow) -> certificates.CertificateContent | None:
    """What a certificate renews says; None of one that renews none, or one that is forgotten."""
    before = ctx.open(CertificateRow, row.predecessor_id) if row.predecessor_id else None
    return certificates.from_canonical(before.content.encode()) if before and before.content else None


def _some(numbers: Collection[str]) -> None:
    if not 0 < len(numbers) <= MOST_AT_ONCE:
        raise Invalid({"numbers": "too_many" if numbers else "missing"})


def _reason(reason: str) -> str:
    why = reason.strip()
    if not why or len(why) > LONGEST_REASON:
        raise Invalid({"reason": "too_long" if why else "missing"})
    return why


def _revoke_or_reinstate(
    ctx: Context, rows: Sequence[CertificateRow], kind: str, why: str
) -> list[Revocation]:
    register.mark_revoked(ctx, [row.id for row in rows], ctx.today if kind == "revoked" else None)
    return _decide(ctx, rows, kind, why)


def _decide(ctx: Context, rows: Sequence[CertificateRow], kind: str, why: str) -> list[Revocation]:
    decided = [
        Revocation(
            employer_id=ctx.employer_id,
            certificate_id=row.id,
            kind=kind,
            on=ctx.today,
            reason=why,
            person_id=ctx.who.person_id,
            recorded_at=ctx.now,
        )
        for row in rows
    ]
    ctx.db.add_all(decided)
    ctx.db.flush()
    note_many(ctx, f"certificate.{kind}", CertificateRow, [(row.id, {"number": row.number}) for row in rows])
    ctx.later_each("after_certificate_decided", "decision_id", [each.id for each in decided])
    return decided


def _free_number(ctx: Context) -> str:
    """A number nobody has; a clash is as good as impossible (49 bits), but costs one look-up to rule out."""
    while True:
        number = certificates.new_number()
        if ctx.db.get(CertificateNumber, number) is None:
            return number
