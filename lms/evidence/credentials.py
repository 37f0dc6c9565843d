"""The signed form of certificates: what is to be signed, what was, and in which files it was handed out."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, select

import certificates
from certificates import credential
from lms.base.context import Context
from lms.base.errors import NotFound
from lms.evidence.models import CertificateFile, CertificateRow, RevokedList, SignedCredential
from lms.evidence.queries import verify_url
from lms.evidence.revoked_lists import reserve_place
from lms.evidence.signing_keys import DOCUMENT, TOKEN, Need, issuer_of, signing_key


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
    issuer = issuer_of(ctx)
    key, secret = signing_key(ctx, Need(issuer.did, DOCUMENT))
    token_key, token_secret = signing_key(ctx, Need(issuer.did, TOKEN))
    content = certificates.from_canonical(row.content.encode())
    place = credential.Place(
        verify_url(ctx.house, content.number),
        f"{issuer.url}/achievements/{content.edition_digest}",
        ctx.open(RevokedList, kept.revoked_list_id).address,
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

    Open: called by the worker, which signed it.
    """
    row = _kept(ctx, certificate_id, lock=True)
    if row is None:
        raise NotFound
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


def token_of(ctx: Context, certificate_id: int) -> str | None:
    """Its second form, a token, if there is one yet. One statement.

    Open: the certificate was found by a query that checks who asks.
    """
    row = _kept(ctx, certificate_id)
    return row.token if row is not None else None


def unsigned(ctx: Context, after: int, most: int) -> list[int]:
    """The first certificates behind one that have no signed form: of before there was any, or of a disowned key.

    Open: called by the worker.
    """
    return list(
        ctx.db.scalars(
            select(CertificateRow.id)
            .outerjoin(
                SignedCredential,
                and_(
                    SignedCredential.employer_id == CertificateRow.employer_id,
                    SignedCredential.certificate_id == CertificateRow.id,
                ),
            )
            .where(
                CertificateRow.employer_id == ctx.employer_id,
                CertificateRow.id > after,
                CertificateRow.forgotten_on.is_(None),
                SignedCredential.document.is_(None),
            )
            .order_by(CertificateRow.id)
            .limit(most)
        )
    )


def note_file(ctx: Context, certificate_id: int, digest: str, signed_at: datetime | None) -> None:
    """A PDF of a certificate is handed out from now on.

    `digest` is the SHA-256 of its bytes, `signed_at` when the credential inside was signed (None: it holds none).

    Open: called by the worker, which has made it.
    """
    ctx.add_once(
        CertificateFile(
            employer_id=ctx.employer_id,
            certificate_id=certificate_id,
            digest=digest,
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
