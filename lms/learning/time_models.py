"""The table of times that people put aside for a course."""

from datetime import datetime

from sqlalchemy import Index
from sqlalchemy.orm import Mapped

from lms.base.db import Base, EmployerKey, PrimaryKey, PublicId, tenant


class LearningTime(Base):
    """A time somebody has put aside for a course, for themselves alone."""

    __tablename__ = "learning_time"
    __table_args__ = tenant(Index(None, "employer_id", "person_id"), person_id="person")

    id: Mapped[PrimaryKey]
    public_id: Mapped[PublicId]
    employer_id: Mapped[EmployerKey]
    person_id: Mapped[int]
    course: Mapped[str]
    starts_at: Mapped[datetime]
    minutes: Mapped[int]
    created_at: Mapped[datetime]
