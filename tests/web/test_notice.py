"""What a course says on each of its pages: that passing it is no permission, for example."""

import re

import pytest

from tests.learning.kettle import publish_kettle
from tests.web.staff_pages import as_fields, attempt_of, hidden_fields, shown

COURSE = "/courses/kettle"
NOTICE = "Tea is no medicine."


@pytest.fixture
def browser(house, granvik, tmp_path, sign_in):
    """Amina, in a course that has something to say on every page."""
    publish_kettle(house, tmp_path, notice=NOTICE)
    browser = sign_in(granvik, "amina")
    browser.post("/me", data={"language": "en", "theme": "system"})
    return browser


def has_notice(response):
    return response.status_code == 200 and NOTICE in shown(response)


def through(browser, town, place, *, right):
    """Answer every question of the attempt under way; the page of its result."""
    _attempt, keys, others, _items = attempt_of(town, "amina")
    for number, value in (keys if right else others).items():
        page = browser.get(f"{place}/{number}")
        assert has_notice(page), page.request.path
        sent = browser.post(f"{place}/{number}", data=hidden_fields(page) | as_fields(value))
        last = browser.get(sent.headers["Location"])
    result = re.search(rf'href="({COURSE}[^"]*result[^"]*)"', last.text)
    return browser.get(result[1] if result else last.request.path)


def test_it_stands_on_every_page_of_the_course(granvik, browser):
    pages = [
        COURSE,
        f"{COURSE}/tea/start",
        f"{COURSE}/tea/try-1",
        f"{COURSE}/quiz",
        f"{COURSE}/before/pretest",
    ]
    assert [page for page in pages if not has_notice(browser.get(page))] == []
    browser.post(f"{COURSE}/before/pretest")
    assert has_notice(through(browser, granvik, f"{COURSE}/before/pretest", right=False))
    for right in (False, True):
        browser.post(f"{COURSE}/quiz")
        assert has_notice(through(browser, granvik, f"{COURSE}/quiz", right=right))


def test_it_is_said_in_the_language_of_the_course(granvik, browser):
    browser.post("/me", data={"language": "nb", "theme": "system"})
    assert re.search(r'<p class="[^"]*notice" lang="sv">', browser.get(COURSE).text)


def test_a_course_without_says_nothing(granvik, sign_in):
    page = sign_in(granvik, "amina").get("/courses/documentation")
    assert "notice" not in page.text
