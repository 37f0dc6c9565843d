"""The signed form of certificates: what is to be signed, what was, and in which files it was handed out."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, exists, not_, or_, select
from sqlalchemy.orm import InstrumentedAttribute

import certificates
from certificates import credential
from lms.base.context import Context
from lms.base.errors import NotFound
from lms.evidence.models import CertificateFile, CertificateRow, RevokedList, SignedCredential, SigningKey
from lms.evidence.queries import verify_url
from lms.evidence.revoked_lists import reserve_place
from lms.evidence.signing_keys import DOCUMENT, TOKEN, Need, signing_key

DISOWNED = "the key was disowned meanwhile: sign it again"


@dataclass(frozen=True, slots=True, repr=False)
class Draft:
    """What is to be signed, and with which keys; signing it needs no database."""

    certificate_id: int
    document: dict[str, Any]
    key: credential.SigningKey
    key_id: int
    key_name: str
    token_key: dict[str, Any]
    token_key_id: int
    token_key_name: str
    at: datetime

    def signed(self) -> "Signed":
        """The signed document, and its second form as a token."""
        document = credential.signed(self.document, self.key, self.key_name, self.at)
        token = credential.as_token(self.document, self.token_key, self.token_key_name)
        text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
        return Signed(text, token, self.key_id, self.token_key_id)


@dataclass(frozen=True, slots=True)
class Signed:
    """What was signed, and by which keys."""

    document: str
    token: str
    key_id: int
    token_key_id: int


@dataclass(frozen=True, slots=True)
class Kept:
    """The signed document of a certificate, and when it was signed."""

    document: bytes
    at: datetime


def draft_credential(ctx: Context, certificate_id: int) -> Draft | None:
    """Reserve a place in a list of the revoked, and say what is to be signed; None if it was signed already.

    Open: called by the worker. Raises NotFound, also of one that is forgotten, and RuntimeError if the employer's keys
    cannot be used.
    """
    row = ctx.open(CertificateRow, certificate_id)
    if row.forgotten_on is not None:
        raise NotFound
    kept = _kept(ctx, row.id) or reserve_place(ctx, row.id)
    if kept.document is not None:
        return None
    listed = ctx.open(RevokedList, kept.revoked_list_id)
    issuer = credential.Issuer(
        listed.did, listed.address.rpartition("/revoked/")[0]
    )  # also where the site has moved
    key, secret = signing_key(ctx, Need(issuer.did, DOCUMENT))
    token_key, token_secret = signing_key(ctx, Need(issuer.did, TOKEN))
    content = certificates.from_canonical(row.content.encode())
    place = credential.Place(
        verify_url(ctx.house, content.number),
        f"{issuer.url}/achievements/{content.edition_digest}",
        listed.address,
        kept.place,
    )
    return Draft(
        row.id,
        credential.badge(content, issuer, place),
        credential.signing_key(secret),
        key.id,
        f"{issuer.did}#{key.name}",
        json.loads(token_secret),
        token_key.id,
        f"{issuer.did}#{token_key.name}",
        ctx.now,
    )


def keep_credential(ctx: Context, certificate_id: int, signed: Signed) -> None:
    """Keep what was signed; if somebody else was quicker, that stays.

    Open: called by the worker, which signed it. Raises NotFound for one that was forgotten meanwhile, and RuntimeError
    if one of the keys was disowned meanwhile.
    """
    if ctx.open(CertificateRow, certificate_id, lock=True).forgotten_on is not None:
        raise NotFound
    row = _kept(ctx, certificate_id, lock=True)
    if row is None:
        raise NotFound
    keys = select(SigningKey).where(
        SigningKey.employer_id == ctx.employer_id, SigningKey.id.in_([signed.key_id, signed.token_key_id])
    )
    if any(key.disowned_at for key in ctx.db.scalars(keys.with_for_update(read=True))):
        raise RuntimeError(DISOWNED)
    if row.document is None:
        row.document, row.token, row.signed_at = signed.document, signed.token, ctx.now
        row.key_id, row.token_key_id = signed.key_id, signed.token_key_id


def kept_credential(ctx: Context, certificate_id: int) -> Kept | None:
    """The signed form of a certificate, if there is one yet. One statement.

    Open: the certificate was found by a query that checks who asks.
    """
    row = _kept(ctx, certificate_id)
    if row is None or row.document is None or row.signed_at is None:
        return None
    return Kept(row.document.encode(), row.signed_at)


def credential_of(ctx: Context, certificate_id: int) -> bytes | None:
    """The signed document alone, if there is one yet. One statement.

    Open: the certificate was found by a query that checks who asks.
    """
    kept = kept_credential(ctx, certificate_id)
    return kept.document if kept else None


def documents_of(ctx: Context, ids: Sequence[int]) -> dict[int, bytes]:
    """The signed documents of some certificates, of those that have one. One statement.

    Open: the certificates were found by a query that checks who asks.
    """
    signed = select(SignedCredential.certificate_id, SignedCredential.document).where(
        SignedCredential.employer_id == ctx.employer_id,
        SignedCredential.certificate_id.in_(ids),
        SignedCredential.document.is_not(None),
    )
    return {key: document.encode() for key, document in ctx.db.execute(signed) if document is not None}


def token_of(ctx: Context, certificate_id: int) -> str | None:
    """Its second form, a token, if there is one yet. One statement.

    Open: the certificate was found by a query that checks who asks.
    """
    row = _kept(ctx, certificate_id)
    return row.token if row is not None else None


def unfinished(ctx: Context, after: int, most: int) -> list[int]:
    """The first certificates behind one that have no signed form, or a PDF in which another one is enclosed.

    They are of before there was any, their key was disowned, or a worker died over them. Forgotten ones are none.
    Open: called by the worker.
    """
    behind = _with_signed(CertificateRow.id).where(
        CertificateRow.employer_id == ctx.employer_id,
        CertificateRow.id > after,
        CertificateRow.forgotten_on.is_(None),
        _IS_UNFINISHED,
    )
    return list(ctx.db.scalars(behind.order_by(CertificateRow.id).limit(most)))


def finished_among(ctx: Context, ids: Sequence[int]) -> dict[int, str]:
    """Those of some certificates that are signed, and whose PDF was noted with that inside: their contents' digests.

    One statement.
    Open: called by the worker, which looks whether the PDF is there.
    """
    some = _with_signed(CertificateRow.id, CertificateRow.digest).where(
        CertificateRow.employer_id == ctx.employer_id, CertificateRow.id.in_(ids), not_(_IS_UNFINISHED)
    )
    return {key: digest for key, digest in ctx.db.execute(some)}  # noqa: C416


def _with_signed(*columns: InstrumentedAttribute[Any]) -> Select[Any]:
    """Columns of certificates, beside the signed form of each, if there is one."""
    signed = and_(
        SignedCredential.employer_id == CertificateRow.employer_id,
        SignedCredential.certificate_id == CertificateRow.id,
    )
    return select(*columns).select_from(CertificateRow).outerjoin(SignedCredential, signed)


_OF_CERTIFICATE = and_(
    CertificateFile.employer_id == CertificateRow.employer_id,
    CertificateFile.certificate_id == CertificateRow.id,
)
_IS_CURRENT = CertificateFile.signed_at == SignedCredential.signed_at
_FULL, _INK = CertificateFile.ink_saving.is_(False), CertificateFile.ink_saving.is_(True)
_IS_UNFINISHED = or_(
    SignedCredential.document.is_(None),
    ~exists().where(_OF_CERTIFICATE, _FULL, _IS_CURRENT),
    and_(exists().where(_OF_CERTIFICATE, _INK), ~exists().where(_OF_CERTIFICATE, _INK, _IS_CURRENT)),
)


def has_ink_saving(ctx: Context, certificate_id: int) -> bool:
    """Whether a PDF that saves ink was ever handed out.

    Open: called by the worker.
    """
    mine = CertificateFile.employer_id == ctx.employer_id, CertificateFile.certificate_id == certificate_id
    found = ctx.db.scalar(select(CertificateFile.id).where(*mine, CertificateFile.ink_saving).limit(1))
    return found is not None


def note_file(
    ctx: Context, certificate_id: int, digest: str, signed_at: datetime | None, *, ink_saving: bool
) -> None:
    """A PDF of a certificate is handed out from now on.

    `digest` is the SHA-256 of its bytes, `signed_at` when the credential inside was signed (None: it holds none).

    Open: called by the worker, which has made it.
    """
    ctx.add_once(
        CertificateFile(
            employer_id=ctx.employer_id,
            certificate_id=certificate_id,
            digest=digest,
            ink_saving=ink_saving,
            signed_at=signed_at,
            made_at=ctx.now,
        )
    )


def is_issued_file(ctx: Context, certificate_id: int, digest: str) -> bool:
    """Whether a file with this digest was handed out as a PDF of the certificate. One statement.

    Open: the certificate was found by a query that checks who asks.
    """
    return digest in files_of(ctx, certificate_id)


def files_of(ctx: Context, certificate_id: int) -> dict[str, datetime | None]:
    """The PDFs of a certificate that were handed out: their digests, and when what is inside was signed.

    Open: called by the worker, and for a certificate that was found by a query that checks who asks.
    """
    rows = ctx.db.scalars(
        select(CertificateFile).where(
            CertificateFile.employer_id == ctx.employer_id, CertificateFile.certificate_id == certificate_id
        )
    )
    return {row.digest: row.signed_at for row in rows}


def _kept(ctx: Context, certificate_id: int, *, lock: bool = False) -> SignedCredential | None:
    query = select(SignedCredential).where(
        SignedCredential.employer_id == ctx.employer_id, SignedCredential.certificate_id == certificate_id
    )
    return ctx.db.scalars(query.with_for_update() if lock else query).first()
