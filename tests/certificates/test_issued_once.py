"""Files as they were issued once, kept beside this test: they are in people's hands, and must be genuine for ever.

Whoever breaks this test breaks certificates that people carry. These files are never made anew. What a certificate is
made of (content, badge, layout, list, keys) changes only by a further version beside this one: `content.format` says
which, and badge and reader are chosen by it. Then come files of that version, in a folder beside `issued-1`.
"""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from certificates import State, canonical_bytes, from_canonical, layout_bytes, layout_named, render_pdf
from certificates.credential import (
    Checked,
    Genuine,
    Place,
    check_document,
    check_file,
    check_token,
    is_set,
    key_book,
    read_revoked_list,
)

FILES = Path(__file__).parent / "data" / "issued-1"
SITE, DID = "https://kunnig.example", "did:web:kunnig.example:e:granvik"
PLACE = Place(
    f"{SITE}/v/7F3K9-2QDXM", f"{SITE}/achievements/SE/medicines/2026.1", f"{SITE}/e/granvik/revoked/1", 7
)
BOOK = key_book((FILES / "keys.json").read_bytes())
CONTENT = from_canonical((FILES / "content.json").read_bytes())


def test_its_content_is_read_and_written_as_then() -> None:
    assert canonical_bytes(CONTENT) == (FILES / "content.json").read_bytes()
    assert (CONTENT.format, CONTENT.holder_name, CONTENT.expires_on) == (1, "Áŋŋel Żółć", date(2027, 3, 11))


def test_both_signed_forms_are_genuine_and_say_it() -> None:
    genuine = Checked(Genuine.GENUINE, CONTENT, DID, PLACE)
    assert check_document((FILES / "credential.json").read_bytes(), BOOK) == genuine
    assert check_token((FILES / "credential.jwt").read_text(), BOOK) == genuine


def test_its_layout_has_its_name_and_is_drawn() -> None:
    data = (FILES / "layout.json").read_bytes()
    layout = layout_named(CONTENT.layout, data)
    assert (layout.name, layout_bytes(layout)) == (CONTENT.layout, data)
    document = (FILES / "credential.json").read_bytes()
    assert render_pdf(CONTENT, PLACE.page, credential=document, layout=data).startswith(b"%PDF")


@pytest.mark.parametrize("name", ["credential.json", "credential.jwt"])
def test_the_list_of_the_revoked_counts(name: str) -> None:
    listed = read_revoked_list((FILES / "revoked.json").read_bytes(), BOOK)
    assert (listed.address, listed.did, listed.at) == (
        PLACE.status_list,
        DID,
        datetime(2026, 9, 1, 6, tzinfo=UTC),
    )
    assert [place for place in range(20) if is_set(listed.bits, place)] == [PLACE.status_index]
    now = datetime(2026, 11, 30, 12, tzinfo=UTC)
    data = (FILES / name).read_bytes()
    assert [check_file(data, BOOK, now, lists).state for lists in ([], [listed])] == [
        State.VALID,
        State.REVOKED,
    ]
