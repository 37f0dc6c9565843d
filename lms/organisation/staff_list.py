"""Read a staff list: bytes of whatever a payroll system or a spreadsheet saves, to lines with their faults."""

import csv
import io
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from lms.organisation.roles import plain
from lms.organisation.rules import COLUMNS, REQUIRED, Fault, StaffLine, read_line

_HEADERS: dict[str, tuple[str, ...]] = {
    "employee_number": (
        "employee number", "employee no", "employee id", "anställningsnummer", "anställningsnr", "anst.nr",
        "ansattnummer", "ansattnr", "ansatt nr",
    ),
    "given_name": ("given name", "first name", "förnamn", "tilltalsnamn", "fornavn"),
    "family_name": ("family name", "last name", "surname", "efternamn", "etternavn"),
    "unit": ("unit", "workplace", "enhet", "arbetsplats", "arbeidssted", "avdeling", "avdelning"),
    "role": ("role", "role profile", "roll", "rollprofil", "yrke", "rolle", "rolleprofil"),
    "title": ("title", "job title", "titel", "befattning", "tittel", "stilling", "stillingstittel"),
    "kind": ("kind", "employment type", "anställningsform", "ansettelsesform"),
    "percent": ("percent", "percentage", "procent", "sysselsättningsgrad", "tjänstgöringsgrad", "prosent",
                "stillingsprosent"),
    "from": ("from", "start date", "från", "från och med", "fr.o.m.", "startdatum", "fra", "fra og med", "startdato"),
    "to": ("to", "end date", "till", "till och med", "t.o.m.", "slutdatum", "til", "til og med", "sluttdato"),
    "email": ("email", "e-mail", "mail", "e-post", "e-postadress", "mejl", "e-postadresse"),
    "phone": ("phone", "phone number", "mobile", "telefon", "telefonnummer", "mobil", "mobilnummer", "mobiltelefon"),
}  # fmt: skip
COLUMN_OF = {plain(word): column for column, words in _HEADERS.items() for word in (column, *words)}
DELIMITERS = ";\t,"
LARGEST_CELL = 10_000  # characters; a quote that is never closed swallows the rest of the file


@dataclass(frozen=True, slots=True)
class StaffList:
    """A staff list as read: its good lines, all faults of the others, and the headers we do not use."""

    lines: tuple[StaffLine, ...] = ()
    faults: tuple[Fault, ...] = ()
    unused: tuple[str, ...] = ()
    who: dict[int, tuple[str, str]] = field(
        default_factory=dict
    )  # line with faults -> number and name as they stand


def read_staff_list(data: bytes, country: str = "SE") -> StaffList:
    """Read a CSV file: UTF-8 (with or without BOM), UTF-16 with BOM or Windows-1252; `;`, tab or `,` between cells.

    The first line names the columns in English, Swedish or Norwegian, in any order; empty lines
    are passed over. Line numbers are those of the file, the header's being 1.
    """
    text = decode(data)
    if text is None:
        return StaffList(faults=(Fault(1, "", "not_text"),))
    try:
        rows = list(_rows(text))
    except csv.Error:
        return StaffList(faults=(Fault(1, "", "not_csv"),))
    if not rows:
        return StaffList(faults=(Fault(1, "", "empty_file"),))
    header = [COLUMN_OF.get(plain(cell), "") for cell in rows[0][1]]
    unused = tuple(cell for cell, column in zip(rows[0][1], header, strict=True) if cell and not column)
    faults = list(_header_faults(rows[0][0], header))
    if not faults and len(rows) == 1:
        faults = [Fault(rows[0][0], "", "empty_file")]
    if faults:
        return StaffList(faults=tuple(faults), unused=unused)
    lines, who = [], {}
    for number, cells in rows[1:]:
        read = _read_row(number, header, cells, country)
        if isinstance(read, StaffLine):
            lines.append(read)
        else:
            faults += read
            who[number] = _who(header, cells, read)
    faults += repeated_lines(lines)
    return StaffList(tuple(lines), tuple(sorted(faults, key=lambda fault: fault.line)), unused, who)


def decode(data: bytes) -> str | None:
    """The text of a file; None if it is none (a workbook, a picture, a file of unknown encoding)."""
    encodings = ("utf-16",) if data[:2] in {b"\xff\xfe", b"\xfe\xff"} else ("utf-8-sig", "cp1252")
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        return None if "\0" in text or text.startswith("PK\x03") else unicodedata.normalize("NFC", text)
    return None


def repeated_lines(lines: Iterable[StaffLine]) -> Iterator[Fault]:
    """Faults of lines that say again, or otherwise, what an earlier line says.

    A person with two workplaces has two lines with the same number and name. The same number with
    another name, the same workplace and role at the same time, or somebody else's address is a fault.
    """
    names: dict[str, tuple[str, str]] = {}
    places: dict[tuple[str, tuple[str, ...], str], list[StaffLine]] = {}
    owners: dict[tuple[str, str], str] = {}
    for line in lines:
        name = (line.given_name.casefold(), line.family_name.casefold())
        if names.setdefault(line.employee_number, name) != name:
            yield Fault(line.line, "employee_number", "other_name", line.employee_number)
        place = (line.employee_number, tuple(unit.casefold() for unit in line.unit), line.role)
        if any(_overlap(line, earlier) for earlier in places.setdefault(place, [])):
            yield Fault(line.line, "employee_number", "repeated", line.employee_number)
        places[place].append(line)
        for kind, value in (("email", line.email), ("phone", line.phone)):
            if value and owners.setdefault((kind, value), line.employee_number) != line.employee_number:
                yield Fault(line.line, kind, f"{kind}_repeated", value)


def _overlap(one: StaffLine, other: StaffLine) -> bool:
    return (one.last is None or other.first <= one.last) and (other.last is None or one.first <= other.last)


def _rows(text: str) -> Iterator[tuple[int, list[str]]]:
    """Rows with something in them, cells trimmed, each with the number of the line it begins on."""
    head = next((line for line in text.splitlines() if line.strip()), "")
    delimiter = max(DELIMITERS, key=head.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    begins = 1
    for cells in reader:
        trimmed = [" ".join(cell.split()) for cell in cells]
        if any(len(cell) > LARGEST_CELL for cell in trimmed):
            raise csv.Error
        if any(trimmed):
            yield begins, trimmed
        begins = reader.line_num + 1


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
