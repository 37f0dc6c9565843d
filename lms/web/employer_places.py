"""What the pages of coverage share: the part of the tree they are about, what is counted, and the words for courses."""

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlencode
from uuid import UUID

from flask import request

from lms.base.context import Context
from lms.base.i18n import decimal
from lms.catalogue import queries as catalogue
from lms.register.coverage_queries import Count, Place
from lms.register.rules import Sought
from lms.web.navigation import address


@dataclass(frozen=True, slots=True)
class Named:
    """A course as pages show it."""

    title: str
    look: str


def courses(ctx: Context, keys: Iterable[str] | None = None) -> dict[str, Named]:
    """Courses in the order they stand in everywhere, by key: these, or all of the employer's country.

    A course that is no longer there has its key for a title. One statement.
    """
    known = {
        edition.course: Named(edition.text(ctx.language).title, edition.look["band"])
        for edition in catalogue.current_editions(ctx)
    }
    wanted = known if keys is None else keys
    return {key: known.get(key, Named(key, "bra")) for key in sorted(wanted, key=catalogue.place)}


def unit_asked() -> UUID | None:
    """The unit in the address; what is no id is none."""
    return request.args.get("unit", None, type=UUID)


def count_asked() -> Count:
    """What is to be counted, posts unless something else is asked for."""
    return request.args.get("count", Count.POSTS, type=Count)


def units_to_choose(place: Place) -> list[tuple[str, str]]:
    """The unit itself, and those right below it; further up lead the units above the page's title."""
    own = [] if place.here is None else [(str(place.here.public_id), place.here.name)]
    return own + [(str(node.public_id), f"\u2003{node.name}") for node in place.below]


def to_rows(
    unit: UUID | str, course: str, state: Sought | str = Sought.ASKED, *, only_here: bool = False
) -> str:
    """Address of the rows of the register behind a figure; without a unit, of all that is in reach."""
    told = {"unit": unit, "only_here": "1" if only_here else "", "course": course, "state": state}
    return (
        f"{address('employer.register')}?{urlencode({name: value for name, value in told.items() if value})}"
    )


def written(number: int, count: Count, language: str) -> str:
    """A figure as people read it; full-time equivalents are kept in hundredths."""
    return decimal(number / 100 if count is Count.FTE else number, language)
