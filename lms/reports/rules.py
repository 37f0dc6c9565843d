"""How large a file may be and how long it is kept, and on which day the next one is made."""

from datetime import date, timedelta
from typing import Literal

Format = Literal["csv", "xlsx", "pdf"]
Every = Literal["week", "month"]

AT_ONCE = 5_000  # rows that somebody may wait for; more are written in the background
KEPT = timedelta(days=14)
MOST_WAITING = 5  # files of one person that are not made yet
MOST_SCHEDULES = 20  # of one person
MOST_ROWS: dict[Format, int] = {
    "csv": 100_000_000,  # as many as there are
    "xlsx": 1_048_575,  # of a sheet, below its head
    "pdf": 2_000,  # some hundred pages, which take half a minute and half a gigabyte to lay out
}


def is_made_at_once(kind: Format, rows: int) -> bool:
    """Whether a file is small enough to be made while somebody waits for it."""
    return kind != "pdf" and rows <= AT_ONCE


def next_day(every: Every, after: date) -> date:
    """The first day after this one on which a file is made: a Monday, or the first of a month."""
    if every == "week":
        return after + timedelta(days=7 - after.weekday())
    return (after.replace(day=1) + timedelta(days=32)).replace(day=1)


def covers(paths: list[str], reached: list[str]) -> bool:
    """Whether everything below some nodes of the tree (`reached`) lies below others, those somebody reaches now."""
    return bool(reached) and all(any(node.startswith(path) for path in paths) for node in reached)
