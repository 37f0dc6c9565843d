"""Changes of how somebody signs in: proven first, told to the old address, and for some days to be taken back.

The mails about them are in `change_letters`.
"""

from contextlib import suppress
from datetime import timedelta
from hmac import compare_digest
from secrets import token_hex
from typing import Literal

from sqlalchemy import delete, select, update

from lms.base.access import Actor
from lms.base.context import Context, work
from lms.base.errors import Invalid, NotAllowed
from lms.identity.actions import end_sessions, rotate_session
from lms.identity.models import Account, Identifier, SignInChange, UserSession
from lms.identity.own_ways import set_identifier
from lms.identity.passwords import hash_password, password_matches
from lms.identity.personal_codes import forget_personal_code
from lms.identity.queries import is_proven, own_ways
from lms.identity.rules import (
    MAIL_CODE_TRIES,
    MAIL_LASTS,
    STOP_LASTS,
    code_hash,
    mail_secrets,
    normal_email,
    normal_mail_code,
    normal_phone,
    password_fault,
    token_hash,
)
from lms.identity.second_factor import forget_new_factors
from lms.identity.ways_in import close_links, is_newest_code

Changed = Literal["email", "phone", "password", "app", "passkey"]
FACTORS_BEFORE = timedelta(
    days=1
)  # a second factor set up so shortly before a change that was stopped goes with it


def prove_with_password(ctx: Context, session_id: int, password: str) -> bool:
    """Whether the password is one's own; then one may change the ways in on this device for a while.

    Open: own account only. Call it in a reading unit of work: hashing takes long.
    """
    stored = ctx.db.scalar(select(Account.password_hash).where(Account.id == ctx.who.account_id))
    if not password_matches(stored, password):
        return False
    with work(ctx.house, ctx.actor, now=ctx.now) as change:
        change.db.get_one(UserSession, session_id).proven_at = ctx.now
    return True


def prove_with_code(ctx: Context, session_id: int, typed: str) -> bool:
    """Whether this is the code mailed by `request_proof`; then as `prove_with_password`.

    Open: own account only. A wrong code is counted, so do not raise on False.
    """
    if not is_newest_code(ctx, "prove", ctx.who.account_id, typed):
        return False
    close_links(ctx, ctx.who.account_id, "prove")
    ctx.db.get_one(UserSession, session_id).proven_at = ctx.now
    return True


def ask_email_change(ctx: Context, session_id: int, email: str) -> None:
    """Have a code mailed to a new address, and the old one told; nothing changes before the code is typed.

    Open: own account only. Nothing tells whether the new address belongs to somebody: only its holder gets
    the code. Raises NotAllowed without a fresh proof, Invalid for what is no address or one's own already.
    """
    _require_proof(ctx, session_id)
    old, new = own_ways(ctx).email, normal_email(email)
    if new is None:
        raise Invalid({"email": "not_email"})
    if new == old:
        raise Invalid({"email": "same"})
    change = _begin(ctx, "email", old, new)
    ctx.later("send_change_code", _key(change), change_id=change.id)
    if old is not None:
        ctx.later("send_change_notice", _key(change), change_id=change.id)


def pending_email(ctx: Context) -> str | None:
    """The new address that waits for its code; None if there is none.

    Open: own account only.
    """
    return ctx.db.scalar(
        select(SignInChange.new_value)
        .where(
            SignInChange.account_id == ctx.who.account_id,
            SignInChange.kind == "email",
            SignInChange.done_at.is_(None),
            SignInChange.stopped_at.is_(None),
            SignInChange.expires_at > ctx.now,
        )
        .order_by(SignInChange.id.desc())
        .limit(1)
    )


def confirm_email_change(ctx: Context, typed: str) -> bool:
    """Let the new address be the person's, if this is the code mailed there.

    Open: own account only. A wrong code is counted, so do not raise on False; after five the code is dead.
    Raises Invalid if the address has become somebody else's.
    """
    code = normal_mail_code(typed)
    newest = (
        select(SignInChange.id)
        .where(
            SignInChange.account_id == ctx.who.account_id,
            SignInChange.kind == "email",
        )
        .order_by(SignInChange.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    row = ctx.db.execute(
        update(SignInChange)
        .where(
            SignInChange.id == newest,
            SignInChange.done_at.is_(None),
            SignInChange.stopped_at.is_(None),
            SignInChange.expires_at > ctx.now,
            SignInChange.tries < MAIL_CODE_TRIES,
        )
        .values(tries=SignInChange.tries + 1)
        .returning(SignInChange.id, SignInChange.code_hash)
    ).first()
    change_id, right = row or (0, "")
    if code is None or not compare_digest(_code_hash(ctx, change_id, code), right):
        return False
    change = ctx.db.get_one(SignInChange, change_id, populate_existing=True)
    set_identifier(ctx, change.account_id, "email", str(change.new_value), verified=True)
    _finish(ctx, change)
    return True


def change_phone(ctx: Context, session_id: int, phone: str) -> None:
    """Let the account be named by another phone number, or by none; the own address is told.

    Open: own account only. There is no way to write to a phone yet, so the proof is the fresh one by password
    or mailed code. Raises NotAllowed without it, Invalid for a number that is none, or somebody else's.
    """
    _require_proof(ctx, session_id)
    ways = own_ways(ctx)
    new = normal_phone(phone, ctx.country) if phone else None
    if phone and new is None:
        raise Invalid({"phone": "not_phone"})
    if new == ways.phone:
        raise Invalid({"phone": "same"})
    change = _begin(ctx, "phone", ways.phone, new)
    if new is not None:
        set_identifier(ctx, change.account_id, "phone", new)
    else:
        _remove(ctx, change)
    _finish(ctx, change)
    _tell_own_address(ctx, change)


def change_password(
    ctx: Context, session_id: int, old: str, new: str, own_words: tuple[str, ...]
) -> tuple[str, bool]:
    """Let the account have a new password; all other devices are signed out, the own address is told.

    Open: own account only. Call it in a reading unit of work: hashing takes long. The old password is
    asked for; where there is none a fresh proof is. Returns the session's new raw token, and whether the device is
    remembered. Raises Invalid with the faults by field, NotAllowed without proof.
    """
    stored = ctx.db.scalar(select(Account.password_hash).where(Account.id == ctx.who.account_id))
    faults = {}
    if stored is None:
        _require_proof(ctx, session_id)
    elif not password_matches(stored, old):
        faults["old_password"] = "wrong_password"  # noqa: S105  (the code of a fault)
    if fault := password_fault(new, own_words):
        faults["password"] = fault
    if faults:
        raise Invalid(faults)
    hashed = hash_password(new)
    with work(ctx.house, ctx.actor, now=ctx.now) as change:
        return _keep_password(change, session_id, hashed)


def replace_forgotten_password(
    ctx: Context, session_id: int, typed: str, new: str, own_words: tuple[str, ...]
) -> tuple[str, bool] | None:
    """As `change_password`, with the code mailed by `request_proof` instead of the old password; None if it is wrong.

    Open: own account only; the code is the proof, and a wrong one is counted. A password that will not do leaves
    the code unused. Call it in a reading unit of work. Raises Invalid with the fault of the password.
    """
    if fault := password_fault(new, own_words):
        raise Invalid({"password": fault})
    hashed = hash_password(new)
    with work(ctx.house, ctx.actor, now=ctx.now) as change:
        if not prove_with_code(change, session_id, typed):
            return None
        return _keep_password(change, session_id, hashed)


def _keep_password(ctx: Context, session_id: int, hashed: str) -> tuple[str, bool]:
    """Store a new password, sign all other devices out, tell the own address; new raw token, and remembered or not."""
    row = _begin(ctx, "password", None, None)
    ctx.db.get_one(Account, row.account_id).password_hash = hashed
    _finish(ctx, row)
    _tell_own_address(ctx, row)
    end_sessions(ctx, row.account_id, but=session_id)
    remembered = ctx.db.get_one(UserSession, session_id).remembered
    return rotate_session(ctx, session_id, remember=remembered), remembered


def tell_new_factor(ctx: Context, kind: Literal["app", "passkey"], session_id: int) -> None:
    """Note that the signed-in account has got a second factor; the own address is told, and can take it back.

    Open: own account only; called once the app has shown a right code, or the passkey has signed.
    """
    ctx.note(f"second_factor.{kind}_added", ctx.db.get_one(UserSession, session_id))
    change = _write_down(ctx, kind, None, None)
    change.done_at = ctx.now
    _tell_own_address(ctx, change)


def is_stop_open(ctx: Context, token: str) -> bool:
    """Whether the link "It was not me" can still be used. Does not use it up.

    Open: whoever has the mail asks, signed in or not.
    """
    found = ctx.db.scalar(
        select(SignInChange.id).where(
            SignInChange.stop_hash == token_hash(token),
            SignInChange.stopped_at.is_(None),
            SignInChange.stop_until > ctx.now,
        )
    )
    return found is not None


def stop_change(ctx: Context, token: str) -> bool:
    """Take back a change and all that came after it, and sign the account out everywhere; False if it is over.

    Open: the token is the proof; it went to the address the account had. Whoever made the change may know the
    password, so that is gone as well, and so are second factors set up since the day before the change: the way in
    is a link to the address. Where it cannot be had back either, a new slip is.
    """
    first = ctx.db.scalar(
        update(SignInChange)
        .where(
            SignInChange.stop_hash == token_hash(token),
            SignInChange.stopped_at.is_(None),
            SignInChange.stop_until > ctx.now,
        )
        .values(stopped_at=ctx.now)
        .returning(SignInChange.id)
    )
    if first is None:
        return False
    row = ctx.db.get_one(SignInChange, first, populate_existing=True)
    ctx.actor, account_id = Actor.program(row.employer_id), row.account_id
    ctx.note("account.change_stopped", row, account=account_id, kind=row.kind)
    made_since = ctx.db.scalars(
        select(SignInChange)
        .where(SignInChange.account_id == account_id, SignInChange.id >= first)
        .order_by(SignInChange.id.desc())
    )
    for change in made_since.all():
        if change.done_at is not None and change.kind in {"email", "phone"}:
            _take_back(ctx, change)
        change.stopped_at = ctx.now
    account = ctx.db.get_one(Account, account_id)
    account.password_hash = None
    forget_new_factors(ctx, account_id, row.created_at - FACTORS_BEFORE)
    forget_personal_code(ctx, account_id)
    if ctx.db.scalar(select(Identifier.id).where(Identifier.account_id == account_id).limit(1)) is None:
        account.activated_at = None
    end_sessions(ctx, account_id)
    close_links(ctx, account_id, "mail")
    close_links(ctx, account_id, "prove")
    return True


def _require_proof(ctx: Context, session_id: int) -> None:
    if not is_proven(ctx, session_id):
        raise NotAllowed("prove_first")


def _begin(ctx: Context, kind: Changed, old: str | None, new: str | None) -> SignInChange:
    """Write down a change that is asked for, in the log too."""
    change = _write_down(ctx, kind, old, new)
    ctx.note("account.change_asked", change, account=change.account_id, kind=kind)
    return change


def _write_down(ctx: Context, kind: Changed, old: str | None, new: str | None) -> SignInChange:
    """Write down a change, so that it can be stopped; those that nobody can stop any more are forgotten."""
    ctx.db.execute(delete(SignInChange).where(SignInChange.stop_until < ctx.now))
    change = SignInChange(
        account_id=ctx.who.account_id,
        employer_id=ctx.employer_id,
        kind=kind,
        old_value=old,
        new_value=new,
        code_hash=token_hex(32),  # both hashes follow from the row's id, known after the insert
        stop_hash=token_hex(32),
        created_at=ctx.now,
        expires_at=ctx.now + MAIL_LASTS,
        stop_until=ctx.now + STOP_LASTS,
    )
    ctx.db.add(change)
    ctx.db.flush()
    stop_token, code = secrets_of(ctx, change)
    change.stop_hash = token_hash(stop_token)
    change.code_hash = _code_hash(ctx, change.id, code)
    return change


def _finish(ctx: Context, change: SignInChange) -> None:
    change.done_at = ctx.now
    ctx.note("account.changed", change, account=change.account_id, kind=change.kind)


def _tell_own_address(ctx: Context, change: SignInChange) -> None:
    """Have the address of the account told of a change that is made, where there is one."""
    if own_ways(ctx).email is not None:
        ctx.later("send_change_notice", _key(change), change_id=change.id)


def _take_back(ctx: Context, change: SignInChange) -> None:
    """Let the account have its old address or number again; the new one goes in any case."""
    _remove(ctx, change)
    if change.old_value is not None:
        with suppress(Invalid):  # a staff list may have given it to somebody else meanwhile
            was_read = change.kind == "email"
            set_identifier(ctx, change.account_id, change.kind, change.old_value, verified=was_read)


def _remove(ctx: Context, change: SignInChange) -> None:
    ctx.db.execute(
        delete(Identifier).where(Identifier.account_id == change.account_id, Identifier.kind == change.kind)
    )


def secrets_of(ctx: Context, change: SignInChange) -> tuple[str, str]:
    """The token of the link that stops a change, and the code that confirms it; they follow from its row.

    Open: called by those who write the mail.
    """
    secret = ctx.house.settings.secret_key.get_secret_value()
    return mail_secrets(secret, change.id, change.created_at, "sign-in change")


def _code_hash(ctx: Context, change_id: int, code: str) -> str:
    return code_hash(ctx.house.settings.secret_key.get_secret_value(), f"change {change_id}", code)


def _key(change: SignInChange) -> str:
    return f"{change.id}:{change.created_at.timestamp()}"  # SQLite may give the id of a deleted row again
