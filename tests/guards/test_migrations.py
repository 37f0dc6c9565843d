"""Migrations keep what is there, and what the release before writes and reads still goes (see migrations/README.md)."""

from collections.abc import Iterator
from datetime import date, datetime, time
from itertools import pairwise
from uuid import UUID

import pytest
from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Date,
    DateTime,
    Engine,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Time,
    Uuid,
    inspect,
    select,
    text,
)

from lms.base.context import House
from lms.base.migrate import Schema, migrate, revisions, schema
from lms.base.row_security import make_owner_engine

STEPS = tuple(reversed(revisions()))
VALUES = {  # by kind of column, the special kinds first; both databases take them
    Boolean: True,
    Integer: 1,
    DateTime: datetime(2026, 3, 12, 9),  # noqa: DTZ001  (as the databases hold it)
    Date: date(2026, 3, 12),
    Time: time(21),
    JSON: {"a": 1},
    LargeBinary: b"1",
    Uuid: UUID(int=1),
}
RULED = {  # what the checks of the tables let in
    "answer_aside.reason": "closed",
    "attempt.kind": "exam", "attempt.mode": "online", "attendance.state": "present", "duty_source.assignment_id": None,
    "bulk_change.kind": "extension",
    "dispensation.kind": "exemption",
    "edition_receipt.kind": "read", "employer.second_factor": "offered", "employment.kind": "permanent",
    "identifier.kind": "email", "objection.decided": "stays",
    "imported_fact.absence_id": None, "link_token.kind": "slip", "passkey_challenge.purpose": "add",
    "plan_activity.done_on": None, "plan_activity.kind": "course", "plan_activity.meeting_id": None,
    "proof.kind": "certificate", "revocation.kind": "revoked", "role_grant.role": "lead",
    "sign_in_change.kind": "email", "signing_key.kind": "document",
}  # fmt: skip
KEPT_BEFORE = {  # what is unique only now, but was written no other way by the release before
    ("exam_seat", frozenset({"employer_id", "attempt_id"})),
    # of the versions in force; but for two saved at once, one of which is refused now
    ("message_terms", frozenset({"employer_id"})),
    ("message_words", frozenset({"employer_id", "kind", "language"})),
}


WORKED_OUT = {  # by step: columns it fills where they are empty
    "0032": frozenset({"status.renew_on"}),
    "0051": frozenset({"message.opened_at"}),
}


def shape(engine: Engine) -> MetaData:
    """The tables as they are in the database."""
    metadata = MetaData()
    metadata.reflect(engine)
    metadata.remove(metadata.tables["alembic_version"])
    return metadata


def fill(engine: Engine, tables: MetaData) -> None:
    """A row in every table that has none, all with keys 1, so that every foreign key is right."""
    with engine.execution_options(writes=True).begin() as connection:
        for table in tables.sorted_tables:
            if connection.execute(select(table)).first() is None:
                connection.execute(table.insert().values({each.name: value(each) for each in table.columns}))


def value(column):
    """What to put into a column."""
    if str(column) in RULED:
        return RULED[str(column)]
    kind = next((kind for kind in VALUES if isinstance(column.type, kind)), None)
    return VALUES[kind] if kind else ("1" * 32)  # SQLite keeps a UUID so


def content(
    engine: Engine, tables: MetaData, worked_out: frozenset[str] = frozenset()
) -> dict[str, list[tuple]]:
    """All rows, of the columns named but those that a step works out."""
    with engine.connect() as connection:
        return {
            table.name: connection.execute(
                select(*(each for each in table.columns if str(each) not in worked_out))
            ).all()
            for table in tables.sorted_tables
        }


def uniques(engine: Engine, table: str) -> set[frozenset[str]]:
    look = inspect(engine)
    found = [each["column_names"] for each in look.get_unique_constraints(table)]
    found += [each["column_names"] for each in look.get_indexes(table) if each["unique"]]
    return {frozenset(columns) for columns in found}


def taken_away(old: MetaData, unique: dict[str, set[frozenset[str]]], engine: Engine) -> list[str]:
    """What the code that knows the old tables can no longer do with those of a database."""
    new = shape(engine)
    found = []
    for table in old.sorted_tables:
        if table.name not in new.tables:
            found.append(f"{table.name}: gone")
            continue
        found += narrower(table, new.tables[table.name])
        found += [
            f"{table.name}: {sorted(columns)} must be unique now"
            for columns in uniques(engine, table.name) - unique[table.name]
            if columns <= set(table.columns.keys()) and (table.name, columns) not in KEPT_BEFORE
        ]
    return found


def narrower(old: Table, new: Table) -> list[str]:
    """Columns that are gone, hold something else, or ask for more."""
    found = []
    for column in old.columns:
        now = new.columns.get(column.name)
        if now is None or repr(now.type) != repr(column.type):
            found.append(f"{column}: gone, or of another type")
        elif column.nullable and not now.nullable:
            found.append(f"{column}: may no longer be empty")
    found += [
        f"{column}: must be given, and old code does not know it"
        for column in new.columns
        if column.name not in old.columns and not column.nullable and column.server_default is None
    ]
    return found


@pytest.fixture
def engine(empty: House) -> Iterator[Engine]:
    """An empty database of each kind, for the owner of the tables."""
    empty.settings.data.mkdir()
    made = make_owner_engine(empty.settings)
    yield made
    made.dispose()


def test_every_step_keeps_every_row(engine: Engine):
    migrate(engine, STEPS[0])
    fill(engine, shape(engine))
    for step in STEPS[1:]:
        tables = shape(engine)
        worked_out = WORKED_OUT.get(step, frozenset())
        before = content(engine, tables, worked_out)
        assert all(before.values())
        migrate(engine, step)
        assert content(engine, tables, worked_out) == before
        fill(engine, shape(engine))
    assert schema(engine) is Schema.CURRENT


def test_of_two_versions_in_force_the_newer_one_stays(engine: Engine):
    migrate(engine, "0030")
    tables = shape(engine)
    fill(engine, tables)
    with engine.execution_options(writes=True).begin() as connection:
        for name in ("message_terms", "message_words"):
            table = tables.tables[name]
            (first,) = connection.execute(select(table)).mappings()
            connection.execute(table.update().values(superseded_at=None))
            connection.execute(table.insert().values({**first, "id": 2, "superseded_at": None}))
    migrate(engine, "0031")
    for name in ("message_terms", "message_words"):
        kept = sorted(content(engine, tables)[name], key=lambda row: row.id)
        assert [(row.id, row.superseded_at is None) for row in kept] == [(1, False), (2, True)]


def test_who_comes_from_the_release_before_has_days_of_renewal_and_coverage(engine: Engine):
    migrate(engine, "0031")
    tables = shape(engine)
    fill(engine, tables)
    last_day = date(2099, 3, 31)
    as_before = {
        "renew_on": None,
        "last_on": None,
        "exempt_from": None,
        "exempt_to": None,
        "expires_on": last_day,
    }
    with engine.execution_options(writes=True).begin() as connection:
        connection.execute(tables.tables["status"].update().values(as_before))
        for name in ("coverage", "coverage_day"):
            connection.execute(tables.tables[name].delete())
    migrate(engine, "0032")
    found = content(engine, tables)
    assert found["status"][0].renew_on == date(2099, 3, 1)
    (row,) = found["coverage"]
    assert (row.employer_id, row.unit_id, row.posts, row.known_posts, row.people, row.known_people) == (
        1,
    ) * 6
    assert len(found["coverage_day"]) == 1


@pytest.mark.parametrize(("before", "after"), list(pairwise(STEPS)))
def test_the_release_before_can_still_read_and_write(engine: Engine, before, after):
    migrate(engine, before)
    old = shape(engine)
    unique = {name: uniques(engine, name) for name in old.tables}
    migrate(engine, after)
    assert taken_away(old, unique, engine) == []
    fill(engine, old)
    assert all(content(engine, old).values())


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("DROP TABLE throttle", "throttle: gone"),
        ("ALTER TABLE throttle DROP COLUMN tries", "throttle.tries: gone, or of another type"),
        ("ALTER TABLE throttle RENAME COLUMN tries TO often", "throttle.tries: gone, or of another type"),
        ("ALTER TABLE throttle ADD COLUMN more TEXT", None),
        ("ALTER TABLE throttle ADD COLUMN more TEXT NOT NULL DEFAULT ''", None),
        ("CREATE UNIQUE INDEX one ON throttle (source)", "throttle: ['source'] must be unique now"),
        ("CREATE INDEX quick ON throttle (source)", None),
    ],
)
def test_what_takes_something_away_is_noticed(engine: Engine, change, said):
    migrate(engine, STEPS[0])
    old = shape(engine)
    unique = {name: uniques(engine, name) for name in old.tables}
    with engine.execution_options(writes=True).begin() as connection:
        connection.execute(text(change))
    found = taken_away(old, unique, engine)
    assert said in found if said else found == []


def test_a_column_that_asks_for_more_is_noticed():
    old = Table("t", MetaData(), Column("a", Integer))
    new = Table("t", MetaData(), Column("a", Integer, nullable=False), Column("b", Integer, nullable=False))
    assert narrower(old, new) == [
        "t.a: may no longer be empty",
        "t.b: must be given, and old code does not know it",
    ]
