"""The real server as a process of its own, its CPU time, and one visitor who keeps the connection open."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlencode

from lms.base.context import House
from tests.servers import kunnig, running

TICK = os.sysconf("SC_CLK_TCK")  # of the CPU clock in /proc, a second


def _figures(process: object) -> list[str]:
    """What /proc says of a process after its name; the name may hold anything."""
    return Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()


def descendants(root: int) -> list[int]:
    """A process and all that it has started."""
    parents = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parents[int(folder.name)] = int(_figures(folder.name)[1])
        except OSError:
            continue  # it has ended meanwhile
    found = [root]
    for process in found:
        found += [each for each, parent in parents.items() if parent == process]
    return found


def cpu_seconds(root: int) -> float:
    """CPU time that a process and its descendants have used, in the program and in the kernel."""
    return sum(int(ticks) for process in descendants(root) for ticks in _figures(process)[11:15]) / TICK


def megabytes(root: int) -> float:
    """Memory of a process and its descendants; pages they share are counted once (PSS)."""
    total = 0
    for process in descendants(root):
        rollup = Path(f"/proc/{process}/smaps_rollup").read_text(encoding="utf-8")
        total += int(re.search(r"^Pss:\s+(\d+)", rollup, re.MULTILINE)[1])
    return total / 1024


@contextmanager
def program(house: House, command: str, port: int = 0) -> Iterator[int]:
    """A command of the program running over a house (`serve`, `work`), as soon as it answers; gives its process id.

    What it logs goes to a file in the data folder, not between the tables of the bench.
    """
    settings = house.settings
    environment = {
        "KUNNIG_MODE": "demo", "KUNNIG_SECRET_KEY": settings.secret_key.get_secret_value(),
        "KUNNIG_DATA": str(settings.data), "KUNNIG_PORT": str(port), "KUNNIG_THREADS": "1", "KUNNIG_DATABASE": "",
    }  # fmt: skip
    url = f"http://127.0.0.1:{port}/healthz" if port else ""
    with running(kunnig(command), settings.data / f"{command}.log", url, environment) as process:
        yield process.pid


class Visitor:
    """One person's browser: a connection, a cookie, and forms that are filled in and sent."""

    def __init__(self, port: int, token: str = "") -> None:
        self.connection = HTTPConnection("127.0.0.1", port, timeout=60)
        self.headers = {"Cookie": f"kunnig={token}"} if token else {}

    def get(self, path: str) -> str:
        """A page; redirects are followed. Raises RuntimeError for an error page."""
        return self._ask("GET", path, None)

    def send(self, path: str, fields: list[tuple[str, str]]) -> str:
        """Send a form; the page it leads to."""
        return self._ask("POST", path, urlencode(fields))

    def _ask(self, method: str, path: str, body: str | None) -> str:
        headers = dict(self.headers)
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        self.connection.request(method, path, body, headers)
        answer = self.connection.getresponse()
        text = answer.read().decode("utf-8", "replace")
        if answer.status in {301, 302, 303}:
            return self._ask("GET", answer.headers["Location"], None)
        if answer.status != 200:
            raise RuntimeError(f"{method} {path}: {answer.status}")
        return text
