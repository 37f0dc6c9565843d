"""The append-only audit: who did what to what, written in the transaction of the change."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index
from sqlalchemy.orm import Mapped, mapped_column

from lms.base.db import Base, EmployerKey, PrimaryKey, tenant


class AuditEntry(Base):
    """One thing somebody did. Rows are only ever added; triggers in the database refuse the rest."""

    __tablename__ = "audit"
    __table_args__ = tenant(
        Index(None, "employer_id", "at"),
        Index(None, "employer_id", "action", "at"),
        Index(None, "employer_id", "person_id"),
        Index(None, "employer_id", "object_kind", "object_id"),
    )

    id: Mapped[PrimaryKey]
    employer_id: Mapped[EmployerKey]
    at: Mapped[datetime]
    account_id: Mapped[int | None]  # empty: the program itself (worker, command)
    person_id: Mapped[int | None]
    action: Mapped[str]
    object_kind: Mapped[str]
    object_id: Mapped[int | None]
    facts: Mapped[dict[str, Any]] = mapped_column(JSON)
