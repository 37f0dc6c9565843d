"""Browsers that are sent notices: at most one subscription a signed-in device, and none once it is signed out."""

import base64
import binascii
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

from sqlalchemy import ColumnElement, and_, delete, select

from lms.base.context import Context
from lms.base.errors import Invalid, NotFound
from lms.identity.models import PushSubscription, UserSession

LONGEST_ENDPOINT = 1000  # characters; those of the push services there are have a few hundred
KEY_BYTES, AUTH_BYTES = 65, 16  # RFC 8291, 3.1 and 3.2


@dataclass(frozen=True, slots=True)
class PushDevice:
    """A browser that can be sent a notice."""

    id: int
    endpoint: str
    key: bytes
    auth: bytes


def subscribe(ctx: Context, session_id: int, house_key: str, endpoint: str, key: str, auth: str) -> None:
    """Let notices be sent to the device of a session, and to nobody else who had them in this browser before.

    `house_key` is the public half of the key that signs them.

    Open: own session only. Raises Invalid for what no browser says, NotFound for a device that is not remembered: it
    is not the person's own.
    """
    here = ctx.db.get_one(UserSession, session_id)
    if not here.remembered:
        raise NotFound
    is_whole = is_endpoint(endpoint) and len(_bytes(key)) == KEY_BYTES and len(_bytes(auth)) == AUTH_BYTES
    if not is_whole or _bytes(key)[:1] != b"\x04":
        raise Invalid({"endpoint": "unknown"})
    for before in (PushSubscription.session_id == session_id, PushSubscription.endpoint == endpoint):
        ctx.db.execute(delete(PushSubscription).where(before))
    ctx.add_once(
        PushSubscription(
            session_id=session_id,
            account_id=ctx.who.account_id,
            endpoint=endpoint,
            key=key,
            auth=auth,
            house_key=house_key,
            created_at=ctx.now,
        )
    )
    ctx.note("push.on", here)


def unsubscribe(ctx: Context, session_id: int) -> None:
    """Send no more notices to the device of a session.

    Open: own session only.
    """
    ctx.db.execute(delete(PushSubscription).where(PushSubscription.session_id == session_id))
    ctx.note("push.off", ctx.db.get_one(UserSession, session_id))


Here = Literal["on", "off", "not_remembered"]


def push_here(ctx: Context, session_id: int, house_key: str) -> Here:
    """Whether notices signed with this key are sent to the device of a session, or why they cannot be. One statement.

    Open: own session only.
    """
    remembered, key = ctx.db.execute(
        select(UserSession.remembered, PushSubscription.house_key)
        .outerjoin(PushSubscription, PushSubscription.session_id == UserSession.id)
        .where(UserSession.id == session_id)
    ).one()
    if not remembered:
        return "not_remembered"
    return "on" if key == house_key else "off"


def push_devices(ctx: Context, account_id: int, house_key: str) -> list[PushDevice]:
    """Browsers of an account, signed in at the employer of this unit of work, that take notices signed with this key.

    One statement.

    Open: called by the worker.
    """
    rows = ctx.db.execute(
        select(PushSubscription.id, PushSubscription.endpoint, PushSubscription.key, PushSubscription.auth)
        .join(UserSession, UserSession.id == PushSubscription.session_id)
        .where(
            PushSubscription.account_id == account_id,
            UserSession.account_id == account_id,
            UserSession.employer_id == ctx.employer_id,
            PushSubscription.house_key == house_key,
            _is_alive(ctx),
        )
        .order_by(PushSubscription.id)
    )
    return [PushDevice(key, endpoint, _bytes(public), _bytes(auth)) for key, endpoint, public, auth in rows]


def drop_device(ctx: Context, device_id: int) -> None:
    """Forget a browser that its push service knows no more, or that can never be reached.

    Open: called by the worker.
    """
    ctx.db.execute(delete(PushSubscription).where(PushSubscription.id == device_id))


def forget_subscriptions(ctx: Context, most: int) -> int:
    """Delete subscriptions of devices that have fallen out of use, at most so many; returns how many.

    Open: called by the worker.
    """
    over = (
        select(PushSubscription.id)
        .join(UserSession, UserSession.id == PushSubscription.session_id)
        .where(~_is_alive(ctx))
        .limit(most)
    )
    gone = delete(PushSubscription).where(PushSubscription.id.in_(over)).returning(PushSubscription.id)
    return len(ctx.db.execute(gone.execution_options(synchronize_session=False)).all())


def end_subscriptions(ctx: Context, session_ids: Sequence[int]) -> None:
    """Forget the subscriptions of devices that are being signed out.

    Open: called by actions that have checked who asks.
    """
    if session_ids:
        ctx.db.execute(delete(PushSubscription).where(PushSubscription.session_id.in_(session_ids)))


def is_endpoint(address: str) -> bool:
    """Whether an address can be one of a push service: https, on the usual port, of a host with a public name.

    What the name leads to is looked at whenever something is sent there.
    """
    if len(address) > LONGEST_ENDPOINT or not re.fullmatch(r"https://[\x21-\x7e]+", address):
        return False
    try:
        parts = urlsplit(address)
        has_usual_port = parts.port in {None, 443}
    except ValueError:
        return False
    host = (parts.hostname or "").rstrip(".")
    is_plain = not (parts.username or parts.password or parts.fragment or "\\" in address)
    return has_usual_port and is_plain and "." in host and not _is_number(host) and not _is_inner(host)


def _is_number(host: str) -> bool:
    """Whether a host is an IP address, in one of the ways that somebody's resolver may take (WHATWG URL, 3.5)."""
    last = host.rpartition(".")[2]
    return ":" in host or re.fullmatch(r"\d+|0x[0-9a-f]*", last) is not None


def _is_inner(host: str) -> bool:
    """Whether a name is one that only a network of its own knows (RFC 6761, RFC 6762, RFC 9476, ICANN's .internal)."""
    return host.endswith((".localhost", ".local", ".internal", ".alt", ".home.arpa", ".test", ".invalid"))


def _is_alive(ctx: Context) -> ColumnElement[bool]:
    return and_(UserSession.revoked_at.is_(None), UserSession.expires_at > ctx.now)


def _bytes(text: str) -> bytes:
    """What base64url stands for; empty for what is none."""
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), b"-_", validate=True)
    except (binascii.Error, ValueError):
        return b""
