"""A process of its own that reads a workbook of a stranger and dies of it rather than the program.

`python -m lms.organisation.workbook_cells` takes an XLSX or ODS file on standard input and writes JSON:
`{"rows": [[number, [cell, …]], …]}`, or `{"fault": code}`. Memory and time are limited by the system.
"""

import json
import resource
import sys
from collections.abc import Iterator
from contextlib import suppress
from datetime import date, datetime
from io import BytesIO

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetVisibleEnum

from lms.organisation.headers import SHEETS, header_place
from lms.organisation.roles import plain

MEMORY = 1024**3  # bytes of address space
SECONDS = 20  # of processor time
LARGEST_CELL = 10_000  # characters; what is longer is cut, and too long for every column
LARGEST_TEXT = 20_000_000  # characters of the whole sheet
MOST_ROWS = 50_000
MOST_COLUMNS = 250

Row = tuple[int, list[str]]


class TooLarge(Exception):
    """The sheet holds more than a staff list can."""


def main() -> None:
    """Read standard input, write the answer."""
    for kind, most in ((resource.RLIMIT_AS, MEMORY), (resource.RLIMIT_CPU, SECONDS)):
        with suppress(ValueError, OSError):  # not every system knows every limit
            resource.setrlimit(kind, (most, most))
    try:
        answer: dict[str, object] = {"rows": read(sys.stdin.buffer.read())}
    except CalamineError:
        answer = {"fault": "damaged_workbook"}
    except (TooLarge, MemoryError):
        answer = {"fault": "workbook_too_large"}
    json.dump(answer, sys.stdout)


def read(data: bytes) -> list[Row]:
    """Rows with something in them of the sheet that holds the list, cells as text, with the numbers people see.

    That is the first sheet with a row that names the columns, a sheet called like a list before others;
    if none has one, the first with anything in it. Hidden sheets are passed over, hidden rows are not.
    """
    book = CalamineWorkbook.from_filelike(BytesIO(data))
    names = [sheet.name for sheet in book.sheets_metadata if sheet.visible == SheetVisibleEnum.Visible]
    filled: list[Row] = []
    for name in sorted(names, key=lambda name: plain(name) not in SHEETS):
        rows = list(rows_of(book.get_sheet_by_name(name)))
        if header_place(cells for _number, cells in rows) is not None:
            return rows
        filled = filled or rows
    return filled


def rows_of(sheet: CalamineSheet) -> Iterator[Row]:
    """Rows with something in them; a merged cell has its value in each of its places. Raises TooLarge."""
    if sheet.start is None:
        return
    if sheet.width > MOST_COLUMNS:
        raise TooLarge
    left = sheet.start[1]
    merged = sorted(((top, start - left), (bottom, end - left))
                    for (top, start), (bottom, end) in sheet.merged_cell_ranges or ())  # fmt: skip
    open_ranges: list[tuple[int, int, int, str]] = []  # last row, first column, last column, value
    count = characters = 0
    for place, values in enumerate(sheet.iter_rows()):
        cells = [text(value)[:LARGEST_CELL] for value in values]
        if not any(cells):
            continue
        count += 1
        while merged and merged[0][0][0] <= place:
            (top, start), (bottom, end) = merged.pop(0)
            if top == place and start < len(cells):
                open_ranges.append((bottom, start, end, cells[start]))
        open_ranges = [known for known in open_ranges if known[0] >= place]
        for _bottom, start, end, value in open_ranges:
            for column in range(start, min(end + 1, len(cells))):
                cells[column] = cells[column] or value
        characters += sum(map(len, cells))
        if count > MOST_ROWS or characters > LARGEST_TEXT:
            raise TooLarge
        yield place + 1, cells


def text(value: object) -> str:
    """A cell as text: whole numbers without a point, days as 2026-03-12, a time of day beside a day left out."""
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else format(value, ".15g")
    if isinstance(value, datetime):
        return value.date().isoformat()
    return value.isoformat() if isinstance(value, date) else str(value)


if __name__ == "__main__":
    main()
