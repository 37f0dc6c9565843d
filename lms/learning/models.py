"""Tables of learning: what was assigned, read, attempted and answered."""

from collections.abc import Collection
from datetime import date, datetime
from fractions import Fraction
from typing import Any

from sqlalchemy import JSON, CheckConstraint, Dialect, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import TypeDecorator

from lms.base.db import Base, EmployerKey, PrimaryKey, PublicId, tenant
from lms.learning.rules import Drawn


class Share(TypeDecorator[Fraction]):
    """An exact fraction, stored as people write it: `2/3`, `1`."""

    impl = String
    cache_ok = True

    @property
    def python_type(self) -> type[Fraction]:
        """What the program sees."""
        return Fraction

    def process_bind_param(self, value: Fraction | int | None, dialect: Dialect) -> str | None:
        """As text."""
        del dialect
        return None if value is None else str(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Fraction | None:
        """Back from text."""
        del dialect
        return None if value is None else Fraction(value)


class Assignment(Base):
    """A lead gave a course to people, with a deadline and a reason."""

    __tablename__ = "assignment"
    __table_args__ = tenant(Index(None, "employer_id", "unit_id"), unit_id="unit", assigned_by="person")

    id: Mapped[PrimaryKey]
    public_id: Mapped[PublicId]
    employer_id: Mapped[EmployerKey]
    course: Mapped[str]
    unit_id: Mapped[int]
    assigned_by: Mapped[int]
    due_on: Mapped[date]
    reason: Mapped[str]
    created_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]


class BulkChange(Base):
    """What a lead did for several people in one go, so that it can be taken back as a whole."""

    __tablename__ = "bulk_change"
    __table_args__ = tenant(
        CheckConstraint("kind IN ('assignment', 'extension', 'exemption')", "kind"),
        Index(None, "employer_id", "made_by"),
        made_by="person",
    )

    id: Mapped[PrimaryKey]
    public_id: Mapped[PublicId]
    employer_id: Mapped[EmployerKey]
    made_by: Mapped[int]
    kind: Mapped[str]
    people: Mapped[int]
    until: Mapped[date]
    made: Mapped[list[str]] = mapped_column(JSON)  # public ids of the assignments, or dispensations
    made_at: Mapped[datetime]
    undone_at: Mapped[datetime | None]


class Progress(Base):
    """A person has read a step of a lesson of an edition."""

    __tablename__ = "progress"
    __table_args__ = tenant(
        UniqueConstraint("employer_id", "person_id", "edition_id", "lesson", "step"),
        person_id="person",
    )

    id: Mapped[PrimaryKey]
    employer_id: Mapped[EmployerKey]
    person_id: Mapped[int]
    course: Mapped[str]
    edition_id: Mapped[int] = mapped_column(ForeignKey("edition.id"))
    lesson: Mapped[str]
    step: Mapped[str]
    read_at: Mapped[datetime]


class Attempt(Base):
    """One go at items of an edition: those drawn, the order of their options, and the result.

    Of a kind: the exam, the test before the course (`pretest`), the one before renewal (`refresher`), or the
    one on what a new edition has changed (`update`).
    """

    __tablename__ = "attempt"
    __table_args__ = tenant(
        CheckConstraint("mode IN ('online', 'offline', 'supervised')", "mode"),
        CheckConstraint("kind IN ('exam', 'pretest', 'refresher', 'update')", "kind"),
        Index(None, "employer_id", "person_id", "course"),
        Index(
            "uq_attempt_open",
            "employer_id",
            "person_id",
            "course",
            "kind",
            unique=True,
            sqlite_where=text("closed_at IS NULL"),
            postgresql_where=text("closed_at IS NULL"),
        ),
        person_id="person",
    )

    id: Mapped[PrimaryKey]
    public_id: Mapped[PublicId]
    employer_id: Mapped[EmployerKey]
    person_id: Mapped[int]
    course: Mapped[str]
    edition_id: Mapped[int] = mapped_column(ForeignKey("edition.id"))
    language: Mapped[str]
    kind: Mapped[str] = mapped_column(default="exam", server_default="exam")
    mode: Mapped[str]
    drawn: Mapped[list[dict[str, Any]]] = mapped_column(
        JSON
    )  # [{"item": id, "options": [ids], "targets": [ids], "numbers": {name: number}}]
    opened_at: Mapped[datetime]
    sealed_until: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    right: Mapped[int | None]  # items answered rightly, once closed; none if it was left without an answer
    points: Mapped[Fraction | None] = mapped_column(Share)  # with shares of items partly right, once closed
    passed: Mapped[bool | None]
    solid: Mapped[list[str] | None] = mapped_column(
        JSON(none_as_null=True)
    )  # outcomes without a miss, once closed

    def drawn_item(self, place: int) -> Drawn:
        """The item at a place (from 1), as drawn."""
        entry = self.drawn[place - 1]
        return Drawn(
            entry["item"], tuple(entry["options"]), tuple(entry["targets"]), entry.get("numbers", {})
        )

    def next_place(self, answered: Collection[str]) -> int:
        """Place (from 1) of the first item without an answer; 0 if all have one."""
        return next((place for place, entry in enumerate(self.drawn, 1) if entry["item"] not in answered), 0)


COUNTS = Attempt.right.is_not(None)  # it is closed, and something was answered: only then it has a result


class Answer(Base):
    """One answer to one item of an attempt: the first one counts, rows are only added."""

    __tablename__ = "answer"
    __table_args__ = tenant(
        UniqueConstraint("employer_id", "attempt_id", "item"),
        UniqueConstraint("employer_id", "attempt_id", "client_id"),
        attempt_id="attempt",
    )

    id: Mapped[PrimaryKey]
    employer_id: Mapped[EmployerKey]
    attempt_id: Mapped[int]
    client_id: Mapped[str]  # made where the answer was given; the same one twice is one answer
    item: Mapped[str]
    value: Mapped[Any] = mapped_column(JSON)  # option id, list of ids, or pairs
    right: Mapped[bool]
    credit: Mapped[Fraction | None] = mapped_column(
        Share
    )  # how much of it is right; none before it was counted
    language: Mapped[str | None]  # the question was read in; none before it was kept
    given_at: Mapped[datetime | None]  # as claimed by the device
    received_at: Mapped[datetime]


class AttemptDecision(Base):
    """One decision on the way through an item that is answered in several; the last one is in the answer.

    Rows are only added.
    """

    __tablename__ = "attempt_decision"
    __table_args__ = tenant(
        UniqueConstraint("employer_id", "attempt_id", "item", "place"),
        UniqueConstraint("employer_id", "attempt_id", "client_id"),
        attempt_id="attempt",
    )

    id: Mapped[PrimaryKey]
    employer_id: Mapped[EmployerKey]
    attempt_id: Mapped[int]
    client_id: Mapped[str]  # made where the decision was made; the same one twice is one decision
    item: Mapped[str]
    place: Mapped[int]  # from 1
    value: Mapped[str]
    received_at: Mapped[datetime]


class LearnerNote(Base):
    """What somebody wrote for themselves at a reflection of a course; nobody else reads it."""

    __tablename__ = "learner_note"
    __table_args__ = tenant(
        UniqueConstraint("employer_id", "person_id", "course", "item"), person_id="person"
    )

    id: Mapped[PrimaryKey]
    employer_id: Mapped[EmployerKey]
    person_id: Mapped[int]
    course: Mapped[str]
    edition_id: Mapped[int] = mapped_column(ForeignKey("edition.id"))
    item: Mapped[str]
    text: Mapped[str]
    written_at: Mapped[datetime]


class WeeklyChoice(Base):
    """Whether somebody wants a question a week; without a row they were never asked for one."""

    __tablename__ = "weekly_choice"
    __table_args__ = tenant(UniqueConstraint("employer_id", "person_id"), person_id="person")

    id: Mapped[PrimaryKey]
    employer_id: Mapped[EmployerKey]
    person_id: Mapped[int]
    wanted: Mapped[bool]
    changed_at: Mapped[datetime]


class WeeklyAnswer(Base):
    """What somebody answered to the question of a week; the first answer stays, and nobody else reads it."""

    __tablename__ = "weekly_answer"
    __table_args__ = tenant(UniqueConstraint("employer_id", "person_id", "asked_week"), person_id="person")

    id: Mapped[PrimaryKey]
    employer_id: Mapped[EmployerKey]
    person_id: Mapped[int]
    course: Mapped[str]
    edition_id: Mapped[int] = mapped_column(ForeignKey("edition.id"))
    item: Mapped[str]
    asked_week: Mapped[date]  # its Monday
    value: Mapped[Any] = mapped_column(JSON)  # as in an answer
    right: Mapped[bool]
    answered_at: Mapped[datetime]


class CourseSetting(Base):
    """What an employer allows at a course; without a row what the author allows, in the language one reads in."""

    __tablename__ = "course_setting"
    __table_args__ = tenant(UniqueConstraint("employer_id", "course"))

    id: Mapped[PrimaryKey]
    employer_id: Mapped[EmployerKey]
    course: Mapped[str]
    pretest: Mapped[bool]  # whoever shows an outcome first may leave out its lessons
    exam_language_free: Mapped[bool]  # the exam may be taken in another language than one reads in
    validity_months: Mapped[int | None]  # of certificates, at most; empty: as many as the author allows
    ends_month: Mapped[int | None]  # certificates end on this day of a year; empty: to the day
    ends_day: Mapped[int | None]
    gap_months: Mapped[int | None]  # of the next year, where that would be less than so many months


class ExamSitting(Base):
    """A supervised exam: a course, a room, a window of time, and the code that is told in the room."""

    __tablename__ = "exam_sitting"
    __table_args__ = tenant(
        UniqueConstraint("employer_id", "code"),
        Index(None, "employer_id", "unit_id"),
        unit_id="unit",
        opened_by="person",
    )

    id: Mapped[PrimaryKey]
    public_id: Mapped[PublicId]
    employer_id: Mapped[EmployerKey]
    course: Mapped[str]
    unit_id: Mapped[int]
    room: Mapped[str]
    code: Mapped[str]
    opens_at: Mapped[datetime]
    closes_at: Mapped[datetime]
    opened_by: Mapped[int]
    created_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]  # closed by hand, before its time
    ended_at: Mapped[datetime | None]  # by hand, after that, for those who were let in again; the last time


class ExamSeat(Base):
    """Somebody takes a supervised exam; it locks after one attempt, until it is reopened (`ExamReopening`)."""

    __tablename__ = "exam_seat"
    __table_args__ = tenant(
        UniqueConstraint("employer_id", "sitting_id", "person_id"),
        Index(None, "employer_id", "attempt_id", unique=True),
        Index(None, "employer_id", "person_id"),
        sitting_id="exam_sitting",
        person_id="person",
        attempt_id="attempt",
        reopened_by="person",
    )

    id: Mapped[PrimaryKey]
    public_id: Mapped[PublicId]
    employer_id: Mapped[EmployerKey]
    sitting_id: Mapped[int]
    person_id: Mapped[int]
    attempt_id: Mapped[int]  # the last one
    taken_at: Mapped[datetime]
    reopened_at: Mapped[datetime | None]  # the last time
    reopened_by: Mapped[int | None]  # not written since 0016, as the reason; goes with a later release
    reason: Mapped[str | None]


class ExamReopening(Base):
    """A seat was opened once more, for a reason. Rows are only added."""

    __tablename__ = "exam_reopening"
    __table_args__ = tenant(Index(None, "employer_id", "seat_id"), seat_id="exam_seat", reopened_by="person")

    id: Mapped[PrimaryKey]
    employer_id: Mapped[EmployerKey]
    seat_id: Mapped[int]
    reopened_at: Mapped[datetime]
    reopened_by: Mapped[int]
    reason: Mapped[str]


class ExtraAttempt(Base):
    """One more attempt at an exam was given to somebody, beyond the limit of its author. Rows are only added."""

    __tablename__ = "extra_attempt"
    __table_args__ = tenant(
        Index(None, "employer_id", "person_id", "course"), person_id="person", given_by="person"
    )

    id: Mapped[PrimaryKey]
    employer_id: Mapped[EmployerKey]
    person_id: Mapped[int]
    course: Mapped[str]
    given_at: Mapped[datetime]
    given_by: Mapped[int]
    reason: Mapped[str]


class StudyGroup(Base):
    """A group takes a course on one screen, with somebody who leads it; each takes the exam alone."""

    __tablename__ = "study_group"
    __table_args__ = tenant(Index(None, "employer_id", "unit_id"), unit_id="unit", led_by="person")

    id: Mapped[PrimaryKey]
    public_id: Mapped[PublicId]
    employer_id: Mapped[EmployerKey]
    course: Mapped[str]
    edition_id: Mapped[int] = mapped_column(ForeignKey("edition.id"))
    unit_id: Mapped[int]
    led_by: Mapped[int]
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]  # by hand, before its time


class StudyGroupMember(Base):
    """Somebody who is there; a row goes when somebody leaves, what was read together stays."""

    __tablename__ = "study_group_member"
    __table_args__ = tenant(
        UniqueConstraint("employer_id", "group_id", "person_id"),
        Index(None, "employer_id", "person_id"),
        group_id="study_group",
        person_id="person",
    )

    id: Mapped[PrimaryKey]
    employer_id: Mapped[EmployerKey]
    group_id: Mapped[int]
    person_id: Mapped[int]
