"""Tables of identity. All are global: an account belongs to a person, not to an employer."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from lms.base.db import Base, PrimaryKey, PublicId


class Account(Base):
    """Somebody who can sign in. What the account may do follows from its persons."""

    __tablename__ = "account"

    id: Mapped[PrimaryKey]
    public_id: Mapped[PublicId]
    language: Mapped[str]
    theme: Mapped[str] = mapped_column(default="system")  # system | light | dark
    password_hash: Mapped[str | None]  # argon2id
    activated_at: Mapped[datetime | None]  # empty: never signed in; only then a slip can be made
    created_at: Mapped[datetime]


class Identifier(Base):
    """A way to name an account at sign-in: an e-mail address or a phone number."""

    __tablename__ = "identifier"
    __table_args__ = (
        UniqueConstraint("kind", "value"),
        CheckConstraint("kind IN ('email', 'phone')", "kind"),
    )

    id: Mapped[PrimaryKey]
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    kind: Mapped[str]
    value: Mapped[str]  # normalised: lower case address, +46… number
    created_at: Mapped[datetime]
    verified_at: Mapped[datetime | None]


class UserSession(Base):
    """A device that is signed in. The cookie holds a random token, the table only its hash."""

    __tablename__ = "session"

    id: Mapped[PrimaryKey]
    public_id: Mapped[PublicId]
    token_hash: Mapped[str] = mapped_column(unique=True)  # SHA-256, hex
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    employer_id: Mapped[int] = mapped_column(ForeignKey("employer.id"))  # the active employer
    device: Mapped[str]  # browser and system in short words
    remembered: Mapped[bool]
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class LinkToken(Base):
    """Something on paper or in a message that lets somebody in once: a slip or a mailed link with code."""

    __tablename__ = "link_token"
    __table_args__ = (CheckConstraint("kind IN ('slip', 'mail')", "kind"), Index(None, "account_id", "kind"))

    id: Mapped[PrimaryKey]
    kind: Mapped[str]
    token_hash: Mapped[str] = mapped_column(unique=True)  # of the long token in link or QR code
    code_hash: Mapped[str] = mapped_column(index=True)  # of the short code that can be typed
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    employer_id: Mapped[int | None] = mapped_column(ForeignKey("employer.id"))  # slips only
    tries: Mapped[int] = mapped_column(default=0)  # wrong codes typed
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class Throttle(Base):
    """Tries of one kind from one source within the current window."""

    __tablename__ = "throttle"
    __table_args__ = (UniqueConstraint("kind", "source"),)

    id: Mapped[PrimaryKey]
    kind: Mapped[str]  # sign_in | code | slip | verify
    source: Mapped[str]  # hash of an address or of what was typed
    window_from: Mapped[datetime]
    tries: Mapped[int]
