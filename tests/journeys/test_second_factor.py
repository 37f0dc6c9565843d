"""Two-step sign-in in a real Chromium: passkeys on a virtual authenticator, codes of an app, the employer's policy."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pyotp
import pytest
from playwright.sync_api import CDPSession, Page, expect
from sqlalchemy import delete, select, update

from lms.base.context import work
from lms.demo_towns import GRANVIK
from lms.identity.models import AuthenticatorApp, Identifier, Passkey, RecoveryCode, Throttle, UserSession
from lms.organisation.models import Employer
from tests.builders import day_of
from tests.journeys.conftest import DESK, PHONE, Site, serving_demo
from tests.journeys.examined import assert_no_violation
from tests.journeys.walk import shot

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def site(demo_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The demo municipality on `localhost`, for passkeys belong to a domain, with its worker."""
    with serving_demo(demo_model, tmp_path_factory.mktemp("site"), "localhost") as made:
        yield made


@pytest.fixture(autouse=True)
def afresh(site):
    """Nobody has a second factor, the employer only offers one, and no tries are counted."""
    yield
    with work(site.house) as ctx:
        for table in (AuthenticatorApp, Passkey, RecoveryCode, Throttle):
            ctx.db.execute(delete(table))
        ctx.db.execute(update(Employer).values(second_factor="offered", second_factor_from=None))


def authenticator(page: Page) -> CDPSession:
    """Give the page's browser a phone-like authenticator that always recognises its owner."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    session.authenticator = session.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
                "isUserVerified": True, "automaticPresenceSimulation": True,
            }
        },
    )["authenticatorId"]  # fmt: skip
    return session


def sign_in(page: Page, name: str) -> None:
    page.goto("/sign-in/password")
    page.locator("input[name=name]").fill(f"{name}@granvik.example")
    page.locator("input[name=password]").fill(GRANVIK.password)
    page.locator("input[name=password]").press("Enter")
    page.wait_for_url(lambda url: "/sign-in/password" not in url)


def arrive(page: Page, path: str) -> None:
    page.wait_for_url(lambda url: urlsplit(url).path == path)


def look(page: Page, name: str) -> None:
    """Keep a picture in light and dark, and find no violation in either, nor anything wider than a small phone."""
    size = page.viewport_size
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        shot(page, f"{name}-{scheme}")
        assert_no_violation(page, name)
    page.set_viewport_size({"width": 320, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= 320, name
    page.set_viewport_size(size)
    page.emulate_media(color_scheme="light")


def make_passkey(page: Page, name: str = "karin") -> list[str]:
    """Sign in with the password and make a passkey; the recovery codes shown."""
    sign_in(page, name)
    page.goto("/me/security")
    page.locator("form[data-create] button").click()
    page.locator(".codes").wait_for()
    return page.locator(".codes li").all_inner_texts()


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_a_passkey_is_made_asked_for_and_a_way_in_alone(visitor, size):
    karin = visitor(size)
    name = f"passkey-{size['width']}"
    authenticator(karin)
    sign_in(karin, "karin")
    karin.goto("/me")
    look(karin, f"{name}-1-me")
    karin.locator("a[href='/me/security']").click()
    look(karin, f"{name}-2-security")
    karin.locator("form[data-create] button").click()
    karin.locator(".codes").wait_for()
    codes = karin.locator(".codes li").all_inner_texts()
    assert len(set(codes)) == 10
    look(karin, f"{name}-3-codes")
    karin.get_by_role("link", name="Jag har sparat dem").click()
    arrive(karin, "/team")
    karin.goto("/me/security")
    look(karin, f"{name}-4-set-up")

    karin.context.clear_cookies()  # another sign-in on the same device: the second step is asked for
    sign_in(karin, "karin")
    karin.wait_for_url("**/sign-in/second?next=/team")
    look(karin, f"{name}-5-second")
    karin.locator("form[data-passkey] button").click()
    arrive(karin, "/team")

    karin.context.clear_cookies()  # alone, it is both steps
    karin.goto("/sign-in?next=/plans")
    look(karin, f"{name}-6-sign-in")
    karin.locator("form[data-passkey] button").click()
    arrive(karin, "/plans")
    assert karin.goto("/team").url.endswith("/team")


def test_a_closed_dialogue_is_said_and_a_recovery_code_helps(visitor, site):
    karin = visitor(PHONE)
    device = authenticator(karin)
    codes = make_passkey(karin)
    device.send(
        "WebAuthn.setUserVerified", {"authenticatorId": device.authenticator, "isUserVerified": False}
    )
    karin.context.clear_cookies()
    sign_in(karin, "karin")
    karin.locator("form[data-passkey] button").click()
    expect(karin.locator("[data-failed]")).to_be_visible()
    look(karin, "second-failed")
    karin.locator("input[name=code]").fill(codes[0].lower())
    karin.locator("form:has(input[name=code]) button").click()
    arrive(karin, "/team")
    with work(site.house, writes=False) as ctx:
        assert ctx.db.scalars(select(RecoveryCode).where(RecoveryCode.used_at.is_not(None))).one()


def test_an_authenticator_that_does_not_know_its_owner_proves_nothing(visitor, site):
    karin = visitor(PHONE)
    device = authenticator(karin)
    sign_in(karin, "karin")
    karin.goto("/me/security")
    device.send(
        "WebAuthn.setUserVerified", {"authenticatorId": device.authenticator, "isUserVerified": False}
    )
    karin.locator("form[data-create] button").click()
    expect(karin.locator("[data-failed]")).to_be_visible()
    with work(site.house, writes=False) as ctx:
        assert ctx.db.scalars(select(Passkey)).all() == []


def test_a_copy_of_a_passkey_is_refused_and_told(visitor, site):
    karin = visitor(PHONE)
    authenticator(karin)
    make_passkey(karin)
    with work(site.house) as ctx:  # somebody has used a copy of it since
        ctx.db.execute(update(Passkey).values(sign_count=1000))
    karin.context.clear_cookies()
    karin.goto("/sign-in")
    karin.locator("form[data-passkey] button").click()
    expect(karin.get_by_role("heading", level=1)).to_have_text("Inloggningsnyckeln gick inte att använda")
    look(karin, "passkey-failed")
    sign_in(karin, "karin")
    karin.locator("form[data-passkey] button").click()
    expect(karin.locator(".err-sum")).to_be_visible()
    assert karin.goto("/team").url.endswith("/sign-in/second?next=/team")


def test_changing_the_factors_asks_for_one_first(visitor, site):
    karin = visitor(PHONE)
    authenticator(karin)
    make_passkey(karin)
    with work(site.house) as ctx:
        ctx.db.execute(update(UserSession).values(second_factor_at=datetime.now(UTC) - timedelta(hours=1)))
    for button in (
        "form[data-create] button",
        "form[action$='/remove'] button",
        "form[action$='/codes'] button",
    ):
        karin.goto("/me/security")
        karin.locator(button).click()
        karin.wait_for_url("**/sign-in/second?next=/me/security")
    karin.locator("form[data-passkey] button").click()
    arrive(karin, "/me/security")
    karin.locator("form[action$='/remove'] button").click()
    expect(karin.get_by_text("Du loggar in i två steg")).to_have_count(0)
    with work(site.house, writes=False) as ctx:
        assert ctx.db.scalars(select(Passkey)).all() == []
        assert ctx.db.scalars(select(RecoveryCode)).all() == []


def test_a_page_that_lay_too_long_asks_who_it_is_before_the_first_passkey(visitor, site):
    karin = visitor(PHONE)
    authenticator(karin)
    sign_in(karin, "karin")
    karin.goto("/me/security")
    with work(site.house) as ctx:
        ctx.db.execute(update(UserSession).values(created_at=datetime.now(UTC) - timedelta(hours=1)))
    karin.locator("form[data-create] button").click()
    karin.wait_for_url("**/me/prove?next=/me/security")


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_required_the_lead_sets_up_an_app_and_staff_notice_nothing(site, browser, script):
    with work(site.house) as ctx:
        ctx.db.execute(update(Employer).values(second_factor="required"))
    context = browser.new_context(
        viewport=PHONE, locale="sv-SE", base_url=site.url, java_script_enabled=script
    )
    karin = context.new_page()
    sign_in(karin, "karin")
    assert karin.url.endswith("/me/security")
    assert karin.goto("/team").url.endswith("/me/security")
    expect(karin.locator("form[data-create]")).to_be_visible(visible=script)
    if script:
        look(karin, "required-1-set-up")
    karin.locator("a[href='/me/security/app']").click()
    if script:
        look(karin, "required-2-app")
    key = karin.locator(".key").inner_text().replace(" ", "")
    assert karin.locator("a[href^='otpauth://totp/Kunnig:Karin%20Lind?']").count() == 1
    karin.locator("input[name=code]").fill("000000")
    karin.locator("form:has(input[name=code]) button").click()
    expect(karin.locator(".err-sum")).to_be_visible()
    assert karin.locator(".key").inner_text().replace(" ", "") == key
    karin.locator("input[name=code]").fill(pyotp.TOTP(key).now())
    karin.locator("form:has(input[name=code]) button").click()
    codes = karin.locator(".codes li").all_inner_texts()
    karin.get_by_role("link", name="Jag har sparat dem").click()
    arrive(karin, "/team")

    context.clear_cookies()
    sign_in(karin, "karin")
    if script:
        look(karin, "required-3-code")
    karin.get_by_role("link", name=re.compile("reservkod")).click()
    if script:
        look(karin, "required-4-recovery")
    karin.locator("input[name=code]").fill(codes[3])
    karin.locator("form:has(input[name=code]) button").click()
    arrive(karin, "/team")

    context.clear_cookies()
    sign_in(karin, "amina")
    arrive(karin, "/todo")
    karin.goto("/me")
    assert karin.locator("a[href='/me/security']").count() == 0
    context.close()


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_an_administrator_sets_the_policy_and_resets_a_lost_factor(visitor, site, size):
    karin, ida = visitor(PHONE), visitor(size)
    authenticator(karin)
    make_passkey(karin)
    sign_in(ida, "ida")
    ida.goto("/org")
    ida.get_by_role("link", name="Inloggning").click()
    look(ida, f"policy-{size['width']}-1")
    ida.locator("input[value=required]").check()
    ida.locator("input[name=first_day]").fill(day_of(datetime.now(UTC) + timedelta(days=9)).isoformat())
    ida.locator("form:has(input[name=first_day]) button").click()
    ida.wait_for_url("**/settings/sign-in?saved=1")
    ida.locator("form[action$='/reset'] button").click()
    ida.wait_for_url("**/settings/sign-in?reset=1")
    look(ida, f"policy-{size['width']}-2")
    assert karin.goto("/team").url.endswith("/sign-in?next=/team")
    sign_in(karin, "karin")  # before the first day: only the first step
    arrive(karin, "/team")
    with work(site.house, writes=False) as ctx:
        address = ctx.db.scalars(select(Identifier.value).where(Identifier.value.like("karin@%"))).one()
    for _try in range(60):
        ida.goto("/demo/mail")
        if ida.get_by_text("Din inloggning").count():
            break
        ida.wait_for_timeout(500)
    assert address in ida.locator("main").inner_text()
