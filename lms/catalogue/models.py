"""Tables of the catalogue: which snapshots of courses have been published, and what employers add to them."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from lms.base.db import Base, EmployerKey, PrimaryKey, tenant


class EditionRow(Base):
    """An immutable snapshot of a course for a country, shared by all employers.

    The content lies in the file store under `editions/<digest>.json`; the digest is its SHA-256.
    """

    __tablename__ = "edition"
    __table_args__ = (
        Index(None, "course", "country", "published_at"),
        Index(None, "name", unique=True),
    )

    id: Mapped[PrimaryKey]
    digest: Mapped[str] = mapped_column(unique=True)
    course: Mapped[str]
    country: Mapped[str]
    label: Mapped[str]  # as people read it: 2026.1
    name: Mapped[
        str | None
    ]  # course, country and label: there is one of each; empty in rows of the releases before it
    published_on: Mapped[date]
    published_at: Mapped[datetime]
    effect: Mapped[str | None]  # what it asks of who was taught an earlier one, and within how many days:
    within_days: Mapped[int] = mapped_column(default=0, server_default="0")  # as the snapshot says


class LocalPart(Base):
    """What an employer adds to a step of a course: the own routine, and a question on it if one wants.

    Never changed: what is written anew is another row, and the one before is superseded.
    """

    __tablename__ = "local_part"
    __table_args__ = tenant(
        Index(
            "uq_local_part_place",
            "employer_id",
            "course",
            "lesson",
            "step",
            unique=True,
            sqlite_where=text("superseded_at IS NULL"),
            postgresql_where=text("superseded_at IS NULL"),
        ),
        written_by="person",
    )

    id: Mapped[PrimaryKey]
    employer_id: Mapped[EmployerKey]
    course: Mapped[str]
    lesson: Mapped[str]
    step: Mapped[str]
    edition_id: Mapped[int] = mapped_column(ForeignKey("edition.id"))  # the one it was last found to fit
    content: Mapped[dict[str, Any]] = mapped_column(JSON)  # see lms.catalogue.local_rules.LocalText
    written_by: Mapped[int]
    recorded_at: Mapped[datetime]
    superseded_at: Mapped[datetime | None]


class LocalReading(Base):
    """A person has seen this version of what the employer adds."""

    __tablename__ = "local_reading"
    __table_args__ = tenant(
        UniqueConstraint("employer_id", "person_id", "local_part_id"),
        person_id="person",
        local_part_id="local_part",
    )

    id: Mapped[PrimaryKey]
    employer_id: Mapped[EmployerKey]
    person_id: Mapped[int]
    local_part_id: Mapped[int]
    read_at: Mapped[datetime]
