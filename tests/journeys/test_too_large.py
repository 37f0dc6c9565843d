"""A body of two gigabytes, said or unsaid how long, is refused after a few megabytes, by a server that stays small."""

import re
import select
import socket
import subprocess
from pathlib import Path

import pytest

from lms.base.migrate import migrate_as_owner
from tests.journeys.conftest import demo_settings, environment
from tests.servers import free_port, kunnig, running

BLOCK = b"a" * 65_536
WHOLE = 2**31  # bytes
HEARD = 64 * 2**20  # bytes at most before the answer; the largest upload is 8 MiB
LARGER = 64 * 1024  # KiB at most that the server may grow


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    settings = demo_settings(folder / "data", free_port())
    settings.data.mkdir()
    migrate_as_owner(settings)
    with running(
        kunnig("serve"), folder / "log", f"{settings.public_url}/healthz", environment(settings)
    ) as process:
        yield settings.port, process.pid


def largest(pid: int) -> int:
    """The most memory (KiB) that a process or a child of it ever had."""
    children = subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True, check=False)
    sizes = [
        re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{one}/status").read_text())
        for one in (pid, *children.stdout.split())
    ]
    return max(int(size.group(1)) for size in sizes)


def send(port: int, head: str, block: bytes) -> tuple[int, bytes]:
    """Send until the server answers; (bytes sent, the answer's first line)."""
    sent, answer = 0, b""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall(head.encode())
        while sent < WHOLE and not answer:
            try:
                connection.sendall(block)
            except OSError:  # the server has answered and closed
                answer = connection.recv(2000)
                break
            sent += len(BLOCK)
            if select.select([connection], [], [], 0)[0]:
                answer = connection.recv(2000)
    return sent, answer.split(b"\r\n")[0]


@pytest.mark.parametrize("path", ["/sign-in/password", "/org/people/import", "/healthz", "/nowhere"])
@pytest.mark.parametrize("said", [True, False], ids=["length", "chunked"])
def test_two_gigabytes(server, path, said):
    port, pid = server
    before = largest(pid)
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    head += f"Content-Length: {WHOLE}\r\n\r\n" if said else "Transfer-Encoding: chunked\r\n\r\n"
    sent, answer = send(port, head, BLOCK if said else b"10000\r\n" + BLOCK + b"\r\n")
    assert re.match(rb"HTTP/1.1 (400|404|405|413)", answer), answer
    assert sent < HEARD
    assert largest(pid) - before < LARGER
