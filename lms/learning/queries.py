"""Read what the actor has read, attempted and answered. Nobody else's attempts can be asked for."""

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BindParameter,
    CompoundSelect,
    Row,
    String,
    and_,
    bindparam,
    cast,
    func,
    literal,
    select,
    union_all,
)

from lms.base.access import Permission
from lms.base.context import Context
from lms.base.errors import NotFound
from lms.base.statements import EMPLOYER, ME
from lms.catalogue import queries as catalogue
from lms.catalogue.items import TYPES
from lms.catalogue.models import EditionRow
from lms.catalogue.typography import all_kept_together
from lms.catalogue.values import Edition
from lms.learning import rules
from lms.learning.decisions import decisions_made
from lms.learning.exam_language import exam_language
from lms.learning.models import COUNTS, Answer, Attempt, Progress
from lms.learning.seats import require_seat
from lms.register.models import Duty, DutySource

_COURSE = bindparam("course", type_=String)
_KIND = bindparam("kind", type_=String)
_COURSES: BindParameter[str] = bindparam("courses", expanding=True)
DEEDS: CompoundSelect[*tuple[Any, ...]] = union_all(
    select(
        literal("").label("kind"), Progress.edition_id, Progress.lesson, Progress.step, Progress.read_at
    ).where(Progress.employer_id == EMPLOYER, Progress.person_id == ME, Progress.course.in_(_COURSES)),
    select(
        Attempt.kind, Attempt.edition_id, literal(""), cast(Attempt.solid, String), Attempt.closed_at
    ).where(
        Attempt.employer_id == EMPLOYER,
        Attempt.person_id == ME,
        Attempt.course.in_(_COURSES),
        Attempt.kind.in_(rules.CHECKS),
        Attempt.closed_at.is_not(None),
    ),
)
_LATEST_ATTEMPT = (
    select(Attempt, EditionRow.digest)
    .join(EditionRow, EditionRow.id == Attempt.edition_id)
    .where(
        Attempt.employer_id == EMPLOYER,
        Attempt.person_id == ME,
        Attempt.course == _COURSE,
        Attempt.kind == _KIND,
    )
    .order_by(Attempt.id.desc())
    .limit(1)
)
_LATEST_CLOSED = _LATEST_ATTEMPT.where(COUNTS)
_ANSWERS = (
    select(Answer.item, Answer.value, Answer.right, Answer.credit, Answer.client_id, Answer.language)
    .where(Answer.employer_id == EMPLOYER, Answer.attempt_id == bindparam("attempt"))
    .order_by(Answer.id)
)


def deeds(ctx: Context, courses: Collection[str]) -> dict[int, rules.Deeds]:
    """What the actor has read of courses and shown before them, by edition. One statement."""
    ctx.require(Permission.LEARN)
    return deeds_from(ctx.rows(DEEDS, courses=list(courses)))


def deeds_from(rows: Iterable[Row[*tuple[Any, ...]]]) -> dict[int, rules.Deeds]:
    """What the rows of DEEDS say, by edition; nothing of an edition with which nothing was done."""
    steps: defaultdict[int, list[tuple[str, str, datetime]]] = defaultdict(list)
    checks: defaultdict[int, list[rules.Check]] = defaultdict(list)
    for kind, edition_id, lesson, step, at in rows:
        if kind:
            checks[edition_id].append(rules.Check(kind, frozenset(json.loads(step)), at))
        else:
            steps[edition_id].append((lesson, step, at))
    return {each: rules.Deeds(steps[each], checks[each]) for each in steps.keys() | checks.keys()}


@dataclass(frozen=True, slots=True)
class Question:
    """One item as it is shown: never with its key. Practice items belong to no attempt and have no place."""

    attempt_id: UUID | None
    place: int
    count: int
    type: str
    is_graded: bool  # else what is written is kept for the learner alone
    language: str
    situation: str
    ask: str
    options: tuple[tuple[str, str], ...]  # (id, text) in the order drawn
    targets: tuple[tuple[str, str], ...]
    more: dict[str, Any]  # what else its type shows
    media: dict[str, str]  # of the edition: file name -> digest
    asked: tuple[str, ...]  # fields that an answer has to say something in

    @property
    def kept_as(self) -> str:
        """Under what name a device keeps what is not sent yet: another one for each decision."""
        return "-".join(map(str, (self.attempt_id, self.place, len(self.more.get("way", ())))))


@dataclass(frozen=True, slots=True)
class Feedback:
    """What is said about an answer once it is locked in: the key, and why, for every option."""

    place: int
    right: bool
    parts: tuple[int, int]  # so many right, of so many
    type: str
    language: str
    situation: str
    ask: str
    value: rules.Value
    key: rules.Value
    options: tuple[tuple[str, str], ...]
    targets: dict[str, str]
    why: dict[str, str]
    then: dict[str, str]
    solution: str
    more: dict[str, Any]  # what else its type shows and says
    media: dict[str, str]  # of the edition: file name -> digest
    lesson: str
    lesson_title: str
    step: str | None
    compared: bool = False  # not said about an answer: the right one, to be compared with


@dataclass(frozen=True, slots=True)
class QuizPage:
    """The question at a place, and the feedback on the answer before it if there is one."""

    edition: Edition
    language: str
    question: Question | None  # None: it has been answered, or all have
    feedback: Feedback | None
    answered: int
    count: int
    next_place: int  # 0: all have been answered


def quiz_page(
    ctx: Context, course: str, place: int, feedback_on: int | None = None, kind: rules.Kind = "exam"
) -> QuizPage:
    """The actor's latest attempt of a kind at a course, at a place (from 1).

    The question has no key. Feedback is given only on an answer that is locked in, and not in what comes before a
    course: it says what was shown when it is over, outcome by outcome, so that its questions can be asked again.
    Both are worded in the language the actor reads in now, or in that of the exam where the employer leaves it free.
    Raises NotFound if there is no attempt or no such place, Expired("sitting_over") in a supervised exam that is over.
    """
    ctx.require(Permission.LEARN)
    found = ctx.db.execute(_LATEST_ATTEMPT, ctx.places(course=course, kind=kind)).first()
    if found is None or not 1 <= place <= len(found.Attempt.drawn) + 1:
        raise NotFound
    attempt: Attempt = found.Attempt
    edition = catalogue.edition_of(ctx, attempt.edition_id, found.digest)
    language = exam_language(ctx, attempt, edition)
    answers = answers_to(ctx, attempt.id)
    if attempt.mode == "supervised" and attempt.closed_at is None:
        require_seat(ctx, attempt.id)
    question = None
    if place <= len(attempt.drawn) and attempt.drawn[place - 1]["item"] not in answers:
        question = _question(ctx, attempt, edition, language, place)
    feedback = None
    # Not explained is what checks ask, for they ask the same items again, and what is asked in a room, where the one
    # beside has the same questions. An update has items of its own, which are nobody's exam.
    is_quiet = kind in rules.CHECKS or attempt.mode == "supervised"
    if not is_quiet and feedback_on is not None and 1 <= feedback_on <= len(attempt.drawn):
        answer = answers.get(attempt.drawn[feedback_on - 1]["item"])
        feedback = _feedback(attempt, edition, language, feedback_on, answer) if answer else None
    return QuizPage(
        edition=edition,
        language=language,
        question=question,
        feedback=feedback,
        answered=len(answers),
        count=len(attempt.drawn),
        next_place=attempt.next_place(answers),
    )


def _question(ctx: Context, attempt: Attempt, edition: Edition, language: str, place: int) -> Question:
    drawn = attempt.drawn_item(place)
    return question(
        edition, drawn, language, decisions_made(ctx, attempt, edition.items[drawn.item]),
        attempt_id=attempt.public_id, place=place, count=len(attempt.drawn),
    )  # fmt: skip


def question(
    edition: Edition,
    drawn: rules.Drawn,
    language: str,
    made: object = (),
    *,
    attempt_id: UUID | None = None,
    place: int = 0,
    count: int = 0,
) -> Question:
    """An item as drawn, worded in a language, without its key; after the decisions `made`, where it has some.

    Open: puts together values the caller already holds; also used for practice items.
    """
    item, language = edition.items[drawn.item], edition.language(language)
    kind, text = TYPES[item.type], edition.text(language).items[drawn.item]
    text = all_kept_together(kind.worded(item, text, drawn, language))
    return Question(
        attempt_id=attempt_id,
        place=place,
        count=count,
        type=item.type,
        is_graded=kind.is_graded,
        language=language,
        situation=text.situation,
        ask=text.ask,
        options=_named(drawn.options, text.options),
        targets=_named(drawn.targets, text.targets),
        more=kind.more(item, text, drawn, language) | kind.so_far(item, text, drawn, made),
        media=edition.media,
        asked=kind.asked(item, drawn),
    )


def _named(ids: Sequence[str], texts: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """Ids with their texts, in order; those that the type words by itself are left out."""
    return tuple((each, texts[each]) for each in ids if each in texts)


def _feedback(
    attempt: Attempt, edition: Edition, language: str, place: int, answer: Row[*tuple[Any, ...]]
) -> Feedback:
    drawn = attempt.drawn_item(place)
    return feedback_on(edition, drawn, language, answer.value, right=answer.right, place=place)


def feedback_on(
    edition: Edition, drawn: rules.Drawn, language: str, value: rules.Value, *, right: bool, place: int = 0
) -> Feedback:
    """The explanation of an answer, in the order the options were shown.

    Open: puts together values the caller already holds; also used for practice items.
    """
    item, language = edition.items[drawn.item], edition.language(language)
    kind, course = TYPES[item.type], edition.text(language)
    text = all_kept_together(kind.worded(item, course.items[drawn.item], drawn, language))
    return Feedback(
        place=place,
        right=right,
        parts=kind.parts(item, drawn, value),
        type=item.type,
        language=language,
        situation=text.situation,
        ask=text.ask,
        value=value,
        key=list(item.key) if isinstance(item.key, tuple) else item.key,
        options=_named(drawn.options, text.options),
        targets=text.targets,
        why=text.why,
        then=text.then,
        solution=text.solution,
        more=kind.more(item, text, drawn, language) | kind.explained(item, text, drawn, value, language),
        media=edition.media,
        lesson=item.lesson,
        lesson_title=course.lessons[item.lesson].title,
        step=item.step,
    )


def answers_to(ctx: Context, attempt_id: int) -> dict[str, Row[*tuple[Any, ...]]]:
    """What has been answered in an attempt: (item, value, right, credit, client_id, language) by item. One statement.

    Open: called for an attempt that was found to be the actor's.
    """
    return {answer.item: answer for answer in ctx.rows(_ANSWERS, attempt=attempt_id)}


def credit_of(answer: Row[*tuple[Any, ...]]) -> Fraction:
    """How much of an answer is right; before shares were counted, all of it or nothing.

    Open: reads a row the caller already holds.
    """
    credit: Fraction | None = answer.credit
    return Fraction(answer.right) if credit is None else credit


def shares_of(attempt: Attempt, answers: Mapping[str, Row[*tuple[Any, ...]]]) -> dict[str, Fraction]:
    """How much of the answer to each item drawn is right: nothing of one that is missing, where it was not finished."""
    items = [entry["item"] for entry in attempt.drawn]
    return {item: credit_of(answers[item]) if item in answers else Fraction() for item in items}


@dataclass(frozen=True, slots=True)
class OutcomeResult:
    """An outcome as an attempt left it: solid, or not yet, and the lessons (id, title) that teach it."""

    title: str
    solid: bool
    lessons: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Result:
    """The actor's latest closed attempt of a kind at a course."""

    edition: Edition
    attempt_id: int
    language: str
    passed: bool
    right: int  # answers
    points: Fraction  # with shares of answers partly right
    count: int
    outcomes: tuple[OutcomeResult, ...]  # in the order they are taught
    limit: int  # how many had to be right, over all parts
    parts: tuple[tuple[str, rules.PartScore], ...]  # with their names; none if the exam was not divided


def result(ctx: Context, course: str, kind: rules.Kind = "exam") -> Result | None:
    """How the actor's latest attempt of a kind that counts went; None if there is none. For the actor's eyes only."""
    ctx.require(Permission.LEARN)
    found = ctx.db.execute(_LATEST_CLOSED, ctx.places(course=course, kind=kind)).first()
    if found is None:
        return None
    attempt: Attempt = found.Attempt
    edition = catalogue.edition_of(ctx, attempt.edition_id, found.digest)
    shares = shares_of(attempt, answers_to(ctx, attempt.id))
    text = edition.text(ctx.language)
    solid, scores = rules.solid_outcomes(edition, shares), rules.scores(edition, shares)
    return Result(
        edition=edition,
        attempt_id=attempt.id,
        language=edition.language(ctx.language),
        passed=bool(attempt.passed),
        right=attempt.right or 0,
        points=sum(shares.values(), Fraction()),
        count=len(attempt.drawn),
        outcomes=tuple(
            OutcomeResult(
                title=text.outcomes[outcome],
                solid=outcome in solid,
                lessons=tuple(
                    (lesson.id, text.lessons[lesson.id].title)
                    for lesson in edition.lessons
                    if outcome in lesson.outcomes
                ),
            )
            for outcome in edition.outcomes
            if any(edition.items[item].outcome == outcome for item in shares)
        ),
        limit=sum(score.part.pass_mark for score in scores),
        parts=tuple((text.parts[score.part.id], score) for score in scores if score.part.id),
    )


def is_assigned(ctx: Context, assignment_id: int, person_id: int) -> bool:
    """Whether an assignment is still a reason why somebody has to take a course.

    Open: asked by the worker before it tells them.
    """
    return bool(
        ctx.db.scalar(
            select(func.count())
            .select_from(Duty)
            .join(DutySource, and_(DutySource.employer_id == Duty.employer_id, DutySource.duty_id == Duty.id))
            .where(
                Duty.employer_id == ctx.employer_id,
                Duty.person_id == person_id,
                DutySource.assignment_id == assignment_id,
                DutySource.withdrawn_at.is_(None),
            )
        )
    )
