"""Read accounts: who an address or number belongs to, what of theirs they can come back with."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import bindparam, exists, or_, select

from lms.base.context import Context
from lms.identity.models import Account, Identifier, LinkToken, Passkey, SignInChange, UserSession
from lms.identity.rules import PROOF_LASTS, code_hash, normal_name, normal_slip_code, token_hash

# SQL condition on an account: its person can come back, by something they have shown to have. An address that was
# only typed is none: it may be mistyped.
CAN_COME_BACK = or_(
    Account.password_hash.is_not(None),
    exists().where(Identifier.account_id == Account.id, Identifier.verified_at.is_not(None)),
    exists().where(Passkey.account_id == Account.id),
)


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
    password: bool = False  # whether there is one


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


def open_slip(ctx: Context, typed: str, employer_id: int) -> LinkToken | None:
    """An employer's slip with the code somebody typed, if it is unused, in time, and its account never activated.

    Open: whoever has the slip asks before they are signed in.
    """
    code = normal_slip_code(typed)
    secret = ctx.house.settings.secret_key.get_secret_value()
    return ctx.db.scalar(
        select(LinkToken)
        .join(Account, Account.id == LinkToken.account_id)
        .where(
            LinkToken.kind == "slip",
            LinkToken.employer_id == employer_id,
            LinkToken.code_hash == code_hash(secret, "slip", code or ""),
            LinkToken.used_at.is_(None),
            LinkToken.expires_at > ctx.now,
            Account.activated_at.is_(None),
        )
    )


def held_addresses(ctx: Context, values: Collection[str]) -> dict[tuple[str, str], int]:
    """Which of some addresses and numbers an account had until lately and may get back: (kind, value) -> account.

    Open: called by the import, which has checked who asks; the answer stays in the plan.
    """
    rows = ctx.db.execute(
        select(SignInChange.kind, SignInChange.old_value, SignInChange.account_id).where(
            SignInChange.old_value.in_(values),
            SignInChange.done_at.is_not(None),
            SignInChange.stopped_at.is_(None),
            SignInChange.stop_until > ctx.now,
        )
    )
    return {(kind, str(value)): account_id for kind, value, account_id in rows}


def own_ways(ctx: Context) -> OwnWays:
    """The e-mail address and phone number the signed-in account can be named by, and whether it has a password.

    Open: own account only. One statement.
    """
    rows = ctx.db.execute(
        select(Identifier.kind, Identifier.value, Account.password_hash.is_not(None))
        .select_from(Account)
        .outerjoin(Identifier, Identifier.account_id == Account.id)
        .where(Account.id == ctx.who.account_id)
    ).all()
    values = {kind: value for kind, value, _password in rows}
    return OwnWays(values.get("email"), values.get("phone"), password=bool(rows and rows[0][2]))


def is_held(ctx: Context, account_id: int, kind: str, value: str) -> bool:
    """Whether another account may still get this address or number back, which it had until lately.

    Open: called by actions that have checked who asks.
    """
    found = ctx.db.scalar(
        select(SignInChange.id)
        .where(
            SignInChange.kind == kind,
            SignInChange.old_value == value,
            SignInChange.account_id != account_id,
            SignInChange.done_at.is_not(None),
            SignInChange.stopped_at.is_(None),
            SignInChange.stop_until > ctx.now,
        )
        .limit(1)
    )
    return found is not None


def is_proven(ctx: Context, session_id: int) -> bool:
    """Whether somebody has shown on this device, a short while ago, who they are, or has nothing to show it by yet.

    Open: own session only.
    """
    proven_at = ctx.db.scalar(select(UserSession.proven_at).where(UserSession.id == session_id))
    if proven_at is not None and proven_at > ctx.now - PROOF_LASTS:
        return True
    return not ctx.db.scalar(select(CAN_COME_BACK).where(Account.id == ctx.who.account_id))


def is_recent(ctx: Context, session_id: int) -> bool:
    """Whether somebody has signed in on this device, or shown again who they are, a short while ago.

    Open: own session only.
    """
    times = ctx.db.execute(
        select(UserSession.created_at, UserSession.proven_at).where(UserSession.id == session_id)
    ).one()
    return any(at is not None and at > ctx.now - PROOF_LASTS for at in times)


@dataclass(frozen=True, slots=True)
class Device:
    """A device the account is signed in on: browser and system in short words, and when it was last used."""

    public_id: UUID
    session_id: int
    name: str
    seen_at: datetime


_DEVICES = (
    select(UserSession.public_id, UserSession.id, UserSession.device, UserSession.seen_at)
    .where(
        UserSession.account_id == bindparam("account"),
        UserSession.revoked_at.is_(None),
        UserSession.expires_at > bindparam("now"),
    )
    .order_by(UserSession.seen_at.desc(), UserSession.id.desc())
)


def own_devices(ctx: Context) -> list[Device]:
    """Devices the signed-in account is signed in on now, the one used last first. One statement.

    Open: own account only.
    """
    return [Device(*row) for row in ctx.rows(_DEVICES, account=ctx.who.account_id, now=ctx.now)]
