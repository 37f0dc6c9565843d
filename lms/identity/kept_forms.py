"""Forms sent after a session had ended: kept until the person has signed in again, for a day at the most."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select

from lms.base.context import Context, House, work
from lms.base.errors import NotFound
from lms.identity.models import KeptForm, UserSession
from lms.identity.rules import KEPT_LASTS, LARGEST_KEPT, MOST_KEPT, token_hash


def keep_form(house: House, token: str, path: str, fields: list[tuple[str, str]], now: datetime) -> bool:
    """Keep what was sent with the token of a session that has ended; whether it was kept.

    Open: whoever holds the token was signed in with it. Works in a short transaction of its own. Nothing is
    kept of what is too large, or for a token that never was a session: only who has been here can fill a row.
    """
    if sum(len(name) + len(value) for name, value in fields) > LARGEST_KEPT:
        return False
    with work(house, now=now) as ctx:
        ended = ctx.db.execute(
            select(UserSession.id, UserSession.account_id).where(UserSession.token_hash == token_hash(token))
        ).first()
        if ended is None:
            return False
        session_id, account_id = ended
        kept = KeptForm(
            session_id=session_id,
            account_id=account_id,
            path=path,
            fields=[list(pair) for pair in fields],
            kept_at=now,
        )
        ctx.db.add(kept)
        ctx.db.flush()
        newest = (
            select(KeptForm.id)
            .where(KeptForm.session_id == session_id)
            .order_by(KeptForm.id.desc())
            .limit(MOST_KEPT)
        )
        ctx.db.execute(delete(KeptForm).where(KeptForm.session_id == session_id, KeptForm.id.not_in(newest)))
        ctx.later("forget_kept_form", str(kept.public_id), after=KEPT_LASTS, public_id=str(kept.public_id))
    return True


def form_kept_here(ctx: Context, token: str, account_id: int) -> UUID | None:
    """The newest form kept for an account from the session whose token this device still holds.

    Open: called when the account has been proven.
    """
    return ctx.db.scalar(
        select(KeptForm.public_id)
        .join(UserSession, UserSession.id == KeptForm.session_id)
        .where(
            UserSession.token_hash == token_hash(token),
            KeptForm.account_id == account_id,
            KeptForm.kept_at > ctx.now - KEPT_LASTS,
        )
        .order_by(KeptForm.id.desc())
        .limit(1)
    )


def kept_form(ctx: Context, public_id: UUID) -> KeptForm:
    """A form kept for the signed-in account, to be sent again.

    Open: own account only. Raises NotFound for one that is somebody else's, or gone.
    """
    found = ctx.db.scalar(
        select(KeptForm).where(
            KeptForm.public_id == public_id,
            KeptForm.account_id == ctx.who.account_id,
            KeptForm.kept_at > ctx.now - KEPT_LASTS,
        )
    )
    if found is None:
        raise NotFound
    return found


def forget_form(ctx: Context, public_id: UUID) -> None:
    """Delete a kept form.

    Open: called by the worker when its time is over.
    """
    ctx.db.execute(delete(KeptForm).where(KeptForm.public_id == public_id))
