"""Tables about somebody's own record: who has opened it, and what the person says is not right in it."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped

from lms.base.db import Base, EmployerKey, PrimaryKey, PublicId, tenant


class RecordView(Base):
    """Somebody has opened a page about somebody else: once for a day and a kind of page, however often it was."""

    __tablename__ = "record_view"
    __table_args__ = tenant(
        UniqueConstraint("employer_id", "person_id", "opened_by", "page", "on"),
        Index(None, "employer_id", "on"),
        person_id="person",
        opened_by="person",
    )

    id: Mapped[PrimaryKey]
    employer_id: Mapped[EmployerKey]
    person_id: Mapped[int]  # whose record it is
    opened_by: Mapped[int]
    on: Mapped[date]
    page: Mapped[str]  # person | certificate | plan | employment
    role: Mapped[str]  # in which it was opened


class Objection(Base):
    """Somebody says that a line of their own record is not right; somebody answers. Nothing is changed by itself."""

    __tablename__ = "objection"
    __table_args__ = tenant(
        CheckConstraint("decided IN ('corrected', 'stays')", "decided"),
        Index(None, "employer_id", "person_id"),
        Index(
            "uq_objection_open", "employer_id", "person_id", "kind", "key", unique=True,
            sqlite_where=text("answered_at IS NULL"), postgresql_where=text("answered_at IS NULL"),
        ),
        person_id="person",
        answered_by="person",
    )  # fmt: skip

    id: Mapped[PrimaryKey]
    public_id: Mapped[PublicId]
    employer_id: Mapped[EmployerKey]
    person_id: Mapped[int]
    kind: Mapped[str]  # of the line: course | proof | post | away | missing
    key: Mapped[str]  # of the line: course, certificate number, employment, first day
    said: Mapped[str]  # by the line, when it was objected to
    text: Mapped[str]
    created_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    answered_by: Mapped[int | None]
    answer: Mapped[str | None]
    decided: Mapped[str | None]
