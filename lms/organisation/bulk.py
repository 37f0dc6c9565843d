"""Many rows in few statements: inserting them, noting them in the audit, asking for them in parts, locking people."""

from collections.abc import Collection, Iterator, Sequence
from typing import Any, TypeVar

from sqlalchemy import Select, bindparam, insert, select, update
from uuid_utils.compat import uuid7

from lms.base.audit import AuditEntry
from lms.base.context import Context
from lms.base.db import Base
from lms.organisation.models import Person

AT_ONCE = 5_000  # values in one statement; SQLite takes 32,766
Thing = TypeVar("Thing")


def in_parts(things: Sequence[Thing]) -> Iterator[Sequence[Thing]]:
    """The things in parts that one statement can hold."""
    return (things[start : start + AT_ONCE] for start in range(0, len(things), AT_ONCE))


def insert_many(ctx: Context, table: Any, rows: Sequence[dict[str, Any]]) -> list[int]:
    """Insert rows of a table with public ids in one statement, ask for their ids in one more for each 5,000.

    Open: called by the import, which has checked who asks.
    The ids come in the order of the rows. The rows are found again by their public ids,
    because SQLite does not say which id belongs to which row.
    """
    if not rows:
        return []
    keys = [uuid7() for _row in rows]
    add_many(ctx, table, [{"public_id": key, **row} for key, row in zip(keys, rows, strict=True)])
    ids: dict[Any, int] = {}
    for some in in_parts(keys):
        found = ctx.db.execute(select(table.public_id, table.id).where(table.public_id.in_(some)))
        ids |= {row.public_id: row.id for row in found}
    return [ids[key] for key in keys]


def add_many(ctx: Context, table: type[Base], rows: Sequence[dict[str, Any]]) -> None:
    """Insert rows of a table with one statement.

    Open: called by the import, which has checked who asks.
    """
    if rows:
        ctx.db.execute(insert(table.__table__), rows)  # type: ignore[arg-type]


def update_many(ctx: Context, table: type[Base], rows: Sequence[dict[str, Any]]) -> None:
    """Set columns of rows of the employer with one statement; `row_id` says of which.

    Open: called by the import, which has checked who asks.
    """
    if rows:
        columns = table.__table__.c
        mine = columns.employer_id == ctx.employer_id, columns.id == bindparam("row_id")
        ctx.db.execute(update(table.__table__).where(*mine), rows)  # type: ignore[arg-type]


def note_many(
    ctx: Context, action: str, table: type[Base], rows: Sequence[tuple[int, dict[str, Any]]]
) -> None:
    """Write audit entries about many rows (id, facts) as `ctx.note` does about one, with one statement.

    Open: called by the import, which has checked who asks.
    """
    shared = {
        "employer_id": ctx.employer_id,
        "at": ctx.now,
        "account_id": ctx.who.account_id or None,
        "person_id": ctx.who.person_id or None,
        "action": action,
        "object_kind": table.__tablename__,
    }
    add_many(ctx, AuditEntry, [{**shared, "object_id": row_id, "facts": facts} for row_id, facts in rows])


def lock_people(ctx: Context, people: Collection[int] | Select[int]) -> list[int]:
    """Let changes of what hangs on people happen one after the other, so that none misses the other's facts; their ids.

    Open: called by whatever changes employments or duties, before it reads what the change rests on, and before
    it writes anything that points to a person. PostgreSQL: it waits for transactions that have entered a proof or
    a beginning of the person (a foreign key locks what it points to), and the other way round. On SQLite a writing
    transaction is alone anyway. Always in the same order, so that nobody waits in a circle.
    """
    parts = [people] if isinstance(people, Select) else in_parts(sorted(people))
    return [
        person_id
        for some in parts
        for person_id in ctx.db.scalars(
            select(Person.id)
            .where(Person.employer_id == ctx.employer_id, Person.id.in_(some))
            .order_by(Person.id)
            .with_for_update()
        )
    ]
