"""What a line of a staff list must be: its columns, and which values they take."""

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from lms.identity.rules import normal_email, normal_phone
from lms.organisation.away import Away
from lms.organisation.personal_numbers import holds_personal_number
from lms.organisation.roles import absence_of, kind_of, plain, role_of

REQUIRED = ("employee_number", "given_name", "family_name", "unit", "role", "from")
OPTIONAL = (
    "title", "kind", "percent", "to", "email", "phone", "absent_from", "absent_to", "absence",
)  # fmt: skip
COLUMNS = (*REQUIRED, *OPTIONAL)
LONGEST = {"employee_number": 40, "unit": 600, "email": 254}  # characters; all others 120
BETWEEN_UNITS = ">"
_BARRED = str.maketrans({"ø": "o", "đ": "d", "ð": "d", "ł": "l", "ŧ": "t", "ŋ": "n", "æ": "ae", "þ": "th"})
NO_END_YEAR = 9999  # payroll systems write 9999-12-31 for a last day that nobody knows


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a line (or the file) cannot be taken in; `value` is what stood there, never a personal number."""

    line: int
    column: str
    code: str
    value: str = ""


@dataclass(frozen=True, slots=True)
class StaffLine:
    """One line of a staff list, read. None: the line does not say, so what is known stays.

    `ends` tells whether the file has a column for the last day: then an empty `last` means no end.
    `tells_away` tells whether it has one for absences: then no `away` means not away, today or later.
    """

    line: int
    employee_number: str
    given_name: str
    family_name: str
    unit: tuple[str, ...]  # names from the top, or the end of that path
    role: str
    first: date
    last: date | None = None
    ends: bool = False
    title: str | None = None
    kind: str | None = None
    percent: int | None = None
    email: str | None = None
    phone: str | None = None
    tells_away: bool = False
    away: Away | None = None

    @property
    def names(self) -> tuple[str, str]:
        """Given and family name."""
        return self.given_name, self.family_name


def read_line(
    line: int, cells: Mapping[str, str], *, others: str = "", country: str = "SE"
) -> StaffLine | list[Fault]:
    """The line that the cells say, or all its faults.

    `cells` maps columns to trimmed text, `others` is the text of the columns that are not ours:
    a personal identity number is refused there too. `country` tells how local phone numbers begin.
    """
    faults = [
        Fault(line, column, "personal_number") for column in cells if _is_personal(column, cells[column])
    ]
    if holds_personal_number(others):
        faults.append(Fault(line, "", "personal_number"))
    hidden = {fault.column for fault in faults}
    said: dict[str, Any] = {}
    for column in COLUMNS:
        text = cells.get(column, "")
        if column in hidden:
            continue
        if not text:
            if column in REQUIRED:
                faults.append(Fault(line, column, "missing"))
            continue
        said[column] = _read_cell(line, column, text, country)
        if isinstance(said[column], Fault):
            faults.append(said.pop(column))
    first, last = said.pop("from", None), said.pop("to", None)
    away = [said.pop(column, None) for column in ("absence", "absent_from", "absent_to")]
    for begins, ends, column in ((first, last, "to"), (*away[1:], "absent_to")):
        if begins and ends and ends < begins:
            faults.append(Fault(line, column, "ends_before_it_begins", cells[column]))
    if (away[0] or away[2]) and not cells.get("absent_from"):
        faults.append(Fault(line, "absent_from", "missing"))
    if faults:
        return faults
    return StaffLine(
        line,
        first=first,
        last=last,
        ends="to" in cells,
        tells_away="absent_from" in cells,
        away=Away(away[0] or "absence", away[1], away[2]) if away[1] else None,
        **said,
    )


def _read_cell(line: int, column: str, text: str, country: str) -> object:
    """The value of a cell, or its fault."""
    if len(text) > LONGEST.get(column, 120):
        return Fault(line, column, "too_long", text[:20] + "…")
    if re.fullmatch(r"#[A-ZÅÄÖ0/]+[!?]?", text):  # #N/A, #REF!, #DIV/0!, #SAKNAS!
        return Fault(line, column, "formula_error", text)
    value = read_phone(text, country) if column == "phone" else _READ[column](text)
    shown = "" if column == "absence" else text  # it may be a reason
    return Fault(line, column, _WRONG[column], shown) if value is None else value


def same_name(one: str, other: str) -> bool:
    """Whether two spellings are of one name: case, accents, hyphens and spaces do not matter."""
    return _folded(one) == _folded(other)


def _folded(name: str) -> str:
    apart = unicodedata.normalize("NFKD", name.casefold().translate(_BARRED))
    return plain("".join(letter for letter in apart if not unicodedata.combining(letter)))


def read_date(text: str) -> date | None:
    """A day written 2026-03-12, 20260312, 12.3.2026 or 12.03.2026; None for anything else."""
    found = re.fullmatch(r"(\d{4})-?(\d{2})-?(\d{2})", text) or re.fullmatch(
        r"(\d{1,2})\.(\d{1,2})\.(\d{4})", text
    )
    if found is None:
        return None
    parts = [int(part) for part in found.groups()]
    try:
        return date(*parts) if len(found[1]) == 4 else date(*reversed(parts))
    except ValueError:
        return None


def read_first_day(text: str) -> date | None:
    """A day on which work can begin: due dates are counted from it, so the end of all time is none."""
    day = read_date(text)
    return day if day and day.year < NO_END_YEAR else None


def read_percent(text: str) -> int | None:
    """A percentage of full time, 0 to 100, rounded to a whole number; None for anything else."""
    found = re.fullmatch(r"(\d{1,3})(?:[.,](\d{1,4}))?\s*%?", text)
    if found is None:
        return None
    value = round(float(f"{found[1]}.{found[2] or 0}"))
    return value if 0 <= value <= 100 else None


def read_unit(text: str) -> tuple[str, ...] | None:
    """The names of a path of units; None if one of them is empty."""
    names = tuple(name.strip() for name in text.split(BETWEEN_UNITS))
    return names if all(names) else None


def read_phone(text: str, country: str) -> str | None:
    """A phone number in its stored form; None if it cannot be one.

    Spreadsheets take the zero in front of a number away, so it is tried with one too.
    """
    return normal_phone(text, country) or normal_phone("0" + text, country)


def _is_personal(column: str, text: str) -> bool:
    """Whether a cell holds a personal number; ten plain digits from 0 on are a phone number where one is expected."""
    if column == "phone" and re.fullmatch(r"0\d{9}|\+[\d ]+", text) and read_phone(text, "SE"):
        return False
    return holds_personal_number(text)


_READ: dict[str, Callable[[str], object]] = {
    "employee_number": str,
    "given_name": str,
    "family_name": str,
    "unit": read_unit,
    "role": role_of,
    "title": str,
    "kind": kind_of,
    "percent": read_percent,
    "from": read_first_day,
    "to": read_date,
    "email": normal_email,
    "absence": absence_of,
    "absent_from": read_first_day,
    "absent_to": read_date,
}
_WRONG = {
    "unit": "not_a_path",
    "role": "unknown_role",
    "kind": "unknown_kind",
    "percent": "not_a_percent",
    "from": "not_a_date",
    "to": "not_a_date",
    "email": "not_an_email",
    "phone": "not_a_phone",
    "absence": "unknown_absence",
    "absent_from": "not_a_date",
    "absent_to": "not_a_date",
}
