"""Tables of the ledger: who must know what, who proved it, and where each duty stands."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from lms.base.db import Base, EmployerKey, Fact, PrimaryKey, PublicId, Recorded, tenant


class Requirement(Fact, Base):
    """A statement about who must have what, with its reason and source: a version of it, from a day to a day.

    All versions of a requirement share `rule`.
    """

    __tablename__ = "requirement"
    __table_args__ = tenant(
        Index(None, "employer_id", "rule"), unit_id="unit", role_profile_id="role_profile"
    )

    id: Mapped[PrimaryKey]
    public_id: Mapped[PublicId]
    employer_id: Mapped[EmployerKey]
    rule: Mapped[UUID | None]  # empty: of the release before, a requirement of its own
    course: Mapped[str]
    unit_id: Mapped[int | None]  # empty: every unit
    role_profile_id: Mapped[
        int | None
    ]  # what was one role before there were several; goes with the next release
    roles: Mapped[list[str]] = mapped_column(
        JSON, server_default="[]"
    )  # keys of role profiles; empty: every role
    kinds: Mapped[list[str]] = mapped_column(JSON, server_default="[]")  # of employment; empty: every kind
    due_days: Mapped[int]  # after the day from which it describes somebody
    not_before: Mapped[date | None]  # not before this day
    validity_months: Mapped[int | None]  # a proof counts no longer than this; empty: as long as it says
    renewal_days: Mapped[int | None]  # how long before its end a proof is to be renewed; empty: SOON
    minimum: Mapped[int | None]  # critical: so many people of a unit who can show it, at every time
    reason: Mapped[str]
    source: Mapped[str]


class Duty(Base):
    """One employment must have one thing. Why, and by when, stands in its sources."""

    __tablename__ = "duty"
    __table_args__ = tenant(
        UniqueConstraint("employer_id", "employment_id", "course"),
        Index(None, "employer_id", "person_id", "course"),
        Index(None, "employer_id", "created_at"),
        employment_id="employment",
        person_id="person",
    )

    id: Mapped[PrimaryKey]
    public_id: Mapped[PublicId]
    employer_id: Mapped[EmployerKey]
    employment_id: Mapped[int]
    person_id: Mapped[int]
    course: Mapped[str]
    created_at: Mapped[datetime]


class DutySource(Base):
    """One reason for a duty: a requirement, or an assignment by a lead. Withdrawing one leaves the rest."""

    __tablename__ = "duty_source"
    __table_args__ = tenant(
        CheckConstraint("(requirement_id IS NULL) <> (assignment_id IS NULL)", "one_source"),
        UniqueConstraint("employer_id", "duty_id", "requirement_id"),
        UniqueConstraint("employer_id", "duty_id", "assignment_id"),
        duty_id="duty",
        requirement_id="requirement",
        assignment_id="assignment",
    )

    id: Mapped[PrimaryKey]
    employer_id: Mapped[EmployerKey]
    duty_id: Mapped[int]
    requirement_id: Mapped[int | None]
    assignment_id: Mapped[int | None]
    due_on: Mapped[date]
    reason: Mapped[str]
    created_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]


class Dispensation(Fact, Base):
    """Somebody need not have a course for a time (exemption), or has until its last day to get it (extension).

    It holds for the posts in the unit and below it.
    """

    __tablename__ = "dispensation"
    __table_args__ = tenant(
        CheckConstraint("kind IN ('exemption', 'extension')", "kind"),
        Index(None, "employer_id", "person_id", "course"),
        person_id="person",
        unit_id="unit",
        given_by="person",
    )

    id: Mapped[PrimaryKey]
    public_id: Mapped[PublicId]
    employer_id: Mapped[EmployerKey]
    person_id: Mapped[int]
    unit_id: Mapped[int | None]  # empty: everywhere
    course: Mapped[str]
    kind: Mapped[str]
    reason: Mapped[str]
    given_by: Mapped[int]


class Status(Base):
    """Where a duty stands, as dates; the word for it is worked out for the day it is asked for.

    What it says of the employment is kept from it, so that lists and counts need look nowhere else (empty in rows
    that the release before has written, until a day begins).
    """

    __tablename__ = "status"
    __table_args__ = tenant(
        UniqueConstraint("employer_id", "duty_id"),
        Index(None, "employer_id", "unit_id", "course"),
        Index(None, "employer_id", "expires_on", "unit_id"),
        Index(None, "employer_id", "due_on"),
        Index(
            "ix_status_exempt",
            "employer_id",
            "unit_id",
            sqlite_where=text("exempt_from IS NOT NULL"),
            postgresql_where=text("exempt_from IS NOT NULL"),
        ),
        duty_id="duty",
        proof_id="proof",
        person_id="person",
        unit_id="unit",
    )

    id: Mapped[PrimaryKey]
    employer_id: Mapped[EmployerKey]
    duty_id: Mapped[int]
    person_id: Mapped[int | None]
    unit_id: Mapped[int | None]
    course: Mapped[str | None]
    percent: Mapped[int | None]
    first_on: Mapped[date | None]  # of the employment
    last_on: Mapped[date | None]  # of the employment; empty: no end is known
    due_on: Mapped[date | None]  # earliest of the sources in force; empty: no source is left
    started_on: Mapped[date | None]
    proof_id: Mapped[int | None]  # the unrevoked proof that lasts longest
    achieved_on: Mapped[date | None]
    expires_on: Mapped[date | None]  # last valid day; empty with a proof: no end
    renew_on: Mapped[date | None]  # from this day it is to be renewed
    exempt_from: Mapped[date | None]  # exemption that is in force or comes next: first
    exempt_to: Mapped[date | None]  # and last day


class Coverage(Base):
    """How many posts, people and hundredths of full time in a unit are asked for a course, and how many can show it.

    As of the day in `CoverageDay`; counted anew with every fact that changes it.
    """

    __tablename__ = "coverage"
    __table_args__ = tenant(UniqueConstraint("employer_id", "unit_id", "course"), unit_id="unit")

    id: Mapped[PrimaryKey]
    employer_id: Mapped[EmployerKey]
    unit_id: Mapped[int]
    course: Mapped[str]
    posts: Mapped[int] = mapped_column(default=0)
    known_posts: Mapped[int] = mapped_column(default=0)
    percent: Mapped[int] = mapped_column(default=0)
    known_percent: Mapped[int] = mapped_column(default=0)
    people: Mapped[int] = mapped_column(default=0)
    known_people: Mapped[int] = mapped_column(default=0)


class CoverageDay(Base):
    """The day for which an employer's coverage is counted."""

    __tablename__ = "coverage_day"
    __table_args__ = tenant(UniqueConstraint("employer_id"))

    id: Mapped[PrimaryKey]
    employer_id: Mapped[EmployerKey]
    day: Mapped[date]


class CoverageThen(Base):
    """Coverage as it was counted on a day, kept for the picture over time: once a week."""

    __tablename__ = "coverage_then"
    __table_args__ = tenant(UniqueConstraint("employer_id", "day", "unit_id", "course"), unit_id="unit")

    id: Mapped[PrimaryKey]
    employer_id: Mapped[EmployerKey]
    day: Mapped[date]
    unit_id: Mapped[int]
    course: Mapped[str]
    posts: Mapped[int]
    known_posts: Mapped[int]
    percent: Mapped[int]
    known_percent: Mapped[int]
    people: Mapped[int]
    known_people: Mapped[int]


class Beginning(Base):
    """Somebody has begun a course, whether anything asks for it or not; a pass closes the round."""

    __tablename__ = "beginning"
    __table_args__ = tenant(
        Index(
            "uq_beginning_open",
            "employer_id",
            "person_id",
            "course",
            unique=True,
            sqlite_where=text("closed_on IS NULL"),
            postgresql_where=text("closed_on IS NULL"),
        ),
        Index(None, "employer_id", "person_id"),
        person_id="person",
    )

    id: Mapped[PrimaryKey]
    employer_id: Mapped[EmployerKey]
    person_id: Mapped[int]
    course: Mapped[str]
    started_on: Mapped[date]
    closed_on: Mapped[date | None]


class Proof(Recorded, Base):
    """Somebody showed that they know something. Every pass is a new proof; none is reset.

    Superseded: the document was replaced by another, and the proof by that one stands in its place.
    """

    __tablename__ = "proof"
    __table_args__ = tenant(
        CheckConstraint("kind IN ('certificate')", "kind"),
        Index(None, "employer_id", "person_id", "course"),
        UniqueConstraint("employer_id", "certificate_id"),
        person_id="person",
        certificate_id="certificate",
    )

    id: Mapped[PrimaryKey]
    public_id: Mapped[PublicId]
    employer_id: Mapped[EmployerKey]
    person_id: Mapped[int]
    kind: Mapped[str]
    course: Mapped[str]
    edition_id: Mapped[int] = mapped_column(ForeignKey("edition.id"))
    certificate_id: Mapped[int | None]
    reference: Mapped[str]  # what people look it up by: the certificate number
    achieved_on: Mapped[date]
    expires_on: Mapped[date | None]
    revoked_on: Mapped[date | None]  # kept from the revocations in force; superseded: the day it was achieved
    renewal_due_on: Mapped[
        date | None
    ]  # last day, unless what newer editions ask for is done; kept from them


class ProofRevocation(Fact, Base):
    """A proof does not count from a day on, until the day before it was reinstated."""

    __tablename__ = "proof_revocation"
    __table_args__ = tenant(Index(None, "employer_id", "proof_id"), proof_id="proof")

    id: Mapped[PrimaryKey]
    employer_id: Mapped[EmployerKey]
    proof_id: Mapped[int]


class EditionReceipt(Base):
    """Somebody who was taught an earlier edition has read what this one changed, or passed the update to it."""

    __tablename__ = "edition_receipt"
    __table_args__ = tenant(
        CheckConstraint("kind IN ('read', 'update')", "kind"),
        UniqueConstraint("employer_id", "person_id", "course", "edition_id", "kind"),
        person_id="person",
    )

    id: Mapped[PrimaryKey]
    employer_id: Mapped[EmployerKey]
    person_id: Mapped[int]
    course: Mapped[str]
    edition_id: Mapped[int] = mapped_column(ForeignKey("edition.id"))
    kind: Mapped[str]
    received_at: Mapped[datetime]


class SavedView(Base):
    """A filter of the register that somebody keeps for themselves, under a name."""

    __tablename__ = "saved_view"
    __table_args__ = tenant(UniqueConstraint("employer_id", "person_id", "name"), person_id="person")

    id: Mapped[PrimaryKey]
    public_id: Mapped[PublicId]
    employer_id: Mapped[EmployerKey]
    person_id: Mapped[int]
    name: Mapped[str]
    query: Mapped[str]  # as it stands in the address
    created_at: Mapped[datetime]
