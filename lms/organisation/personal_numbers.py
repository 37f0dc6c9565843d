"""Recognise national identity numbers, so that they are kept out: staff are known by employee number."""

import re
from collections.abc import Callable
from datetime import date

# Swedish personnummer and samordningsnummer (day + 60): [YY]YYMMDD-NNNC, Luhn over the last ten digits.
# Source: Skatteverket SKV 704 and SKV 707.
_SWEDISH = re.compile(r"(?<!\d)(?:18|19|20)?(\d{2})(\d{2})(\d{2})[-+ ]?(\d{4})(?!\d)")
# Norwegian fødselsnummer DDMMYYIIIKK, D-number (day + 40), synthetic and help numbers (month + 40, + 65, + 80).
# Source: Skatteetaten, "Fødselsnummer".
_NORWEGIAN = re.compile(r"(?<!\d)(\d{2})(\d{2})(\d{2})[ -]?(\d{5})(?!\d)")
# Finnish henkilötunnus DDMMYYsNNNC, with the century signs in use since 2023.
# Source: Digital and Population Data Services Agency, "Personal identity code".
_FINNISH = re.compile(
    r"(?<![0-9A-Z])(\d{2})(\d{2})(\d{2})[-+A-FU-Y](\d{3})([0-9A-Y])(?![0-9A-Z])", re.IGNORECASE
)

_LONGEST_MONTHS = 2000  # a leap year: the century is not always known
_FIRST_CONTROL = (3, 7, 6, 1, 8, 9, 4, 5, 2, 1)
_SECOND_CONTROL = (5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1)
_FINNISH_CONTROL = "0123456789ABCDEFHJKLMNPRSTUVWXY"


def holds_personal_number(text: str) -> bool:
    """Whether the text holds a Swedish, Norwegian or Finnish personal identity number, checksum right.

    Digits that merely look like one, with a wrong checksum or no such date, do not count.
    """
    checks: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], bool]], ...] = (
        (_SWEDISH, _is_swedish),
        (_NORWEGIAN, _is_norwegian),
        (_FINNISH, _is_finnish),
    )
    return any(check(found) for form, check in checks for found in form.finditer(text))


def _is_swedish(found: re.Match[str]) -> bool:
    year, month, day, end = found.groups()
    if not _is_day(int(month), int(day) % 60 if int(day) > 60 else int(day)):
        return False
    doubled = (int(digit) * (2 - place % 2) for place, digit in enumerate(year + month + day + end))
    return sum(value // 10 + value % 10 for value in doubled) % 10 == 0


def _is_norwegian(found: re.Match[str]) -> bool:
    day, month, year, end = found.groups()
    first_month = next((start for start in (80, 65, 40) if int(month) > start), 0)
    if not _is_day(int(month) - first_month, int(day) - (40 if int(day) > 40 else 0)):
        return False
    digits = [int(digit) for digit in day + month + year + end]
    return all(
        sum(weight * digit for weight, digit in zip(weights, digits, strict=False)) % 11 == 0
        for weights in (_FIRST_CONTROL, _SECOND_CONTROL)
    )


def _is_finnish(found: re.Match[str]) -> bool:
    day, month, year, end, control = found.groups()
    right = _FINNISH_CONTROL[int(day + month + year + end) % 31]
    return _is_day(int(month), int(day)) and control.upper() == right


def _is_day(month: int, day: int) -> bool:
    try:
        date(_LONGEST_MONTHS, month, day)
    except ValueError:
        return False
    return True
