"""Read what an employer and a person say about messages."""

from dataclasses import dataclass

from sqlalchemy import select

from lms.base.context import Context
from lms.base.i18n import VARIANT_OF
from lms.base.settings import Settings
from lms.identity.push import PushDevice, push_devices
from lms.messages.models import DigestChoice, MessageChoice, MessageTerms, MessageWords
from lms.messages.push_sealing import public_key
from lms.messages.rules import NEVER, Channel, Quiet
from lms.messages.terms import Terms, Words


def terms(ctx: Context) -> Terms:
    """What the employer has set, and the usual where it has not. One statement.

    Open: when anybody is written to is no secret among them; asked by the worker too.
    """
    kept = ctx.db.scalar(
        select(MessageTerms.terms).where(
            MessageTerms.employer_id == ctx.employer_id, MessageTerms.superseded_at.is_(None)
        )
    )
    return Terms() if kept is None else Terms.from_kept(kept)


def words(ctx: Context, kind: str, language: str) -> Words:
    """The employer's own lines of a kind of letter in a language. One statement.

    Open: asked by the worker, which writes the letters.
    """
    row = ctx.db.execute(
        select(MessageWords.opening, MessageWords.closing).where(
            MessageWords.employer_id == ctx.employer_id,
            MessageWords.kind == kind,
            MessageWords.language == language,
            MessageWords.superseded_at.is_(None),
        )
    ).first()
    return Words(*row) if row else Words()


def words_below(ctx: Context, kind: str, language: str) -> Words:
    """The lines that stand where a language has none: those of the language it is a variant of. One statement at most.

    Open: as `words`.
    """
    below = VARIANT_OF.get(language)
    return words(ctx, kind, below) if below else Words()


def words_read(ctx: Context, kind: str, language: str) -> Words:
    """The employer's own lines as somebody reads them who has chosen a language. Two statements at most.

    Open: as `words`.
    """
    return words(ctx, kind, language).over(words_below(ctx, kind, language))


def wants_digest(ctx: Context, person_id: int) -> bool:
    """Whether somebody has not stopped the weekly digest. One statement.

    Open: asked by the worker, and by the person of their own choice.
    """
    wanted = ctx.db.scalar(
        select(DigestChoice.wanted).where(
            DigestChoice.employer_id == ctx.employer_id, DigestChoice.person_id == person_id
        )
    )
    return wanted is not False


@dataclass(frozen=True, slots=True)
class Choice:
    """How somebody wants to be told, and in which hours not; by mail and at any hour, where nothing was chosen."""

    channel: Channel = "email"
    quiet: Quiet = NEVER


def choice(ctx: Context, person_id: int) -> Choice | None:
    """What somebody has chosen; None: nothing. One statement.

    Open: asked by the worker, and by the person of their own choice.
    """
    row = ctx.db.execute(
        select(MessageChoice.channel, MessageChoice.quiet_from, MessageChoice.quiet_to).where(
            MessageChoice.employer_id == ctx.employer_id, MessageChoice.person_id == person_id
        )
    ).first()
    return Choice(row.channel, Quiet(row.quiet_from, row.quiet_to, weekends=False)) if row else None


def channels(settings: Settings) -> tuple[Channel, ...]:
    """The channels there are in this house to choose from."""
    is_there: dict[Channel, bool] = {
        "email": True,
        "sms": bool(settings.sms),
        "push": bool(settings.push_key.get_secret_value()),
        "list": True,
    }
    return tuple(channel for channel, there in is_there.items() if there)


def push_key(settings: Settings) -> str:
    """The public half of the key that signs notices; empty where none are sent."""
    secret = settings.push_key.get_secret_value()
    return public_key(secret) if secret else ""


def own_push_devices(ctx: Context, account_id: int) -> list[PushDevice]:
    """Browsers of an account that can be sent notices now. One statement, none where none are sent.

    Open: called by the worker.
    """
    key = push_key(ctx.house.settings)
    return push_devices(ctx, account_id, key) if key else []
