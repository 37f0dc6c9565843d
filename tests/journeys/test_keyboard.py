"""The main jobs with a keyboard and nothing else: the focus is never lost, covered or unmarked."""

import re

import pytest
from playwright.sync_api import Page, expect

from lms.demo_towns import GRANVIK
from tests import builders
from tests.journeys.conftest import DESK, PHONE
from tests.journeys.keyboard import Keyboard
from tests.journeys.learner import COURSE, answers_of

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]


def sign_in(page: Page, name: str) -> Keyboard:
    """Come in with the password, by keys."""
    keys = Keyboard(page)
    page.goto("/sign-in")
    keys.follow(page.locator("main a[href^='/sign-in/password']"))
    keys.write(page.locator("input[name=name]"), f"{name}@{GRANVIK.slug}.example")
    keys.write(page.locator("input[name=password]"), GRANVIK.password)
    with page.expect_navigation():
        page.keyboard.press("Enter")
    return keys


def test_a_learner_reads_a_lesson_and_passes_the_exam_on_a_phone(site, visitor):
    page = visitor(PHONE)
    keys = sign_in(page, "amina")
    page.goto(f"/courses/{COURSE}/right-record/hall")
    skip(page, keys)
    read_lesson(page, keys)
    page.goto(f"/courses/{COURSE}/quiz")
    take_exam(page, keys, builders.Town(site.house, GRANVIK.slug))
    keys.follow(page.locator("main a[href$='.pdf'], main a[href^='/certificates/']").first)
    assert "/certificates/" in page.url


def test_a_learner_goes_from_signing_in_to_the_result_on_a_desk(site, visitor):
    page = visitor(DESK)
    keys = sign_in(page, "elin")
    skip(page, keys)
    keys.follow(page.locator(f"main a[href='/courses/{COURSE}']"))
    keys.follow(page.locator(f"main a[href='/courses/{COURSE}/right-record']"))
    read_lesson(page, keys, leaves_out=True)
    keys.follow(page.locator(f".bar a[href='/courses/{COURSE}']"))
    keys.follow(page.locator(f"main a[href='/courses/{COURSE}/quiz']"))
    take_exam(page, keys, builders.Town(site.house, GRANVIK.slug))
    expect(page.locator("h1")).to_contain_text("Godkänt")
    skip(page, keys)


def skip(page: Page, keys: Keyboard) -> None:
    """The skip link is the first stop of a page, and leads into it."""
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    keys.assert_seen()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()


def read_lesson(page: Page, keys: Keyboard, *, leaves_out: bool = False) -> None:
    """Read a lesson to its end, and practise; `leaves_out`: first send the practice item without an answer."""
    while page.locator(".dock a.btn, [form=practice]").count() and "/right-record/" in page.url:
        if page.locator("form#practice").count() and not page.locator("[data-sheet]").count():
            if leaves_out:
                keys.follow(page.locator("[form=practice].btn"))
                keys.assert_seen()  # at what is missing
                leaves_out = False
            practise(page, keys)
        else:
            keys.follow(page.locator("[data-sheet] a.btn, .dock a.btn").last)


def take_exam(page: Page, keys: Keyboard, town: builders.Town) -> None:
    """Answer every question rightly, until the result is there."""
    keys.follow(page.locator(".dock button[type=submit]"))
    for item, key, _wrong in answers_of(town):
        form = page.locator("form#next")
        form.wait_for()
        keys.give(form, key)
        keys.go_to(form.locator("button[type=submit]").last)
        page.keyboard.press("Enter")
        expect(page.locator("[data-sheet] h2"), item.id).to_be_focused()
        keys.go_to(page.locator("[data-sheet] a.btn").last)
        page.keyboard.press("Enter")
        if page.locator("form#next:visible").count():
            assert page.evaluate("document.activeElement !== document.body"), item.id
    page.wait_for_url("**/result")


def practise(page: Page, keys: Keyboard) -> None:
    """Give some answer to a practice item, and read what is said of it."""
    form = page.locator("form#practice")
    fields = form.locator("[name^=answer]:visible, [name^=answer]:is([type=radio], [type=checkbox])")
    for name in dict.fromkeys(each.get_attribute("name") for each in fields.all()):
        group = form.locator(f"[name='{name}']")
        keys.go_to(*group.all())
        page.keyboard.press(
            "ArrowDown" if group.first.evaluate("field => field.type") == "select-one" else "Space"
        )
        keys.assert_seen()
    keys.follow(page.locator("[form=practice].btn"))
    if page.locator("[data-sheet] h2").count():
        expect(page.locator("[data-sheet] h2")).to_be_focused()


@pytest.mark.parametrize("viewport", [PHONE, DESK], ids=["phone", "desk"])
def test_a_lead_gives_somebody_a_course(visitor, viewport):
    page = visitor(viewport)
    keys = sign_in(page, "karin")
    keys.follow(page.locator("nav a[href^='/assign']"))
    keys.follow(page.locator("main .list a").last)
    form = page.locator("main form").last
    if not form.locator("input[name=people]:checked").count():
        keys.go_to(form.locator("input[name=people]").first)
        page.keyboard.press("Space")
        keys.assert_seen()
    keys.follow(page.locator("button[type=submit]:visible", has_text=re.compile("Tilldela")).last)
    expect(page.locator("[role=status]").first).not_to_be_empty()
    page.keyboard.press("Tab")
    keys.assert_seen()
