"""A certificate as it is handed out, in each of its forms, for the tests that send files."""

from dataclasses import dataclass
from io import BytesIO

from certificates import CertificateContent, pdf_key
from lms.evidence.credentials import credential_of, token_of
from lms.evidence.queries import my_certificates
from lms.jobs.worker import work_once
from tests.learning.taking import take


@dataclass(frozen=True)
class Issued:
    """What Amina has got."""

    content: CertificateContent
    number: str
    pdf: bytes
    document: bytes
    token: bytes


def issue(town) -> Issued:
    """Let Amina pass, and the worker sign and print what she gets."""
    take(town, "amina", right=12)
    while work_once(town.house):
        pass
    with town.work("amina", writes=False) as ctx:
        (found,) = my_certificates(ctx)
        document, token = credential_of(ctx, found.id), token_of(ctx, found.id)
    assert document
    assert token
    pdf = town.house.files.get(pdf_key(found.content))
    return Issued(found.content, found.number, pdf, document, token.encode())


def send(client, data, name="file.pdf"):
    """What a file is answered with."""
    return client.post("/v", data={"file": (BytesIO(data), name)}, headers={"Accept-Language": "en"})
