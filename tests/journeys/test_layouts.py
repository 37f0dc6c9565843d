"""A look of certificates is tried in a real browser: nothing that is typed is lost, colours show where they count."""

import pytest
from playwright.sync_api import expect

from certificates import example_template
from tests.journeys.conftest import DESK, PHONE
from tests.journeys.examined import examine
from tests.journeys.walk import sign_in

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
HOME = "/settings/certificates"
MADE = 120_000  # milliseconds until pages are made, on a machine that does much else


def test_what_is_typed_while_pages_are_made_stays_and_the_pages_come_by_themselves(visitor):
    page = visitor(DESK)
    sign_in(page, "maria")
    page.goto(HOME)
    page.get_by_label("Liggande").check()
    page.get_by_label("Vem som undertecknar", exact=False).first.fill("Áŋŋel Čáhcesuolu")
    page.get_by_role("button", name="Titta på sidorna").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Inte publicerat än")
    examine(page)
    beside = page.context.new_page()
    beside.goto(HOME)
    expect(beside.get_by_label("Liggande")).to_be_checked()
    title = beside.get_by_label("Titel på den som undertecknar")
    title.fill("MAS")
    expect(page.locator(".sheets img")).to_have_count(4, timeout=MADE)
    examine(page)
    expect(title).to_have_value("MAS")
    page.get_by_role("button", name="Publicera").click()
    expect(page.get_by_text("Undertecknas av Áŋŋel Čáhcesuolu")).to_be_visible()
    examine(page)


@pytest.mark.parametrize("java_script_enabled", [True, False])
def test_the_fields_of_colours_are_there_with_own_colours_only(visitor, java_script_enabled):
    page = visitor(PHONE, java_script_enabled=java_script_enabled)
    sign_in(page, "maria")
    page.goto(HOME)
    colour = page.get_by_label("Färg på de vävda banden")
    for choice, is_there in (("Våra egna", True), ("Kursens", False), ("Våra egna", True)):
        page.get_by_label(choice).check()
        expect(colour).to_be_visible(visible=is_there)


def test_a_fault_in_a_template_is_said_with_its_line_and_the_field_is_there_to_mend_it(visitor):
    page = visitor(PHONE)
    sign_in(page, "maria")
    page.goto(HOME)
    page.get_by_text("En egen mall").click()
    field = page.get_by_label("Mall (frivilligt)")
    field.fill(example_template().replace("{{ kind }}", "{{ kid }}"))
    page.get_by_role("button", name="Titta på sidorna").click()
    link = page.get_by_role("link", name="Rad 7: Det här går inte att använda i en mall: kid")
    link.click()
    expect(field).to_be_focused()
    expect(field).to_have_css("white-space", "pre-wrap")
    assert "mono" in field.evaluate("field => getComputedStyle(field).fontFamily")
    examine(page)
