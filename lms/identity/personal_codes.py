"""Personal codes: digits by which somebody comes in on a device that several people share, and nowhere else.

Short as they are, they are hashed as passwords are, and a few wrong ones block a code until its owner has signed in in
another way. What they open is a short session of a learner (`limit_to_learning`).
"""

from datetime import datetime

from sqlalchemy import delete, select, update

from lms.base.context import Context, work
from lms.base.errors import Invalid, NotAllowed
from lms.identity.models import Account, PersonalCode, UserSession
from lms.identity.passwords import hash_password, password_matches
from lms.identity.queries import is_proven
from lms.identity.rules import PERSONAL_CODE_TRIES, normal_personal_code, personal_code_fault


def personal_code_since(ctx: Context) -> datetime | None:
    """When the signed-in account has chosen its personal code; None if it has none. One statement.

    Open: own account only.
    """
    return ctx.db.scalar(select(PersonalCode.set_at).where(PersonalCode.account_id == ctx.who.account_id))


def set_personal_code(ctx: Context, session_id: int, typed: str, employee_number: str) -> None:
    """Choose a personal code, in place of the one there was; the person is told by mail.

    Open: own account only. Call it in a reading unit of work: hashing takes long. Raises NotAllowed without a fresh
    proof, Invalid (`code`) for one that is too easy.
    """
    if not is_proven(ctx, session_id):
        raise NotAllowed("prove_first")
    code = normal_personal_code(typed)
    if fault := personal_code_fault(code, employee_number):
        raise Invalid({"code": fault})
    hashed = hash_password(code)
    with work(ctx.house, ctx.actor, now=ctx.now) as change:
        forget_personal_code(change, change.who.account_id)
        change.db.add(PersonalCode(account_id=change.who.account_id, code_hash=hashed, set_at=change.now))
        entry = change.note("personal_code.set", change.db.get_one(UserSession, session_id))
        change.db.flush()
        change.later("after_sign_in_change", str(entry.id), audit_id=entry.id, person_id=change.who.person_id)


def remove_personal_code(ctx: Context, session_id: int) -> None:
    """Let the personal code of the signed-in account open nothing any more, at once.

    Open: own account only; without a proof, so that whoever has lost it is rid of it.
    """
    if forget_personal_code(ctx, ctx.who.account_id):
        ctx.note("personal_code.removed", ctx.db.get_one(UserSession, session_id))


def forget_personal_code(ctx: Context, account_id: int) -> bool:
    """Delete the personal code of an account; whether there was one.

    Open: called by actions that have checked who asks.
    """
    gone = delete(PersonalCode).where(PersonalCode.account_id == account_id).returning(PersonalCode.id)
    return bool(ctx.db.execute(gone.execution_options(synchronize_session=False)).all())


def code_opens(ctx: Context, account_id: int, typed: str) -> bool:
    """Whether this is the personal code of an account, and not blocked; a wrong one is counted on it.

    It takes as long where there is none, or it is blocked. A code from before the account was taken back, from
    somebody who came in with another's slip, opens nothing.
    Open: the code is the proof. Call it in a reading unit of work: hashing takes long, and the try is counted before,
    in a unit of work of its own, so that many at once are not more tries. A sign-in makes an end of the count.
    """
    with work(ctx.house, now=ctx.now) as change:
        hashed = change.db.scalar(
            update(PersonalCode)
            .where(
                PersonalCode.account_id == account_id,
                PersonalCode.wrong < PERSONAL_CODE_TRIES,
                select(Account.id)
                .where(Account.id == account_id, Account.activated_at <= PersonalCode.set_at)
                .exists(),
            )
            .values(wrong=PersonalCode.wrong + 1)
            .returning(PersonalCode.code_hash)
            .execution_options(synchronize_session=False)
        )
    return password_matches(hashed, normal_personal_code(typed))
