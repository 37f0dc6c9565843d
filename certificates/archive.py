"""Where finished PDFs are kept: made once, the same bytes on every download."""

from typing import Protocol

from certificates.content import CertificateContent
from certificates.layout import layout_key
from certificates.render import render_pdf


class PdfStore(Protocol):
    """Bytes by key, as any file store gives them."""

    def put(self, key: str, data: bytes) -> None:
        """Store bytes under a key."""

    def get(self, key: str) -> bytes:
        """The bytes of a key. Raises KeyError if there are none."""


def pdf_key(content: CertificateContent, *, ink_saving: bool = False) -> str:
    """The key of a certificate's PDF: from its content alone, so that other content can never be served for it.

    The key names neither person nor number.
    """
    return key_of_digest(content.digest, ink_saving=ink_saving)


def key_of_digest(digest: str, *, ink_saving: bool = False) -> str:
    """The same by the digest of the content alone, which need not be readable any more."""
    extent = "ink-saving" if ink_saving else "full"
    return f"certificates/{digest[:2]}/{digest}-{extent}.pdf"


def archived_pdf(
    content: CertificateContent, verify_url: str, store: PdfStore, *, ink_saving: bool = False
) -> bytes:
    """The certificate's PDF from the store; made and put there if it is the first time.

    Once stored it keeps the verification address it was made with. Raises what `render_pdf` and the store raise.
    """
    key = pdf_key(content, ink_saving=ink_saving)
    try:
        return store.get(key)
    except KeyError:
        pdf = render_pdf(content, verify_url, ink_saving=ink_saving, layout=_layout(content, store))
        store.put(key, pdf)
        return pdf


def _layout(content: CertificateContent, store: PdfStore) -> bytes | None:
    """The data of the content's layout, if the store has them; without them `render_pdf` says so."""
    key = layout_key(content.layout)
    try:
        return None if key is None else store.get(key)
    except KeyError:
        return None
