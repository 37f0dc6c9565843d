"""Say when and in which words the employer's messages go, in versions; whether one wants the digest; send a test."""

from dataclasses import dataclass
from datetime import datetime, time

from sqlalchemy import and_, select, update

from lms.base.access import Permission
from lms.base.context import Context
from lms.base.errors import Invalid, NotFound
from lms.base.i18n import LANGUAGES
from lms.base.outbox import OutboxTask
from lms.identity.queries import own_ways
from lms.messages.actions import announce
from lms.messages.models import DigestChoice, Message, MessageChoice, MessageTerms, MessageWords
from lms.messages.queries import Choice, channels, choice, terms, words
from lms.messages.rules import Quiet
from lms.messages.terms import WORDED, Terms, Words
from lms.organisation.models import Employer, Person
from lms.organisation.writing import one_at_a_time


@dataclass(frozen=True, slots=True)
class TermsNow:
    """What the employer has set, and since when, by whom; nothing of both where nothing was ever set."""

    terms: Terms
    since: datetime | None = None
    by: str = ""


def terms_now(ctx: Context) -> TermsNow:
    """What the employer has set, with who did. One statement."""
    ctx.require(Permission.SET_MESSAGES)
    row = ctx.db.execute(
        select(MessageTerms.terms, MessageTerms.recorded_at, Person)
        .outerjoin(
            Person, and_(Person.employer_id == MessageTerms.employer_id, Person.id == MessageTerms.set_by)
        )
        .where(MessageTerms.employer_id == ctx.employer_id, MessageTerms.superseded_at.is_(None))
    ).first()
    if row is None:
        return TermsNow(Terms())
    kept, since, person = row
    return TermsNow(Terms.from_kept(kept), since, person.name if person and not person.protected else "")


def set_terms(ctx: Context, wanted: Terms) -> None:
    """Let the employer's messages go by these from now on. What is as it was leaves no trace.

    Raises Invalid for what cannot be.
    """
    ctx.require(Permission.SET_MESSAGES)
    if faults := wanted.faults():
        raise Invalid(faults)
    one_at_a_time(ctx)
    before, kept = terms(ctx).as_kept(), wanted.as_kept()
    changed = {name: value for name, value in kept.items() if value != before[name]}
    if not changed:
        return
    mine = MessageTerms.employer_id == ctx.employer_id, MessageTerms.superseded_at.is_(None)
    ctx.db.execute(update(MessageTerms).where(*mine).values(superseded_at=ctx.now))
    row = MessageTerms(employer_id=ctx.employer_id, terms=kept, set_by=ctx.who.person_id, recorded_at=ctx.now)
    ctx.db.add(row)
    ctx.note("messages.set", row, **changed)


def own_words(ctx: Context) -> set[tuple[str, str]]:
    """Of which kinds and languages the employer has lines of its own. One statement."""
    ctx.require(Permission.SET_MESSAGES)
    rows = ctx.db.execute(
        select(MessageWords.kind, MessageWords.language).where(
            MessageWords.employer_id == ctx.employer_id,
            MessageWords.superseded_at.is_(None),
            (MessageWords.opening != "") | (MessageWords.closing != ""),
        )
    )
    return {(kind, language) for kind, language in rows}


def set_words(ctx: Context, kind: str, language: str, wanted: Words) -> None:
    """Write the first and last line of a kind of letter in a language; empty ones bring back the usual.

    Raises NotFound for a kind or language there is not, Invalid for lines that are too long.
    """
    ctx.require(Permission.SET_MESSAGES)
    if kind not in WORDED or language not in LANGUAGES:
        raise NotFound
    if faults := wanted.faults():
        raise Invalid(faults)
    one_at_a_time(ctx)
    if words(ctx, kind, language) == wanted:
        return
    ctx.db.execute(
        update(MessageWords)
        .where(
            MessageWords.employer_id == ctx.employer_id,
            MessageWords.kind == kind,
            MessageWords.language == language,
            MessageWords.superseded_at.is_(None),
        )
        .values(superseded_at=ctx.now)
    )
    row = MessageWords(
        employer_id=ctx.employer_id, kind=kind, language=language, opening=wanted.opening, closing=wanted.closing,
        set_by=ctx.who.person_id, recorded_at=ctx.now,
    )  # fmt: skip
    ctx.db.add(row)
    ctx.note("messages.words", row, kind=kind, language=language, own=wanted != Words())


AT_NIGHT = Quiet(time(21), time(7), weekends=False)  # what is proposed to whoever has chosen nothing


def own_choice(ctx: Context) -> Choice | None:
    """How the actor has chosen to be told; None: nothing was chosen. One statement.

    Open: own choice only.
    """
    return choice(ctx, ctx.who.person_id)


def choose(ctx: Context, wanted: Choice) -> None:
    """Let the actor be told by a channel, and not in their quiet hours.

    Open: own choice only. Raises Invalid for a channel there is not here, or SMS without a number.
    """
    who = ctx.who
    if wanted.channel not in channels(ctx.house.settings):
        raise Invalid({"channel": "unknown"})
    if wanted.channel == "sms" and own_ways(ctx).phone is None:
        raise Invalid({"channel": "no_number"})
    values = {
        "channel": wanted.channel,
        "quiet_from": wanted.quiet.first,
        "quiet_to": wanted.quiet.last,
        "changed_at": ctx.now,
    }
    ctx.add_once(MessageChoice(employer_id=who.employer_id, person_id=who.person_id, **values))
    mine = MessageChoice.employer_id == who.employer_id, MessageChoice.person_id == who.person_id
    row = ctx.db.scalars(select(MessageChoice).where(*mine)).one()
    ctx.db.execute(update(MessageChoice).where(*mine).values(values))
    ctx.note("messages.chosen", row)


def want_digest(ctx: Context, *, wanted: bool) -> None:
    """Stop the actor's own weekly digest, or let it come again."""
    who = ctx.require(Permission.SEE_TEAM)
    ctx.add_once(
        DigestChoice(employer_id=ctx.employer_id, person_id=who.person_id, wanted=wanted, changed_at=ctx.now)
    )
    ctx.db.execute(
        update(DigestChoice)
        .where(DigestChoice.employer_id == ctx.employer_id, DigestChoice.person_id == who.person_id)
        .values(wanted=wanted, changed_at=ctx.now)
    )


def send_test(ctx: Context) -> None:
    """Send a test message to the actor, by the same way as all; while one is waiting, no other."""
    who = ctx.require(Permission.SET_MESSAGES)
    waiting = select(Message.id).where(
        Message.employer_id == ctx.employer_id,
        Message.person_id == who.person_id,
        Message.kind == "test",
        Message.outcome == "waiting",
    )
    if ctx.db.scalar(waiting.limit(1)) is not None:
        return
    entry = ctx.note("messages.test", ctx.db.get_one(Employer, ctx.employer_id))
    ctx.db.flush()
    announce(ctx, "test", entry.id, [who.person_id])


@dataclass(frozen=True, slots=True)
class Trial:
    """A test message, and where it could not be handed over: what the last try failed with, and when the next is."""

    message: Message
    failure: str = ""
    next_try: datetime | None = None


def last_test(ctx: Context) -> Trial | None:
    """The actor's newest test message. Two statements."""
    who = ctx.require(Permission.SET_MESSAGES)
    message = ctx.db.scalar(
        select(Message)
        .where(
            Message.employer_id == ctx.employer_id, Message.person_id == who.person_id, Message.kind == "test"
        )
        .order_by(Message.id.desc())
        .limit(1)
    )
    if message is None:
        return None
    task = ctx.db.scalar(select(OutboxTask).where(OutboxTask.key == f"send_message:{message.id}"))
    if task is None or task.outcome != "failed":
        return Trial(message)
    return Trial(message, task.reason or "", task.due_at)
