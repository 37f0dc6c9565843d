"""A tablet in the staff room, in a real browser: one learns and walks away, it locks, the next sees nothing of them."""

import re
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select, update

from lms.base.access import Actor
from lms.base.context import work
from lms.identity.actions import start_session
from lms.identity.models import PersonalCode, UserSession
from lms.identity.passwords import hash_password
from lms.organisation.models import Employer, Person
from tests.journeys.examined import examine

TABLET = {"width": 768, "height": 1024}
CODES = {"1001": "407193", "1002": "552871"}  # Amina's, Birgitta's


@pytest.fixture
def tablet(site, visitor) -> Page:
    """A tablet that Karin, who leads the unit, has made a shared one."""
    hashed = {number: hash_password(code) for number, code in CODES.items()}
    with work(site.house, writes=False) as ctx:
        employer_id = ctx.db.scalars(select(Employer.id)).first()
    with work(site.house, Actor.program(employer_id)) as ctx:
        accounts = dict(
            ctx.db.execute(
                select(Person.employee_number, Person.account_id).where(
                    Person.employee_number.in_([*CODES, "1010"])
                )
            ).all()
        )
        for number, code_hash in hashed.items():
            ctx.add_once(
                PersonalCode(account_id=accounts[number], code_hash=code_hash, set_at=datetime.now(UTC))
            )
    token = start_session(
        site.house,
        account_id=accounts["1010"],
        employer_id=employer_id,
        user_agent="",
        remember=False,
    )
    page = visitor(TABLET, has_touch=True)
    page.context.add_cookies([{"name": "kunnig", "value": token, "url": site.url}])
    page.goto("/devices")
    page.get_by_label("Var den ligger").fill("Personalrummet")
    page.get_by_role("button", name="Dela den här surfplattan").tap()
    page.wait_for_url("**/shared")
    return page


def come_in(page: Page, name: str, number: str) -> None:
    """Tap the name, write the code."""
    page.get_by_role("link", name=name).tap()
    page.get_by_label("Personlig kod").fill(CODES[number])
    page.get_by_role("button", name="Logga in").tap()
    page.wait_for_url("**/todo")


def says(page: Page) -> str:
    """All the page says, seen or not."""
    return page.content()


def test_it_locks_and_the_next_sees_nothing_of_the_one_before(tablet):
    page = tablet
    page.clock.install()
    come_in(page, "Amina Y", "1001")
    page.goto("/courses/documentation/right-record/hall")
    page.clock.fast_forward("01:35")
    expect(page.get_by_role("alert").filter(has_text="Är du kvar?")).to_be_visible()
    page.locator("h1").tap()
    expect(page.get_by_text("Är du kvar?")).to_be_hidden()
    page.clock.fast_forward("01:20")
    assert page.url.endswith("/hall")
    page.clock.fast_forward("00:45")
    page.wait_for_url("**/shared")
    expect(page.get_by_role("heading", name="Vem är du?")).to_be_visible()
    page.go_back()
    page.wait_for_url("**/shared")
    assert "Amina Yusuf" not in says(page)
    come_in(page, "Birgitta L", "1002")
    assert "Amina" not in says(page)
    for _step in range(3):  # wherever that leads
        page.go_back()
        page.wait_for_load_state()
        assert "Amina Yusuf" not in says(page)
        assert "Hej Amina" not in says(page)


def test_an_answer_lies_nowhere_on_it_and_switching_forgets_all(tablet):
    page = tablet
    come_in(page, "Amina Y", "1001")
    page.evaluate("localStorage.setItem('left', 'behind')")
    page.goto("/courses/documentation/quiz")
    page.locator("main button[type=submit], .dock button").last.tap()
    page.wait_for_url("**/quiz/1")
    page.locator("form#next").wait_for()
    if page.locator("main select").count():  # questions are drawn: some have lists, some arrows
        page.locator("main select").first.select_option(index=1)
    else:
        page.locator("label.opt, .order [value$=':down']").first.tap()
    assert page.evaluate("Object.keys(localStorage).filter((key) => key.startsWith('keep:'))") == []
    page.get_by_role("button", name="Byt person").tap()
    page.wait_for_url("**/shared")
    assert page.evaluate("localStorage.length") == 0
    names = {cookie["name"] for cookie in page.context.cookies()}
    assert names <= {"kunnig", "shared", "employer", "language"}


def test_its_pages_are_without_violation(tablet, site):
    page = tablet
    number = page.get_by_role("link", name="Skriv anställningsnummer").get_attribute("href")
    person = page.get_by_role("link", name="Amina Y").get_attribute("href")
    for path in ("/shared", number, person):
        page.goto(path)
        examine(page)
    page.get_by_label("Personlig kod").fill("000000")
    page.get_by_role("button", name="Logga in").tap()
    expect(page.locator(".err-sum")).to_be_visible()
    examine(page)
    page.goto("/shared")
    come_in(page, "Amina Y", "1001")
    note = page.locator("[data-lock-note]")
    note.evaluate("note => (note.textContent = note.dataset.words)")
    examine(page)
    page.goto("/me")
    examine(page)
    with work(site.house) as ctx:  # as after a proof, on a device of one's own
        ctx.db.execute(update(UserSession).values(proven_at=ctx.now, shared_device=None))
    page.goto("/me/code")
    examine(page)
    page.goto("/me/calendar")
    page.get_by_role("button", name=re.compile("Gör en")).first.tap()
    page.wait_for_url("**/address")
    examine(page)


def test_without_script_it_leaves_the_page_too(tablet, visitor, site):
    page = visitor(TABLET, has_touch=True, java_script_enabled=False)
    page.context.add_cookies(tablet.context.cookies())
    page.goto("/shared")
    come_in(page, "Amina Y", "1001")
    expect(page.get_by_role("button", name="Byt person")).to_be_visible()
    assert page.locator("meta[http-equiv=refresh]").get_attribute("content") == "135;url=/shared"
