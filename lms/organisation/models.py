"""Tables of the organisation: the employer and who works where, with what role, since when."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from lms.base.db import Base, EmployerKey, Fact, PrimaryKey, PublicId, tenant


class Employer(Base):
    """The tenant: a municipality, a county or a private provider."""

    __tablename__ = "employer"
    __table_args__ = (CheckConstraint("second_factor IN ('off', 'offered', 'required')", "second_factor"),)

    id: Mapped[PrimaryKey]
    public_id: Mapped[PublicId]
    slug: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    department: Mapped[str]  # as printed under the name on certificates
    country: Mapped[str]
    language: Mapped[str]
    time_zone: Mapped[str]
    signatory_name: Mapped[str | None]
    signatory_title: Mapped[str | None]
    retention: Mapped[dict[str, int]] = mapped_column(JSON)  # months by record kind
    created_at: Mapped[datetime]
    second_factor: Mapped[str] = mapped_column(
        default="offered"
    )  # to leads and above: off | offered | required
    second_factor_from: Mapped[date | None]  # first day it is required
    certificate_layout: Mapped[str] = mapped_column(
        default="portrait-1"
    )  # name of what new certificates take


class Unit(Base):
    """A node of the unit tree; `path` (`/1/4/9/`) holds the ids from the root to this node."""

    __tablename__ = "unit"
    __table_args__ = tenant(Index(None, "employer_id", "path"), parent_id="unit")

    id: Mapped[PrimaryKey]
    public_id: Mapped[PublicId]
    employer_id: Mapped[EmployerKey]
    parent_id: Mapped[int | None]
    name: Mapped[str]
    path: Mapped[str]
    created_at: Mapped[datetime]


class UnitPlacement(Fact, Base):
    """Where a unit stood in the tree, and when; `unit.path` is kept from the placement in force."""

    __tablename__ = "unit_placement"
    __table_args__ = tenant(Index(None, "employer_id", "unit_id"), unit_id="unit", parent_id="unit")

    id: Mapped[PrimaryKey]
    employer_id: Mapped[EmployerKey]
    unit_id: Mapped[int]
    parent_id: Mapped[int | None]


class RoleProfile(Base):
    """What somebody works as, in common terms; the employer's own title stands on the employment."""

    __tablename__ = "role_profile"
    __table_args__ = tenant(UniqueConstraint("employer_id", "key"))

    id: Mapped[PrimaryKey]
    public_id: Mapped[PublicId]
    employer_id: Mapped[EmployerKey]
    key: Mapped[str]  # assistant_nurse, care_assistant, nurse, …


class Person(Base):
    """Somebody who works, or worked, for an employer."""

    __tablename__ = "person"
    __table_args__ = tenant(
        UniqueConstraint("employer_id", "employee_number"),
        UniqueConstraint("employer_id", "account_id"),
    )

    id: Mapped[PrimaryKey]
    public_id: Mapped[PublicId]
    employer_id: Mapped[EmployerKey]
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    employee_number: Mapped[str]
    given_name: Mapped[str]
    family_name: Mapped[str]
    protected: Mapped[bool] = mapped_column(default=False)  # protected identity
    created_at: Mapped[datetime]

    @property
    def name(self) -> str:
        """Name as people say it."""
        return f"{self.given_name} {self.family_name}"


class Employment(Fact, Base):
    """A person works in a unit, as something, from a day to a day."""

    __tablename__ = "employment"
    __table_args__ = tenant(
        CheckConstraint("kind IN ('permanent', 'temporary', 'hourly', 'student', 'consultant')", "kind"),
        Index(None, "employer_id", "person_id"),
        Index(None, "employer_id", "unit_id"),
        person_id="person",
        unit_id="unit",
        role_profile_id="role_profile",
    )

    id: Mapped[PrimaryKey]
    public_id: Mapped[PublicId]
    employer_id: Mapped[EmployerKey]
    person_id: Mapped[int]
    unit_id: Mapped[int]
    role_profile_id: Mapped[int]
    title: Mapped[str]
    kind: Mapped[str]
    percent: Mapped[int]
    copy_of: Mapped[int | None]  # of what was known before: the row that says what is known now


class Absence(Fact, Base):
    """A time when a person is away; pauses due dates. The reason is never stored."""

    __tablename__ = "absence"
    __table_args__ = tenant(Index(None, "employer_id", "person_id"), person_id="person")

    id: Mapped[PrimaryKey]
    employer_id: Mapped[EmployerKey]
    person_id: Mapped[int]
    kind: Mapped[str]  # leave | absence


class PeopleImport(Base):
    """A staff list was taken in: by whom, when, and what came of its lines."""

    __tablename__ = "people_import"
    __table_args__ = tenant(person_id="person")

    id: Mapped[PrimaryKey]
    public_id: Mapped[PublicId]
    employer_id: Mapped[EmployerKey]
    imported_at: Mapped[datetime]
    person_id: Mapped[int | None]  # empty: by a command
    digest: Mapped[str]  # SHA-256 of the file
    added: Mapped[int]  # lines
    changed: Mapped[int]  # lines
    unchanged: Mapped[int]  # lines
    ended: Mapped[int]  # employments that were not in the list
    undone_at: Mapped[datetime | None]


class ImportedFact(Base):
    """Something an import wrote: an employment, an absence, or (with neither) what is known of the person."""

    __tablename__ = "imported_fact"
    __table_args__ = tenant(
        CheckConstraint("employment_id IS NULL OR absence_id IS NULL", "one_fact"),
        Index(None, "employer_id", "import_id"),
        Index(None, "employer_id", "person_id"),
        import_id="people_import",
        person_id="person",
        employment_id="employment",
        absence_id="absence",
    )

    id: Mapped[PrimaryKey]
    employer_id: Mapped[EmployerKey]
    import_id: Mapped[int]
    person_id: Mapped[int]
    employment_id: Mapped[int | None]
    absence_id: Mapped[int | None]
    # What was known: columns of the row (empty: there was none); of the person, [before, after] by field.
    before: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))


class RoleGrant(Fact, Base):
    """A role given to a person over a node of the tree (no unit: the whole employer)."""

    __tablename__ = "role_grant"
    __table_args__ = tenant(
        CheckConstraint("role IN ('lead', 'officer', 'author', 'authoriser', 'auditor', 'admin')", "role"),
        Index(None, "employer_id", "person_id"),
        person_id="person",
        unit_id="unit",
        given_by="person",
    )

    id: Mapped[PrimaryKey]
    public_id: Mapped[PublicId]
    employer_id: Mapped[EmployerKey]
    person_id: Mapped[int]
    role: Mapped[str]
    unit_id: Mapped[int | None]
    reason: Mapped[str | None]  # said for auditors only
    given_by: Mapped[int | None]  # empty: by a command
    # Where an auditor from outside is written to. Not a way in: that the address may be somewhere else already.
    email: Mapped[str | None]


class SharedDevice(Base):
    """A device that the people of a unit share. Its cookie holds a random token, the table only its hash."""

    __tablename__ = "shared_device"
    __table_args__ = tenant(
        UniqueConstraint("employer_id", "token_hash"),
        Index(None, "employer_id", "unit_id"),
        unit_id="unit",
        made_by="person",
        ended_by="person",
    )

    id: Mapped[PrimaryKey]
    public_id: Mapped[PublicId]
    employer_id: Mapped[EmployerKey]
    unit_id: Mapped[int]
    name: Mapped[str]  # where it lies, as its lead calls it
    device: Mapped[str]  # browser and system in short words
    token_hash: Mapped[str]  # SHA-256, hex
    made_by: Mapped[int]
    created_at: Mapped[datetime]
    ended_by: Mapped[int | None]
    ended_at: Mapped[datetime | None]
