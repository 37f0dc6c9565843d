"""Tables of staff meetings."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from lms.base.db import Base, EmployerKey, PrimaryKey, PublicId, tenant


class Meeting(Base):
    """A staff meeting of a unit, with reflection material of a course."""

    __tablename__ = "meeting"
    __table_args__ = tenant(Index(None, "employer_id", "unit_id"), unit_id="unit", planned_by="person")

    id: Mapped[PrimaryKey]
    public_id: Mapped[PublicId]
    employer_id: Mapped[EmployerKey]
    unit_id: Mapped[int]
    course: Mapped[str]
    edition_id: Mapped[int] = mapped_column(ForeignKey("edition.id"))
    planned_by: Mapped[int]
    why: Mapped[str]
    minutes: Mapped[int | None]  # that it is planned to take; empty: planned before there was a choice
    notes: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime]
    held_at: Mapped[datetime | None]  # notes saved


class MeetingSession(Base):
    """One sitting of a meeting: a meeting may be held once per shift."""

    __tablename__ = "meeting_session"
    __table_args__ = tenant(Index(None, "employer_id", "starts_at"), meeting_id="meeting")

    id: Mapped[PrimaryKey]
    public_id: Mapped[PublicId]
    employer_id: Mapped[EmployerKey]
    meeting_id: Mapped[int]
    starts_at: Mapped[datetime]
    place: Mapped[str]


class Attendance(Base):
    """Whether a person took part in a session; a later row about the same person replaces the earlier."""

    __tablename__ = "attendance"
    __table_args__ = tenant(
        CheckConstraint("state IN ('present', 'absent')", "state"),
        UniqueConstraint("employer_id", "session_id", "person_id", "recorded_at"),
        Index(None, "employer_id", "person_id"),
        session_id="meeting_session",
        person_id="person",
        recorded_by="person",
    )

    id: Mapped[PrimaryKey]
    employer_id: Mapped[EmployerKey]
    session_id: Mapped[int]
    person_id: Mapped[int]
    state: Mapped[str]
    recorded_by: Mapped[int]
    recorded_at: Mapped[datetime]
    superseded_at: Mapped[datetime | None]


class ReflectionTask(Base):
    """What everybody in the unit is asked to think about before the meeting."""

    __tablename__ = "reflection_task"
    __table_args__ = tenant(UniqueConstraint("employer_id", "meeting_id"), meeting_id="meeting")

    id: Mapped[PrimaryKey]
    public_id: Mapped[PublicId]
    employer_id: Mapped[EmployerKey]
    meeting_id: Mapped[int]
    given_at: Mapped[datetime]


class AgreedAction(Base):
    """One line of what was agreed: what, who, by when."""

    __tablename__ = "agreed_action"
    __table_args__ = tenant(
        Index(None, "employer_id", "responsible_id"),
        meeting_id="meeting",
        responsible_id="person",
    )

    id: Mapped[PrimaryKey]
    public_id: Mapped[PublicId]
    employer_id: Mapped[EmployerKey]
    meeting_id: Mapped[int]
    what: Mapped[str]
    responsible_id: Mapped[int]
    due_on: Mapped[date]
    created_at: Mapped[datetime]
    done_on: Mapped[date | None]
