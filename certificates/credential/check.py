"""Is what a credential says genuine? Its signature, whose key it is, and that it says what its content says; no more.

Whether it is revoked, and whether a file is the very one that was issued, are other questions with other answers.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum, auto
from typing import Any

from certificates.content import CertificateContent, from_canonical
from certificates.credential import proof, token
from certificates.credential.badge import Issuer, Place, badge, content_in, said_in
from certificates.credential.keys import PublicKey, public_key
from certificates.credential.linked_data import Document, DocumentError, read_document


class Genuine(StrEnum):
    """What is found out about the content."""

    GENUINE = auto()
    ALTERED = auto()  # somebody has changed what was signed, or put it together from two
    UNKNOWN_KEY = auto()  # signed by a key that is not among those at hand
    NO_CREDENTIAL = auto()  # there is nothing here that a certificate of ours has


@dataclass(frozen=True, slots=True)
class KeyBook:
    """The published keys of issuers, by the method that names them: `did:web:…#…`."""

    documents: Mapping[str, PublicKey]
    tokens: Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Checked:
    """The answer, and only if it is GENUINE what may be read: the content, and where its status is."""

    genuine: Genuine
    content: CertificateContent | None = None
    did: str = ""
    place: Place | None = None


def key_book(published: bytes) -> KeyBook:
    """The keys of a file that an issuer publishes: DID documents, in a list or alone.

    Raises ValueError for what is no such file. A key counts for the issuer in whose document it stands.
    """
    try:
        data = json.loads(published)
        documents = data if isinstance(data, list) else [data]
        methods = [
            (f"{document['id']}#", method)
            for document in documents
            for method in document["verificationMethod"]
            if method["id"] in document["assertionMethod"]
        ]
        own = [method for issuer, method in methods if method["id"].startswith(issuer)]
        return KeyBook(
            {
                each["id"]: public_key(each["publicKeyMultibase"])
                for each in own
                if each["type"] == "Multikey"
            },
            {each["id"]: each["publicKeyJwk"] for each in own if each["type"] == "JsonWebKey"},
        )
    except (KeyError, TypeError, AttributeError) as error:
        message = "not a file of published keys"
        raise ValueError(message) from error


def check_document(credential: bytes, book: KeyBook) -> Checked:
    """Check a signed document, by the keys at hand."""
    return _checked(lambda: _signed_document(credential, book))


def check_token(text: str, book: KeyBook) -> Checked:
    """Check the second form of a credential, as `check_document` does the first."""
    return _checked(lambda: _signed_token(text, book))


def _checked(read: Callable[[], Document]) -> Checked:
    try:
        said = read()
    except (proof.ProofError, DocumentError) as refused:
        return Checked(_OF.get(refused.code, Genuine.ALTERED))
    try:
        facts = from_canonical(content_in(said))
        issuer, place, words = _issuer_of(said), _place_of(said), said_in(said)
    except (LookupError, TypeError, ValueError):  # a ContentError is one
        return Checked(Genuine.ALTERED)
    # A signature is about what a document means, and two that are written differently may mean the same to a machine.
    # So nothing is read from it but where it belongs and how it was put, each as one plain text that was signed;
    # all else must be just what its content makes.
    if badge(facts, issuer, place, words) != said or (words.ends is None) != (facts.expires_on is None):
        return Checked(Genuine.ALTERED)
    return Checked(Genuine.GENUINE, facts, issuer.did, place)


_OF = {
    "unknown_key": Genuine.UNKNOWN_KEY, "unsigned": Genuine.NO_CREDENTIAL, "not_json": Genuine.NO_CREDENTIAL,
    "too_large": Genuine.NO_CREDENTIAL, "too_many_values": Genuine.NO_CREDENTIAL, "context": Genuine.NO_CREDENTIAL,
}  # fmt: skip


def _signed_document(credential: bytes, book: KeyBook) -> Document:
    document = read_document(credential)
    found = proof.check(document, book.documents.get)
    _must_be_of_issuer(document, found["verificationMethod"])
    return {name: value for name, value in document.items() if name != "proof"}


def _signed_token(text: str, book: KeyBook) -> Document:
    method = token.key_named(text)
    if method not in book.tokens:
        raise proof.ProofError("unknown_key")
    try:
        claims = token.claims_of(text, book.tokens[method])
    except ValueError as error:
        raise proof.ProofError("altered") from error
    _must_be_of_issuer(claims, method)
    said = {name: value for name, value in claims.items() if name not in token.CLAIMS}
    if token.claims(said) != claims:
        raise proof.ProofError("altered")
    return said


def _must_be_of_issuer(document: Document, method: str) -> None:
    """A key of one issuer signs nothing in the name of another."""
    issuer = document.get("issuer")
    did = issuer.get("id") if isinstance(issuer, dict) else None
    if method.partition("#")[0] != did:
        raise proof.ProofError("unknown_key")


def _issuer_of(said: Document) -> Issuer:
    return Issuer(said["issuer"]["id"], said["issuer"]["url"])


def _place_of(said: Document) -> Place:
    status = said["credentialStatus"]
    return Place(
        said["id"],
        said["credentialSubject"]["achievement"]["id"],
        status["statusListCredential"],
        int(status["statusListIndex"]),
    )
