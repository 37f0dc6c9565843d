"""`kunnig register`: recount."""

import sys
from collections.abc import Callable
from functools import partial

import click

from lms.base.context import Context, work
from lms.cli._house import open_house
from lms.organisation.acting import acting_for
from lms.organisation.queries import employer_id_of, every_employer
from lms.register.recount import Drift, parts, recount_people, recount_places


@click.group()
def register() -> None:
    """The register of staff knowledge."""


@register.command()
@click.option("--employer", help="Short name (slug) of the employer; without it, all of them.")
@click.option(
    "--mend", is_flag=True, help="Keep what is worked out anew, instead of only telling what differs."
)
def recount(employer: str | None, *, mend: bool) -> None:
    """Work out duties, their status and coverage anew; exit 1 if something was not as the facts have it."""
    house = open_house()
    with work(house, writes=False) as ctx:
        employers = [employer_id_of(ctx, employer)] if employer else every_employer(ctx)
    drifted = False
    for employer_id in employers:
        with acting_for(house, employer_id) as ctx:
            people = parts(ctx)
        # A transaction for each: nobody who passes meanwhile waits for all of them.
        steps: list[Callable[[Context], Drift]] = [
            recount_places, *(partial(recount_people, people=part) for part in people)
        ]  # fmt: skip
        drift = Drift(0, 0, 0, 0)
        with click.progressbar(
            steps, label="Working out", file=sys.stderr, hidden=not sys.stderr.isatty()
        ) as shown:
            for step in shown:
                with acting_for(house, employer_id) as ctx:
                    drift += step(ctx)
                    if not mend:
                        ctx.db.rollback()
        drifted = drifted or not drift.is_none
        click.echo(
            f"{drift.people} people: {drift.reasons} reasons for duties, {drift.statuses} statuses and "
            f"{drift.places} counts of units differed" + (", mended" if mend and not drift.is_none else "")
        )
    if drifted and not mend:
        raise SystemExit(1)
