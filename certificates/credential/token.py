"""The second form of a credential, for readers that know tokens only: VC-JWT with RS256 (Open Badges 3.0, 8.2.4)."""

import json
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

from certificates.credential.linked_data import Document, read_document

_ALGORITHMS = ["RS256"]
CLAIMS = frozenset({"iss", "jti", "nbf", "exp"})


def as_token(document: Document, key: Mapping[str, Any], method: str) -> str:
    """The credential (without a proof) as a compact token, signed by an RSA key that is published under `method`."""
    header = {"alg": "RS256", "typ": "JWT", "kid": method}
    payload = json.dumps(claims(document), separators=(",", ":"), ensure_ascii=False).encode()
    return jws.serialize_compact(header, payload, _signing(json.dumps(dict(key))), algorithms=_ALGORITHMS)


@lru_cache(maxsize=8)
def _signing(key: str) -> RSAKey:
    """A key to sign with: whether it is a good one is looked into once, for that takes longer than all else."""
    return RSAKey.import_key(json.loads(key))


def claims(document: Document) -> Document:
    """What a token of the document says: the document, and of it what tokens have words of their own for.

    Raises KeyError, TypeError or ValueError for what is no credential.
    """
    return {
        **document,
        "iss": document["issuer"]["id"],
        "jti": document["id"],
        "nbf": _seconds(document["validFrom"]),
        **({"exp": _seconds(document["validUntil"])} if "validUntil" in document else {}),
    }


def key_named(text: str) -> str:
    """The method that a token names, unchecked; empty if it names none."""
    try:
        header = jws.extract_compact(text.encode()).headers()
    except (JoseError, ValueError):
        return ""
    kid = header.get("kid")
    return kid if isinstance(kid, str) else ""


def claims_of(text: str, key: Mapping[str, Any]) -> Document:
    """What a token says, if the key has signed it. Raises ValueError if it has not, or the token is none."""
    try:
        found = jws.deserialize_compact(text, RSAKey.import_key(dict(key)), algorithms=_ALGORITHMS)
    except JoseError as error:
        message = "not a token of this key"
        raise ValueError(message) from error
    return read_document(found.payload)


def _seconds(moment: str) -> int:
    return int(datetime.fromisoformat(moment).timestamp())
