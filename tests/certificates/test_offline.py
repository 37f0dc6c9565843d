"""Checking a file without asking anybody: both verdicts from keys, lists and the page made again."""

import json
from datetime import UTC, datetime
from io import BytesIO

import pikepdf
import pytest
from weasyprint.text.ffi import ffi

from certificates import FileVerdict, State, Status, render_pdf, verification
from certificates.credential import keys, proof, status_list, token
from certificates.credential.badge import Issuer, badge
from certificates.credential.offline import check_file, genuine_inside, read_layout, read_revoked_list
from certificates.layout import Layout, layout_bytes
from certificates.maker import maker
from tests.certificates.builders import make_content
from tests.certificates.test_check import (
    BADGE,
    BOOK,
    CONTENT,
    DID,
    FOREIGN,
    KEY,
    OTHER,
    PLACE,
    TOKEN_KEY,
    written,
)
from tests.certificates.test_reading import baked, picture

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
THEN = datetime(2026, 11, 29, 7, tzinfo=UTC)
DOCUMENT = written(BADGE)
TOKEN = token.as_token(BADGE, TOKEN_KEY, f"{DID}#{TOKEN_KEY['kid']}").encode()
PDF = render_pdf(CONTENT, PLACE.page, credential=DOCUMENT)
PLAIN = render_pdf(CONTENT, PLACE.page, credential=DOCUMENT, ink_saving=True)
ON_ANOTHER = render_pdf(make_content(holder_name="Amina Ek"), PLACE.page, credential=DOCUMENT)


def listed(*places, at=THEN, did=DID, key=KEY, address=PLACE.status_list, **changes):
    document = status_list.revoked_credential(address, did, places, at)
    document["credentialSubject"] |= changes
    return json.dumps(proof.signed(document, key, f"{did}#{key.public.multibase}", at)).encode()


def saved(change=lambda _pdf: None, **options):
    with pikepdf.open(BytesIO(PDF)) as pdf:
        change(pdf)
        out = BytesIO()
        pdf.save(out, **options)
    return out.getvalue()


def with_other_text(pdf):
    """White over the name, and another one on it, as any editor does."""
    drawn = b"q 1 1 1 rg 40 500 500 80 re f Q BT /F1 12 Tf 60 520 Td (Amina Ek) Tj ET"
    pdf.pages[0].contents_add(drawn)


def by_another(pdf):
    pdf.docinfo["/Creator"] = "Kunnig 0123456789ab"


FILES = {
    "as issued": (PDF, State.VALID, FileVerdict.ISSUED),
    "saving ink": (PLAIN, State.VALID, FileVerdict.ISSUED),
    "the credential alone": (DOCUMENT, State.VALID, FileVerdict.NONE),
    "its second form": (TOKEN, State.VALID, FileVerdict.NONE),
    "a picture with it": (picture(baked(DOCUMENT)), State.UNCERTAIN_FILE, FileVerdict.UNKNOWN),
    "with one byte more": (PDF + b"\n", State.OTHER_FILE, FileVerdict.OTHER),
    "with another name drawn": (ON_ANOTHER, State.OTHER_FILE, FileVerdict.OTHER),
    "with a name drawn over": (saved(with_other_text), State.OTHER_FILE, FileVerdict.OTHER),
    "saved anew": (saved(), State.OTHER_FILE, FileVerdict.OTHER),
    "made by another release": (saved(by_another), State.UNCERTAIN_FILE, FileVerdict.UNKNOWN),
}  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_the_content_is_genuine_in_each_but_only_what_was_issued_is_a_yes(name):
    data, state, file = FILES[name]
    found = check_file(data, BOOK, NOW)
    assert (found.state, found.content, found.file) == (state, State.VALID, file)
    status = Status(list_address=PLACE.status_list)
    assert found == verification(CONTENT, NOW.date(), status, file, signed_by=DID)


@pytest.mark.parametrize(
    ("data", "state"),
    [
        (DOCUMENT.replace(b"Granviks", b"Granvicks"), "altered"),
        (written(BADGE, keys.new_signing_key()), "unknown_key"),
        (json.dumps(BADGE).encode(), "no_credential"),
        (render_pdf(CONTENT, PLACE.page), "no_credential"),
        (PDF[:9_000], "unreadable"),
        (b"", "unreadable"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_without_genuine_content_it_says_why(data, state):
    found = check_file(data, BOOK, NOW)
    assert (found.state.value, found.certificate) == (state, None)


def test_keys_are_asked_for_by_the_issuer_that_is_named():
    asked = []
    for data in (DOCUMENT, TOKEN, json.dumps(BADGE).encode(), b"aaa.bbb.ccc"):
        genuine_inside(data, lambda did: asked.append(did) or BOOK)
    assert asked == [DID, DID, "", ""]


def test_an_own_layout_cannot_be_made_again_without_its_data():
    layout = Layout(band_colour="#1a6763", text_colour="#1a6763")
    content = make_content(layout=layout.name)
    document = written(badge(content, Issuer(DID, f"{PLACE.page[:24]}e/granvik"), PLACE))
    pdf = render_pdf(content, PLACE.page, credential=document, layout=layout_bytes(layout))
    assert check_file(pdf, BOOK, NOW).state is State.UNCERTAIN_FILE
    name, data = read_layout(layout_bytes(layout))
    assert check_file(pdf, BOOK, NOW, layouts={name: data}).file is FileVerdict.ISSUED
    assert check_file(pdf + b"\n", BOOK, NOW, layouts={name: data}).file is FileVerdict.OTHER
    other = layout_bytes(Layout(band_colour="#38336b", text_colour="#38336b"))
    assert check_file(pdf, BOOK, NOW, layouts={name: other}).file is FileVerdict.UNKNOWN


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b'{"format": 1}', DOCUMENT, b"\xff"], ids=range(6))
def test_data_that_are_no_layout_are_refused(data):
    with pytest.raises(ValueError, match="not a layout"):
        read_layout(data)


@pytest.mark.parametrize(
    ("name", "file"),
    [("Иван Γιώ Ŋuŧŧa Łuk", FileVerdict.OTHER), ("李明", FileVerdict.UNKNOWN), ("محمد", FileVerdict.UNKNOWN)],
)
def test_letters_that_are_drawn_by_fonts_of_the_machine_say_nothing_against_a_file(name, file):
    content = make_content(holder_name=name)
    document = written(badge(content, Issuer(DID, f"{PLACE.page[:24]}e/granvik"), PLACE))
    pdf = render_pdf(content, PLACE.page, credential=document)
    assert check_file(pdf, BOOK, NOW).file is FileVerdict.ISSUED
    assert check_file(pdf + b"\n", BOOK, NOW).file is file


def test_what_shapes_letters_is_part_of_the_mark_of_what_makes_a_page(monkeypatch):
    class Another:
        hb_version_string = staticmethod(lambda: ffi.new("char[]", b"0.9.0"))

    here = maker.__wrapped__()
    monkeypatch.setattr("weasyprint.text.ffi.harfbuzz", Another)
    assert maker.__wrapped__() != here == maker()


def test_with_keys_of_several_issuers_it_says_whose_has_signed_whatever_name_is_in_the_content():
    method = f"{OTHER}#{FOREIGN.public.multibase}"
    document = badge(CONTENT, Issuer(OTHER, "https://kunnig.example/e/fjordvik"), PLACE)
    found = check_file(json.dumps(proof.signed(document, FOREIGN, method, NOW)).encode(), BOOK, NOW)
    assert (found.certificate.issuer_name, found.signed_by) == ("Granviks kommun", OTHER)
    assert found.as_json(NOW)["signed_by"] == OTHER
    assert check_file(written(BADGE, keys.new_signing_key()), BOOK, NOW).signed_by is None


def test_days_are_those_of_the_issuers_country():
    for moment, state in (
        ("2027-03-11T22:59:00+00:00", State.VALID),
        ("2027-03-11T23:01:00+00:00", State.EXPIRED),
    ):
        assert check_file(DOCUMENT, BOOK, datetime.fromisoformat(moment)).state is state


def test_revocation_is_known_as_of_the_newest_list_in_which_it_stands():
    def asked(*lists):
        found = check_file(DOCUMENT, BOOK, NOW, [read_revoked_list(each, BOOK) for each in lists])
        return found.state, found.status.known_at

    place, earlier = PLACE.status_index, datetime(2026, 11, 1, tzinfo=UTC)
    assert asked() == (State.VALID, None)
    assert asked(listed(place + 1)) == (State.VALID, THEN)
    assert asked(listed(place)) == (State.REVOKED, THEN)
    assert asked(listed(place, at=earlier), listed()) == (State.VALID, THEN)  # reinstated since
    assert asked(listed(place, address=f"{PLACE.status_list}2")) == (State.VALID, None)
    assert asked(listed(place, did=OTHER, key=FOREIGN)) == (State.VALID, None)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{}",
        DOCUMENT,
        listed(key=FOREIGN),
        listed(statusPurpose="suspension"),
        listed(encodedList="uAAAA"),
        listed(1).replace(b"revocation", b"suspension"),
        json.dumps(json.loads(listed(1)) | {"proof": json.loads(listed())["proof"]}).encode(),
    ],
    ids=range(8),
)
def test_a_list_that_is_none_or_that_nobody_known_has_signed_is_refused(data):
    with pytest.raises(ValueError, match=r"."):
        read_revoked_list(data, BOOK)


def test_a_key_of_one_issuer_signs_no_list_of_another():
    method = f"{OTHER}#{FOREIGN.public.multibase}"
    document = status_list.revoked_credential(PLACE.status_list, DID, [], THEN)
    with pytest.raises(ValueError, match="unknown_key"):
        read_revoked_list(json.dumps(proof.signed(document, FOREIGN, method, THEN)).encode(), BOOK)
