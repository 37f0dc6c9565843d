"""Tables of certificates: frozen content, numbers, revocations."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from lms.base.db import Base, EmployerKey, PrimaryKey, PublicId, tenant


class CertificateRow(Base):
    """A course certificate as issued: its canonical content never changes."""

    __tablename__ = "certificate"
    __table_args__ = tenant(
        UniqueConstraint("employer_id", "number"),
        UniqueConstraint("employer_id", "attempt_id"),
        Index(None, "employer_id", "person_id"),
        person_id="person",
        attempt_id="attempt",
        predecessor_id="certificate",
    )

    id: Mapped[PrimaryKey]
    public_id: Mapped[PublicId]
    employer_id: Mapped[EmployerKey]
    person_id: Mapped[int]
    attempt_id: Mapped[int]
    number: Mapped[str]
    course: Mapped[str]
    edition_id: Mapped[int] = mapped_column(ForeignKey("edition.id"))
    content: Mapped[str]  # canonical JSON, as digested
    digest: Mapped[str]
    achieved_on: Mapped[date]
    expires_on: Mapped[date | None]
    issued_at: Mapped[datetime]
    predecessor_id: Mapped[int | None]


class CertificateNumber(Base):
    """Which employer a number belongs to; global, so that a stranger can look it up."""

    __tablename__ = "certificate_number"

    number: Mapped[str] = mapped_column(primary_key=True)
    employer_id: Mapped[EmployerKey]
    certificate_id: Mapped[int]


class Revocation(Base):
    """A certificate was revoked, or reinstated, on a day, by somebody, for a reason."""

    __tablename__ = "revocation"
    __table_args__ = tenant(
        CheckConstraint("kind IN ('revoked', 'reinstated')", "kind"),
        Index(None, "employer_id", "certificate_id"),
        certificate_id="certificate",
        person_id="person",
    )

    id: Mapped[PrimaryKey]
    employer_id: Mapped[EmployerKey]
    certificate_id: Mapped[int]
    kind: Mapped[str]
    on: Mapped[date]
    reason: Mapped[str]
    person_id: Mapped[int]  # who decided
    recorded_at: Mapped[datetime]
