"""The demo municipality served and a browser before it, for commands that look at pages rather than test them."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from lms.demo_towns import GRANVIK
from tests import builders
from tests.journeys.conftest import CHROMIUM, QUIET, Site, make_demo, serving_demo
from tests.journeys.learner import COURSE, answer_quiz, press


@contextmanager
def shown() -> Iterator[tuple[Site, Browser]]:
    """A demo of its own, gone at the end."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        model = Path(folder) / "model"
        model.mkdir()
        make_demo(model)
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        with serving_demo(model, Path(folder)) as site:
            yield site, browser
        browser.close()


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
