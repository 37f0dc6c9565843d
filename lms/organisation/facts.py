"""Changing what is known without losing what was known: facts are revised, never overwritten."""

from collections.abc import Mapping
from datetime import date
from typing import Any, TypeVar

from sqlalchemy import FromClause, inspect, select

from lms.base.context import Context
from lms.base.db import Base, Fact
from lms.organisation.bulk import add_many, in_parts, update_many

Known = TypeVar("Known", bound=Fact)
OWN = frozenset({"id", "public_id"})  # what a row does not share with the copy of what it said before

_WHOSE = frozenset(
    {"employer_id", "person_id"}
)  # never set anew: SQLite would look for all that points to the row
_ABOUT = _WHOSE | {"recorded_at", "superseded_at", "copy_of"}
_DAYS = frozenset({"valid_from", "valid_to"})


def as_it_was(fact: Fact) -> dict[str, Any]:
    """The columns of a fact as they stand, for a copy of it."""
    names = (column.key for column in inspect(type(fact)).mapper.column_attrs)
    return {name: getattr(fact, name) for name in names if name not in OWN}


def as_json(before: Mapping[str, Any]) -> dict[str, Any]:
    """What a fact said, as values that JSON knows; without whose it is and when it was known."""
    return {
        name: value.isoformat() if isinstance(value, date) else value
        for name, value in before.items()
        if name not in _ABOUT
    }


def from_json(said: Mapping[str, Any]) -> dict[str, Any]:
    """What `as_json` has kept, as columns."""
    days = {name: value and date.fromisoformat(value) for name, value in said.items() if name in _DAYS}
    return {**said, **days}


def revise(ctx: Context, fact: Known, **now_known: Any) -> Known:
    """Say something new about a fact, and keep beside it, as a superseded row, what was known until now.

    Open: called by the actions of this capability, which have checked who asks.
    The row keeps its id, because duties hang on it; both rows together answer what was
    true on a day as known on any other day.
    """
    before = (
        as_it_was(fact)
        | {"superseded_at": ctx.now}
        | _copy_of(inspect(type(fact)).local_table, inspect(fact).identity[0])
    )
    ctx.db.add(type(fact)(**before))
    for name, value in now_known.items():
        setattr(fact, name, value)
    fact.recorded_at = ctx.now
    ctx.db.flush()
    return fact


def revise_many(
    ctx: Context, table: type[Base], changes: Mapping[int, Mapping[str, Any] | None]
) -> dict[int, dict[str, Any]]:
    """Do what `revise` does to many facts (by id) in few statements; gives what was known of each until now.

    Open: called by the import and its undoing, which have checked who asks.
    None: it never was so, as is now known; then nothing takes the place of the row. A row of which that
    was said comes back by values.
    """
    known: dict[int, dict[str, Any]] = {}
    for some in in_parts(sorted(changes)):
        rows = select(table.__table__).where(
            table.__table__.c.employer_id == ctx.employer_id, table.__table__.c.id.in_(some)
        )
        for row in ctx.db.execute(rows).mappings():
            known[row["id"]] = {name: value for name, value in row.items() if name not in OWN}
    copies, revised = [], []
    for row_id, before in known.items():
        now = changes[row_id]
        said = {name: value for name, value in before.items() if name not in _WHOSE}
        if now is None:
            revised.append({**said, "superseded_at": ctx.now, "row_id": row_id})
            continue
        copies.append(
            {
                **before,
                "superseded_at": before["superseded_at"] or ctx.now,
                **_copy_of(table.__table__, row_id),
            }
        )
        revised.append({**said, **now, "recorded_at": ctx.now, "superseded_at": None, "row_id": row_id})
    update_many(ctx, table, revised)
    add_many(ctx, table, copies)
    ctx.db.expire_all()
    return known


def _copy_of(table: FromClause, row_id: int) -> dict[str, int]:
    """What says of a copy which row it was, where facts about another kind of thing hang on that."""
    return {"copy_of": row_id} if "copy_of" in table.c else {}
