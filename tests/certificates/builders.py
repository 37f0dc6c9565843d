"""One certificate to vary, for all tests of the library."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

from certificates import CertificateContent


def make_content(**changes: Any) -> CertificateContent:
    """The certificate of the design's screen, with any field changed."""
    facts: dict[str, Any] = {
        "number": "7F3K92QDXM",
        "holder_name": "Amina Yusuf",
        "course_id": "medicines",
        "course_title": "Läkemedel",
        "country": "SE",
        "edition": "2026.1",
        "edition_digest": "ab" * 32,
        "outcomes": (
            "Ansvar och delegering",
            "Rätt person, läkemedel och tid",
            "Signera efter varje tillfälle",
            "När något inte stämmer",
            "Förvara läkemedel säkert",
            "Skriva avvikelse",
        ),
        "language": "sv",
        "minutes": 38,
        "lessons": 9,
        "exam_items": 10,
        "pass_mark": 8,
        "achieved_on": date(2026, 3, 12),
        "expires_on": date(2027, 3, 11),
        "issued_at": datetime(2026, 3, 12, 13, 5, 9, tzinfo=UTC),
        "issuer_name": "Granviks kommun",
        "issuer_department": "Vård och omsorg",
        "look": "lak",
    }
    return CertificateContent(**(facts | changes))


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to each value in a JSON document that holds no others."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    if not isinstance(value, dict | list):
        yield path
    for key, each in inner:
        yield from leaves(each, (*path, key))
