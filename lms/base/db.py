"""The database: base class of all tables, their conventions, engine for SQLite and PostgreSQL."""

from datetime import UTC, date, datetime
from typing import Annotated, Any
from uuid import UUID

from sqlalchemy import (
    Connection,
    Constraint,
    DateTime,
    Dialect,
    Engine,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    MetaData,
    Uuid,
    create_engine,
    event,
)
from sqlalchemy import UniqueConstraint as Unique
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator
from uuid_utils.compat import uuid7

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
LOCK_WAIT_SECONDS = 30


class UtcTime(TypeDecorator[datetime]):
    """An aware UTC time, stored without zone so that both databases compare it alike."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse a time without zone; store UTC."""
        del dialect
        if value is None:
            return None
        if value.tzinfo is None:
            message = "a time without zone cannot be stored"
            raise ValueError(message)
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give the time back as aware UTC."""
        del dialect
        return None if value is None else value.replace(tzinfo=UTC)


class Base(DeclarativeBase):
    """Base of every table; constraint names follow one convention on both databases."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {datetime: UtcTime, UUID: Uuid()}  # noqa: RUF012  (read by SQLAlchemy as a class value)


PrimaryKey = Annotated[int, mapped_column(primary_key=True)]
PublicId = Annotated[UUID, mapped_column(default=uuid7, unique=True)]
EmployerKey = Annotated[int, mapped_column(ForeignKey("employer.id"))]


class Fact:
    """Columns of a fact that is never overwritten: what was true, and when it was known."""

    valid_from: Mapped[date]
    valid_to: Mapped[date | None]  # last day included; empty: no end known
    recorded_at: Mapped[datetime]
    superseded_at: Mapped[datetime | None]


def tenant(*extra: Constraint | Index, **references: str) -> tuple[Any, ...]:
    """`__table_args__` of a table that belongs to an employer.

    `references` maps a column to the table it points to; each becomes a composite foreign key
    `(employer_id, column)` so that no row can point into another employer.
    """
    keys = [
        ForeignKeyConstraint(["employer_id", column], [f"{table}.employer_id", f"{table}.id"])
        for column, table in references.items()
    ]
    return (Unique("employer_id", "id"), *keys, *extra)


def make_engine(url: str) -> Engine:
    """Engine for a SQLite file or a PostgreSQL server, set up so that a commit is on the disk.

    SQLite: WAL, synchronous=FULL, foreign keys; SQLAlchemy emits BEGIN itself, and
    BEGIN IMMEDIATE on connections with the execution option `writes`, so that two writers
    queue instead of failing.
    """
    if not url.startswith("sqlite"):
        return create_engine(url, pool_pre_ping=True)
    engine = create_engine(url, connect_args={"timeout": LOCK_WAIT_SECONDS})

    @event.listens_for(engine, "connect")
    def _on_connect(connection: Any, _record: object) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _on_begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine
