"""A lead clears the week's list on the phone; the register of a past day is downloaded and agrees with the screen."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import expect
from python_calamine import CalamineWorkbook

from tests.journeys.conftest import DESK, PHONE
from tests.journeys.walk import sign_in, today

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


@pytest.mark.parametrize("scripts", [True, False])
def test_a_lead_clears_the_weeks_list_with_the_thumb(visitor, scripts):
    page = visitor(PHONE, java_script_enabled=scripts)
    sign_in(page, "karin")
    page.get_by_role("link", name="Veckans lista").click()
    boxes = page.locator("input[name=pick]")
    before = boxes.count()
    assert before > 3
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    targets = page.locator("#week li label, #week .opt").all()
    assert min(target.bounding_box()["height"] for target in targets) >= 48
    page.locator("#week li label").first.tap()  # everybody on the page
    page.locator("label", has=page.locator("input[value=extension]")).tap()
    page.locator("input[name=until]").fill((today() + timedelta(days=30)).isoformat())
    page.locator("input[name=reason]").fill("Sjukt många vikarier")
    page.locator(".dock button").tap()
    expect(page.locator("h1")).to_contain_text("mer tid")
    expect(page.locator("main")).to_contain_text("Sjukt många vikarier")
    page.locator(".dock button").tap()
    expect(page.locator("h1")).to_have_text("Veckans lista")
    assert page.locator("input[name=pick]").count() == 0  # nothing is left
    page.get_by_role("button", name="Ångra allt").tap()
    expect(page.locator("input[name=pick]")).to_have_count(before)


def rows_on_screen(page):
    found = []
    while True:
        for row in page.locator("table.tb tbody tr").all():
            cells = [" ".join(cell.split()) for cell in row.locator("td").all_inner_texts()]
            name, unit, _title, _course, achieved, expires, _state, number = cells
            found.append((name, *("" if cell == "–" else cell for cell in (unit, achieved, expires, number))))
        ahead = page.locator("a[rel=next]")
        if not ahead.count():
            return found
        ahead.click()


def test_the_register_of_a_past_day_is_downloaded_and_agrees_with_the_screen(visitor, tmp_path):
    page = visitor(DESK)
    sign_in(page, "maria")
    now = page.locator("table.tb tbody").inner_text()
    day = today() - timedelta(days=120)
    page.get_by_label("Läget den").fill(day.isoformat())
    page.get_by_role("button", name="Visa dagen").click()
    expect(page.locator("main")).to_contain_text("så som det är känt i dag")
    assert page.locator("table.tb tbody").inner_text() != now
    page.locator("select[name=course]").select_option("documentation")
    expect(page).to_have_url(re.compile(f"course=documentation.*day={day}"))
    with page.expect_download() as download:
        page.locator("a[href^='/register/file/xlsx']").click()
    path = tmp_path / "register.xlsx"
    download.value.save_as(path)
    assert day.isoformat() in download.value.suggested_filename
    book = CalamineWorkbook.from_path(str(path))
    lines = book.get_sheet_by_index(0).to_python()[1:]
    in_file = [
        (f"{line[1]}, {line[2]}", line[3], *(str(cell) for cell in (line[8], line[9], line[11])))
        for line in lines
    ]
    assert in_file == rows_on_screen(page)
    assert len(in_file) > 5
    assert day.isoformat() in str(book.get_sheet_by_index(1).to_python())
    page.goto("/register")
    assert page.locator("table.tb tbody").inner_text() == now
