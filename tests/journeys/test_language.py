"""Another language in the middle of a course, on a phone, with and without script."""

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import PHONE
from tests.journeys.walk import sign_in

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
COURSE = "/courses/documentation"


def read_in(page: Page, language: str) -> None:
    """Open the choice of languages in the bar and press one, by keyboard."""
    page.locator(".bar .lang summary").focus()
    page.keyboard.press("Enter")
    button = page.locator(f".bar .lang button[value={language}]")
    box = button.bounding_box()
    assert box is not None
    assert box["height"] >= 48
    assert box["x"] + box["width"] <= PHONE["width"]
    button.focus()
    with page.expect_navigation():
        page.keyboard.press("Enter")
    expect(page.locator("html")).to_have_attribute("lang", language)


@pytest.mark.parametrize("script", [True, False])
def test_another_language_in_the_middle(visitor, script):
    page = visitor(PHONE, java_script_enabled=script)
    sign_in(page, "amina")

    # a step
    page.goto(f"{COURSE}/right-record/hall")
    swedish = page.locator("h1").inner_text()
    read_in(page, "en")
    assert page.url.endswith(f"{COURSE}/right-record/hall")
    assert page.locator("h1").inner_text() != swedish
    expect(page.locator(".bar")).to_contain_text("Step 1 of")
    read_in(page, "sv")
    assert page.locator("h1").inner_text() == swedish

    # a practice item keeps what is chosen, and its explanation stays
    while not page.locator("form#practice input[type=radio]").count():
        with page.expect_navigation():
            page.locator(".dock a.btn").last.click()
    here = page.url
    page.locator("form#practice input").last.check()
    read_in(page, "en")
    assert page.url == here
    expect(page.locator("form#practice input").last).to_be_checked()
    page.locator("button[form=practice]", has_text="Answer").click()
    read_in(page, "sv")
    assert page.url == here
    expect(page.locator(".sheet")).to_contain_text("Fortsätt")

    # a question of the test keeps what is chosen; after the explanation it is the question that stays
    page.goto(f"{COURSE}/quiz")
    page.locator(".dock button").click()
    for _twice in range(2):
        form = page.locator("form#next")
        form.wait_for()
        asked = form.locator(".ask").inner_text()
        boxes = form.locator("input[name=answer]:is([type=radio], [type=checkbox])")
        if boxes.count():
            boxes.last.check()
        selects = form.locator("select")
        for select in selects.all():
            select.select_option(index=1)
        read_in(page, "en")
        form.wait_for()
        assert form.locator(".ask").inner_text() != asked
        if boxes.count():
            expect(boxes.last).to_be_checked()
        for select in selects.all():
            assert select.input_value()
        assert not page.get_by_text("was not sent").count()
        read_in(page, "sv")
        form.locator("button[type=submit]").last.click()
        page.locator("[data-sheet]").wait_for()
        read_in(page, "en")
        expect(page.locator("[data-sheet]")).to_contain_text("Continue")
        read_in(page, "sv")
        page.locator("[data-sheet] a.btn").last.click()
