"""Eight processes write to one SQLite file: how many transactions, whether any fails, how long the unluckiest waits."""

import os
import platform
import shutil
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path
from uuid import uuid4

import click
from sqlalchemy import func, select

from lms.base.access import Actor
from lms.base.audit import AuditEntry
from lms.base.context import House, make_house, work
from lms.base.errors import Away
from lms.base.migrate import migrate
from lms.base.settings import Settings, read_settings
from lms.learning.actions import open_attempt
from lms.learning.models import Answer, Attempt
from tests.builders import Town, build_municipalities

PROCESSES = 8
SECONDS = 60


@dataclass(frozen=True)
class Outcome:
    """What one or several processes wrote."""

    transactions: int
    errors: tuple[str, ...]
    waits: tuple[float, ...]  # seconds from asking for the transaction to being in it

    @property
    def longest_wait(self) -> float:
        """Seconds."""
        return max(self.waits)


def main() -> None:
    """Measure one process and eight, and say how they compare."""
    machine = f"{platform.machine()}, {os.cpu_count()} cores"
    click.echo(f"{datetime.now(UTC):%Y-%m-%d}, {machine}, {SECONDS} s each")
    folder = Path(tempfile.mkdtemp(prefix="kunnig-writers-"))
    try:
        alone = write_together(folder, 1, SECONDS)
        together = write_together(folder, PROCESSES, SECONDS)
    finally:
        shutil.rmtree(folder)
    for processes, outcome in ((1, alone), (PROCESSES, together)):
        waits = sorted(outcome.waits)
        click.echo(
            f"{processes} processes: {outcome.transactions / SECONDS:,.0f} transactions/s, "
            f"{len(outcome.errors)} errors, wait {1000 * waits[len(waits) // 2]:.1f} ms in the middle, "
            f"{1000 * waits[-len(waits) // 100]:.0f} ms at 99 %, {1000 * waits[-1]:.0f} ms at most"
        )
        for error in sorted(set(outcome.errors)):
            click.echo(f"  {error}")
    click.echo(f"{PROCESSES} against 1: {together.transactions / alone.transactions:.2f} of the transactions")


def write_together(folder: Path, processes: int, seconds: float) -> Outcome:
    """Let processes write answers into one file for a time; each is a unit of work of the house."""
    settings = read_settings(mode="demo", data=folder / uuid4().hex)
    settings.data.mkdir()
    house = make_house(settings)
    migrate(house.engine)
    build_municipalities(house)
    attempt = _attempt(house)
    house.engine.dispose()
    end = time.monotonic() + seconds
    # an executor lets its processes end by themselves; a pool kills them, which who has a signal handler survives
    with ProcessPoolExecutor(processes, get_context("fork")) as pool:
        parts = list(pool.map(_write, *([each] * processes for each in (settings, attempt, end))))
    outcome = Outcome(
        sum(part.transactions for part in parts),
        tuple(error for part in parts for error in part.errors),
        tuple(wait for part in parts for wait in part.waits),
    )
    assert _written(house) == outcome.transactions
    house.engine.dispose()
    return outcome


def _attempt(house: House) -> tuple[Actor, int]:
    """Somebody with an attempt under way."""
    with Town(house, "granvik").work("amina") as ctx:
        return ctx.who, open_attempt(ctx, "documentation", "sv").id


def _write(settings: Settings, attempt: tuple[Actor, int], end: float) -> Outcome:
    """One process: read the attempt, add an answer and an audit entry, commit, over and over."""
    house = make_house(settings)
    actor, attempt_id = attempt
    done, errors, waits = 0, [], []
    while (asked := time.monotonic()) < end:
        try:
            with work(house, actor) as ctx:
                ctx.db.connection()
                waits.append(time.monotonic() - asked)
                row = ctx.open(Attempt, attempt_id)
                key = str(uuid4())
                answer = {"attempt_id": row.id, "client_id": key, "item": key, "value": "a", "right": True}
                ctx.db.add(Answer(employer_id=row.employer_id, received_at=ctx.now, **answer))
                ctx.note("bench.answered", row)
            done += 1
        except Away as error:
            errors.append(str(error.__cause__))
    house.engine.dispose()
    return Outcome(done, tuple(errors), tuple(waits))


def _written(house: House) -> int:
    """How many answers are in the file, each with its audit entry."""
    with work(house, writes=False) as ctx:
        answers = ctx.db.scalar(select(func.count()).select_from(Answer))
        noted = ctx.db.scalar(
            select(func.count()).select_from(AuditEntry).where(AuditEntry.action == "bench.answered")
        )
        assert answers == noted
        return int(answers or 0)
