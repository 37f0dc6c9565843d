"""`kunnig restore`."""

import click

from lms import backup
from lms.archive import BackupError
from lms.cli._house import open_house


@click.command()
@click.argument("source")
def restore(source: str) -> None:
    """Fill an empty database and file store from an archive of `kunnig backup`: all of it or nothing."""
    try:
        got = backup.restore(open_house(), source)
    except BackupError as error:
        raise click.ClickException(str(error)) from None
    click.echo(
        f"{got.rows} rows of {len(got.tables)} tables, {got.files.count} files, as they were at {got.made_at}."
    )
