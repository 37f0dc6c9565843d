"""Ten codes on paper for the day the phone is lost; each lets somebody in once."""

from sqlalchemy import delete, select, update

from lms.base.context import Context
from lms.base.errors import Conflict
from lms.identity.factor_rules import RECOVERY_CODES
from lms.identity.models import RecoveryCode
from lms.identity.rules import code_hash, new_slip_code, normal_slip_code, slip_code_groups
from lms.identity.second_factor import Proven, has_factor, prove_session, require_fresh, tell_own


def first_codes(ctx: Context) -> tuple[str, ...]:
    """Recovery codes for the signed-in account if it has none yet, as they are printed; known only now.

    Open: own account only; called when a factor has been set up.
    """
    there = ctx.db.scalar(
        select(RecoveryCode.id).where(RecoveryCode.account_id == ctx.who.account_id).limit(1)
    )
    return () if there else _new_codes(ctx)


def renew_codes(ctx: Context, session_id: int) -> tuple[str, ...]:
    """Ten new recovery codes, as they are printed; the old ones are dead. Known only now: the table holds hashes.

    Open: own account only. Raises Conflict without a second factor, or if it was not proven just now.
    """
    require_fresh(ctx, session_id)
    if not has_factor(ctx):
        raise Conflict("no_second_factor")
    ctx.db.execute(delete(RecoveryCode).where(RecoveryCode.account_id == ctx.who.account_id))
    tell_own(ctx, "codes_renewed", session_id)
    return _new_codes(ctx)


def prove_with_recovery_code(ctx: Context, session_id: int, typed: str) -> Proven | None:
    """Prove the second factor with a recovery code, which is used up; None if it is wrong or used.

    Open: own session only; the code is the proof. Count the try first.
    """
    code = normal_slip_code(typed) or ""
    used = ctx.db.scalar(
        update(RecoveryCode)
        .where(
            RecoveryCode.account_id == ctx.who.account_id,
            RecoveryCode.code_hash == _hash(ctx, code),
            RecoveryCode.used_at.is_(None),
        )
        .values(used_at=ctx.now)
        .returning(RecoveryCode.id)
    )
    if used is None:
        return None
    tell_own(ctx, "code_used", session_id)
    return prove_session(ctx, session_id)


def _new_codes(ctx: Context) -> tuple[str, ...]:
    codes = [new_slip_code() for _ in range(RECOVERY_CODES)]
    ctx.db.add_all(RecoveryCode(account_id=ctx.who.account_id, code_hash=_hash(ctx, code)) for code in codes)
    return tuple(slip_code_groups(code) for code in codes)


def _hash(ctx: Context, code: str) -> str:
    secret = ctx.house.settings.secret_key.get_secret_value()
    return code_hash(secret, f"recovery {ctx.who.account_id}", code)
