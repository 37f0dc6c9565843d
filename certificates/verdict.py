"""What a stranger who checks a certificate is told: one pure rule."""

from datetime import date
from enum import StrEnum

from certificates.content import CertificateContent


class Verdict(StrEnum):
    """The five answers of the verification page."""

    VALID = "valid"
    EXPIRED = "expired"
    REVOKED = "revoked"
    SUPERSEDED = "superseded"
    UNKNOWN = "unknown"


def verdict(
    content: CertificateContent | None,
    today: date,
    *,
    revoked_on: date | None = None,
    is_superseded: bool = False,
) -> Verdict:
    """The verdict on a certificate on a day; `content` is None when nobody holds the number.

    Valid up to and including the last day. A revocation counts from its day and outweighs everything. That another
    certificate has taken its place (the name was wrong) outweighs the dates.
    """
    if content is None:
        return Verdict.UNKNOWN
    if revoked_on is not None and revoked_on <= today:
        return Verdict.REVOKED
    if is_superseded:
        return Verdict.SUPERSEDED
    if content.expires_on is not None and content.expires_on < today:
        return Verdict.EXPIRED
    return Verdict.VALID
