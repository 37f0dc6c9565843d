"""Where the actor stands with the tests of a course: what is under way, what has been taken, what is allowed."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from typing import Any

from sqlalchemy import Integer, Row, String, and_, bindparam, func, select
from sqlalchemy.orm import aliased

from lms.base.access import Permission
from lms.base.context import Context
from lms.base.statements import EMPLOYER, ME
from lms.catalogue.values import Edition
from lms.learning import rules
from lms.learning.models import (
    Answer,
    Attempt,
    AttemptDecision,
    CourseSetting,
    ExamReopening,
    ExamSeat,
    ExamSitting,
    ExtraAttempt,
)
from lms.learning.rules import Kind
from lms.learning.settings import SAID, Setting
from lms.learning.sitting_rules import Window, left_at, may_go_on
from lms.organisation.models import Person
from lms.register.rules import Taught

_COURSE = bindparam("course", type_=String)
_DRAWN = func.json_array_length(Attempt.drawn, type_=Integer)
_ANSWERED = (
    select(func.count(Answer.id))
    .where(Answer.employer_id == Attempt.employer_id, Answer.attempt_id == Attempt.id)
    .correlate(Attempt)
    .scalar_subquery()
)
_DECIDED = (
    select(func.count(AttemptDecision.id))
    .where(AttemptDecision.employer_id == Attempt.employer_id, AttemptDecision.attempt_id == Attempt.id)
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
_MINE = (
    select(
        *SAID,
        Attempt.id, Attempt.kind, Attempt.mode, Attempt.edition_id, Attempt.closed_at,
        Attempt.passed, Attempt.drawn, _ANSWERED.label("answered"), _DECIDED.label("decided"),
        ExamSitting.opens_at.label("seat_opens_at"), ExamSitting.closes_at.label("seat_closes_at"),
        ExamSitting.closed_at.label("seat_closed_at"), ExamSitting.ended_at.label("seat_ended_at"),
        ExamSeat.reopened_at.label("seat_reopened_at"),
        ExtraAttempt.given_at.label("extra_at"), ExtraAttempt.reason.label("extra_reason"),
        _GIVER.given_name.label("extra_given"), _GIVER.family_name.label("extra_family"),
        _GIVER.protected.label("extra_protected"),
        ExamReopening.reopened_at.label("reopening_at"), ExamReopening.reason.label("reopening_reason"),
        _REOPENER.given_name.label("reopening_given"), _REOPENER.family_name.label("reopening_family"),
        _REOPENER.protected.label("reopening_protected"),
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
    .outerjoin(ExamSeat, and_(ExamSeat.employer_id == Attempt.employer_id, ExamSeat.attempt_id == Attempt.id))
    .outerjoin(
        ExamSitting, and_(ExamSitting.employer_id == ExamSeat.employer_id, ExamSitting.id == ExamSeat.sitting_id)
    )
    .outerjoin(ExtraAttempt, and_(ExtraAttempt.employer_id == Person.employer_id, ExtraAttempt.id == _LAST_EXTRA))
    .outerjoin(_GIVER, and_(_GIVER.employer_id == ExtraAttempt.employer_id, _GIVER.id == ExtraAttempt.given_by))
    .outerjoin(
        ExamReopening,
        and_(ExamReopening.employer_id == ExamSeat.employer_id, ExamReopening.seat_id == ExamSeat.id),
    )
    .outerjoin(
        _REOPENER,
        and_(_REOPENER.employer_id == ExamReopening.employer_id, _REOPENER.id == ExamReopening.reopened_by),
    )
    .where(Person.employer_id == EMPLOYER, Person.id == ME)
    .order_by(Attempt.id, ExamReopening.id)
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Extra:
    """One more attempt that somebody was given, or a seat reopened for them: when, by whom, and why.

    The name of a protected identity is empty.
    """

    given_at: datetime
    given_by: str
    reason: str


@dataclass(frozen=True, slots=True)
class Try:
    """One attempt, without its answers; of one in a room with the window of its seat, and how that was reopened."""

    id: int
    kind: Kind
    mode: str
    edition_id: int
    closed_at: datetime | None
    passed: bool | None
    drawn: list[dict[str, Any]]  # as in the table
    answered: int
    decided: int  # on the way to answers
    window: Window | None = None
    reopened_at: datetime | None = None  # the last time
    reopenings: tuple[Extra, ...] = ()

    @property
    def count(self) -> int:
        """How many items were drawn."""
        return len(self.drawn)

    @property
    def is_begun(self) -> bool:
        """Whether something was answered, or decided in a question that is answered in several decisions."""
        return bool(self.answered or self.decided)

    @property
    def is_handed_out(self) -> bool:
        """Whether it lies on a phone and nothing of it has come yet: to its owner it is not begun."""
        return self.mode == "offline" and not self.is_begun

    def left_at(self, now: datetime) -> datetime | None:
        """Since when one may not go on with it: its room is over; None as long as one may."""
        if self.mode != "supervised":
            return None
        if self.window is None:
            return now
        return None if may_go_on(self.window, self.reopened_at, now) else self.ends_at(now)

    def ends_at(self, now: datetime) -> datetime:
        """When it could last be gone on with, if one leaves it now."""
        return left_at(self.window, self.reopened_at, now) if self.window else now

    def as_it_counts(self, now: datetime) -> "Try":
        """As it is once it has been left: what was begun in a room that is over, and answered in part, is a miss."""
        left = self.left_at(now) if self.closed_at is None and self.is_begun else None
        return replace(self, closed_at=left, passed=False) if left is not None else self


@dataclass(frozen=True, slots=True)
class MyAttempts:
    """The actor's attempts at a course, oldest first, and what the employer allows at it.

    `extra` is the attempt that was given last beyond the limit of the author.
    """

    tries: tuple[Try, ...]
    setting: Setting
    extra: Extra | None

    def under_way(self, kind: Kind) -> Try | None:
        """The attempt of a kind that is open."""
        return next((each for each in self.tries if each.kind == kind and each.closed_at is None), None)

    def exam_under_way(self, now: datetime) -> Try | None:
        """The exam that is open and may be gone on with; not one in a room that is over."""
        found = self.under_way("exam")
        return found if found is None or found.left_at(now) is None else None

    def exam_begun(self, now: datetime) -> Try | None:
        """The exam that is under way, if it was more than handed out."""
        found = self.exam_under_way(now)
        return None if found is None or found.is_handed_out else found

    def in_room(self, edition: Edition, now: datetime) -> bool:
        """Whether the exam is taken in a room: the one under way, one opened once more, or that of the edition."""
        found = self.exam_under_way(now)
        return found.mode == "supervised" if found else edition.supervised or bool(self.reopened(now))

    def left_unanswered(self, kind: Kind, edition: Edition) -> Try | None:
        """The last attempt of a kind, if it was left on this edition without an answer, and without a decision."""
        last = next((each for each in reversed(self.tries) if each.kind == kind), None)
        if last is None or last.closed_at is None or last.is_begun or last.edition_id != edition.id:
            return None
        return last

    def next_exam(self, edition: Edition, now: datetime, leaving: Try | None = None) -> rules.NextTry:
        """Whether, and if not when, the exam may be taken; `leaving` is the attempt that is left for it."""
        tries = [
            replace(each, closed_at=now, passed=False)
            if each is leaving and each.is_begun
            else each.as_it_counts(now)
            for each in self.tries
        ]
        return rules.next_try(edition, tries, now, self.extra.given_at if self.extra else None)

    def may_take_seat(self, edition: Edition, now: datetime) -> bool:
        """Whether a code told in a room may be used now; `edition` is the newest.

        Whoever is there already goes on, and who has been let in again begins anew. Anybody else leaves what is begun
        on the own, which is a miss if something was answered, and needs an attempt after that.
        """
        found = self.exam_under_way(now)
        if self.reopened(now) or (found and found.mode == "supervised"):
            return True
        return self.next_exam(edition, now, leaving=found).is_open

    def reopened(self, now: datetime) -> tuple[Extra, ...]:
        """The reopenings that may still be used, in order: as long as the seat, until an exam is closed after them."""
        ends = [each.closed_at for each in self.tries if each.kind == "exam" and each.closed_at is not None]
        found = [
            again
            for each in self.tries
            if each.window is not None and may_go_on(each.window, each.reopened_at, now)
            for again in each.reopenings
            if not any(end > again.given_at for end in ends)
        ]
        return tuple(sorted(found, key=attrgetter("given_at")))

    def may_show(self, edition: Edition) -> bool:
        """Whether one may show what one knows before an edition: if author and employer allow it, once.

        A refresher is the same for who had shown it before.
        """
        return (
            edition.pretest_items > 0
            and self.setting.pretest
            and not any(
                each.kind in rules.CHECKS and each.edition_id == edition.id and each.closed_at is not None
                for each in self.tries
            )
        )

    def may_refresh(self, ctx: Context, edition: Edition, taught: Taught | None) -> bool:
        """Whether one holds a proof that is to be renewed and has not refreshed it yet, on whichever edition."""
        refreshed_on = [
            ctx.day_of(each.closed_at)
            for each in self.tries
            if each.kind == "refresher" and each.closed_at is not None
        ]
        return (
            taught is not None
            and rules.may_refresh(taught, refreshed_on, ctx.today)
            and rules.count_asked(edition, "refresher") > 0
        )


def my_attempts(ctx: Context, course: str) -> MyAttempts:
    """The actor's attempts at a course. One statement."""
    ctx.require(Permission.LEARN)
    rows = ctx.rows(_MINE, course=course).all()
    of_each = groupby((row for row in rows if row.id is not None), attrgetter("id"))
    return MyAttempts(
        tries=tuple(_try(list(same)) for _id, same in of_each),
        setting=_setting(rows),
        extra=_extra(rows[0], "extra") if rows else None,
    )


def _setting(rows: Sequence[Row[*tuple[Any, ...]]]) -> Setting:
    """What is set at the course, the same in each row; as it stands where nothing is set."""
    return Setting.of(rows[0]) if rows and rows[0].pretest is not None else Setting()


def _try(rows: list[Row[*tuple[Any, ...]]]) -> Try:
    """An attempt, of which there is a row for each reopening of its seat."""
    row = rows[0]
    return Try(
        id=row.id,
        kind=row.kind,
        mode=row.mode,
        edition_id=row.edition_id,
        closed_at=row.closed_at,
        passed=row.passed,
        drawn=row.drawn,
        answered=row.answered,
        decided=row.decided,
        window=_window(row),
        reopened_at=row.seat_reopened_at,
        reopenings=tuple(found for each in rows if (found := _extra(each, "reopening"))),
    )


def _window(row: Row[*tuple[Any, ...]]) -> Window | None:
    if row.seat_opens_at is None:
        return None
    return Window(row.seat_opens_at, row.seat_closes_at, row.seat_closed_at, row.seat_ended_at)


def _extra(row: Row[*tuple[Any, ...]], of: str) -> Extra | None:
    given_at, reason, given, family, protected = (
        getattr(row, f"{of}_{name}") for name in ("at", "reason", "given", "family", "protected")
    )
    return None if given_at is None else Extra(given_at, "" if protected else f"{given} {family}", reason)
