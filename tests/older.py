"""A database of an older release."""

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine

from lms.base.shipped import shipped


def downgrade(owner: Engine, to: str) -> None:
    """Take back the migrations after this one, as the owner of the tables."""
    config = Config()
    config.set_main_option("script_location", str(shipped("migrations")))
    with owner.execution_options(writes=True).begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, to)
