"""Check a certificate for a stranger: what is known here about a number, put together by the library's one function."""

from dataclasses import replace

import certificates
from lms.base.context import Context
from lms.evidence.queries import Certificate, Forgotten, public_certificate

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


def check_known(issuer: Context, known: Certificate) -> Verification:
    """The same of a certificate that was found already, in a unit of work of whoever issued it. No statement.

    Open: called for a link that somebody shares their own by (`lms.evidence.shares`).
    """
    return _answer(issuer, known, known.content)


def _answer(
    ctx: Context,
    known: Certificate | Forgotten | None,
    found: certificates.CertificateContent | certificates.NotGenuine,
    file: certificates.FileVerdict = certificates.FileVerdict.NONE,
) -> Verification:
    status = certificates.Status(known_at=ctx.now)
    if known:
        status = replace(status, revoked_on=known.revoked_on, superseded_by=known.replaced_by)
    if isinstance(known, Certificate):
        status = replace(status, renewed_by=known.renewed_by)
    elif known:
        status = replace(status, forgotten_on=known.forgotten_on)
    is_named = not (known and known.protected)
    return certificates.verification(found, ctx.today, status, file, is_named=is_named)
