"""Devices that are signed in, and the counting of tries."""

from datetime import UTC, datetime, timedelta
from secrets import token_urlsafe
from typing import Literal
from uuid import UUID

from sqlalchemy import ColumnElement, case, delete, exists, literal, or_, select, update
from sqlalchemy.exc import IntegrityError

from lms.base.context import Context, House, work
from lms.base.db import UtcTime
from lms.base.errors import Invalid, NotFound, TooMany
from lms.base.i18n import LANGUAGES
from lms.base.settings import Settings
from lms.identity.models import Account, KeptForm, PersonalCode, Throttle, UserSession
from lms.identity.push import end_subscriptions
from lms.identity.rules import (
    LIMITS,
    SEEN_EVERY,
    SHARED_LASTS,
    SHARED_SEEN_EVERY,
    Kind,
    Limit,
    code_hash,
    device_label,
    network_of,
    seconds_to_wait,
    token_hash,
)

By = Literal["address", "name", "anywhere"]  # whose tries are counted: fields of `Limit`
THEMES = ("system", "light", "dark")
TEXT_SIZES = ("normal", "large", "largest")
ENDED_KEPT = timedelta(days=90)  # long enough to see afterwards where somebody was signed in
KEEP_COUNTS = timedelta(days=1)  # a window is over long before; older rows are swept


def count_try(house: House, kind: Kind, source: str, now: datetime, *, by: By = "address") -> None:
    """Count one try from a source before it is heard.

    The source is a network address, a name typed there (name and network), or a name typed anywhere.

    Open: asked before anybody is signed in.
    Works in its own short transaction, so that a refused try counts as well: never call it inside a writing
    unit of work. Raises TooMany with the seconds to wait.
    """
    limit = LIMITS[kind]
    with work(house, now=now) as ctx:
        window_from, tries = _counted(ctx, kind, _source_hash(house, source, by), limit)
    allowed = {"address": limit.by_address, "name": limit.by_name, "anywhere": limit.anywhere}[by]
    seconds = seconds_to_wait(tries, allowed, window_from, limit.window, now)
    if seconds:
        raise TooMany("too_many_tries", seconds=seconds)


def forgive_try(ctx: Context, kind: Kind, source: str, *, by: By = "address") -> None:
    """Take back one counted try, because it was right: a workplace where many sign in has not mistyped.

    Open: called when the account has been proven.
    """
    ctx.db.execute(
        update(Throttle)
        .where(
            Throttle.kind == kind,
            Throttle.source == _source_hash(ctx.house, source, by),
            Throttle.tries > 0,
        )
        .values(tries=Throttle.tries - 1)
    )


def _source_hash(house: House, source: str, by: str) -> str:
    secret = house.settings.secret_key.get_secret_value()
    return code_hash(secret, f"throttle {by}", network_of(source) if by == "address" else source)


def _counted(ctx: Context, kind: Kind, source: str, limit: Limit) -> tuple[datetime, int]:
    is_over = Throttle.window_from <= ctx.now - limit.window
    one_more = (
        update(Throttle)
        .where(Throttle.kind == kind, Throttle.source == source)
        .values(
            tries=case((is_over, 1), else_=Throttle.tries + 1),
            window_from=case((is_over, literal(ctx.now, UtcTime())), else_=Throttle.window_from),
        )
        .returning(Throttle.window_from, Throttle.tries)
        .execution_options(synchronize_session=False)
    )
    row = ctx.db.execute(one_more).first()
    if row is None:
        ctx.db.execute(delete(Throttle).where(Throttle.window_from < ctx.now - KEEP_COUNTS))
        try:
            with ctx.db.begin_nested():
                ctx.db.add(Throttle(kind=kind, source=source, window_from=ctx.now, tries=1))
        except IntegrityError:  # somebody else counted the first try at the same time
            row = ctx.db.execute(one_more).one()
    return (row[0], row[1]) if row else (ctx.now, 1)


def start_session(
    house: House,
    *,
    account_id: int,
    employer_id: int,
    user_agent: str,
    remember: bool,
    now: datetime | None = None,
) -> str:
    """Sign a device in, in a transaction of its own; the raw token for its cookie, shown this once.

    Open: called when the account has been proven.
    """
    with work(house, now=now or datetime.now(UTC)) as ctx:
        return open_session(
            ctx, account_id=account_id, employer_id=employer_id, user_agent=user_agent, remember=remember
        )


def open_session(
    ctx: Context,
    *,
    account_id: int,
    employer_id: int,
    user_agent: str,
    remember: bool,
    lasts: timedelta | None = None,
    token: str = "",
) -> str:
    """Sign a device in; the raw token for its cookie (made here unless given), shown this once: we keep its hash.

    Open: called when the account has been proven.
    A remembered device stays signed in for `session_days`, another for `session_hours`, unless `lasts` is given;
    unused it ends earlier, after `session_idle_days` or `session_idle_minutes`.
    """
    token = token or token_urlsafe(32)
    settings = ctx.house.settings
    let_code_again(ctx, account_id)
    ends_at = ctx.now + (lasts or _life(settings, remember=remember))
    ctx.db.add(
        UserSession(
            token_hash=token_hash(token),
            account_id=account_id,
            employer_id=employer_id,
            device=device_label(user_agent),
            remembered=remember,
            created_at=ctx.now,
            seen_at=ctx.now,
            expires_at=min(ends_at, ctx.now + _idle(settings, remember=remember)),
            ends_at=ends_at,
        )
    )
    return token


def limit_to_learning(ctx: Context, token: str, shared_device: UUID) -> None:
    """Make the session with this raw token one on a shared device: short, soon over unused, and a learner's.

    Open: called when the session has just been opened on such a device.
    """
    ctx.db.flush()  # one that has just been opened must be there
    ends_at = ctx.now + SHARED_LASTS
    ctx.db.execute(
        update(UserSession)
        .where(UserSession.token_hash == token_hash(token))
        .values(
            shared_device=shared_device,
            remembered=False,
            expires_at=min(ends_at, ctx.now + _shared_idle(ctx.house.settings)),
            ends_at=ends_at,
        )
        .execution_options(synchronize_session=False)
    )


def end_sessions_on(ctx: Context, shared_device: UUID) -> None:
    """Sign everybody out on a shared device.

    Open: called by actions that have checked who asks.
    """
    ctx.db.execute(
        update(UserSession)
        .where(UserSession.shared_device == shared_device, UserSession.revoked_at.is_(None))
        .values(revoked_at=ctx.now)
    )


def _shared_idle(settings: Settings) -> timedelta:
    return timedelta(minutes=settings.shared_idle_minutes) + SHARED_SEEN_EVERY


def _life(settings: Settings, *, remember: bool) -> timedelta:
    return timedelta(days=settings.session_days) if remember else timedelta(hours=settings.session_hours)


def _idle(settings: Settings, *, remember: bool) -> timedelta:
    """How long a device may lie unused; its last use is written down now and then only, hence a little more."""
    unused = (
        timedelta(days=settings.session_idle_days)
        if remember
        else timedelta(minutes=settings.session_idle_minutes)
    )
    return unused + SEEN_EVERY


def rotate_session(ctx: Context, session_id: int, *, remember: bool) -> str:
    """Give a signed-in device a new token (returned raw) and a full life; the old token is dead.

    Open: own session only; called when what the session may do has grown.
    """
    token = token_urlsafe(32)
    settings = ctx.house.settings
    ends_at = ctx.now + _life(settings, remember=remember)
    ctx.db.execute(
        update(UserSession)
        .where(UserSession.id == session_id)
        .values(
            token_hash=token_hash(token),
            remembered=remember,
            seen_at=ctx.now,
            expires_at=min(ends_at, ctx.now + _idle(settings, remember=remember)),
            ends_at=ends_at,
        )
    )
    shared_device = ctx.db.scalar(select(UserSession.shared_device).where(UserSession.id == session_id))
    if shared_device is not None:
        limit_to_learning(ctx, token, shared_device)
    return token


def let_code_again(ctx: Context, account_id: int) -> None:
    """Let an account's personal code be tried again, whatever was typed before.

    Open: called when the account has been proven.
    """
    ctx.db.execute(
        update(PersonalCode)
        .where(PersonalCode.account_id == account_id, PersonalCode.wrong > 0)
        .values(wrong=0)
        .execution_options(synchronize_session=False)
    )


def end_session(ctx: Context, session_id: int) -> None:
    """Sign a device out for good.

    Open: own session only.
    """
    _end(ctx, UserSession.id == session_id)


def _end(ctx: Context, *which: ColumnElement[bool]) -> None:
    """Sign devices out, with what is sent to them."""
    ended = ctx.db.scalars(
        update(UserSession)
        .where(*which, UserSession.revoked_at.is_(None))
        .values(revoked_at=ctx.now)
        .returning(UserSession.id)
    )
    end_subscriptions(ctx, ended.all())


def touch_session(
    house: House, session_id: int, seen_at: datetime, now: datetime, *, shared: bool = False
) -> None:
    """Note that a device is in use, at most every five minutes (a shared one: ten seconds), in a short transaction.

    Open: own session only. Never call it inside a writing unit of work. The device stays signed in
    longer by that, but never past its end.
    """
    if now - seen_at < (SHARED_SEEN_EVERY if shared else SEEN_EVERY):
        return
    unused = _shared_idle(house.settings) if shared else None
    with work(house, now=now) as ctx:
        row = ctx.db.get_one(UserSession, session_id)
        row.seen_at = now
        row.expires_at = min(
            row.ends_at or row.expires_at, now + (unused or _idle(house.settings, remember=row.remembered))
        )


def end_sessions(ctx: Context, account_id: int, *, but: int = 0) -> None:
    """Sign an account out on every device, or on every one but the session `but`.

    Open: called by actions that have checked who asks.
    """
    _end(ctx, UserSession.account_id == account_id, UserSession.id != but)


def end_employers_sessions(ctx: Context) -> int:
    """Sign everybody out who is signed in at the actor's employer, on every device; how many devices it were.

    Open: called by actions that have checked who asks.
    """
    ended = ctx.db.scalars(
        update(UserSession)
        .where(
            UserSession.employer_id == ctx.employer_id,
            UserSession.revoked_at.is_(None),
            UserSession.expires_at > ctx.now,
        )
        .values(revoked_at=ctx.now)
        .returning(UserSession.id)
    ).all()
    end_subscriptions(ctx, ended)
    return len(ended)


def forget_ended_sessions(ctx: Context, most: int) -> int:
    """Delete the rows of devices that were signed out, or fell out of use, long ago; at most so many, returns how many.

    Open: called by the worker.
    """
    before = ctx.now - ENDED_KEPT
    is_over = or_(UserSession.revoked_at < before, UserSession.expires_at < before)
    has_form = exists().where(KeptForm.session_id == UserSession.id)
    over = select(UserSession.id).where(is_over, ~has_form).limit(most)
    gone = delete(UserSession).where(UserSession.id.in_(over)).returning(UserSession.id)
    return len(ctx.db.execute(gone.execution_options(synchronize_session=False)).all())


def end_own_device(ctx: Context, session_id: int, device_id: UUID) -> None:
    """Sign one's own account out on one device, at once; `session_id` is the one it is done on.

    Open: own account only. Raises NotFound for a device of somebody else, or one that is signed out.
    """
    row = ctx.db.scalar(
        select(UserSession).where(
            UserSession.public_id == device_id,
            UserSession.account_id == ctx.who.account_id,
            UserSession.revoked_at.is_(None),
            UserSession.expires_at > ctx.now,
        )
    )
    if row is None:
        raise NotFound
    _end(ctx, UserSession.account_id == row.account_id, UserSession.id == row.id)
    here = ctx.db.get_one(UserSession, session_id)
    ctx.note("session.ended", here, account=row.account_id, ended=row.id)


def end_other_devices(ctx: Context, session_id: int) -> None:
    """Sign one's own account out on every device but this one, at once.

    Open: own account only.
    """
    end_sessions(ctx, ctx.who.account_id, but=session_id)
    ctx.note("session.others_ended", ctx.db.get_one(UserSession, session_id), account=ctx.who.account_id)


def set_language(ctx: Context, language: str) -> None:
    """Keep the language the signed-in person wants to read.

    Open: own account only.
    """
    ctx.db.execute(update(Account).where(Account.id == ctx.who.account_id).values(language=language))


def set_preferences(ctx: Context, language: str, theme: str, text_size: str = "normal") -> None:
    """Keep the language, the appearance and the size of text the signed-in person wants.

    Open: own account only. Raises Invalid for what we do not have.
    """
    faults = {}
    if language not in LANGUAGES:
        faults["language"] = "unknown"
    if theme not in THEMES:
        faults["theme"] = "unknown"
    if text_size not in TEXT_SIZES:
        faults["text_size"] = "unknown"
    if faults:
        raise Invalid(faults)
    ctx.db.execute(
        update(Account)
        .where(Account.id == ctx.who.account_id)
        .values(language=language, theme=theme, text_size=text_size)
    )
