"""The document in which an issuer publishes its keys, at an address on the web (did:web)."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from urllib.parse import quote, urlsplit

from certificates.credential.keys import PublicKey
from certificates.credential.linked_data import Document

_CONTEXTS = [
    "https://www.w3.org/ns/did/v1",
    "https://w3id.org/security/multikey/v1",
    "https://w3id.org/security/jwk/v1",
]


def did_of(address: str) -> str:
    """The identifier whose document lies at an address and `/did.json` below it; the port is written as `%3A`.

    `https://kunnig.example/e/granvik` is `did:web:kunnig.example:e:granvik`.
    """
    parts = urlsplit(address)
    host = quote(parts.netloc, safe=".-")
    return ":".join(("did:web", host, *(quote(step, safe="") for step in parts.path.split("/") if step)))


def did_document(
    did: str,
    documents: Sequence[PublicKey],
    tokens: Sequence[Mapping[str, Any]],
    disowned: Collection[str] = (),
) -> Document:
    """All keys that ever signed for an issuer, those of documents and those of tokens.

    What is `disowned`, by its name, stays told of, but is not among the methods by which the issuer asserts anything.
    """
    methods: list[Document] = [
        {
            "id": f"{did}#{key.multibase}",
            "type": "Multikey",
            "controller": did,
            "publicKeyMultibase": key.multibase,
        }
        for key in documents
    ]
    methods += [
        {"id": f"{did}#{key['kid']}", "type": "JsonWebKey", "controller": did, "publicKeyJwk": dict(key)}
        for key in tokens
    ]
    return {
        "@context": _CONTEXTS,
        "id": did,
        "verificationMethod": methods,
        "assertionMethod": [
            method["id"] for method in methods if method["id"].removeprefix(f"{did}#") not in disowned
        ],
    }
