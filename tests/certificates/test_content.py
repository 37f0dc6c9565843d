"""The frozen content and its canonical bytes."""

import hashlib
import json
from dataclasses import FrozenInstanceError
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certificates import ContentError, canonical_bytes, from_canonical
from tests.certificates.builders import make_content

names = (
    st.text(st.characters(exclude_categories=["Cc", "Cs", "Co", "Cn"]), min_size=1)
    .map(str.strip)
    .filter(bool)
)  # fmt: skip


def test_canonical_bytes_are_sorted_compact_utf8() -> None:
    data = canonical_bytes(make_content())
    facts = json.loads(data)
    assert data.decode().startswith('{"achieved_on":"2026-03-12","country":"SE","course_id":"medicines"')
    assert "Läkemedel".encode() in data
    assert list(facts) == sorted(facts)
    assert facts["issued_at"] == "2026-03-12T13:05:09Z"
    assert facts["predecessor"] is None


def test_the_digest_is_the_hash_of_the_canonical_bytes() -> None:
    content = make_content()
    assert content.digest == hashlib.sha256(canonical_bytes(content)).hexdigest()
    assert content.digest != make_content(holder_name="Amina Yusuff").digest


@given(name=names, end=st.none() | st.dates(date(2026, 3, 12)), minutes=st.integers(1, 10_000))
def test_what_is_written_reads_back_the_same(name: str, end: date | None, minutes: int) -> None:
    content = make_content(holder_name=name, expires_on=end, minutes=minutes)
    assert from_canonical(canonical_bytes(content)) == content


def test_the_time_of_issue_is_kept_in_whole_seconds_of_utc() -> None:
    swedish = datetime(2026, 3, 12, 14, 5, 9, 123456, tzinfo=timezone(timedelta(hours=1)))
    assert make_content(issued_at=swedish).issued_at == datetime(2026, 3, 12, 13, 5, 9, tzinfo=UTC)


def test_content_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        make_content().holder_name = "Somebody Else"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("format", 2),
        ("layout", "landscape-9"),
        ("language", "xx"),
        ("country", "US"),
        ("look", "stripes"),
        ("holder_name", ""),
        ("holder_name", " Amina"),
        ("holder_name", "Amina\nYusuf"),
        ("holder_name", 7),
        ("issuer_department", ""),
        ("outcomes", ()),
        ("outcomes", ("Ansvar", "")),
        ("minutes", 0),
        ("lessons", True),
        ("pass_mark", 11),
        ("number", "7F3K9-2QDXM"),
        ("number", 7),
        ("predecessor", "O"),
        ("expires_on", date(2026, 3, 11)),
        ("issued_at", datetime(2026, 3, 12, 13, 5)),  # noqa: DTZ001 (the point of it)
    ],
)
def test_what_could_not_be_printed_is_refused_by_name(field: str, value: object) -> None:
    with pytest.raises(ContentError, match=f"^{field}: ") as refusal:
        make_content(**{field: value})
    assert refusal.value.field == field


def change(**changes: Any) -> Any:
    return lambda facts: facts | changes


@pytest.mark.parametrize(
    ("damage", "field"),
    [
        (lambda facts: [facts], "content"),
        (change(score=9), "score"),
        (lambda facts: {name: fact for name, fact in facts.items() if name != "look"}, "look"),
        (change(achieved_on="12 March"), "achieved_on"),
        (change(issued_at=None), "issued_at"),
        (change(outcomes=7), "outcomes"),
        (change(outcomes="Ansvar"), "content"),
        (change(issued_at="2026-03-12T13:05:09+00:00"), "content"),
    ],
)
def test_bytes_that_are_not_this_format_are_refused(damage: Any, field: str) -> None:
    facts = damage(json.loads(canonical_bytes(make_content())))
    data = json.dumps(facts, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    with pytest.raises(ContentError) as refusal:
        from_canonical(data)
    assert refusal.value.field == field


@pytest.mark.parametrize("data", [b"", b"{", b"\xff", b"null"])
def test_what_is_not_json_is_refused(data: bytes) -> None:
    with pytest.raises(ContentError, match="content"):
        from_canonical(data)


def test_other_bytes_for_the_same_facts_are_refused() -> None:
    data = canonical_bytes(make_content())
    with pytest.raises(ContentError, match="canonical form"):
        from_canonical(data.replace(b'","', b'", "', 1))
