"""Workbooks for tests: as people save them, and as nobody should."""

import io
import zipfile
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from xml.sax.saxutils import escape

import xlsxwriter

HEAD = ("Anställningsnummer", "Förnamn", "Efternamn", "Enhet", "Roll", "Från")
AMINA = (1001, "Amina", "Yusuf", "Björken", "usk", date(2026, 1, 1))
NEW = (77, "Bo", "Ek", "Eken", "Sjuksköterska", date(2026, 3, 1))
MIMETYPE = "application/vnd.oasis.opendocument.spreadsheet"
NAMESPACES = " ".join(
    f'xmlns:{short}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
    for short, name in (("office", "office"), ("table", "table"), ("text", "text"))
)

Cell = str | float | date | None


def xlsx(
    rows: Sequence[Sequence[Cell]], *, sheet: str = "Blad1", more: Callable[..., None] = lambda *_: None
) -> bytes:
    """An XLSX file of one sheet; `more(book, sheet, day)` may add what the rows cannot say."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False}) as book:
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        page = book.add_worksheet(sheet)
        for number, cells in enumerate(rows):
            for column, cell in enumerate(cells):
                if isinstance(cell, date):
                    page.write_datetime(number, column, cell, day)
                elif cell is not None:
                    page.write(number, column, cell)
        more(book, page, day)
    return out.getvalue()


def ods(rows: Sequence[Sequence[Cell]], *, tail: str = "", parts: Mapping[str, str] | None = None) -> bytes:
    """An ODS file of one sheet; `tail` is XML behind the rows, `parts` are further parts of the archive."""
    table = "".join(f"<table:table-row>{''.join(map(_ods_cell, cells))}</table:table-row>" for cells in rows)
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {NAMESPACES} office:version="1.3">'
        f'<office:body><office:spreadsheet><table:table table:name="Blad1">{table}{tail}</table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    manifest = (
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
        f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{MIMETYPE}"/></manifest:manifest>'
    )
    return archive(
        {"mimetype": MIMETYPE, "content.xml": content, "META-INF/manifest.xml": manifest} | dict(parts or {})
    )


def _ods_cell(cell: Cell) -> str:
    if cell is None:
        return "<table:table-cell/>"
    if isinstance(cell, date):
        return f'<table:table-cell office:value-type="date" office:date-value="{cell}"/>'
    if isinstance(cell, str):
        text = f"<text:p>{escape(cell)}</text:p>"
        return f'<table:table-cell office:value-type="string">{text}</table:table-cell>'
    return f'<table:table-cell office:value-type="float" office:value="{cell}"/>'


def archive(parts: Mapping[str, str | bytes]) -> bytes:
    """A packed archive of these parts."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in parts.items():
            packed.writestr(name, content)
    return out.getvalue()


def altered(data: bytes, part: str, change: Callable[[bytes], bytes]) -> bytes:
    """A workbook with one part changed (or added, from nothing)."""
    with zipfile.ZipFile(io.BytesIO(data)) as known:
        parts = {name: known.read(name) for name in known.namelist()}
    return archive(parts | {part: change(parts.get(part, b""))})
