"""The table of answers from a phone that cannot count."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from lms.base.db import Base, EmployerKey, PrimaryKey, tenant


class AnswerAside(Base):
    """An answer that came from a phone and cannot count, with the reason: it is kept as it was sent."""

    __tablename__ = "answer_aside"
    __table_args__ = tenant(
        CheckConstraint("reason IN ('elsewhere', 'closed', 'expired', 'malformed')", "reason"),
        UniqueConstraint("employer_id", "attempt_id", "client_id"),
        attempt_id="attempt",
    )

    id: Mapped[PrimaryKey]
    employer_id: Mapped[EmployerKey]
    attempt_id: Mapped[int]
    client_id: Mapped[str]  # made where the answer was given
    item: Mapped[str]
    value: Mapped[Any] = mapped_column(JSON)  # as it was sent
    reason: Mapped[str]
    given_at: Mapped[datetime]
    received_at: Mapped[datetime]
