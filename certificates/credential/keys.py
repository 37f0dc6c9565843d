"""The keys of an issuer: Ed25519 for the document itself, RSA for its second form as a token; both halves of each."""

from dataclasses import dataclass
from typing import Any

import base58
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from joserfc.jwk import RSAKey

RSA_BITS = 3072
_RAW = 32  # bytes of either half of an Ed25519 key
_PUBLIC, _SECRET = b"\xed\x01", b"\x80\x26"  # what stands before them (Multikey, Controlled Identifiers 1.0)


@dataclass(frozen=True, slots=True)
class PublicKey:
    """The public half of an Ed25519 key, by which anybody checks a signature."""

    raw: bytes

    @property
    def multibase(self) -> str:
        """As it is published, and named: `z6Mk…`."""
        return multibase(_PUBLIC + self.raw)

    def has_signed(self, message: bytes, signature: bytes) -> bool:
        """Whether its secret half has signed exactly this."""
        try:
            Ed25519PublicKey.from_public_bytes(self.raw).verify(signature, message)
        except InvalidSignature:
            return False
        return True


@dataclass(frozen=True, slots=True, repr=False)
class SigningKey:
    """The secret half of an Ed25519 key; never shown."""

    raw: bytes

    @property
    def public(self) -> PublicKey:
        """Its other half."""
        return PublicKey(self._key().public_key().public_bytes_raw())

    def sign(self, message: bytes) -> bytes:
        """A signature of 64 bytes; the same message has the same one."""
        return self._key().sign(message)

    @property
    def multibase(self) -> str:
        """As it is written down, to be kept where nobody else reads it."""
        return multibase(_SECRET + self.raw)

    def _key(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self.raw)


def new_signing_key() -> SigningKey:
    """A key by chance."""
    return SigningKey(Ed25519PrivateKey.generate().private_bytes_raw())


def public_key(text: str) -> PublicKey:
    """A public half as it is published. Raises ValueError for what is none."""
    return PublicKey(_without(_PUBLIC, text))


def signing_key(text: str) -> SigningKey:
    """A secret half as others write it down (`secretKeyMultibase`). Raises ValueError for what is none."""
    return SigningKey(_without(_SECRET, text))


def _without(prefix: bytes, text: str) -> bytes:
    data = from_multibase(text)
    if not data.startswith(prefix) or len(data) != len(prefix) + _RAW:
        message = "not an Ed25519 key"
        raise ValueError(message)
    return data.removeprefix(prefix)


def multibase(data: bytes) -> str:
    """Bytes as text: `z` and base 58 with Bitcoin's alphabet."""
    return "z" + base58.b58encode(data).decode()


def from_multibase(text: str) -> bytes:
    """Bytes from text. Raises ValueError if it is not base 58 with a `z` before it."""
    if not text.startswith("z"):
        message = "not multibase with base 58"
        raise ValueError(message)
    return bytes(base58.b58decode(text[1:]))


def new_token_key() -> dict[str, Any]:
    """An RSA key by chance, both halves, as a JSON Web Key that is named by its thumbprint (RFC 7638)."""
    key = RSAKey.generate_key(RSA_BITS)
    return {**key.as_dict(private=True), "kid": key.thumbprint(), "alg": "RS256", "use": "sig"}


def public_half(token_key: dict[str, Any]) -> dict[str, Any]:
    """What of an RSA key is published."""
    return {
        **RSAKey.import_key(token_key).as_dict(private=False), "kid": token_key["kid"], "alg": "RS256", "use": "sig",
    }  # fmt: skip
