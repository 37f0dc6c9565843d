"""What a hard word means, by a tap where it stands; by keyboard and for screen readers too, with and without script."""

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import PHONE
from tests.journeys.walk import sign_in

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
STEP = "/courses/documentation/right-record/hall"


def expanded(page: Page, name: str) -> bool:
    """Whether a screen reader says of the button of a name that it is expanded."""
    tree = page.context.new_cdp_session(page).send("Accessibility.getFullAXTree")["nodes"]
    button = next(
        node
        for node in tree
        if (node.get("role", {}).get("value"), node.get("name", {}).get("value")) == ("button", name)
    )
    return next(each["value"]["value"] for each in button["properties"] if each["name"] == "expanded")


@pytest.mark.parametrize("script", [True, False])
@pytest.mark.parametrize("width", [320, 390])
def test_a_tap_shows_what_a_word_means_where_it_stands(visitor, script, width):
    page = visitor(PHONE | {"width": width}, java_script_enabled=script, has_touch=True)
    sign_in(page, "amina")
    page.goto(STEP)
    word, term = page.locator("button.word").first, page.locator(".term").first
    expect(word).to_have_text("blodförtunnande")
    expect(term).to_be_hidden()
    word.tap()
    expect(term).to_be_visible()
    expect(term).to_contain_text("Medicin som gör att blodet inte klumpar sig")
    where, box = word.bounding_box(), term.bounding_box()
    assert where is not None
    assert box is not None
    assert 0 <= box["x"] <= box["x"] + box["width"] <= width
    assert 0 <= box["y"] - (where["y"] + where["height"]) <= 24  # below it
    page.locator("h1").tap()
    expect(term).to_be_hidden()


def test_the_keyboard_opens_closes_and_stays_at_the_word(visitor):
    page = visitor(PHONE)
    sign_in(page, "amina")
    page.goto(STEP)
    word, term = page.locator("button.word").first, page.locator(".term").first
    assert expanded(page, "blodförtunnande") is False
    for closing in ("Escape", "Enter"):
        word.focus()
        page.keyboard.press("Enter")
        expect(term).to_be_visible()
        assert expanded(page, "blodförtunnande") is True
        page.keyboard.press("Tab")
        expect(term.get_by_role("button", name="Stäng")).to_be_focused()
        page.keyboard.press(closing)
        expect(term).to_be_hidden()
        expect(word).to_be_focused()
