"""What pages cost: each against its bare template and a bare answer, in one run; then the server as a whole.

CPU time, not time on the clock: medians of calls that take turns. Run it with `kunnig bench pages`.
"""

import re
import statistics
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

import click
from flask import Flask
from sqlalchemy import delete, event, func, select
from werkzeug.test import EnvironBuilder, run_wsgi_app

import certificates
from lms.app import create_app
from lms.base.access import Actor
from lms.base.context import House, work
from lms.catalogue import queries as catalogue
from lms.evidence.models import CertificateRow
from lms.evidence.queries import verify_url
from lms.learning.models import Attempt, Progress
from lms.organisation.models import Person
from tests.bench._server import Visitor, cpu_seconds, megabytes, program
from tests.bench._town import WHO, pages, tokens, town
from tests.bench._yardstick import Recording, Yardstick
from tests.servers import free_port

ROUNDS = 25  # of calls that take turns
CROWDS = (0, 2_000, 10_000)  # people beside the demo's twenty-one
UNCOUNTED = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE", "SET")
COURSE = "/courses/documentation"
STEP = f"{COURSE}/right-record/hall"


def main() -> None:
    """Print all tables; takes some minutes."""
    for people in CROWDS:
        with town(people) as house:
            bench = Bench(house)
            bench.warm_up()
            if not people:
                print_pages(bench)
                print_writing(bench)
            else:
                print_growth(bench, people)
                print_server(house, people)
            if people == CROWDS[-1]:
                print_files(house, bench)


class Bench:
    """The application of a house in this process, called as the server calls it, and pages to ask it for."""

    def __init__(
        self,
        house: House,
        wanted: Mapping[str, str] = WHO,
        addresses: Mapping[str, tuple[str, str]] | None = None,
    ) -> None:
        self.house = house
        self.app = create_app(house=house)
        self.tokens = tokens(house, wanted)
        self.pages = dict(addresses or pages(house))
        self.statements: list[str] = []
        event.listen(house.engine, "before_cursor_execute", self._count)
        static = self.app.extensions["templates"]["sv"].globals["static"]
        self.yardstick = Yardstick(static)

    def _count(self, _connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if not statement.startswith(UNCOUNTED):
            self.statements.append(statement)

    def request(self, path: str, who: str = "", form: list[tuple[str, str]] | None = None) -> dict[str, Any]:
        """What the server hands over for a request."""
        headers = {"Cookie": f"kunnig={self.tokens[who]}"} if who else {}
        body = {"data": urlencode(form), "content_type": "application/x-www-form-urlencoded"} if form else {}
        address, _mark, query = path.partition("?")
        builder = EnvironBuilder(
            address, method="POST" if form else "GET", query_string=query, headers=headers,
            environ_base={"REMOTE_ADDR": "192.0.2.1"}, **body,
        )  # fmt: skip
        return builder.get_environ()

    def ask(self, path: str, who: str = "", form: list[tuple[str, str]] | None = None) -> tuple[int, str]:
        """Status and text of an answer; the statements for it are in `statements`."""
        self.statements.clear()
        parts, status, _headers = run_wsgi_app(self.app, self.request(path, who, form))
        return int(status.split()[0]), b"".join(parts).decode()

    def warm_up(self) -> None:
        """Ask for every page twice, and keep with what values it was rendered."""
        environments = self.app.extensions["templates"]
        for name, (who, path) in self.pages.items():
            self.ask(path, who)
            recordings = {language: Recording(env) for language, env in environments.items()}
            self.app.extensions["templates"] = recordings
            status, _text = self.ask(path, who)
            assert status == 200, f"{name}: {status}"
            self.app.extensions["templates"] = environments
            for language, recording in recordings.items():
                if recording.name:
                    self.yardstick.add(f"/{name.replace(' ', '-')}", recording, language)

    def cost(self, path: str, who: str = "", rounds: int = ROUNDS) -> float:
        """CPU milliseconds of a page."""
        return medians([call(self.app, self.request(path, who))], rounds)[0]


def call(app: Any, request: dict[str, Any], status: str = "200") -> Callable[[], None]:
    """Send a request to an application, and read the answer."""

    def send() -> None:
        parts, got, _headers = run_wsgi_app(app, dict(request))
        b"".join(parts)
        assert got.startswith(status), got

    return send


def medians(calls: list[Callable[[], None]], rounds: int = ROUNDS) -> list[float]:
    """CPU milliseconds of each call; they take turns, so that what disturbs one disturbs all."""
    times: list[list[float]] = [[] for _call in calls]
    for _round in range(rounds + 1):
        for which, each in enumerate(calls):
            start = time.process_time()
            each()
            times[which].append((time.process_time() - start) * 1000)
    return [statistics.median(some[1:]) for some in times]


def bare(app: Flask, path: str) -> Callable[[], None]:
    """A page of the yardstick."""
    return call(app, EnvironBuilder(path).get_environ())


def print_pages(bench: Bench) -> None:
    """Every page beside its bare template and a bare answer."""
    click.echo(
        "\nPages: CPU-ms in this process; `template`: the page from constants, `hello`: a bare answer of Flask\n"
    )
    click.echo("| page | CPU-ms | template | page / template | hello | page / hello | statements | bytes |")
    click.echo("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    for name, (who, path) in bench.pages.items():
        calls = [
            call(bench.app, bench.request(path, who)),
            bare(bench.yardstick.app, f"/{name.replace(' ', '-')}"),
            bare(bench.yardstick.app, "/hello"),
        ]
        page, template, hello = medians(
            calls, 5 if name == "verify" else ROUNDS
        )  # look-ups are counted per address
        _status, text = bench.ask(path, who)
        click.echo(
            f"| {name} | {page:.2f} | {template:.2f} | {page / template:.1f} | {hello:.2f} | {page / hello:.0f} "
            f"| {len(bench.statements)} | {len(text.encode())} |",
        )


def print_writing(bench: Bench) -> None:
    """What is written in passing: a step read for the first time, and an answer of the test (W3)."""
    step = call(bench.app, bench.request(STEP, "learner"))

    def read_anew() -> None:
        with work(bench.house) as ctx:
            ctx.db.execute(delete(Progress).where(Progress.lesson == "right-record", Progress.step == "hall"))

    hello = bare(bench.yardstick.app, "/hello")
    times: dict[str, list[float]] = {
        "lesson step, read for the first time": [],
        "quiz answer (W3)": [],
        "hello": [],
    }

    def timed(name: str, act: Callable[[], None]) -> None:
        start = time.process_time()
        act()
        times[name].append((time.process_time() - start) * 1000)

    for _quiz in range(3):
        _status, text = bench.ask(f"{COURSE}/quiz", "learner")
        bench.ask(f"{COURSE}/quiz", "learner", [("csrf_token", hidden(text, "csrf_token"))])
        for place, fields in enumerate(answers(bench.house, WHO["learner"]), 1):
            _status, text = bench.ask(f"{COURSE}/quiz/{place}", "learner")
            request = bench.request(f"{COURSE}/quiz/{place}", "learner", filled(text, fields))
            timed("quiz answer (W3)", sent_once(bench.app, request))
            read_anew()
            timed("lesson step, read for the first time", step)
            timed("hello", hello)
    yardstick = statistics.median(times.pop("hello"))
    click.echo(
        "\nWriting, synchronous=FULL\n\n| what | CPU-ms | hello | ratio |\n| --- | ---: | ---: | ---: |"
    )
    for name, some in times.items():
        click.echo(
            f"| {name} | {statistics.median(some):.2f} | {yardstick:.2f} | {statistics.median(some) / yardstick:.1f} |"
        )


def sent_once(app: Any, request: dict[str, Any]) -> Callable[[], None]:
    """A form sent; it answers with a redirect."""
    return call(app, request, "303")


def print_growth(bench: Bench, people: int) -> None:
    """Every page again in a larger municipality."""
    click.echo(
        f"\nPages with {people} people more\n\n| page | CPU-ms | statements | bytes |\n| --- | ---: | ---: | ---: |"
    )
    for name, (who, path) in bench.pages.items():
        cost = bench.cost(path, who, 5)
        _status, text = bench.ask(path, who)
        click.echo(f"| {name} | {cost:.2f} | {len(bench.statements)} | {len(text.encode())} |")


def print_server(house: House, people: int) -> None:
    """CPU of the whole server for each request, and the memory of all processes."""
    port, signed_in = free_port(), tokens(house)
    addresses = pages(house)
    with program(house, "work") as worker, program(house, "serve", port) as server:
        click.echo(
            f"\nThe server (granian) and its database, {people} people more\n\n| what | CPU-ms |\n| --- | ---: |"
        )
        for name in ("sign-in", "todo", "course", "step", "team", "register"):
            who, path = addresses[name]
            visitor = Visitor(port, signed_in[who] if who else "")
            click.echo(f"| {name} | {each(server, lambda v=visitor, p=path: v.get(p)):.2f} |")
        visitor = Visitor(port, signed_in["learner"])
        whole, of_it = [], []
        for _quiz in range(5):
            start = cpu_seconds(server)
            page = visitor.get(f"{COURSE}/quiz")
            page = visitor.send(f"{COURSE}/quiz", [("csrf_token", hidden(page, "csrf_token"))])
            begun = cpu_seconds(server)
            asked = answers(house, WHO["learner"])
            for place, fields in enumerate(asked, 1):
                page = visitor.send(f"{COURSE}/quiz/{place}", filled(page, fields))
            answered = cpu_seconds(server)
            visitor.get(f"{COURSE}/result")
            whole.append((cpu_seconds(server) - start) * 1000)
            of_it.append((answered - begun) * 1000 / len(asked))
        mean, one = statistics.mean(whole), statistics.mean(of_it)
        click.echo(
            f"| whole quiz of {len(asked)} questions, passed, with its certificate issued | {mean:.0f} |"
        )
        click.echo(
            f"| with 10 questions ({len(asked) - 10} x {one:.1f} less) | {mean - (len(asked) - 10) * one:.0f} |"
        )
        visitor = Visitor(port, signed_in["officer"])
        for kind in ("csv", "xlsx"):
            cost = each(server, lambda k=kind: visitor.get(f"/register/file/{k}"), 3, seconds=0)
            click.echo(f"| the register as {kind.upper()}, {people} rows and more | {cost:.0f} |")
        click.echo(
            f"\nMemory: web {megabytes(server):.0f} MB, worker {megabytes(worker):.0f} MB (shared pages once)"
        )


def each(server: int, ask: Callable[[], object], least: int = 20, seconds: float = 1.5) -> float:
    """CPU milliseconds of one request, over as many as use some seconds."""
    for _warm in range(3):
        ask()
    count, start = 0, cpu_seconds(server)
    while count < least or cpu_seconds(server) - start < seconds:
        for _some in range(10 if seconds else 1):
            ask()
            count += 1
    return (cpu_seconds(server) - start) * 1000 / count


def print_files(house: House, bench: Bench) -> None:
    """One certificate as a PDF in a warm worker, and the register as a file."""
    with work(house, writes=False) as ctx:
        content = certificates.from_canonical(ctx.db.scalars(select(CertificateRow.content)).first().encode())
    address = verify_url(house, content.number)
    pdf = medians([lambda: None, lambda: certificates.render_pdf(content, address)], 10)[1]
    size = len(certificates.render_pdf(content, address))
    click.echo(f"\nOne certificate PDF, warm: {pdf:.0f} CPU-ms, {size / 1024:.0f} KB")
    for kind in ("csv", "xlsx"):
        cost = bench.cost(f"/register/file/{kind}", "officer", 3)
        click.echo(f"The register as {kind.upper()} in this process: {cost / 1000:.2f} CPU-s")


def hidden(page: str, name: str) -> str:
    """The value of a hidden field of a page."""
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found, f"no field {name}"
    return found[1]


def filled(page: str, fields: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """A form of the test as a browser sends it."""
    return [(name, hidden(page, name)) for name in ("csrf_token", "attempt", "client_id", "type")] + fields


def answers(house: House, employee_number: str) -> list[list[tuple[str, str]]]:
    """The fields that answer each question of somebody's newest attempt rightly."""
    with work(house, writes=False) as ctx:
        newest = select(func.max(Attempt.id)).join(Person, Person.id == Attempt.person_id)
        attempt = ctx.db.get_one(
            Attempt, ctx.db.scalar(newest.where(Person.employee_number == employee_number))
        )
        ctx.actor = Actor.program(attempt.employer_id)
        edition = catalogue.edition(ctx, attempt.edition_id)
    found = []
    for entry in attempt.drawn:
        key = edition.items[entry["item"]].key
        if isinstance(key, dict):
            found.append([(f"answer-{option}", target) for option, target in key.items()])
        else:
            found.append([("answer", value) for value in ([key] if isinstance(key, str) else key)])
    return found
