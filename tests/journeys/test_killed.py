"""Servers and workers are killed at random moments: what was acknowledged is there, once; nothing is half there."""

import http.client
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import func, select

from lms.base.audit import AuditEntry
from lms.base.context import House, make_house
from lms.base.errors import Away
from lms.base.migrate import migrate_as_owner
from lms.base.outbox import LEASE, OutboxTask
from lms.jobs.worker import tidy, work_off
from lms.learning.actions import answer_item, open_attempt
from lms.learning.models import Answer, Attempt
from lms.messages.models import Message
from lms.organisation.models import Person
from lms.register.models import Duty
from lms.register.requirements import Terms, set_requirement
from tests.builders import Town, build_municipalities
from tests.conftest import settings_for
from tests.journeys.conftest import environment
from tests.journeys.forms import PATIENCE, Browser, Sent, answer_at, browser_of, hidden, multipart
from tests.journeys.whole import assert_documents_whole, assert_sound, assert_whole
from tests.learning.taking import COURSE, key_of
from tests.organisation.lists import HEAD, staff_list
from tests.servers import PostgresServer, free_port

LEARNERS = ("amina", "farid", "hodan", "karin", "jonas", "maria", "admin")


class Starter:
    """Starts `kunnig` commands in process groups of their own, and kills them."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process

    def start(self, command: str, env: dict[str, str]) -> int:
        """Start a command; its process group."""
        self.process.stdin.write(json.dumps({"command": [command], "environment": env}) + "\n")
        return int(self.process.stdout.readline())

    def kill(self, group: int) -> None:
        """Kill every process of a group, and wait until the last one is gone."""
        with suppress(ProcessLookupError):
            while True:
                os.killpg(group, signal.SIGKILL)
                time.sleep(0.002)


@pytest.fixture(scope="module")
def starter(tmp_path_factory) -> Iterator[Starter]:
    """A process that has loaded the program and forks."""
    log = tmp_path_factory.mktemp("killed") / "log"
    with (
        log.open("wb") as output,
        subprocess.Popen(
            [sys.executable, "-m", "tests.journeys.quick_start"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=output,
            cwd=Path(__file__).resolve().parents[2],
            text=True,
            bufsize=1,
        ) as process,
    ):
        yield Starter(process)


class Kind:
    """What is being done while the killing goes on, and what has been acknowledged of it."""

    command = "serve"
    most = 4  # things done until the kill
    pause = 0.02  # seconds from the last of them to the kill, at most

    def __init__(self, house: House, port: int, chance: random.Random) -> None:
        self.house, self.port, self.chance = house, port, chance
        self.town = Town(house, "granvik")
        self.acknowledged: list[object] = []

    def done(self) -> int:
        """How much has been done so far."""
        return len(self.acknowledged)

    def prepare(self) -> None:
        """Before each start."""

    def drivers(self) -> list[Callable[[], None]]:
        """What is done over and over, at the same time, until the server is gone."""
        return []

    def check(self) -> None:
        """After each kill."""

    def end(self) -> None:
        """After the last one."""


class Answering(Kind):
    """People answer quizzes, half of the answers wrong; each answer is one transaction."""

    def __init__(self, *arguments) -> None:
        super().__init__(*arguments)
        self.under_way: dict[str, Sent] = {}
        self.browsers = {name: browser_of(self.town, name, self.port) for name in LEARNERS[:2]}

    def drivers(self):
        return [lambda name=name: self.answer(name) for name in self.browsers]

    def answer(self, name: str) -> None:
        """Send what is not acknowledged yet, or the next answer."""
        browser = self.browsers[name]
        if name not in self.under_way:
            browser.send(f"/courses/{COURSE}/quiz", [])
            self.under_way[name] = self.next_answer(name)
        sent = self.under_way[name]
        browser.send(f"/courses/{COURSE}/quiz/{sent.place}", sent.fields())
        self.acknowledged.append(sent.client_id)
        del self.under_way[name]

    def next_answer(self, name: str) -> Sent:
        with self.town.work(name, writes=False) as ctx:
            attempt = ctx.db.scalars(
                select(Attempt)
                .where(Attempt.person_id == ctx.who.person_id, Attempt.closed_at.is_(None))
                .order_by(Attempt.id)
            ).one()
            given = ctx.db.scalars(select(Answer.item).where(Answer.attempt_id == attempt.id)).all()
            return answer_at(ctx, attempt, attempt.next_place(given), right=self.chance.random() < 0.5)

    def check(self) -> None:
        with self.town.inside() as ctx:
            kept = set(ctx.db.scalars(select(Answer.client_id)))
        assert set(self.acknowledged) <= kept


class Passing(Answering):
    """People give the last answer of their quiz, all right: the transaction that issues the certificate."""

    def __init__(self, *arguments) -> None:
        super().__init__(*arguments)
        self.browsers = {name: browser_of(self.town, name, self.port) for name in LEARNERS}

    def prepare(self) -> None:
        for name in self.browsers:
            if name not in self.under_way:
                self.under_way[name] = self.all_but_the_last(name)

    def drivers(self):
        names = list(self.browsers)
        self.chance.shuffle(names)
        return [self.passes(iter(names[0::2])), self.passes(iter(names[1::2]))]

    def passes(self, names: Iterator[str]) -> Callable[[], None]:
        def give_the_last_answer() -> None:
            if (name := next(names, None)) is None:
                raise ConnectionError("everybody has passed")
            self.answer(name)

        return give_the_last_answer

    def all_but_the_last(self, name: str) -> Sent:
        with self.town.work(name) as ctx:
            attempt = open_attempt(ctx, COURSE, "sv")
            last = len(attempt.drawn)
            for place in range(1, last):
                value = key_of(ctx, attempt, place)
                answer_item(ctx, attempt.public_id, place, client_id=str(uuid4()), value=value)
            return answer_at(ctx, attempt, last, right=True)


class Rendering(Passing):
    """The worker makes PDFs of certificates and tells people; what it has marked as done is there."""

    command = "work"
    most = 2
    pause = 0.2

    def __init__(self, *arguments) -> None:
        super().__init__(*arguments)
        self.looked_at: set[str] = set()

    def prepare(self) -> None:
        with self.town.inside() as ctx:
            waiting = ctx.db.scalar(
                select(func.count())
                .select_from(OutboxTask)
                .where(OutboxTask.kind == "after_completion", OutboxTask.leased_until.is_(None))
                .where(OutboxTask.done_at.is_(None))
            )
        for name in LEARNERS[waiting:]:
            sent = self.all_but_the_last(name)
            with self.town.work(name) as ctx:
                answer_item(ctx, sent.attempt, sent.place, client_id=sent.client_id, value=sent.value)

    def drivers(self):
        return []

    def done(self) -> int:
        return len(self.pdfs())

    def pdfs(self) -> list[Path]:
        return list(self.house.settings.files_folder.glob("certificates/**/*.pdf"))

    def check(self) -> None:
        assert_documents_whole(self.house, self.looked_at)

    def end(self) -> None:
        work_off(self.house, ahead=2 * LEASE)  # what the killed had in hand
        assert_documents_whole(self.house, self.looked_at)
        with self.town.inside() as ctx:
            attempts = ctx.db.scalar(select(func.count()).select_from(Attempt))
            told = ctx.db.scalars(select(Message.outcome).where(Message.kind == "passed")).all()
            sent = ctx.db.scalar(select(func.count()).select_from(Message).where(Message.outcome == "sent"))
            left = ctx.db.scalars(select(OutboxTask.kind).where(OutboxTask.done_at.is_(None))).all()
        assert (len(self.looked_at), told, left) == (attempts, ["sent"] * attempts, [])
        assert len(self.pdfs()) == attempts
        assert len(list(self.house.settings.mail_folder.glob("*.eml"))) == sent  # those and the day's letters


class Importing(Kind):
    """Staff lists are taken in, each of them whole: people, accounts, addresses, employments, duties, audit."""

    most = 1
    pause = 0.2
    people = 25

    def __init__(self, *arguments) -> None:
        super().__init__(*arguments)
        self.administrator = browser_of(self.town, "admin", self.port)
        self.lists = 0

    def drivers(self):
        return [self.take_in_a_list]

    def take_in_a_list(self) -> None:
        self.lists += 1
        number = self.lists
        lines = (
            f"k{number}-{each};Given{each};Family{number};Björken;usk;2026-02-01;k{number}.{each}@granvik.example"
            for each in range(self.people)
        )
        data = staff_list(*lines, head=HEAD + ";E-post")
        administrator = self.administrator
        administrator.csrf = administrator.csrf or hidden(
            administrator.ask("GET", "/org/people/import")[2], "csrf_token"
        )
        body, kind = multipart(administrator.csrf, data)
        status, preview, page = administrator.ask("POST", "/org/people/import", body, kind)
        assert status == 303, page
        digest = hidden(administrator.ask("GET", preview)[2], "digest")
        assert "imported=25" in administrator.send(preview, [("digest", digest)])
        self.acknowledged.append(number)

    def check(self) -> None:
        with self.town.inside() as ctx:
            numbers = ctx.db.execute(
                select(Person.id, Person.employee_number).where(Person.employee_number.like("k%-%"))
            ).all()
            added = ctx.db.scalars(
                select(AuditEntry.object_id).where(AuditEntry.action == "person.added")
            ).all()
            duties = ctx.db.scalars(select(Duty.person_id)).all()
        ids = {row.id for row in numbers}
        lists = [int(row.employee_number[1:].partition("-")[0]) for row in numbers]
        for number in range(1, self.lists + 1):
            assert lists.count(number) in ({self.people} if number in self.acknowledged else {0, self.people})
        assert sorted(person for person in added if person in ids) == sorted(ids)
        assert sorted(person for person in duties if person in ids) == sorted(ids)

    def end(self) -> None:
        """No list of people stays that nothing will remove."""
        tidy(self.house, datetime.now(UTC) + timedelta(hours=2))
        kept = {path.name for path in self.house.settings.files_folder.glob("imports/*/*/*")}
        with self.town.inside() as ctx:
            tasks = ctx.db.scalars(select(OutboxTask.ids).where(OutboxTask.kind == "forget_upload")).all()
        assert kept <= {ids["upload"] for ids in tasks}


def wait_until_it_listens(port: int) -> None:
    """Until the server answers."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        with suppress(OSError, http.client.HTTPException):
            Browser(port, "").ask("GET", "/healthz")
            return
        time.sleep(0.005)
    raise AssertionError("the server does not answer")


def until_it_breaks(act: Callable[[], None], faults: list[BaseException]) -> None:
    """Do something over and over until the server is gone; anything else that goes wrong is a fault."""
    try:
        while True:
            act()
    except (OSError, http.client.HTTPException, Away):
        return
    except BaseException as fault:  # noqa: BLE001  (told in the thread of the test)
        faults.append(fault)


def work_until(kind: Kind, strike: Callable[[], None]) -> None:
    """Let people (or the worker) work, strike at a random moment, look whether everything is whole."""
    faults: list[BaseException] = []
    enough = kind.done() + kind.chance.randint(0, kind.most)
    acts = [threading.Thread(target=until_it_breaks, args=(act, faults)) for act in kind.drivers()]
    try:
        if kind.command == "serve":
            wait_until_it_listens(kind.port)
        for each in acts:
            each.start()
        end = time.monotonic() + PATIENCE
        while kind.done() < enough and time.monotonic() < end and not faults:
            time.sleep(0.002)
        assert faults == []
        assert kind.done() >= enough  # there is something to lose
        time.sleep(kind.chance.uniform(0, kind.pause))
    finally:
        strike()
    for each in acts:
        each.join(PATIENCE)
    assert faults == []


def look(kind: Kind) -> None:
    """Look whether everything is whole, and what was acknowledged is there."""
    assert_whole(kind.house)
    kind.check()


def require_the_course(house: House) -> None:
    """Everybody has a duty, so that a pass has a status to change and an import duties to make."""
    with Town(house, "granvik").work("maria") as ctx:
        set_requirement(
            ctx, Terms(COURSE, reason="Krav", source="test", due_days=30), valid_from=date(2026, 1, 1)
        )


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("kills", [7, pytest.param(125, marks=pytest.mark.thorough)], ids=["few", "many"])
@pytest.mark.parametrize("seed", [20261123])
@pytest.mark.parametrize("doing", [Answering, Passing, Rendering, Importing])
def test_nothing_acknowledged_is_lost_or_doubled(doing, seed, kills, house, starter):
    require_the_course(house)
    kind = doing(house, free_port(), random.Random(seed))
    env = environment(house.settings) | {"KUNNIG_PORT": str(kind.port)}
    for _kill in range(kills):
        kind.prepare()
        group = starter.start(kind.command, env)
        work_until(kind, partial(starter.kill, group))
        look(kind)
    kind.end()
    assert_sound(house)


@pytest.mark.thorough
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("seed", [20261124])
@pytest.mark.parametrize("doing", [Answering, Passing, Importing])
def test_nothing_is_lost_when_postgresql_crashes(doing, seed, tmp_path, starter):
    """The server of the database is stopped at once, ten times; the web server goes on and finds it again."""
    with PostgresServer().running() as server:
        house = make_house(settings_for(tmp_path, server.create("crashing")))
        migrate_as_owner(house.settings)
        build_municipalities(house)
        require_the_course(house)
        kind = doing(house, free_port(), random.Random(seed))
        group = starter.start(kind.command, environment(house.settings) | {"KUNNIG_PORT": str(kind.port)})
        try:
            for _crash in range(10):
                kind.prepare()
                work_until(kind, partial(server.stop, "immediate"))
                server.start()
                look(kind)
        finally:
            starter.kill(group)
        kind.end()
        house.engine.dispose()
