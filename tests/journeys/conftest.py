"""A real server, a real worker and a real browser over the demo municipality."""

import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, sync_playwright
from pydantic import SecretStr

from lms.app import create_app
from lms.base.context import House, make_house
from lms.base.migrate import migrate_as_owner
from lms.base.settings import Settings, read_settings
from lms.demo import build_demo
from tests.conftest import made_once
from tests.servers import free_port, kunnig, running

CHROMIUM = (
    os.environ.get("KUNNIG_CHROMIUM")
    or shutil.which("chromium")
    or shutil.which("google-chrome")
    or "chromium"
)
QUIET = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
PHONE = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 800}


@dataclass(frozen=True)
class Site:
    """A running Kunnig: its address, and the house behind it for looking inside."""

    url: str
    house: House
    folder: Path


def demo_settings(folder: Path, port: int) -> Settings:
    """Settings of a demo of the test's own."""
    return read_settings(
        mode="demo", secret_key="x" * 40, data=folder, port=port, public_url=f"http://127.0.0.1:{port}"
    )


def environment(settings: Settings) -> dict[str, str]:
    """The same settings as a child process reads them."""
    values = {name: getattr(settings, name) for name in Settings.model_fields}
    return {
        f"KUNNIG_{name.upper()}": value.get_secret_value() if isinstance(value, SecretStr) else str(value)
        for name, value in values.items()
    }


@pytest.fixture(scope="session")
def demo_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a house with the demo municipality, to be copied."""
    return made_once(tmp_path_factory, "demo-model", make_demo)


def make_demo(folder: Path) -> None:
    """A house with the demo municipality in this folder, which must be empty or missing."""
    settings = demo_settings(folder, 0)
    house = make_house(settings)
    migrate_as_owner(settings)
    build_demo(house)
    create_app(house=house)  # compresses the static files
    house.engine.dispose()  # the last connection that is closed brings all into the one file


@contextmanager
def serving_demo(
    model: Path, folder: Path, name: str = "127.0.0.1", serve: Sequence[str] = ()
) -> Iterator[Site]:
    """The demo municipality, served under a name of this machine as `make demo` does, with its worker.

    `serve` is another command that serves it.
    """
    port = free_port()
    settings = demo_settings(folder / "data", port).model_copy(update={"public_url": f"http://{name}:{port}"})
    shutil.copytree(model, settings.data)
    house = make_house(settings)
    env = environment(settings)
    with (
        running(serve or kunnig("serve"), folder / "serve.log", f"http://127.0.0.1:{port}/healthz", env),
        running(kunnig("work"), folder / "work.log", environment=env),
    ):
        yield Site(settings.public_url, house, folder)
    house.engine.dispose()


@pytest.fixture(scope="module")
def site(demo_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The demo municipality, served with its worker."""
    with serving_demo(demo_model, tmp_path_factory.mktemp("site")) as made:
        yield made


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """What starts browsers."""
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """A real Chromium; each visitor has a context of their own in it."""
    made = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
    yield made
    made.close()


@pytest.fixture
def visitor(site: Site, browser: Browser) -> Iterator[Callable[..., Page]]:
    """Make a new visitor with an own cookie jar: `visitor(PHONE)`; a script error in a page fails the test."""
    contexts: list[BrowserContext] = []
    errors: list[str] = []

    def make(viewport: dict[str, int] = PHONE, **options: object) -> Page:
        context = browser.new_context(
            viewport=viewport,
            base_url=site.url,
            accept_downloads=True,
            **{"locale": "sv-SE", "has_touch": viewport == PHONE} | options,
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on(
            "console",
            lambda said: errors.append(said.text) if "Content Security Policy" in said.text else None,
        )
        return page

    yield make
    for context in contexts:
        context.close()
    assert errors == []
