"""Keep a secret that must be read again: encrypted, so that a copy of the database alone does not give it away."""

import base64
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

NONCE = 12  # bytes


def seal(secret_key: str, purpose: str, text: str) -> str:
    """A text encrypted with a key that follows from the house's secret (AES-256-GCM, HKDF-SHA256; base64).

    `purpose` says what it is and whose; the same has to be named to open it.
    """
    nonce = os.urandom(NONCE)
    sealed = AESGCM(_key(secret_key)).encrypt(nonce, text.encode(), purpose.encode())
    return base64.b64encode(nonce + sealed).decode()


def unseal(secret_key: str, purpose: str, sealed: str) -> str | None:
    """The text that was sealed; None if it was changed, or sealed for something else or with another secret."""
    data = base64.b64decode(sealed)
    try:
        return AESGCM(_key(secret_key)).decrypt(data[:NONCE], data[NONCE:], purpose.encode()).decode()
    except InvalidTag:
        return None


def _key(secret_key: str) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=b"kunnig sealed").derive(secret_key.encode())
