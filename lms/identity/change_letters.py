"""What the mails about changes of ways in say: the code for a new address, the link "It was not me" for the old one."""

from dataclasses import dataclass

from sqlalchemy import select

from lms.base.context import Context
from lms.identity.changes import secrets_of
from lms.identity.models import Account, Identifier, SignInChange


@dataclass(frozen=True, slots=True)
class ChangeLetter:
    """What stands in a mail about a change: the code for the new address, or the link for the old one."""

    kind: str
    address: str
    language: str
    new_value: str | None
    is_done: bool
    code: str
    stop_token: str


def code_letter(ctx: Context, change_id: int) -> ChangeLetter | None:
    """The mail to a new address; None if it is confirmed, stopped or too old.

    Open: called by the worker.
    """
    change = ctx.db.get(SignInChange, change_id)
    if change is None or change.done_at or change.stopped_at or change.expires_at <= ctx.now:
        return None
    return _letter(ctx, change, change.new_value)


def notice_letter(ctx: Context, change_id: int) -> ChangeLetter | None:
    """The mail to the address the account had before; None if it is stopped, too old, or there is none.

    Open: called by the worker.
    """
    change = ctx.db.get(SignInChange, change_id)
    if change is None or change.stopped_at or change.stop_until <= ctx.now:
        return None
    own = select(Identifier.value).where(
        Identifier.account_id == change.account_id, Identifier.kind == "email"
    )
    return _letter(ctx, change, change.old_value if change.kind == "email" else ctx.db.scalar(own))


def _letter(ctx: Context, change: SignInChange, address: str | None) -> ChangeLetter | None:
    if address is None:
        return None
    stop_token, code = secrets_of(ctx, change)
    language = ctx.db.get_one(Account, change.account_id).language
    return ChangeLetter(
        kind=change.kind,
        address=address,
        language=language,
        new_value=change.new_value,
        is_done=change.done_at is not None,
        code=code,
        stop_token=stop_token,
    )
