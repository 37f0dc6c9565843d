"""Writers of one SQLite file stand in line: none fails, none is forgotten, and the dead do not hold up the rest."""

import fcntl
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from sqlalchemy import text

from lms.base import db, turns
from lms.base.context import House, make_house, work
from lms.base.errors import Away
from tests.bench.writers import write_together
from tests.conftest import settings_for

HOLD = """
import sys, time
from pathlib import Path
from sqlalchemy import text
from lms.base.context import make_house, work
from lms.base.settings import read_settings
with work(make_house(read_settings(mode="demo", data=Path(sys.argv[1])))) as ctx:
    ctx.db.execute(text("INSERT INTO said VALUES ('half')"))
    print("writing", flush=True)
    time.sleep(600)
"""


@pytest.fixture
def small(tmp_path):
    made = make_house(settings_for(tmp_path))
    with work(made) as ctx:
        ctx.db.execute(text("CREATE TABLE said (what TEXT)"))
    yield made
    made.engine.dispose()


def said(house: House) -> list[str]:
    with work(house, writes=False) as ctx:
        return list(ctx.db.scalars(text("SELECT what FROM said")))


def say(house: House, what: str) -> None:
    with work(house) as ctx:
        ctx.db.execute(text("INSERT INTO said VALUES (:what)"), {"what": what})


def test_writers_of_several_processes_all_get_their_turn(tmp_path):
    outcome = write_together(tmp_path, processes=4, seconds=1.5)
    assert outcome.errors == ()
    assert outcome.transactions > 0


def test_threads_of_one_process_stand_in_line_too(small, monkeypatch):
    inside, most = [], []

    def write(number: int) -> None:
        for _time in range(20):
            with work(small) as ctx:
                ctx.db.execute(text("INSERT INTO said VALUES ('x')"))
                inside.append(number)
                most.append(len(inside))
                inside.remove(number)

    writers = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for each in writers:
        each.start()
    for each in writers:
        each.join()
    assert (len(said(small)), max(most)) == (80, 1)


def test_a_writer_that_is_killed_gives_up_its_turn_and_leaves_nothing(small):
    child = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(small.settings.data)],
        stdout=subprocess.PIPE,
        cwd=Path(__file__).resolve().parents[2],
    )
    with child:
        assert child.stdout.readline() == b"writing\n"
        os.kill(child.pid, signal.SIGKILL)
    say(small, "whole")
    assert said(small) == ["whole"]


def test_a_writer_that_has_stopped_holds_nobody_for_ever(small, monkeypatch):
    monkeypatch.setattr(turns, "LONGEST_WAIT", 0.1)
    with work(small) as ctx:
        ctx.db.execute(text("INSERT INTO said VALUES ('slow')"))
        with pytest.raises(Away):
            say(small, "in vain")
    say(small, "later")  # who gave up has not kept the place
    assert said(small) == ["slow", "later"]


def test_a_turn_is_given_up_when_the_file_is_locked_by_a_stranger(tmp_path, monkeypatch):
    monkeypatch.setattr(db, "LONGEST_WAIT", 0.1)
    monkeypatch.setattr(turns, "LONGEST_WAIT", 1)
    house = make_house(settings_for(tmp_path))
    with work(house) as ctx:
        ctx.db.execute(text("CREATE TABLE said (what TEXT)"))
    stranger = sqlite3.connect(tmp_path / "kunnig.db", isolation_level=None)
    stranger.execute("BEGIN IMMEDIATE")
    with pytest.raises(Away):
        say(house, "in vain")
    stranger.close()
    say(house, "later")
    assert said(house) == ["later"]
    house.engine.dispose()


def test_nobody_passes_who_came_earlier(small):
    """Six write one after the other while the first holds the turn: they come in the order in which they asked."""
    order: list[int] = []

    def write(number: int) -> None:
        with work(small) as ctx:
            ctx.db.execute(text("INSERT INTO said VALUES ('x')"))
            order.append(number)

    writers = [threading.Thread(target=write, args=(number,)) for number in range(6)]
    with work(small) as ctx:
        ctx.db.execute(text("INSERT INTO said VALUES ('first')"))
        for number, each in enumerate(writers):
            each.start()
            step = small.settings.data / "kunnig.db-turns" / str(number + 1)
            while not is_locked(step):
                time.sleep(0.005)
    for each in writers:
        each.join()
    assert order == sorted(order)


def is_locked(path: Path) -> bool:
    if not path.exists():
        return False
    with path.open() as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def test_reading_needs_no_turn(small):
    say(small, "before")
    with work(small) as ctx:
        ctx.db.execute(text("INSERT INTO said VALUES ('meanwhile')"))
        assert said(small) == ["before"]


def test_a_database_in_memory_has_no_line(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    engine = db.make_engine("sqlite://")
    with engine.execution_options(writes=True).begin() as connection:
        connection.execute(text("CREATE TABLE said (what TEXT)"))
    engine.dispose()
    assert list(tmp_path.iterdir()) == []
