"""A browser that takes notices, as RFC 8291 and RFC 8188 say it opens them: written apart from what seals them."""

import base64
import os

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def raw(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


class TakingBrowser:
    """Keys of its own, and what it tells a site that it subscribes to."""

    def __init__(self, private="", auth=""):
        number = int.from_bytes(raw(private), "big") if private else None
        curve = ec.SECP256R1()
        self.private = ec.derive_private_key(number, curve) if number else ec.generate_private_key(curve)
        self.auth_bytes = raw(auth) if auth else os.urandom(16)
        point = self.private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        self.point, self.key, self.auth = point, b64(point), b64(self.auth_bytes)

    def opened(self, body):
        """The text of what the push service hands on."""
        salt, size, length = body[:16], int.from_bytes(body[16:20], "big"), body[20]
        sender, record = body[21 : 21 + length], body[21 + length :]
        assert len(body) <= size == 4096
        peer = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), sender)
        shared = self.private.exchange(ec.ECDH(), peer)
        secret = HKDF(SHA256(), 32, self.auth_bytes, b"WebPush: info\x00" + self.point + sender).derive(
            shared
        )
        key = HKDF(SHA256(), 16, salt, b"Content-Encoding: aes128gcm\x00").derive(secret)
        nonce = HKDF(SHA256(), 12, salt, b"Content-Encoding: nonce\x00").derive(secret)
        text, delimiter, padding = AESGCM(key).decrypt(nonce, record, None).partition(b"\x02")
        assert (delimiter, padding.strip(b"\0")) == (b"\x02", b"")
        return text
