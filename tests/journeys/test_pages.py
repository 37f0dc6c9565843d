"""Every page in a real browser: no axe violation in light or dark, nothing too wide, small, in our fonts."""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select
from werkzeug.routing import MapAdapter

from lms.app import create_app
from lms.base.context import work
from lms.catalogue.models import EditionRow
from tests.journeys.conftest import DESK, PHONE
from tests.journeys.examined import examine
from tests.journeys.walk import sign_in

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]
NO_PAGE = {  # answers that are no HTML, or lead on at once
    "public.front", "public.healthz", "public.readyz", "public.measured", "public.robots", "public.security_txt",
    "public.media", "public.verdict_json", "staff.data_file", "staff.lesson", "staff.certificate_pdf",
    "employer.register_file", "employer.import_faults", "employer.finished_file", "employer.register_json",
    "signin.language", "employer.certificate_layout_page", "staff.certificate_credential", "public.did",
    "public.manifest", "public.revoked", "public.layout", "public.shared_pdf", "public.shared_credential",
    "public.calendar", "public.worker", "staff.kept_pages", "staff.phone_state",
}  # fmt: skip
ELSEWHERE = {  # pages that a walk by links cannot reach; the walk, the sign-in tests, test_begun.py, test_layouts.py do
    "employer.items", "lead.attempt", "lead.sitting", "lead.sitting_closing", "lead.sitting_new", "lead.sittings",
    "lead.together_group", "lead.together_step", "lead.together_test", "staff.local_question", "staff.question_before",
    "staff.question_update", "staff.result_before", "staff.result_update", "staff.update", "staff.week",
    "signin.code", "signin.link", "signin.own", "signin.second", "signin.stop", "staff.email_code", "staff.kept",
    "staff.notes", "staff.prove", "staff.question", "staff.result", "employer.import_preview", "employer.import_undo",
    "employer.decide_certificate", "employer.register_certificate", "public.mail", "lead.slips",
    "employer.certificate_layout_tried",
    "public.shared", "public.issuer", "public.achievement",
    "signin.shared", "signin.shared_number", "signin.shared_person",  # test_shared_tablet.py
    "public.offline", "staff.keep",  # test_offline.py
}  # fmt: skip
UNLINKED = ("/v", "/demo/mail", "/sign-in")  # typed, or scanned, not linked


@pytest.fixture(scope="module")
def adapter(site) -> MapAdapter:
    return create_app(house=site.house).url_map.bind("127.0.0.1")


def endpoint(adapter: MapAdapter, url: str) -> str:
    return str(adapter.match(urlsplit(url).path, method="GET")[0])


def pages(page: Page, adapter: MapAdapter, *starts: str) -> Iterator[str]:
    """Addresses by following links, one for each kind of page."""
    waiting, seen = list(starts), set()
    while waiting:
        path = waiting.pop(0)
        kind = endpoint(adapter, path)
        if kind in seen or kind in NO_PAGE:
            continue
        seen.add(kind)
        answer = page.goto(path)
        assert answer is not None
        assert answer.status == 200, f"{path}: {answer.status}"
        yield path
        links = page.eval_on_selector_all("a[href^='/']", "all => all.map(a => a.getAttribute('href'))")
        waiting += [link.split("#")[0] for link in links if not link.startswith("/static/")]


PEOPLE = {
    "": "/sign-in",
    "amina": "/todo",
    "elin": "/certificates",
    "karin": "/team",
    "maria": "/register",
    "ida": "/org",
}


def test_no_violation_on_any_page(visitor, adapter):
    visited: set[str] = set()
    for person, start in PEOPLE.items():
        page = visitor(DESK if person in {"maria", "ida"} else PHONE)
        if person:
            sign_in(page, person)
        for path in pages(page, adapter, start, *UNLINKED):
            kind = endpoint(adapter, path)
            if kind in visited:
                continue
            visited.add(kind)
            examine(page)
            page.set_viewport_size(PHONE)
    all_pages = {
        rule.endpoint for rule in adapter.map.iter_rules() if "GET" in (rule.methods or set())
    } - NO_PAGE - ELSEWHERE  # fmt: skip
    assert visited >= all_pages, f"not visited: {sorted(all_pages - visited)}"


def test_no_violation_on_pages_that_strangers_are_led_to(visitor, site):
    page = visitor(PHONE)
    sign_in(page, "amina")
    page.goto("/certificates/share")
    page.get_by_role("checkbox").first.check()
    page.locator("main form").get_by_role("button").first.click()
    link = page.locator("input[readonly]").first.input_value()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    copy = page.locator("[data-copy]").first
    copy.click()
    expect(copy).to_have_text("Kopierad")
    assert page.evaluate("navigator.clipboard.readText()") == link
    stranger = visitor(PHONE)
    credential = stranger.goto(urlsplit(link).path)
    assert credential is not None
    assert credential.status == 200
    examine(stranger)
    with work(site.house, writes=False) as ctx:
        digest = ctx.db.scalar(select(EditionRow.digest).where(EditionRow.country == "SE"))
    for path in ("/e/granvik", f"/e/granvik/achievements/{digest}"):
        stranger.goto(path)
        examine(stranger)


def test_the_designs_fonts_are_loaded(visitor):
    page = visitor(PHONE)
    page.goto("/sign-in", wait_until="networkidle")
    assert (
        page.evaluate(
            "document.fonts.ready.then(() => [...document.fonts].filter(f => f.status == 'loaded').length)"
        )
        >= 2
    )
    families = page.evaluate(
        "[getComputedStyle(document.querySelector('h1')).fontFamily, getComputedStyle(document.body).fontFamily]"
    )
    loaded = page.evaluate(
        "[...document.fonts].filter(f => f.status == 'loaded').map(f => f.family.replaceAll('\"', ''))"
    )
    for family in families:
        assert any(name in family for name in loaded), (family, loaded)


@pytest.mark.parametrize(
    "path", ["/todo", "/courses/documentation", "/courses/documentation/right-record/hall"]
)
def test_pages_work_without_script(site, browser, path):
    context = browser.new_context(
        viewport=PHONE, locale="sv-SE", base_url=site.url, java_script_enabled=False
    )
    page = context.new_page()
    sign_in(page, "amina")
    answer = page.goto(path)
    assert answer is not None
    assert answer.status == 200
    assert page.locator("h1").count() == 1
    button = page.locator(".dock a.btn, main a.btn").first
    href = button.get_attribute("href")
    button.click()
    assert re.sub(r"#.*", "", str(href)) in page.url
    context.close()
