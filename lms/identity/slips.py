"""Printed slips: a code that proves an account that was never activated, once."""

from datetime import datetime
from secrets import token_hex

from sqlalchemy import delete, exists, select, update

from lms.base.context import Context
from lms.identity.actions import end_sessions
from lms.identity.models import Account, Identifier, LinkToken, UserSession
from lms.identity.queries import CAN_COME_BACK, open_slip
from lms.identity.rules import (
    SLIP_LASTS,
    code_hash,
    new_slip_code,
    normal_slip_code,
    slip_session_token,
    token_hash,
)
from lms.identity.second_factor import forget_factors
from lms.identity.ways_in import close_links


def new_slip(ctx: Context, account_id: int, person_id: int, *, told: bool = True) -> tuple[str, datetime]:
    """A new slip for an account: its code (returned this once, the table holds a hash) and when it expires.

    Open: called by the action that has checked who asks. Earlier unused slips of the account die. The
    person (of the actor's employer) is told, if there is an address to write to; not where it is sent to them.
    """
    close_links(ctx, account_id, "slip")
    code = new_slip_code()
    slip = LinkToken(
        kind="slip",
        token_hash=token_hex(32),  # the QR code carries the code itself: nobody ever holds a token
        code_hash=code_hash(ctx.house.settings.secret_key.get_secret_value(), "slip", code),
        account_id=account_id,
        employer_id=ctx.employer_id,
        created_at=ctx.now,
        expires_at=ctx.now + SLIP_LASTS,
    )
    ctx.db.add(slip)
    ctx.note("slip.made", slip, account=account_id)
    if told:
        key = f"{slip.id}:{ctx.now.timestamp()}"
        ctx.later("after_slip", key, link_token_id=slip.id, person_id=person_id)
    return code, slip.expires_at


def start_anew(ctx: Context, account: Account) -> bool:
    """Let an account be as if nobody had used it yet, if nobody could come back to it; whether that is so.

    Open: called by the action that has checked who asks. So it is with an address that was mistyped right after the
    slip: no mail will ever arrive there. It is forgotten.
    """
    if ctx.db.scalar(select(CAN_COME_BACK).where(Account.id == account.id)):
        return False
    ctx.db.execute(delete(Identifier).where(Identifier.account_id == account.id, Identifier.kind == "email"))
    account.activated_at = None
    return True


def forget_ways_in(ctx: Context, account: Account) -> bool:
    """Let an account be as if nobody had used it yet, when the password is forgotten; whether that was done.

    Open: called by the action that has checked who asks and that it is the right person. Not where an address was
    confirmed: a link goes there, and nobody else decides. Signed out everywhere, without a second factor.
    """
    own_address = exists().where(Identifier.account_id == account.id, Identifier.verified_at.is_not(None))
    if account.activated_at is None or ctx.db.scalar(select(own_address)):
        return False
    account.password_hash = None
    forget_factors(ctx, account.id)
    end_sessions(ctx, account.id)
    return start_anew(ctx, account)


def take_slip(ctx: Context, typed: str, employer_id: int) -> int | None:
    """The account a slip of this employer proves; None if it is unknown, used, too old, or the account active.

    Open: the slip is the proof. Uses it up; the account stays inactive until an own way in is set.
    """
    slip = open_slip(ctx, typed, employer_id)
    if slip is None:
        return None
    taken = ctx.db.scalar(
        update(LinkToken)
        .where(LinkToken.id == slip.id, LinkToken.used_at.is_(None))
        .values(used_at=ctx.now)
        .returning(LinkToken.account_id)
    )
    if taken is not None:
        ctx.note("slip.used", slip, account=taken)
    return taken


def session_token(ctx: Context, typed: str, employer_id: int, browser: str) -> str:
    """The raw token of the session that the browser with this token opens, or has opened, with a slip.

    Open: it opens nothing unless the slip was used by this browser.
    """
    secret = ctx.house.settings.secret_key.get_secret_value()
    return slip_session_token(secret, employer_id, typed, browser)


def is_half(ctx: Context, token: str) -> bool:
    """Whether the session with this raw token is one that can only set an own way in, and can still do so.

    Open: whoever has the token asks.
    """
    found = ctx.db.scalar(
        select(UserSession.id)
        .join(Account, Account.id == UserSession.account_id)
        .where(
            UserSession.token_hash == token_hash(token),
            UserSession.revoked_at.is_(None),
            UserSession.expires_at > ctx.now,
            Account.activated_at.is_(None),
        )
    )
    return found is not None


def is_slip_of(ctx: Context, typed: str, employer_id: int, account_id: int) -> bool:
    """Whether this was, used or not, a slip of the account.

    Open: whoever has the slip asks.
    """
    secret = ctx.house.settings.secret_key.get_secret_value()
    found = ctx.db.scalar(
        select(LinkToken.id).where(
            LinkToken.kind == "slip",
            LinkToken.employer_id == employer_id,
            LinkToken.account_id == account_id,
            LinkToken.code_hash == code_hash(secret, "slip", normal_slip_code(typed) or ""),
        )
    )
    return found is not None
