"""Read certificates: the holder's own, and any by its number."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Date,
    Row,
    Select,
    and_,
    bindparam,
    case,
    or_,
    select,
    true,
)
from sqlalchemy.orm import aliased

import certificates
from lms.base.access import Permission
from lms.base.context import Context, House
from lms.base.errors import NotFound
from lms.base.statements import EMPLOYER, ME, built_once
from lms.evidence.models import CertificateNumber, CertificateRow, Revocation
from lms.organisation.acting import acting_for
from lms.organisation.models import Employment, Person, Unit
from lms.organisation.people import is_seen
from lms.organisation.queries import says_where
from lms.register.models import Proof


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate and what has become of it."""

    id: int
    content: certificates.CertificateContent
    verdict: certificates.Verdict
    revoked_on: date | None
    reason: str | None  # why it was revoked, or replaced
    protected: bool  # the holder's name is shown to nobody outside the duty
    account_id: int  # of the holder
    replaced_by: str | None = None  # number of the one that has the right name
    renews: str | None = None  # number of the one before, whatever name is on it
    renewed_by: str | None = None  # number of the latest one of a later pass of the same course that counts

    @property
    def number(self) -> str:
        """The number as people read it: two groups of five."""
        return certificates.display(self.content.number)


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What is left of a certificate that is no longer kept (`lms.evidence.forgetting`)."""

    employer_id: int
    forgotten_on: date
    revoked_on: date | None
    account_id: int
    replaced_by: str | None


def my_certificates(ctx: Context) -> list[Certificate]:
    """The actor's own certificates, newest first."""
    ctx.require(Permission.LEARN)
    return _certificates(ctx, _MINE)


def certificates_of(ctx: Context, person_id: int) -> list[Certificate]:
    """The certificates of a person of the employer, newest first. One statement.

    Open: called for the person themself (`lms.evidence.wallet`).
    """
    return _certificates(ctx, _MINE, me=person_id)


def my_pdfs(ctx: Context) -> Iterator[tuple[str, bytes]]:
    """The actor's own certificates as PDFs, by number as people read it: those that have been made. One statement.

    Open: own rows only, also of somebody who works here no more.
    """
    for each in _certificates(ctx, _MINE):
        data = certificate_pdf(ctx, each)
        if data is not None:
            yield each.number, data


def my_numbers(ctx: Context, ids: Sequence[int]) -> dict[int, tuple[str, str]]:
    """Number, as people read it, and course of some certificates of the actor's own. One statement, none for no id.

    Open: own rows only.
    """
    rows = ctx.rows(_MY_NUMBERS, ids=ids) if ids else ()
    return {key: (certificates.display(number), course) for key, number, course in rows}


def certificate_of_attempt(ctx: Context, attempt_id: int) -> Certificate | None:
    """The certificate that an attempt of the actor's earned, or None."""
    ctx.require(Permission.LEARN)
    found = _certificates(ctx, _MY_ATTEMPT, attempt=attempt_id)
    return found[0] if found else None


def certificate_in_reach(
    ctx: Context, number: str, *, day: date | None = None, named: bool = False
) -> Certificate:
    """A certificate of the actor's own, or of somebody who works where the actor sees the register or the team.

    On a day (None: today), or last before it, of somebody who had left by then: as the register of that day shows it.
    `named`: what is shown of it holds the name, so a protected identity's is there for the own lead only.
    Raises NotFound.
    """
    who = ctx.who
    reaches = [
        ctx.reach(permission, Unit.path)
        for permission in (Permission.SEE_REGISTER, Permission.SEE_TEAM)
        if who.may(permission)
    ]
    statement = _in_reach(is_seen(ctx) if named else true(), *reaches)
    number = certificates.normalise(number) or ""
    found = _certificates(ctx, statement, number=number, day=day or ctx.today)
    if not found:
        raise NotFound
    return found[0]


def public_certificate(ctx: Context, number: str) -> Certificate | Forgotten | None:
    """What a number stands for, for anybody who has it; None if there is no such number.

    Open: verification needs no account; the caller throttles it and nothing can be searched by name.
    """
    wanted = certificates.normalise(number)
    owner = ctx.db.get(CertificateNumber, wanted) if wanted else None
    if owner is None:
        return None
    with acting_for(ctx.house, owner.employer_id, ctx.now, writes=False) as issuer:
        ctx.time_zone = issuer.time_zone
        place = {"employer": owner.employer_id, "certificate": owner.certificate_id}
        row = issuer.db.execute(_PUBLIC, place).first()  # of two revocations on a day the newest comes first
        if row is not None:
            return _told_to_strangers(issuer, row)
        left = issuer.db.execute(_FORGOTTEN, place).first()
        return Forgotten(*left) if left else None


def certificates_shown(issuer: Context, ids: Sequence[int]) -> list[Certificate]:
    """Certificates of the employer of a unit of work, as the page that verifies each of them says. One statement.

    Open: called for a link that somebody shares their own by (`lms.evidence.shares`).
    """
    return _certificates(issuer, _SOME, _told_to_strangers, ids=list(ids))


def verify_url(house: House, number: str) -> str:
    """Public address that checks a certificate, as printed and in its QR code.

    Open: anybody who has the number may check it.
    """
    return f"{house.settings.public_url}/v/{certificates.display(number)}"


def certificate_pdf(ctx: Context, certificate: Certificate, *, ink_saving: bool = False) -> bytes | None:
    """The PDF of a certificate that the caller has opened; None as long as it has not been made. No statement.

    Open: the certificate was found by a query that checks who asks.
    """
    try:
        return ctx.house.files.get(certificates.pdf_key(certificate.content, ink_saving=ink_saving))
    except KeyError:
        return None


_OTHER, _ITS_PROOF = aliased(CertificateRow), aliased(Proof)
_REPLACED_BY = (
    select(_OTHER.number)
    .where(_OTHER.employer_id == CertificateRow.employer_id, _OTHER.corrects_id == CertificateRow.id)
    .correlate(CertificateRow)
    .scalar_subquery()
)
_RENEWS = (
    select(_OTHER.number)
    .where(
        _OTHER.employer_id == CertificateRow.employer_id,
        _OTHER.id == CertificateRow.predecessor_id,
        _OTHER.forgotten_on.is_(None),
    )
    .correlate(CertificateRow)
    .scalar_subquery()
)
_LATEST = (
    select(_OTHER.number)
    .join(
        _ITS_PROOF,
        and_(_ITS_PROOF.employer_id == _OTHER.employer_id, _ITS_PROOF.certificate_id == _OTHER.id),
    )
    .where(
        _OTHER.employer_id == CertificateRow.employer_id,
        _OTHER.person_id == CertificateRow.person_id,
        _OTHER.course == CertificateRow.course,
        _OTHER.attempt_id > CertificateRow.attempt_id,
        _OTHER.forgotten_on.is_(None),
        _ITS_PROOF.revoked_on.is_(None),
    )
    .order_by(_OTHER.attempt_id.desc(), _OTHER.id.desc())
    .limit(1)
    .correlate(CertificateRow)
)
_RENEWED_BY = _LATEST.scalar_subquery()
_RENEWAL = _LATEST.with_only_columns(_OTHER.content).scalar_subquery()
_SELECT = (
    select(
        CertificateRow.id, CertificateRow.content, Proof.revoked_on, Proof.superseded_at, Revocation.reason,
        Person.protected, Person.account_id, _REPLACED_BY.label("replaced_by"), _RENEWS.label("renews"),
        _RENEWED_BY.label("renewed_by"),
    )
    .join(
        Proof,
        and_(Proof.employer_id == CertificateRow.employer_id, Proof.certificate_id == CertificateRow.id),
    )
    .join(Person, and_(Person.employer_id == CertificateRow.employer_id, Person.id == CertificateRow.person_id))
    .outerjoin(
        Revocation,
        and_(
            Revocation.employer_id == CertificateRow.employer_id,
            Revocation.certificate_id == CertificateRow.id,
            or_(
                and_(Revocation.kind == "revoked", Revocation.on == Proof.revoked_on),
                Revocation.kind == "replaced",
            ),
        ),
    )
    .where(CertificateRow.forgotten_on.is_(None))
    .order_by(CertificateRow.id.desc(), Revocation.id.desc())
)  # fmt: skip


_OF_EMPLOYER = _SELECT.where(CertificateRow.employer_id == EMPLOYER)
_MINE = _OF_EMPLOYER.where(CertificateRow.person_id == ME)
_MY_NUMBERS = select(CertificateRow.id, CertificateRow.number, CertificateRow.course).where(
    CertificateRow.employer_id == EMPLOYER,
    CertificateRow.person_id == ME,
    CertificateRow.id.in_(bindparam("ids", expanding=True)),
)
_FOR_STRANGERS = _RENEWAL.label("renewal")
_SOME = _OF_EMPLOYER.add_columns(_FOR_STRANGERS).where(
    CertificateRow.id.in_(bindparam("ids", expanding=True))
)
_HAS_NUMBER = CertificateRow.number == bindparam("number")
_MY_ATTEMPT = _MINE.where(CertificateRow.attempt_id == bindparam("attempt"))
_PUBLIC = _SELECT.add_columns(_FOR_STRANGERS).where(
    CertificateRow.employer_id == bindparam("employer"), CertificateRow.id == bindparam("certificate")
)
_FORGOTTEN = (
    select(
        CertificateRow.employer_id,
        CertificateRow.forgotten_on,
        case((Proof.superseded_at.is_(None), Proof.revoked_on)),
        Person.account_id,
        _REPLACED_BY,
    )
    .join(
        Proof,
        and_(Proof.employer_id == CertificateRow.employer_id, Proof.certificate_id == CertificateRow.id),
    )
    .join(
        Person, and_(Person.employer_id == CertificateRow.employer_id, Person.id == CertificateRow.person_id)
    )
    .where(
        CertificateRow.employer_id == bindparam("employer"),
        CertificateRow.id == bindparam("certificate"),
        CertificateRow.forgotten_on.is_not(None),
    )
)


def works_where(day: date | BindParameter[date], *where: ColumnElement[bool]) -> Select[Any]:
    """SQL select, to stand in one of certificates: where the holder works on a day or, of who has left, worked last.

    Open: a part of a statement only; `where` says within whose reach.
    """
    return (
        select(Employment.id)
        .join(Unit, and_(Unit.employer_id == Employment.employer_id, Unit.id == Employment.unit_id))
        .where(
            Employment.employer_id == CertificateRow.employer_id,
            Employment.person_id == CertificateRow.person_id,
            says_where(day),
            *where,
        )
        .correlate(CertificateRow, Person)
    )


@built_once
def _in_reach(seen: ColumnElement[bool], *reaches: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    works_in_reach = (works_where(_DAY, seen, in_reach).exists() for in_reach in reaches)
    return _OF_EMPLOYER.where(_HAS_NUMBER, or_(CertificateRow.person_id == ME, *works_in_reach))


_DAY = bindparam("day", type_=Date())


def _certificates(
    ctx: Context,
    statement: Select[*tuple[Any, ...]],
    read: Callable[[Context, Row[*tuple[Any, ...]]], Certificate] | None = None,
    **values: object,
) -> list[Certificate]:
    rows = ctx.rows(statement, **values)
    newest: dict[int, Certificate] = {}
    for row in rows:  # a day with two revocations gives two rows: the newest decision comes first
        newest.setdefault(row.id, (read or _value)(ctx, row))
    return list(newest.values())


def _value(ctx: Context, row: Row[*tuple[Any, ...]]) -> Certificate:
    content = certificates.from_canonical(row.content.encode())
    revoked_on = row.revoked_on if row.superseded_at is None else None
    return Certificate(
        id=row.id,
        content=content,
        verdict=certificates.verdict(
            content, ctx.today, revoked_on=revoked_on, is_superseded=row.replaced_by is not None
        ),
        revoked_on=revoked_on,
        reason=row.reason if row.revoked_on else None,
        protected=row.protected,
        account_id=row.account_id,
        replaced_by=row.replaced_by,
        renews=row.renews,
        renewed_by=row.renewed_by,
    )


def _told_to_strangers(ctx: Context, row: Row[*tuple[Any, ...]]) -> Certificate:
    """The same without the way to a renewal on another name: an old number is not to tell what somebody is called now.

    Whoever has kept a certificate of before may be the very one whom its holder has changed the name for.
    """
    found = _value(ctx, row)
    if (
        row.renewal
        and certificates.from_canonical(row.renewal.encode()).holder_name == found.content.holder_name
    ):
        return found
    return replace(found, renewed_by=None)
