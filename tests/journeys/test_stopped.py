"""Server and worker are told to stop (SIGTERM) in the middle of something: they finish it, and end well."""

import asyncio
import http.client
import signal
import socket
import threading
import time
from contextlib import closing
from urllib.parse import urlencode

import pytest
from aiosmtpd.controller import Controller
from sqlalchemy import select, text

from lms.base.context import make_house, work
from lms.base.heartbeat import WorkerHeartbeat
from lms.base.migrate import migrate_as_owner
from lms.base.outbox import OutboxTask
from lms.identity.ways_in import request_sign_in
from tests.builders import build_municipalities
from tests.journeys.conftest import demo_settings, environment
from tests.journeys.forms import hidden
from tests.servers import free_port, kunnig, running

AMINA = "amina.yusuf@granvik.example"


@pytest.fixture
def house(tmp_path):
    settings = demo_settings(tmp_path / "data", free_port())
    settings.data.mkdir()
    made = make_house(settings)
    migrate_as_owner(settings)
    build_municipalities(made)
    yield made
    made.engine.dispose()


def tasks(house):
    with work(house, writes=False) as ctx:
        mails = select(OutboxTask).where(OutboxTask.kind == "send_sign_in_mail")
        return [task.outcome for task in ctx.db.scalars(mails)]


def test_the_server_answers_the_request_in_hand(house, tmp_path):
    settings = house.settings
    serving = running(
        kunnig("serve"), tmp_path / "log", f"{settings.public_url}/healthz", environment(settings)
    )
    with serving as server, closing(http.client.HTTPConnection("127.0.0.1", settings.port)) as browser:
        browser.request("GET", "/sign-in")
        page = browser.getresponse()
        cookie = page.headers["Set-Cookie"].partition(";")[0]
        form = urlencode({"email": AMINA, "csrf_token": hidden(page.read().decode(), "csrf_token")})
        kind = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": cookie}
        with house.engine.connect().execution_options(writes=True) as writing, writing.begin():
            writing.execute(text("SELECT 1"))  # now whoever else wants to write waits
            browser.request("POST", "/sign-in", form, kind)
            time.sleep(1)
            server.send_signal(signal.SIGTERM)
            time.sleep(1)
            assert server.poll() is None
        answer = browser.getresponse()
        assert (answer.status, answer.headers["Location"]) == (303, "/sign-in/code")
        assert server.wait(timeout=20) == 0
    assert tasks(house) == [None]  # what the request did is kept


def test_the_worker_finishes_the_task_in_hand(house, tmp_path):
    begun, go_on = threading.Event(), threading.Event()

    class Slow:
        async def handle_DATA(self, _server, _session, _envelope):  # noqa: N802  (the name aiosmtpd calls)
            begun.set()
            await asyncio.to_thread(go_on.wait)
            return "250 OK"

    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = Controller(Slow(), hostname="127.0.0.1", port=port)
    controller.start()
    with work(house) as ctx:
        request_sign_in(ctx, AMINA)
        request_sign_in(ctx, "farid.rahimi@granvik.example")
    settings = environment(house.settings) | {"KUNNIG_MAIL": f"smtp://127.0.0.1:{port}"}
    with running(kunnig("work"), tmp_path / "log", environment=settings) as worker:
        assert begun.wait(30)
        worker.send_signal(signal.SIGTERM)
        go_on.set()
        assert worker.wait(timeout=20) == 0
    controller.stop()
    assert sorted(tasks(house), key=str) == [None, "sent"]  # that one, and no other
    with work(house, writes=False) as ctx:
        assert ctx.db.scalars(select(WorkerHeartbeat)).all() == []
