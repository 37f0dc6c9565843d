"""Course certificates as a library: content, numbers, verdicts, PDFs; without web, database or settings."""

from certificates.archive import PdfStore, archived_pdf, key_of_digest, pdf_key
from certificates.bands import BANDS, Band, strip
from certificates.content import (
    COUNTRIES,
    LANGUAGES,
    CertificateContent,
    ContentError,
    canonical_bytes,
    check_text,
    from_canonical,
)
from certificates.layout import SHIPPED, Layout, LayoutError, layout_bytes, layout_key, layout_named
from certificates.logo import normalised_logo
from certificates.merging import Part, merge_pdfs
from certificates.number import ALPHABET, display, new_number, normalise
from certificates.own_template import Vocabulary, template_vocabulary
from certificates.picture import page_picture
from certificates.render import (
    Order,
    Sample,
    example_template,
    render_batch,
    render_document,
    render_pdf,
    render_sample,
)
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
    "Sample",
    "State",
    "Status",
    "Verdict",
    "Verification",
    "Vocabulary",
    "archived_pdf",
    "canonical_bytes",
    "check_text",
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
    "render_sample",
    "strip",
    "template_vocabulary",
    "verdict",
    "verification",
]
