"""The log of messages: each one that was to be sent, and whether it was, with the reason."""

from datetime import datetime

from sqlalchemy import Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from lms.base.db import Base, EmployerKey, PrimaryKey, tenant


class Message(Base):
    """One message to one person. The text is not kept, only what it was about."""

    __tablename__ = "message"
    __table_args__ = tenant(
        UniqueConstraint("employer_id", "message_id"),
        Index(None, "employer_id", "person_id"),
        person_id="person",
    )

    id: Mapped[PrimaryKey]
    employer_id: Mapped[EmployerKey]
    person_id: Mapped[int]
    # assigned | passed | edition | reflection_task | minutes | slip | sign_in_changed | second_factor_required
    # | objection_answered | auditor
    kind: Mapped[str]
    about_id: Mapped[
        int
    ]  # the assignment, certificate, edition, meeting, slip, objection, grant or audit entry
    channel: Mapped[str]  # email
    message_id: Mapped[str]  # of the mail, the same on every try
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    outcome: Mapped[str] = mapped_column(default="waiting")  # waiting | sent | not_sent
    reason: Mapped[
        str | None
    ]  # why it was not sent: no_address, not_employed, withdrawn, refused by the server
