"""The database: base class of all tables, their conventions, engine for SQLite and PostgreSQL."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import Annotated, Any
from uuid import UUID

from sqlalchemy import (
    Connection,
    Constraint,
    DateTime,
    Dialect,
    Engine,
    ExceptionContext,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    MetaData,
    Uuid,
    create_engine,
    event,
)
from sqlalchemy import UniqueConstraint as Unique
from sqlalchemy.exc import DBAPIError, InterfaceError, InternalError, OperationalError
from sqlalchemy.exc import TimeoutError as NoneFree
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
from sqlalchemy.types import TypeDecorator
from uuid_utils.compat import uuid7

from lms.base.errors import Away
from lms.base.names import KEY, name_key
from lms.base.turns import LONGEST_WAIT, QueuedConnection

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
# What a PostgreSQL server is given; over sockets of the same machine the last four say nothing.
POSTGRES_PATIENCE = {
    "options": f"-c lock_timeout={LONGEST_WAIT}s -c statement_timeout=60s",
    "connect_timeout": 5,  # seconds
    "tcp_user_timeout": 10_000,  # milliseconds until a server that has fallen silent counts as lost
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
}


class UtcTime(TypeDecorator[datetime]):
    """An aware UTC time, stored without zone so that both databases compare it alike."""

    impl = DateTime
    cache_ok = True

    @property
    def python_type(self) -> type[datetime]:
        """What the program sees."""
        return datetime

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


class Recorded:
    """Columns that say when something was known: from when it was recorded until something else took its place."""

    recorded_at: Mapped[datetime]
    superseded_at: Mapped[datetime | None]


class Fact(Recorded):
    """Columns of a fact that is never overwritten: what was true, and when it was known."""

    valid_from: Mapped[date]
    valid_to: Mapped[date | None]  # last day included; empty: no end known


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

    SQLite: WAL, synchronous=FULL, foreign keys; SQLAlchemy emits BEGIN itself, and on connections
    with the execution option `writes` waits for its turn and emits BEGIN IMMEDIATE, so that two
    writers queue instead of failing. PostgreSQL: nothing is waited for without end.
    A connection that has failed is never used again, so that the program recovers by itself.
    """
    if not url.startswith("sqlite"):
        return create_engine(url, pool_pre_ping=True, hide_parameters=True, connect_args=POSTGRES_PATIENCE)
    engine = create_engine(
        url,
        hide_parameters=True,  # what people wrote is in no log
        connect_args={"timeout": LONGEST_WAIT, "factory": QueuedConnection},
    )

    @event.listens_for(engine, "connect")
    def _on_connect(connection: Any, _record: object) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()
        connection.create_function(KEY, 2, name_key, deterministic=True)

    @event.listens_for(engine, "begin")
    def _on_begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("writes", False)
        if writes:
            connection.connection.dbapi_connection.take_turn()  # type: ignore[union-attr]
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    @event.listens_for(engine, "checkin")  # after commit or rollback; codespell:ignore checkin
    def _on_checkin(connection: QueuedConnection | None, _record: object) -> None:
        if connection is not None:  # else it failed, and was closed
            connection.give_turn()

    @event.listens_for(engine, "handle_error")
    def _on_error(failed: ExceptionContext) -> None:
        if isinstance(failed.sqlalchemy_exception, OperationalError):
            failed.is_disconnect = True  # opened while the disk was read-only, it would stay so;
            if failed.execution_context is not None:
                failed.execution_context.cursor.close()  # and SQLite keeps the file open as long as a statement is

    return engine


def hold_still(db: Session) -> None:
    """Let a reading transaction that has not read yet see one moment in all its statements.

    SQLite does so by itself; PostgreSQL shows each statement what is there when it begins.
    """
    connection = db.connection()
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")


def take_stock(engine: Engine) -> None:
    """Let SQLite count how its tables have grown, so that it finds short ways; PostgreSQL does it by itself.

    A matter of milliseconds: SQLite looks at samples (https://sqlite.org/lang_analyze.html). `PRAGMA optimize`
    would leave out, before SQLite 3.46, what this connection has not read.
    """
    if engine.dialect.name == "sqlite":
        with reached(), engine.begin() as connection:
            connection.exec_driver_sql("PRAGMA analysis_limit=400")  # rows of an index
            connection.exec_driver_sql("ANALYZE")


@contextmanager
def reached() -> Iterator[None]:
    """Turn what a database says that is away, full, read-only, locked or too slow into the refusal Away."""
    try:
        yield
    except (OperationalError, InterfaceError, InternalError, NoneFree) as error:
        raise Away("database_away") from error


@contextmanager
def answered() -> Iterator[None]:
    """Turn the loss of a server in the middle of a commit into the refusal Away that is `unsure`.

    Its answer is what was lost: it may have written everything. A file answers always.
    """
    try:
        yield
    except DBAPIError as error:
        if error.connection_invalidated and not isinstance(error.orig, sqlite3.Error):
            raise Away("database_away", unsure=True) from error
        raise
