"""HTML to archivable, accessible PDF: WeasyPrint with our fonts, a closed fetcher and both conformance marks."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from hashlib import sha256
from importlib.resources import files
from io import BytesIO
from threading import Lock

import pydyf
from weasyprint import CSS, HTML, Attachment, Document
from weasyprint.css import ColorProfile
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

from certificates.assembly import Assembly
from certificates.drawings import drawing
from certificates.faces import Fonts

# PDF/A lets a file carry only metadata schemas it knows or is told about: hence the description of PDF/UA's own.
_UNIVERSAL_ACCESS = b"""\
<rdf:Description rdf:about="" xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/" pdfuaid:part="1"/>
<rdf:Description rdf:about="" xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/"
 xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#" xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#">
<pdfaExtension:schemas><rdf:Bag><rdf:li rdf:parseType="Resource">
<pdfaSchema:schema>PDF/UA identification schema</pdfaSchema:schema>
<pdfaSchema:namespaceURI>http://www.aiim.org/pdfua/ns/id/</pdfaSchema:namespaceURI>
<pdfaSchema:prefix>pdfuaid</pdfaSchema:prefix>
<pdfaSchema:property><rdf:Seq><rdf:li rdf:parseType="Resource">
<pdfaProperty:name>part</pdfaProperty:name>
<pdfaProperty:valueType>Integer</pdfaProperty:valueType>
<pdfaProperty:category>internal</pdfaProperty:category>
<pdfaProperty:description>Part of ISO 14289 that the document conforms to</pdfaProperty:description>
</rdf:li></rdf:Seq></pdfaSchema:property>
</rdf:li></rdf:Bag></pdfaExtension:schemas>
</rdf:Description>
</rdf:RDF>"""


_MOST_DRAWINGS = 200  # kept warm: a worker meets the colours and logos of many employers

# A name of our own for the colours: at "srgb" WeasyPrint opens its profile for each file anew, and leaves it open.
_VARIANT = {"pdf_variant": "pdf/a-3a", "output_intent": "certificate"}


class _PackageFetcher(URLFetcher):  # type: ignore[misc] # WeasyPrint has no types
    """Answers `package:<font file>`, `drawing:<name>` and `logo:<digest>` of the one logo that is handed in.

    There is no way to a network or to any other file.
    """

    def __init__(self, logo: bytes | None = None) -> None:
        super().__init__(allowed_protocols=(), fail_on_errors=True)
        self._logo = logo

    def fetch(self, url: str, headers: object = None) -> URLFetcherResponse:  # noqa: ARG002 (WeasyPrint's signature)
        scheme, _, name = url.partition(":")
        if scheme == "drawing":
            return URLFetcherResponse(url, drawing(name), {"Content-Type": "image/svg+xml"})
        if scheme == "package" and name in _font_names():
            font = (files("certificates") / "fonts" / name).read_bytes()
            return URLFetcherResponse(url, font, {"Content-Type": "font/ttf"})
        if scheme == "logo" and self._logo is not None and name == sha256(self._logo).hexdigest():
            return URLFetcherResponse(url, self._logo, {"Content-Type": "image/png"})
        raise ValueError(url)


@cache
def _font_names() -> frozenset[str]:
    return frozenset(
        file.name for file in (files("certificates") / "fonts").iterdir() if file.name.endswith(".ttf")
    )


class _Srgb(ColorProfile):  # type: ignore[misc] # WeasyPrint has no types
    """The profile of the colours on the page, byte by byte as published.

    WeasyPrint would write it out anew through a colour library, whose bytes change with what was asked of it before.
    """

    content = (files("weasyprint") / "pdf" / "sRGB2014.icc").read_bytes()

    def __init__(self) -> None:
        super().__init__(
            BytesIO(self.content), "sRGB2014.icc", "relative-colorimetric", (["r"], ["g"], ["b"])
        )


_CLOSED = _PackageFetcher()  # WeasyPrint would build one for each file


@dataclass(frozen=True, slots=True)
class Enclosed:
    """A file inside of a PDF, with what it is to the page and since when it is so."""

    name: str
    description: str
    data: bytes
    relation: str  # a name of ISO 32000-2, 7.11.3: Source, Data, Alternative, Supplement
    at: datetime

    def attachment(self) -> Attachment:
        """As WeasyPrint takes it: once, since it reads the bytes like a file."""
        return Attachment(
            file_obj=BytesIO(self.data), name=self.name, description=self.description,
            created=self.at, modified=self.at, relationship=self.relation, url_fetcher=_CLOSED,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Made:
    """A PDF and how it came about: every variant that was laid out, the last being the one it shows."""

    data: bytes
    tried: list[Document]
    file: Assembly


class Engine:
    """One stylesheet, warm: fonts and drawings are read once, and pages then cost a fraction of a first call.

    A font configuration is never thrown away, since each new one leaks about a quarter of a megabyte. One page at a
    time: Pango's font map is not for two threads.
    """

    def __init__(self, stylesheet: str) -> None:
        self._fonts = FontConfiguration()
        self._css = CSS(string=stylesheet, font_config=self._fonts, url_fetcher=_PackageFetcher())
        self._drawings: dict[str, object] = {}
        self._colours = {_VARIANT["output_intent"]: _Srgb()}
        self.lock = Lock()

    def write(
        self,
        variants: Iterable[str],
        identifier: bytes,
        enclosed: Sequence[Enclosed] = (),
        logo: bytes | None = None,
    ) -> bytes:
        """The first of the HTML variants that fits on one page, or else the last one, as a PDF.

        `identifier` is the file's permanent id; the same arguments give the same bytes. The PDF is
        tagged and declares PDF/A-3a (ISO 19005-3) and PDF/UA-1 (ISO 14289-1). Raises RuntimeError if the page asks
        for something that is not in the package.
        """
        return self.make(variants, identifier, enclosed, logo).data

    def make(
        self,
        variants: Iterable[str],
        identifier: bytes,
        enclosed: Sequence[Enclosed] = (),
        logo: bytes | None = None,
    ) -> Made:
        """As `write`, with what the file was made from."""
        files: list[Assembly] = []

        def take(_document: Document, pdf: pydyf.PDF) -> None:
            _declare_universal_access(pdf)
            files.append(Assembly(pdf))
            pdf.objects.clear()  # so that WeasyPrint, which goes on to write the file, has nothing to write

        try:
            with self.lock:
                tried = self._until_one_fits(variants, _PackageFetcher(logo))
                attachments = [each.attachment() for each in enclosed]
                tried[-1].write_pdf(BytesIO(), finisher=take, attachments=attachments, **_VARIANT)
        except FatalURLFetchingError as error:  # not an Exception: it would end a worker
            raise RuntimeError(str(error)) from error
        (file,) = files
        return Made(file.write(identifier), tried, file)

    def _until_one_fits(self, variants: Iterable[str], fetcher: _PackageFetcher) -> list[Document]:
        if len(self._drawings) > _MOST_DRAWINGS:
            self._drawings.clear()
        tried = []
        for html in variants:
            tried.append(self._lay_out(html, fetcher))
            if len(tried[-1].pages) == 1:
                break
        return tried

    def _lay_out(self, html: str, fetcher: _PackageFetcher) -> Document:
        document = HTML(string=html, url_fetcher=fetcher).render(
            font_config=self._fonts,
            stylesheets=[self._css],
            cache=self._drawings,
            color_profiles=self._colours,
            **_VARIANT,
        )
        document.fonts = Fonts()
        return document


def _declare_universal_access(pdf: pydyf.PDF) -> None:
    """Add the PDF/UA mark inside the one `rdf:RDF` that WeasyPrint wrote for PDF/A."""
    metadata = pdf.objects[int(pdf.catalog["Metadata"].split()[0])]
    metadata.stream = [part.replace(b"</rdf:RDF>", _UNIVERSAL_ACCESS) for part in metadata.stream]
