"""Read a staff list: bytes of whatever a payroll system or a spreadsheet saves, to lines with their faults."""

import csv
import hashlib
import io
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from lms.organisation.away import Away
from lms.organisation.headers import columns_of, header_place
from lms.organisation.rules import COLUMNS, REQUIRED, Fault, StaffLine, read_line, same_name
from lms.organisation.workbook import Unreadable, is_workbook, workbook_rows
from lms.organisation.workbook_cells import LARGEST_CELL, MOST_ROWS, Row

DELIMITERS = ";\t,"
LONGEST_CELL = 2_000  # characters
_UNSEEN = re.compile("[\0-\x08\x0e-\x1b\x7f\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]")


@dataclass(frozen=True, slots=True)
class StaffList:
    """A staff list as read: its good lines, all faults of the others, and the headers we do not use."""

    lines: tuple[StaffLine, ...] = ()
    faults: tuple[Fault, ...] = ()
    unused: tuple[str, ...] = ()
    who: dict[int, tuple[str, str]] = field(
        default_factory=dict
    )  # line with faults -> number and name as they stand
    head: int = 1  # line that names the columns
    digest: str = ""  # SHA-256 of the file


def read_staff_list(data: bytes, country: str = "SE") -> StaffList:
    """Read a workbook (XLSX, ODS) or a CSV file, as lines with their faults.

    CSV: UTF-8 (with or without BOM), UTF-16 with BOM or Windows-1252; `;`, tab or `,` between cells.
    A line above the people names the columns in English, Swedish, Norwegian or Finnish, in any order; empty lines
    are passed over. Line numbers are those people see in the spreadsheet or editor. Reading a workbook
    takes a process of its own, so it is done outside transactions that write.
    """
    digest = hashlib.sha256(data).hexdigest()
    try:
        read = workbook_rows(data) if is_workbook(data) else _rows(data)
        rows = [(number, [tidy(cell) for cell in cells]) for number, cells in read]
    except Unreadable as error:
        return StaffList(faults=(Fault(1, "", error.code),), digest=digest)
    if not rows:
        return StaffList(faults=(Fault(1, "", "empty_file"),), digest=digest)
    place = header_place(cells for _number, cells in rows) or 0
    (head, titles), rows = rows[place], rows[place + 1 :]
    header = columns_of(titles)
    unused = tuple(cell for cell, column in zip(titles, header, strict=True) if cell and not column)
    faults = list(_header_faults(head, header))
    if not faults and not rows:
        faults = [Fault(head, "", "empty_file")]
    if faults:
        return StaffList(faults=tuple(faults), unused=unused, head=head, digest=digest)
    _write_shares_as_percent(header, rows)
    lines, who = [], {}
    for number, cells in rows:
        line = _read_row(number, header, cells, country)
        if isinstance(line, StaffLine):
            lines.append(line)
        else:
            faults += line
            who[number] = _who(header, cells, line)
    faults += repeated_lines(lines)
    return StaffList(
        tuple(lines), tuple(sorted(faults, key=lambda fault: fault.line)), unused, who, head, digest
    )


def decode(data: bytes) -> str | None:
    """The text of a file; None if it is none (a picture, a file of unknown encoding)."""
    encodings = ("utf-16",) if data[:2] in {b"\xff\xfe", b"\xfe\xff"} else ("utf-8-sig", "cp1252")
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        return None if "\0" in text else text
    return None


def tidy(cell: str) -> str:
    """A cell in one form: accents joined, no space around it or twice, no characters that nobody sees.

    What is longer than any cell may be stays too long, but is not looked at to its end: joining accents takes the
    square of their number.
    """
    return unicodedata.normalize("NFC", " ".join(_UNSEEN.sub("", cell[:LONGEST_CELL]).split()))


def repeated_lines(lines: Iterable[StaffLine]) -> Iterator[Fault]:
    """Faults of lines that say again, or otherwise, what an earlier line says.

    A person with two workplaces has two lines with the same number and name, however it is spelled. The same
    number with another name, the same workplace and role at the same time, another absence at the same time,
    or somebody else's address is a fault.
    """
    names: dict[str, StaffLine] = {}
    places: dict[tuple[str, tuple[str, ...], str], list[StaffLine]] = {}
    away: dict[str, set[Away]] = {}
    owners: dict[tuple[str, str], str] = {}
    for line in lines:
        first = names.setdefault(line.employee_number, line)
        if line.names != first.names and not all(map(same_name, line.names, first.names)):
            yield Fault(line.line, "employee_number", "other_name", line.employee_number)
        place = (line.employee_number, tuple(unit.casefold() for unit in line.unit), line.role)
        if any(_overlap(line, earlier) for earlier in places.setdefault(place, [])):
            yield Fault(line.line, "employee_number", "repeated", line.employee_number)
        places[place].append(line)
        if line.away:
            known = away.setdefault(line.employee_number, set())
            if any(line.away != earlier and line.away.overlaps(earlier) for earlier in known):
                yield Fault(line.line, "absent_from", "absent_otherwise")
            known.add(line.away)
        for kind, value in (("email", line.email), ("phone", line.phone)):
            if value and owners.setdefault((kind, value), line.employee_number) != line.employee_number:
                yield Fault(line.line, kind, f"{kind}_repeated", value)


def _overlap(one: StaffLine, other: StaffLine) -> bool:
    return (one.last is None or other.first <= one.last) and (other.last is None or one.first <= other.last)


def _rows(data: bytes) -> Iterator[Row]:
    """Rows of a text file with something in them, each with the number of the line it begins on. Raises Unreadable."""
    text = decode(data)
    if text is None:
        raise Unreadable("not_a_list")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    begins, count = 1, 0
    try:
        for cells in reader:
            if any(len(cell) > LARGEST_CELL for cell in cells):  # a quote that is never closed
                raise Unreadable("not_csv")
            if _says_something(cells):
                count += 1
                yield begins, cells
            if count > MOST_ROWS:
                raise Unreadable("workbook_too_large")
            begins = reader.line_num + 1
    except csv.Error:
        raise Unreadable("not_csv") from None


def _delimiter(text: str) -> str:
    """What stands between cells: that by which a line names the columns, else the most frequent of the first line."""
    for delimiter in DELIMITERS:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
        with suppress(csv.Error):
            if (
                header_place([tidy(cell) for cell in cells] for cells in reader if _says_something(cells))
                is not None
            ):
                return delimiter
    head = next((line for line in text.splitlines() if line.strip()), "")
    return max(DELIMITERS, key=head.count)


def _says_something(cells: Sequence[str]) -> bool:
    return any(cell and not cell.isspace() for cell in cells)


def _write_shares_as_percent(header: Sequence[str], rows: Sequence[Row]) -> None:
    """Rewrite a column that says 0.75 and 1 for 75 and 100 percent, as spreadsheets keep percentages."""
    for place in (place for place, column in enumerate(header) if column == "percent"):
        shares = {
            id(cells): float(cells[place].replace(",", "."))
            for _number, cells in rows
            if place < len(cells) and re.fullmatch(r"\d{1,3}([.,]\d{1,15})?", cells[place])
        }
        if any(0 < share < 1 for share in shares.values()) or max(shares.values(), default=100) == 1:
            for _number, cells in rows:
                share = shares.get(id(cells), 100)
                if share <= 1:
                    cells[place] = format(share * 100, ".4f")


def _header_faults(line: int, header: Sequence[str]) -> Iterator[Fault]:
    for column in REQUIRED:
        if column not in header:
            yield Fault(line, column, "no_such_column")
    for column in COLUMNS:
        if header.count(column) > 1:
            yield Fault(line, column, "column_twice")


def _who(header: Sequence[str], cells: Sequence[str], faults: Sequence[Fault]) -> tuple[str, str]:
    """Employee number and name of a line with faults, to find it by; nothing of a cell with a personal number."""
    shut = {fault.column for fault in faults if fault.code == "personal_number"}
    known = {column: cell[:60] for column, cell in zip(header, cells, strict=False) if column not in shut}
    name = f"{known.get('given_name', '')} {known.get('family_name', '')}"
    return known.get("employee_number", ""), name.strip()


def _read_row(
    number: int, header: Sequence[str], cells: Sequence[str], country: str
) -> StaffLine | list[Fault]:
    known = {column: "" for column in header if column}
    known |= {column: cell for column, cell in zip(header, cells, strict=False) if column}
    extra = [cell for place, cell in enumerate(cells) if place >= len(header) or not header[place]]
    read = read_line(number, known, others="\n".join(extra), country=country)
    if any(cells[len(header) :]):
        return [*(read if isinstance(read, list) else []), Fault(number, "", "too_many_cells")]
    return read
