"""A whole course with its test on a phone that loses the network, is killed, and is back on a later day."""

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pikepdf
import pytest
from playwright.sync_api import Page, Playwright, expect
from sqlalchemy import select, update

from lms.base.context import House
from lms.catalogue.items.numbers import read_number
from lms.jobs.worker import work_off
from lms.learning.models import Attempt
from lms.learning.notes import my_note
from lms.learning.rules import is_graded
from tests.builders import Town
from tests.conftest import make_test_app
from tests.journeys.filled_in import SHOW
from tests.journeys.learner import answer_anything, follow, give, key_as_given, practise, press
from tests.journeys.looks import EACH_ALONE, NARROW, Look, faults
from tests.journeys.phone import BACK, Phone, served
from tests.learning.taking import COURSE, key_of
from tests.web.staff_pages import edition_of

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]
DAY = timedelta(days=1)
KILLED_AFTER = 12  # steps, and in the test after half of its questions
FETCH = """async (path) => [...new Uint8Array(
  await (await (await caches.open("kunnig-opened")).match(path)).arrayBuffer())]"""
NUMBERS = (
    "2,5", "2.5", " 7 ", "1 000", "1\u00a0000,5", "12 345 678", "-3", "+3", "\u22123", "1 5", "1000 000", "två",
    "2,5 mg", "1,2,3",
    ",5", "5,", "", "- 5", "1  000", "1" * 20, "1" * 21, "\u0662", "1e3", "0x1", "1.000,5", "2, 5",
)  # fmt: skip
SLOW_3G = (0.4, 50_000)  # seconds a request takes at least, bytes a second


@pytest.fixture
def phone_on(
    house: House, granvik: Town, playwright: Playwright, tmp_path: Path
) -> Iterator[Callable[[str], Phone]]:
    """Amina's phone, on a network: `cut` once the course is kept, or `slow`."""
    app = make_test_app(house)
    app.config["WTF_CSRF_ENABLED"] = True
    made: list[Phone] = []

    with served(app) as (url, way):

        def start(network: str) -> Phone:
            phone = Phone(playwright, url, way, tmp_path / "profile")
            made.append(phone)
            phone.sign_in(house, granvik, "amina")
            phone.keep(COURSE)
            if network == "cut":
                phone.online(False)
            else:
                way.slow = SLOW_3G
            return phone

        yield start
        for phone in made:
            phone.context.close()
    assert [phone.errors for phone in made] == [[]]


def read(phone: Phone, network: str) -> int:
    """Read every step and practise, and have the browser killed in the middle; how many steps there were."""
    phone.page.goto(f"/courses/{COURSE}")
    follow(phone.page, phone.page.locator(".dock a.btn"))
    steps = 0
    while "/quiz" not in phone.page.url:
        steps += 1
        if steps == KILLED_AFTER:
            where = phone.page.url
            phone.kill(online=network != "cut")
            phone.page.goto(where)
        page = phone.page
        if page.locator("form#practice").count():
            _practise(page)
        else:
            follow(page, page.locator(".dock a.btn").last)
    return steps


def _practise(page: Page) -> None:
    if page.locator("form#practice textarea").count():
        page.locator("form#practice textarea").fill("I bilen mellan två besök")
        follow(page, page.locator(".btn[form=practice]"))
        if page.locator("form#practice").count():  # with network it is shown that it was saved
            follow(page, page.locator(".dock a.btn").last)
        return
    practise(page)
    follow(page, page.locator("[data-sheet] a.btn").last)


def answer(phone: Phone, granvik: Town, network: str) -> None:
    """Answer every question rightly, and have the browser killed in the middle."""
    phone.page.locator(".dock button").click()
    phone.page.wait_for_url("**/quiz/*")
    with granvik.work("amina", writes=False) as ctx:
        attempt = ctx.db.scalars(select(Attempt).where(Attempt.employer_id == ctx.employer_id)).one()
        keys = [key_of(ctx, attempt, place) for place in range(1, len(attempt.drawn) + 1)]
    for place, key in enumerate(keys, 1):
        if place == len(keys) // 2:
            phone.kill(online=network != "cut")
            phone.page.goto(f"/courses/{COURSE}/quiz/{place}")
        form = phone.page.locator("form#next")
        give(form, key)
        press(form.locator("button[type=submit]").last)
        if network == "cut":
            phone.page.wait_for_url(f"**/quiz/{place + 1}" if place < len(keys) else "**/result")
        else:
            phone.page.locator("[data-sheet] h2").wait_for()
            press(phone.page.locator("[data-sheet] a.btn").last)


@pytest.mark.parametrize("house", ["sqlite"], indirect=True)
@pytest.mark.parametrize("network", ["cut", pytest.param("slow", marks=pytest.mark.thorough)])
def test_a_whole_course_and_its_test_lead_to_the_certificate(
    house: House, granvik: Town, phone_on: Callable[[str], Phone], network: str
):
    phone = phone_on(network)
    edition = edition_of(house)
    assert read(phone, network) == sum(len(lesson.steps) for lesson in edition.lessons)
    answer(phone, granvik, network)
    if network == "cut":
        expect(phone.page.locator("h1")).to_have_text("Dina svar är sparade")
        _look(phone.page)
        later(phone, granvik)
        phone.online()
        phone.page.reload()
    expect(phone.page.locator("h1")).to_contain_text("Godkänt", timeout=20_000)
    phone.page.goto("/certificates")
    expect(phone.page.locator("main .certificate")).to_have_count(1)
    page = phone.page
    carried = page.locator("[data-wallet-saved]")
    for _try in range(5):  # the phone asks for the files, the worker makes them, the phone has them
        work_off(house)
        page.reload()
        with suppress(AssertionError):
            expect(carried).to_be_visible(timeout=2_000)
            break
    expect(carried).to_be_visible()
    phone.online(False)  # what was carried home is there without network too: the page, its code, both files
    page.reload()
    paper = page.locator("main .certificate")
    follow(page, paper.locator("a[href^='/certificates/']:not([href*='.'], [href*='share'])").first)
    expect(page.locator("main")).to_contain_text(edition.texts["sv"].title)
    expect(page.locator(".certificate svg").first).to_be_visible()
    number = page.url.rsplit("/", 1)[1]
    pdf, credential = (page.evaluate(FETCH, f"/certificates/{number}.{kind}") for kind in ("pdf", "json"))
    with pikepdf.open(BytesIO(bytes(pdf))) as document:
        assert len(document.pages) == 1
    assert "proof" in json.loads(bytes(credential))
    phone.online()
    phone.page.goto(f"/courses/{COURSE}")
    expect(phone.page.locator("main")).to_contain_text("8 av 8 avsnitt klara")
    phone.page.goto(f"/courses/{COURSE}/notes")
    expect(phone.page.locator("main")).to_contain_text("I bilen mellan två besök")


def later(phone: Phone, granvik: Town) -> None:
    """It is the day after: what was handed out and answered lies a day back."""
    with granvik.inside(writes=True) as ctx:
        attempt = ctx.db.scalars(select(Attempt).where(Attempt.employer_id == granvik.employer_id)).one()
        ctx.db.execute(
            update(Attempt)
            .where(Attempt.employer_id == granvik.employer_id)
            .values(opened_at=attempt.opened_at - DAY, sealed_until=attempt.sealed_until - DAY)
        )
    phone.page.evaluate(BACK, DAY / timedelta(milliseconds=1))
    phone.kill(online=False)
    phone.page.goto(f"/courses/{COURSE}/result")


@pytest.mark.parametrize("house", ["sqlite"], indirect=True)
def test_a_note_is_written_twice_without_network_and_is_one(
    house: House, granvik: Town, phone_on: Callable[[str], Phone]
):
    phone = phone_on("cut")
    edition = edition_of(house)
    where, item = next(
        (f"/courses/{COURSE}/{lesson.id}/{step.id}", step.item)
        for lesson in edition.lessons
        for step in lesson.steps
        if step.item and not is_graded(edition.items[step.item])
    )
    field = phone.page.locator("form#practice textarea")
    for before, words in (("", "I bilen"), ("I bilen", "I bilen mellan två besök")):
        phone.page.goto(where)
        expect(field).to_have_value(before)
        field.fill(words)
        follow(phone.page, phone.page.locator(".btn[form=practice]"))
    assert [deed["kind"] for deed in phone.unsent()].count("note") == 1
    phone.online()
    phone.page.goto("/todo")
    while phone.unsent():
        phone.page.wait_for_timeout(50)
    with granvik.work("amina", writes=False) as ctx:
        assert my_note(ctx, COURSE, item) == "I bilen mellan två besök"


@pytest.mark.parametrize("house", ["sqlite"], indirect=True)
def test_what_is_a_number_is_the_same_on_the_phone_and_here(
    house: House, granvik: Town, phone_on: Callable[[str], Phone]
):
    read = """(texts) => {
      const pages = document.querySelector("script[src*='offline/']").src;
      const form = (text) => new Map([["kept", "answer-number"], ["answer-number", text]]);
      const answer = (text) => Object.assign(form(text), { getAll: (name) => [form(text).get(name)] });
      return import(pages.replace(/[^/]+$/, "answers.js"))
        .then(({ isComplete }) => texts.map((text) => isComplete(answer(text))));
    }"""
    assert phone_on("slow").page.evaluate(read, list(NUMBERS)) == [
        read_number(text) is not None for text in NUMBERS
    ]


@pytest.mark.parametrize("house", ["sqlite"], indirect=True)
def test_every_kind_of_page_without_network_can_be_used_by_everybody(
    house: House, granvik: Town, phone_on: Callable[[str], Phone]
):
    phone = phone_on("cut")
    page = phone.page
    quiz = f"/courses/{COURSE}/quiz"
    lesson = edition_of(house).lessons[0]
    first = f"/courses/{COURSE}/{lesson.id}/{lesson.steps[0].id}"
    for path in ("/courses", f"/courses/{COURSE}", first, quiz, "/plan/nowhere", f"/phone/courses/{COURSE}"):
        page.goto(path)
        _look(page)
        expect(page.locator("text=Inget nät just nu >> visible=true").first).to_be_visible()
    page.goto(quiz)
    page.locator(".dock button").click()
    page.wait_for_url("**/quiz/1")
    if not page.locator("[data-order]").count():  # which is an answer as it stands
        press(page.locator("form#next button[type=submit]").last)
        expect(page.locator(".err, [role=alert]").first).to_be_visible()  # nothing was chosen
        _look(page)
    answer_anything(page)
    press(page.locator("form#next button[type=submit]").last)
    page.wait_for_url("**/quiz/2")
    page.goto(f"/courses/{COURSE}/result")  # that is not yet
    page.wait_for_url("**/quiz/2")


@pytest.mark.parametrize("house", ["sqlite"], indirect=True)
def test_practice_is_explained_and_addresses_lead_on_without_network(
    house: House, granvik: Town, phone_on: Callable[[str], Phone]
):
    phone = phone_on("cut")
    page, edition = phone.page, edition_of(house)
    seen = set()
    for lesson in edition.lessons:
        page.goto(f"/courses/{COURSE}/{lesson.id}")
        assert page.url.endswith(f"/{lesson.id}/{lesson.steps[0].id}")
        for step in lesson.steps:
            item = edition.items.get(step.item or "")
            key = key_as_given(item) if item and item.type not in seen else None
            if key is None:
                continue
            seen.add(item.type)
            page.goto(f"/courses/{COURSE}/{lesson.id}/{step.id}")
            give(page.locator("form#practice"), key)
            follow(page, page.locator(".btn[form=practice]"))
            expect(page.locator("[data-sheet] h2")).to_have_text("Rätt!")
    assert len(seen) >= 4


@pytest.mark.parametrize("house", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    "looks", [NARROW, pytest.param(EACH_ALONE, marks=pytest.mark.thorough)], ids=["some", "all"]
)
def test_all_that_scripts_say_of_a_kept_course_can_be_read(
    house: House, granvik: Town, phone_on: Callable[[str], Phone], looks: tuple[Look, ...]
):
    phone = phone_on("cut")
    page, keep = phone.page, f"/phone/courses/{COURSE}"
    phone.online()
    page.goto(keep)
    expect(page.locator("[data-is=kept]")).to_be_visible()
    _look(page, looks)
    page.locator("[data-remove-now]").click()
    expect(page.locator("[data-is=none]")).to_be_visible()
    _look(page, looks)
    phone.way.slow = (0.5, 2_000)
    page.locator("[data-keep-now]").click()
    expect(page.locator("[data-is=busy] progress")).to_be_visible()
    _look(page, looks)
    expect(page.locator("[data-is=busy] progress")).to_be_visible()  # still
    phone.online(False)
    expect(page.locator("[data-is=failed]")).to_be_visible(timeout=60_000)
    _look(page, looks)
    phone.way.slow = None
    phone.online()
    phone.keep(COURSE)
    phone.online(False)
    for path in ("/courses", keep, f"/courses/{COURSE}/quiz", "/plan/nowhere"):
        page.goto(path)
        page.evaluate(SHOW)
        _look(page, looks)
    answer_offline(phone)
    page.evaluate(SHOW)  # saved, sent, graded, not counted
    _look(page, looks)


def answer_offline(phone: Phone) -> None:
    """Give some answer to every question of the kept test."""
    phone.page.goto(f"/courses/{COURSE}/quiz")
    phone.page.locator(".dock button").click()
    phone.page.wait_for_url("**/quiz/*")
    while not phone.page.url.endswith("/result"):
        answer_anything(phone.page)
        follow(phone.page, phone.page.locator("form#next button[type=submit]").last)


def _look(page: Page, looks: tuple[Look, ...] = NARROW) -> None:
    found = faults(page, looks)
    assert not found, "\n\n".join(found)
