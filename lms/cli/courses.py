"""`kunnig courses`: check, publish, editions."""

import sys
from pathlib import Path

import click

from lms import publishing
from lms.base.shipped import shipped
from lms.catalogue import check as checking
from lms.cli._house import DRY_RUN, open_house


@click.group()
def courses() -> None:
    """Check and publish course files."""


@courses.command()
@click.argument("folder", type=click.Path(path_type=Path, exists=True), required=False)
def check(folder: Path | None) -> None:
    """Name file, line and field of every fault; print what each lesson holds."""
    report = checking.check(folder or shipped("courses"))
    click.echo(checking.report_text(report))
    if report.faults:
        sys.exit(1)


@courses.command()
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False), required=False)
@DRY_RUN
def publish(folder: Path | None, *, dry_run: bool) -> None:
    """Freeze the courses of a folder (those of this release, if none is named) into editions that never change."""
    told = publishing.publish(open_house(), folder or shipped("courses"), dry_run=dry_run)
    click.echo("\n".join(told.lines))
    if told.is_refused:
        sys.exit(1)


@courses.command()
def editions() -> None:
    """List what has been published: label, day, digest, and what each edition has changed."""
    click.echo("\n".join(publishing.editions(open_house())))
