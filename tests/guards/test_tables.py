"""Guards about the tables: every one belongs to an employer, and migrations make just these."""

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import UniqueConstraint, inspect, text
from sqlalchemy.exc import DatabaseError

from lms.base.context import House
from lms.base.db import make_engine
from lms.base.migrate import is_current, migrate_as_owner
from lms.tables import GLOBAL_TABLES, METADATA
from tests.conftest import as_role
from tests.servers import SUPERUSER

TENANT_TABLES = sorted(set(METADATA.tables) - GLOBAL_TABLES)
FOUND_AT_SIGN_IN = {"ix_person_account_id"}  # asked before there is an employer
APPEND_ONLY = (
    "audit",
    "answer",
    "answer_aside",
    "attempt_decision",
    "exam_reopening",
    "extra_attempt",
    "revocation",
)
NOT_POINTING = {  # columns that look like a reference: what they name may be of several tables, or gone
    "audit.account_id", "audit.person_id", "audit.object_id", "message.about_id",
    "message.message_id", "answer.client_id", "answer_aside.client_id", "attempt_decision.client_id",  # given outside
}  # fmt: skip


def test_the_global_tables_are_the_named_ones():
    assert set(METADATA.tables) >= GLOBAL_TABLES
    assert len(TENANT_TABLES) > 20


@pytest.mark.parametrize("name", TENANT_TABLES)
def test_table_belongs_to_an_employer(name):
    table = METADATA.tables[name]
    assert not table.c.employer_id.nullable
    uniques = [
        [column.name for column in constraint.columns]
        for constraint in table.constraints
        if isinstance(constraint, UniqueConstraint)
    ]
    assert ["employer_id", "id"] in uniques
    for columns in uniques:
        assert columns[0] == "employer_id" or columns == ["public_id"], columns
    for index in table.indexes:
        if index.name not in FOUND_AT_SIGN_IN:
            assert next(iter(index.columns)).name == "employer_id", index.name


@pytest.mark.parametrize("name", TENANT_TABLES)
def test_no_row_can_point_into_another_employer(name):
    for constraint in METADATA.tables[name].foreign_key_constraints:
        target = constraint.referred_table.name
        if target in GLOBAL_TABLES:
            continue
        assert constraint.column_keys[0] == "employer_id"
        assert len(constraint.column_keys) == 2
        assert [element.column.name for element in constraint.elements] == ["employer_id", "id"]


@pytest.mark.parametrize("name", TENANT_TABLES)
def test_what_points_to_a_row_is_a_foreign_key(name):
    for column in METADATA.tables[name].columns:
        if column.name.endswith(("_id", "_by")) and column.name != "public_id":
            assert column.foreign_keys or f"{name}.{column.name}" in NOT_POINTING, f"{name}.{column.name}"


@pytest.mark.parametrize("name", sorted(GLOBAL_TABLES))
def test_no_global_row_points_to_one_of_an_employer(name):
    targets = {constraint.referred_table.name for constraint in METADATA.tables[name].foreign_key_constraints}
    assert targets <= GLOBAL_TABLES


def test_migrations_make_what_the_models_say(house: House):
    with house.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, METADATA) == []


def test_database_is_at_the_newest_migration(house: House):
    assert is_current(house.engine)


def test_migrations_go_up_twice_without_harm(house: House):
    migrate_as_owner(house.settings)
    assert set(METADATA.tables) < set(inspect(house.engine).get_table_names())


@pytest.mark.parametrize("table", APPEND_ONLY)
@pytest.mark.parametrize("change", ["UPDATE {} SET employer_id = employer_id", "DELETE FROM {}"])
def test_database_refuses_to_change_what_is_only_added(house: House, table, change):
    engine = house.writer
    if house.settings.database:  # for the program the tables are closed; the database refuses everybody
        engine = make_engine(as_role(SUPERUSER, house.settings.database))
    with engine.connect() as connection, connection.begin() as transaction:
        if table == "audit":
            assert connection.scalar(text("SELECT count(*) FROM audit")) > 0
        else:
            _insert_one(connection, table)
        with pytest.raises(DatabaseError, match="append-only"):
            connection.execute(text(change.format(table)))
        transaction.rollback()
    engine.dispose()


def _insert_one(connection, table):
    """A row to try on; what it points to does not matter here, so foreign keys rest."""
    if connection.dialect.name == "sqlite":
        connection.execute(text("PRAGMA defer_foreign_keys = ON"))
    else:
        connection.execute(text("SET session_replication_role = replica"))
    values = {
        "answer": '(employer_id, attempt_id, client_id, item, value, "right", received_at) '
        "VALUES (1, 1, 'c', 'i', '\"a\"', true, '2026-01-01')",
        "answer_aside": "(employer_id, attempt_id, client_id, item, value, reason, given_at, received_at) "
        "VALUES (1, 1, 'c', 'i', '\"a\"', 'closed', '2026-01-01', '2026-01-01')",
        "attempt_decision": "(employer_id, attempt_id, client_id, item, place, value, received_at) "
        "VALUES (1, 1, 'c', 'i', 1, 'a', '2026-01-01')",
        "exam_reopening": "(employer_id, seat_id, reopened_at, reopened_by, reason) "
        "VALUES (1, 1, '2026-01-01', 1, 'r')",
        "extra_attempt": "(employer_id, person_id, course, given_at, given_by, reason) "
        "VALUES (1, 1, 'c', '2026-01-01', 1, 'r')",
        "revocation": '(employer_id, certificate_id, kind, "on", reason, person_id, recorded_at) '
        "VALUES (1, 1, 'revoked', '2026-01-01', 'r', 1, '2026-01-01')",
    }[table]
    connection.execute(text(f"INSERT INTO {table} {values}"))
    if connection.dialect.name != "sqlite":
        connection.execute(text("SET session_replication_role = DEFAULT"))
