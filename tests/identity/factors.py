"""For the tests of second factors: a session to prove them on, codes of an app, and an authenticator in software."""

import hashlib
import json
from dataclasses import dataclass, field
from datetime import datetime
from secrets import token_bytes

import cbor2
import pyotp
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from sqlalchemy import select
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url

from lms.base.context import House
from lms.identity.actions import start_session
from lms.identity.authenticator_app import begin_app, confirm_app
from lms.identity.models import UserSession
from lms.identity.rules import token_hash
from tests.builders import Town

ORIGIN = "http://localhost:8000"
PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40  # flags of authenticator data (WebAuthn Level 3, 6.1)


def on_localhost(house: House) -> House:
    """The same house at an address where passkeys work."""
    return House(house.settings.model_copy(update={"public_url": ORIGIN}), house.engine, house.files)


def session_of(town: Town, name: str, now: datetime) -> int:
    """A device somebody is signed in on."""
    actor = town.actor(name)
    token = start_session(
        town.house,
        account_id=actor.account_id,
        employer_id=actor.employer_id,
        user_agent="test",
        remember=False,
        now=now,
    )
    with town.work(name, writes=False) as ctx:
        return ctx.db.scalars(select(UserSession.id).where(UserSession.token_hash == token_hash(token))).one()


def give_app(town: Town, name: str, now: datetime) -> tuple[str, tuple[str, ...]]:
    """Let somebody have an app with codes, set up on a device of its own: its key, and the recovery codes."""
    session = session_of(town, name, now)
    with town.work(name, now=now) as ctx:
        key = begin_app(ctx, session).key
    with town.work(name, now=now) as ctx:
        proven = confirm_app(ctx, session, code(key, now))
    assert proven is not None
    return key, proven.codes


def code(key: str, at: datetime) -> str:
    """What an app shows."""
    return pyotp.TOTP(key).at(at)


@dataclass
class SoftAuthenticator:
    """An authenticator as WebAuthn describes it, with one passkey (ES256), that also does what no real one does."""

    origin: str = ORIGIN
    domain: str = "localhost"
    flags: int = PRESENT | VERIFIED
    count: int = 0  # 0: does not count
    counts: bool = False
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    credential_id: bytes = field(default_factory=lambda: token_bytes(32))

    def make(self, options: str) -> str:
        """Answer to options for a new passkey."""
        numbers = self.key.public_key().public_numbers()
        cose = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32), -3: numbers.y.to_bytes(32)}
        attested = bytes(16) + len(self.credential_id).to_bytes(2) + self.credential_id + cbor2.dumps(cose)
        attestation = {"fmt": "none", "attStmt": {}, "authData": self._data(ATTESTED) + attested}
        return self._answer(
            {
                "clientDataJSON": self._client_data("webauthn.create", options),
                "attestationObject": cbor2.dumps(attestation),
            }
        )

    def sign(self, options: str) -> str:
        """Answer to options for a proof."""
        self.count += self.counts
        data, client_data = self._data(0), self._client_data("webauthn.get", options)
        signed = self.key.sign(data + hashlib.sha256(client_data).digest(), ec.ECDSA(SHA256()))
        return self._answer({"clientDataJSON": client_data, "authenticatorData": data, "signature": signed})

    def _data(self, more: int) -> bytes:
        digest = hashlib.sha256(self.domain.encode()).digest()
        return digest + (self.flags | more).to_bytes() + self.count.to_bytes(4)

    def _client_data(self, kind: str, options: str) -> bytes:
        challenge = json.loads(options)["challenge"]
        return json.dumps({"type": kind, "challenge": challenge, "origin": self.origin}).encode()

    def _answer(self, response: dict[str, bytes]) -> str:
        name = bytes_to_base64url(self.credential_id)
        return json.dumps(
            {
                "id": name,
                "rawId": name,
                "type": "public-key",
                "response": {part: bytes_to_base64url(value) for part, value in response.items()},
            }
        )


def other_signature(answer: str) -> str:
    """The same answer with one bit of its signature turned."""
    changed = json.loads(answer)
    signature = bytearray(base64url_to_bytes(changed["response"]["signature"]))
    signature[-1] ^= 1
    changed["response"]["signature"] = bytes_to_base64url(bytes(signature))
    return json.dumps(changed)
