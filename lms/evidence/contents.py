"""What a certificate says: of an edition that somebody passes today, as the employer issues it now."""

from datetime import date

import certificates
from lms.base.context import Context
from lms.catalogue.values import Edition
from lms.organisation.models import Employer


def certificate_content(
    ctx: Context,
    employer: Employer,
    edition: Edition,
    *,
    number: str,
    holder_name: str,
    language: str,
    expires_on: date,
    predecessor: str | None,
) -> certificates.CertificateContent:
    """The content of a certificate that is issued now, and of one that only shows how it will look.

    Open: nothing is read but what the caller hands in. Raises ContentError for what could not be printed.
    """
    text = edition.text(language)
    return certificates.CertificateContent(
        number=number,
        holder_name=holder_name,
        course_id=edition.course,
        course_title=text.title,
        country=edition.country,
        edition=edition.label,
        edition_digest=edition.digest,
        outcomes=tuple(text.outcomes[outcome] for outcome in edition.outcomes),
        language=edition.language(language),
        minutes=edition.minutes,
        lessons=len(edition.lessons),
        exam_items=edition.exam_items,
        pass_mark=edition.pass_mark,
        achieved_on=ctx.today,
        expires_on=expires_on,
        issued_at=ctx.now,
        issuer_name=employer.name,
        issuer_department=employer.department or None,
        signatory_name=employer.signatory_name,
        signatory_title=employer.signatory_title,
        look=edition.look["band"],
        predecessor=predecessor,
        layout=employer.certificate_layout,
    )
