"""The demo municipality shown page by page: every kind of page by links, then what only an exam brings.

For tests and commands that look at every page; each does with a page what it likes, and leaves it at its address.
"""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from lms.app import create_app
from lms.demo_towns import GRANVIK
from tests import builders
from tests.journeys.conftest import CHROMIUM, DESK, PHONE, QUIET, Site, make_demo, serving_demo
from tests.journeys.learner import COURSE, answer_quiz, answering, press
from tests.journeys.test_pages import PEOPLE, UNLINKED, endpoint, pages
from tests.journeys.walk import sign_in

Visitor = Callable[..., Page]
AT_A_DESK = {"maria", "ida"}


@contextmanager
def shown() -> Iterator[tuple[Site, Browser]]:
    """A demo of its own before a browser, for commands; gone at the end."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        model = Path(folder) / "model"
        model.mkdir()
        make_demo(model)
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        with serving_demo(model, Path(folder)) as site:
            yield site, browser
        browser.close()


def visitor_of(site: Site, browser: Browser, locale: str = "sv-SE") -> Visitor:
    """Makes a new visitor, whose browser asks for this language."""

    def make(viewport: dict[str, int]) -> Page:
        context = browser.new_context(
            viewport=viewport, base_url=site.url, locale=locale, has_touch=viewport == PHONE
        )
        return context.new_page()

    return make


def every_page(
    site: Site, visitor: Visitor, begin: Callable[[Page], object] = lambda _page: None
) -> Iterator[tuple[str, Page]]:
    """The name of each kind of page and a browser that shows it; `begin` is done by everybody who has signed in."""
    adapter = create_app(house=site.house).url_map.bind("127.0.0.1")
    seen: set[str] = set()
    for person, start in PEOPLE.items():
        page = visitor(DESK if person in AT_A_DESK else PHONE)
        if person:
            sign_in(page, person)
            begin(page)
        for path in pages(page, adapter, start, *UNLINKED):
            kind = endpoint(adapter, path)
            if kind not in seen:
                seen.add(kind)
                yield kind, page
        if person == "amina":
            for kind in _exam(site, page):
                yield kind, page


def begin_quiz(page: Page) -> str:
    """Open the exam of the course; the address of its first question."""
    page.goto(f"/courses/{COURSE}/quiz")
    press(page.locator(".dock button[type=submit]"))
    page.locator("form#next").wait_for()
    return page.url


def end_quiz(page: Page, site: Site, right: int = 99) -> str:
    """Answer all of it, the first so many rightly; the address of the result."""
    answer_quiz(page, builders.Town(site.house, GRANVIK.slug), right=right)
    return page.url


def _exam(site: Site, page: Page) -> Iterator[str]:
    """Questions of each type and the sheets after answers, a result that is nearly there, one that is passed."""
    for right, result in ((7, "nearly"), (99, "passed")):
        begin_quiz(page)
        seen: set[str] = set()
        for name in answering(page, builders.Town(site.house, GRANVIK.slug), right):
            if name not in seen:
                seen.add(name)
                yield name
        yield result
