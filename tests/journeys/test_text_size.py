"""Every page with the largest text, on a phone and with the browser's zoom at 200 %: nothing is too wide or cut off."""

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import DESK, PHONE
from tests.journeys.looks import overflow
from tests.journeys.test_pages import PEOPLE, adapter, endpoint, pages  # noqa: F401  (the fixture `adapter`)
from tests.journeys.walk import sign_in

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]
ZOOMED = {name: size // 2 for name, size in DESK.items()}  # at 200 % a page of 1280 px has room for 640
BROKEN_WORDS = """
tabs => tabs.flatMap((tab) => [...tab.lastChild.textContent.matchAll(/[^ ]+/g)].filter((word) => {
  const range = document.createRange();
  range.setStart(tab.lastChild, word.index);
  range.setEnd(tab.lastChild, word.index + word[0].length);
  return range.getClientRects().length !== 1;
}).map(String))
"""


def test_pages_hold_with_the_largest_text(visitor, adapter):  # noqa: F811
    seen: set[str] = set()
    faults = []
    for person, start in PEOPLE.items():
        if not person:
            continue
        page = visitor(PHONE)
        sign_in(page, person)
        page.goto("/me")
        page.locator("input[name=text_size][value=largest]").check()
        page.locator("form", has=page.locator("input[name=text_size]")).get_by_role("button").click()
        expect(page.locator("html")).to_have_attribute("data-size", "largest")
        for path in pages(page, adapter, start, "/me"):
            kind = endpoint(adapter, path)
            if kind in seen:
                continue
            seen.add(kind)
            for viewport in (PHONE, ZOOMED):
                page.set_viewport_size(viewport)
                faults += [f"{path} at {viewport['width']} px: {each}" for each in overflow(page)]
            page.set_viewport_size(PHONE)
    assert not faults, "\n".join(faults)
    assert len(seen) > 20


def test_three_sizes_that_grow(visitor):
    page = visitor(PHONE)
    sign_in(page, "amina")
    sizes = []
    for chosen in ("largest", "large", "normal"):
        page.goto("/me")
        page.locator(f"input[name=text_size][value={chosen}]").check()
        page.locator("form", has=page.locator("input[name=text_size]")).get_by_role("button").click()
        page.goto("/courses/documentation/right-record/hall")
        sizes.append(
            page.evaluate(
                "parseFloat(getComputedStyle(document.querySelector('.prose p + h1 + p')).fontSize)"
            )
        )
    assert sizes == [24.75, 21.375, 18]


@pytest.mark.parametrize("language", ["sv", "nb", "fi", "en"])
def test_names_of_tabs_break_between_words_only(visitor, language):
    page = visitor({"width": 320, "height": 640})
    sign_in(page, "karin")
    for size in ("normal", "largest"):
        page.goto("/me")
        form = page.locator("form", has=page.locator("input[name=text_size]"))
        form.locator(f"input[name=text_size][value={size}]").check()
        form.locator(f"[name=language][value={language}]").check()
        form.get_by_role("button").click()
        for path in ("/team", "/todo"):
            page.goto(path)
            expect(page.locator("html")).to_have_attribute("lang", language)
            assert page.eval_on_selector(".nav", "nav => nav.scrollWidth <= nav.clientWidth")
            assert page.eval_on_selector_all(".nav .n:not(.desk)", BROKEN_WORDS) == []
