"""Read accounts: who an address or number belongs to, what of theirs they can come back with."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from lms.base.context import Context
from lms.identity.models import Account, Identifier, LinkToken, UserSession
from lms.identity.rules import code_hash, normal_name, normal_slip_code, token_hash


@dataclass(frozen=True, slots=True)
class NamedAccount:
    """An account as found by the address or number somebody typed."""

    account_id: int
    password_hash: str | None
    activated: bool


@dataclass(frozen=True, slots=True)
class OwnWays:
    """What an account can be named by; None where there is none."""

    email: str | None
    phone: str | None


def named_account(ctx: Context, name: str) -> NamedAccount | None:
    """The account with this e-mail address or phone number, however it was typed; None if there is none.

    Open: asked before anybody is signed in; the answer never leaves the capability.
    """
    kind, value = normal_name(name, ctx.country)
    if value is None:
        return None
    row = ctx.db.execute(
        select(Account.id, Account.password_hash, Account.activated_at)
        .join(Identifier, Identifier.account_id == Account.id)
        .where(Identifier.kind == kind, Identifier.value == value)
    ).first()
    return NamedAccount(row[0], row[1], row[2] is not None) if row else None


def is_link_open(ctx: Context, token: str) -> bool:
    """Whether a mailed link can still be used. Does not use it up.

    Open: whoever has the token asks before they are signed in.
    """
    found = ctx.db.scalar(
        select(LinkToken.id).where(
            LinkToken.kind == "mail",
            LinkToken.token_hash == token_hash(token),
            LinkToken.used_at.is_(None),
            LinkToken.expires_at > ctx.now,
        )
    )
    return found is not None


def open_slip(ctx: Context, typed: str) -> LinkToken | None:
    """The slip with the code somebody typed, if it is unused, in time, and its account was never activated.

    Open: whoever has the slip asks before they are signed in.
    """
    code = normal_slip_code(typed)
    secret = ctx.house.settings.secret_key.get_secret_value()
    return ctx.db.scalar(
        select(LinkToken)
        .join(Account, Account.id == LinkToken.account_id)
        .where(
            LinkToken.kind == "slip",
            LinkToken.code_hash == code_hash(secret, "slip", code or ""),
            LinkToken.used_at.is_(None),
            LinkToken.expires_at > ctx.now,
            Account.activated_at.is_(None),
        )
    )


def own_ways(ctx: Context) -> OwnWays:
    """The e-mail address and phone number the signed-in account can be named by.

    Open: own account only.
    """
    rows = ctx.db.execute(
        select(Identifier.kind, Identifier.value).where(Identifier.account_id == ctx.who.account_id)
    )
    values = {kind: value for kind, value in rows}  # noqa: C416  (dict() takes a result for a mapping)
    return OwnWays(values.get("email"), values.get("phone"))


@dataclass(frozen=True, slots=True)
class Device:
    """A device the account is signed in on: browser and system in short words, and when it was last used."""

    session_id: int
    name: str
    seen_at: datetime


def own_devices(ctx: Context) -> list[Device]:
    """Devices the signed-in account is signed in on now, the one used last first. One statement.

    Open: own account only.
    """
    rows = ctx.db.execute(
        select(UserSession.id, UserSession.device, UserSession.seen_at)
        .where(
            UserSession.account_id == ctx.who.account_id,
            UserSession.revoked_at.is_(None),
            UserSession.expires_at > ctx.now,
        )
        .order_by(UserSession.seen_at.desc(), UserSession.id.desc())
    )
    return [Device(*row) for row in rows]
