"""Rows as an XLSX workbook, written as they come: typed cells, and no text that could be calculated.

Written by hand: libraries for it take many times as long (`kunnig bench exports`). Cells do not say where they are,
which halves the file; they follow each other. Source: ECMA-376, part 1, chapter 18.
"""

import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from functools import lru_cache
from itertools import islice
from typing import IO
from xml.sax.saxutils import escape, quoteattr

from lms.reports.sheet import REMEMBERED, Cell

MOST_ROWS = 1_048_575  # of a sheet, below its head
_MOST_LETTERS = 32_767  # in a cell
_AT_ONCE = 500  # rows that are written together; the first of them say how wide the columns are
_WIDTHS = (12, 48)  # of the narrowest and the widest column, in digits
_ABOUT_WIDTHS = (30, 80)
_HEAD, _DAY, _WRAPPED = 1, 2, 3  # styles, by their places in xl/styles.xml
_DAY_NOUGHT = date(1899, 12, 30).toordinal()
_FIRST_DAY = date(1900, 3, 1)  # spreadsheets disagree on what was before

_START = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"

_XF = '<xf numFmtId="0" fontId="0" fillId="0" borderId="0"'
_FIXED = {
    "[Content_Types].xml": (
        f'{_START}<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{_TYPE}.styles+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_TYPE}.worksheet+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet2.xml" ContentType="{_TYPE}.worksheet+xml"/></Types>'
    ),
    "_rels/.rels": (
        f'{_START}<Relationships xmlns="{_PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
    ),
    "xl/_rels/workbook.xml.rels": (
        f'{_START}<Relationships xmlns="{_PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
        f'<Relationship Id="rId2" Type="{_OFFICE}/worksheet" Target="worksheets/sheet2.xml"/>'
        f'<Relationship Id="rId3" Type="{_OFFICE}/styles" Target="styles.xml"/></Relationships>'
    ),
    "xl/styles.xml": (
        f'{_START}<styleSheet {_MAIN}><numFmts count="1"><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd"/></numFmts>'
        '<fonts count="2"><font><sz val="11"/><name val="Calibri"/></font>'
        '<font><b/><sz val="11"/><name val="Calibri"/></font></fonts>'
        '<fills count="2"><fill><patternFill patternType="none"/></fill>'
        '<fill><patternFill patternType="gray125"/></fill></fills>'
        '<borders count="2"><border/><border><bottom style="thin"/></border></borders>'
        f'<cellStyleXfs count="1">{_XF}/></cellStyleXfs><cellXfs count="4">{_XF} xfId="0"/>'
        '<xf numFmtId="0" fontId="1" fillId="0" borderId="1" xfId="0" applyFont="1" applyBorder="1"/>'
        '<xf numFmtId="164" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
        f'{_XF} xfId="0" applyAlignment="1"><alignment vertical="top" wrapText="1"/></xf></cellXfs>'
        '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
    ),
}  # fmt: skip


def write_xlsx(
    file: IO[bytes],
    name: str,
    heads: Sequence[str],
    rows: Iterable[Sequence[Cell]],
    about: tuple[str, Sequence[tuple[str, str]]],
) -> int:
    """Write a sheet with a frozen, filtered head and real dates, and one about the file; returns the number of rows.

    Text is stored as text, so nothing in it is ever calculated. `about` is the second sheet's name and its (what,
    value) lines. Memory does not grow with the rows. Raises ValueError for more rows than a sheet can have.
    """
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as book:
        for part, content in _FIXED.items():
            book.writestr(part, content)
        with book.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as sheet:
            count = 0
            for count, xml in _register(heads, rows):  # noqa: B007  (the last one is how many there are)
                sheet.write(xml.encode())
        book.writestr("xl/worksheets/sheet2.xml", "".join(_about(about[1])))
        book.writestr("xl/workbook.xml", _workbook(name, about[0], _filtered(heads, count)))
    return count


def _register(heads: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Iterator[tuple[int, str]]:
    """The first sheet, piece by piece, each with how many rows there were up to it."""
    cell = lru_cache(REMEMBERED)(_cell)
    left = iter(rows)
    some = list(islice(left, _AT_ONCE))
    yield 0, (
        f'{_START}<worksheet {_MAIN}><sheetViews><sheetView tabSelected="1" workbookViewId="0">'
        '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>'
        f"{_columns(_wide(column) for column in zip(heads, *some, strict=True))}<sheetData>"
        f'<row>{"".join(_text(head, _HEAD) for head in heads)}</row>'
    )  # fmt: skip
    count = 0
    while some:
        count += len(some)
        if count > MOST_ROWS:
            message = f"a sheet has at most {MOST_ROWS} rows"
            raise ValueError(message)
        yield count, "".join([f"<row>{''.join(map(cell, row))}</row>" for row in some])
        some = list(islice(left, _AT_ONCE))
    yield count, f'</sheetData><autoFilter ref="{_filtered(heads, count).replace("$", "")}"/></worksheet>'


def _about(lines: Sequence[tuple[str, str]]) -> Iterator[str]:
    """The second sheet."""
    yield f"{_START}<worksheet {_MAIN}>{_columns(_ABOUT_WIDTHS)}<sheetData>"
    for what, value in lines:
        yield f"<row>{_text(what, _HEAD)}{_text(value, _WRAPPED)}</row>"
    yield "</sheetData></worksheet>"


def _workbook(name: str, about: str, filtered: str) -> str:
    """What sheets there are; their order is that of the files."""
    quoted = escape(name.replace("'", "''"))
    return (
        f'{_START}<workbook {_MAIN} xmlns:r="{_OFFICE}"><sheets>'
        f'<sheet name={quoteattr(name)} sheetId="1" r:id="rId1"/>'
        f'<sheet name={quoteattr(about)} sheetId="2" r:id="rId2"/>'
        '</sheets><definedNames><definedName name="_xlnm._FilterDatabase" localSheetId="0" hidden="1">'
        f"'{quoted}'!{filtered}</definedName></definedNames></workbook>"
    )


def _filtered(heads: Sequence[str], count: int) -> str:
    """The range with the head and all rows."""
    return f"$A$1:${chr(ord('A') + len(heads) - 1)}${count + 1}"


def _columns(widths: Iterable[int]) -> str:
    columns = (
        f'<col min="{place}" max="{place}" width="{width}" customWidth="1"/>'
        for place, width in enumerate(widths, 1)
    )
    return f"<cols>{''.join(columns)}</cols>"


def _wide(column: Iterable[Cell]) -> int:
    """How wide a column has to be for its head, with the button of its filter, and its first rows."""
    narrowest, widest = _WIDTHS
    head, *cells = column
    longest = max([len(str(head)) + 4, *(len(str(cell)) + 1 for cell in cells)])
    return min(max(longest, narrowest), widest)


def _cell(cell: Cell) -> str:
    match cell:
        case None:
            return "<c/>"
        case str():
            return _text(cell)
        case date() if cell >= _FIRST_DAY:
            return f'<c s="{_DAY}"><v>{cell.toordinal() - _DAY_NOUGHT}</v></c>'
        case date():
            return _text(cell.isoformat())
    return f"<c><v>{cell}</v></c>"


# What XML would change or cannot hold: markup, carriage returns, spaces at an end, letters that are none. And what a
# spreadsheet would read as the code of a letter.
_ODD = re.compile("[&<>\0-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]|^\\s|\\s$|_x[0-9A-Fa-f]{4}_")
_NO_LETTER = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_LIKE_A_CODE = re.compile("_(?=x[0-9A-Fa-f]{4}_)")


def _text(text: str, style: int = 0) -> str:
    """A cell that holds text, whatever it says."""
    space = ""
    if _ODD.search(text) or len(text) > _MOST_LETTERS:
        space = ' xml:space="preserve"'
        text = _LIKE_A_CODE.sub("_x005F_", _NO_LETTER.sub("\ufffd", text[:_MOST_LETTERS]))
        text = escape(text, {"\r": "_x000D_"})
    styled = f' s="{style}"' if style else ""
    return f'<c{styled} t="inlineStr"><is><t{space}>{text}</t></is></c>'
