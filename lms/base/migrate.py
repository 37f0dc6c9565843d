"""Bring the database to the newest migration and the program's role to its rights, or say whether it is there."""

from enum import StrEnum, auto
from functools import cache

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

from lms.base.db import make_engine
from lms.base.row_security import grant_rights, make_owner_engine
from lms.base.settings import Settings
from lms.base.shipped import shipped


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(shipped("migrations")))
    return config


class Schema(StrEnum):
    """How the database stands to this release."""

    CURRENT = auto()
    BEHIND = auto()  # `kunnig migrate` has not been run
    AHEAD = auto()  # a newer release has migrated it; this one runs on, for migrations only add


def migrate(engine: Engine, to: str = "head") -> None:
    """Upgrade the database, as the owner of its tables, to a revision (newest by default); one transaction per call."""
    with engine.execution_options(writes=True).begin() as connection:
        upgrade(connection, to)


def upgrade(connection: Connection, to: str = "head") -> None:
    """Upgrade the database to a revision in the transaction of a connection."""
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, to)


@cache
def revisions() -> tuple[str, ...]:
    """The migrations this release brings, the newest first."""
    return tuple(each.revision for each in ScriptDirectory.from_config(_config()).walk_revisions())


def revision(connection: Connection) -> str | None:
    """The migration the database is at; None if it has not seen any."""
    return MigrationContext.configure(connection).get_current_revision()


def schema(engine: Engine) -> Schema:
    """How the database stands to this release."""
    with engine.connect() as connection:
        at = revision(connection)
    newest, *older = revisions()
    if at == newest:
        return Schema.CURRENT
    return Schema.BEHIND if at is None or at in older else Schema.AHEAD


def migrate_as_owner(settings: Settings) -> None:
    """Bring the database of the settings to the newest migration, and the program's role to its rights."""
    owner, program = make_owner_engine(settings), make_engine(settings.database_url)
    try:
        migrate(owner)
        if program.dialect.name == "postgresql":
            with program.connect() as connection:
                role = str(connection.scalar(text("SELECT current_user")))
            with owner.begin() as connection:
                grant_rights(connection, role)
    finally:
        owner.dispose()
        program.dispose()


def is_current(engine: Engine) -> bool:
    """Whether the database is at the newest migration."""
    return schema(engine) is Schema.CURRENT
