"""The log of messages, each with whether it was sent and why not; what an employer and a person say about them."""

from datetime import date, datetime, time
from typing import Any

from sqlalchemy import JSON, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from lms.base.db import Base, EmployerKey, PrimaryKey, tenant

_NOT_OPENED = text("opened_at IS NULL")
_IN_FORCE = text("superseded_at IS NULL")
_ONE_IN_FORCE: dict[str, Any] = {"unique": True, "sqlite_where": _IN_FORCE, "postgresql_where": _IN_FORCE}


class Message(Base):
    """One message to one person. The text is not kept, only what it was about."""

    __tablename__ = "message"
    __table_args__ = tenant(
        UniqueConstraint("employer_id", "message_id"),
        Index(None, "employer_id", "person_id", "created_at"),
        Index(None, "employer_id", "kind", "about_id"),
        Index(None, "employer_id", "created_at"),
        Index(
            "ix_message_not_opened", "employer_id", "person_id",
            sqlite_where=_NOT_OPENED, postgresql_where=_NOT_OPENED,
        ),
        person_id="person",
    )  # fmt: skip

    id: Mapped[PrimaryKey]
    employer_id: Mapped[EmployerKey]
    person_id: Mapped[int]
    # assigned | passed | edition | reflection_task | minutes | slip | sign_in_changed | second_factor_required
    # | objection_answered | certificate_decided | auditor | regular_file | regular_file_ended
    # | reminder | escalation | digest | test
    kind: Mapped[str]
    about_id: Mapped[
        int
    ]  # the assignment, certificate, decision about one, edition, meeting, slip, objection, grant, audit entry, day
    about_since: Mapped[date | None]  # of what is about a time: it begins the day after
    course: Mapped[str | None]  # of what is about one
    channel: Mapped[str]  # email | sms | push | list; as it was last tried
    message_id: Mapped[str]  # of the mail, the same on every try
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    outcome: Mapped[str] = mapped_column(default="waiting")  # waiting | sent | not_sent
    reason: Mapped[
        str | None
    ]  # why it waits or was not sent: those of the gate, withdrawn, done, nothing, refused
    waits_until: Mapped[datetime | None]
    opened_at: Mapped[datetime | None]  # when its reader first saw it in their list


class MessageTerms(Base):
    """When an employer lets people be reminded, as `lms.messages.terms.Terms` keeps it: a version of it."""

    __tablename__ = "message_terms"
    __table_args__ = tenant(
        Index(None, "employer_id", "recorded_at"),
        Index("uq_message_terms_in_force", "employer_id", **_ONE_IN_FORCE),
        set_by="person",
    )

    id: Mapped[PrimaryKey]
    employer_id: Mapped[EmployerKey]
    terms: Mapped[dict[str, Any]] = mapped_column(JSON)
    set_by: Mapped[int | None]  # empty: by the program
    recorded_at: Mapped[datetime]
    superseded_at: Mapped[datetime | None]


class MessageWords(Base):
    """An employer's own first and last line of a kind of letter in a language: a version of them; empty: the usual."""

    __tablename__ = "message_words"
    __table_args__ = tenant(
        Index(None, "employer_id", "kind", "language"),
        Index("uq_message_words_in_force", "employer_id", "kind", "language", **_ONE_IN_FORCE),
        set_by="person",
    )

    id: Mapped[PrimaryKey]
    employer_id: Mapped[EmployerKey]
    kind: Mapped[str]  # reminder | escalation | digest
    language: Mapped[str]
    opening: Mapped[str]
    closing: Mapped[str]
    set_by: Mapped[int]
    recorded_at: Mapped[datetime]
    superseded_at: Mapped[datetime | None]


class DigestChoice(Base):
    """Whether somebody wants the weekly digest; without a row they get it."""

    __tablename__ = "digest_choice"
    __table_args__ = tenant(UniqueConstraint("employer_id", "person_id"), person_id="person")

    id: Mapped[PrimaryKey]
    employer_id: Mapped[EmployerKey]
    person_id: Mapped[int]
    wanted: Mapped[bool]
    changed_at: Mapped[datetime]


class MessageChoice(Base):
    """How somebody wants to be told, and between which times not; without a row by mail, at any hour."""

    __tablename__ = "message_choice"
    __table_args__ = tenant(UniqueConstraint("employer_id", "person_id"), person_id="person")

    id: Mapped[PrimaryKey]
    employer_id: Mapped[EmployerKey]
    person_id: Mapped[int]
    channel: Mapped[str]  # email | sms | push | list
    quiet_from: Mapped[time]  # by the clocks of the employer; the same twice: no hour is quiet
    quiet_to: Mapped[time]
    changed_at: Mapped[datetime]


class ReminderDay(Base):
    """The last day for which it was worked out whom to remind; what came after it is made up for."""

    __tablename__ = "reminder_day"
    __table_args__ = tenant(UniqueConstraint("employer_id"))

    id: Mapped[PrimaryKey]
    employer_id: Mapped[EmployerKey]
    day: Mapped[date]
