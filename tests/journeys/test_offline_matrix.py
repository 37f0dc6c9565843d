"""Each row of the matrix of a test without network, in a real browser: what is shown, and where the answers are."""

import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask, request
from playwright.sync_api import Page, Playwright, expect
from sqlalchemy import func, select, update

import lms.app
from lms.base import context as base
from lms.base.context import House
from lms.identity.models import UserSession
from lms.learning import actions
from lms.learning.attempts import my_attempts
from lms.learning.models import Answer, Attempt
from lms.learning.offline_models import AnswerAside
from lms.learning.offline_rules import MATRIX, Row
from tests.builders import Town
from tests.conftest import make_test_app
from tests.journeys.learner import give
from tests.journeys.phone import BACK, STORE, Phone, served
from tests.learning.kettle import KETTLE, publish_kettle
from tests.learning.taking import key_of, wrong_for

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]
DAY = timedelta(days=1)
REORDER = """async (store) => {
  const deeds = await eval(store)(["everyDeed"]);
  const state = await (await fetch("/phone/state.json")).json();
  await fetch("/phone/deeds?reordered", {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-CSRFToken": state.token },
    body: JSON.stringify({ sent_at: Date.now(), deeds: deeds.toReversed() }),
  });
}"""
SPOIL = """() => new Promise((done) => {
  indexedDB.open("kunnig").onsuccess = ({ target }) => {
    const change = target.result.transaction("deeds", "readwrite");
    change.objectStore("deeds").openCursor().onsuccess = ({ target: { result: cursor } }) => {
      cursor.update({ ...cursor.value, client_id: "no id" }); // the first one alone
    };
    change.oncomplete = () => done(target.result.close());
  };
})"""
COUNT = """() => new Promise((done) => {
  indexedDB.open("kunnig").onsuccess = ({ target }) => {
    const counting = target.result.transaction("deeds").objectStore("deeds").count();
    counting.onsuccess = () => done(counting.result);
  };
})"""
WORKERS = """() => navigator.serviceWorker.getRegistration().then(({ installing, waiting, active }) =>
  [Boolean(installing), Boolean(waiting), active.state])"""
FULL = """() => {
  IDBObjectStore.prototype.add = () => {
    throw new DOMException("no room", "QuotaExceededError");
  };
}"""
CHIPS = {"waiting": "saved", "sent": "sent", "graded": "graded", "not_counted": "not_counted"}


@dataclass
class Scene:
    """A house that is served, a phone in it, and what may be done to the way between them."""

    house: House
    town: Town
    phone: Phone
    folder: Path
    away: set[str] = field(
        default_factory=set
    )  # "answers": what is sent does not come; "told": nobody is told
    shift: timedelta = timedelta()  # of the server's clock
    app: Flask | None = None
    monkeypatch: pytest.MonkeyPatch | None = None

    def answer(self, count: int) -> None:
        """Answer so many questions of the test, rightly, from the start page on."""
        page = self.phone.page
        if "/quiz/" not in page.url:
            page.goto(f"/courses/{KETTLE}/quiz")
            page.locator(".dock button").click()
            page.wait_for_url("**/quiz/*")
        for _each in range(count):
            was = page.url
            self.give(page)
            page.wait_for_url(lambda url, was=was: url != was)

    def give(self, page: Page) -> None:
        """Choose what is right for the question that is shown, and send it."""
        place = int(page.url.rsplit("/", 1)[1])
        with self.town.work("amina", writes=False) as ctx:
            attempt = ctx.db.scalars(select(Attempt).order_by(Attempt.id)).first()
            right = key_of(ctx, attempt, place)
        form = page.locator("form#next")
        give(form, right)
        form.locator("button[type=submit]").last.click()

    def attempt(self) -> Attempt:
        """The attempt that was handed out."""
        with self.town.work("amina", writes=False) as ctx:
            return ctx.db.scalars(select(Attempt).order_by(Attempt.id)).first()

    def count(self, table: type) -> int:
        """How many rows there are."""
        with self.town.work("amina", writes=False) as ctx:
            return ctx.db.scalar(select(func.count(table.id)))

    def change(self, **values: object) -> None:
        """Change the attempt behind everybody's back."""
        with self.town.inside(writes=True) as ctx:
            ctx.db.execute(update(Attempt).values(**values))

    def come_back(self, path: str = "/courses") -> None:
        """Network is there again, and a page is opened."""
        self.phone.online()
        self.phone.open(path)

    def sign_out(self) -> None:
        """Press the button, and wait for the way in."""
        self.phone.page.locator("form[action='/sign-out'] button").first.click()
        self.phone.page.wait_for_url("**/sign-in*")

    def shown(self) -> str | None:
        """The state that the phone shows of the test; to who is signed out, whether something waits."""
        if "/sign-in" in self.phone.page.url:
            return "saved" if self.phone.page.locator("[data-left]").is_visible() else None
        for chip in self.phone.page.locator(f"[data-phone={KETTLE}] [data-chip]:visible").all():
            return CHIPS.get(chip.get_attribute("data-chip") or "")
        return None

    def left(self) -> int:
        """How many answers are on the phone only, of whomever."""
        return sum(deed["kind"] == "answer" for deed in self.phone.unsent())

    def make_app(self) -> Flask:
        """An application whose forms need their tokens, as in service, and that may be cut off from the phone."""
        app = make_test_app(self.house)
        app.config["WTF_CSRF_ENABLED"] = True

        @app.before_request
        def cut():
            return ("", 503) if "answers" in self.away and request.path == "/phone/deeds" else None

        @app.after_request
        def lose(response):
            if "told" in self.away and request.path == "/phone/deeds":
                response.status_code = 502
            return response

        return app

    def renew(self) -> None:
        """Serve another release: another style sheet."""
        copy = self.folder / "static"
        shutil.copytree(lms.app.STATIC, copy)
        (copy / "style.css").write_text((copy / "style.css").read_text() + "/* another */")
        self.monkeypatch.setattr(lms.app, "STATIC", copy)
        self.app.wsgi_app = self.make_app().wsgi_app


@pytest.fixture
def scene(
    house: House, granvik: Town, playwright: Playwright, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Scene]:
    publish_kettle(house, tmp_path / "kettle", pretest=0)
    made = Scene(house, granvik, None, tmp_path, monkeypatch=monkeypatch)
    made.app = made.make_app()

    class Shifted(datetime):
        """The server's clock."""

        @classmethod
        def now(cls, tz=None):
            return datetime.now(tz) + made.shift

    monkeypatch.setattr(base, "datetime", Shifted)

    with served(made.app) as (url, way):
        made.phone = Phone(playwright, url, way, tmp_path / "profile")
        made.phone.sign_in(house, granvik, "amina")
        made.phone.keep(KETTLE)
        yield made
        errors = made.phone.errors
        made.phone.context.close()
    assert errors == []


def expect_soon(is_so: Callable[[], bool]) -> None:
    """Wait until something holds; the phone sends by itself."""
    until = time.monotonic() + 10
    while not is_so():
        assert time.monotonic() < until
        time.sleep(0.05)


def network_lost(scene: Scene) -> None:
    scene.answer(2)
    scene.phone.page.goto("/courses")


def browser_closed(scene: Scene) -> None:
    scene.answer(2)
    scene.phone.restart(online=False)
    scene.phone.page.goto(f"/courses/{KETTLE}/quiz/1")
    scene.phone.page.wait_for_url("**/quiz/3")
    scene.phone.page.goto("/courses")


def two_tabs(scene: Scene) -> None:
    other = scene.phone.context.new_page()
    other.goto(f"/courses/{KETTLE}/quiz/1")
    scene.answer(1)
    scene.give(other)  # the question that the first tab has answered meanwhile
    other.wait_for_url("**/quiz/2")
    scene.answer(1)
    scene.phone.page.goto("/courses")


def storage_full(scene: Scene) -> None:
    scene.answer(1)
    scene.phone.context.service_workers[0].evaluate(FULL)
    scene.give(scene.phone.page)
    expect(scene.phone.page.locator("main")).to_contain_text("Det kunde inte sparas i telefonen")
    scene.phone.page.goto("/courses")


def app_updated(scene: Scene) -> None:
    page = scene.phone.page
    scene.renew()
    scene.away.add("answers")
    scene.come_back("/help")
    page.evaluate("navigator.serviceWorker.getRegistration().then(found => found.update())")
    expect_soon(lambda: page.evaluate(WORKERS) == [False, True, "activated"])
    scene.phone.online(False)
    scene.answer(1)  # by the old worker still
    scene.phone.restart()
    scene.phone.open("/courses")
    expect_soon(lambda: scene.phone.page.evaluate(WORKERS) == [False, False, "activated"])
    scene.phone.online(False)
    scene.answer(1)
    scene.phone.page.goto("/courses")


def session_ended(scene: Scene) -> None:
    scene.answer(2)
    with scene.town.inside(writes=True) as ctx:
        account = scene.town.actor("amina").account_id
        ctx.db.execute(
            update(UserSession).where(UserSession.account_id == account).values(revoked_at=ctx.now)
        )
    scene.come_back()


def signed_out(scene: Scene) -> None:
    scene.answer(2)
    scene.come_back("/me")
    scene.sign_out()
    scene.phone.sign_in(scene.house, scene.town, "amina")
    scene.phone.keep(KETTLE)
    scene.phone.open("/courses")


def signed_out_unsent(scene: Scene) -> None:
    scene.answer(2)
    scene.away.add("answers")
    scene.come_back("/me")
    scene.sign_out()


def another_person(scene: Scene) -> None:
    scene.answer(2)
    scene.phone.sign_in(scene.house, scene.town, "farid")
    scene.come_back()
    scene.phone.page.goto(f"/phone/courses/{KETTLE}")
    expect(scene.phone.page.locator("[data-is=none]")).to_be_visible()
    scene.phone.open("/courses")


def network_back(scene: Scene) -> None:
    scene.answer(2)
    scene.come_back()


def answer_lost(scene: Scene) -> None:
    scene.answer(2)
    scene.away.add("told")
    scene.come_back()
    expect_soon(lambda: scene.count(Answer) == 2)


def sent_twice(scene: Scene) -> None:
    scene.answer(2)
    scene.away.add("told")
    scene.come_back()
    expect_soon(lambda: scene.count(Answer) == 2)
    scene.away.clear()
    scene.phone.open("/courses")


def reordered(scene: Scene) -> None:
    scene.answer(2)
    scene.away.add("answers")
    scene.come_back()
    scene.phone.page.evaluate(REORDER, STORE)
    scene.away.clear()
    scene.phone.open("/courses")


def clock_ahead(scene: Scene) -> None:
    scene.answer(2)
    scene.shift = -DAY
    scene.come_back()


def clock_behind(scene: Scene) -> None:
    scene.answer(2)
    scene.shift = DAY
    scene.come_back()


def edition_replaced(scene: Scene) -> None:
    scene.answer(2)
    publish_kettle(scene.house, scene.folder / "next", pretest=0, label="2026.2")
    scene.come_back()


def two_devices(scene: Scene) -> None:
    scene.answer(2)
    for place in (1, 2):
        with scene.town.work("amina") as ctx:
            attempt = actions.open_attempt(ctx, KETTLE, "sv")
            value = wrong_for(ctx, attempt, place)
            actions.answer_item(ctx, attempt.public_id, place, client_id=f"other {place}", value=value)
    scene.come_back()


def sent_late(scene: Scene) -> None:
    """Time passes for both: what was handed out and answered lies two weeks and more back."""
    scene.answer(2)
    scene.change(opened_at=scene.attempt().opened_at - 20 * DAY, sealed_until=datetime.now(UTC) - 6 * DAY)
    scene.phone.page.evaluate(BACK, 19 * 86_400_000)
    scene.come_back()


def given_late(scene: Scene) -> None:
    scene.answer(2)
    scene.change(opened_at=scene.attempt().opened_at - 20 * DAY, sealed_until=datetime.now(UTC) - 6 * DAY)
    scene.come_back()


def attempt_closed(scene: Scene) -> None:
    scene.answer(2)
    with scene.town.work("amina") as ctx:
        actions.leave_attempt(ctx, my_attempts(ctx, KETTLE).under_way("exam"))
    scene.come_back()


def finished(scene: Scene) -> None:
    scene.answer(4)
    expect(scene.phone.page.locator("h1")).to_have_text("Dina svar är sparade")
    scene.phone.online()
    scene.phone.page.reload()
    expect(scene.phone.page.locator("h1")).to_contain_text("Godkänt")
    scene.phone.open("/courses")


HAPPEN: dict[str, Callable[[Scene], None]] = {
    each.__name__: each
    for each in (
        network_lost, browser_closed, two_tabs, storage_full, app_updated, session_ended, signed_out, signed_out_unsent,
        another_person, network_back, answer_lost, sent_twice, reordered, clock_ahead, clock_behind, edition_replaced,
        two_devices, sent_late, given_late, attempt_closed, finished,
    )
}  # fmt: skip


@pytest.mark.parametrize("house", ["sqlite"], indirect=True)
@pytest.mark.parametrize("row", MATRIX, ids=lambda row: row.event)
def test_the_row(scene: Scene, row: Row):
    scene.phone.online(False)
    HAPPEN[row.event](scene)
    expect_soon(lambda: (scene.shown(), scene.left()) == (row.shown, row.phone))
    assert (scene.count(Answer), scene.count(AnswerAside)) == (row.counted, row.aside)
    if row.phone and row.event != "another_person":  # and nothing of it is lost: it comes as soon as it can
        scene.away.clear()
        scene.phone.sign_in(scene.house, scene.town, "amina")
        scene.come_back()
        expect_soon(lambda: scene.left() == 0)
        assert scene.count(Answer) == max(row.phone, row.counted)


@pytest.mark.parametrize("house", ["sqlite"], indirect=True)
def test_a_test_begun_with_network_goes_on_where_it_was(scene: Scene):
    page = scene.phone.page
    page.goto(f"/courses/{KETTLE}/quiz")
    page.locator(".dock button[type=submit]").click()
    page.wait_for_url("**/quiz/1")
    scene.give(page)
    page.wait_for_url("**/quiz/2?after=1")
    scene.phone.online(False)
    scene.phone.page.goto(f"/courses/{KETTLE}/quiz/1")
    scene.phone.page.wait_for_url("**/quiz/2")
    scene.answer(1)
    assert (scene.left(), scene.count(Answer)) == (1, 1)
    scene.come_back()
    expect_soon(lambda: (scene.left(), scene.count(Answer), scene.count(AnswerAside)) == (0, 2, 0))


@pytest.mark.parametrize("house", ["sqlite"], indirect=True)
def test_what_waits_is_sent_from_a_device_that_is_not_remembered_any_more(scene: Scene):
    scene.phone.online(False)
    scene.answer(2)
    scene.phone.sign_in(scene.house, scene.town, "amina", remember=False)
    scene.come_back()
    expect_soon(lambda: (scene.left(), scene.count(Answer)) == (0, 2))
    assert scene.phone.stored("courses", scene.phone.stored("person")) == []


@pytest.mark.parametrize("house", ["sqlite"], indirect=True)
def test_what_the_server_cannot_read_holds_up_nothing(scene: Scene):
    scene.phone.online(False)
    scene.answer(2)
    scene.phone.page.evaluate(SPOIL)
    scene.come_back()
    expect_soon(lambda: (scene.left(), scene.count(Answer)) == (0, 1))
    assert scene.phone.page.evaluate(COUNT) == 1  # it stays where it is, unsent


@pytest.mark.parametrize("house", ["sqlite"], indirect=True)
def test_what_is_graded_is_said_to_be_without_network_and_no_test_is_promised(scene: Scene):
    scene.phone.online(False)
    finished(scene)
    scene.phone.online(False)
    page, loads = scene.phone.page, []
    page.on("load", lambda: loads.append(page.url))
    page.goto(f"/courses/{KETTLE}/result")
    expect(page.locator("[data-standing]")).to_contain_text("Rättat")
    page.wait_for_timeout(1_500)
    assert len(loads) == 1  # and the page is not loaded again and again
    page.goto(f"/courses/{KETTLE}/quiz")
    expect(page.locator("main")).to_contain_text("Det finns inga frågor till ett test i telefonen nu.")


@pytest.mark.parametrize("house", ["sqlite"], indirect=True)
def test_an_answer_that_was_chosen_with_network_and_could_not_be_sent_is_kept(scene: Scene):
    page = scene.phone.page
    page.goto(f"/courses/{KETTLE}/quiz")
    page.locator(".dock button[type=submit]").click()
    page.wait_for_url("**/quiz/1")
    page.wait_for_selector("[data-course-kept]")
    scene.phone.online(False)
    scene.give(page)
    page.wait_for_url("**/quiz/2")
    assert (scene.left(), scene.count(Answer)) == (1, 0)
