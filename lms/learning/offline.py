"""Courses taken without network: the questions of a test handed out sealed, what was done on the phone taken in."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, select

from lms.base.access import Permission
from lms.base.context import Context
from lms.base.errors import Conflict, Expired, Invalid, NotFound
from lms.base.statements import EMPLOYER
from lms.catalogue import queries as catalogue
from lms.learning.actions import answer_item, open_attempt, read_step
from lms.learning.attempts import my_attempts
from lms.learning.models import Attempt
from lms.learning.notes import add_to_note
from lms.learning.offline_models import AnswerAside
from lms.learning.offline_rules import SEALED, Reason, State, given_at, reason_aside, state_shown
from lms.learning.queries import Question, answers_to, question
from lms.learning.rules import is_in_steps
from lms.organisation.models import Person
from lms.register import actions as register

MOST = 100  # things done on the phone that are taken in at once
_ASIDE = select(AnswerAside.client_id, AnswerAside.reason).where(
    AnswerAside.employer_id == EMPLOYER, AnswerAside.attempt_id == bindparam("attempt")
)


@dataclass(frozen=True, slots=True)
class SealedExam:
    """The test as it is taken along: its questions without their keys, and until when they may be answered."""

    attempt_id: UUID
    edition_id: int
    sealed_until: datetime
    count: int
    questions: tuple[Question, ...]  # those without an answer, in order


def seal_exam(ctx: Context, course: str, language: str) -> SealedExam:
    """Hand out the actor's exam under way, or a new one, to be answered without network.

    Handing out is not beginning: the first answer is. What was handed out before and has no answer is drawn anew once
    there is a newer edition. Raises Conflict as `open_attempt` does, and Conflict("needs_network") where a question
    is answered in several decisions: what each leads to would have to be on the phone before it is made.
    """
    who = ctx.require(Permission.LEARN)
    ctx.open(Person, who.person_id, lock=True)
    found = my_attempts(ctx, course).exam_under_way(ctx.now)
    if found and found.mode == "supervised":
        raise Conflict("supervised_only")
    attempt = open_attempt(ctx, course, language, mode="offline")
    edition = catalogue.edition(ctx, attempt.edition_id)
    answered = answers_to(ctx, attempt.id)
    places = [place for place, entry in enumerate(attempt.drawn, 1) if entry["item"] not in answered]
    if any(is_in_steps(edition.items[attempt.drawn[place - 1]["item"]]) for place in places):
        raise Conflict("needs_network")
    attempt.mode, attempt.sealed_until = "offline", ctx.now + SEALED
    ctx.db.flush()
    return SealedExam(
        attempt_id=attempt.public_id,
        edition_id=edition.id,
        sealed_until=attempt.sealed_until,
        count=len(attempt.drawn),
        questions=tuple(
            question(
                edition, attempt.drawn_item(place), language, attempt_id=attempt.public_id, place=place,
                count=len(attempt.drawn),
            )
            for place in places
        ),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class OnPhone:
    """Something done on a phone: an answer to a question, a step read, or a note written.

    `client_id` is made on the phone, `at` is when by the phone's clock. Which of the other fields are there follows
    from the kind.
    """

    kind: str  # answer, read, note
    client_id: str
    at: datetime
    course: str = ""
    edition_id: int = 0
    lesson: str = ""
    step: str = ""
    item: str = ""
    attempt_id: UUID | None = None
    place: int = 0
    value: Any = None
    before: str = ""  # what a note said when it was written


@dataclass(slots=True)
class TakenIn:
    """What became of what was sent: the ids that are dealt with, those that stay on the phone, how attempts stand."""

    done: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    attempts: dict[UUID, "Standing"] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Standing:
    """How an attempt stands that was taken on a phone: the state to show, and how many answers count and do not."""

    course: str
    state: State
    counted: int
    count: int
    aside: dict[str, int]  # by reason


def take_in(ctx: Context, sent: Sequence[OnPhone], sent_at: datetime) -> TakenIn:
    """Take in what the actor did on a phone, in the order it was done; `sent_at` is the phone's clock as it sends.

    The same once more changes nothing. An answer that cannot count is set aside with the reason. What is about
    something that is not there, or not the actor's, is left out, and need not be sent again. Raises Invalid
    ("too_many") for more than `MOST` at once.
    """
    ctx.require(Permission.LEARN)
    if len(sent) > MOST:
        raise Invalid({"deeds": "too_many"})
    taken = TakenIn()
    attempts: dict[UUID, Attempt] = {}
    for each in sent:
        try:
            if each.kind == "answer" and each.attempt_id is not None:
                attempts[each.attempt_id] = _answer(ctx, each, sent_at)
            elif each.kind == "read":
                read_step(ctx, _edition_of(ctx, each), each.lesson, each.step)
            elif each.kind == "note":
                add_to_note(ctx, _edition_of(ctx, each), each.item, each.value, each.before)
        except NotFound:
            pass  # gone, or of somebody else: nothing that could be kept here
        except Invalid:
            taken.refused.append(each.client_id)
            continue
        taken.done.append(each.client_id)
    taken.attempts = {public_id: standing(ctx, attempt) for public_id, attempt in attempts.items()}
    return taken


def _edition_of(ctx: Context, each: OnPhone) -> Any:
    edition = catalogue.edition(ctx, each.edition_id)
    if edition.course != each.course:
        raise NotFound
    return edition


def _answer(ctx: Context, each: OnPhone, sent_at: datetime) -> Attempt:
    """Let an answer count, or set it aside. Raises NotFound for an attempt that is not the actor's."""
    attempt = ctx.open(Attempt, each.attempt_id or 0, lock=True)
    if attempt.person_id != ctx.who.person_id or not 1 <= each.place <= len(attempt.drawn):
        raise NotFound
    item = attempt.drawn_item(each.place).item
    answers = answers_to(ctx, attempt.id)
    given = given_at(each.at, sent_at, ctx.now, attempt.opened_at)
    if any(answer.client_id == each.client_id for answer in answers.values()):
        return attempt
    reason: Reason | None = reason_aside(given=given, sealed_until=attempt.sealed_until)
    if item in answers:
        reason = "elsewhere"
    elif attempt.closed_at is not None:
        reason = "closed"
    if reason is None:
        try:
            if not answers:
                register.note_start(ctx, attempt.person_id, attempt.course)
            answer_item(
                ctx, attempt.public_id, each.place, client_id=each.client_id, value=each.value, given_at=given
            )
        except Invalid:
            reason = "malformed"
        except (Conflict, Expired):
            reason = "closed"
    if reason is not None and each.client_id not in _set_aside(ctx, attempt):
        ctx.db.add(
            AnswerAside(
                employer_id=ctx.employer_id,
                attempt_id=attempt.id,
                client_id=each.client_id,
                item=item,
                value=each.value,
                reason=reason,
                given_at=given,
                received_at=ctx.now,
            )
        )
        ctx.db.flush()
    return attempt


def _set_aside(ctx: Context, attempt: Attempt) -> dict[str, str]:
    """Why answers were set aside, by client id."""
    return {row.client_id: row.reason for row in ctx.rows(_ASIDE, attempt=attempt.id)}


def my_standings(ctx: Context, courses: Sequence[str]) -> dict[UUID, Standing]:
    """How the actor's last attempts stand that were handed out for a phone and of which something has been sent."""
    who = ctx.require(Permission.LEARN)
    newest: dict[str, Attempt] = {}
    for attempt in ctx.db.scalars(
        select(Attempt)
        .where(
            Attempt.employer_id == ctx.employer_id,
            Attempt.person_id == who.person_id,
            Attempt.course.in_(courses),
            Attempt.mode == "offline",
        )
        .order_by(Attempt.id)
    ):
        newest[attempt.course] = attempt
    found = {attempt.public_id: standing(ctx, attempt) for attempt in newest.values()}
    return {attempt: each for attempt, each in found.items() if each.counted or each.aside}


def standing(ctx: Context, attempt: Attempt) -> Standing:
    """How an attempt stands whose answers have been sent.

    Open: called for an attempt that was found to be the actor's.
    """
    aside = dict(Counter(_set_aside(ctx, attempt).values()))
    counted = len(answers_to(ctx, attempt.id))
    shown = state_shown(is_closed=attempt.closed_at is not None, unsent=0, aside=aside, counted=counted)
    return Standing(attempt.course, shown, counted, len(attempt.drawn), aside)
