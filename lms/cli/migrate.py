"""`kunnig migrate`."""

import click

from lms.cli._house import open_house
from lms.publishing import set_up


@click.command()
@click.option("--wait", default=0, metavar="SECONDS", help="Try again while database or files are away.")
def migrate(wait: int) -> None:
    """Bring the database to the newest migration and publish the shipped courses."""
    for publication in set_up(open_house(), wait):
        click.echo(publication)
    click.echo("The database is at the newest migration.")
