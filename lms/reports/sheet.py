"""Rows as a file: CSV that a Nordic Excel opens rightly, and XLSX with typed cells."""

import csv
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path

import xlsxwriter

Cell = str | int | date | None
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def defused(text: str) -> str:
    """Text that a spreadsheet will not take for a formula: an apostrophe goes before what looks like one.

    Source: OWASP, CSV Injection.
    """
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def write_csv(path: Path, heads: Sequence[str], rows: Iterable[Sequence[Cell]]) -> int:
    """Write UTF-8 with byte order mark, semicolons and CRLF, dates as ISO; returns the number of rows."""
    count = 0
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        out = csv.writer(file, delimiter=";", lineterminator="\r\n")
        out.writerow(heads)
        for count, row in enumerate(rows, 1):  # noqa: B007  (the count is the result)
            out.writerow([_csv_cell(cell) for cell in row])
    return count


def _csv_cell(cell: Cell) -> str | int:
    match cell:
        case None:
            return ""
        case date():
            return cell.isoformat()
        case str():
            return defused(cell)
    return cell


def write_xlsx(
    path: Path,
    name: str,
    heads: Sequence[str],
    rows: Iterable[Sequence[Cell]],
    about: tuple[str, Sequence[tuple[str, str]]],
) -> int:
    """Write a sheet with a frozen, filtered head and real dates, and one about the file; returns the number of rows.

    Text is stored as text, so nothing in it is ever calculated. `about` is the second sheet's
    name and its (what, value) lines. Memory does not grow with the rows.
    """
    with xlsxwriter.Workbook(path, {"constant_memory": True, "strings_to_formulas": False}) as book:
        bold = book.add_format({"bold": True, "bottom": 1})
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        sheet = book.add_worksheet(name)
        sheet.freeze_panes(1, 0)
        for column, head in enumerate(heads):
            sheet.set_column(column, column, max(14, len(head) + 2))
            sheet.write_string(0, column, head, bold)
        count = 0
        for count, row in enumerate(rows, 1):
            for column, cell in enumerate(row):
                match cell:
                    case None:
                        pass
                    case date():
                        sheet.write_datetime(count, column, cell, day)
                    case str():
                        sheet.write_string(count, column, cell)
                    case _:
                        sheet.write_number(count, column, cell)
        sheet.autofilter(0, 0, count, len(heads) - 1)
        notes = book.add_worksheet(about[0])
        notes.set_column(0, 1, 36)
        for line, (what, value) in enumerate(about[1]):
            notes.write_string(line, 0, what, bold)
            notes.write_string(line, 1, value)
    return count
