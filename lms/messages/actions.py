"""Everything sent to people passes here: one log row per message, one gate, one mark when it is sent."""

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from sqlalchemy import and_, func, insert, or_, select

from lms.base.context import Context
from lms.identity.models import Account, Identifier
from lms.messages.models import Message
from lms.messages.rules import Recipient, reason_not_to_send
from lms.organisation.models import Employment, Person, RoleGrant
from lms.organisation.queries import in_force


def announce(ctx: Context, kind: str, about_id: int, person_ids: Iterable[int]) -> int:
    """Enter a message to each of the people once, to be sent by the worker; returns how many are new.

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
         "message_id": f"<{kind}.{about_id}.{person}.{ctx.employer_id}@{host}>", "created_at": ctx.now}
        for person in new
    ]  # fmt: skip
    ctx.later_each(
        "send_message", "message_id", ctx.db.scalars(insert(Message).returning(Message.id), rows).all()
    )
    return len(new)


@dataclass(frozen=True, slots=True)
class Letter:
    """A message that may be sent: to whom, in which language, about what."""

    message: Message
    address: str
    given_name: str
    language: str


def open_letter(ctx: Context, message_id: int) -> Letter | None:
    """The message with its recipient, if the gate lets it through and it has not been sent yet.

    Open: called by the worker. A refusal is written into the log with its reason.
    """
    row = ctx.db.execute(
        select(Message, Person, Account.language)
        .join(Person, and_(Person.employer_id == Message.employer_id, Person.id == Message.person_id))
        .join(Account, Account.id == Person.account_id)
        .where(Message.employer_id == ctx.employer_id, Message.id == message_id)
    ).one()
    message, person, language = row
    if message.outcome != "waiting":
        return None
    recipient = Recipient(address=_address(ctx, person), employed=_belongs_here(ctx, person))
    refused = reason_not_to_send(recipient)
    if refused or recipient.address is None:
        message.outcome, message.reason = "not_sent", refused
        return None
    return Letter(message, recipient.address, person.given_name, language)


def mark_sent(ctx: Context, message_id: int) -> str:
    """Note in the log that a message has been handed to the mail server; its outcome.

    Open: called by the worker after sending.
    """
    message = ctx.open(Message, message_id)
    message.outcome, message.sent_at = "sent", ctx.now
    return message.outcome


def mark_not_sent(ctx: Context, message_id: int, reason: str) -> str:
    """Note in the log that a message is not sent, and why; its outcome.

    Open: called by the worker.
    """
    message = ctx.open(Message, message_id)
    message.outcome, message.reason = "not_sent", reason
    return message.outcome


def _address(ctx: Context, person: Person) -> str | None:
    return ctx.db.scalar(
        select(Identifier.value)
        .where(Identifier.account_id == person.account_id, Identifier.kind == "email")
        .order_by(Identifier.verified_at.is_(None), Identifier.id)
        .limit(1)
    )


def _belongs_here(ctx: Context, person: Person) -> bool:
    """Whether somebody works here or is to, or has been given a role, as an auditor from outside has."""
    return any(
        ctx.db.scalar(
            select(func.count()).where(
                fact.employer_id == ctx.employer_id,
                fact.person_id == person.id,
                or_(in_force(fact, ctx.today), fact.valid_from > ctx.today),
                fact.superseded_at.is_(None),
            )
        )
        for fact in (Employment, RoleGrant)
    )
