"""`kunnig people`: import, undo, sign-out."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from lms.base.access import Actor, Grant, Role
from lms.base.context import Context, House, work
from lms.cli._house import DRY_RUN, open_house
from lms.organisation.acting import acting_for
from lms.organisation.arrival import sign_everybody_out
from lms.organisation.import_words import print_undoing
from lms.organisation.imports import earlier_imports, plan_undo
from lms.organisation.intake import print_plan
from lms.organisation.queries import country_of, employer_id_of
from lms.register.intake import import_people, plan_import, read_staff_list, undo_import

EMPLOYER = click.option("--employer", required=True, help="Short name (slug) of the employer.")


@contextmanager
def _as_admin(house: House, employer_id: int, *, writes: bool = True) -> Iterator[Context]:
    """A unit of work for an employer; whoever runs commands is an admin.

    Print outside of it: who stops to read what is printed would hold up everybody who writes.
    """
    with acting_for(house, employer_id, writes=writes) as ctx:
        ctx.actor = Actor(0, 0, employer_id, "", (Grant(Role.ADMIN, "/"),))
        yield ctx


def _employer(house: House, slug: str) -> tuple[int, str]:
    """Internal key and country of the employer with a short name."""
    with work(house, writes=False) as ctx:
        employer_id = employer_id_of(ctx, slug)
        return employer_id, country_of(ctx, employer_id)


@click.group()
def people() -> None:
    """The staff list."""


@people.command("import")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@EMPLOYER
@DRY_RUN
@click.option("--create-units", is_flag=True, help="Make units of the list that are not there yet.")
@click.option("--everybody", is_flag=True, help="The list is everybody: end employments that are not in it.")
def import_list(file: Path, employer: str, *, dry_run: bool, create_units: bool, everybody: bool) -> None:
    """Add and change people from an XLSX, ODS or CSV file: all of it or nothing."""
    house = open_house()
    employer_id, country = _employer(house, employer)
    staff = read_staff_list(file.read_bytes(), country)
    with _as_admin(house, employer_id, writes=not dry_run) as ctx:
        plan = plan_import(ctx, staff, create_units=create_units, everybody=everybody)
        if not (plan.faults or dry_run):
            import_people(ctx, staff, create_units=create_units, everybody=everybody)
    click.echo(print_plan(plan))
    sys.exit(1 if plan.faults else 0)


@people.command()
@EMPLOYER
@DRY_RUN
def undo(employer: str, *, dry_run: bool) -> None:
    """Undo the last import of people, by new facts; who has signed in or changed since stays as now."""
    house = open_house()
    employer_id, _country = _employer(house, employer)
    with _as_admin(house, employer_id, writes=not dry_run) as ctx:
        last = next(iter(earlier_imports(ctx)), None)
        if last is None:
            raise click.ClickException("There has been no import yet.")
        undoing = plan_undo(ctx, last.public_id)
        if not dry_run:
            undo_import(ctx, last.public_id)
    click.echo(print_undoing(undoing))


@people.command()
@EMPLOYER
def sign_out(employer: str) -> None:
    """Sign everybody at an employer out on every device, for example after a leak."""
    house = open_house()
    with _as_admin(house, _employer(house, employer)[0]) as ctx:
        devices = sign_everybody_out(ctx)
    click.echo(f"Signed out on {devices} devices.")
