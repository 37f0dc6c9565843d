"""Publish courses: those of a release as it is set up, any by command, saying what that means for how many people."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lms.base.context import House, work
from lms.base.db import reached
from lms.base.errors import Away
from lms.base.migrate import migrate_as_owner
from lms.base.shipped import shipped
from lms.catalogue import queries as catalogue
from lms.catalogue.actions import plan_editions, publish_editions
from lms.catalogue.publication import Publication, edition_lines, publication_lines
from lms.catalogue.rules import label_order
from lms.organisation.acting import acting_for
from lms.organisation.queries import employers_of_country
from lms.register.editions import holders


def set_up(house: House, wait: int) -> list[Publication]:
    """Bring the database to the newest migration and publish the courses of this release.

    Tries again for so many seconds while database or files are away; then raises Away.
    """
    house.settings.data.mkdir(mode=0o750, parents=True, exist_ok=True)
    until = time.monotonic() + wait
    while True:
        try:
            with reached():
                migrate_as_owner(house.settings)
            with work(house) as ctx:
                return publish_editions(ctx, shipped("courses"))
        except Away:
            if time.monotonic() >= until:
                raise
            time.sleep(1)


@dataclass(frozen=True, slots=True)
class Told:
    """What became of a folder of courses, line by line; whether something in it was refused."""

    lines: Sequence[str]
    is_refused: bool


def publish(house: House, folder: Path, *, dry_run: bool) -> Told:
    """Publish a folder of courses, or with `dry_run` only say what would become of each."""
    with work(house, writes=not dry_run) as ctx:
        publications = (plan_editions if dry_run else publish_editions)(ctx, folder)
    lines = [line for each in publications for line in publication_lines(each, _holders(house, each))]
    if dry_run:
        lines.insert(0, "This is what would become of the courses; nothing is changed.")
    return Told(
        lines if publications else ["There are no courses there."],
        any(each.is_refused for each in publications),
    )


def _holders(house: House, publication: Publication) -> int | None:
    """How many people of all employers hold a certificate of an edition before this one, if it is new and asks."""
    if not (publication.is_new and publication.changes):
        return None
    with work(house, writes=False) as ctx:
        employers = employers_of_country(ctx, publication.country)
        chain = catalogue.chain(ctx, publication.course, publication.country)
    place = label_order(publication.label)
    before = [each.id for each in chain if label_order(each.label) < place]
    count = 0
    for employer in employers:
        with acting_for(house, employer, writes=False) as ctx:
            count += holders(ctx, before)
    return count


def editions(house: House) -> Sequence[str]:
    """Everything that has been published, a line each."""
    with work(house, writes=False) as ctx:
        return list(edition_lines(catalogue.every_edition(ctx)))
