"""An app on the phone that shows six digits, new ones every 30 seconds, as second factor (TOTP, RFC 6238)."""

from dataclasses import dataclass
from datetime import datetime

import pyotp
from pyotp.exceptions import OTPVerificationError
from sqlalchemy import delete, select, update

from lms.base.context import Context
from lms.base.errors import Conflict, Expired
from lms.identity.changes import tell_new_factor
from lms.identity.factor_rules import KEY_LASTS
from lms.identity.models import AuthenticatorApp
from lms.identity.recovery_codes import first_codes
from lms.identity.rules import normal_mail_code
from lms.identity.sealing import seal, unseal
from lms.identity.second_factor import (
    Proven,
    forget_proofs_without_factor,
    prove_session,
    require_fresh,
    tell_own,
)

ISSUER = "Kunnig"
TOLERANCE = 1  # steps of 30 seconds that a phone's clock may be off, either way


@dataclass(frozen=True, slots=True)
class AppKey:
    """A key for an app: to be typed, and as the address (otpauth) that opens the app or stands in the QR code."""

    key: str
    address: str


def step_of_code(key: str, typed: str, at: datetime) -> int | None:
    """The step (30 seconds each since 1970) a typed code belongs to, one step off at most; None if it is wrong."""
    code = normal_mail_code(typed)
    if code is None:
        return None
    try:
        return pyotp.TOTP(key).verify_and_get_timecode(code, for_time=at, valid_window=TOLERANCE)
    except OTPVerificationError:
        return None


def begin_app(ctx: Context, session_id: int) -> AppKey:
    """The key for a new app; the same for an hour, until a code of the app confirms it.

    Open: own account only. Raises Conflict if there is an app already, or another factor that was not proven
    just now.
    """
    require_fresh(ctx, session_id)
    account_id = ctx.who.account_id
    row = ctx.db.scalar(select(AuthenticatorApp).where(AuthenticatorApp.account_id == account_id))
    if row is not None and row.confirmed_at is not None:
        raise Conflict("app_there")
    key = _key(ctx, row) if row is not None and ctx.now - row.created_at < KEY_LASTS else None
    if key is None:
        key = pyotp.random_base32()
        ctx.db.execute(delete(AuthenticatorApp).where(AuthenticatorApp.account_id == account_id))
        sealed = seal(_secret(ctx), _purpose(account_id), key)
        ctx.add_once(
            AuthenticatorApp(account_id=account_id, sealed_key=sealed, last_step=0, created_at=ctx.now)
        )
    return AppKey(key, pyotp.TOTP(key, name=ctx.who.name, issuer=ISSUER).provisioning_uri())


def confirm_app(ctx: Context, session_id: int, typed: str) -> Proven | None:
    """Set up the app with a code that it shows; None if the code is wrong.

    Open: own account only. Raises Expired if no key was given out within the last hour, Conflict as `begin_app`.
    """
    require_fresh(ctx, session_id)
    row = ctx.db.scalar(
        select(AuthenticatorApp).where(
            AuthenticatorApp.account_id == ctx.who.account_id,
            AuthenticatorApp.confirmed_at.is_(None),
            AuthenticatorApp.created_at > ctx.now - KEY_LASTS,
        )
    )
    if row is None:
        raise Expired("key_over")
    step = _step(ctx, row, typed)
    if step is None:
        return None
    row.confirmed_at, row.last_step = ctx.now, step
    ctx.db.flush()
    tell_new_factor(ctx, "app", session_id)
    return prove_session(ctx, session_id, first_codes(ctx))


def prove_with_app(ctx: Context, session_id: int, typed: str) -> Proven | None:
    """Prove the second factor with the code an app shows; None if it is wrong or was used before.

    Open: own session only; the code is the proof. Count the try first.
    """
    row = ctx.db.scalar(
        select(AuthenticatorApp).where(
            AuthenticatorApp.account_id == ctx.who.account_id, AuthenticatorApp.confirmed_at.is_not(None)
        )
    )
    step = _step(ctx, row, typed) if row else None
    if row is None or step is None:
        return None
    taken = ctx.db.scalar(  # one code is taken once, also when it is sent twice at the same time
        update(AuthenticatorApp)
        .where(AuthenticatorApp.id == row.id, AuthenticatorApp.last_step < step)
        .values(last_step=step)
        .returning(AuthenticatorApp.id)
        .execution_options(synchronize_session=False)
    )
    return None if taken is None else prove_session(ctx, session_id)


def remove_app(ctx: Context, session_id: int) -> None:
    """Take the app away as second factor.

    Open: own account only. Raises Conflict if the second factor was not proven just now.
    """
    require_fresh(ctx, session_id)
    removed = ctx.db.scalar(
        delete(AuthenticatorApp)
        .where(AuthenticatorApp.account_id == ctx.who.account_id, AuthenticatorApp.confirmed_at.is_not(None))
        .returning(AuthenticatorApp.id)
    )
    if removed is not None:
        forget_proofs_without_factor(ctx)
        tell_own(ctx, "app_removed", session_id)


def _step(ctx: Context, row: AuthenticatorApp, typed: str) -> int | None:
    key = _key(ctx, row)
    return step_of_code(key, typed, ctx.now) if key else None


def _key(ctx: Context, row: AuthenticatorApp) -> str | None:
    return unseal(_secret(ctx), _purpose(row.account_id), row.sealed_key)


def _purpose(account_id: int) -> str:
    return f"authenticator app {account_id}"


def _secret(ctx: Context) -> str:
    return ctx.house.settings.secret_key.get_secret_value()
