"""A phone for tests of what goes on without network: a Chromium with a profile of its own, and a server."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flask import Flask
from playwright.sync_api import BrowserContext, Page, Playwright, expect
from werkzeug.serving import make_server

from lms.base.context import House
from lms.identity.actions import start_session
from tests.builders import Town
from tests.journeys.conftest import CHROMIUM, PHONE, QUIET
from tests.servers import free_port

STORE = """async ([name, ...given]) => {
  const pages = document.querySelector("script[src*='offline/']").src;
  const store = await import(pages.replace(/[^/]+$/, "store.js"));
  return store[name](...given);
}"""


@contextmanager
def served(app: Flask, port: int = 0) -> Iterator[str]:
    """Serve an application in a thread; gives its address."""
    server = make_server("127.0.0.1", port or free_port(), app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class Phone:
    """Somebody's phone: signed in and remembered; `switch_off` kills the browser, what it has stored stays."""

    def __init__(self, playwright: Playwright, url: str, profile: Path) -> None:
        self.playwright, self.url, self.profile = playwright, url, profile
        self.errors: list[str] = []
        self.context = self._switch_on()

    def _switch_on(self) -> BrowserContext:
        context = self.playwright.chromium.launch_persistent_context(
            self.profile,
            executable_path=CHROMIUM,
            args=QUIET,
            viewport=PHONE,
            locale="sv-SE",
            base_url=self.url,
        )
        context.set_default_timeout(15_000)
        context.on("weberror", lambda fault: self.errors.append(str(fault.error)))
        return context

    @property
    def page(self) -> Page:
        """The page that is looked at."""
        return self.context.pages[0]

    def restart(self, *, online: bool = True) -> None:
        """Close the browser, open it again with what it had stored."""
        self.context.close()
        self.context = self._switch_on()
        self.online(online)

    def online(self, is_online: bool = True) -> None:
        """With network or without."""
        self.context.set_offline(not is_online)

    def sign_in(self, house: House, town: Town, name: str) -> None:
        """Have somebody signed in who asked to be remembered on it."""
        actor = town.actor(name)
        token = start_session(
            house,
            account_id=actor.account_id,
            employer_id=actor.employer_id,
            user_agent="phone",
            remember=True,
        )
        self.context.add_cookies([{"name": "kunnig", "value": token, "url": self.url}])

    def open(self, path: str) -> Page:
        """Open a page and wait until the service worker is there."""
        self.page.goto(path)
        self.page.evaluate("navigator.serviceWorker.ready.then(() => true)")
        return self.page

    def keep(self, course: str) -> None:
        """Keep a course, as its owner does."""
        self.open("/courses")
        self.page.goto(f"/phone/courses/{course}")
        self.page.locator("[data-keep-now]").click()
        expect(self.page.locator("[data-is=kept]")).to_be_visible(timeout=30_000)

    def stored(self, name: str, *given: object) -> object:
        """Ask what the phone has stored, by a function of its store."""
        return self.page.evaluate(STORE, [name, *given])

    def unsent(self) -> object:
        """Everything of everybody that has not been sent, as it is stored."""
        return self.stored("everyDeed")
