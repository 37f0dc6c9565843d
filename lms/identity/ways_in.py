"""The ways in by mailed link or code, and by password. Each proves an account; none opens a session."""

from dataclasses import dataclass
from hmac import compare_digest
from secrets import token_hex
from typing import Literal

from sqlalchemy import and_, delete, func, select, update

from lms.base.context import Context, work
from lms.identity.models import Account, Identifier, LinkToken
from lms.identity.passwords import hash_password, is_outdated, password_matches
from lms.identity.queries import NamedAccount, named_account
from lms.identity.rules import (
    MAIL_CODE_TRIES,
    MAIL_LASTS,
    code_hash,
    mail_secrets,
    normal_mail_code,
    token_hash,
)


def request_sign_in(ctx: Context, email: str) -> None:
    """Have a link and a code mailed to this address, if an account has it.

    Open: asked before anybody is signed in, so nothing tells whether the address is known: for an unknown
    one a link is made as well, for nobody. The address need not be verified; the mail is how it becomes so.
    """
    account = named_account(ctx, email) if "@" in email else None
    _mail_link(ctx, "mail", account.account_id if account else None)


def request_proof(ctx: Context) -> None:
    """Have a code mailed to the signed-in person, to show again who it is before changing a way in.

    Open: own account only.
    """
    _mail_link(ctx, "prove", ctx.who.account_id)


def _mail_link(ctx: Context, kind: Literal["mail", "prove"], account_id: int | None) -> None:
    """Make a link with its code, and have the worker mail it; for no account everything but the mail."""
    whose = LinkToken.account_id.is_(None) if account_id is None else LinkToken.account_id == account_id
    ctx.db.execute(delete(LinkToken).where(whose, LinkToken.kind == kind, LinkToken.expires_at < ctx.now))
    link = LinkToken(
        kind=kind,
        token_hash=token_hex(32),  # both hashes follow from the row's id, known after the insert
        code_hash=token_hex(32),
        account_id=account_id,
        created_at=ctx.now,
        expires_at=ctx.now + MAIL_LASTS,
    )
    ctx.db.add(link)
    ctx.db.flush()
    token, code = _secrets_of(ctx, link)
    link.token_hash = token_hash(token)
    link.code_hash = _mail_code_hash(ctx, link.id, code)
    key = f"{link.id}:{ctx.now.timestamp()}"  # SQLite may give the id of a deleted row again
    ctx.later("send_sign_in_mail", key, link_token_id=link.id, account_id=account_id or 0)


@dataclass(frozen=True, slots=True)
class SignInLetter:
    """What stands in a sign-in mail. No name: an address not verified yet may be somebody else's."""

    kind: str  # mail: to sign in; prove: to show again who one is
    address: str
    language: str
    token: str
    code: str


def sign_in_letter(ctx: Context, link_token_id: int, account_id: int) -> SignInLetter | None:
    """The mail for a link that somebody has asked for; None if it was used, is too old, or has nowhere to go.

    Open: called by the worker.
    """
    row = ctx.db.execute(
        select(LinkToken, Account.language, Identifier.value)
        .join(Account, Account.id == LinkToken.account_id)
        .join(Identifier, and_(Identifier.account_id == Account.id, Identifier.kind == "email"))
        .where(
            LinkToken.id == link_token_id,
            LinkToken.account_id == account_id,
            LinkToken.kind.in_(("mail", "prove")),
            LinkToken.used_at.is_(None),
            LinkToken.expires_at > ctx.now,
        )
    ).first()
    if row is None:
        return None
    link, language, address = row
    token, code = _secrets_of(ctx, link)
    return SignInLetter(kind=link.kind, address=address, language=language, token=token, code=code)


def _secrets_of(ctx: Context, link: LinkToken) -> tuple[str, str]:
    return mail_secrets(ctx.house.settings.secret_key.get_secret_value(), link.id, link.created_at)


def _mail_code_hash(ctx: Context, link_id: int, code: str) -> str:
    return code_hash(ctx.house.settings.secret_key.get_secret_value(), f"mail {link_id}", code)


def sign_in_with_link(ctx: Context, token: str) -> int | None:
    """The account a mailed link proves; None if the link is unknown, used or too old. Uses the link up.

    Open: the token is the proof. The account's address is verified by it, the account activated.
    """
    account_id = ctx.db.scalar(
        update(LinkToken)
        .where(
            LinkToken.kind == "mail",
            LinkToken.token_hash == token_hash(token),
            LinkToken.used_at.is_(None),
            LinkToken.expires_at > ctx.now,
        )
        .values(used_at=ctx.now)
        .returning(LinkToken.account_id)
    )
    return None if account_id is None else _arrived_by_mail(ctx, account_id)


def sign_in_with_code(ctx: Context, email: str, typed: str) -> int | None:
    """The account that the newest mail to this address proves with the code in it; None if the code is wrong.

    Open: the code is the proof. A wrong one is counted on the mail (so do not raise on None); after five the
    code is dead and only the link works.
    """
    account = named_account(ctx, email) if "@" in email else None
    account_id = account.account_id if account else 0
    return _arrived_by_mail(ctx, account_id) if is_newest_code(ctx, "mail", account_id, typed) else None


def is_newest_code(ctx: Context, kind: Literal["mail", "prove"], account_id: int, typed: str) -> bool:
    """Whether this is the code of the newest mail of a kind to an account; a wrong one is counted on the mail.

    For no account (0), or one that got no mail, it is counted on the newest that nobody got: so it costs the same.

    Open: the code is the proof.
    """
    code = normal_mail_code(typed)
    newest = (
        select(LinkToken.id)
        .where(LinkToken.account_id == account_id, LinkToken.kind == kind)
        .order_by(LinkToken.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    counted_on = select(func.coalesce(newest, _newest_for_nobody(ctx, kind))).scalar_subquery()
    link = ctx.db.execute(
        update(LinkToken)
        .where(LinkToken.id == counted_on)
        .values(tries=LinkToken.tries + 1)
        .returning(
            LinkToken.id,
            LinkToken.code_hash,
            LinkToken.account_id,
            LinkToken.tries,
            LinkToken.used_at,
            LinkToken.expires_at,
        )
    ).first()
    if link is None or code is None:
        return False
    is_right = compare_digest(_mail_code_hash(ctx, link.id, code), link.code_hash)
    is_open = link.used_at is None and link.expires_at > ctx.now and link.tries <= MAIL_CODE_TRIES
    return is_right and is_open and link.account_id == account_id


def _newest_for_nobody(ctx: Context, kind: str) -> int | None:
    """The newest mail that nobody got, asked for with an unknown address."""
    return ctx.db.scalar(
        select(LinkToken.id)
        .where(LinkToken.account_id.is_(None), LinkToken.kind == kind)
        .order_by(LinkToken.id.desc())
        .limit(1)
    )


def _arrived_by_mail(ctx: Context, account_id: int) -> int:
    ctx.db.execute(
        update(Identifier)
        .where(
            Identifier.account_id == account_id, Identifier.kind == "email", Identifier.verified_at.is_(None)
        )
        .values(verified_at=ctx.now)
    )
    close_links(ctx, account_id, "mail")
    activate(ctx, ctx.db.get_one(Account, account_id))
    return account_id


def sign_in_with_password(ctx: Context, account: NamedAccount | None, password: str) -> int | None:
    """The account somebody has named, if the password is its own; None otherwise, as slowly.

    Open: the password is the proof.
    Call it in a reading unit of work: hashing takes long; it writes (in a unit of work of its own) only to
    activate the account or to renew an outdated hash.
    """
    stored = account.password_hash if account else None
    if not password_matches(stored, password) or account is None or stored is None:
        return None
    renewed = hash_password(password) if is_outdated(stored) else None
    if renewed or not account.activated:
        with work(ctx.house, now=ctx.now) as change:
            row = change.db.get_one(Account, account.account_id)
            row.password_hash = renewed or row.password_hash
            activate(change, row)
    return account.account_id


def activate(ctx: Context, account: Account) -> None:
    """Let an account be used from now on; its slips are dead.

    Open: called when the account has been proven by something other than a slip.
    """
    account.activated_at = account.activated_at or ctx.now
    close_links(ctx, account.id, "slip")


def close_links(ctx: Context, account_id: int, kind: Literal["mail", "slip", "prove"]) -> None:
    """Make the unused mailed links, or slips, of an account useless.

    Open: called by the actions that make new ones or need the old ones gone.
    """
    ctx.db.execute(
        update(LinkToken)
        .where(LinkToken.account_id == account_id, LinkToken.kind == kind, LinkToken.used_at.is_(None))
        .values(used_at=ctx.now)
    )
