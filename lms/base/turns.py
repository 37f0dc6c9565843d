"""The line in which writers of one SQLite file wait for their turn.

SQLite lets waiting writers poll, and under load the unlucky starve: with eight of them the longest wait
was 13 s. Here a writer first takes a lock on a file beside the database. The kernel wakes who waits for it
as soon as it is free, and frees it when its holder dies. `kunnig bench writers` measures it.
"""

import fcntl
import os
import sqlite3
from concurrent.futures import Future
from threading import Thread
from typing import Any

from lms.base.errors import Away

LONGEST_WAIT = 30  # seconds; a writer that has stopped half-way must not hold everybody for ever


class QueuedConnection(sqlite3.Connection):
    """A connection to a SQLite file that has the turn to write from `take_turn` to `give_turn`, or until it is closed.

    Every connection stands in line for itself, those of one process too. A database in memory has no line.
    """

    def __init__(self, database: str, *arguments: Any, **options: Any) -> None:
        super().__init__(database, *arguments, **options)
        self._line = None if database in {"", ":memory:"} else f"{database}-turn"
        self._turn: int | None = None

    def take_turn(self) -> None:
        """Wait until no other connection writes. Raises Away if it takes longer than LONGEST_WAIT."""
        if self._line is None or self._turn is not None:
            return
        try:
            self._turn = _wait_in(self._line)
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


def _wait_in(line: str) -> int:
    """Descriptor that holds the lock on a file, until it is closed. Raises OSError."""
    place = os.open(line, os.O_RDONLY | os.O_CREAT, 0o644)  # reading is enough to lock it, whoever made it
    try:
        fcntl.flock(place, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return _stand(place)
    return place


def _stand(place: int) -> int:
    """Wait for a lock that another holds; in a thread, because `flock` knows no longest wait."""
    turn: Future[int] = Future()

    def wait() -> None:
        fcntl.flock(place, fcntl.LOCK_EX)
        if turn.set_running_or_notify_cancel():
            turn.set_result(place)
        else:  # it took too long, and nobody waits any more
            os.close(place)

    Thread(target=wait, daemon=True).start()
    try:
        return turn.result(LONGEST_WAIT)
    except BaseException:
        if not turn.cancel():  # it came in the very last moment
            os.close(turn.result())
        raise
