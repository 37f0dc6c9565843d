"""Views of the register that somebody saves: own only, at most twenty, found again on the page."""

import re

from lms.register.saved_views import my_views
from tests.web.lead_pages import text_of
from tests.web.staff_pages import counted


def save(browser, name, **view):
    return browser.post("/register/views", data={"name": name, **view})


def mine(town, name):
    with town.work(name, writes=False) as ctx:
        return [(view.name, view.query) for view in my_views(ctx)]


def test_a_view_is_saved_found_again_and_deleted(granvik, house, english):
    browser = english("maria")
    assert "Save this view" not in text_of(browser.get("/register"))
    assert "Save this view" in text_of(browser.get("/register?state=missing"))
    sent = save(browser, " Late  ones ", state="missing", day="2026-03-14", page="3", other="x", text="")
    assert sent.headers["Location"] == "/register?state=missing&day=2026-03-14&saved=yes"
    assert "The view is saved." in text_of(browser.get(sent.headers["Location"]))
    assert mine(granvik, "maria") == [("Late ones", "state=missing&day=2026-03-14")]
    with counted(house) as statements:
        page = browser.get("/register")
    assert len(statements) <= 7
    assert 'href="/register?state=missing&amp;day=2026-03-14"' in page.text
    here = browser.get("/register?day=2026-03-14&state=missing").text
    assert 'aria-current="true">Late ones' in here
    assert "Save this view" not in here
    forget = re.search(r'action="(/register/views/[^"]+/forget)"', page.text)[1]
    assert browser.post(forget).status_code == 303
    assert mine(granvik, "maria") == []
    assert browser.post(forget).status_code == 404


def test_a_name_is_needed_and_twice_the_same_is_one(granvik, english):
    browser = english("maria")
    for name in ("  ", "x" * 61):
        sent = save(browser, name, state="missing")
        assert "Give the view a short name." in text_of(browser.get(sent.headers["Location"]))
    save(browser, "Late", state="missing")
    save(browser, "Late", state="expired")
    assert mine(granvik, "maria") == [("Late", "state=expired")]
    save(browser, "Everything")  # is what one sees without a view
    assert len(mine(granvik, "maria")) == 1


def test_nobody_has_more_than_twenty(granvik, english):
    browser = english("maria")
    for number in range(20):
        save(browser, f"View {number}", text=str(number))
    sent = save(browser, "One more", text="more")
    assert "You have 20 views. Delete one first." in text_of(browser.get(sent.headers["Location"]))
    save(browser, "View 3", text="other")
    assert len(mine(granvik, "maria")) == 20
    assert ("View 3", "text=other") in mine(granvik, "maria")


def test_views_are_ones_own(granvik, fjordvik, english, sign_in):
    save(english("maria"), "Björken first", state="missing")
    page = english("maria").get("/register").text
    forget = re.search(r'action="(/register/views/[^"]+/forget)"', page)[1]
    siri = sign_in(fjordvik, "siri")
    assert "Björken first" not in siri.get("/register").text
    for browser in (siri, sign_in(granvik, "karin")):
        assert browser.post(forget).status_code == 404
    assert save(sign_in(granvik, "karin"), "Mine", state="missing").status_code == 404
    assert len(mine(granvik, "maria")) == 1
