"""The main job, end to end, in a phone-sized browser: from the printed slip to the employer's file."""

import os
import re
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from datetime import date, datetime, timedelta
from pathlib import Path

from playwright.sync_api import Page, expect
from python_calamine import CalamineWorkbook

from lms.base.context import House
from lms.demo_towns import GRANVIK, Town
from tests import builders
from tests.journeys.conftest import DESK, PHONE
from tests.journeys.learner import COURSE, answer_quiz, document_of, read_course

OWN_PASSWORD = "regnbåge över fjorden"


def today():
    """The day it is in the demo municipality now: a run of the tests may go past midnight."""
    return datetime.now(GRANVIK.zone).date()


def shot(page: Page, name: str) -> None:
    """Keep a picture of a step where KUNNIG_PICTURES names a folder, for people to look at."""
    if folder := os.environ.get("KUNNIG_PICTURES"):
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.wait_for_timeout(450)  # the band has been woven, the sheet has risen
        page.screenshot(path=Path(folder) / f"{name}.png")


def sign_in(page: Page, name: str, town: Town = GRANVIK, *, remember: bool = False) -> None:
    """Come in with the password; `name` is what stands before the @ of the address."""
    page.goto("/sign-in/password")
    page.locator("input[name=name]").fill(f"{name}@{town.slug}.example")
    page.locator("input[name=password]").fill(town.password)
    if remember:
        page.locator("input[name=remember]").check(force=True)
    page.locator("input[name=password]").press("Enter")
    page.wait_for_url(re.compile(r"/(todo|team|register|org)"))


def walk(  # noqa: PLR0915  (one walk is one story)
    house: House,
    visitor: Callable[..., Page],
    folder: Path,
    while_answering: AbstractContextManager[object] | None = None,
) -> None:
    """Karin's and Samir's story, checked at every step; `while_answering` is open during the first exam."""
    granvik = builders.Town(house, GRANVIK.slug)
    karin = visitor(DESK)
    sign_in(karin, "karin")
    shot(karin, "01-lead-team")

    # the lead agrees a plan with Samir, bound to the course
    karin.get_by_role("link", name=re.compile("Samir Haddad")).first.click()
    person_url = karin.url
    samir_id = person_url.rsplit("/", 1)[1]
    karin.goto(f"/plans/{samir_id}")
    karin.locator(f"form[action='/plans/{samir_id}'] button[type=submit]").last.click()
    goal = karin.locator(f"form[action='/plans/{samir_id}/goals']")
    goal.locator("[name=goal]").fill("Jag skriver anteckningar som nästa pass kan lita på")
    goal.locator("button[type=submit]").last.click()
    activity = karin.locator(f"form[action='/plans/{samir_id}/activities']").first
    activity.locator("[name=what]").select_option(f"course:{COURSE}")
    activity.locator("[name=due_on]").fill((today() + timedelta(days=60)).isoformat())
    activity.locator("button[type=submit]").last.click()
    shot(karin, "02-lead-plan")

    # prints the slip
    karin.goto(person_url)
    karin.locator(f"form[action='/team/{samir_id}/slip'] button[type=submit]").click()
    code = karin.locator(".slip dd.num").first.inner_text().strip()
    assert re.fullmatch(r"[2-9A-Z]{5}[ -][2-9A-Z]{5}", code)
    shot(karin, "03-slip")

    # Samir scans it, sets an own way in
    samir = visitor(PHONE)
    samir.goto(f"/sign-in/slip?m=granvik&c={re.sub('[^0-9A-Z]', '', code)}")
    shot(samir, "04-slip-scanned")
    if samir.locator("input[name=c]:visible").count():
        samir.locator("main form button[type=submit]").first.click()
    samir.get_by_role("heading", name=re.compile("Samir")).wait_for()
    shot(samir, "05-is-it-you")
    samir.locator("button[name=is_me]").click()
    samir.wait_for_url("**/sign-in/own")
    samir.goto("/todo")  # nothing else opens before that
    assert samir.url.endswith("/sign-in/own")
    samir.locator("input[name=email]").fill("samir@granvik.example")
    samir.locator("input[name=password]").fill(OWN_PASSWORD)
    shot(samir, "06-own-way-in")
    samir.locator("form[action='/sign-in/own'] button[type=submit]").last.click()
    samir.wait_for_url("**/todo")
    shot(samir, "07-todo")

    # reads the whole course
    samir.locator(f"main a[href*='/courses/{COURSE}']").first.click()
    if re.fullmatch(rf".*/courses/{COURSE}", samir.url):
        shot(samir, "08-course")
        samir.locator(".dock a.btn, main a.btn").first.click()
    shot(samir, "09-lesson")
    read_course(samir)
    shot(samir, "10-before-the-quiz")

    # fails the exam, kindly
    samir.locator(".dock button[type=submit]").click()
    with while_answering or nullcontext():
        answer_quiz(samir, granvik, right=7, shot=shot)
    shot(samir, "11-nearly-there")
    assert "7" in samir.locator("main").inner_text()
    assert "underkänd" not in samir.content().lower()

    # reads up
    samir.locator(f"main a[href^='/courses/{COURSE}/']:not([href*=quiz])").first.click()
    samir.wait_for_load_state()
    assert re.search(rf"/courses/{COURSE}/[a-z-]+/[a-z0-9-]+$", samir.url)
    shot(samir, "12-reading-up")

    # passes the exam
    samir.goto(f"/courses/{COURSE}/quiz")
    samir.locator(".dock button[type=submit]").click()
    answer_quiz(samir, granvik, right=10)
    shot(samir, "13-passed")
    text = samir.locator("main").inner_text()
    number = re.search(r"\b[2-9A-HJKMNP-TV-Z]{5}-[2-9A-HJKMNP-TV-Z]{5}\b", text).group()
    assert "Samir Haddad" in text

    # opens the certificate and downloads the PDF
    pdf = document_of(samir, number)
    assert pdf.startswith(b"%PDF")
    (folder / "certificate.pdf").write_bytes(pdf)

    # a stranger verifies it
    stranger = visitor(PHONE)
    stranger.goto("/v")
    stranger.locator("input[name=number]").fill(number.lower().replace("-", " "))
    shot(stranger, "14-verify")
    stranger.locator("main form[method=get] button[type=submit]").click()
    stranger.wait_for_url(f"**/v/{number}")
    expect(stranger.locator(".verdict.ok")).to_be_visible()
    assert "Samir Haddad" in stranger.locator("main").inner_text()
    shot(stranger, "15-verified")

    # the plan ticked itself off
    samir.goto("/plan")
    expect(samir.locator(".tl .dot.done")).to_have_count(1)
    shot(samir, "16-plan-done")

    # the lead sees it, without answers, scores or tries
    karin.goto("/team")
    shot(karin, "17-lead-sees")
    karin.goto(person_url)
    seen = karin.locator("main").inner_text()
    assert number in seen
    assert not re.search(r"\b(7|10) av 12\b", seen)
    shot(karin, "18-lead-person")

    # plans a staff meeting for today and holds it
    karin.goto("/meetings/new")
    karin.locator("[name=day]").fill(today().isoformat())
    shot(karin, "19-meeting-new")
    karin.locator("form[action='/meetings/new'] button[type=submit]").last.click()
    karin.wait_for_url(re.compile(r"/meetings/[0-9a-f-]{36}/plan"))
    shot(karin, "20-meeting-plan")
    meeting = re.search(r"/meetings/([0-9a-f-]{36})/", karin.url).group(1)
    karin.goto(f"/meetings/{meeting}/notes")
    karin.locator(f"input[name=present][value='{samir_id}']").set_checked(True)
    karin.locator("[name=what-1]").fill("Vi läser varandras anteckningar på måndagar")
    karin.locator("[name=who-1]").select_option(samir_id)
    karin.locator("[name=due-1]").fill((today() + timedelta(days=14)).isoformat())
    shot(karin, "21-meeting-notes")
    karin.locator("button[form=notes]:visible").first.click()
    karin.wait_for_load_state()
    samir.goto("/todo")
    assert "Vi läser varandras anteckningar på måndagar" in samir.locator("main").inner_text()
    shot(samir, "22-agreed-action")

    # the employer's file, two clicks from sign-in
    maria = visitor(DESK)
    sign_in(maria, "maria")
    shot(maria, "23-register")
    with maria.expect_download() as download:
        maria.locator("a[href^='/register/file/xlsx']").click()
    path = folder / "register.xlsx"
    download.value.save_as(path)
    rows = CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0).to_python()
    row = next(row for row in rows if number in row)
    assert "Haddad" in row
    assert [cell for cell in row if isinstance(cell, date)] == [row[7], row[8], row[9]]
    assert row[8] == today()
    count = int(re.search(r"\d+", maria.locator(".rule b").inner_text()).group())
    assert len(rows) - 1 == count
