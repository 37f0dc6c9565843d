"""A notice on its way to a browser: encrypted for it alone (RFC 8291), and signed by this house (VAPID, RFC 8292)."""

import base64
import os
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc import jwt
from joserfc.jwk import ECKey

SIGNED_FOR = timedelta(hours=12)  # at most a day (RFC 8292, 2)
RECORD = 4096  # bytes; what push services take at least
CURVE = ec.SECP256R1()


def new_key() -> str:
    """A private key by chance, as `KUNNIG_PUSH_KEY` holds it (P-256, base64url)."""
    return _text(ec.generate_private_key(CURVE).private_numbers().private_value.to_bytes(32, "big"))


def public_key(push_key: str) -> str:
    """The public half of a key, as browsers ask for it: so no other house can write to who has subscribed here."""
    return _text(_point(_private(push_key)))


def sealed(text: bytes, device_key: bytes, auth: bytes, *, own: str = "", salt: bytes = b"") -> bytes:
    """A text encrypted for the browser with this public key and secret; `own` key and salt by chance unless given.

    Raises ValueError for what is no key.
    """
    ours, salt = _private(own or new_key()), salt or os.urandom(16)
    shared = ours.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(CURVE, device_key))
    secret = _derived(shared, auth, b"WebPush: info\0" + device_key + _point(ours), 32)
    key = _derived(secret, salt, b"Content-Encoding: aes128gcm\0", 16)
    nonce = _derived(secret, salt, b"Content-Encoding: nonce\0", 12)
    header = salt + RECORD.to_bytes(4, "big") + bytes([len(_point(ours))]) + _point(ours)
    return header + AESGCM(key).encrypt(nonce, text + b"\x02", None)  # 2: the last record (RFC 8188, 2)


def signature(push_key: str, endpoint: str, contact: str, now: datetime) -> str:
    """The header by which a push service sees which house sends, and whom to ask about it."""
    parts = urlsplit(endpoint)
    claims = {
        "aud": f"{parts.scheme}://{parts.netloc}",
        "exp": int((now + SIGNED_FOR).timestamp()),
        "sub": contact,
    }
    key = ECKey.import_key({"kty": "EC", "crv": "P-256", "d": push_key, **_coordinates(push_key)})
    token = jwt.encode({"typ": "JWT", "alg": "ES256"}, claims, key)
    return f"vapid t={token},k={public_key(push_key)}"


def _private(text: str) -> ec.EllipticCurvePrivateKey:
    number = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    return ec.derive_private_key(int.from_bytes(number, "big"), CURVE)


def _point(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def _coordinates(text: str) -> dict[str, str]:
    point = _point(_private(text))
    return {"x": _text(point[1:33]), "y": _text(point[33:])}


def _derived(secret: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    return HKDF(algorithm=SHA256(), length=length, salt=salt, info=info).derive(secret)


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
