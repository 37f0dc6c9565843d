"""The table of lists, counts and files of the register: how each is asked for, and what the facts say it must give.

Each entry is a generator of cases for one actor: what it is, how to ask, and the answer. Whoever lacks the permission
must be told that there is nothing (`NOT_THERE`), whatever the case.
"""

from collections.abc import Callable, Iterator
from dataclasses import astuple, dataclass
from typing import Any
from uuid import UUID

from lms.base.access import Permission
from lms.base.context import Context
from lms.base.errors import NotFound
from tests.register import reach_naive as naive
from tests.register.reach_facts import BY_KEY
from tests.register.reach_town import Alby

NOT_THERE = "not there"
Case = tuple[str, Callable[[Context], Any], Any]


@dataclass(frozen=True)
class Asker:
    """Who asks, in which employer; and another employer, of which nothing may be seen."""

    town: Alby
    name: str
    other: Alby
    permission: Permission | None

    @property
    def nodes(self) -> list[str]:
        return self.town.nodes(self.name, self.permission) if self.permission else []

    @property
    def led(self) -> list[str]:
        return self.town.led(self.name)

    @property
    def rows(self) -> list[naive.Row]:
        return naive.rows(self.town, self.nodes)

    def unit(self, path: str) -> UUID:
        return self.town.units[path].public_id

    def person(self, key: str) -> UUID:
        return self.town.people[key].public_id


@dataclass(frozen=True)
class Entry:
    """Cases of one list, with the permission it stands for (None: what is the actor's own) and what it is made by."""

    permission: Permission | None
    by: tuple[Callable[..., Any], ...]
    cases: Callable[[Asker], Iterator[Case]]


TABLE: dict[str, Entry] = {}


def lists(permission: Permission | None, *by: Callable[..., Any]):
    """Enter the cases of a list into the table."""

    def enter(cases):
        TABLE[f"{cases.__name__}"] = Entry(permission, by, cases)
        return cases

    return enter


def answer(ask: Callable[[Context], Any], ctx: Context) -> Any:
    """What is answered, or that there is nothing."""
    try:
        return ask(ctx)
    except NotFound:
        return NOT_THERE


def in_order(things) -> list:
    """Sorted, whatever they are."""
    return sorted(things, key=str)


def plain(rows) -> list[tuple]:
    return in_order(map(astuple, rows))


def written(who: Asker, rows) -> list[tuple]:
    return in_order(naive.written(who.town, row) for row in rows)


def each_person(who: Asker, ask, should) -> Iterator[Case]:
    """Of everybody there is, here and elsewhere."""
    for key in BY_KEY:
        yield key, lambda ctx, key=key: ask(ctx, who.person(key)), should(key)
    elsewhere = who.other.people["anna"].public_id
    yield "other employer", lambda ctx: ask(ctx, elsewhere), should("")
