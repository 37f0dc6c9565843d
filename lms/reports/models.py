"""Tables of what leaves: files made in the background, asked for once or again and again, and calendars."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from lms.base.db import Base, EmployerKey, PrimaryKey, PublicId, tenant


class ExportJob(Base):
    """A file of the register that somebody has asked for; it goes with its file when its time is over."""

    __tablename__ = "export_job"
    __table_args__ = tenant(
        Index(None, "employer_id", "person_id"),
        Index(None, "employer_id", "schedule_id"),
        person_id="person",
        schedule_id="export_schedule",
    )

    id: Mapped[PrimaryKey]
    public_id: Mapped[PublicId]
    employer_id: Mapped[EmployerKey]
    person_id: Mapped[int]  # who asked for it; nobody else may fetch it
    schedule_id: Mapped[int | None]  # empty: asked for once
    kind: Mapped[str]  # csv | xlsx | pdf | certificates-zip | certificates-pdf
    narrowed: Mapped[dict[str, str]] = mapped_column(JSON)  # what the register is narrowed to
    language: Mapped[str]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]  # row and file are removed then
    tries: Mapped[int] = mapped_column(default=1)  # how often it was asked for
    total: Mapped[int | None]  # rows there will be; empty: not begun
    made: Mapped[int] = mapped_column(
        default=0, server_default="0"
    )  # of certificates: those that are ready for it
    done: Mapped[int] = mapped_column(default=0)  # rows so far, and then of the file
    outcome: Mapped[str] = mapped_column(default="waiting")  # waiting | done | failed
    reason: Mapped[str | None]  # why it failed: no_role, too_many, nothing, error
    # Every unit whose rows it may hold, as the path that led to it on the day; `/`: the whole employer.
    reached: Mapped[list[str]] = mapped_column(JSON, default=list)
    # People whose identity was protected when it was made, and whom it therefore does not name.
    unnamed: Mapped[list[int]] = mapped_column(JSON, default=list, server_default="[]")
    file_key: Mapped[str | None]  # in the file store
    size: Mapped[int | None]  # bytes
    finished_at: Mapped[datetime | None]

    @property
    def run(self) -> str:
        """What this try of making it is called among the tasks of the worker."""
        return f"{self.public_id}:{self.tries}"


class ExportSchedule(Base):
    """A file of the register that is made every week or month, under the roles its person has that day."""

    __tablename__ = "export_schedule"
    __table_args__ = tenant(Index(None, "employer_id", "person_id"), person_id="person")

    id: Mapped[PrimaryKey]
    public_id: Mapped[PublicId]
    employer_id: Mapped[EmployerKey]
    person_id: Mapped[int]
    kind: Mapped[str]
    narrowed: Mapped[dict[str, str]] = mapped_column(JSON)
    language: Mapped[str]
    every: Mapped[str]  # week | month
    next_on: Mapped[date]
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    ended_because: Mapped[str | None]  # stopped | no_role


class CalendarFeed(Base):
    """The secret address at which the calendar of somebody's phone fetches what is ahead at one employer."""

    __tablename__ = "calendar_feed"
    __table_args__ = (UniqueConstraint("account_id", "employer_id"),)

    id: Mapped[PrimaryKey]
    token_hash: Mapped[str] = mapped_column(unique=True)  # SHA-256, hex, of the token in the address
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    employer_id: Mapped[int] = mapped_column(ForeignKey("employer.id"))
    created_at: Mapped[datetime]
    # What it has told of each event: [digest, how often it has changed, when last]; so that a change is known as one.
    told: Mapped[dict[str, list[Any]]] = mapped_column(JSON, default=dict)
