"""Numbers as people in the Nordic countries write and read them, exact: `2,5`, `2.5`, `1 000`."""

import re
from fractions import Fraction

_WRITTEN = re.compile(r"[+-]?(\d+)([.,](\d+))?")
_SPACES = re.compile(r"[\s\u00a0\u202f]+")
LONGEST_NUMBER = 20  # characters


def read_number(text: str) -> Fraction | None:
    """The number somebody wrote, with comma or point and with spaces between thousands; None if it is none.

    Spaces count only between groups of three digits: `1 5` is no number. More than one comma or point is none.
    """
    text = text.strip().replace("\u2212", "-")
    if len(text) > LONGEST_NUMBER:
        return None
    whole, mark, decimals = re.match(r"([^.,]*)([.,]?)(.*)", text, re.DOTALL).groups()  # type: ignore[union-attr]
    if _SPACES.search(whole):
        groups = _SPACES.split(whole)
        if not 1 <= len(groups[0].lstrip("+-")) <= 3 or any(len(group) != 3 for group in groups[1:]):
            return None
        whole = "".join(groups)
    number = whole + mark + decimals
    return Fraction(number.replace(",", ".")) if number.isascii() and _WRITTEN.fullmatch(number) else None


def written(number: Fraction, language: str) -> str:
    """A number as it is printed in a language, with six decimals at most.

    Decimal comma but in English, and a fixed space between thousands.
    """
    whole, _point, rest = f"{float(number):.6f}".rstrip("0").partition(".")
    sign, digits = ("\u2212", whole[1:]) if whole.startswith("-") else ("", whole)
    if len(digits) > 4:  # four digits are read at a glance
        digits = f"{int(digits):,}".replace(",", "\u00a0")
    mark = "." if language == "en" else ","
    return sign + digits + (mark + rest if rest else "")
