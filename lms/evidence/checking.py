"""Check a certificate for a stranger: what is known here of a number or a file, told by the library's one function."""

import hashlib
import json
from contextlib import suppress
from dataclasses import replace
from urllib.parse import unquote

import certificates
from certificates import credential
from lms.base.context import Context
from lms.base.errors import NotFound, TooMany
from lms.evidence.credentials import is_issued_file
from lms.evidence.queries import Certificate, Forgotten, public_certificate
from lms.evidence.signing_keys import published_keys
from lms.organisation.acting import acting_for
from lms.organisation.own_persons import is_protected_somewhere
from lms.organisation.queries import employer_id_of

LARGEST_FILE = credential.LARGEST_FILE
BUSY_SECONDS = 10  # to wait before a file is sent again
Verification = certificates.Verification  # what pages are handed


def check_number(ctx: Context, number: str) -> Verification:
    """What a number stands for, as of this moment; days are those of whoever issued it.

    Open: verification needs no account; the caller throttles it and nothing can be searched by name.
    """
    known = public_certificate(ctx, number)
    if isinstance(known, Certificate):
        return _answer(ctx, known, known.content)
    gone = certificates.NotGenuine
    return _answer(ctx, known, gone.NOT_KEPT if known else gone.UNKNOWN_NUMBER)


def check_known(issuer: Context, known: Certificate, *, is_named: bool) -> Verification:
    """The same of a certificate that was found already, in a unit of work of whoever issued it. No statement.

    `is_named`: as `may_be_named` says of the holder.

    Open: called for a link that somebody shares their own by (`lms.evidence.shares`).
    """
    return _answer(issuer, known, known.content, is_named=is_named)


def may_be_named(ctx: Context, account_id: int) -> bool:
    """Whether a stranger may be shown the name of a holder: not of one protected at any employer. One statement.

    Open: asked to show less.
    """
    return not is_protected_somewhere(ctx, account_id)


def check_file(ctx: Context, data: bytes) -> Verification:
    """What a file that somebody sends is worth: by our keys, by what has become of it, by the files we handed out.

    Nothing of it is kept.

    Open: verification needs no account; the caller throttles it. Raises TooMany while too many files are read.
    """
    has_page = credential.has_page(data)
    file = certificates.FileVerdict.UNKNOWN if has_page else certificates.FileVerdict.NONE
    try:
        inside = credential.genuine_inside(data, lambda did: _keys(ctx, did))
    except credential.FileError as busy:
        raise TooMany("files_being_read", seconds=BUSY_SECONDS) from busy
    if isinstance(inside, certificates.NotGenuine):
        return _answer(ctx, None, inside, file)
    known = public_certificate(ctx, inside.content.number)
    if not _is_of(ctx, known, inside):
        return _answer(ctx, None, certificates.NotGenuine.UNKNOWN_NUMBER, file)
    if has_page and isinstance(known, Certificate):  # of what is forgotten no file is known any more
        file = _was_issued(ctx, inside.did, known, hashlib.sha256(data).hexdigest())
    return _answer(ctx, known, inside.content, file, signed_by=inside.did)


def _is_of(ctx: Context, known: Certificate | Forgotten | None, inside: credential.Inside) -> bool:
    """Whether genuine content is that of what its number stands for here."""
    if isinstance(known, Certificate):
        return known.content == inside.content
    return known is not None and known.employer_id == _employer_of(ctx, inside.did)


def _keys(ctx: Context, did: str) -> credential.KeyBook:
    """The keys of the employer that an identifier is of, also one of before; none if it is nobody's here."""
    employer_id = _employer_of(ctx, did)
    if employer_id is None:
        return credential.KeyBook({}, {})
    with acting_for(ctx.house, employer_id, ctx.now, writes=False) as issuer:
        return credential.key_book(json.dumps(published_keys(issuer)).encode())


def _was_issued(ctx: Context, did: str, known: Certificate, digest: str) -> certificates.FileVerdict:
    with acting_for(ctx.house, _employer_of(ctx, did), ctx.now, writes=False) as issuer:
        is_issued = is_issued_file(issuer, known.id, digest)
    return certificates.FileVerdict.ISSUED if is_issued else certificates.FileVerdict.OTHER


def _employer_of(ctx: Context, did: str) -> int | None:
    with suppress(NotFound):
        return employer_id_of(ctx, unquote(did.rpartition(":")[2]))
    return None


def _answer(
    ctx: Context,
    known: Certificate | Forgotten | None,
    found: certificates.CertificateContent | certificates.NotGenuine,
    file: certificates.FileVerdict = certificates.FileVerdict.NONE,
    *,
    is_named: bool | None = None,
    signed_by: str | None = None,
) -> Verification:
    status = certificates.Status(known_at=ctx.now)
    if known:
        status = replace(status, revoked_on=known.revoked_on, is_superseded=known.replaced_by is not None)
    if isinstance(known, Certificate):
        status = replace(status, renewed_by=known.renewed_by)
    elif known:
        status = replace(status, forgotten_on=known.forgotten_on)
    if is_named is None:
        is_named = known is None or may_be_named(ctx, known.account_id)
    return certificates.verification(found, ctx.today, status, file, is_named=is_named, signed_by=signed_by)
