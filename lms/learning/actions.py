"""Read, attempt, answer; assign and withdraw courses."""

import secrets
from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import date, datetime
from fractions import Fraction
from random import Random
from typing import Any
from uuid import UUID

from sqlalchemy import and_, func, insert, select, update

from lms.base.access import Permission
from lms.base.context import Context
from lms.base.errors import Conflict, Invalid, NotFound
from lms.catalogue import queries as catalogue
from lms.catalogue.values import Edition
from lms.evidence import actions as evidence
from lms.learning import rules
from lms.learning.assignments import mine_to_withdraw
from lms.learning.attempts import MyAttempts, Try, my_attempts
from lms.learning.decisions import decide, has_decided
from lms.learning.editions import lessons_of_update, may_check
from lms.learning.exam_language import exam_language
from lms.learning.models import Answer, Assignment, Attempt, Progress
from lms.learning.queries import answers_to, credit_of, deeds, shares_of
from lms.learning.seats import require_seat
from lms.learning.settings import expiry_at
from lms.organisation.models import Person, Unit
from lms.register import actions as register
from lms.register.people import candidates

LONGEST_REASON = 200  # characters
_ANSWER = insert(Answer)


def read_step(ctx: Context, edition: Edition, lesson_id: str, step_id: str) -> dict[int, rules.Deeds]:
    """Keep that the actor has read a step; what they had done with each edition before. A second time changes nothing.

    What was read before a refresher, of whichever edition, is read anew after it. Raises NotFound if the edition has no
    such step.
    """
    who = ctx.require(Permission.LEARN)
    lesson = edition.lesson(lesson_id)
    if lesson is None or step_id not in {step.id for step in lesson.steps}:
        raise NotFound
    done = deeds(ctx, [edition.course])
    begins = rules.begins_at(check for each in done.values() for check in each.checks)
    steps = done[edition.id].steps if edition.id in done else ()
    known = {(lesson, step) for lesson, step, read_at in steps if begins is None or read_at >= begins}
    if (lesson_id, step_id) in known:
        return done
    is_new = ctx.add_once(
        Progress(
            employer_id=who.employer_id,
            person_id=who.person_id,
            course=edition.course,
            edition_id=edition.id,
            lesson=lesson_id,
            step=step_id,
            read_at=ctx.now,
        )
    )
    if not is_new:
        ctx.db.execute(
            update(Progress)
            .where(
                Progress.employer_id == who.employer_id,
                Progress.person_id == who.person_id,
                Progress.edition_id == edition.id,
                Progress.lesson == lesson_id,
                Progress.step == step_id,
            )
            .values(read_at=ctx.now)
        )
    if not known:
        register.note_start(ctx, who.person_id, edition.course)
    return done


def open_attempt(
    ctx: Context,
    course: str,
    language: str,
    kind: rules.Kind = "exam",
    mode: str = "online",
    *,
    despite_limits: bool = False,
) -> Attempt:
    """The actor's attempt of a kind under way, or a new one drawn from the newest edition.

    Items drawn in earlier attempts, of whatever kind, come last. Raises NotFound if there is no such course,
    Conflict("no_pretest"), Conflict("no_refresher") or Conflict("no_update") where there is none, or it has been
    taken already, Conflict("no_questions") where nothing can be asked, Conflict("no_attempts_left") or
    Conflict("attempt_not_yet") where the author limits how often the exam is taken (unless it is to be taken
    `despite_limits`), Conflict("supervised_only") for an exam that is taken in a room (`lms.learning.sittings`).
    """
    who = ctx.require(Permission.LEARN)
    history = catalogue.history(ctx, course)
    edition = history.newest
    ctx.open(Person, who.person_id, lock=True)  # two taps on "Start" are one attempt
    mine = my_attempts(ctx, course)
    under_way = mine.under_way(kind)
    is_outdated = under_way is not None and under_way.is_handed_out and under_way.edition_id != edition.id
    if under_way is not None and under_way.left_at(ctx.now) is None and not is_outdated:
        if mode == "online":
            register.note_start(ctx, who.person_id, course)
        return ctx.open(Attempt, under_way.id)
    if kind == "exam" and edition.supervised and mode != "supervised":
        raise Conflict("supervised_only")
    if (
        under_way is not None
    ):  # its room is closed, and there will be no other; or it is of an earlier edition
        leave_attempt(ctx, under_way)
        mine = my_attempts(ctx, course)
    if kind == "exam" and not despite_limits:
        ahead = mine.next_exam(edition, ctx.now)
        if ahead.left == 0:
            raise Conflict("no_attempts_left", count=edition.attempts)
        if ahead.opens_at is not None:
            raise Conflict("attempt_not_yet", opens_at=ahead.opens_at)
    if kind in rules.CHECKS and not may_check(ctx, history, kind):
        raise Conflict(f"no_{kind}")
    drawn = _draw(ctx, edition, kind, mine)
    if not drawn:  # an attempt without a question could never be closed
        raise Conflict("no_questions")
    attempt = Attempt(
        employer_id=who.employer_id,
        person_id=who.person_id,
        course=course,
        edition_id=edition.id,
        language=edition.language(language),
        kind=kind,
        mode=mode,
        drawn=drawn,
        opened_at=ctx.now,
    )
    ctx.db.add(attempt)
    ctx.db.flush()
    if mode != "offline":  # what is handed out to be taken along is begun with its first answer
        register.note_start(ctx, who.person_id, course)
    return attempt


def _draw(ctx: Context, edition: Edition, kind: rules.Kind, mine: MyAttempts) -> list[dict[str, Any]]:
    """Items for a new attempt; those of one that was left without an answer once more, for they have been seen."""
    left = mine.left_unanswered(kind, edition)
    if left is not None:
        return left.drawn
    seen = {each["item"] for attempt in mine.tries for each in attempt.drawn}
    random = Random(secrets.randbits(128))  # noqa: S311
    lessons = lessons_of_update(ctx, edition.course) if kind == "update" else ()
    return [asdict(each) for each in rules.draw(edition, random, seen, kind, lessons)]


@dataclass(frozen=True, slots=True)
class Answered:
    """What became of an answer: whether it was right, and where to go on (0: that was the last).

    After a decision that is not the last one of its item one goes on at the same place.
    """

    right: bool
    next_place: int


def answer_item(
    ctx: Context,
    attempt_id: UUID,
    place: int,
    *,
    client_id: str,
    value: object,
    given_at: datetime | None = None,
) -> Answered:
    """Lock in the answer to the item at a place (from 1) of the actor's attempt; the first answer counts.

    An item in steps takes its decisions one by one. The same answer sent again, or another one later,
    changes nothing. The last answer closes the attempt; a pass of the exam issues the certificate in this
    transaction, in the language most of its questions were answered in; one of an update prolongs what there is.
    Raises NotFound for an attempt that is not the actor's, Invalid if nothing that can be graded was sent,
    Expired("sitting_over") in a supervised exam that is over.
    """
    ctx.require(Permission.LEARN)
    attempt = ctx.open(Attempt, attempt_id, lock=True)
    if attempt.person_id != ctx.who.person_id or not 1 <= place <= len(attempt.drawn):
        raise NotFound
    edition = catalogue.edition(ctx, attempt.edition_id)
    drawn = attempt.drawn_item(place)
    answers = answers_to(ctx, attempt.id)
    given = {item: credit_of(answer) for item, answer in answers.items()}
    if drawn.item not in given:
        if attempt.closed_at is not None:
            raise Conflict("attempt_closed")
        if attempt.mode == "supervised":
            require_seat(ctx, attempt.id)
        if not client_id or any(answer.client_id == client_id for answer in answers.values()):
            raise Invalid({"client_id": "used"})
        item = edition.items[drawn.item]
        try:
            if rules.is_in_steps(item):
                value = decide(ctx, attempt, item, value, client_id)
                if value is None:
                    return Answered(right=False, next_place=place)
            stored = rules.read_answer(item, drawn, value)
        except rules.Malformed:
            raise Invalid({"answer": f"choose_{item.type}"}) from None
        credit = given[drawn.item] = rules.grade(item, drawn, stored)
        attempt.language = exam_language(ctx, attempt, edition)
        ctx.db.connection().execute(
            _ANSWER,
            {
                "employer_id": ctx.employer_id, "attempt_id": attempt.id, "client_id": client_id, "item": drawn.item,
                "value": stored, "right": credit == 1, "credit": credit, "language": attempt.language,
                "given_at": given_at, "received_at": ctx.now,
            },
        )  # fmt: skip
        if len(given) == len(attempt.drawn):
            read_in = [answer.language or attempt.language for answer in answers.values()]
            _close(ctx, attempt, edition, given, rules.language_of([*read_in, attempt.language]))
    return Answered(given[drawn.item] == 1, attempt.next_place(given))


def _close(ctx: Context, attempt: Attempt, edition: Edition, shares: rules.Shares, language: str) -> None:
    attempt.closed_at = ctx.now
    _count(attempt, edition, shares)
    if attempt.kind in {"exam", "update"}:
        attempt.passed = rules.has_passed(edition, shares)
    ctx.db.flush()
    if attempt.passed and attempt.kind == "update":
        register.record_receipt(ctx, attempt.person_id, attempt.course, edition.id, "update")
    elif attempt.passed:
        certificate = evidence.issue_certificate(
            ctx,
            evidence.Pass(attempt.id, attempt.person_id, edition, language, expiry_at(ctx, attempt.course)),
        )
        ctx.later("after_completion", certificate.number, certificate_id=certificate.id)


def _count(attempt: Attempt, edition: Edition, shares: rules.Shares) -> None:
    attempt.right = sum(credit == 1 for credit in shares.values())
    attempt.points = Fraction(sum(shares.values()))
    attempt.solid = rules.solid_outcomes(edition, shares)


def leave_attempt(ctx: Context, found: Try) -> None:
    """Close an exam that was not finished, as of when it could last be gone on with.

    It is not passed, and what has no answer is not right. Without any answer or decision it has no result, and does
    not count.
    Open: called for an attempt that was found to be the actor's.
    """
    attempt = ctx.open(Attempt, found.id, lock=True)
    if attempt.closed_at is not None:  # the last answer was given meanwhile
        return
    edition, answers = catalogue.edition(ctx, attempt.edition_id), answers_to(ctx, attempt.id)
    attempt.closed_at = found.ends_at(ctx.now)
    if answers or has_decided(ctx, attempt):
        _count(attempt, edition, shares_of(attempt, answers))
        attempt.passed = False
    ctx.db.flush()


@dataclass(frozen=True, slots=True)
class Assigned:
    """An assignment and how many people it reached."""

    assignment: Assignment
    people: int


def assign_course(
    ctx: Context, course: str, person_ids: Collection[UUID], *, due_on: date, reason: str
) -> Assigned:
    """Give a course to people in reach, with a deadline and a reason; each is told once.

    Who already has a proof that lasts more than 30 days is left out. Raises Invalid (nobody chosen,
    date passed, no reason), NotFound if one of the people is not in reach, Conflict("all_have_it")
    if nobody is left.
    """
    ctx.require(Permission.ASSIGN)
    edition = catalogue.current_edition(ctx, course)
    faults = {}
    if not person_ids:
        faults["people"] = "nobody_chosen"
    if due_on < ctx.today:
        faults["due_on"] = "date_passed"
    if not reason.strip():
        faults["reason"] = "missing"
    if len(reason) > LONGEST_REASON:
        faults["reason"] = "too_long"
    if faults:
        raise Invalid(faults)
    people = candidates(ctx, course, person_ids=person_ids)
    if {person.public_id for person in people} != set(person_ids):
        raise NotFound
    chosen = [person for person in people if not person.has_it]
    if not chosen:
        raise Conflict("all_have_it", course=edition.text(ctx.language).title)
    assignment = Assignment(
        employer_id=ctx.employer_id,
        course=course,
        unit_id=_common_unit([path for person in chosen for _post, path in person.posts]),
        assigned_by=ctx.who.person_id,
        due_on=due_on,
        reason=reason.strip(),
        created_at=ctx.now,
    )
    ctx.db.add(assignment)
    ctx.db.flush()
    register.add_assignment(
        ctx,
        assignment_id=assignment.id,
        course=course,
        due_on=due_on,
        reason=assignment.reason,
        employments={post: person.person_id for person in chosen for post, _path in person.posts},
    )
    ctx.note("course.assigned", assignment, course=course, people=len(chosen), due_on=due_on.isoformat())
    ctx.later("after_assignment", str(assignment.public_id), assignment_id=assignment.id)
    return Assigned(assignment, len(chosen))


def _common_unit(paths: Collection[str]) -> int:
    """The deepest unit above all the people chosen; the first one's top unit if they share none."""
    steps = [path.strip("/").split("/") for path in paths]
    common = [step[0] for step in zip(*steps, strict=False) if len(set(step)) == 1]
    return int(common[-1] if common else steps[0][0])


def withdraw_assignment(ctx: Context, assignment_id: UUID, person_id: UUID | None = None) -> Assignment:
    """Withdraw an assignment made in reach, or by the actor, from everybody or from one person.

    Duties that have another reason stay, what was learnt stays. A second time changes nothing.
    Raises NotFound outside the actor's reach.
    """
    ctx.require(Permission.ASSIGN)
    assignment = ctx.open(Assignment, assignment_id)
    is_mine = ctx.db.scalar(
        select(func.count())
        .select_from(Assignment)
        .join(Unit, and_(Unit.employer_id == Assignment.employer_id, Unit.id == Assignment.unit_id))
        .where(
            Assignment.employer_id == ctx.employer_id,
            Assignment.id == assignment.id,
            mine_to_withdraw(ctx),
        )
    )
    if not is_mine:
        raise NotFound
    if assignment.withdrawn_at is None and person_id is not None:
        person = ctx.open(Person, person_id)
        register.withdraw_assignment(ctx, assignment.id, person.id)
        ctx.note("course.withdrawn", assignment, course=assignment.course, person=person.id)
    elif assignment.withdrawn_at is None:
        assignment.withdrawn_at = ctx.now
        register.withdraw_assignment(ctx, assignment.id)
        ctx.note("course.withdrawn", assignment, course=assignment.course)
    return assignment
