"""Supervised exams: open one in a room, close it, reopen a seat for a reason; take a seat with the code."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ScalarResult, and_, select

from lms.base.access import Permission
from lms.base.context import Context
from lms.base.errors import Conflict, Expired, Invalid, NotFound
from lms.catalogue import queries as catalogue
from lms.learning.actions import leave_attempt, open_attempt
from lms.learning.attempts import my_attempts
from lms.learning.models import Attempt, ExamReopening, ExamSeat, ExamSitting
from lms.learning.sitting_rules import (
    Window,
    faults_of_reason,
    faults_of_sitting,
    is_finished,
    may_go_on,
    new_code,
    normal_code,
)
from lms.organisation.models import Person, Unit


def open_sitting(ctx: Context, unit_id: UUID, *, course: str, room: str, window: Window) -> ExamSitting:
    """Open a supervised exam of a course in a room of a unit in reach, for a window of time.

    Raises NotFound for a unit out of reach or a course without a supervised exam, Invalid with codes by field
    (room, day, until).
    """
    in_reach = ctx.reach(Permission.OPEN_EXAM, Unit.path)
    unit = ctx.db.scalar(
        select(Unit).where(Unit.employer_id == ctx.employer_id, Unit.public_id == unit_id, in_reach)
    )
    if unit is None or not catalogue.current_edition(ctx, course).supervised:
        raise NotFound
    faults = faults_of_sitting(room, window, ctx.now, is_past_day=ctx.day_of(window.closes_at) < ctx.today)
    if faults:
        raise Invalid(faults)
    sitting = ExamSitting(
        employer_id=ctx.employer_id,
        course=course,
        unit_id=unit.id,
        room=room.strip(),
        code=_free_code(ctx),
        opens_at=window.opens_at,
        closes_at=window.closes_at,
        opened_by=ctx.who.person_id,
        created_at=ctx.now,
    )
    ctx.db.add(sitting)
    ctx.note("exam.opened", sitting, course=course, opens_at=window.opens_at.isoformat())
    return sitting


def _free_code(ctx: Context) -> str:
    while True:
        code = new_code()
        taken = select(ExamSitting.id).where(
            ExamSitting.employer_id == ctx.employer_id, ExamSitting.code == code
        )
        if ctx.db.scalar(taken) is None:
            return code


def close_sitting(ctx: Context, sitting_id: UUID) -> ExamSitting:
    """Close a supervised exam in reach before its time; one that is over for those who were let in again.

    A second time changes nothing. Raises NotFound.
    """
    ctx.require(Permission.OPEN_EXAM)
    sitting = _in_reach(ctx, sitting_id)
    window = _window(sitting)
    if not window.is_over(ctx.now):
        sitting.closed_at = ctx.now
        ctx.note("exam.closed", sitting)
    elif any(may_go_on(window, reopened_at, ctx.now) for reopened_at in _reopened(ctx, sitting)):
        sitting.ended_at = ctx.now
        ctx.note("exam.ended", sitting)
    return sitting


def _window(sitting: ExamSitting) -> Window:
    return Window(sitting.opens_at, sitting.closes_at, sitting.closed_at, sitting.ended_at)


def _reopened(ctx: Context, sitting: ExamSitting) -> ScalarResult[datetime | None]:
    """When seats of a sitting were reopened, each the last time."""
    return ctx.db.scalars(
        select(ExamSeat.reopened_at).where(
            ExamSeat.employer_id == ctx.employer_id,
            ExamSeat.sitting_id == sitting.id,
            ExamSeat.reopened_at.is_not(None),
        )
    )


def reopen_seat(ctx: Context, sitting_id: UUID, seat_id: UUID, reason: str) -> ExamSeat:
    """Let somebody go on, or take the exam once more, in a sitting in reach, for a reason.

    Neither the author's limit of attempts nor the wait between them hold for that seat then. Raises NotFound,
    Invalid without a reason, Conflict("own_exam") for the actor's own seat.
    """
    ctx.require(Permission.OPEN_EXAM)
    sitting = _in_reach(ctx, sitting_id)
    seat = ctx.open(ExamSeat, seat_id, lock=True)
    if seat.sitting_id != sitting.id:
        raise NotFound
    if seat.person_id == ctx.who.person_id:
        raise Conflict("own_exam")
    faults = faults_of_reason(reason)
    if faults:
        raise Invalid(faults)
    seat.reopened_at = ctx.now
    ctx.db.add(
        ExamReopening(
            employer_id=ctx.employer_id,
            seat_id=seat.id,
            reopened_at=ctx.now,
            reopened_by=ctx.who.person_id,
            reason=reason.strip(),
        )
    )
    ctx.note("exam.reopened", seat, sitting=sitting.id, person=seat.person_id)
    return seat


def _in_reach(ctx: Context, sitting_id: UUID) -> ExamSitting:
    found = ctx.db.scalar(
        select(ExamSitting)
        .join(Unit, and_(Unit.employer_id == ExamSitting.employer_id, Unit.id == ExamSitting.unit_id))
        .where(
            ExamSitting.employer_id == ctx.employer_id,
            ExamSitting.public_id == sitting_id,
            ctx.reach(Permission.OPEN_EXAM, Unit.path),
        )
        .with_for_update(of=ExamSitting, key_share=True)  # two taps on "Close" are one end
    )
    if found is None:
        raise NotFound
    return found


def sit_exam(ctx: Context, course: str, code: str, language: str) -> Attempt:
    """Take a seat with the code told in the room: the attempt under way there, or a new one.

    What was begun in an earlier sitting and not finished there is left, as of the end of that sitting. Raises Invalid
    for a code that opens nothing here, Conflict("own_exam") for who has opened it, Conflict("sitting_not_yet") and
    Expired("sitting_over") outside of the window, and Conflict("seat_taken") after the one attempt, until the seat is
    reopened; what `open_attempt` raises for a seat that was not.
    """
    who = ctx.require(Permission.LEARN)
    sitting = ctx.db.scalar(
        select(ExamSitting).where(
            ExamSitting.employer_id == who.employer_id,
            ExamSitting.code == (normal_code(code) or ""),
            ExamSitting.course == course,
        )
    )
    if sitting is None:
        raise Invalid({"code": "unknown"})
    if sitting.opened_by == who.person_id:
        raise Conflict("own_exam")
    ctx.open(Person, who.person_id, lock=True)  # two taps are one seat
    seat = ctx.db.scalar(
        select(ExamSeat).where(
            ExamSeat.employer_id == who.employer_id,
            ExamSeat.sitting_id == sitting.id,
            ExamSeat.person_id == who.person_id,
        )
    )
    window = _window(sitting)
    if not may_go_on(window, seat.reopened_at if seat else None, ctx.now):
        if window.is_over(ctx.now):
            raise Expired("sitting_over")
        raise Conflict("sitting_not_yet", opens_at=sitting.opens_at)
    if seat is None:
        leave_unfinished(ctx, course)
        attempt = open_attempt(ctx, course, language, mode="supervised")
        seat = ExamSeat(
            employer_id=who.employer_id,
            sitting_id=sitting.id,
            person_id=who.person_id,
            attempt_id=attempt.id,
            taken_at=ctx.now,
        )
        ctx.db.add(seat)
        ctx.note("exam.seat_taken", seat, sitting=sitting.id, attempt=attempt.id)
        return attempt
    attempt = ctx.open(Attempt, seat.attempt_id)
    if is_finished(attempt.closed_at, seat.reopened_at):
        raise Conflict("seat_taken")
    if attempt.closed_at is not None:
        leave_unfinished(ctx, course)  # an attempt belongs to one seat
        attempt = open_attempt(ctx, course, language, mode="supervised", despite_limits=True)
        seat.attempt_id = attempt.id
        ctx.note(
            "exam.seat_taken", seat, sitting=sitting.id, attempt=attempt.id
        )  # of which seat the others are
    return attempt


def leave_unfinished(ctx: Context, course: str) -> None:
    """Close what the actor has begun at an exam elsewhere and not finished, as of when it could last be gone on with.

    Open: called for who takes a seat, and has been let in.
    """
    begun = my_attempts(ctx, course).under_way("exam")
    if begun is not None:
        leave_attempt(ctx, begun)
