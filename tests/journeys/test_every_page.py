"""Every kind of page in every way of looking at it: no axe violation, nothing too wide or cut off."""

import sys

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import PHONE, serving_demo
from tests.journeys.looks import Look, faults, looking, overflow
from tests.journeys.shown import every_page, visitor_of
from tests.journeys.walk import sign_in

pytestmark = [pytest.mark.browser, pytest.mark.timeout(3600)]


@pytest.mark.parametrize(
    ("who", "paths"),
    [
        ("amina", ("/todo", "/courses/documentation", "/courses/documentation/right-record/hall", "/me")),
        ("karin", ("/team", "/assign?course=documentation")),
        ("maria", ("/register", "/org/people")),
    ],
)
def test_pages_of_each_kind_of_reader_in_ways_that_differ(visitor, who, paths):
    page = visitor(PHONE)
    sign_in(page, who)
    found = []
    for path in paths:
        page.goto(path)
        found += faults(
            page, (Look(forced=True, scheme="dark"), Look(text=2), Look(width=320, unfolded=True))
        )
    assert not found, "\n\n".join(found)


@pytest.mark.thorough
def test_every_page_in_every_way(site, visitor):
    found, seen = [], []
    for name, page in every_page(site, visitor):
        seen.append(name)
        found += [f"{name}: {each}" for each in faults(page)]
    assert not found, f"{len(found)} faults\n" + "\n\n".join(found)
    assert len(seen) > 100


@pytest.mark.thorough
def test_every_page_has_room_for_a_longer_language(demo_model, browser, tmp_path):
    looks = [Look(width=width) for width in (320, 390, 768, 1280, 1440)]
    found, seen = [], []
    with serving_demo(
        demo_model, tmp_path, serve=(sys.executable, "-m", "tests.journeys.pseudo", "serve")
    ) as site:
        for name, page in every_page(site, visitor_of(site, browser, "en-GB"), read_english):
            seen.append(name)
            for look in looks:
                with looking(page, look):
                    found += [f"{name} ({look}): {each}" for each in overflow(page)]
    assert not found, f"{len(found)} faults\n" + "\n".join(found)
    assert len(seen) > 100


def read_english(page: Page) -> None:
    """Choose English, which is the longer language here."""
    page.goto("/me")
    form = page.locator("form", has=page.locator("input[name=language]"))
    form.locator("input[name=language][value=en]").check()
    form.get_by_role("button").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.locator("h2").first).to_have_text("Laánguúaágeé aánd aáppeéaáraánceé")
