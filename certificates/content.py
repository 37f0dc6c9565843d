"""What a certificate says, frozen at issue, and the canonical bytes that are digested and signed."""

import hashlib
import json
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime
from typing import Any

from certificates.bands import BANDS
from certificates.layout import SHIPPED, is_layout_name
from certificates.number import normalise

FORMAT = 1
LANGUAGES = ("sv", "nb", "en")
COUNTRIES = {"SE": "Europe/Stockholm", "NO": "Europe/Oslo", "FI": "Europe/Helsinki"}  # to the issuer's clock

_TEXTS = ("holder_name", "course_id", "course_title", "edition", "edition_digest", "issuer_name")
_OPTIONAL_TEXTS = ("issuer_department", "signatory_name", "signatory_title")
_COUNTS = ("minutes", "lessons", "exam_items", "pass_mark")
_KNOWN = {
    "format": (FORMAT,),
    "language": LANGUAGES,
    "country": tuple(COUNTRIES),
    "look": tuple(BANDS),
}


class ContentError(ValueError):
    """The facts cannot be a certificate; the message names the field."""

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(f"{field}: {problem}")
        self.field = field


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateContent:
    """All that stands on a certificate, as it was on the day of issue. Never changed afterwards.

    Everything that could not be printed is refused here, so that whatever is issued has a page.
    Raises ContentError.
    """

    number: str  # stored form, without the hyphen
    holder_name: str
    course_id: str
    course_title: str
    country: str  # whose law the course teaches, and whose clock the issuer reads
    edition: str  # label of the course edition, "2026.1"
    edition_digest: str
    outcomes: tuple[str, ...]  # short topic texts, in the language of the quiz
    language: str
    minutes: int
    lessons: int
    exam_items: int
    pass_mark: int  # right answers needed; never the person's score
    achieved_on: date
    expires_on: date | None  # last day of validity; None: no end
    issued_at: datetime  # kept in whole seconds of UTC
    issuer_name: str
    issuer_department: str | None = None
    signatory_name: str | None = None
    signatory_title: str | None = None
    look: str  # key of the course's woven band
    predecessor: str | None = None  # number of the certificate that this one renews
    layout: str = SHIPPED[0]  # or another name of a layout, whose data are kept under it
    format: int = FORMAT

    def __post_init__(self) -> None:
        """Refuse what cannot be printed or verified; bring the time of issue to whole seconds of UTC."""
        for field, known in _KNOWN.items():
            if getattr(self, field) not in known:
                raise ContentError(field, f"must be one of {', '.join(map(str, known))}")
        if not is_layout_name(self.layout):
            raise ContentError("layout", "must be the name of a layout")
        for field in _TEXTS:
            check_text(field, getattr(self, field))
        for field in _OPTIONAL_TEXTS:
            if getattr(self, field) is not None:
                check_text(field, getattr(self, field))
        if not self.outcomes:
            raise ContentError("outcomes", "must name at least one topic")
        for outcome in self.outcomes:
            check_text("outcomes", outcome)
        for field in _COUNTS:
            if type(getattr(self, field)) is not int or getattr(self, field) < 1:
                raise ContentError(field, "must be a whole number of 1 or more")
        if self.pass_mark > self.exam_items:
            raise ContentError("pass_mark", "must not exceed the number of questions")
        self._check_numbers()
        self._check_dates()

    def _check_numbers(self) -> None:
        for field in ("number", "predecessor"):
            number = getattr(self, field)
            if field == "predecessor" and number is None:
                continue
            if not isinstance(number, str) or normalise(number) != number:
                raise ContentError(field, "must be ten characters of the alphabet, without hyphen")

    def _check_dates(self) -> None:
        if self.expires_on is not None and self.expires_on < self.achieved_on:
            raise ContentError("expires_on", "must not lie before the day it was achieved")
        if self.issued_at.tzinfo is None:
            raise ContentError("issued_at", "must have a time zone")
        object.__setattr__(self, "issued_at", self.issued_at.astimezone(UTC).replace(microsecond=0))

    @property
    def digest(self) -> str:
        """SHA-256 of the canonical bytes, in hexadecimal."""
        return hashlib.sha256(canonical_bytes(self)).hexdigest()


def canonical_bytes(content: CertificateContent) -> bytes:
    """The one sequence of bytes that stands for this content: RFC 8785 (JSON Canonicalization Scheme).

    Keys are ASCII and numbers are small whole numbers, so sorted keys, no spaces and raw UTF-8 are all the RFC asks.
    """
    facts = {field.name: _plain(getattr(content, field.name)) for field in fields(content)}
    return json.dumps(facts, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def from_canonical(data: bytes) -> CertificateContent:
    """The content that canonical bytes stand for.

    Raises ContentError if they are not JSON, lack or exceed the fields of this format, or are not in canonical form.
    """
    try:
        facts: Any = json.loads(data)
    except ValueError as error:
        raise ContentError("content", "is not JSON in UTF-8") from error
    if not isinstance(facts, dict):
        raise ContentError("content", "is not a JSON object")
    names = {field.name for field in fields(CertificateContent)}
    for name in sorted(names ^ facts.keys()):
        raise ContentError(name, "is missing" if name in names else "is not part of this format")
    for name, read in _READERS.items():
        try:
            facts[name] = read(facts[name])
        except (TypeError, ValueError) as error:
            raise ContentError(name, "cannot be read") from error
    content = CertificateContent(**facts)
    if canonical_bytes(content) != data:
        raise ContentError("content", "is not in canonical form")
    return content


def check_text(field: str, value: object) -> None:
    """Raise ContentError, naming the field, for what cannot stand on a certificate as a text."""
    if not isinstance(value, str) or not value or value != value.strip():
        raise ContentError(field, "must be text without spaces around it")
    if any(unicodedata.category(char) in {"Cc", "Cs", "Co", "Cn"} for char in value):
        raise ContentError(field, "holds a character that cannot be printed")


def _plain(value: object) -> object:
    match value:
        case datetime():
            return value.strftime("%Y-%m-%dT%H:%M:%SZ")
        case date():
            return value.isoformat()
        case tuple():
            return list(value)
    return value


def _optional_date(value: Any) -> date | None:
    return None if value is None else date.fromisoformat(value)


_READERS: dict[str, Callable[[Any], object]] = {
    "achieved_on": date.fromisoformat,
    "expires_on": _optional_date,
    "issued_at": datetime.fromisoformat,
    "outcomes": tuple,
}
