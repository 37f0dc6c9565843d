"""Course certificates as a library: content, numbers, verdicts, PDFs; without web, database or settings."""

from certificates.archive import PdfStore, archived_pdf, key_of_digest, pdf_key
from certificates.bands import BANDS, Band, strip
from certificates.content import (
    COUNTRIES,
    LANGUAGES,
    CertificateContent,
    ContentError,
    canonical_bytes,
    from_canonical,
)
from certificates.layout import SHIPPED, Layout, LayoutError, layout_bytes, layout_key, layout_named
from certificates.logo import normalised_logo
from certificates.merging import Part, merge_pdfs
from certificates.number import ALPHABET, display, new_number, normalise
from certificates.picture import page_picture
from certificates.render import Order, example_template, render_batch, render_document, render_pdf
from certificates.verdict import Verdict, verdict
from certificates.verification import (
    UNSETTLED,
    FileVerdict,
    NotGenuine,
    State,
    Status,
    Verification,
    verification,
)

__all__ = [
    "ALPHABET",
    "BANDS",
    "COUNTRIES",
    "LANGUAGES",
    "SHIPPED",
    "UNSETTLED",
    "Band",
    "CertificateContent",
    "ContentError",
    "FileVerdict",
    "Layout",
    "LayoutError",
    "NotGenuine",
    "Order",
    "Part",
    "PdfStore",
    "State",
    "Status",
    "Verdict",
    "Verification",
    "archived_pdf",
    "canonical_bytes",
    "display",
    "example_template",
    "from_canonical",
    "key_of_digest",
    "layout_bytes",
    "layout_key",
    "layout_named",
    "merge_pdfs",
    "new_number",
    "normalise",
    "normalised_logo",
    "page_picture",
    "pdf_key",
    "render_batch",
    "render_document",
    "render_pdf",
    "strip",
    "verdict",
    "verification",
]
