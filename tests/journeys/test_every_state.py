"""Every page in the states in which it is met: nothing there, long words, filled in wrongly, refused, a sheet open.

No axe violation, nothing too wide or cut off. A few of each are looked at always, all in all ways by `make thorough`.
"""

from collections.abc import Callable, Iterable, Iterator

import pytest
from playwright.sync_api import Page

from tests.conftest import make_test_app
from tests.guards.test_urls import things
from tests.journeys.filled_in import every_form, every_sheet
from tests.journeys.full_and_empty import (
    NAMES,
    State,
    begun_by_nobody,
    full_of_long_words,
    just_made,
    lengthen,
)
from tests.journeys.looks import EACH_ALONE, NARROW, Look, faults
from tests.journeys.phone import served
from tests.journeys.rounds import Round, refuse_on_request

__all__ = ["things"]  # a fixture

pytestmark = [
    pytest.mark.browser, pytest.mark.timeout(3600), pytest.mark.parametrize("house", ["sqlite"], indirect=True),
]  # fmt: skip
ELSEWHERE = {  # pages that these towns do not have, and which test looks at them
    "public.mail": "a mail that the worker has sent: test_every_page.py",
    "staff.question_before": "test_begun.py", "staff.result_before": "test_begun.py",
    "staff.question_update": "test_editions.py", "staff.result_update": "test_editions.py",
    "staff.update": "test_editions.py",
}  # fmt: skip


def some_or_all(some: str) -> pytest.MarkDecorator:
    """A few pages, whose endpoints begin like this, narrow; by `make thorough` all of them in every way."""
    everything = pytest.param("", EACH_ALONE, marks=pytest.mark.thorough)
    return pytest.mark.parametrize(("audience", "looks"), [(some, NARROW), everything], ids=["some", "all"])


NEVER_WRONG = {  # forms that take whatever is sent: nothing has to be chosen in them, and other values are passed over
    "employer.order_file", "employer.set_one", "lead.slips_print", "staff.start_quiz",
}  # fmt: skip
Start = Callable[..., Round]


@pytest.fixture
def start(house, browser) -> Iterator[Start]:
    """Begin a round through a town in some state: `start(state, audience)`."""
    app = make_test_app(house)
    app.config.update(WTF_CSRF_ENABLED=True, TESTING=False)  # forms and refusals as they are for people
    refuse_on_request(app)
    made = []
    with served(app) as (url, _way):

        def begin(state: State, audience: str = "") -> Round:
            made.append(Round(app, browser, url, state.readers, state.known, state.addresses, audience))
            return made[-1]

        yield begin
        for each in made:
            each.close()


@pytest.fixture
def full(house, granvik, request) -> State:
    """One of each kind of thing, with names and words that are long and have no place to break."""
    lengthen(house, NAMES)
    return full_of_long_words(granvik, request.getfixturevalue("things"))


def look_at(met: Iterable[tuple[str, Page]], looks: tuple[Look, ...]) -> list[str]:
    """Names of what was met; fails with everything that was found on it."""
    found, seen = [], []
    for name, page in met:
        seen.append(name)
        found += [f"{name}: {each}" for each in faults(page, looks)]
    assert not found, f"{len(found)} faults\n" + "\n\n".join(found)
    return seen


@some_or_all("lead.m")
def test_pages_full_of_long_words(start, full, audience, looks):
    assert len(look_at(start(full, audience).every_page(), looks)) > (4 if audience else 100)


@some_or_all("staff.c")
def test_pages_with_nothing_on_them(house, granvik, start, audience, looks):
    seen = []
    for state in (begun_by_nobody(granvik), just_made(house)):
        seen += look_at(start(state, audience).every_page(), looks)
    assert len(seen) > (6 if audience else 120)


@some_or_all("lead.m")
def test_forms_sent_empty_and_wrong(start, full, audience, looks):
    round_ = start(full, audience)
    sent: dict[str, set[int]] = {}

    def met() -> Iterator[tuple[str, Page]]:
        for endpoint, way, status, page in every_form(round_):
            sent.setdefault(endpoint, set()).add(status)
            if status >= 400 or way == "wrong":
                yield f"{endpoint} {way}", page

    assert len(look_at(met(), looks)) > (1 if audience else 60)
    written = {rule.endpoint for rule in round_.app.url_map.iter_rules() if "POST" in (rule.methods or set())}
    taken = {endpoint for endpoint, statuses in sent.items() if 422 not in statuses} & written
    assert taken <= NEVER_WRONG


@some_or_all("lead.m")
def test_everything_opened_that_opens(start, full, audience, looks):
    met = (
        (name, opened) for name, page in start(full, audience).every_page() for opened in every_sheet(page)
    )
    look_at(met, looks)


@pytest.mark.parametrize(
    "looks", [NARROW, pytest.param(EACH_ALONE, marks=pytest.mark.thorough)], ids=["some", "all"]
)
def test_what_is_refused_and_what_is_not_there(start, full, looks):
    round_ = start(full)
    assert len(look_at(round_.refusals(), looks)) > 8
    assert len(look_at(round_.what_is_not_there(), looks)) > 3


def test_every_page_is_met_in_some_state(start, full):
    round_ = start(full)
    met = {endpoint for endpoint, _reader, _path in round_.met()}
    assert {rule.endpoint for rule in round_.rules()} - met == set(ELSEWHERE)
