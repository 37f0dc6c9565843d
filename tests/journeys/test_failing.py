"""What the servers stand on fails while they run: a clear page, nothing half done, and all recovers by itself."""

import html
import os
import re
import resource
import shutil
import stat
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from flask.testing import FlaskClient
from playwright.sync_api import expect
from sqlalchemy import func, select

from lms.app import create_app
from lms.base.context import House, make_house
from lms.base.files import S3Files
from lms.base.migrate import migrate_as_owner
from lms.base.outbox import OutboxTask
from lms.evidence.models import CertificateRow
from lms.jobs.worker import work_off
from lms.learning.actions import open_attempt
from lms.learning.models import Answer
from lms.messages.models import Message
from tests.builders import Town, build_municipalities
from tests.conftest import settings_for
from tests.journeys.conftest import PHONE, environment
from tests.journeys.forms import Browser, Sent, ServerAway, answer_at, browser_of, hidden
from tests.journeys.learner import answer_anything
from tests.journeys.whole import assert_whole
from tests.learning.taking import COURSE, assign, take
from tests.organisation.lists import many
from tests.servers import PostgresServer, free_port, kunnig, running

pytestmark = pytest.mark.timeout(600)
PATIENCE = 60  # seconds until something must have recovered
SWEDISH = "Det du skickade kunde inte sparas."
NORWEGIAN = "Det du sendte, kunne ikke lagres."


@contextmanager
def serving(house: House, folder: Path, prefix: tuple[str, ...] = ()) -> Iterator[tuple[int, int]]:
    """The real server of a house; (port, process group). It has opened no connection to the database yet."""
    port = free_port()
    env = environment(house.settings) | {"KUNNIG_PORT": str(port)}
    with running(
        [*prefix, *kunnig("serve")], folder / "serve.log", f"http://127.0.0.1:{port}/no-such-page", env
    ) as server:
        yield port, server.pid


def a_first_answer(town: Town) -> Sent:
    """Amina's answer to the first question of a quiz she has begun."""
    with town.work("amina") as ctx:
        attempt = open_attempt(ctx, COURSE, "sv")
        return answer_at(ctx, attempt, 1, right=True)


def answers(town: Town) -> int:
    with town.inside() as ctx:
        return ctx.db.scalar(select(func.count()).select_from(Answer))


def kept(page: str) -> tuple[str, list[tuple[str, str]]]:
    """Where the page's button sends what could not be saved, and what that is."""
    form = re.search(r'<form[^>]*action="([^"]+)" data-again>(.*?)</form>', page, re.DOTALL)
    fields = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', form.group(2))
    sent = [(name, html.unescape(value)) for name, value in fields if name != "csrf_token"]
    return html.unescape(form.group(1)), sent


def refused(browser: Browser, sent: Sent, words: str) -> tuple[str, list[tuple[str, str]]]:
    """Send an answer that cannot be saved; what the page keeps."""
    with pytest.raises(ServerAway) as away:
        browser.send(f"/courses/{COURSE}/quiz/{sent.place}", sent.fields())
    assert away.value.headers["Retry-After"] == "10"
    assert words in away.value.page
    return kept(away.value.page)


def processes_of(group: int) -> list[int]:
    """The processes of a group, after /proc."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            after_name = entry.read_text().rpartition(")")[2].split()
        except OSError:  # it has just ended
            continue
        if int(after_name[2]) == group:
            found.append(int(entry.parent.name))
    return found


@contextmanager
def full_disk(group: int) -> Iterator[None]:
    """No file may grow beyond one byte in these processes: every write fails, as on a full disk."""
    processes = processes_of(group)
    before = {each: resource.prlimit(each, resource.RLIMIT_FSIZE) for each in processes}
    for each, (_soft, hard) in before.items():
        resource.prlimit(each, resource.RLIMIT_FSIZE, (1, hard))
    try:
        yield
    finally:
        for each, limits in before.items():
            resource.prlimit(each, resource.RLIMIT_FSIZE, limits)


@pytest.fixture
def lite(sqlite_model, tmp_path) -> Iterator[Town]:
    """Granvik on SQLite."""
    shutil.copytree(sqlite_model, tmp_path / "data")
    house = make_house(settings_for(tmp_path / "data"))
    yield Town(house, "granvik")
    house.engine.dispose()


def test_on_a_full_disk_people_read_on_and_send_their_answer_again(lite, tmp_path):
    sent = a_first_answer(lite)
    with serving(lite.house, tmp_path) as (port, group):
        browser = browser_of(lite, "amina", port)
        browser.ask("GET", "/todo")
        with full_disk(group):
            where, what = refused(browser, sent, SWEDISH)
            assert browser.ask("GET", "/todo")[0] == 200
            assert answers(lite) == 0
            assert_whole(lite.house)
        assert what == sent.fields()
        for _time in range(2):  # sent twice, it is there once
            browser.send(where, what)
    assert answers(lite) == 1
    assert_whole(lite.house)


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """Take the right to write from a folder and the files in it."""
    paths = [folder, *(path for path in folder.iterdir() if path.is_file())]
    before = {path: stat.S_IMODE(path.stat().st_mode) for path in paths}
    for path in paths:
        path.chmod(before[path] & 0o555)
    try:
        yield
    finally:
        for path, mode in before.items():
            path.chmod(mode)


def test_a_read_only_database_is_said_and_written_again_when_it_may_be(lite, tmp_path):
    sent = a_first_answer(lite)
    browser = browser_of(lite, "amina", 0)
    pages = create_app(house=lite.house).test_client()
    pages.set_cookie("kunnig", browser.token)
    browser.csrf = hidden(pages.get(f"/courses/{COURSE}/quiz").text, "csrf_token")
    obeys = (
        ("setpriv", "--bounding-set", "-dac_override") if os.geteuid() == 0 else ()
    )  # root may write everywhere
    with serving(lite.house, tmp_path, obeys) as (browser.port, _group):
        with read_only(lite.house.settings.data):
            where, what = refused(browser, sent, SWEDISH)
            assert answers(lite) == 0
        browser.send(where, what)
    assert answers(lite) == 1
    assert_whole(lite.house)


def test_a_lost_postgresql_is_said_and_found_again(tmp_path):
    with PostgresServer("-c fsync=off").running() as server:
        house = make_house(settings_for(tmp_path / "data", server.create("lost")))
        migrate_as_owner(house.settings)
        build_municipalities(house)
        town = Town(house, "granvik")
        sent = a_first_answer(town)
        with (
            serving(house, tmp_path) as (port, _group),
            running(kunnig("work"), tmp_path / "work.log", environment=environment(house.settings)),
        ):
            browser = browser_of(town, "amina", port)
            browser.send(f"/courses/{COURSE}/quiz", [])
            server.stop("fast")
            with pytest.raises(ServerAway, match="503") as away:
                browser.ask("GET", "/todo")
            # In the browser's language: who it is cannot be asked.
            assert "Ingenting er gått tapt." in away.value.page
            where, what = refused(browser, sent, NORWEGIAN)
            server.start()
            browser.send(where, what)
            assert answers(town) == 1
            assign(town, "amina", "farid")
            until(lambda: told(town) == ["sent", "sent"])
        assert_whole(house)
        house.engine.dispose()


def told(town: Town) -> list[str]:
    """What became of the messages about the course that was given; letters of the day go beside them."""
    with town.inside() as ctx:
        return list(ctx.db.scalars(select(Message.outcome).where(Message.kind == "assigned")))


def until(holds) -> None:
    """Wait until something holds."""
    end = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.05)


class Store:
    """A real server that speaks S3, which can be stopped and started."""

    KEY, SECRET = "AKIAEXAMPLE", "a-secret-only-for-this-test-1234"

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        (folder / "s3" / "kunnig").mkdir(parents=True)

    def running(self):
        address = f"127.0.0.1:{self.port}"
        command = ["nanio", "serve", "--data-dir", str(self.folder / "s3"), "--host", "127.0.0.1"]
        return running(
            [sys.executable, "-m", *command, "--port", str(self.port)],
            self.folder / "s3.log",
            f"http://{address}/",
            {"NANIO_ACCESS_KEY": self.KEY, "NANIO_SECRET_KEY": self.SECRET},
        )

    def house(self, house: House) -> House:
        """The same house with its files in this store; those it has are copied."""
        settings = house.settings.model_copy(
            update={
                "files": "s3://kunnig",
                "s3_endpoint": f"http://127.0.0.1:{self.port}",
                "s3_key": self.KEY,
            }
            | {"s3_secret": type(house.settings.s3_secret)(self.SECRET)}
        )
        files = S3Files(settings)
        for path in house.settings.files_folder.rglob("*"):
            if path.is_file():
                files.put(path.relative_to(house.settings.files_folder).as_posix(), path.read_bytes())
        return House(settings, house.engine, files)


def signed_in(house: House, town: Town, name: str) -> FlaskClient:
    app = create_app(house=house)
    app.config.update(TESTING=True, WTF_CSRF_ENABLED=False)
    pages = app.test_client()
    pages.set_cookie("kunnig", browser_of(town, name, 0).token)
    return pages


def test_a_lost_file_store_is_said_and_what_was_to_be_stored_is_stored_later(granvik, tmp_path):
    store = Store(tmp_path)
    with store.running():
        house = store.house(granvik.house)
        amina, admin = signed_in(house, granvik, "amina"), signed_in(house, granvik, "admin")
        take(Town(house, "granvik"), "amina", right=12)
    with granvik.inside() as ctx:
        pdf = f"/certificates/{ctx.db.scalars(select(CertificateRow.number)).one()}.pdf"
    work_off(house)
    with granvik.inside() as ctx:
        task = ctx.db.scalars(select(OutboxTask).where(OutboxTask.kind == "after_completion")).one()
    assert (task.done_at, task.reason) == (None, "Away files_away")
    answer = amina.get(pdf)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "10")
    assert "Vi kan inte visa sidan just nu." in answer.text
    sent = admin.post("/org/people/import", data={"file": (BytesIO(many(3)), "staff.csv")})
    assert sent.status_code == 503
    assert "fyll i den en gång till" in sent.text
    with store.running():
        work_off(house, ahead=timedelta(hours=7))
        assert amina.get(pdf).data.startswith(b"%PDF")
        assert (
            admin.post("/org/people/import", data={"file": (BytesIO(many(3)), "staff.csv")}).status_code
            == 303
        )


class Inbox:
    """Keeps what an SMTP server was handed."""

    def __init__(self) -> None:
        self.ids: list[str] = []

    async def handle_DATA(self, _server, _session, envelope):  # noqa: N802  (the name aiosmtpd calls)
        self.ids += re.findall(rb"(?im)^Message-ID: (\S+)", envelope.content)
        return "250 OK"


def test_mail_waits_for_a_lost_server(granvik):
    inbox, port = Inbox(), free_port()
    settings = granvik.house.settings.model_copy(update={"mail": f"smtp://127.0.0.1:{port}"})
    house = House(settings, granvik.house.engine, granvik.house.files)
    assign(granvik, "amina", "farid")
    work_off(house)
    assert told(granvik) == ["waiting", "waiting"]
    controller = Controller(inbox, hostname="127.0.0.1", port=port)
    controller.start()
    work_off(house, ahead=timedelta(hours=7))
    controller.stop()
    assert told(granvik) == ["sent", "sent"]
    with granvik.inside() as ctx:
        assert sorted(ctx.db.scalars(select(Message.message_id))) == sorted(
            each.decode() for each in inbox.ids
        )


@pytest.mark.browser
def test_the_button_on_the_page_sends_the_answer_again(lite, tmp_path, browser):
    a_first_answer(lite)
    with serving(lite.house, tmp_path) as (port, group):
        context = browser.new_context(viewport=PHONE, locale="sv-SE", base_url=f"http://127.0.0.1:{port}")
        context.add_cookies(
            [
                {
                    "name": "kunnig",
                    "value": browser_of(lite, "amina", port).token,
                    "url": f"http://127.0.0.1:{port}",
                }
            ]
        )
        page = context.new_page()
        page.goto(f"/courses/{COURSE}/quiz/1")
        answer_anything(page)
        with full_disk(group):
            page.locator("form#next button[type=submit]").last.click()
            expect(page.locator("h1")).to_have_text(SWEDISH)
            assert (
                page.evaluate("Object.keys(localStorage).filter((key) => key.startsWith('keep:')).length")
                == 1
            )
        page.get_by_role("button", name="Skicka igen").click()
        page.locator("[data-sheet] h2").wait_for()
        context.close()
    assert answers(lite) == 1
