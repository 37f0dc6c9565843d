"""Row-level security, table by table: the program's role in PostgreSQL is shown and writes one employer's rows only."""

import ast
from collections import defaultdict
from dataclasses import replace
from datetime import time
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import (
    Boolean,
    Date,
    DateTime,
    Integer,
    Time,
    Uuid,
    create_engine,
    func,
    insert,
    select,
    text,
    update,
)
from sqlalchemy.exc import ProgrammingError
from uuid_utils.compat import uuid7

from lms.base import migrate as migrations
from lms.base.access import Actor
from lms.base.context import make_house, work
from lms.base.db import make_engine
from lms.base.migrate import migrate_as_owner
from lms.base.row_security import (
    EVERY_EMPLOYER,
    across_employers,
    bind,
    isolation_fault,
    make_owner_engine,
)
from lms.cli import main
from lms.identity.actions import start_session
from lms.identity.rules import token_hash
from lms.organisation.models import Person, Unit
from lms.organisation.visitors import visitor
from lms.tables import GLOBAL_TABLES, METADATA
from tests.builders import START, Town
from tests.conftest import as_role
from tests.servers import OWNER, PROGRAM, SUPERUSER

ROOT = Path(__file__).resolve().parents[2]
TENANT_TABLES = [table for table in METADATA.sorted_tables if table.name not in GLOBAL_TABLES]
NAMES = sorted(table.name for table in TENANT_TABLES)
APPEND_ONLY = {
    "audit",
    "answer",
    "answer_aside",
    "attempt_decision",
    "exam_reopening",
    "extra_attempt",
    "revocation",
}
FILLED_TOO = {"duty_source.requirement_id"}  # may be empty, but a check asks for it
CHOSEN = {"plan_activity.kind": "free"}  # the other kinds ask for more
on_postgres = pytest.mark.parametrize(
    "house", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True
)


def value_for(ctx, table, column):
    """Something that a column takes, of the employer of the unit of work."""
    if str(column) in CHOSEN:
        return CHOSEN[str(column)]
    for constraint in table.foreign_key_constraints:
        if constraint.column_keys[-1] == column.name:
            target = constraint.referred_table
            of_employer = target.name in GLOBAL_TABLES or target.c.employer_id == ctx.employer_id
            return ctx.db.execute(select(func.min(target.c.id)).where(of_employer)).scalar()
    kinds = {Integer: 1, Boolean: True, Date: START, DateTime: ctx.now, Time: time(8), Uuid: uuid7()}
    for check in table.constraints:
        said = str(getattr(check, "sqltext", ""))
        if said.startswith(f"{column.name} IN ('"):
            return said.split("'")[1]
    impl = getattr(column.type, "impl", column.type)
    return next((value for kind, value in kinds.items() if isinstance(impl, kind)), "x")


def one_row(ctx, table):
    """A row of a table for the employer of the unit of work."""
    return {
        column.name: value_for(ctx, table, column)
        for column in table.columns
        if column.name != "id" and (not column.nullable or str(column) in FILLED_TOO)
    } | {"employer_id": ctx.employer_id}


@pytest.fixture
def full(house, granvik, fjordvik):
    """Both municipalities with at least one row in every table that belongs to an employer."""
    for town in (granvik, fjordvik):
        with town.inside(writes=True) as ctx:
            for table in TENANT_TABLES:
                if not count(ctx, table, town):
                    ctx.db.execute(insert(table).values(one_row(ctx, table)))
            assert all(count(ctx, table, town) for table in TENANT_TABLES)
    return house


def count(ctx, table, town=None):
    of_town = table.c.employer_id == town.employer_id if town else True
    return ctx.db.scalar(select(func.count()).select_from(table).where(of_town))


def refused(ctx, statement):
    """Whether the database refuses a statement to the program, by a policy or for want of a right."""
    try:
        with ctx.db.begin_nested():
            ctx.db.execute(statement)
    except ProgrammingError as error:
        return type(error.orig).__name__ == "InsufficientPrivilege"
    return False


@on_postgres
def test_without_an_employer_every_table_is_empty_and_takes_nothing(full, granvik):
    with granvik.inside() as ctx:
        rows = {table.name: one_row(ctx, table) for table in TENANT_TABLES}
    with work(full) as ctx:
        assert {table.name: count(ctx, table) for table in TENANT_TABLES} == dict.fromkeys(NAMES, 0)
        assert {
            table.name for table in TENANT_TABLES if refused(ctx, insert(table).values(rows[table.name]))
        } == set(NAMES)


@on_postgres
@pytest.mark.parametrize(("mine", "other"), [("granvik", "fjordvik"), ("fjordvik", "granvik")])
def test_with_an_employer_nothing_of_another_is_there(full, mine, other):
    mine, other = Town(full, mine), Town(full, other)
    with mine.inside(writes=True) as ctx:
        for table in TENANT_TABLES:
            assert count(ctx, table, mine) == count(ctx, table) > 0, table.name
            assert count(ctx, table, other) == 0, table.name
            row = one_row(ctx, table)
            assert refused(ctx, insert(table).values(row | {"employer_id": other.employer_id})), table.name
            to_other = update(table).values(employer_id=other.employer_id)
            assert refused(ctx, to_other), table.name
            if table.name not in APPEND_ONLY:
                theirs = table.c.employer_id == other.employer_id
                assert ctx.db.execute(to_other.where(theirs)).rowcount == 0, table.name
                assert ctx.db.execute(table.delete().where(theirs)).rowcount == 0, table.name


@on_postgres
def test_every_table_of_an_employer_is_under_a_forced_policy(house):
    asked = text(
        "SELECT relname, relrowsecurity AND relforcerowsecurity, policies.said FROM pg_class "
        "LEFT JOIN (SELECT polrelid, string_agg(polname || ' ' || polcmd::text, ', ' ORDER BY polname) AS said "
        "FROM pg_policy GROUP BY polrelid) AS policies ON polrelid = pg_class.oid "
        "WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'"
    )
    with house.engine.connect() as connection:
        found = {name: (forced, policies) for name, forced, policies in connection.execute(asked)}
    for name in NAMES:
        assert found[name][0], f"{name}: its migration must call lms.base.row_security.isolate"
    assert {name: policies for name, (_forced, policies) in found.items() if policies} == {
        **dict.fromkeys(NAMES, "employer *, owner *"),
        "person": "employer *, own_account r, owner *",  # across_employers: read by its own account
    }


@on_postgres
def test_the_program_has_a_role_with_the_rights_it_needs(house):
    owner = make_engine(as_role(OWNER, house.settings.database))
    with owner.begin() as connection:
        connection.execute(text("CREATE TABLE coming (id serial PRIMARY KEY)"))
    owner.dispose()
    with house.engine.connect() as connection:
        role = connection.execute(
            text(
                "SELECT rolname, rolsuper, rolbypassrls, rolcreatedb, rolcreaterole "
                "FROM pg_roles WHERE rolname = current_user"
            )
        ).one()
        assert tuple(role) == (PROGRAM, False, False, False, False)
        assert not connection.scalar(text("SELECT has_schema_privilege('public', 'CREATE')"))
        assert not connection.scalar(text(f"SELECT pg_has_role('{OWNER}', 'MEMBER')"))
        rights = defaultdict(set)
        for right in ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER"):
            for (table,) in connection.execute(
                text(
                    "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' "
                    f"AND has_table_privilege(oid, '{right}')"
                )
            ):
                rights[table].add(right)
        assert {table: " ".join(sorted(some)) for table, some in rights.items()} == {
            **dict.fromkeys([*METADATA.tables, "coming"], "DELETE INSERT SELECT UPDATE"),
            **dict.fromkeys(APPEND_ONLY, "INSERT SELECT"),
            "alembic_version": "SELECT",
        }
        asked = text(
            "SELECT relname || '.' || attname FROM pg_class "
            "JOIN pg_attribute ON attrelid = pg_class.oid AND attnum > 0 "
            "WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' "
            "AND has_column_privilege(pg_class.oid, attnum, 'UPDATE') "
            "AND NOT has_table_privilege(pg_class.oid, 'UPDATE')"
        )
        assert connection.scalars(asked).all() == ["revocation.reason"]  # emptied with its certificate
        assert connection.scalar(text("INSERT INTO coming DEFAULT VALUES RETURNING id")) == 1


@on_postgres
def test_migrate_takes_back_what_the_role_must_not_have(house):
    owner = make_engine(as_role(OWNER, house.settings.database))
    with owner.begin() as connection:
        connection.execute(text(f"GRANT ALL ON audit, unit TO {PROGRAM}"))
    owner.dispose()
    migrate_as_owner(house.settings)
    asked = text("SELECT has_table_privilege('audit', 'DELETE'), has_table_privilege('unit', 'TRUNCATE')")
    with house.engine.connect() as connection:
        assert tuple(connection.execute(asked).one()) == (False, False)


@on_postgres
def test_one_role_for_everything_is_under_the_policies_too(full):
    owner = as_role(OWNER, full.settings.database)
    settings = full.settings.model_copy(update={"database": owner, "database_owner": ""})
    migrate_as_owner(settings)
    alone = make_house(settings)
    assert isolation_fault(alone.engine) is None
    with work(alone, writes=False) as ctx:
        assert {count(ctx, table) for table in TENANT_TABLES} == {0}
    town = Town(alone, "fjordvik")
    with town.inside() as ctx:
        assert all(count(ctx, table) == count(ctx, table, town) > 0 for table in TENANT_TABLES)
    alone.engine.dispose()


@on_postgres
def test_a_migration_changes_the_rows_of_every_employer(house, monkeypatch):
    changed = []

    def upgrade(config, _to):
        changed.append(config.attributes["connection"].execute(text("UPDATE unit SET name = 'x'")).rowcount)

    monkeypatch.setattr(migrations.command, "upgrade", upgrade)
    migrate_as_owner(house.settings)
    assert changed == [5]


@on_postgres
def test_only_the_owner_may_say_that_it_is_about_every_employer(full):
    with work(full) as ctx:
        ctx.db.execute(text(f"SET LOCAL {EVERY_EMPLOYER} = 'on'"))
        assert {count(ctx, table) for table in TENANT_TABLES} == {0}
    owner = make_owner_engine(full.settings)
    with owner.connect() as connection:
        for table in TENANT_TABLES:
            assert len(set(connection.scalars(select(table.c.employer_id)))) == 2, table.name
    owner.dispose()
    silent = make_engine(full.settings.owner_url)
    with silent.connect() as connection:
        for table in TENANT_TABLES:
            assert connection.scalars(select(table.c.employer_id)).all() == [], table.name
    silent.dispose()


@on_postgres
def test_a_connection_used_again_knows_nothing_of_the_employer_before(house, granvik):
    engine = create_engine(house.settings.database, pool_size=1, max_overflow=0)
    narrow = replace(house, engine=engine)
    town = Town(narrow, "granvik")
    servers = set()

    def units(ctx):
        servers.add(ctx.db.scalar(text("SELECT pg_backend_pid()")))
        return count(ctx, Unit.__table__)

    for writes in (True, False):  # ends by commit, by rollback
        with town.inside(writes=writes) as ctx:
            assert units(ctx) == 3
        with work(narrow) as ctx:
            assert units(ctx) == 0
    with pytest.raises(ZeroDivisionError), town.inside(writes=True) as ctx:
        assert units(ctx) / 0
    with work(narrow) as ctx:
        assert units(ctx) == 0
    assert len(servers) == 1
    engine.dispose()


@on_postgres
def test_savepoints_neither_lose_nor_widen_it(house, granvik, fjordvik):
    with granvik.inside(writes=True) as ctx:
        with ctx.db.begin_nested() as savepoint:
            assert count(ctx, Unit.__table__) == 3
            savepoint.rollback()
        assert count(ctx, Unit.__table__) == 3
    with work(house) as ctx:
        assert count(ctx, Unit.__table__) == 0
        with ctx.db.begin_nested() as savepoint:
            bind(ctx.db, granvik.employer_id)
            savepoint.rollback()
        assert (
            count(ctx, Unit.__table__) == 0
        )  # on the safe side: what was said in the savepoint went with it
        with pytest.raises(RuntimeError):
            bind(ctx.db, fjordvik.employer_id)


@on_postgres
def test_each_transaction_of_a_unit_of_work_begins_with_its_employer(granvik):
    with granvik.inside(writes=True) as ctx:
        ctx.db.commit()
        assert count(ctx, Unit.__table__) == 3


def test_a_unit_of_work_does_not_change_its_employer(house, granvik, fjordvik):
    with granvik.work("amina") as ctx:
        ctx.actor = granvik.actor("karin")
        with pytest.raises(RuntimeError):
            ctx.actor = fjordvik.actor("kari")
        assert ctx.employer_id == granvik.employer_id
    with work(house) as ctx:
        assert ctx.db.in_transaction() is False
        ctx.actor = fjordvik.actor("kari")
        assert count(ctx, Person.__table__, fjordvik) == 3
        with pytest.raises(RuntimeError):
            ctx.actor = Actor.program(granvik.employer_id)


@on_postgres
def test_a_session_opens_the_tables_of_its_employer_and_an_unknown_one_none(house, granvik, fjordvik):
    kari = fjordvik.actor("kari")
    token = start_session(
        house, account_id=kari.account_id, employer_id=kari.employer_id, user_agent="", remember=False
    )
    with work(house, writes=False) as ctx:
        assert visitor(ctx.db, token_hash("x"), ctx.now) is None
        assert count(ctx, Person.__table__) == 0
        assert visitor(ctx.db, token_hash(token), ctx.now).given_name == "Kari"
        assert count(ctx, Person.__table__) == count(ctx, Person.__table__, fjordvik) == 3
        with pytest.raises(RuntimeError):
            ctx.actor = granvik.actor("amina")


@on_postgres
def test_an_account_is_shown_its_own_persons_for_one_look(full, granvik, fjordvik):
    amina = granvik.actor("amina")
    with fjordvik.inside(writes=True) as ctx:
        ctx.db.add(
            Person(
                employer_id=fjordvik.employer_id, account_id=amina.account_id, employee_number="x",
                given_name="Amina", family_name="Yusuf", created_at=ctx.now,
            )
        )  # fmt: skip
    with work(full) as ctx:
        rows = across_employers(ctx.db, amina.account_id, select(Person.employer_id, Person.given_name))
        assert {tuple(row) for row in rows} == {
            (granvik.employer_id, "Amina"), (fjordvik.employer_id, "Amina"),
        }  # fmt: skip
        for table in TENANT_TABLES:
            everything = select(func.count()).select_from(table)
            expected = 2 if table.name == "person" else 0
            assert across_employers(ctx.db, amina.account_id, everything)[0][0] == expected, table.name
            assert count(ctx, table) == 0, table.name


def test_a_role_above_the_policies_is_named_in_one_line(house, monkeypatch):
    assert isolation_fault(house.engine) is None
    database = as_role(SUPERUSER, house.settings.database)
    monkeypatch.setenv("KUNNIG_MODE", "demo")
    monkeypatch.setenv("KUNNIG_DATA", str(house.settings.data))
    monkeypatch.setenv("KUNNIG_DATABASE", database)
    monkeypatch.setattr("lms.cli.serve.serve_pages", lambda: None)
    monkeypatch.setattr("lms.cli.work.work_until", lambda *_arguments: None)
    for command in ("serve", "work"):
        started = CliRunner().invoke(main, [command])
        assert started.exit_code == 0, started.output
        assert started.stderr.count("\n") == (1 if database else 0)
        assert ("Row-level security does not hold: the role superuser" in started.stderr) is bool(database)


NAMED_PATHS = {  # who may say for which employer something is done, and where the employer comes from
    ("lms/base/context.py", "bind"): "the actor",
    ("lms/base/migrate.py", "make_owner_engine"): "migrations are about every employer",
    ("lms/backup.py", "make_owner_engine"): "a backup holds every employer, and a restore fills them all",
    ("lms/organisation/visitors.py", "bind_by"): "the session row, before there is an actor",
    ("lms/organisation/own_persons.py", "across_employers"): "a proven account finds out where it belongs",
    ("lms/organisation/arrival.py", "program"): "the slip, or the municipality named at sign-in",
    ("lms/organisation/arrival.py", "acting_for"): "each employer of a proven account",
    (
        "lms/organisation/shared_devices.py",
        "program",
    ): "the employer that the cookie of a shared device names",
    ("lms/organisation/second_factor.py", "program"): "where the account of a copied passkey belongs",
    ("lms/identity/changes.py", "program"): "the change that is stopped, in a global table",
    ("lms/organisation/acting.py", "program"): "whoever calls acting_for",
    ("lms/evidence/checking.py", "acting_for"): "the issuer that a credential names: its keys are public",
    ("lms/evidence/queries.py", "acting_for"): "the global table of certificate numbers",
    ("lms/evidence/wallet.py", "acting_for"): "each employer of the account that is signed in",
    ("lms/reports/calendar_feed.py", "acting_for"): "the secret address of a calendar, in a global table",
    ("lms/web/public_issuer.py", "acting_for"): "the employer that an address names: its keys are public",
    ("lms/jobs/papers.py", "acting_for"): "the task in the outbox",
    ("lms/jobs/certificate_files.py", "acting_for"): "the task in the outbox",
    ("lms/jobs/stories.py", "acting_for"): "the task in the outbox",
    ("lms/jobs/exports.py", "acting_for"): "the task in the outbox",
    ("lms/jobs/layouts.py", "acting_for"): "the task in the outbox",
    ("lms/jobs/worker.py", "program"): "each employer, one after the other, to forget what is over",
    ("lms/jobs/worker.py", "acting_for"): "each employer, for which a day begins",
    ("lms/cli/keys.py", "acting_for"): "who runs the command",
    ("lms/cli/people.py", "acting_for"): "who runs the command",
    ("lms/cli/register.py", "acting_for"): "who runs the command",
    ("lms/publishing.py", "acting_for"): "each employer of a country, one after the other, to count",
    ("lms/demo.py", "program"): "the municipality that is being made",
}


def test_the_paths_to_an_employer_are_the_named_ones():
    paths = {"bind", "bind_by", "across_employers", "make_owner_engine", "acting_for", "program"}
    found = set()
    for path in sorted((ROOT / "lms").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call):
                name = getattr(node.func, "id", getattr(node.func, "attr", ""))
                if name in paths:
                    found.add((path.relative_to(ROOT).as_posix(), name))
    assert found == set(NAMED_PATHS)
