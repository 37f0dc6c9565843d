"""Everything sent to people passes here: one log row per message, one gate, one mark when it is sent."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, func, insert, not_, or_, select

from lms.base.context import Context
from lms.base.outbox import FIRST, LAST
from lms.catalogue import queries as catalogue
from lms.identity.models import Account, Identifier
from lms.messages.models import Message
from lms.messages.queries import Choice, choice, own_push_devices, terms, wants_digest
from lms.messages.rules import (
    AT_ONCE,
    OF_A_DAY,
    Channel,
    Errand,
    Recipient,
    Verdict,
    back,
    channel_for,
    verdict,
)
from lms.messages.terms import Terms
from lms.organisation.models import Absence, Employment, Person, RoleGrant
from lms.organisation.queries import has_left_with, in_force


def announce(
    ctx: Context,
    kind: str,
    about_id: int,
    person_ids: Iterable[int],
    *,
    course: str | None = None,
    since: date | None = None,
) -> int:
    """Enter a message to each of the people once, to be sent by the worker; returns how many are new.

    `course` is the one it is about; `since` the day after which the time begins that it is about.

    What can wait lets all else go before it.
    Open: called by jobs after the fact they tell about. A second call adds nobody twice. Three statements.
    """
    told = set(
        ctx.db.scalars(
            select(Message.person_id).where(
                Message.employer_id == ctx.employer_id, Message.kind == kind, Message.about_id == about_id
            )
        )
    )
    new = sorted(set(person_ids) - told)
    if not new:
        return 0
    host = urlsplit(ctx.house.settings.public_url).hostname or "localhost"
    rows = [
        {"employer_id": ctx.employer_id, "person_id": person, "kind": kind, "about_id": about_id, "channel": "email",
         "course": course, "about_since": since,
         "message_id": f"<{kind}.{about_id}.{person}.{ctx.employer_id}@{host}>", "created_at": ctx.now}
        for person in new
    ]  # fmt: skip
    entered = ctx.db.scalars(insert(Message).returning(Message.id), rows).all()
    ctx.later_each("send_message", "message_id", entered, rank=FIRST if kind in AT_ONCE else LAST)
    return len(new)


@dataclass(frozen=True, slots=True)
class Letter:
    """A message that may be sent: by which channel to whom, in which language, about what, since when."""

    message: Message
    since: date | None  # the day after which the time begins that it, or one it goes instead of, is about
    channel: Channel
    address: str  # of that channel; empty for the list
    given_name: str
    language: str


def open_letter(ctx: Context, message_id: int, *, but: Channel | None = None) -> Letter | Message:
    """The message with its recipient, if the gate lets it go now and it has not been sent yet; else the message alone.

    `but`: not by this channel, which has been tried in vain.

    Open: called by the worker. What becomes of it, unless it goes, is written into the log with its reason.
    """
    row = ctx.db.execute(
        select(Message, Person, Account.language)
        .join(Person, and_(Person.employer_id == Message.employer_id, Person.id == Message.person_id))
        .join(Account, Account.id == Person.account_id)
        .where(Message.employer_id == ctx.employer_id, Message.id == message_id)
    ).one()
    message, person, language = row
    if message.outcome != "waiting":
        return message
    recipient = _recipient(ctx, person, message.kind, but)
    found = _judge(ctx, message, recipient)
    message.channel, message.reason, message.waits_until = recipient.channel, found.reason, found.until
    if found.fate == "not_sent":
        message.outcome = "not_sent"
    if found.fate != "send":
        return message
    return Letter(
        message,
        _told_since(ctx, message),
        recipient.channel,
        recipient.address or "",
        person.given_name,
        language,
    )


def _judge(ctx: Context, message: Message, recipient: Recipient) -> Verdict:
    said: Terms = terms(ctx)
    errand = Errand(
        kind=message.kind,
        is_live=message.course is None or bool(catalogue.chain(ctx, message.course)),
        is_on=said.sends(message.kind),
        is_wanted=message.kind != "digest" or wants_digest(ctx, message.person_id),
        is_newest=message.kind not in OF_A_DAY or not _is_overtaken(ctx, message),
    )
    return verdict(recipient, errand, said.quiet, ctx.now.astimezone(ZoneInfo(ctx.time_zone)))


def _is_overtaken(ctx: Context, message: Message) -> bool:
    """Whether there is a message of the same kind about a later day."""
    later = select(Message.id).where(*_alike(ctx, message), Message.about_id > message.about_id)
    return ctx.db.scalar(later.limit(1)) is not None


def _told_since(ctx: Context, message: Message) -> date | None:
    """Since when a message is to tell, with those before it that were held up until it came. One statement at most."""
    if message.kind not in OF_A_DAY:
        return message.about_since
    before = (*_alike(ctx, message), Message.about_id < message.about_id)
    is_held_up = or_(
        Message.outcome == "waiting", and_(Message.outcome == "not_sent", Message.reason == "newer")
    )
    settled = select(func.max(Message.about_id)).where(*before, ~is_held_up).scalar_subquery()
    held_up = select(func.min(Message.about_since)).where(
        *before, is_held_up, Message.about_id > func.coalesce(settled, 0)
    )
    return min(filter(None, (message.about_since, ctx.db.scalar(held_up))), default=None)


def _alike(ctx: Context, message: Message) -> tuple[ColumnElement[bool], ...]:
    """SQL conditions: of the kind of a message, to the same person."""
    return (
        Message.employer_id == ctx.employer_id,
        Message.person_id == message.person_id,
        Message.kind == message.kind,
    )


def mark_sent(ctx: Context, message_id: int) -> str:
    """Note in the log that a message has been handed over, or stands in the list where no more was wanted; its outcome.

    Open: called by the worker after sending.
    """
    message = ctx.open(Message, message_id)
    message.outcome, message.sent_at = "sent", ctx.now
    message.reason = message.waits_until = None
    return message.outcome


def mark_not_sent(ctx: Context, message_id: int, reason: str) -> str:
    """Note in the log that a message is not sent, and why; its outcome.

    Open: called by the worker.
    """
    message = ctx.open(Message, message_id)
    message.outcome, message.reason = "not_sent", reason
    return message.outcome


def _addresses(ctx: Context, person: Person) -> dict[Channel, str]:
    """Where somebody is reached, by channel. Three statements at most."""
    phone = select(Identifier.value).where(
        Identifier.account_id == person.account_id, Identifier.kind == "phone"
    )
    found: dict[Channel, str | None] = {
        "email": _mail_address(ctx, person),
        "sms": ctx.db.scalar(phone.limit(1)) if ctx.house.settings.sms else None,
        "push": "push" if own_push_devices(ctx, person.account_id) else None,
    }
    return {channel: address for channel, address in found.items() if address}


def _mail_address(ctx: Context, person: Person) -> str | None:
    """Where somebody is written to: the own address, or of an auditor who has none here that of the appointment."""
    own = (
        select(Identifier.value)
        .where(Identifier.account_id == person.account_id, Identifier.kind == "email")
        .order_by(Identifier.verified_at.is_(None), Identifier.id)
    )
    given = (
        select(RoleGrant.email)
        .where(
            RoleGrant.employer_id == ctx.employer_id,
            RoleGrant.person_id == person.id,
            RoleGrant.superseded_at.is_(None),
            RoleGrant.email.is_not(None),
        )
        .order_by(RoleGrant.id.desc())
    )
    return ctx.db.scalar(own.limit(1)) or ctx.db.scalar(given.limit(1))


def _recipient(ctx: Context, person: Person, kind: str, but: Channel | None) -> Recipient:
    """What the gate has to know about a person, who works here or has a role, as an auditor has. Five statements.

    A role that nobody ended when its person left does not count as work.
    """
    works: dict[type[Employment | RoleGrant], ColumnElement[bool]] = {
        Employment: in_force(Employment, ctx.today),
        RoleGrant: and_(in_force(RoleGrant, ctx.today), not_(has_left_with(RoleGrant, ctx.today))),
    }
    here = {
        begun
        for fact, today in works.items()
        for begun in ctx.db.scalars(
            select(today).where(
                fact.employer_id == ctx.employer_id,
                fact.person_id == person.id,
                or_(in_force(fact, ctx.today), fact.valid_from > ctx.today),
                fact.superseded_at.is_(None),
            )
        )
    }
    away = {
        (first, last)
        for first, last in ctx.db.execute(
            select(Absence.valid_from, Absence.valid_to).where(
                Absence.employer_id == ctx.employer_id,
                Absence.person_id == person.id,
                Absence.superseded_at.is_(None),
                or_(Absence.valid_to.is_(None), Absence.valid_to >= ctx.today),
            )
        )
    }
    back_on = back(away, ctx.today)
    chosen, addresses = choice(ctx, person.id) or Choice(), _addresses(ctx, person)
    if but:
        addresses.pop(but, None)
    channel = channel_for(kind, chosen.channel, addresses)
    return Recipient(
        address=addresses.get(channel),
        employed=bool(here),
        works_today=True in here,
        away=back_on != ctx.today,
        back_on=back_on,
        channel=channel,
        quiet=chosen.quiet,
    )
