"""The line in which writers of one SQLite file wait for their turn.

SQLite lets waiting writers poll, and under load the unlucky starve: with eight of them the longest wait
was 13 s. Here a writer first walks down the steps of a stair, which are files in a folder beside the
database: it locks a step, then lets go of the one above; the lowest is the turn to write. Nobody passes
anybody on a stair. The kernel wakes who waits for a step as soon as it is free, and frees those of a
process that dies. `kunnig bench writers` measures it.
"""

import fcntl
import os
import sqlite3
from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path
from threading import Thread
from typing import Any

from lms.base.errors import Away

STEPS = 8  # above the lowest; if more wait, those who have not reached the stair have no order
LONGEST_WAIT = 30  # seconds; a writer that has stopped half-way must not hold everybody for ever


class QueuedConnection(sqlite3.Connection):
    """A connection to a SQLite file that has the turn to write from `take_turn` to `give_turn`, or until it is closed.

    Every connection stands in line for itself, those of one process too. A database in memory has no line.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        _number, _name, file = self.execute("PRAGMA database_list").fetchone()
        self._file: str = file
        self._turn: int | None = None

    def take_turn(self) -> None:
        """Wait until no other connection writes. Raises Away if it takes longer than LONGEST_WAIT."""
        if not self._file or self._turn is not None:
            return
        try:
            self._turn = _stand_in_line(Path(f"{self._file}-turns"))
        except OSError as error:  # no such folder, read-only, or nobody gave way (TimeoutError)
            raise Away("database_away") from error

    def close(self) -> None:
        """Close, and let the next one write."""
        super().close()
        self.give_turn()

    def give_turn(self) -> None:
        """Let the next one write, if this connection had the turn."""
        if self._turn is not None:
            os.close(self._turn)
            self._turn = None


def _stand_in_line(stair: Path) -> int:
    """Descriptor that holds the lowest step until it is closed. Raises OSError, TimeoutError after LONGEST_WAIT."""
    stair.mkdir(exist_ok=True)
    with suppress(BlockingIOError):
        return _walk_down(stair, fcntl.LOCK_EX | fcntl.LOCK_NB)
    served: Future[int] = Future()

    def wait() -> None:
        turn = _walk_down(stair, fcntl.LOCK_EX)
        if served.set_running_or_notify_cancel():
            served.set_result(turn)
        else:  # it took too long, and nobody waits any more
            os.close(turn)

    Thread(target=wait, daemon=True).start()  # for `flock` knows no longest wait
    try:
        return served.result(LONGEST_WAIT)
    except BaseException:
        if not served.cancel():  # it came in the very last moment
            os.close(served.result())
        raise


def _walk_down(stair: Path, how: int) -> int:
    """The lowest step, locked. Raises BlockingIOError, and holds none, if one is taken and `how` says not to wait."""
    above = _lock(stair / str(STEPS), how)
    for step in reversed(range(STEPS)):
        try:
            here = _lock(stair / str(step), how)
        finally:
            os.close(above)
        above = here
    return above


def _lock(step: Path, how: int) -> int:
    place = os.open(step, os.O_RDONLY | os.O_CREAT, 0o644)  # reading is enough, whichever user has made it
    try:
        fcntl.flock(place, how)
    except BaseException:
        os.close(place)
        raise
    return place
