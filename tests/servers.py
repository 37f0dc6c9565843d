"""Real servers for tests, on loopback, each in a process of its own."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path

PATIENCE = 60  # seconds until a server must answer


def free_port() -> int:
    """A port nobody listens on just now."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    """Wait until an address answers with anything; fails with the log if the process ends first."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if process.poll() is not None:
            raise AssertionError(f"the server ended:\n{log.read_text()[-3000:]}")
        try:
            with urllib.request.urlopen(url, timeout=2):  # noqa: S310  (our own address)
                return
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.05)
    raise AssertionError(f"no answer from {url}:\n{log.read_text()[-3000:]}")


def start(
    command: Sequence[str], log: Path, environment: Mapping[str, str] | None = None
) -> subprocess.Popen[bytes]:
    """A process in a group of its own, so that a signal reaches its children; its output goes to a log."""
    with log.open("ab") as output:
        return subprocess.Popen(
            list(command),
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, **(environment or {})},
            start_new_session=True,
        )


def stop(process: subprocess.Popen[bytes]) -> None:
    """End a process as an operator does; by force if it does not listen."""
    kill(process, signal.SIGTERM)
    try:
        process.wait(timeout=20)
    except subprocess.TimeoutExpired:
        kill(process, signal.SIGKILL)
        process.wait(timeout=20)


@contextmanager
def running(
    command: Sequence[str], log: Path, url: str = "", environment: Mapping[str, str] | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """A process (with its children) for the length of a block; waits for its address if there is one."""
    process = start(command, log, environment)
    try:
        if url:
            wait_for(url, process, log)
        yield process
    finally:
        stop(process)


S3_KEY, S3_SECRET = "AKIAEXAMPLE", "a-secret-only-for-this-test-1234"
BUCKET = "kunnig-files"


@contextmanager
def running_s3(folder: Path) -> Iterator[str]:
    """Address of an S3-compatible server that checks signatures, with one bucket, for the length of a block."""
    port = free_port()
    (folder / "data" / BUCKET).mkdir(parents=True)
    command = [
        sys.executable, "-m", "nanio", "serve",
        "--data-dir", str(folder / "data"), "--host", "127.0.0.1", "--port", str(port),
    ]  # fmt: skip
    keys = {"NANIO_ACCESS_KEY": S3_KEY, "NANIO_SECRET_KEY": S3_SECRET}
    with running(command, folder / "log", f"http://127.0.0.1:{port}/", keys):
        yield f"http://127.0.0.1:{port}"


def kill(process: subprocess.Popen[bytes], number: int) -> None:
    """Send a signal to a process and all it started."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, number)


def kunnig(*arguments: str) -> list[str]:
    """The command `kunnig` of the environment the tests run in."""
    return [sys.executable, "-m", "lms.cli", *arguments]


SUPERUSER, OWNER, PROGRAM = "superuser", "kunnig_owner", "kunnig"  # roles in PostgreSQL


def memory() -> str | None:
    """A folder in memory with room for a cluster, where the system has one; a thousand databases wear out a disk."""
    folder = Path("/dev/shm")  # noqa: S108  (what is made in it has a name of its own)
    has_room = folder.is_dir() and os.access(folder, os.W_OK) and shutil.disk_usage(folder).free > 4 * 2**30
    return str(folder) if has_room else None


class PostgresServer:
    """A PostgreSQL cluster in a folder of its own, run by an unprivileged user; reached by a socket only."""

    def __init__(self, options: str = "", *, in_memory: bool = False) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="kunnig-pg-", dir=memory() if in_memory else None))
        self.address = f"postgresql+psycopg://{SUPERUSER}@/{{}}?host={self.folder}"  # without database name
        self.options = f"-c listen_addresses='' -c unix_socket_directories='{self.folder}' {options}"
        self._root = os.geteuid() == 0
        self._user = "postgres" if self._root else pwd.getpwuid(os.geteuid()).pw_name
        if self._root:
            account = pwd.getpwnam(self._user)
            os.chown(self.folder, account.pw_uid, account.pw_gid)
        data = str(self.folder / "data")
        self._run("initdb", "-D", data, "-U", SUPERUSER, "-A", "trust", "-E", "UTF8", "--no-sync")

    def start(self) -> None:
        """Start it and wait until it answers, after a crash as well."""
        self._control("-w", "-l", str(self.folder / "log"), "-o", self.options, "start")

    def stop(self, mode: str = "immediate") -> None:
        """Stop it: `fast` cuts connections and writes everything down, `immediate` is a crash."""
        self._control("-m", mode, "stop")

    @contextmanager
    def running(self) -> Iterator["PostgresServer"]:
        """Started for the length of a block (which may stop and start it), then thrown away."""
        self.start()
        for role in (OWNER, PROGRAM):
            self._run("createuser", "-h", str(self.folder), "-U", SUPERUSER, role)
        try:
            yield self
        finally:
            with suppress(subprocess.CalledProcessError):  # a test may have left it stopped
                self.stop()
            shutil.rmtree(self.folder, ignore_errors=True)

    def create(self, name: str) -> str:
        """A new database that the owner's role owns; its address."""
        self._run("createdb", "-h", str(self.folder), "-U", SUPERUSER, "-O", OWNER, name)
        return self.address.format(name)

    def _control(self, *arguments: str) -> None:
        self._run("pg_ctl", "-D", str(self.folder / "data"), *arguments)

    def _run(self, program: str, *arguments: str) -> None:
        folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
        folder = folders[-1] if folders else Path(shutil.which("initdb") or "/usr/bin/initdb").parent
        user = (
            ["setpriv", f"--reuid={self._user}", f"--regid={self._user}", "--init-groups"]
            if self._root
            else []
        )
        subprocess.run(
            [*user, str(folder / program), *arguments], check=True, cwd=self.folder, capture_output=True
        )
