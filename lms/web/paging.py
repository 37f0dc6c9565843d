"""Long lists page by page: a page of them stays as small for ten thousand people as for ten."""

from dataclasses import dataclass
from urllib.parse import quote, urlencode

from flask import request

from lms.base.errors import NotFound

ROWS = 50  # on a page
LAST = 1_000_000  # page that can be asked for


@dataclass(frozen=True, slots=True)
class Paging:
    """Which rows of a list this page shows, counted from 0, and where the pages beside it are; empty: there is none.

    Raises NotFound for a page behind the last one.
    """

    start: int
    size: int  # rows of the whole list

    def __post_init__(self) -> None:
        if self.start and self.start >= self.size:
            raise NotFound

    @property
    def first(self) -> int:
        """The number of the first row on this page, as people count."""
        return self.start + 1

    @property
    def last(self) -> int:
        """The number of the last row on this page."""
        return min(self.start + ROWS, self.size)

    @property
    def number(self) -> int:
        """The number of this page, from 1."""
        return self.start // ROWS + 1

    @property
    def back(self) -> str:
        """Address of the page before."""
        return _address(self.start // ROWS) if self.start else ""

    @property
    def ahead(self) -> str:
        """Address of the page after this one."""
        return _address(self.start // ROWS + 2) if self.start + ROWS < self.size else ""


def first_row() -> int:
    """The row that the page in the address begins with, from 0; `page` is counted from 1."""
    page = request.args.get("page", 1, type=int)
    return ROWS * (min(max(page, 1), LAST) - 1)


def _address(page: int) -> str:
    """This address with another page; filters stay, and the first page has no number."""
    given = [(name, value) for name, value in request.args.items(multi=True) if value and name != "page"]
    query = urlencode(given + ([("page", str(page))] if page > 1 else []))
    return f"{quote(request.path)}?{query}" if query else quote(request.path)
