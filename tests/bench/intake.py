"""Ten thousand people taken in from a staff list: how long, with how many statements; again, changed, and undone.

Time on the clock, for somebody waits for it, and CPU of this process. Run it with `kunnig bench intake`; PostgreSQL is
a cluster of its own that keeps what it is told (fsync on), its processes' CPU is not counted.
"""

import os
import platform
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TypeVar

import click
from sqlalchemy import event

from lms.base.context import House, make_house
from lms.base.migrate import migrate_as_owner
from lms.organisation.imports import earlier_imports
from lms.register.intake import import_people, read_staff_list, undo_import
from lms.register.requirements import Terms, set_requirement
from tests.builders import START, Town, build_municipalities
from tests.conftest import settings_for
from tests.learning.taking import COURSE
from tests.organisation.lists import HEAD, many
from tests.organisation.workbooks import ods, xlsx
from tests.servers import PostgresServer

PEOPLE = 10_000
Outcome = TypeVar("Outcome")
UNCOUNTED = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE", "SET", "SELECT set_config")


def main() -> None:
    """Print a table for reading, and one for each database."""
    click.echo(
        f"{datetime.now(UTC):%Y-%m-%d}, {platform.machine()}, {os.cpu_count()} cores, {PEOPLE:,} people"
    )
    print_reading()
    for name, house in houses():
        print_import(name, Town(house, "granvik"))


def print_reading() -> None:
    """The same list in each of the formats, read and checked; nothing is written yet."""
    rows = [tuple(HEAD.split(";"))]
    rows += [(f"p{n}", f"Given{n}", f"Family{n}", "Björken", "usk", date(2026, 2, 1)) for n in range(PEOPLE)]
    click.echo("\n| reading | seconds | CPU-s here |\n| --- | ---: | ---: |")
    for name, data in (("CSV", many(PEOPLE)), ("XLSX", xlsx(rows)), ("ODS", ods(rows))):
        seconds, cpu, staff = timed(lambda some=data: read_staff_list(some))
        assert len(staff.lines) == PEOPLE, staff.faults[:3]
        click.echo(f"| {name} | {seconds:.2f} | {cpu:.2f} |")


def print_import(name: str, town: Town) -> None:
    """Take people in who have to take a course, change all of them, and undo that."""
    with town.work("maria") as ctx:
        set_requirement(ctx, Terms(COURSE, reason="Krav", source="bench", due_days=90), valid_from=START)
    statements: list[str] = []

    @event.listens_for(town.house.engine, "before_cursor_execute")
    def count(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if not statement.startswith(UNCOUNTED):
            statements.append(statement)

    def take_in(data: bytes) -> str:
        staff = read_staff_list(data)
        with town.work("maria") as ctx:
            done = import_people(ctx, staff)
        return f"{done.new:,} new, {done.changed:,} changed, {done.unchanged:,} unchanged"

    def undo() -> str:
        with town.work("maria") as ctx:
            return f"{undo_import(ctx, earlier_imports(ctx)[0].public_id).people:,} as before"

    click.echo(f"\n| {name} | seconds | CPU-s here | statements | |\n| --- | ---: | ---: | ---: | --- |")
    for what, act in (
        ("all of them new", lambda: take_in(many(PEOPLE))),
        ("the same list again", lambda: take_in(many(PEOPLE))),
        ("all of them changed", lambda: take_in(many(PEOPLE, percent=75))),
        ("that undone", undo),
    ):
        statements.clear()
        seconds, cpu, outcome = timed(act)
        click.echo(f"| {what} | {seconds:.1f} | {cpu:.1f} | {len(statements)} | {outcome} |")


def timed(act: Callable[[], Outcome]) -> tuple[float, float, Outcome]:
    """Seconds on the clock, seconds of CPU in this process, and what came of it."""
    clock, cpu = time.perf_counter(), time.process_time()
    outcome = act()
    return time.perf_counter() - clock, time.process_time() - cpu, outcome


def houses() -> Iterator[tuple[str, House]]:
    """Granvik and Fjordvik on each of the databases, one after the other."""
    with prepared("") as house:
        yield "SQLite", house
    with PostgresServer().running() as server, prepared(server.create("intake")) as house:
        yield "PostgreSQL", house


@contextmanager
def prepared(database: str) -> Iterator[House]:
    """A house with the two municipalities, thrown away afterwards."""
    with ExitStack() as last:
        folder = last.enter_context(tempfile.TemporaryDirectory(prefix="kunnig-intake-"))
        house = make_house(settings_for(Path(folder), database))
        last.callback(house.engine.dispose)
        migrate_as_owner(house.settings)
        build_municipalities(house)
        yield house
