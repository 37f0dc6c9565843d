"""A new edition in the middle of the test: the test stays as it was, and the update is asked for afterwards."""

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from certificates import from_canonical
from lms.evidence.models import CertificateRow
from tests import builders
from tests.catalogue.later_edition import SHIPPED, publish_later
from tests.journeys.examined import examine
from tests.journeys.learner import answers_of, follow, give, practise, press
from tests.journeys.walk import sign_in

COURSE = "/courses/documentation"


def answer(page: Page, town: builders.Town, *, after: int = 0, until: int = 99) -> None:
    """Answer the questions of the attempt under way rightly, those after one place and up to another."""
    for _item, key, _wrong in answers_of(town)[after:until]:
        give(page.locator("form#next"), key)
        press(page.locator("form#next button[type=submit]").last)
        page.locator("[data-sheet] h2").wait_for()
        press(page.locator("[data-sheet] a.btn").last)


@pytest.mark.browser
@pytest.mark.timeout(600)
def test_a_new_edition_in_the_middle_of_the_test(site, visitor, tmp_path):
    town, page = builders.Town(site.house, "granvik"), visitor()
    sign_in(page, "amina")
    page.goto(f"{COURSE}/quiz")
    follow(page, page.locator(".dock button"))
    answer(page, town, until=2)
    publish_later(
        site.house,
        tmp_path / "new",
        effect="update",
        lessons=("declined", "correct"),
        items=2,
        within_days=40,
    )
    page.goto(f"{COURSE}/quiz")
    follow(page, page.locator(".dock button"))
    answer(page, town, after=2)
    page.wait_for_url(f"**{COURSE}/result")
    with town.inside() as ctx:
        newest = ctx.db.scalars(select(CertificateRow.content).order_by(CertificateRow.id.desc())).first()
        assert from_canonical(newest.encode()).edition == SHIPPED
    page.goto("/todo")
    follow(page, page.locator(f"main a[href='{COURSE}/update']").first)
    expect(page.locator("main")).to_contain_text("2030.1")
    examine(page, desk=True)
    while not page.url.endswith("/update") or page.locator(".dock a.btn").count():
        practice = page.locator("form#practice")
        if practice.count() and not page.locator("[data-sheet]").count():
            practise(page)
            follow(page, page.locator("[data-sheet] a.btn, .dock a.btn").last)
        else:
            follow(page, page.locator(".dock a.btn").last)
    follow(page, page.locator(".dock button"))
    assert len(answers_of(town)) == 4
    examine(page, desk=True)
    answer(page, town)
    page.wait_for_url(f"**{COURSE}/update/result")
    examine(page, desk=True)
    expect(page.locator("h1")).to_have_text("Du är uppdaterad")
    page.goto("/todo")
    expect(page.locator(f"main a[href='{COURSE}/update']")).to_have_count(0)
