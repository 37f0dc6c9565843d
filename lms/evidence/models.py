"""Tables of certificates: frozen content, numbers, revocations."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column

from lms.base.db import Base, EmployerKey, PrimaryKey, PublicId, tenant


class CertificateRow(Base):
    """A course certificate as issued: its canonical content never changes, until it is forgotten (`forgetting`).

    Of one that is forgotten the content is empty, as its digest, and nothing is known of it but that there was one.
    """

    __tablename__ = "certificate"
    __table_args__ = tenant(
        UniqueConstraint("employer_id", "number"),
        UniqueConstraint("employer_id", "corrects_id"),
        Index(  # an attempt earns one; what corrects it is of the same attempt
            "uq_certificate_first",
            "employer_id",
            "attempt_id",
            unique=True,
            sqlite_where=text("corrects_id IS NULL"),
            postgresql_where=text("corrects_id IS NULL"),
        ),
        Index(None, "employer_id", "person_id"),
        Index(  # what may be old enough to be forgotten
            "ix_certificate_kept",
            "employer_id",
            "achieved_on",
            sqlite_where=text("forgotten_on IS NULL"),
            postgresql_where=text("forgotten_on IS NULL"),
        ),
        person_id="person",
        attempt_id="attempt",
        predecessor_id="certificate",
        corrects_id="certificate",
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
    predecessor_id: Mapped[int | None]  # that it renews
    corrects_id: Mapped[int | None]  # whose place it takes, since the name on it was wrong
    forgotten_on: Mapped[date | None]  # the time for which the employer keeps it was over


class CertificateNumber(Base):
    """Which employer a number belongs to; global, so that a stranger can look it up."""

    __tablename__ = "certificate_number"

    number: Mapped[str] = mapped_column(primary_key=True)
    employer_id: Mapped[EmployerKey]
    certificate_id: Mapped[int]


class Revocation(Base):
    """A certificate was revoked, reinstated, or replaced by one with the right name: on a day, by somebody, why."""

    __tablename__ = "revocation"
    __table_args__ = tenant(
        CheckConstraint("kind IN ('revoked', 'reinstated', 'replaced')", "kind"),
        Index(None, "employer_id", "certificate_id"),
        certificate_id="certificate",
        person_id="person",
    )

    id: Mapped[PrimaryKey]
    employer_id: Mapped[EmployerKey]
    certificate_id: Mapped[int]
    kind: Mapped[str]
    on: Mapped[date]
    reason: Mapped[str]  # empty: the certificate is forgotten
    person_id: Mapped[int]  # who decided
    recorded_at: Mapped[datetime]


class SigningKey(Base):
    """A key that signs for an employer, or has; its public half is published for ever."""

    __tablename__ = "signing_key"
    __table_args__ = tenant(
        CheckConstraint("kind IN ('document', 'token')", "kind"), UniqueConstraint("employer_id", "name")
    )

    id: Mapped[PrimaryKey]
    employer_id: Mapped[EmployerKey]
    kind: Mapped[str]  # the document itself, or its second form as a token
    did: Mapped[
        str
    ]  # for whom: the employer's identifier, which follows from the address of the site of then
    name: Mapped[str]  # as it is published
    sealed: Mapped[str]  # the secret half
    public: Mapped[dict[str, Any]] = mapped_column(JSON)
    made_at: Mapped[datetime]
    retired_at: Mapped[datetime | None]  # signs no more
    disowned_at: Mapped[datetime | None]  # somebody else may have it: what it signed is not believed


class RevokedList(Base):
    """A list that says of many certificates whether they are revoked; its address is in each that was signed."""

    __tablename__ = "revoked_list"
    __table_args__ = tenant(UniqueConstraint("employer_id", "number"))

    id: Mapped[PrimaryKey]
    employer_id: Mapped[EmployerKey]
    number: Mapped[int]
    did: Mapped[str]
    address: Mapped[str]
    made_at: Mapped[datetime]


class SignedCredential(Base):
    """The signed form of a certificate, and its place in a list of those that are revoked."""

    __tablename__ = "signed_credential"
    __table_args__ = tenant(
        UniqueConstraint("employer_id", "certificate_id"),
        UniqueConstraint("employer_id", "revoked_list_id", "place"),
        Index(None, "employer_id", "key_id"),
        certificate_id="certificate",
        revoked_list_id="revoked_list",
        key_id="signing_key",
        token_key_id="signing_key",  # noqa: S106 (the name of a table)
    )

    id: Mapped[PrimaryKey]
    employer_id: Mapped[EmployerKey]
    certificate_id: Mapped[int]
    revoked_list_id: Mapped[int]
    place: Mapped[int]
    document: Mapped[
        str | None
    ]  # empty until it is signed, outside of any transaction, and when it is forgotten
    token: Mapped[str | None]
    key_id: Mapped[int | None]
    token_key_id: Mapped[int | None]
    signed_at: Mapped[datetime | None]


class CertificateFile(Base):
    """A PDF of a certificate that was handed out: by its digest anybody can tell it from another."""

    __tablename__ = "certificate_file"
    __table_args__ = tenant(
        UniqueConstraint("employer_id", "certificate_id", "digest"), certificate_id="certificate"
    )

    id: Mapped[PrimaryKey]
    employer_id: Mapped[EmployerKey]
    certificate_id: Mapped[int]
    digest: Mapped[str]  # SHA-256 of its bytes, in hexadecimal
    ink_saving: Mapped[bool] = mapped_column(default=False, server_default=false())
    signed_at: Mapped[datetime | None]  # when the credential inside was signed; empty: it holds none
    made_at: Mapped[datetime]


class CertificateLayout(Base):
    """A look of certificates that was tried, with who signs them, and since when new ones have it.

    Its data lie in the files: beside the pages of the preview, and once it is published by its name.
    """

    __tablename__ = "certificate_layout"
    __table_args__ = tenant(Index(None, "employer_id", "person_id"), person_id="person")

    id: Mapped[PrimaryKey]
    public_id: Mapped[PublicId]
    employer_id: Mapped[EmployerKey]
    person_id: Mapped[int]  # who tried it, then who published it
    name: Mapped[str]
    base: Mapped[str]
    band_colour: Mapped[str | None]
    text_colour: Mapped[str | None]
    has_logo: Mapped[bool]
    has_template: Mapped[bool] = mapped_column(default=False, server_default=false())
    in_ours: Mapped[list[str]] = mapped_column(  # pages of the preview for which the own template had no room
        JSON, default=list, server_default="[]"
    )
    on_two: Mapped[list[str]] = mapped_column(  # pages of the preview that need more than one sheet
        JSON, default=list, server_default="[]"
    )
    signatory_name: Mapped[str | None]  # as printed on certificates
    signatory_title: Mapped[str | None]
    created_at: Mapped[datetime]
    previewed_at: Mapped[datetime | None]  # all pages of the preview are there
    published_at: Mapped[datetime | None]


class CertificateShare(Base):
    """A link to some of somebody's certificates, for a time; global, for they may be of several employers."""

    __tablename__ = "certificate_share"

    id: Mapped[PrimaryKey]
    public_id: Mapped[PublicId]
    token_hash: Mapped[str] = mapped_column(unique=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    numbers: Mapped[list[str]] = mapped_column(JSON)  # of the certificates, as stored
    note: Mapped[str]  # for whom it is, for the person alone
    with_name: Mapped[bool]  # files with the name may be fetched, though the identity is protected
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    ended_at: Mapped[datetime | None]  # by the person, before its time
    opened: Mapped[int] = mapped_column(default=0)
