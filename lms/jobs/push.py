"""Send a notice to somebody's browsers by their push services, which see neither its words nor who it is for."""

import hashlib
import json
from collections.abc import Collection
from datetime import UTC, datetime
from http.client import HTTPException

from jinja2 import Environment

from lms.base.context import House, work
from lms.identity.push import PushDevice, drop_device
from lms.jobs.outgoing import NotPublic, post
from lms.messages.push_sealing import sealed, signature

KEPT = 24 * 60 * 60  # seconds a push service keeps it for a phone that is off
GONE = frozenset({404, 410})  # RFC 8030, 7.3


class PushUnavailable(Exception):
    """No push service of somebody's browsers takes it now; it says nothing of others'. `code` is what one answered."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


def compose(env: Environment, kind: str, message_id: str) -> bytes:
    """What the browser shows: a line without names or courses, and what is opened by a tap."""
    return json.dumps(
        {
            "title": "Kunnig",
            "body": env.get_template("push.txt").render(kind=kind).strip(),
            "url": "/messages",
            "tag": _short(message_id),
        },
        ensure_ascii=False,
    ).encode()


def send(house: House, devices: Collection[PushDevice], text: bytes, message_id: str) -> bool | None:
    """Hand a notice over for each of somebody's browsers; whether one was taken, or (None) none of them is left.

    Those that are gone are forgotten. Raises PushUnavailable: then try again later, with the same id.
    """
    answers = {device.id: _answer(house, device, text, message_id) for device in devices}
    for device_id in (key for key, answer in answers.items() if answer in GONE):
        with work(house) as ctx:
            drop_device(ctx, device_id)
    if any(200 <= answer < 300 for answer in answers.values()):
        return True
    waiting = [answer for answer in answers.values() if answer not in GONE]
    if waiting:
        raise PushUnavailable(waiting[0])
    return None


def _answer(house: House, device: PushDevice, text: bytes, message_id: str) -> int:
    """The status a push service answers with; 0 if it does not, 410 if there can be none at this address."""
    settings = house.settings
    contact, key = settings.public_url, settings.push_key.get_secret_value()
    try:
        headers = {
            "Authorization": signature(key, device.endpoint, contact, datetime.now(UTC)),
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
            "TTL": str(KEPT),
            "Topic": _short(message_id),  # sent again, it takes the place of the one before
            "Urgency": "normal",
        }
        return post(device.endpoint, sealed(text, device.key, device.auth), headers, only_public=True)
    except (OSError, HTTPException):  # first: a certificate that is not the host's is a ValueError, too
        return 0
    except (NotPublic, ValueError):
        return 410


def _short(message_id: str) -> str:
    """A name of a message for who shall not know it: 32 characters (RFC 8030, 5.4)."""
    return hashlib.sha256(message_id.encode()).hexdigest()[:32]
