"""`kunnig register`: recount."""

import click

from lms.base.context import work
from lms.cli._house import open_house
from lms.organisation.acting import acting_for
from lms.organisation.queries import employer_id_of, every_employer
from lms.register.recount import recount as recount_everything


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
            drift = recount_everything(ctx)
            if not mend:
                ctx.db.rollback()
        drifted = drifted or not drift.is_none
        click.echo(
            f"{drift.people} people: {drift.reasons} reasons for duties, {drift.statuses} statuses and "
            f"{drift.places} counts of units differed" + (", mended" if mend and not drift.is_none else "")
        )
    if drifted and not mend:
        raise SystemExit(1)
