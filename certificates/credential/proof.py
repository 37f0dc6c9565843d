"""Sign a document and check its signature: Data Integrity with `eddsa-rdfc-2022` (W3C Recommendation of 2025)."""

import hashlib
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from certificates.credential.keys import PublicKey, SigningKey, from_multibase, multibase
from certificates.credential.linked_data import Document, DocumentError, canonical

_SUITE = {
    "type": "DataIntegrityProof",
    "cryptosuite": "eddsa-rdfc-2022",
    "proofPurpose": "assertionMethod",
}
_OPTIONS = frozenset({*_SUITE, "created", "verificationMethod"})
_SIGNATURE, LONGEST_SIGNATURE = 64, 100  # bytes, letters


class ProofError(ValueError):
    """A signature that does not hold: `unsigned`, `unknown_key` or `altered`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def signed(
    document: Document,
    key: SigningKey,
    method: str,
    at: datetime,
    *,
    contexts: Mapping[str, Document] | None = None,
) -> Document:
    """The document with a proof (in an array, as Open Badges has it) of a key that is published under `method`.

    Raises DocumentError for a document that cannot be signed.
    """
    options = {**_SUITE, "created": f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}", "verificationMethod": method}
    signature = key.sign(digests(document, options, contexts))
    return {**document, "proof": [{**options, "proofValue": multibase(signature)}]}


def check(
    document: Document,
    key_of: Callable[[str], PublicKey | None],
    *,
    contexts: Mapping[str, Document] | None = None,
) -> dict[str, Any]:
    """The proof of a document, if it holds; `key_of` finds the public half by the method that the proof names.

    Raises ProofError (unsigned, unknown_key, altered) and DocumentError for what is no document of ours.
    """
    proof = _proof_of(document)
    key = key_of(proof["verificationMethod"])
    if key is None:
        raise ProofError("unknown_key")
    bare = {name: value for name, value in document.items() if name != "proof"}
    options = {name: value for name, value in proof.items() if name != "proofValue"}
    if not key.has_signed(digests(bare, options, contexts), _signature(proof["proofValue"])):
        raise ProofError("altered")
    return proof


def key_named(document: Document) -> str:
    """The method that a document's proof names, unchecked. Raises ProofError (unsigned)."""
    return str(_proof_of(document)["verificationMethod"])


def _proof_of(document: Document) -> dict[str, Any]:
    """The one proof of the document, in or without an array; of our suite, with nothing that is not checked."""
    proofs = document.get("proof")
    if isinstance(proofs, list) and len(proofs) == 1:
        proofs = proofs[0]
    if not isinstance(proofs, dict):
        raise ProofError("unsigned")
    said = all(isinstance(value, str) for value in proofs.values())
    if not said or proofs.keys() != _OPTIONS | {"proofValue"} or not _SUITE.items() <= proofs.items():
        raise ProofError("unsigned")
    return proofs


def _signature(text: str) -> bytes:
    if len(text) > LONGEST_SIGNATURE:  # base 58 takes time that grows with the square
        raise ProofError("altered")
    try:
        data = from_multibase(text)
    except ValueError as error:
        raise ProofError("altered") from error
    if len(data) != _SIGNATURE:
        raise ProofError("altered")
    return data


def digests(
    document: Document, options: Mapping[str, Any], contexts: Mapping[str, Document] | None = None
) -> bytes:
    """What is signed: the digest of the proof's own terms, then that of the document (SHA-256 each)."""
    terms = {"@context": document.get("@context"), **options}
    return b"".join(hashlib.sha256(canonical(part, contexts)).digest() for part in (terms, document))


__all__ = ["DocumentError", "ProofError", "check", "digests", "key_named", "signed"]
