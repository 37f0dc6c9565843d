"""Which certificates are revoked, as one long string of bits that tells nobody which are asked about.

Bitstring Status List 1.0 (W3C Recommendation of 2025).
"""

import gzip
import zlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable
from datetime import UTC, datetime

from certificates.credential.linked_data import CREDENTIALS, Document

LENGTH = 131_072  # bits: the least that the standard allows, so that one among them is not told apart
_BYTES = LENGTH // 8


def revoked_credential(address: str, did: str, revoked: Iterable[int], at: datetime) -> Document:
    """The list as a credential without a proof; `revoked` are places from 0. Raises ValueError for one outside."""
    return {
        "@context": [CREDENTIALS],
        "id": address,
        "type": ["VerifiableCredential", "BitstringStatusListCredential"],
        "issuer": did,
        "validFrom": f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "credentialSubject": {
            "id": f"{address}#list",
            "type": "BitstringStatusList",
            "statusPurpose": "revocation",
            "encodedList": encoded(revoked),
        },
    }


def encoded(revoked: Iterable[int]) -> str:
    """The bits, packed: `u` and base 64. The first is the leftmost of the first byte."""
    bits = bytearray(_BYTES)
    for place in revoked:
        if not 0 <= place < LENGTH:
            message = f"no place of the list: {place}"
            raise ValueError(message)
        bits[place // 8] |= 0x80 >> place % 8
    packed = gzip.compress(bytes(bits), mtime=0)
    return "u" + urlsafe_b64encode(packed).rstrip(b"=").decode()


def is_set(text: str, place: int) -> bool:
    """Whether a bit of a packed list is set. Raises ValueError for what is no such list, or a place outside of it."""
    bits = _unpacked(text)
    if not 0 <= place < len(bits) * 8:
        message = "no place of the list"
        raise ValueError(message)
    return bool(bits[place // 8] & 0x80 >> place % 8)


def _unpacked(text: str) -> bytes:
    """The bits of a list, of which no more is unpacked than a list of ours has."""
    message = "not a list of bits"
    if not text.startswith("u"):
        raise ValueError(message)
    try:
        packed = urlsafe_b64decode(text[1:] + "=" * (-len(text[1:]) % 4))
        reader = zlib.decompressobj(wbits=31)
        bits = reader.decompress(packed, _BYTES + 1)
    except (ValueError, zlib.error) as error:
        raise ValueError(message) from error
    if len(bits) != _BYTES or not reader.eof:
        raise ValueError(message)
    return bits
