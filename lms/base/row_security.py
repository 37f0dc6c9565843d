"""Row-level security on PostgreSQL: a transaction sees and writes the rows of one employer and of no other.

The database's own line behind the conditions in the queries: a forgotten one gives no rows instead of
somebody else's. SQLite knows nothing like it; there a transaction is only kept from changing its employer.
"""

from collections.abc import Sequence
from typing import TypeVarTuple

from sqlalchemy import Connection, Engine, Row, Select, Text, cast, event, func, select, text
from sqlalchemy.orm import Session, SessionTransaction

from lms.base.db import make_engine
from lms.base.settings import Settings

EMPLOYER = "kunnig.employer_id"  # settings of a transaction; without them the policies let nothing through
ACCOUNT = "kunnig.account_id"
EVERY_EMPLOYER = "kunnig.every_employer"  # heeded for the owner of the tables only
_BOUND = "employer_id"  # where a session remembers its employer
Columns = TypeVarTuple("Columns")


def bind(db: Session, employer_id: int) -> None:
    """Let what a session does be shown and take the rows of one employer; said anew as each transaction begins.

    Raises RuntimeError if the session belongs to another employer already: two employers are two units of work.
    """
    bound = db.info.get(_BOUND)
    if bound is None:
        db.info[_BOUND] = employer_id
        if db.in_transaction():
            _say_employer(db, None, db.connection())
    elif bound != employer_id:
        message = f"what began for employer {bound} cannot go on for employer {employer_id}"
        raise RuntimeError(message)


@event.listens_for(Session, "after_begin")
def _say_employer(db: Session, transaction: SessionTransaction | None, connection: Connection) -> None:
    if _BOUND in db.info and _is_postgresql(connection) and not (transaction and transaction.nested):
        connection.execute(text(f"SET LOCAL {EMPLOYER} = {db.info[_BOUND]:d}"))


def bind_by(db: Session, look_up: Select[int]) -> None:
    """Bind a session to the employer that a row of a global table names; to none if there is no such row.

    One round trip on PostgreSQL, nothing on SQLite. A session that is bound stays as it is.
    """
    if _BOUND in db.info or not _is_postgresql(db.connection()):
        return
    found = db.scalar(select(func.set_config(EMPLOYER, cast(look_up.scalar_subquery(), Text), True)))  # noqa: FBT003
    if found:
        db.info[_BOUND] = int(found)


def across_employers(db: Session, account_id: int, look_up: Select[*Columns]) -> Sequence[Row[*Columns]]:
    """Rows of a statement that is also shown the persons of one account, whatever employers they are of.

    The only look across employers there is: a proven account has to find out where it belongs. Everything else
    reads the employer in a global table and binds its transaction to it.
    """
    if not _is_postgresql(db.connection()):
        return db.execute(look_up).all()
    db.execute(text(f"SET LOCAL {ACCOUNT} = {account_id:d}"))
    rows = db.execute(look_up).all()
    db.execute(text(f"SET LOCAL {ACCOUNT} = ''"))
    return rows


def make_owner_engine(settings: Settings) -> Engine:
    """Engine for the role that owns the tables, which is shown and takes the rows of every employer.

    For what is about the database as a whole, as migrations are; never for the program at work. A statement
    of it takes as long as large tables need.
    """
    engine = make_engine(settings.owner_url)

    @event.listens_for(engine, "begin")
    def _on_begin(connection: Connection) -> None:
        if _is_postgresql(connection):
            connection.exec_driver_sql(f"SET LOCAL {EVERY_EMPLOYER} = 'on'")
            connection.exec_driver_sql("SET LOCAL statement_timeout = 0")

    return engine


def isolate(connection: Connection, table: str) -> None:
    """Put a tenant table under its policies; called by the migration that makes the table. SQLite has none.

    They hold for the owner too, unless it says that it is about every employer.
    """
    if not _is_postgresql(connection):
        return
    every = f"(SELECT current_setting('{EVERY_EMPLOYER}', true) = 'on')"
    for statement in (
        f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
        f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY",
        f"CREATE POLICY employer ON {table} USING (employer_id = {setting(EMPLOYER)})",
        f"CREATE POLICY owner ON {table} TO CURRENT_USER USING ({every})",
    ):
        connection.execute(text(statement))


def setting(name: str) -> str:
    """SQL of a setting's number, worked out once per statement; NULL, which equals nothing, when it is not set."""
    return f"(SELECT nullif(current_setting('{name}', true), '')::integer)"


def grant_rights(owner: Connection, role: str) -> None:
    """Give the role of the program what it needs and take away the rest; a second time changes nothing.

    It reads and writes rows. It cannot change or delete rows of append-only tables (known by their
    triggers; but the column that a trigger names after `but`, as far as that lets it), empty a table, or change
    what tables there are. Tables to come have the same rights.
    """
    if not _is_postgresql(owner) or role == owner.scalar(text("SELECT current_user")):
        return
    owner.execute(text("LOCK TABLE alembic_version IN SHARE ROW EXCLUSIVE MODE"))  # several may start at once
    quote = owner.dialect.identifier_preparer.quote
    schema, to = quote(owner.scalar(text("SELECT current_schema()"))), quote(role)
    owner.execute(text(f"GRANT USAGE ON SCHEMA {schema} TO {to}"))
    for table, rights in owner.execute(text(_RIGHTS)).all():
        owner.execute(text(f"REVOKE ALL ON {schema}.{quote(table)} FROM {to}"))
        owner.execute(text(f"GRANT {rights} ON {schema}.{quote(table)} TO {to}"))
    owner.execute(text(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA {schema} TO {to}"))
    coming = f"ALTER DEFAULT PRIVILEGES IN SCHEMA {schema} GRANT"
    owner.execute(text(f"{coming} SELECT, INSERT, UPDATE, DELETE ON TABLES TO {to}"))
    owner.execute(text(f"{coming} USAGE ON SEQUENCES TO {to}"))


_RIGHTS = """
    SELECT relname, CASE
        WHEN relname = 'alembic_version' THEN 'SELECT'
        WHEN EXISTS (SELECT FROM pg_trigger WHERE tgrelid = pg_class.oid AND tgname LIKE '%\\_append\\_only\\_%')
            THEN 'SELECT, INSERT' || coalesce((
                SELECT format(', UPDATE (%I)', split_part(tgname, '_but_', 2))
                FROM pg_trigger WHERE tgrelid = pg_class.oid AND tgname LIKE '%\\_append\\_only\\_update\\_but\\_%'
            ), '')
        ELSE 'SELECT, INSERT, UPDATE, DELETE'
    END
    FROM pg_class JOIN pg_roles ON pg_roles.oid = relowner
    WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace AND rolname = current_user
    ORDER BY relname
"""


def isolation_fault(engine: Engine) -> str | None:
    """Why row-level security does not hold for the role of the program, in one line; None if it does."""
    with engine.connect() as connection:
        if not _is_postgresql(connection):
            return None
        role, bypasses = connection.execute(
            text("SELECT rolname, rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user")
        ).one()
    if not bypasses:
        return None
    return (
        f"Row-level security does not hold: the role {role} in KUNNIG_DATABASE is a superuser or has BYPASSRLS; "
        "make a role without either for the program (README, Running it for real)."
    )


def _is_postgresql(connection: Connection) -> bool:
    return connection.dialect.name == "postgresql"
