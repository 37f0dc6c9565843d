"""Changing what is known without losing what was known: facts are revised, never overwritten."""

from typing import Any, TypeVar

from sqlalchemy import inspect

from lms.base.context import Context
from lms.base.db import Fact

Known = TypeVar("Known", bound=Fact)
OWN = frozenset({"id", "public_id"})  # what a row does not share with the copy of what it said before


def as_it_was(fact: Fact) -> dict[str, Any]:
    """The columns of a fact as they stand, for a copy of it."""
    names = (column.key for column in inspect(type(fact)).mapper.column_attrs)
    return {name: getattr(fact, name) for name in names if name not in OWN}


def revise(ctx: Context, fact: Known, **now_known: Any) -> Known:
    """Say something new about a fact, and keep beside it, as a superseded row, what was known until now.

    Open: called by the actions of this capability, which have checked who asks.
    The row keeps its id, because duties hang on it; both rows together answer what was
    true on a day as known on any other day.
    """
    before = as_it_was(fact) | {"superseded_at": ctx.now}
    ctx.db.add(type(fact)(**before))
    for name, value in now_known.items():
        setattr(fact, name, value)
    fact.recorded_at = ctx.now
    ctx.db.flush()
    return fact
