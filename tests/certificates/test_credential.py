"""The signed credential: W3C's vectors, the official schema, an independent reader, and no change that is not seen."""

import copy
import gzip
import json
from base64 import urlsafe_b64encode
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hypothesis import given, settings
from hypothesis import strategies as some
from joserfc.jwk import RSAKey
from jsonschema import Draft201909Validator
from openbadgeslib.ob3.ldp import OB3LdpVerifier, verify_data_integrity_proof
from openbadgeslib.ob3.verifier import OB3Verifier

from certificates import from_canonical
from certificates.bounds import LARGEST_CREDENTIAL
from certificates.credential import keys, proof, status_list
from certificates.credential.badge import Issuer, Place, badge, content_in
from certificates.credential.linked_data import (
    CREDENTIALS,
    DEEPEST,
    MOST_VALUES,
    OPEN_BADGES,
    DocumentError,
    canonical,
    read_document,
)  # fmt: skip
from certificates.credential.token import as_token, claims_of
from tests.certificates.builders import leaves, make_content

DATA = Path(__file__).parent / "data"
VECTORS = DATA / "eddsa-rdfc-2022"
EXAMPLES = "https://www.w3.org/ns/credentials/examples/v2"
SITE, DID = "https://kunnig.example", "did:web:kunnig.example:e:granvik"
ISSUER = Issuer(DID, f"{SITE}/e/granvik")
PLACE = Place(
    f"{SITE}/v/7F3K9-2QDXM", f"{SITE}/achievements/SE/medicines/2026.1",
    f"{SITE}/e/granvik/status/1", 94_567,
)  # fmt: skip
KEY = keys.new_signing_key()
METHOD = f"{DID}#{KEY.public.multibase}"
TOKEN_KEY = keys.new_token_key()
SCHEMA = Draft201909Validator(json.loads((DATA / "ob_v3p0_achievementcredential_schema.json").read_text()))


def vector(name):
    return json.loads((VECTORS / name).read_text())


def issued(**changes):
    content = make_content(**changes)
    return proof.signed(badge(content, ISSUER, PLACE), KEY, METHOD, content.issued_at)


def key_of(method):
    return KEY.public if method == METHOD else None


CONTENTS = {
    "as on the screen": {},
    "without an end": {"expires_on": None},
    "renewed": {"predecessor": "ABCDEFGHJK"},
    "in Norway": {"country": "NO", "language": "nb", "issuer_name": "Fjordvik kommune"},
    "letters of everybody": {"holder_name": "Áile Ŋuŧŧa Łukasz Żółć 李", "outcomes": ("<b>&amp;</b>", 'Säga "nej"')},
}  # fmt: skip


# ---- others' word for it ----


def test_the_vectors_of_w3c_are_reproduced_byte_for_byte():
    signed, pair = vector("signed-credential.json"), vector("key-pair.json")
    contexts = {EXAMPLES: vector("credentials-examples-v2.json")}
    key = keys.signing_key(pair["privateKeyMultibase"])
    assert key.public.multibase == pair["publicKeyMultibase"]
    assert keys.public_key(pair["publicKeyMultibase"]) == key.public
    bare = {name: value for name, value in signed.items() if name != "proof"}
    options = {name: value for name, value in signed["proof"].items() if name != "proofValue"}
    digests = [(VECTORS / name).read_text() for name in ("proof-config-hash.txt", "doc-hash.txt")]
    assert proof.digests(bare, options, contexts).hex() == "".join(digests)
    at = datetime(2023, 2, 24, 23, 36, 38, tzinfo=UTC)
    again = proof.signed(bare, key, options["verificationMethod"], at, contexts=contexts)
    assert again["proof"] == [signed["proof"]]
    assert proof.check(signed, lambda _method: key.public, contexts=contexts) == signed["proof"]


@pytest.mark.parametrize("changes", CONTENTS.values(), ids=CONTENTS)
def test_it_is_what_the_official_schema_of_open_badges_asks_for(changes):
    assert [each.message for each in SCHEMA.iter_errors(issued(**changes))] == []


@pytest.mark.parametrize("changes", CONTENTS.values(), ids=CONTENTS)
def test_an_independent_reader_verifies_document_token_and_list(changes):
    document = issued(**changes)
    pem = Ed25519PublicKey.from_public_bytes(KEY.public.raw).public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    OB3LdpVerifier(pem).verify(json.dumps(document))
    listed = status_list.revoked_credential(PLACE.status_list, DID, [94_567], datetime.now(UTC))
    verify_data_integrity_proof(proof.signed(listed, KEY, METHOD, datetime.now(UTC)), pem)
    bare = badge(make_content(**changes), ISSUER, PLACE)
    text = as_token(bare, TOKEN_KEY, f"{DID}#{TOKEN_KEY['kid']}")
    OB3Verifier(RSAKey.import_key(TOKEN_KEY).as_pem(private=False)).verify(text)


# ---- what it says ----


def test_it_says_what_the_certificate_says_by_the_clock_of_the_issuer():
    document = issued()
    assert document["validFrom"] == "2026-03-12T13:05:09Z"
    assert document["validUntil"] == "2027-03-11T22:59:59Z"  # the end of that day in Stockholm
    assert "validUntil" not in issued(expires_on=None)
    subject = document["credentialSubject"]
    assert subject["identifier"][0]["identityHash"] == "Amina Yusuf"
    assert subject["licenseNumber"] == "7F3K9-2QDXM"
    assert subject["achievement"]["version"] == "2026.1"
    assert subject["achievement"]["criteria"]["narrative"] == (
        "Godkänt, 8 av 10 krävs. 38\u00a0min, 9\u00a0avsnitt. 2026.1, svensk lag.\n\n"
        "- Ansvar och delegering\n- Rätt person, läkemedel och tid\n- Signera efter varje tillfälle\n"
        "- När något inte stämmer\n- Förvara läkemedel säkert\n- Skriva avvikelse"
    )


@pytest.mark.parametrize("changes", CONTENTS.values(), ids=CONTENTS)
def test_the_whole_content_stands_in_it(changes):
    content = make_content(signatory_name="Eva Berg", achieved_on=date(2026, 3, 11), **changes)
    assert from_canonical(content_in(badge(content, ISSUER, PLACE))) == content


# ---- no change unseen ----


def changed_at(document, path, change):
    altered = copy.deepcopy(document)
    at = altered
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = change(at[path[-1]])
    return altered


def other(value):
    return not value if isinstance(value, bool) else f"{value}x"


@pytest.mark.parametrize("path", list(leaves(issued())), ids=lambda path: ".".join(map(str, path)))
def test_a_changed_value_is_seen(path):
    with pytest.raises((proof.ProofError, DocumentError)):
        proof.check(changed_at(issued(), path, other), key_of)


@pytest.mark.parametrize("path", list(leaves(issued())), ids=lambda path: ".".join(map(str, path)))
def test_a_value_that_is_gone_is_seen(path):
    document = issued()
    at = document
    for key in path[:-1]:
        at = at[key]
    del at[path[-1]]
    with pytest.raises((proof.ProofError, DocumentError)):
        proof.check(document, key_of)


@given(some.data())
@settings(max_examples=60)
def test_any_change_of_any_text_is_seen(data):
    document = issued()
    paths = [path for path in leaves(document) if path[0] != "@context"]
    path = data.draw(some.sampled_from(paths))
    text = data.draw(some.text(max_size=30))
    altered = changed_at(document, path, lambda _value: text)
    if altered != document:
        with pytest.raises((proof.ProofError, DocumentError)):
            proof.check(altered, key_of)


def test_what_is_added_is_seen_also_where_json_ld_would_drop_it():
    for added in (
        {"nickname": "Ami"}, {"name2": ""}, {"evidence": [{"id": "not-an-address", "type": ["Evidence"]}]},
        {"credentialSubject": {**issued()["credentialSubject"], "type": ["AchievementSubject", "Chief"]}},
    ):  # fmt: skip
        with pytest.raises((proof.ProofError, DocumentError)):
            proof.check({**issued(), **added}, key_of)


def test_whose_key_and_whether_there_is_a_proof_at_all():
    document = issued()
    proof.check(document, key_of)
    proof.check({**document, "proof": document["proof"][0]}, key_of)  # others write it without the array
    bare = {name: value for name, value in document.items() if name != "proof"}
    with pytest.raises(proof.ProofError, match="unknown_key"):
        proof.check(document, lambda _method: None)
    with pytest.raises(proof.ProofError, match="altered"):
        proof.check(document, lambda _method: keys.new_signing_key().public)
    for wrong in (
        None, [], "x", [1], document["proof"] * 2, [{**document["proof"][0], "cryptosuite": "eddsa-jcs-2022"}],
        [{**document["proof"][0], "proofPurpose": "authentication"}], [{**document["proof"][0], "domain": "x"}],
        [{**document["proof"][0], "created": 5}], [{"type": "DataIntegrityProof"}],
    ):  # fmt: skip
        with pytest.raises(proof.ProofError, match="unsigned"):
            proof.check({**bare, "proof": wrong}, key_of)
    for wrong in ("", "z", "u123", "z0OIl", document["proof"][0]["proofValue"] + "1", "z" + "1" * 95_000):
        with pytest.raises(proof.ProofError, match="altered"):
            proof.check({**bare, "proof": [{**document["proof"][0], "proofValue": wrong}]}, key_of)


def test_a_token_is_read_only_with_its_key():
    text = as_token(badge(make_content(), ISSUER, PLACE), TOKEN_KEY, "kid")
    found = claims_of(text, keys.public_half(TOKEN_KEY))
    assert (found["iss"], found["jti"], found["exp"]) == (DID, PLACE.page, 1_804_805_999)
    assert "d" not in keys.public_half(TOKEN_KEY)
    with pytest.raises(ValueError, match="not a token"):
        claims_of(text, keys.public_half(keys.new_token_key()))
    head, body, signature = text.split(".")
    for wrong in (
        f"{head}.{body}.",
        f"eyJhbGciOiJub25lIn0.{body}.",
        f"{head}.{body[:-3]}AAA.{signature}",
        "",
        "a.b",
    ):
        with pytest.raises(ValueError, match="not a token"):
            claims_of(wrong, keys.public_half(TOKEN_KEY))


# ---- the list of those revoked ----


@given(some.sets(some.integers(0, status_list.LENGTH - 1), max_size=50))
@settings(max_examples=30)
def test_a_list_says_just_which_are_revoked(revoked):
    text = status_list.encoded(revoked)
    asked = {*revoked, *(place ^ 1 for place in revoked), 0, status_list.LENGTH - 1}
    assert {place for place in asked if status_list.is_set(text, place)} == revoked & asked


def test_the_list_of_the_standard_is_read_as_it_is_meant():
    assert status_list.encoded([0])[:2] == "uH"  # multibase, gzip
    assert status_list.is_set(status_list.encoded([7]), 7)
    assert not status_list.is_set(status_list.encoded([7]), 8)
    for place in (-1, status_list.LENGTH):
        with pytest.raises(ValueError, match="no place"):
            status_list.encoded([place])
        with pytest.raises(ValueError, match="no place"):
            status_list.is_set(status_list.encoded([]), place)


def test_a_list_that_is_none_is_refused_before_it_fills_the_memory():
    def packed(data):
        return "u" + urlsafe_b64encode(gzip.compress(data)).decode().rstrip("=")

    good = status_list.encoded([])
    for wrong in ("", "x", good[1:], good[:-9], "u!!", packed(b"short"), packed(bytes(50_000_000))):
        with pytest.raises(ValueError, match="not a list"):
            status_list.is_set(wrong, 0)


# ---- what strangers send ----


def hostile(**more):
    return {"@context": [CREDENTIALS, OPEN_BADGES], "type": ["VerifiableCredential"], **more}


HOSTILE = {
    "unknown context": ("context", hostile(**{"@context": [CREDENTIALS, "https://evil.example/v1"]})),
    "context of its own": ("context", hostile(**{"@context": [CREDENTIALS, {"@vocab": "urn:x#"}]})),
    "context inside": ("context", hostile(issuer={"@context": {"id": "urn:x"}, "id": "urn:y"})),
    "one context again and again": ("context", hostile(**{"@context": [CREDENTIALS, OPEN_BADGES] * 950})),
    "another first": ("context", hostile(**{"@context": [OPEN_BADGES, CREDENTIALS]})),
    "no context": ("context", {"type": ["VerifiableCredential"]}),
    "a word nobody knows": ("word", hostile(nonsense=1)),
    "a type nobody knows": ("word", hostile(type=["VerifiableCredential", "Nonsense"])),
    "an address that is none": ("word", hostile(id="no address")),
    "too many values": ("too_many_values", hostile(name=["x"] * MOST_VALUES)),
    "nodes alike": ("ambiguous", hostile(evidence=[{"type": ["Evidence"]} for _each in range(40)])),
    "nodes with names of their own": (
        "word",
        hostile(evidence=[{"id": f"_:b{n}", "type": ["Evidence"], "name": f"_:b{n + 1}"} for n in range(9)]),
    ),
}


@pytest.mark.timeout(30)  # seconds, where some would take years
@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_document_is_refused_at_once(name):
    code, document = HOSTILE[name]
    with pytest.raises(DocumentError) as refused:
        canonical(document)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b" " * (LARGEST_CREDENTIAL + 1), "too_large"),
        (b"{", "not_json"),
        (b"\xff", "not_json"),
        (b"[]", "not_json"),
        (b"null", "not_json"),
        (b'{"a": 1, "a": 2}', "not_json"),
        (b'{"a": NaN}', "not_json"),
        (b'{"a": 1e400}', "not_json"),
        (b'{"a": ' + b"9" * 400 + b"}", "not_json"),
        (b'{"a": "\\ud800"}', "not_json"),
        (b'{"\\udfff": 1}', "not_json"),
        (b'{"a": ' + b"[" * 30_000 + b"]" * 30_000 + b"}", "not_json"),
        (b'{"a": ' + b"[" * (DEEPEST + 1) + b"]" * (DEEPEST + 1) + b"}", "too_many_values"),
    ],
    ids=str,
)
def test_what_is_no_document_is_refused(data, code):
    with pytest.raises(DocumentError) as refused:
        read_document(data)
    assert refused.value.code == code
