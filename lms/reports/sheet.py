"""Rows as a file that a Nordic Excel opens rightly: CSV, and the guard against formulas. Workbooks: `workbook`."""

import csv
from codecs import BOM_UTF8
from collections.abc import Iterable, Sequence
from datetime import date
from functools import lru_cache
from io import TextIOWrapper
from typing import IO

Cell = str | int | date | None
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
REMEMBERED = 4096  # cells of a file that come again and again: units, courses, states, days


def defused(text: str) -> str:
    """Text that a spreadsheet will not take for a formula: an apostrophe goes before what looks like one.

    Source: OWASP, CSV Injection.
    """
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def write_csv(file: IO[bytes], heads: Sequence[str], rows: Iterable[Sequence[Cell]]) -> int:
    """Write UTF-8 with byte order mark, semicolons and CRLF, dates as ISO, as the rows come; returns their number."""
    cell = lru_cache(REMEMBERED)(_csv_cell)
    file.write(BOM_UTF8)  # by itself: the codec that writes one is slow
    text = TextIOWrapper(file, encoding="utf-8", errors="replace", newline="")
    out = csv.writer(text, delimiter=";", lineterminator="\r\n")
    out.writerow(heads)
    count = 0
    for count, row in enumerate(rows, 1):  # noqa: B007  (the count is the result)
        out.writerow(map(cell, row))
    text.detach()  # writes what is left; the file stays open for whoever opened it
    return count


def _csv_cell(cell: Cell) -> str:
    match cell:
        case None:
            return ""
        case str():
            return defused(cell)
    return str(cell)
