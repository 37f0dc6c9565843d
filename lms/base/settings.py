"""All settings, read once from the environment (`KUNNIG_*`) into one frozen value."""

import os
import re
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

DEMO_SECRET = "demo-secret-known-to-everybody"  # noqa: S105  (refused in production, see below)
SECRETS = "KUNNIG_SECRETS"  # the variable that names the folder of secrets
SHORTEST_SECRET = 32  # characters; 256 bits written as hex are 64


class SettingsError(Exception):
    """A setting is missing or wrong; the message is one line that says what to do."""


class Settings(BaseSettings):
    """Every setting of the program; each field is read from `KUNNIG_<FIELD>`."""

    model_config = SettingsConfigDict(env_prefix="KUNNIG_", frozen=True, extra="ignore")

    mode: Literal["production", "demo"] = "production"
    secret_key: SecretStr = SecretStr("")
    data: Path = Field(default=Path("data"), description="folder for the embedded database and the files")
    database: str = Field(default="", description="SQLAlchemy address; empty: SQLite in the data folder")
    database_owner: str = Field(
        default="",
        description="the same with the role that owns the tables, for migrations; empty: as database",
    )
    public_url: str = Field(
        default="http://127.0.0.1:8000", description="address people type and QR codes hold"
    )
    host: str = "127.0.0.1"
    port: int = 8000
    threads: int = Field(default=4, ge=1, description="requests handled at the same time in one process")
    workers: int = Field(default=1, ge=1, description="server processes")
    proxies: int = Field(default=0, ge=0, description="trusted reverse proxies in front of the server")
    files: str = Field(default="", description="s3://bucket/prefix; empty: files in the data folder")
    s3_endpoint: str = ""
    s3_region: str = "us-east-1"
    s3_key: str = ""
    s3_secret: SecretStr = SecretStr("")
    mail: str = Field(
        default="", description="smtp://user:password@host:587 or smtps://…; empty: written to files"
    )
    mail_from: str = "Kunnig <kunnig@localhost>"
    sms: str = Field(default="", description="https address of the SMS gateway; empty: nobody can choose SMS")
    sms_key: SecretStr = Field(default=SecretStr(""), description="bearer token for it")
    sms_from: str = Field(default="Kunnig", description="sender: up to 11 letters and digits, or a number")
    push_key: SecretStr = Field(
        default=SecretStr(""),
        description="key that signs notices to phones (`kunnig keys push`); empty: none are sent",
    )
    session_days: int = Field(default=30, ge=1, description="days a device that asked for it is remembered")
    session_idle_days: int = Field(default=14, ge=1, description="days it may lie unused")
    session_hours: int = Field(default=12, ge=1, description="hours a session lasts on other devices")
    session_idle_minutes: int = Field(default=60, ge=5, description="minutes it may lie unused there")
    second_factor_days: int = Field(
        default=30, ge=1, description="days until a remembered device is asked for the second factor again"
    )

    metrics_token: SecretStr = Field(
        default=SecretStr(""), description="bearer token that opens /metrics; empty: nobody"
    )
    security_contact: str = Field(
        default="", description="mailto: or https: address for security.txt; empty: no such page"
    )

    shared_idle_minutes: int = Field(
        default=2, ge=1, le=30, description="how long a shared tablet stays open unused"
    )
    accessibility_contact: str = Field(
        default="", description="mailto:, https: or tel: address in the accessibility statement; empty: none"
    )

    @field_validator("security_contact", "accessibility_contact")
    @classmethod
    def _uri(cls, value: str) -> str:
        if value and not re.fullmatch(r"(mailto:[^\s@]+@[^\s@]+|https://\S+|tel:\+[0-9-]+)", value):
            raise ValueError("must be a mailto:, https: or tel: address (RFC 9116)")
        return value

    @field_validator("mail")
    @classmethod
    def _mail_server(cls, value: str) -> str:
        wrong = "must be smtp://user:password@host:587 or smtps://…, with %2F for a / in the password"
        try:
            parts = urlsplit(value)
            whole = parts.port != 0 and parts.hostname and parts.path in {"", "/"}
        except ValueError:  # its own words would repeat part of a password
            raise ValueError(wrong) from None
        if value and not (whole and parts.scheme in {"smtp", "smtps"}):
            raise ValueError(wrong)
        return value

    @field_validator("sms")
    @classmethod
    def _gateway(cls, value: str) -> str:
        near = r"http://(127\.0\.0\.1|localhost|\[::1\])(:[1-9]\d*)?(/\S*)?"
        if value and not re.fullmatch(rf"https://[^\s/@#?]+(/[^\s#]*)?|{near}", value):
            raise ValueError(
                "must be https://… (http:// on this machine only), with the key in KUNNIG_SMS_KEY"
            )
        return value

    @field_validator("sms_from")
    @classmethod
    def _sender(cls, value: str) -> str:
        if not re.fullmatch(r"[A-Za-z0-9 ]{1,11}|\+\d{5,15}", value):
            raise ValueError("must be up to 11 letters and digits, or a number like +46701740612")
        return value

    @field_validator("push_key")
    @classmethod
    def _signing_key(cls, value: SecretStr) -> SecretStr:
        if value.get_secret_value() and not re.fullmatch(r"[\w-]{43}", value.get_secret_value(), re.ASCII):
            raise ValueError("must be a key as `kunnig keys push` makes it")
        return value

    @field_validator("public_url")
    @classmethod
    def _without_slash(cls, value: str) -> str:
        return value.rstrip("/")  # paths are put behind it

    @model_validator(mode="after")
    def _safe_in_production(self) -> "Settings":
        if self.mode == "production":
            secret = self.secret_key.get_secret_value()
            if secret == DEMO_SECRET or len(secret) < SHORTEST_SECRET:
                message = (
                    "KUNNIG_SECRET_KEY must be an own secret of at least 32 characters in production; "
                    "make one with: python3 -c 'import secrets; print(secrets.token_hex(32))'"
                )
                raise ValueError(message)
            if not self.mail:
                message = "KUNNIG_MAIL must name an SMTP server in production, for example smtp://mail.example.se:587"
                raise ValueError(message)
        return self

    @property
    def database_url(self) -> str:
        """Address of the database: the one set, or SQLite in the data folder."""
        return self.database or f"sqlite:///{(self.data / 'kunnig.db').resolve()}"

    @property
    def owner_url(self) -> str:
        """Address of the database for the role that may change its tables."""
        return self.database_owner or self.database_url

    @property
    def files_folder(self) -> Path:
        """Folder of the local file store."""
        return (self.data / "files").resolve()

    @property
    def mail_folder(self) -> Path:
        """Folder where mail is written when no SMTP server is set."""
        return (self.data / "mail").resolve()

    @property
    def is_https(self) -> bool:
        """Whether people reach the program by https (cookies are then marked secure)."""
        return urlsplit(self.public_url).scheme == "https"

    @property
    def is_demo(self) -> bool:
        """Whether this is the demonstration, where mail can be opened by everybody."""
        return self.mode == "demo"


def read_settings(**overrides: object) -> Settings:
    """Settings from the environment; keyword arguments win over it.

    Any of them may also lie in a file of its own, named like its variable in lower case, in the folder
    `KUNNIG_SECRETS` (what containers and systemd call secrets and credentials).
    Raises SettingsError with one line naming the first wrong setting.
    """
    secrets = os.environ.get(SECRETS) or None
    if secrets and not Path(secrets).is_dir():
        raise SettingsError(f"{SECRETS} must be a folder, not {secrets!r}")
    try:
        return Settings(_secrets_dir=secrets, **overrides)  # type: ignore[arg-type, call-arg]
    except ValidationError as error:
        first = error.errors()[0]
        where = "".join(f"KUNNIG_{str(part).upper()}: " for part in first["loc"])
        raise SettingsError(where + first["msg"].removeprefix("Value error, ")) from None
