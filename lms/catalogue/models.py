"""The table of editions: which snapshots of courses have been published."""

from datetime import date, datetime

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from lms.base.db import Base, PrimaryKey


class EditionRow(Base):
    """An immutable snapshot of a course for a country, shared by all employers.

    The content lies in the file store under `editions/<digest>.json`; the digest is its SHA-256.
    """

    __tablename__ = "edition"
    __table_args__ = (Index(None, "course", "country", "published_at"),)

    id: Mapped[PrimaryKey]
    digest: Mapped[str] = mapped_column(unique=True)
    course: Mapped[str]
    country: Mapped[str]
    label: Mapped[str]  # as people read it: 2026.1
    published_on: Mapped[date]
    published_at: Mapped[datetime]
    effect: Mapped[str | None]  # what it asks of who was taught an earlier one, and within how many days:
    within_days: Mapped[int] = mapped_column(default=0, server_default="0")  # as the snapshot says
