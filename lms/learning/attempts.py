"""Where the actor stands with the tests of a course: what is under way, what has been taken, what is allowed."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Integer, String, and_, bindparam, func, select
from sqlalchemy.orm import aliased

from lms.base.access import Permission
from lms.base.context import Context
from lms.base.statements import EMPLOYER, ME
from lms.catalogue.values import Edition
from lms.learning import rules
from lms.learning.models import (
    Answer,
    Attempt,
    CourseSetting,
    ExamReopening,
    ExamSeat,
    ExamSitting,
    ExtraAttempt,
)
from lms.learning.rules import Kind
from lms.learning.sitting_rules import REOPENED_LASTS
from lms.organisation.models import Person
from lms.register.queries import MyDuty

_COURSE = bindparam("course", type_=String)
_DRAWN = func.json_array_length(Attempt.drawn, type_=Integer)
_ANSWERED = (
    select(func.count(Answer.id))
    .where(Answer.employer_id == Attempt.employer_id, Answer.attempt_id == Attempt.id)
    .correlate(Attempt)
    .scalar_subquery()
)
# SQL condition: everything was answered. What was begun before a supervised exam and left is closed too, but its
# result says nothing of what anybody knows.
IS_FINISHED = and_(Attempt.closed_at.is_not(None), _DRAWN == _ANSWERED)
_GIVER, _REOPENER = aliased(Person), aliased(Person)
_LAST_EXTRA = (
    select(func.max(ExtraAttempt.id))
    .where(
        ExtraAttempt.employer_id == Person.employer_id,
        ExtraAttempt.person_id == Person.id,
        ExtraAttempt.course == _COURSE,
    )
    .correlate(Person)
    .scalar_subquery()
)
_LAST_REOPENING = (
    select(func.max(ExamReopening.id))
    .join(
        ExamSeat,
        and_(ExamSeat.employer_id == ExamReopening.employer_id, ExamSeat.id == ExamReopening.seat_id),
    )
    .join(
        ExamSitting,
        and_(ExamSitting.employer_id == ExamSeat.employer_id, ExamSitting.id == ExamSeat.sitting_id),
    )
    .where(
        ExamReopening.employer_id == Person.employer_id,
        ExamSeat.person_id == Person.id,
        ExamSitting.course == _COURSE,
    )
    .correlate(Person)
    .scalar_subquery()
)
_MINE = (
    select(
        CourseSetting.pretest, Attempt.id, Attempt.kind, Attempt.mode, Attempt.edition_id, Attempt.closed_at,
        Attempt.passed, _DRAWN, _ANSWERED,
        ExtraAttempt.given_at, ExtraAttempt.reason, _GIVER.given_name, _GIVER.family_name, _GIVER.protected,
        ExamReopening.reopened_at, ExamReopening.reason,
        _REOPENER.given_name, _REOPENER.family_name, _REOPENER.protected,
    )
    .select_from(Person)
    .outerjoin(
        CourseSetting,
        and_(CourseSetting.employer_id == Person.employer_id, CourseSetting.course == _COURSE),
    )
    .outerjoin(
        Attempt,
        and_(
            Attempt.employer_id == Person.employer_id,
            Attempt.person_id == Person.id,
            Attempt.course == _COURSE,
        ),
    )
    .outerjoin(ExtraAttempt, and_(ExtraAttempt.employer_id == Person.employer_id, ExtraAttempt.id == _LAST_EXTRA))
    .outerjoin(_GIVER, and_(_GIVER.employer_id == ExtraAttempt.employer_id, _GIVER.id == ExtraAttempt.given_by))
    .outerjoin(
        ExamReopening,
        and_(ExamReopening.employer_id == Person.employer_id, ExamReopening.id == _LAST_REOPENING),
    )
    .outerjoin(
        _REOPENER,
        and_(_REOPENER.employer_id == ExamReopening.employer_id, _REOPENER.id == ExamReopening.reopened_by),
    )
    .where(Person.employer_id == EMPLOYER, Person.id == ME)
    .order_by(Attempt.id)
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Try:
    """One attempt, without its answers."""

    id: int
    kind: Kind
    mode: str
    edition_id: int
    closed_at: datetime | None
    passed: bool | None
    count: int
    answered: int


@dataclass(frozen=True, slots=True)
class Extra:
    """One more attempt that somebody was given, or a seat reopened for them: when, by whom, and why.

    The name of a protected identity is empty.
    """

    given_at: datetime
    given_by: str
    reason: str


@dataclass(frozen=True, slots=True)
class MyAttempts:
    """The actor's attempts at a course, oldest first, and whether the employer allows a test before it.

    `extra` is the attempt that was given last beyond the limit of the author, `reopening` the last one of a seat.
    """

    tries: tuple[Try, ...]
    pretest_allowed: bool
    extra: Extra | None
    reopening: Extra | None

    def under_way(self, kind: Kind) -> Try | None:
        """The attempt of a kind that is open."""
        return next((each for each in self.tries if each.kind == kind and each.closed_at is None), None)

    def next_exam(self, edition: Edition, now: datetime) -> rules.NextTry:
        """Whether, and if not when, the exam may be taken."""
        return rules.next_try(edition, self.tries, now, self.extra.given_at if self.extra else None)

    def reopened(self, now: datetime) -> Extra | None:
        """The reopening of a seat that may still be used: for some time, and until an exam is closed after it."""
        found = self.reopening
        if found is None or now >= found.given_at + REOPENED_LASTS:
            return None
        is_used = any(
            each.kind == "exam" and each.closed_at is not None and each.closed_at > found.given_at
            for each in self.tries
        )
        return None if is_used else found

    def may_show(self, edition: Edition) -> bool:
        """Whether one may show what one knows before an edition: if author and employer allow it, once.

        A refresher is the same for who had shown it before.
        """
        return (
            edition.pretest_items > 0
            and self.pretest_allowed
            and not any(
                each.kind in rules.CHECKS and each.edition_id == edition.id and each.closed_at is not None
                for each in self.tries
            )
        )

    def may_refresh(self, ctx: Context, edition: Edition, duty: MyDuty | None) -> bool:
        """Whether a proof is to be renewed and one has not refreshed it yet, on whichever edition."""
        refreshed_on = [
            ctx.day_of(each.closed_at)
            for each in self.tries
            if each.kind == "refresher" and each.closed_at is not None
        ]
        return (
            duty is not None
            and rules.may_refresh(duty.state, duty.achieved_on, refreshed_on)
            and rules.asked(edition, "refresher") > 0
        )


def my_attempts(ctx: Context, course: str) -> MyAttempts:
    """The actor's attempts at a course. One statement."""
    ctx.require(Permission.LEARN)
    rows = ctx.rows(_MINE, course=course).all()
    return MyAttempts(
        tries=tuple(Try(*row[1:9]) for row in rows if row.kind is not None),
        pretest_allowed=all(row.pretest is not False for row in rows),
        extra=_extra(*rows[0][9:14]) if rows else None,
        reopening=_extra(*rows[0][14:]) if rows else None,
    )


def _extra(at: datetime | None, reason: str, given: str, family: str, protected: bool) -> Extra | None:  # noqa: FBT001
    return Extra(at, "" if protected else f"{given} {family}", reason) if at is not None else None
