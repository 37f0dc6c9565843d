"""Names in the order people look them up in: that of the language of the employer's country, on both databases.

PostgreSQL has it from ICU (collations of the Unicode CLDR). SQLite compares code points, in which Ä comes before Å;
there a function of ours makes a key of each name whose code points are in order.
"""

import unicodedata
from functools import lru_cache
from typing import Any, ClassVar

from sqlalchemy import ColumnElement, String, case
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from lms.base.statements import COUNTRY

LIKE_NORWAY = frozenset({"NO", "DK"})  # … z æ ø å; others as in Sweden and Finland: … z å ä ö
KEY = "name_key"  # what SQLite knows it as
_LATE = {  # letters that come after z, with what follows on z in ASCII
    "sv": dict(zip("åäöæęøőœô", "{|}||}}}}", strict=True)),
    "nb": dict(zip("æøåäöőœ", "{|}{|||", strict=True)),
}
_ALSO = {
    "ü": "y",
    "ű": "y",
    "ł": "l",
    "đ": "d",
    "ð": "d",
    "þ": "th",
}  # no letter with an accent, or not that letter


def language_of(country: str) -> str:
    """The language whose order names of a country are in."""
    return "nb" if country in LIKE_NORWAY else "sv"


@lru_cache(maxsize=100_000)
def name_key(name: str, language: str) -> str:
    """What a name is compared by: large and small letters alike, accents left out, the late letters after z.

    `aa` is å in Norwegian and Danish, `ü` is y in all of them (CLDR).
    """
    folded = unicodedata.normalize("NFC", name).casefold()
    if language == "nb":
        folded = folded.replace("aa", "å")
    late = _LATE[language]
    return "".join(
        late.get(letter) or _ALSO.get(letter) or unicodedata.normalize("NFD", letter)[0] for letter in folded
    )


def spellings(word: str) -> tuple[str, ...]:
    """How a word that is looked for may stand in a name: as it is, small, with a large first letter, large.

    For databases fold the case of a to z only (SQLite, and PostgreSQL without a locale), not of å, ä, ö, æ and ø.
    """
    return word, word.lower(), word.title(), word.upper()


class _Swedish(FunctionElement[str]):
    type = String()
    inherit_cache = True
    name = KEY
    language: ClassVar[str] = "sv"


class _Norwegian(_Swedish):
    inherit_cache = True
    language: ClassVar[str] = "nb"


@compiles(_Swedish, "sqlite")
def _by_key(element: _Swedish, compiler: SQLCompiler, **options: Any) -> str:
    return f"{KEY}({compiler.process(element.clauses, **options)}, '{element.language}')"


@compiles(_Swedish, "postgresql")
def _by_collation(element: _Swedish, compiler: SQLCompiler, **options: Any) -> str:
    return f'{compiler.process(element.clauses, **options)} COLLATE "{element.language}-x-icu"'


def in_order(*columns: ColumnElement[str] | InstrumentedAttribute[str]) -> list[ColumnElement[str]]:
    """What to order a statement by that is built once, so that names in these columns are in order.

    A collation cannot be a value, so each column is there in both orders, and all alike in the other one.
    """
    norwegian = COUNTRY.in_(sorted(LIKE_NORWAY))
    return [
        term
        for column in columns
        for term in (case((norwegian, _Norwegian(column))), case((~norwegian, _Swedish(column))))
    ]
