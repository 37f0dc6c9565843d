"""Tables of identity. All are global: an account belongs to a person, not to an employer."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import JSON, BigInteger, CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from lms.base.db import Base, PrimaryKey, PublicId


class Account(Base):
    """Somebody who can sign in. What the account may do follows from its persons."""

    __tablename__ = "account"

    id: Mapped[PrimaryKey]
    public_id: Mapped[PublicId]
    language: Mapped[str]
    theme: Mapped[str] = mapped_column(default="system")  # system | light | dark
    text_size: Mapped[str] = mapped_column(
        default="normal", server_default="normal"
    )  # normal | large | largest
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
    expires_at: Mapped[datetime]  # if it is not used again: moves on with use, never past ends_at
    ends_at: Mapped[datetime | None]  # however much it is used; empty: by a release that knew expires_at only
    revoked_at: Mapped[datetime | None]
    second_factor_at: Mapped[datetime | None]  # when the second factor was last proven on it
    proven_at: Mapped[datetime | None]  # when the person last showed again who it is, to change a way in
    # Public id of the shared device it is on: then it is short, and a learner's whatever else the person is. The
    # device belongs to an employer, so no key points to it.
    shared_device: Mapped[UUID | None]


class PushSubscription(Base):
    """Where a signed-in browser can be sent notices (Push API): gone when it is signed out."""

    __tablename__ = "push_subscription"

    id: Mapped[PrimaryKey]
    session_id: Mapped[int] = mapped_column(ForeignKey("session.id"), unique=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    endpoint: Mapped[str] = mapped_column(
        unique=True
    )  # of the browser maker's push service; who knows it can write
    key: Mapped[str]  # public one of the browser (P-256, uncompressed point, base64url)
    auth: Mapped[str]  # secret shared with the browser (16 bytes, base64url)
    house_key: Mapped[str]  # public half of the key it takes notices from; another one is refused
    created_at: Mapped[datetime]


class KeptForm(Base):
    """What somebody sent after their session had ended, until they have signed in again; forgotten after a day."""

    __tablename__ = "kept_form"

    id: Mapped[PrimaryKey]
    public_id: Mapped[PublicId]
    session_id: Mapped[int] = mapped_column(ForeignKey("session.id"), index=True)  # the one that had ended
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    path: Mapped[str]  # where it was sent
    fields: Mapped[list[list[str]]] = mapped_column(
        JSON
    )  # pairs of name and value, as sent; never a password
    kept_at: Mapped[datetime]


class LinkToken(Base):
    """Something on paper or in a message that proves somebody once: a slip, or a mailed link with code.

    A mail asked for with an unknown address has a row as well, for no account: so it costs the same.
    """

    __tablename__ = "link_token"
    __table_args__ = (
        CheckConstraint("kind IN ('slip', 'mail', 'prove')", "kind"),
        Index(None, "account_id", "kind"),
    )

    id: Mapped[PrimaryKey]
    kind: Mapped[str]  # prove: a code for somebody who is signed in
    token_hash: Mapped[str] = mapped_column(unique=True)  # of the long token in link or QR code
    code_hash: Mapped[str] = mapped_column(index=True)  # of the short code that can be typed
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    employer_id: Mapped[int | None] = mapped_column(ForeignKey("employer.id"))  # slips only
    tries: Mapped[int] = mapped_column(default=0)  # wrong codes typed
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class SignInChange(Base):
    """Somebody changes how they sign in; for some days it can be stopped or taken back by mail."""

    __tablename__ = "sign_in_change"
    __table_args__ = (
        CheckConstraint("kind IN ('email', 'phone', 'password', 'app', 'passkey')", "kind"),
        Index(None, "account_id", "kind"),
    )

    id: Mapped[PrimaryKey]
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    employer_id: Mapped[int] = mapped_column(ForeignKey("employer.id"))  # in whose log it stands
    kind: Mapped[str]
    old_value: Mapped[str | None]
    new_value: Mapped[str | None]  # address or number, never a password
    code_hash: Mapped[str]  # of the code mailed to a new address
    stop_hash: Mapped[str] = mapped_column(unique=True)  # of the token in the link "It was not me"
    tries: Mapped[int] = mapped_column(default=0)  # wrong codes typed
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]  # until when the code counts
    stop_until: Mapped[datetime]
    done_at: Mapped[datetime | None]
    stopped_at: Mapped[datetime | None]


class Throttle(Base):
    """Tries of one kind from one source within the current window."""

    __tablename__ = "throttle"
    __table_args__ = (UniqueConstraint("kind", "source"),)

    id: Mapped[PrimaryKey]
    kind: Mapped[str]  # one of LIMITS
    source: Mapped[str]  # hash of an address or of what was typed
    window_from: Mapped[datetime]
    tries: Mapped[int]


class AuthenticatorApp(Base):
    """The key an account shares with an app that shows six digits, new ones every 30 seconds (TOTP, RFC 6238)."""

    __tablename__ = "authenticator_app"

    id: Mapped[PrimaryKey]
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), unique=True)
    sealed_key: Mapped[str]  # encrypted with a key that follows from the house's secret
    last_step: Mapped[int]  # of the last code taken; one code is taken once
    created_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]  # empty: no code of it has been typed yet


class Passkey(Base):
    """A key pair kept by a phone, computer or security key; we hold the public half (WebAuthn)."""

    __tablename__ = "passkey"

    id: Mapped[PrimaryKey]
    public_id: Mapped[PublicId]
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    credential_id: Mapped[str] = mapped_column(unique=True)  # base64url, as browsers send it
    public_key: Mapped[bytes]  # COSE
    sign_count: Mapped[int] = mapped_column(
        BigInteger
    )  # of its last use; 0 where the authenticator does not count
    device: Mapped[str]  # browser and system it was made with, in short words
    created_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class PasskeyChallenge(Base):
    """What a browser was last asked to sign with a passkey; one per browser, gone once it is answered."""

    __tablename__ = "passkey_challenge"
    __table_args__ = (CheckConstraint("purpose IN ('add', 'prove', 'enter')", "purpose"),)

    id: Mapped[PrimaryKey]
    browser: Mapped[str] = mapped_column(unique=True)  # hash of the token in its cookie
    purpose: Mapped[str]
    challenge: Mapped[bytes]
    expires_at: Mapped[datetime]


class RecoveryCode(Base):
    """A code on paper that stands in for a lost second factor, once."""

    __tablename__ = "recovery_code"

    id: Mapped[PrimaryKey]
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    code_hash: Mapped[str]
    used_at: Mapped[datetime | None]


class PersonalCode(Base):
    """Digits by which somebody comes in on a shared device, and nowhere else."""

    __tablename__ = "personal_code"

    id: Mapped[PrimaryKey]
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), unique=True)
    code_hash: Mapped[str]  # argon2id
    set_at: Mapped[datetime]
    wrong: Mapped[int] = mapped_column(default=0)  # codes typed since the last sign-in; too many block it
