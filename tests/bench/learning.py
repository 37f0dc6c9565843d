"""What learning costs: drawing and grading an exam of 40 items, a lesson, To do with 20 courses.

CPU time, not time on the clock: medians of calls that take turns, each beside the least that can do the same work.
Run it with `kunnig bench learning`; the targets are those of its table of pages, in CPU-ms of the whole server.
"""

import os
import platform
import re
import shutil
import statistics
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from random import Random

import click
from sqlalchemy import select

from lms.base.context import House, work
from lms.catalogue import queries as catalogue
from lms.catalogue.actions import publish_editions
from lms.catalogue.models import EditionRow
from lms.catalogue.values import Edition
from lms.learning import rules
from lms.learning.actions import assign_course
from lms.organisation.models import Person
from lms.organisation.visitors import actor_on
from tests.bench._town import town
from tests.bench.pages import ROUNDS, Bench, bare, call, hidden, medians
from tests.catalogue.later_edition import PLACE, later_edition

ITEMS = 40  # of an exam
COURSES = 20  # on the page To do
WHO = {"learner": "1001", "lead": "1010"}  # employee numbers
TARGETS = {"To do": 4, "course": 4, "lesson step": 3}  # CPU-ms


@dataclass(frozen=True)
class Cost:
    """CPU milliseconds of some work, and of what it is held against."""

    what: str
    own: float
    against: str
    least: float

    def row(self) -> str:
        """Of a table."""
        ratio = self.own / max(self.least, 0.001)
        return f"| {self.what} | {self.own:.3f} | {self.against} | {self.least:.3f} | {ratio:.1f} |"


def main() -> None:
    """Print a table of the rules and one of the pages."""
    click.echo(f"{datetime.now(UTC):%Y-%m-%d}, {platform.machine()}, {os.cpu_count()} cores")
    with town(0) as house:
        report(house, COURSES, ROUNDS)


def report(house: House, courses: int, rounds: int) -> None:
    """Print what so many courses, each with an exam of 40 items, cost in a house."""
    names = give_courses(house, courses)
    with work(house, writes=False) as ctx:
        row = select(EditionRow.id).where(EditionRow.course == names[0])
        edition = catalogue.edition(ctx, ctx.db.scalars(row).one())
    click.echo(f"\nRules, an exam of {ITEMS} items\n\n| what | CPU-ms | against | CPU-ms | ratio |")
    click.echo("| --- | ---: | --- | ---: | ---: |")
    for cost in exam_costs(edition, rounds):
        click.echo(cost.row())
    print_pages(house, names, rounds)


def give_courses(house: House, count: int) -> list[str]:
    """Publish copies of the shipped course whose exam asks everything, and give them all to the learner."""
    names = [f"bench-{number + 1:02}" for number in range(count)]
    with tempfile.TemporaryDirectory(prefix="kunnig-courses-") as place:
        made_up = later_edition(Path(place) / "made up")
        folder = Path(place) / "courses"
        shutil.copytree(made_up / "countries", folder / "countries")
        for name in names:
            shutil.copytree(made_up / PLACE, folder / name / "SE")
            course = folder / name / "SE" / "course.yaml"
            text = re.sub(r"(?m)^id: .*$", f"id: {name}", course.read_text(encoding="utf-8"))
            text = re.sub(r"(?m)^exam: .*$", f"exam: {{items: {ITEMS}, pass_percent: 80}}", text)
            course.write_text(text, encoding="utf-8")
        with work(house) as ctx:
            made = publish_editions(ctx, folder)
            assert all(each.is_new for each in made), made
    with work(house, writes=False) as ctx:
        people = {
            who: ctx.db.scalars(select(Person).where(Person.employee_number == number)).one()
            for who, number in WHO.items()
        }
        lead = actor_on(ctx.db, people["lead"].employer_id, people["lead"].id, ctx.today)
    with work(house, lead) as ctx:
        for name in names:
            due_on = ctx.today + timedelta(days=60)
            assign_course(ctx, name, [people["learner"].public_id], due_on=due_on, reason="bench")
    return names


def exam_costs(edition: Edition, rounds: int) -> list[Cost]:
    """Drawing an exam, and grading it, beside sampling the same ids and comparing the same answers with the keys."""
    random = Random(1)
    pool = [item.id for item in edition.items.values() if item.use == "exam"]
    options = {item: list(edition.text(edition.languages[0]).items[item].options) for item in pool}
    drawn = rules.draw(edition, random)
    assert len(drawn) == ITEMS
    given = [(edition.items[each.item], each, right_answer(edition, each.item)) for each in drawn]

    def grade() -> None:
        shares = {item.id: rules.grade(item, each, value) for item, each, value in given}
        assert rules.has_passed(edition, shares)
        assert len(rules.solid_outcomes(edition, shares)) == len(edition.outcomes)

    def sample() -> None:
        for item in random.sample(pool, ITEMS):
            random.shuffle(options[item])

    def compare() -> None:
        assert sum(value == right_answer(edition, item.id) for item, _drawn, value in given) == ITEMS

    draw_ms, sample_ms, grade_ms, compare_ms = medians(
        [partial(rules.draw, edition, random), sample, grade, compare], rounds
    )
    return [
        Cost("drawing", draw_ms, "sampling ids and shuffling options", sample_ms),
        Cost("grading, all right", grade_ms, "comparing answers with keys", compare_ms),
    ]


def right_answer(edition: Edition, item: str) -> object:
    """The key of an item of the exam, as an answer is stored."""
    key = edition.items[item].key
    return list(key) if isinstance(key, tuple) else key


def print_pages(house: House, names: list[str], rounds: int) -> None:
    """The learner's pages beside their bare templates, and the exam begun, beside a bare answer."""
    course = f"/courses/{names[0]}"
    addresses = {"To do": "/todo", "course": course, "lesson step": f"{course}/right-record/hall"}
    bench = Bench(house, WHO, {name: ("learner", path) for name, path in addresses.items()})
    bench.warm_up()
    click.echo(
        f"\nPages with {len(names)} courses given: CPU-ms in this process\n\n"
        "| page | CPU-ms | target | template | page / template | hello | page / hello | statements |\n"
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"
    )
    for name, path in addresses.items():
        calls = [
            call(bench.app, bench.request(path, "learner")),
            bare(bench.yardstick.app, f"/{name.replace(' ', '-')}"),
            bare(bench.yardstick.app, "/hello"),
        ]
        page, template, hello = medians(calls, rounds)
        bench.ask(path, "learner")
        click.echo(
            f"| {name} | {page:.2f} | {TARGETS[name]} | {template:.2f} | {page / template:.1f} | {hello:.2f} "
            f"| {page / hello:.0f} | {len(bench.statements)} |"
        )
    start, hello = (
        statistics.median(some) for some in zip(*(begun(bench, name) for name in names), strict=True)
    )
    click.echo(f"\nAn exam of {ITEMS} drawn and stored: {start:.2f} CPU-ms, {start / hello:.0f} x hello")


def begun(bench: Bench, course: str) -> tuple[float, float]:
    """CPU milliseconds of the request that begins the exam of a course, and of a bare answer just before it."""
    path = f"/courses/{course}/quiz"
    _status, text = bench.ask(path, "learner")
    form = [("csrf_token", hidden(text, "csrf_token"))]
    plain, send = (
        bare(bench.yardstick.app, "/hello"),
        call(bench.app, bench.request(path, "learner", form), "303"),
    )
    moments = [time.process_time()]
    for act in (plain, send):
        act()
        moments.append(time.process_time())
    begin, between, end = moments
    return (end - between) * 1000, (between - begin) * 1000
