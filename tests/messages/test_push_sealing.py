"""What goes to a browser is sealed as the example of RFC 8291 is, and signed as RFC 8292 says."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from lms.messages.push_sealing import new_key, public_key, sealed, signature
from tests.messages.browsers import TakingBrowser, raw

# RFC 8291, appendix A
TEXT = b"When I grow up, I want to be a watermelon"
OURS = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"
OUR_POINT = "BP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A8"
SALT, AUTH = "DGv6ra1nlYgDCS1FRnbzlw", "BTBZMqHH6r4Tts7J_aSIgg"
THEIRS = "q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94"
THEIR_POINT = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
SENT = (
    "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_y"
    "l95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
)
NOW = datetime(2027, 1, 4, 9, tzinfo=UTC)


def test_the_example_of_the_standard():
    browser = TakingBrowser(THEIRS, AUTH)
    assert browser.key == THEIR_POINT
    assert public_key(OURS) == OUR_POINT
    assert sealed(TEXT, raw(THEIR_POINT), raw(AUTH), own=OURS, salt=raw(SALT)) == raw(SENT)
    assert browser.opened(raw(SENT)) == TEXT


def test_each_is_sealed_with_keys_of_its_own_and_for_one_browser():
    one, other = TakingBrowser(), TakingBrowser()
    first, second = (sealed(TEXT, one.point, one.auth_bytes) for _ in range(2))
    assert first != second
    assert first[21:86] != second[21:86]
    assert one.opened(first) == one.opened(second) == TEXT
    with pytest.raises(InvalidTag):
        other.opened(first)


@pytest.mark.parametrize("key", [b"", b"\x04" * 65, b"\x05" + b"\0" * 64])
def test_what_is_no_key_is_refused(key):
    with pytest.raises(ValueError):  # noqa: PT011  (its words are the library's)
        sealed(TEXT, key, b"\0" * 16)


def verified(header):
    """The claims of a signature, if it is good for the key beside it."""
    scheme, _space, rest = header.partition(" ")
    parts = dict(part.strip().split("=", 1) for part in rest.split(","))
    assert scheme == "vapid"
    head, claims, signed = parts["t"].split(".")
    assert json.loads(raw(head)) == {"typ": "JWT", "alg": "ES256"}
    number = raw(signed)
    pair = encode_dss_signature(int.from_bytes(number[:32], "big"), int.from_bytes(number[32:], "big"))
    key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), raw(parts["k"]))
    key.verify(pair, f"{head}.{claims}".encode(), ec.ECDSA(SHA256()))
    return parts["k"], json.loads(raw(claims))


def test_the_signature_is_for_one_push_service_and_half_a_day():
    key = new_key()
    header = signature(key, "https://push.example.org/send/abc?d=1", "https://kunnig.example", NOW)
    assert verified(header) == (
        public_key(key),
        {
            "aud": "https://push.example.org",
            "exp": int((NOW + timedelta(hours=12)).timestamp()),
            "sub": "https://kunnig.example",
        },
    )
    with pytest.raises(InvalidSignature):
        verified(header.replace(public_key(key), public_key(new_key())))
