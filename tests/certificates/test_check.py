"""Whether a credential is genuine, by the keys at hand: one answer for documents, tokens and files of both."""

import copy
import json
from datetime import UTC, datetime
from random import Random

import pytest

from certificates.credential import keys, proof, token
from certificates.credential.badge import Issuer, Place, Said, badge
from certificates.credential.check import Checked, Genuine, check_document, check_token, key_book
from certificates.credential.did import did_document, did_of
from tests.certificates.builders import leaves, make_content

SITE = "https://kunnig.example"
DID, OTHER = did_of(f"{SITE}/e/granvik"), did_of(f"{SITE}/e/fjordvik")
KEY, OLD, FOREIGN = (keys.new_signing_key() for _each in range(3))
TOKEN_KEY = keys.new_token_key()
BOOK = key_book(
    json.dumps([
        did_document(DID, [OLD.public, KEY.public], [keys.public_half(TOKEN_KEY)]),
        did_document(OTHER, [FOREIGN.public], []),
    ]).encode()
)  # fmt: skip
CONTENT = make_content()
PLACE = Place(
    f"{SITE}/v/7F3K9-2QDXM", f"{SITE}/achievements/SE/medicines/2026.1",
    f"{SITE}/e/granvik/status/1", 7,
)  # fmt: skip
BADGE = badge(CONTENT, Issuer(DID, f"{SITE}/e/granvik"), PLACE)
GENUINE = Checked(Genuine.GENUINE, CONTENT, DID, PLACE)


def written(document, key=KEY, did=DID):
    signed = proof.signed(document, key, f"{did}#{key.public.multibase}", datetime(2026, 3, 12, tzinfo=UTC))
    return json.dumps(signed).encode()


@pytest.mark.parametrize("key", [KEY, OLD], ids=["of today", "of before it was exchanged"])
def test_what_a_key_of_the_issuer_has_signed_is_genuine(key):
    assert check_document(written(BADGE, key), BOOK) == GENUINE


def test_a_token_says_the_same():
    text = token.as_token(BADGE, TOKEN_KEY, f"{DID}#{TOKEN_KEY['kid']}")
    assert check_token(text, BOOK) == GENUINE
    assert check_token(text[:-4] + "AAAA", BOOK) == Checked(Genuine.ALTERED)
    assert check_token("no token", BOOK) == Checked(Genuine.UNKNOWN_KEY)
    other = keys.new_token_key()
    assert check_token(token.as_token(BADGE, other, f"{DID}#{other['kid']}"), BOOK) == Checked(
        Genuine.UNKNOWN_KEY
    )
    assert check_token(token.as_token(BADGE, other, f"{DID}#{TOKEN_KEY['kid']}"), BOOK) == Checked(
        Genuine.ALTERED
    )


def test_keys_that_are_not_at_hand_and_those_of_another_issuer_say_nothing():
    unknown = keys.new_signing_key()
    assert check_document(written(BADGE, unknown), BOOK) == Checked(Genuine.UNKNOWN_KEY)
    assert check_document(written(BADGE, FOREIGN, OTHER), BOOK) == Checked(Genuine.UNKNOWN_KEY)
    borrowed = did_document(OTHER, [FOREIGN.public], [])
    borrowed["verificationMethod"][0]["id"] = borrowed["assertionMethod"][0] = (
        f"{DID}#{FOREIGN.public.multibase}"
    )
    assert key_book(json.dumps(borrowed).encode()).documents == {}


def with_content(data):
    """A document signed by the issuer in which other content stands, with its right digest."""
    document = copy.deepcopy(BADGE)
    other = badge(make_content(holder_name="Amina Ek"), Issuer(DID, f"{SITE}/e/granvik"), PLACE)
    document["relatedResource"] = data(other["relatedResource"])
    return written(document)


def test_other_content_in_a_genuine_document_is_altered():
    assert check_document(with_content(lambda other: other), BOOK) == Checked(Genuine.ALTERED)
    for address in (
        "https://kunnig.example/content.json", "data:application/json;base64,", "data:application/json;base64,e30=",
        "data:application/json;base64,%%%",
    ):  # fmt: skip
        changed = with_content(lambda other, address=address: [other[0] | {"id": address}])
        assert check_document(changed, BOOK).genuine is not Genuine.GENUINE
    assert check_document(with_content(lambda _other: []), BOOK) == Checked(Genuine.ALTERED)


def test_a_document_that_means_the_same_but_is_written_otherwise_is_altered():
    """What a reader would take from the page of it may be something else than what was signed."""
    long = {name: value for name, value in BADGE.items() if name != "name"}
    long["https://schema.org/name"] = BADGE["name"]
    assert check_document(written(long), BOOK) == Checked(Genuine.ALTERED)
    more = BADGE | {"description": "Får ge insulin"}
    assert check_document(written(more), BOOK) == Checked(Genuine.ALTERED)


SAID_BEFORE = Said(
    "Ord av i fjol", "Sagt annorlunda", "- Mål", "2026-03-11T22:00:00Z", "2027-03-11T23:59:59Z"
)


def test_words_and_clocks_of_the_day_it_was_signed_hold_for_ever():
    of_then = badge(CONTENT, Issuer(DID, f"{SITE}/e/granvik"), PLACE, SAID_BEFORE)
    assert of_then != BADGE
    assert check_document(written(of_then), BOOK) == GENUINE
    assert check_token(token.as_token(of_then, TOKEN_KEY, f"{DID}#{TOKEN_KEY['kid']}"), BOOK) == GENUINE


@pytest.mark.parametrize("no_text", [["Ord"], {"@value": "Ord"}, {"@value": "Ord", "@language": "sv"}, None])
def test_words_are_one_plain_text_each(no_text):
    assert check_document(written(BADGE | {"name": no_text}), BOOK).genuine is not Genuine.GENUINE


def test_a_last_day_stands_in_both_or_in_none():
    endless = {name: value for name, value in BADGE.items() if name != "validUntil"}
    assert check_document(written(endless), BOOK) == Checked(Genuine.ALTERED)


@pytest.mark.parametrize(
    "data",
    [b"", b"{}", b"[1]", b'{"proof": {}}', json.dumps(BADGE).encode(), b"x" * 200_000],
    ids=lambda data: str(data[:9]),
)
def test_what_carries_no_proof_is_no_credential(data):
    assert check_document(data, BOOK) == Checked(Genuine.NO_CREDENTIAL)


@pytest.mark.parametrize(
    "published",
    [
        b"",
        b"{}",
        b"[]x",
        b'"x"',
        b"[1]",
        b'{"id": "x", "verificationMethod": [{}], "assertionMethod": []}',
    ],
)
def test_a_file_that_holds_no_keys_is_refused(published):
    with pytest.raises(ValueError, match=r"."):
        key_book(published)


def test_the_identifier_leads_to_its_document():
    assert DID == "did:web:kunnig.example:e:granvik"
    assert did_of("https://127.0.0.1:8000/e/granvik") == "did:web:127.0.0.1%3A8000:e:granvik"
    document = did_document(DID, [KEY.public], [keys.public_half(TOKEN_KEY)])
    assert "d" not in document["verificationMethod"][1]["publicKeyJwk"]
    assert document["assertionMethod"] == [f"{DID}#{KEY.public.multibase}", f"{DID}#{TOKEN_KEY['kid']}"]


# ---- many ----

NAMES = (
    "Áile Ŋuŧŧa",
    "Łukasz Żółć",
    "Amina Yusuf",
    "Nguyễn Thị Hà",
    "Olena Іванова",
    "Eva",
    "O'Brien-Smith, Jr.",
)


def by_chance(chance):
    return make_content(
        number="".join(chance.choices("23456789ABCDEFGHJKMNPQRSTVWXYZ", k=10)),
        holder_name=chance.choice(NAMES),
        minutes=chance.randint(5, 90),
        lessons=chance.randint(1, 20),
        expires_on=chance.choice([None, CONTENT.expires_on]),
        language=chance.choice(["sv", "nb", "en"]),
        country=chance.choice(["SE", "NO"]),
    )


def with_one_changed(data, chance):
    """The same JSON with one value changed: a letter, a digit, a yes into a no."""
    document = json.loads(data)
    path = chance.choice(list(leaves(document)))
    at = document
    for key in path[:-1]:
        at = at[key]
    value = at[path[-1]]
    match value:
        case bool():
            at[path[-1]] = not value
        case int():
            at[path[-1]] = value + chance.choice([-1, 1])
        case str() if value:
            place = chance.randrange(len(value))
            letter = chance.choice([each for each in "aåB7-ŋ/" if each != value[place]])
            at[path[-1]] = value[:place] + letter + value[place + 1 :]
        case _:
            at[path[-1]] = "2030-01-01"
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


@pytest.mark.parametrize("count", [500, pytest.param(10_000, marks=pytest.mark.thorough)])
def test_none_of_many_is_genuine_after_any_one_change(count):
    chance = Random(20_261_130)
    for number in range(count):
        content = by_chance(chance)
        page = f"{SITE}/v/{content.number}"
        place = Place(page, PLACE.achievement, PLACE.status_list, chance.randrange(100_000))
        key = OLD if number < count // 2 else KEY  # exchanged in the middle
        document = written(badge(content, Issuer(DID, f"{SITE}/e/granvik"), place), key)
        assert check_document(document, BOOK) == Checked(Genuine.GENUINE, content, DID, place)
        changed = with_one_changed(document, chance)
        assert check_document(changed, BOOK).genuine is not Genuine.GENUINE, changed
