"""`kunnig backup`."""

import click

from lms.archive import BackupError
from lms.backup import back_up
from lms.cli._house import open_house


@click.command()
@click.argument("target")
def backup(target: str) -> None:
    """Copy database and files into one archive while the program runs: a file, a folder, or s3://bucket/key."""
    try:
        where, kept = back_up(open_house(), target)
    except BackupError as error:
        raise click.ClickException(str(error)) from None
    click.echo(
        f"{where}: {kept.rows} rows of {len(kept.tables)} tables, {kept.files.count} files, read back and right."
    )
    if kept.tables["certificate"].count and not kept.files.count:
        click.echo(
            "There are certificates but no files: see whether KUNNIG_DATA or KUNNIG_FILES is right.", err=True
        )
    click.echo("Settings are not in it: keep KUNNIG_SECRET_KEY and the passwords elsewhere, in a safe place.")
