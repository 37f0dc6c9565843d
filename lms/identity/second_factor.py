"""The second factors of an account: which there are, when a device has proven one, telling of every change."""

from dataclasses import dataclass
from datetime import datetime
from secrets import token_urlsafe
from uuid import UUID

from sqlalchemy import delete, exists, or_, select, update

from lms.base.context import Context
from lms.base.db import Base
from lms.base.errors import Conflict, NotAllowed
from lms.identity.factor_rules import is_fresh
from lms.identity.models import Account, AuthenticatorApp, Passkey, RecoveryCode, UserSession
from lms.identity.queries import is_recent
from lms.identity.rules import token_hash

# SQL condition on an account: it has a second factor.
HAS_FACTOR = or_(
    exists().where(AuthenticatorApp.account_id == Account.id, AuthenticatorApp.confirmed_at.is_not(None)),
    exists().where(Passkey.account_id == Account.id),
)


@dataclass(frozen=True, slots=True)
class OwnPasskey:
    """A passkey as its owner knows it: what it was made with, when, and when it was last used."""

    public_id: UUID
    device: str
    created_at: datetime
    used_at: datetime | None


@dataclass(frozen=True, slots=True)
class OwnFactors:
    """The second factors of an account, how many recovery codes are left, and a name for the ten they are of."""

    app_since: datetime | None
    passkeys: tuple[OwnPasskey, ...]
    codes_left: int
    codes_name: str


@dataclass(frozen=True, slots=True)
class Proven:
    """A device that has proven the second factor: its new raw token, and new recovery codes where some were made."""

    token: str
    remembered: bool
    codes: tuple[str, ...] = ()


def own_factors(ctx: Context) -> OwnFactors:
    """The second factors of the signed-in account. Three statements.

    Open: own account only.
    """
    account_id = ctx.who.account_id
    app_since = ctx.db.scalar(
        select(AuthenticatorApp.confirmed_at).where(AuthenticatorApp.account_id == account_id)
    )
    passkeys = ctx.db.execute(
        select(Passkey.public_id, Passkey.device, Passkey.created_at, Passkey.used_at)
        .where(Passkey.account_id == account_id)
        .order_by(Passkey.id)
    )
    codes = ctx.db.execute(
        select(RecoveryCode.code_hash, RecoveryCode.used_at).where(RecoveryCode.account_id == account_id)
    ).all()
    return OwnFactors(
        app_since,
        tuple(OwnPasskey(*row) for row in passkeys),
        codes_left=sum(used_at is None for _hash, used_at in codes),
        codes_name=token_hash("".join(sorted(hashed for hashed, _used_at in codes))),
    )


def has_factor(ctx: Context) -> bool:
    """Whether the signed-in account has a second factor.

    Open: own account only.
    """
    return bool(ctx.db.scalar(select(HAS_FACTOR).where(Account.id == ctx.who.account_id)))


def require_fresh(ctx: Context, session_id: int) -> None:
    """Refuse to go on unless the account's second factor was proven on this device just now.

    Where it has none yet, a sign-in or a proof of a short while ago is asked for: nobody sets up a factor of
    their own on a device left lying.

    Open: own session only. Raises Conflict, or NotAllowed where there is no factor: then ask for the proof and
    come back.
    """
    if not has_factor(ctx):
        if not is_recent(ctx, session_id):
            raise NotAllowed("prove_first")
        return
    proven_at = ctx.db.scalar(
        select(UserSession.second_factor_at).where(
            UserSession.id == session_id, UserSession.account_id == ctx.who.account_id
        )
    )
    if not is_fresh(proven_at, ctx.now):
        raise Conflict("proof_needed")


def prove_session(ctx: Context, session_id: int, codes: tuple[str, ...] = ()) -> Proven:
    """Note that the second factor was proven on a device, which gets a new token; its life stays as it was.

    Open: own session only; called when the factor has been proven.
    """
    token = token_urlsafe(32)
    remembered = ctx.db.scalar(
        update(UserSession)
        .where(UserSession.id == session_id, UserSession.account_id == ctx.who.account_id)
        .values(token_hash=token_hash(token), second_factor_at=ctx.now)
        .returning(UserSession.remembered)
    )
    return Proven(token, bool(remembered), codes)


def prove_new_session(ctx: Context, token: str) -> None:
    """Note that the device that has just got this token came in with both factors at once.

    Open: called when a passkey has proven both.
    """
    ctx.db.execute(
        update(UserSession)
        .where(UserSession.token_hash == token_hash(token))
        .values(second_factor_at=ctx.now)
        .execution_options(synchronize_session=False)
    )


def tell(ctx: Context, what: str, about: Base, person_id: int) -> None:
    """Write a change of how somebody signs in into the audit, and have it told to the person by mail.

    Open: called by the actions that have made the change.
    """
    entry = ctx.note(f"second_factor.{what}", about)
    ctx.db.flush()
    ctx.later("after_sign_in_change", str(entry.id), audit_id=entry.id, person_id=person_id)


def tell_own(ctx: Context, what: str, session_id: int) -> None:
    """Write a change of the signed-in person's own factors into the audit, and have it told to them.

    Open: own account only.
    """
    tell(ctx, what, ctx.db.get_one(UserSession, session_id), ctx.who.person_id)


def forget_proofs_without_factor(ctx: Context) -> None:
    """Once the last factor of the signed-in account is gone: neither its recovery codes nor what devices proved count.

    Open: own account only.
    """
    if has_factor(ctx):
        return
    account_id = ctx.who.account_id
    ctx.db.execute(delete(RecoveryCode).where(RecoveryCode.account_id == account_id))
    ctx.db.execute(
        update(UserSession).where(UserSession.account_id == account_id).values(second_factor_at=None)
    )


def forget_factors(ctx: Context, account_id: int) -> None:
    """Take all second factors and recovery codes from an account.

    Open: called by the action that has checked who asks.
    """
    for table in (AuthenticatorApp, Passkey, RecoveryCode):
        ctx.db.execute(delete(table).where(table.account_id == account_id))


def forget_new_factors(ctx: Context, account_id: int, since: datetime) -> None:
    """Take the second factors that an account has got since a time, and the recovery codes shown with them.

    Open: called when somebody has said that it was not them.
    """
    removed: list[int] = []
    for table in (AuthenticatorApp, Passkey):
        gone = delete(table).where(table.account_id == account_id, table.created_at >= since)
        removed += ctx.db.scalars(gone.returning(table.id))
    if removed:
        ctx.db.execute(delete(RecoveryCode).where(RecoveryCode.account_id == account_id))
