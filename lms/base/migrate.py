"""Bring the database to the newest migration and the program's role to its rights, or say whether it is there."""

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

from lms.base.db import make_engine
from lms.base.row_security import grant_rights, make_owner_engine
from lms.base.settings import Settings
from lms.base.shipped import shipped


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(shipped("migrations")))
    config.attributes["connection"] = connection
    return config


def migrate(engine: Engine, to: str = "head") -> None:
    """Upgrade the database, as the owner of its tables, to a revision (newest by default); one transaction per call."""
    with engine.execution_options(writes=True).begin() as connection:
        command.upgrade(_config(connection), to)


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
    with engine.connect() as connection:
        newest = ScriptDirectory.from_config(_config(connection)).get_current_head()
        return MigrationContext.configure(connection).get_current_revision() == newest
