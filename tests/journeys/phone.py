"""A phone for tests of what goes on without network: a Chromium with a profile of its own, and a server."""

import os
import signal
import socket
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from flask import Flask
from playwright.sync_api import BrowserContext, Error, Page, Playwright, expect
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

BACK = """(ms) => new Promise((done) => {
  indexedDB.open("kunnig").onsuccess = ({ target }) => {
    const change = target.result.transaction("deeds", "readwrite");
    change.objectStore("deeds").openCursor().onsuccess = ({ target: { result: cursor } }) => {
      if (!cursor) return;
      cursor.update({ ...cursor.value, at: cursor.value.at - ms });
      cursor.continue();
    };
    change.oncomplete = () => done(target.result.close());
  };
})"""


class Way:
    """The way between phone and server: slow, or cut at both ends, as a browser just opened is told too late."""

    is_cut = False
    slow: tuple[float, float] | None = None  # seconds an answer takes at least, bytes a second

    def __init__(self, app: WSGIApplication) -> None:
        self.app = app

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer, or hang up without a word."""
        if not self.is_cut and self.slow is None:
            return self.app(environ, start_response)
        if not self.is_cut:
            latency, rate = self.slow
            body = b"".join(self.app(environ, start_response))
            time.sleep(latency + len(body) / rate)
            return [body]
        environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
        raise ConnectionAbortedError  # nobody listens any more


@contextmanager
def served(app: Flask) -> Iterator[tuple[str, Way]]:
    """Serve an application in a thread; gives its address, and the way there."""
    way = Way(app)
    server = make_server("127.0.0.1", free_port(), way, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", way
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class Phone:
    """Somebody's phone: signed in and remembered; `switch_off` kills the browser, what it has stored stays."""

    def __init__(self, playwright: Playwright, url: str, way: Way, profile: Path) -> None:
        self.playwright, self.url, self.way, self.profile = playwright, url, way, profile
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
        self.way.is_cut = not online
        self.context = self._switch_on()
        self.online(online)

    def kill(self, *, online: bool = True) -> None:
        """Have the browser die in the middle of everything, as a phone kills it, and open it again."""
        for process in Path("/proc").glob("[0-9]*/cmdline"):
            with suppress(OSError):
                if f"--user-data-dir={self.profile}".encode() in process.read_bytes():
                    os.kill(int(process.parent.name), signal.SIGKILL)
        with suppress(Error):
            self.context.close()
        (self.profile / "SingletonLock").unlink(missing_ok=True)
        self.way.is_cut = not online
        self.context = self._switch_on()
        self.context.add_cookies(
            [self.cookie]
        )  # Chromium writes a new one to the disk after half a minute only
        self.online(online)

    def online(self, is_online: bool = True) -> None:
        """With network or without."""
        self.way.is_cut = not is_online
        self.context.set_offline(not is_online)

    def sign_in(self, house: House, town: Town, name: str, *, remember: bool = True) -> None:
        """Have somebody signed in, who asked to be remembered on it."""
        actor = town.actor(name)
        token = start_session(
            house,
            account_id=actor.account_id,
            employer_id=actor.employer_id,
            user_agent="phone",
            remember=remember,
        )
        lasts = time.time() + 86_400 * 30
        self.cookie = {"name": "kunnig", "value": token, "url": self.url, "expires": lasts}
        self.context.add_cookies([self.cookie])

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
