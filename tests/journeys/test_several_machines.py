"""Two hosts without a shared disk behind a proxy: the main journey, with a rolling restart in its middle."""

import re
import shutil
import signal
import threading
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from pathlib import Path
from subprocess import Popen
from urllib.parse import urlencode

import pytest
from sqlalchemy import select, text

from lms.base.context import House, make_house, work
from lms.base.db import make_engine
from lms.base.migrate import migrate_as_owner
from lms.base.outbox import OutboxTask
from lms.base.settings import read_settings
from lms.demo import build_demo
from lms.identity.rules import LIMITS
from tests.conftest import as_role
from tests.journeys.conftest import Site
from tests.journeys.walk import walk
from tests.servers import (
    BUCKET,
    OWNER,
    PROGRAM,
    S3_KEY,
    S3_SECRET,
    free_port,
    kill,
    kunnig,
    running,
    running_s3,
    start,
    stop,
    wait_for,
)

pytestmark = [pytest.mark.thorough, pytest.mark.postgres, pytest.mark.browser, pytest.mark.timeout(900)]

PROXY = """
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/nginx.log;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
    upstream kunnig {{
        server 127.0.0.1:{one} max_fails=0;
        server 127.0.0.1:{two} max_fails=0;
    }}
    server {{
        listen 127.0.0.1:{port};
        client_max_body_size 10m;
        location / {{
            proxy_pass http://kunnig;
            proxy_set_header Host $http_host;
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
            proxy_set_header X-Forwarded-Proto $scheme;
            proxy_connect_timeout 2s;
        }}
    }}
}}
"""


@dataclass
class Host:
    """One machine: a folder of its own, a web server and a worker."""

    folder: Path
    port: int
    environment: dict[str, str]
    processes: list[Popen[bytes]] = field(default_factory=list)

    def start(self) -> None:
        """Start both, and wait until the web server answers."""
        web, worker = self.folder / "serve.log", self.folder / "work.log"
        self.processes = [
            start(kunnig("serve"), web, self.environment),
            start(kunnig("work"), worker, self.environment),
        ]
        wait_for(f"http://127.0.0.1:{self.port}/sign-in", self.processes[0], web)

    def stop(self) -> None:
        """Stop both as an operator does: requests and tasks in hand are finished."""
        for process in self.processes:
            kill(process, signal.SIGTERM)
        for process in self.processes:
            stop(process)

    @property
    def mails(self) -> list[str]:
        """Message-IDs of what this host has sent."""
        return [
            str(message_from_bytes(path.read_bytes())["Message-ID"])
            for path in self.folder.rglob("mail/*.eml")
        ]


@dataclass(frozen=True)
class Machines(Site):
    """The site as people see it, and the hosts behind it."""

    hosts: tuple[Host, Host]

    @contextmanager
    def restarting(self) -> Iterator[None]:
        """One host after the other is stopped and started again, twice, while the block goes on."""

        def restart() -> None:
            for host in self.hosts * 2:
                host.stop()
                host.start()

        restarts = threading.Thread(target=restart)
        restarts.start()
        yield
        restarts.join()


@pytest.fixture(scope="module")
def site(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machines]:
    """The demo municipality in PostgreSQL and an S3-compatible store, on two hosts behind nginx."""
    folder = tmp_path_factory.mktemp("machines")
    admin = make_engine(postgres.format("postgres")).execution_options(isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE machines OWNER {OWNER}"))
    admin.dispose()
    with ExitStack() as stack:
        port = free_port()
        settings: dict[str, object] = {
            "mode": "demo",
            "secret_key": "x" * 40,
            "public_url": f"http://127.0.0.1:{port}",
            "proxies": 1,
            "database": as_role(PROGRAM, postgres.format("machines")),
            "database_owner": as_role(OWNER, postgres.format("machines")),
            "files": f"s3://{BUCKET}",
            "s3_endpoint": stack.enter_context(running_s3(folder)),
            "s3_key": S3_KEY,
            "s3_secret": S3_SECRET,
        }
        house = make_house(read_settings(data=folder / "set-up", **settings))
        stack.callback(house.engine.dispose)
        migrate_as_owner(house.settings)
        build_demo(house)
        hosts = (_host(folder / "one", settings), _host(folder / "two", settings))
        for host in hosts:
            stack.callback(host.stop)
            host.start()
        stack.enter_context(_proxy(folder, port, hosts))
        yield Machines(f"http://127.0.0.1:{port}", house, folder, hosts)


def _host(folder: Path, settings: dict[str, object]) -> Host:
    own = settings | {"data": folder / "data", "port": free_port()}
    folder.mkdir()
    return Host(
        folder, int(own["port"]), {f"KUNNIG_{name.upper()}": str(value) for name, value in own.items()}
    )


def _proxy(folder: Path, port: int, hosts: tuple[Host, Host]) -> AbstractContextManager[object]:
    nginx = shutil.which("nginx", path="/usr/sbin:/usr/bin:/opt/homebrew/bin:/usr/local/bin")
    assert nginx is not None, "nginx is missing"
    configuration = folder / "nginx.conf"
    configuration.write_text(PROXY.format(folder=folder, port=port, one=hosts[0].port, two=hosts[1].port))
    command = [nginx, "-p", str(folder), "-c", str(configuration), "-e", str(folder / "nginx.log")]
    return running(command, folder / "nginx.out", f"http://127.0.0.1:{port}/sign-in")


def test_the_main_journey_goes_on_through_a_rolling_restart(site, visitor, tmp_path):
    walk(site.house, visitor, tmp_path, while_answering=site.restarting())
    _every_task_was_done_once(site.house, site.hosts)


def _every_task_was_done_once(house: House, hosts: tuple[Host, Host]) -> None:
    with work(house, writes=False) as ctx:
        taken = select(OutboxTask).where(OutboxTask.attempts > 0)  # the demo's own past was never to be told
        done = [task for task in ctx.db.scalars(taken) if task.done_at is not None]
    assert len(done) > 3
    assert {(task.attempts, task.reason) for task in done} == {(1, None)}
    sent = Counter(mail for host in hosts for mail in host.mails)
    assert sent
    assert set(sent.values()) == {1}


def test_tries_on_both_hosts_are_counted_together(site):
    allowed = LIMITS["password"].by_name
    answers = [_try_password(site.hosts[number % 2].port) for number in range(allowed + 2)]
    assert answers == [422] * allowed + [429, 429]


def _try_password(port: int) -> int:
    """Status of one sign-in with a wrong password, asked of one host."""
    url = f"http://127.0.0.1:{port}/sign-in/password"
    with urllib.request.urlopen(url) as page:
        cookie = page.headers["Set-Cookie"].split(";")[0]
        token = re.search(r'name="csrf_token" value="([^"]+)"', page.read().decode()).group(1)
    form = {"csrf_token": token, "name": "birgitta@granvik.example", "password": "not the right one"}
    request = urllib.request.Request(url, urlencode(form).encode(), {"Cookie": cookie})
    try:
        with urllib.request.urlopen(request) as page:  # noqa: S310  (our own address)
            return int(page.status)
    except urllib.error.HTTPError as error:
        return error.code
