"""A certificate's content to its PDF, and any other document to one like it."""

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from certificates.bands import BANDS
from certificates.content import CertificateContent
from certificates.drawings import qr_code
from certificates.words import address_in_print, document_title, facts, sentence, words

if TYPE_CHECKING:
    from certificates.engine import Enclosed, Engine

CREDENTIAL_FILE = "credential.json"  # inside of the PDF
_DENSITIES = ("airy", "regular", "tight", "tightest")
_AIRY_TOPICS = 6


def render_pdf(
    content: CertificateContent,
    verify_url: str,
    *,
    ink_saving: bool = False,
    credential: bytes | None = None,
) -> bytes:
    """The certificate as one A4 page: tagged, archivable (PDF/A-3a and PDF/UA-1), the same bytes each time.

    The signed `credential`, if there is one, is enclosed: whoever has the file can check it without asking anybody.

    `verify_url` is the full address of this certificate's verification page; it goes into the QR code and the link,
    and in print without the number. `ink_saving` leaves out the hills. Raises ValueError if the address is not http(s),
    RuntimeError if the package lacks a file.
    """
    if not verify_url.startswith(("https://", "http://")):
        message = f"not an address of a page: {verify_url!r}"
        raise ValueError(message)
    text = words(content.language)
    qr_path, qr_side = qr_code(verify_url)
    page = {
        "content": content,
        "title": document_title(content),
        "issued": content.issued_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "words": text,
        "hue": BANDS[content.look].hue,
        "sentence": sentence(content),
        "facts": facts(content, verify_url),
        "qr_path": qr_path,
        "qr_side": qr_side,
        "qr_alt": text["qr"].format(address=address_in_print(verify_url)),
        "ink_saving": ink_saving,
    }
    first = 0 if len(content.outcomes) <= _AIRY_TOPICS else 1
    variants = (_template().render(page, density=density) for density in _DENSITIES[first:])
    return _engine("portrait").write(variants, content.digest[:32].encode(), _enclosed(content, credential))


def _enclosed(content: CertificateContent, credential: bytes | None) -> list["Enclosed"]:
    from certificates.engine import Enclosed  # noqa: PLC0415 (as below)

    if credential is None:
        return []
    described: str = words(content.language)["credential_file"]
    return [Enclosed(CREDENTIAL_FILE, described, credential, "Data", content.issued_at)]


def render_document(html: str, identifier: str) -> bytes:
    """Another document, in the look of `layouts/document.css`, as a PDF of as many pages as it takes.

    Tagged and archivable as a certificate is; the same HTML and identifier give the same bytes. Raises RuntimeError if
    a page asks for something that is not in the package.
    """
    return _engine("document").write([html], identifier.encode())


@cache
def _template() -> Template:
    loader = PackageLoader("certificates", "layouts")
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined).get_template(
        "portrait.html"
    )


@cache
def _engine(layout: str) -> "Engine":
    from certificates.engine import Engine  # noqa: PLC0415 (0.6 s and 56 MB that a web process never needs)

    return Engine((files("certificates") / "layouts" / f"{layout}.css").read_text(encoding="utf-8"))
