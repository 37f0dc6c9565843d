"""Read the log of messages: which went to whom, and why others did not. What they said is not kept."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, and_, func, or_, select, true
from sqlalchemy.orm import aliased

from lms.base.access import WHOLE, Permission
from lms.base.context import Context
from lms.base.names import spellings
from lms.identity.models import Identifier
from lms.messages.models import Message
from lms.organisation.models import Employment, Person, Unit
from lms.organisation.queries import in_force

OUTCOMES = ("waiting", "sent", "not_sent")
KINDS = (
    "reminder", "escalation", "digest", "assigned", "edition", "passed", "reflection_task", "minutes", "slip",
    "sign_in_changed", "second_factor_required", "objection_answered", "certificate_decided", "auditor",
    "regular_file", "regular_file_ended", "test",
)  # fmt: skip
TOTALLED = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class LogFilter:
    """What the log is narrowed to; empty values narrow nothing."""

    kind: str = ""
    outcome: str = ""
    text: str = ""  # words of a name, or an employee number


@dataclass(frozen=True, slots=True)
class LogLine:
    """One message: to whom, of what kind, what became of it. Nobody's name where the identity is protected."""

    person_id: UUID
    name: str
    employee_number: str
    kind: str
    channel: str
    created_at: datetime
    sent_at: datetime | None
    outcome: str
    reason: str | None
    waits_until: datetime | None


def message_log(ctx: Context, narrowed: LogFilter, *, start: int, limit: int) -> tuple[list[LogLine], int]:
    """Messages to people in the actor's reach, the newest first, so many of them; and their number. Two statements."""
    query = _messages(ctx, ctx.reach(Permission.SEE_MESSAGES, Unit.path)).where(*_narrowing(narrowed))
    count = ctx.db.scalar(query.with_only_columns(func.count())) or 0
    rows = ctx.db.execute(
        query.with_only_columns(
            Person.public_id, Person.given_name, Person.family_name, Person.employee_number, Person.protected,
            Message.kind, Message.channel, Message.created_at, Message.sent_at, Message.outcome, Message.reason,
            Message.waits_until,
        )
        .order_by(Message.created_at.desc(), Message.id.desc())
        .offset(start)
        .limit(limit)
    )  # fmt: skip
    return [_line(row) for row in rows], count


@dataclass(frozen=True, slots=True)
class Totals:
    """The last 30 days: how many messages in each outcome, and for what reasons the others were not sent."""

    outcomes: dict[str, int]
    reasons: tuple[tuple[str, int], ...]  # the most frequent first


def log_totals(ctx: Context) -> Totals:
    """Messages to people in the actor's reach, entered in the last 30 days, counted. One statement."""
    rows = ctx.db.execute(
        _messages(ctx, ctx.reach(Permission.SEE_MESSAGES, Unit.path))
        .where(Message.created_at > ctx.now - TOTALLED)
        .with_only_columns(Message.outcome, Message.reason, func.count())
        .group_by(Message.outcome, Message.reason)
    ).all()
    outcomes = {
        outcome: sum(count for found, _reason, count in rows if found == outcome) for outcome in OUTCOMES
    }
    reasons = [(reason or "", count) for outcome, reason, count in rows if outcome == "not_sent"]
    return Totals(outcomes, tuple(sorted(reasons, key=lambda pair: (-pair[1], pair[0]))))


def is_refused(ctx: Context, person_id: UUID) -> bool:
    """Whether a mail server refused the address of somebody in the actor's reach the last time, and it is still theirs.

    One statement.
    """
    in_reach = ctx.reach(Permission.SEE_MESSAGES, Unit.path)
    settled = and_(Message.channel == "email", or_(Message.outcome == "sent", Message.reason == "refused"))
    of_person = and_(Identifier.account_id == Person.account_id, Identifier.kind == "email")
    newer = select(Identifier.id).where(of_person, Identifier.created_at > Message.created_at).exists()
    last = (
        _messages(ctx, in_reach)
        .where(Person.public_id == person_id, settled)
        .with_only_columns(and_(Message.reason.is_not(None), ~newer))
        .order_by(Message.id.desc())
        .limit(1)
    )
    return bool(ctx.db.scalar(last))


def _messages(ctx: Context, in_reach: ColumnElement[bool]) -> Select[int]:
    """Messages to people who work in reach; who works nowhere now counts where they worked, or will."""
    query = (
        select(Message.id)
        .join(Person, and_(Person.employer_id == Message.employer_id, Person.id == Message.person_id))
        .where(Message.employer_id == ctx.employer_id)
    )
    if WHOLE in ctx.who.paths(Permission.SEE_MESSAGES):
        return query
    now = aliased(Employment)
    at_work = (
        select(now.id)
        .where(
            now.employer_id == ctx.employer_id,
            now.person_id == Employment.person_id,
            in_force(now, ctx.today),
        )
        .correlate(Employment)
        .exists()
    )
    there = (
        select(Employment.person_id)
        .join(Unit, and_(Unit.employer_id == Employment.employer_id, Unit.id == Employment.unit_id))
        .where(
            Employment.employer_id == ctx.employer_id,
            Employment.superseded_at.is_(None),
            or_(in_force(Employment, ctx.today), ~at_work),
            in_reach,
        )
    )
    return query.where(Message.person_id.in_(there))  # first who is in reach, then what went to them


def _narrowing(narrowed: LogFilter) -> list[ColumnElement[bool]]:
    words = [
        and_(
            Person.protected.is_(False),
            or_(
                Person.employee_number == word,
                *(
                    name.icontains(spelling, autoescape=True)
                    for name in (Person.given_name, Person.family_name)
                    for spelling in sorted(set(spellings(word)))
                ),
            ),
        )
        for word in narrowed.text.split()
    ]
    return [
        Message.kind == narrowed.kind if narrowed.kind else true(),
        Message.outcome == narrowed.outcome if narrowed.outcome else true(),
        *words,
    ]


def _line(row: Row[*tuple[Any, ...]]) -> LogLine:
    public_id, given, family, number, protected, *rest = row
    name, number = ("", "") if protected else (f"{family}, {given}", number)
    return LogLine(public_id, name, number, *rest)
