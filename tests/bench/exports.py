"""The register of 100,000 rows as CSV and XLSX against `csv.writer` on tuples in memory, and against openpyxl.

CPU of this process, medians, the ways taking turns; and how much memory each takes beyond what there was, in a process
of its own. Run it with `kunnig bench exports`; the database is a SQLite file. "From the database" is a plain statement
of ten columns written to a temporary file; "out of the house" is what a reader gets: the twelve columns of the register
in their reach, in the order of names, in words.
"""

import csv
import os
import platform
import resource
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from multiprocessing import get_context
from typing import IO

import click
import openpyxl

from lms.base.access import Actor
from lms.base.context import House, work
from lms.base.db import take_stock
from lms.reports.making import write_register
from lms.reports.narrowing import View
from lms.reports.rules import Format
from lms.reports.sheet import Cell, write_csv
from lms.reports.workbook import write_xlsx
from tests.bench.intake import prepared
from tests.builders import Town
from tests.crowd import grow

ROWS = 100_000
ROUNDS = 3
HEADS = [f"Rubrik {n}" for n in range(10)]
Way = Callable[[IO[bytes]], int]


def main() -> None:
    """Measure with as many rows as a county has."""
    click.echo(f"{datetime.now(UTC):%Y-%m-%d}, {platform.machine()}, {os.cpu_count()} cores")
    report(ROWS)


def report(rows: int, rounds: int = ROUNDS) -> None:
    """Print a table of every way to make a file of so many rows."""
    cells = list(map(_row, range(rows)))
    with prepared("") as house:
        grow(house, "granvik", rows, below="Björken")
        take_stock(house.writer)  # as the worker does every hour
        ways = _ways(house, cells)
        spent: dict[str, list[float]] = {name: [] for name in ways}
        for _round in range(rounds):
            for name, way in ways.items():
                spent[name].append(_cpu(way))
        memory = {name: _growth(way) for name, way in ways.items()}
        counts = {name: _count(way) for name, way in ways.items()}
    yardstick, openpyxl_way, *_ours = (statistics.median(some) / counts[name] for name, some in spent.items())
    click.echo(
        "\n| way | rows | CPU s | rows/CPU-s | x csv.writer | against openpyxl | MB more at most | file MB |\n"
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"
    )
    for name, some in spent.items():
        each = statistics.median(some) / counts[name]
        click.echo(
            f"| {name} | {counts[name]:,} | {statistics.median(some):.2f} | {1 / each:,.0f} | {each / yardstick:.1f} "
            f"| {openpyxl_way / each:.1f} | {memory[name][0]:.1f} | {memory[name][1]:.1f} |"
        )


def _row(number: int) -> Sequence[Cell]:
    """Ten cells as a register has them."""
    day = date(2025, 1, 1) + timedelta(number % 365)
    return (
        str(500_000 + number), f"Andersson-{number}", "Åsa", f"Enhet {number // 30:04}", "Undersköterska",
        "Dokumentation i vård och omsorg", ("Giltigt", "Löper snart ut", "Försenat")[number % 3], day,
        day if number % 2 else None, number,
    )  # fmt: skip


def _ways(house: House, cells: Sequence[Sequence[Cell]]) -> dict[str, Way]:
    """Every way to make a file, the two to compare with first."""
    officer = Town(house, "granvik").actor("maria")

    def out(kind: Format) -> Way:
        return lambda file: _out_of_the_house(house, officer, kind, file)

    return {
        "csv.writer, tuples in memory": lambda file: _plain(file, cells),
        "openpyxl write-only, tuples in memory": lambda file: _openpyxl(file, cells),
        "CSV, tuples in memory": lambda file: write_csv(file, HEADS, cells),
        "XLSX, tuples in memory": lambda file: write_xlsx(file, "Register", HEADS, cells, ("Om", [])),
        "ten columns of the database alone": lambda _file: _read(house),
        "CSV, from the database": lambda file: _csv_of_cursor(house, file),
        "XLSX, from the database": lambda file: _xlsx_of_cursor(house, file),
        "CSV, out of the house": out("csv"),
        "XLSX, out of the house": out("xlsx"),
    }


def _plain(file: IO[bytes], cells: Sequence[Sequence[Cell]]) -> int:
    with open(file.fileno(), "w", encoding="utf-8", newline="", closefd=False) as lines:
        csv.writer(lines, delimiter=";").writerows(cells)
    return len(cells)


def _openpyxl(file: IO[bytes], cells: Sequence[Sequence[Cell]]) -> int:
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("Register")
    for row in cells:
        sheet.append(row)
    book.save(file)
    return len(cells)


@contextmanager
def _cursor(house: House) -> Iterator[Iterator[Sequence[Cell]]]:
    """Ten columns of the register as the driver reads them, in no words and of nobody's reach."""
    with house.engine.connect() as connection:
        driver = connection.connection.dbapi_connection
        yield driver.execute(  # type: ignore[union-attr]
            "SELECT employee_number, family_name, given_name, unit.name, title, duty.course, status.due_on,"
            " status.achieved_on, status.expires_on, proof.reference"
            " FROM employment JOIN person ON person.id = employment.person_id JOIN unit ON unit.id = employment.unit_id"
            " JOIN duty ON duty.employment_id = employment.id JOIN status ON status.duty_id = duty.id"
            " LEFT JOIN proof ON proof.id = status.proof_id ORDER BY employment.id"
        )


def _read(house: House) -> int:
    with _cursor(house) as rows:
        return sum(1 for _row in rows)


def _csv_of_cursor(house: House, file: IO[bytes]) -> int:
    with _cursor(house) as rows:
        return write_csv(file, HEADS, rows)


def _xlsx_of_cursor(house: House, file: IO[bytes]) -> int:
    with _cursor(house) as rows:
        return write_xlsx(file, "Register", HEADS, rows, ("Om", []))


def _out_of_the_house(house: House, officer: Actor, kind: Format, file: IO[bytes]) -> int:
    with work(house, officer, writes=False) as ctx:
        return write_register(ctx, View(), kind, file)


def _cpu(way: Way) -> float:
    """Seconds of this process."""
    with tempfile.TemporaryFile() as file:
        start = time.process_time()
        way(file)
        return time.process_time() - start


def _count(way: Way) -> int:
    with tempfile.TemporaryFile() as file:
        return way(file)


def _growth(way: Way) -> tuple[float, float]:
    """MB of memory that a way takes beyond what its process had before, and MB of the file; in a fork of its own."""
    here, there = get_context("fork").Pipe()

    def measure() -> None:
        with tempfile.TemporaryFile() as file:
            before = _peak()
            way(file)
            there.send((_peak() - before, os.fstat(file.fileno()).st_size / 1e6))

    process = get_context("fork").Process(target=measure)
    process.start()
    found: tuple[float, float] = here.recv()
    process.join()
    return found


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
