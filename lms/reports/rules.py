"""How large a file may be and how long it is kept, and on which day the next one is made."""

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from datetime import date, timedelta
from typing import Literal

Format = Literal["csv", "xlsx", "pdf", "certificates-zip", "certificates-pdf"]
CERTIFICATES: tuple[Format, ...] = ("certificates-zip", "certificates-pdf")
Every = Literal["week", "month"]

AT_ONCE = 5_000  # rows that somebody may wait for; more are written in the background
KEPT = timedelta(days=14)
MOST_WAITING = 5  # files of one person that are not made yet
MOST_SCHEDULES = 20  # of one person
MOST_ROWS: dict[Format, int] = {
    "csv": 100_000_000,  # as many as there are
    "xlsx": 1_048_575,  # of a sheet, below its head
    "pdf": 2_000,  # some hundred pages, which take half a minute and half a gigabyte to lay out
    "certificates-zip": 50_000,  # certificates: some two gigabytes on the disk
    "certificates-pdf": 2_000,
}


def is_made_at_once(kind: Format, rows: int) -> bool:
    """Whether a file is small enough to be made while somebody waits for it."""
    return kind in {"csv", "xlsx"} and rows <= AT_ONCE


def next_day(every: Every, after: date) -> date:
    """The first day after this one on which a file is made: a Monday, or the first of a month."""
    if every == "week":
        return after + timedelta(days=7 - after.weekday())
    return (after.replace(day=1) + timedelta(days=32)).replace(day=1)


def may_name(
    reached: Iterable[str], unnamed: AbstractSet[int], protected: Mapping[int, AbstractSet[int]]
) -> bool:
    """Whether a file may name somebody whose identity is protected by now.

    `reached` and `unnamed` as in `ExportJob`, `protected` the people whose identity is protected, each with the units
    in which they have ever worked. Which of their rows it has is not asked: it is withdrawn rather once too often.
    """
    of_file = {_unit_at(path) for path in reached}
    return any(
        None in of_file or not of_file.isdisjoint(units)
        for person, units in protected.items()
        if person not in unnamed
    )


def covers(reached: Iterable[str], units: AbstractSet[int], *, everywhere: bool) -> bool:
    """Whether somebody reaches all units of a file: `reached` as in `ExportJob`, `units` those of today.

    Units are asked for by their ids, for they may stand elsewhere than on the day of the file.
    """
    of_file = {_unit_at(path) for path in reached}
    return bool(of_file) and (everywhere or of_file <= units)


def _unit_at(path: str) -> int | None:
    """The unit that a path of the tree leads to; None: the whole employer."""
    unit = path.strip("/").rpartition("/")[2]
    return int(unit) if unit else None
