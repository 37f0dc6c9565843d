"""What pages weigh on a weak network: bytes as a real browser gets them, compressed and with their headers."""

import gzip
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Page

from lms.app import STATIC
from lms.web.offline import SHOWN_WITH
from tests.journeys.conftest import PHONE
from tests.journeys.learner import COURSE
from tests.journeys.walk import sign_in

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
KB = 1024
STEP = f"/courses/{COURSE}/right-record/hall"


@dataclass
class Traffic:
    """Answers that came over the wire while it was watched: kind (Document, Script, Font, …) and bytes of each."""

    kinds: dict[str, str] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)

    def weight(self, *kinds: str) -> int:
        """Bytes of these kinds, of all if none is named."""
        return sum(size for key, size in self.sizes.items() if not kinds or self.kinds[key] in kinds)

    @property
    def requests(self) -> int:
        """How many answers came."""
        return len(self.sizes)


@contextmanager
def watched(page: Page) -> Iterator[Traffic]:
    """The traffic of a page; what the browser had kept has no weight and is no request."""
    traffic = Traffic()
    network = page.context.new_cdp_session(page)
    network.on(
        "Network.requestWillBeSent", lambda event: traffic.kinds.update({event["requestId"]: event["type"]})
    )
    network.on(
        "Network.loadingFinished",
        lambda event: (
            event["encodedDataLength"]
            and traffic.sizes.update({event["requestId"]: event["encodedDataLength"]})
        ),
    )
    network.send("Network.enable")
    yield traffic
    network.detach()


@pytest.fixture
def signed_in(visitor: Callable[..., Page]) -> Callable[..., Page]:
    """Amina's phone, signed in, without anything kept; with `remember` her own one."""

    def make(*, remember: bool = False) -> Page:
        page, fresh = visitor(PHONE), visitor(PHONE)
        sign_in(page, "amina", remember=remember)
        fresh.context.add_cookies(page.context.cookies())
        return fresh

    return make


@pytest.mark.parametrize("remember", [False, True])
def test_the_first_visit_of_home_is_small(signed_in, remember):
    learner = signed_in(remember=remember)
    with watched(learner) as traffic:
        learner.goto("/todo", wait_until="networkidle")
    assert traffic.weight("Font") > 0
    assert traffic.weight() <= 115 * KB
    assert traffic.weight() - traffic.weight("Font") <= 60 * KB
    assert traffic.requests <= 12


def test_a_step_of_a_lesson_is_one_small_page(signed_in):
    learner = signed_in()
    learner.goto(STEP, wait_until="networkidle")
    with watched(learner) as traffic:
        answer = learner.goto(STEP, wait_until="networkidle")
    assert answer is not None
    assert len(answer.body()) <= 15 * KB
    assert traffic.requests == 1


def test_a_learners_pages_carry_little_script(signed_in):
    learner = signed_in()
    for path in ("/todo", f"/courses/{COURSE}", STEP, f"/courses/{COURSE}/quiz", "/certificates", "/me"):
        learner.context.new_cdp_session(learner).send("Network.clearBrowserCache")
        with watched(learner) as traffic:
            learner.goto(path, wait_until="networkidle")
        assert 0 < traffic.weight("Script") <= 50 * KB, path


def test_all_that_an_own_phone_needs_to_go_without_network_is_little_script():
    scripts = [STATIC / name for name in SHOWN_WITH if name.endswith(".js")] + [
        STATIC / "offline" / "worker.js"
    ]
    assert sum(len(gzip.compress(path.read_bytes())) for path in scripts) <= 50 * KB
