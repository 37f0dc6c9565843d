"""The house a command works in."""

import click
from sqlalchemy.exc import ArgumentError

import lms.tables  # noqa: F401  (commands load capabilities one by one; the tables must know each other)
from lms.base.context import House, make_house
from lms.base.row_security import isolation_fault
from lms.base.settings import SettingsError, read_settings

DRY_RUN = click.option("--dry-run", is_flag=True, help="Only say what would happen.")


def open_house() -> House:
    """The house of this command; its connections are closed when the command ends."""
    try:
        house = make_house(read_settings())
    except (SettingsError, ValueError, ArgumentError) as error:
        raise click.ClickException(str(error)) from None
    click.get_current_context().call_on_close(house.engine.dispose)
    return house


def name_fault(house: House) -> None:
    """Say in one line that the database does not keep employers apart; the program's own conditions still do."""
    if found := isolation_fault(house.engine):
        click.echo(found, err=True)
