"""What a phone keeps when things happen at the same time, or in another order than usual."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Page, expect

from lms.catalogue import queries as catalogue
from lms.learning.notes import my_note
from lms.learning.rules import is_graded
from tests.journeys.learner import practise
from tests.journeys.test_offline_matrix import WORKERS, Scene, expect_soon, scene  # noqa: F401  (the fixture `scene`)
from tests.learning.kettle import KETTLE, publish_kettle

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(120),
    pytest.mark.parametrize("house", ["sqlite"], indirect=True),
]
TELL = "(said) => navigator.serviceWorker.ready.then(({ active }) => active.postMessage(said))"
CACHES = "() => caches.keys()"
SHELLS = "() => caches.keys().then((all) => all.filter((name) => name.startsWith('kunnig-shell-')).length)"
# How a course is said to be: its test begun here, then graded elsewhere; begun, and another edition is there; too old.
HOW_IT_IS = """async (course) => {
  const [store, { newer }] = await Promise.all(["store.js", "keeping.js"].map((name) =>
    import(document.querySelector("script[src*='offline/']").src.replace(/[^/]+$/, name))));
  const record = await store.course(await store.person(), course);
  const standing = `standing:${record.exam.attempt}`;
  record.exam.done = [1];
  const before = await store.fact(standing);
  await store.setFact(standing, { state: "graded" });
  const graded = await newer(record, record.version);
  await store.setFact(standing, before);
  const begun = await newer(record, "another");
  record.exam.until = Date.now() - 1;
  return [graded, begun, await newer(record, record.version)];
}"""
REMOVE = """(course) => import(document.querySelector("script[src*='offline/']").src.replace(/[^/]+$/, "keeping.js"))
  .then(({ remove }) => remove(course))"""


@contextmanager
def held(scene: Scene, is_held: Callable[[dict[str, str]], bool]) -> Iterator[Callable[[], None]]:  # noqa: F811
    """Answers that are made and do not come before they are let go."""
    app, gate = scene.app.wsgi_app, threading.Event()

    def hold(environ, start_response):
        said = []
        body = b"".join(app(environ, lambda *head: said.append(head)))
        if is_held(environ):
            gate.wait(30)
        start_response(*said[0])
        return [body]

    scene.app.wsgi_app = hold
    try:
        yield gate.set
    finally:
        gate.set()
        scene.app.wsgi_app = app


def by_the_worker(environ: dict[str, str]) -> bool:
    """Whether a page is asked for to be remembered, not to be looked at."""
    return environ.get("HTTP_ACCEPT") == "text/html"


def test_a_page_that_comes_after_signing_out_is_nobodys(scene: Scene):  # noqa: F811
    phone = scene.phone
    phone.open("/me")
    phone.page.wait_for_load_state("networkidle")
    with held(scene, by_the_worker) as let_go:
        phone.page.evaluate(TELL, {"remember": ["/todo"]})
        phone.page.wait_for_timeout(300)
        scene.sign_out()
        let_go()
        phone.page.wait_for_timeout(500)
    assert phone.stored("person") is None
    phone.online(False)
    phone.page.goto("/todo")
    expect(phone.page.locator("main")).to_contain_text("inte sparad i telefonen")
    expect(phone.page.locator("main")).not_to_contain_text("Amina")


def updated(scene: Scene) -> Page:  # noqa: F811
    """The phone's page after a release, and after Kunnig has been closed."""
    scene.phone.open("/courses")
    scene.renew()
    page = scene.phone.page
    page.evaluate("() => navigator.serviceWorker.getRegistration().then((found) => found.update())")
    expect_soon(lambda: page.evaluate(WORKERS) == [False, True, "activated"])
    scene.phone.restart()
    return scene.phone.page


def test_after_a_release_pages_wait_for_none_and_keep_their_files(scene: Scene):  # noqa: F811
    page = updated(scene)
    with held(scene, by_the_worker) as let_go:
        page.goto("/privacy", timeout=10_000)  # whatever is fetched beside it
        expect_soon(lambda: page.evaluate(WORKERS) == [False, False, "activated"])
        page.evaluate(TELL, {"renew": True})
        assert page.evaluate(SHELLS) == 2  # the pages opened before name the files of before
        page.goto("/help", timeout=10_000)
        let_go()
        expect_soon(lambda: page.evaluate(SHELLS) == 1)


def test_files_of_before_stay_where_their_pages_did_not_come(scene: Scene):  # noqa: F811
    page, app = updated(scene), scene.app.wsgi_app

    def away(environ, start_response):
        if not by_the_worker(environ):
            return app(environ, start_response)
        start_response("503 Service Unavailable", [("Content-Length", "0")])
        return [b""]

    scene.app.wsgi_app = away
    page.goto("/privacy")
    expect_soon(lambda: page.evaluate(WORKERS) == [False, False, "activated"])
    page.evaluate(TELL, {"renew": True})
    page.wait_for_timeout(500)
    assert page.evaluate(SHELLS) == 2
    scene.app.wsgi_app = app
    page.evaluate(TELL, {"renew": True})
    expect_soon(lambda: page.evaluate(SHELLS) == 1)


def test_a_course_removed_meanwhile_stays_removed_and_what_was_left_of_one_goes(scene: Scene, tmp_path):  # noqa: F811
    phone, page = scene.phone, scene.phone.page
    phone.open("/courses")
    assert page.evaluate(HOW_IT_IS, KETTLE) == ["newer", "test", "newer"]
    publish_kettle(scene.house, tmp_path / "next", pretest=0, label="2026.2")
    with held(scene, lambda environ: "course=" in environ["QUERY_STRING"]) as let_go:
        with page.expect_request("**/phone/state.json?course*"):
            page.goto("/courses")
        other = phone.context.new_page()
        other.goto("/help")
        other.evaluate(REMOVE, KETTLE)
        let_go()
        page.wait_for_timeout(500)
        other.close()
    assert phone.stored("everyCourse") == []
    page.evaluate("() => caches.open('kunnig-kept-kettle-left')")
    phone.keep(KETTLE)
    assert sum(name.startswith("kunnig-kept-") for name in page.evaluate(CACHES)) == 1


def test_what_was_begun_with_network_goes_on_without(scene: Scene):  # noqa: F811
    phone, page = scene.phone, scene.phone.page
    with scene.town.work("amina", writes=False) as ctx:
        edition = catalogue.current_edition(ctx, KETTLE)
    steps = {
        is_graded(edition.items[step.item]): (f"/courses/{KETTLE}/{lesson.id}/{step.id}", step.item)
        for lesson in edition.lessons
        for step in lesson.steps
        if step.item
    }
    for is_practice, (where, item) in steps.items():
        phone.online()
        phone.open(where)
        page.wait_for_selector("[data-course-kept]", state="attached")
        phone.online(False)
        if is_practice:
            practise(page)
        else:
            page.locator("form#practice textarea").fill("I bilen")
            page.locator(".btn[form=practice]").click()
            phone.online()
            page.goto("/todo")
            expect_soon(lambda: phone.unsent() == [])
            with scene.town.work("amina", writes=False) as ctx:
                assert my_note(ctx, KETTLE, item) == "I bilen"
    phone.online(False)
    page.goto("/courses")
    page.evaluate("""() => {
      const form = Object.assign(document.createElement("form"), { method: "post", action: "/plans/nowhere" });
      document.body.append(form);
      form.requestSubmit();
    }""")
    expect(page.locator("main")).to_contain_text("inte sparad i telefonen")


def test_what_is_said_without_network_is_in_the_language_of_whoever_is_here(scene: Scene):  # noqa: F811
    phone, page = scene.phone, scene.phone.page
    phone.open("/me")
    page.locator("input[name=language][value=en]").first.check(force=True)
    with page.expect_navigation():
        page.evaluate("document.querySelector('input[name=language]').form.requestSubmit()")
    phone.open("/todo")
    expect_soon(
        lambda: 'lang="en"' in page.evaluate("() => caches.match('/offline').then((is) => is.text())")
    )
    phone.online(False)
    page.goto("/messages")
    expect(page.locator("html")).to_have_attribute("lang", "en")
