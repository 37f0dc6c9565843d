"""Signing in in two steps in a browser without script: by app, by recovery code; what is asked of whom and when."""

import re
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy

import pytest
import time_machine
from sqlalchemy import select, update

from lms.base.context import work
from lms.identity.models import UserSession
from lms.identity.rules import LIMITS
from lms.jobs.worker import work_off
from lms.organisation.models import Employer
from tests.builders import day_of
from tests.identity.factors import code, give_app
from tests.identity.people import give_password
from tests.web.browser import PASSWORD, token_of

KARIN = "karin.lind@granvik.example"
STEP = timedelta(seconds=30)


def ask_for(town, second_factor, first_day=None):
    with work(town.house) as ctx:
        ctx.db.execute(update(Employer).values(second_factor=second_factor, second_factor_from=first_day))


@pytest.fixture
def karin(client, granvik):
    """A browser in which Karin has given her password; she has an app with codes: its key, and recovery codes."""
    give_password(granvik, "karin", PASSWORD)
    key, codes = give_app(granvik, "karin", datetime.now(UTC))
    entered = client.post("/sign-in/password", data={"name": KARIN, "password": PASSWORD, "next": "/plans"})
    assert entered.location == "/plans"
    return client, key, codes


def next_code(key):
    """A code that was not used to set the app up."""
    return code(key, datetime.now(UTC) + STEP)


def test_the_second_step_leads_to_the_page_that_was_wanted(karin):
    client, key, _codes = karin
    half = token_of(client)
    led = client.get("/plans")
    assert led.location == "/sign-in/second?next=/plans"
    page = client.get(led.location)
    assert 'autocomplete="one-time-code"' in page.text
    entered = client.post("/sign-in/second", data={"code": next_code(key), "next": "/plans"})
    assert (entered.status_code, entered.location) == (303, "/plans")
    assert client.get("/plans").status_code == 200
    assert token_of(client) != half
    other = client.application.test_client()
    other.set_cookie("kunnig", half)
    assert other.get("/plans").location == "/sign-in?next=/plans"


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", ""])
def test_nobody_is_sent_elsewhere(karin, target):
    client, key, _codes = karin
    entered = client.post("/sign-in/second", data={"code": next_code(key), "next": target})
    assert entered.location == "/team"


def test_a_recovery_code_is_the_second_step_once(karin):
    client, _key, codes = karin
    assert "reservkod" in client.get("/sign-in/second").text
    assert "Reservkod" in client.get("/sign-in/second?recovery=1").text
    assert client.post("/sign-in/second", data={"code": codes[0]}).location == "/team"
    assert "9 koder är kvar" in client.get("/me/security").text
    client.post("/sign-out")
    client.post("/sign-in/password", data={"name": KARIN, "password": PASSWORD})
    assert client.post("/sign-in/second", data={"code": codes[0]}).status_code == 422


def test_codes_are_limited_for_one_account(karin):
    client, key, codes = karin
    for number in range(LIMITS["second_factor"].by_name - 1):  # setting it up took none
        wrong = codes[0][:-1] + "?" if number % 2 else "000000"
        answer = client.post("/sign-in/second", data={"code": wrong})
        assert answer.status_code == 422
        assert 'aria-invalid="true"' in answer.text
    again = client.application.test_client()  # on another device it is the same account
    again.post("/sign-in/password", data={"name": KARIN, "password": PASSWORD})
    assert again.post("/sign-in/second", data={"code": "000000"}).status_code == 422
    for browser, typed in ((client, next_code(key)), (again, codes[1])):
        refused = browser.post("/sign-in/second", data={"code": typed})
        assert refused.status_code == 429
        assert 0 < int(refused.headers["Retry-After"]) <= 900
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=16)):
        assert client.post("/sign-in/second", data={"code": code(key, datetime.now(UTC))}).location == "/team"


def test_a_remembered_device_is_asked_again_after_thirty_days(granvik, client, house):
    give_password(granvik, "karin", PASSWORD)
    key, _codes = give_app(granvik, "karin", datetime.now(UTC))
    form = {"name": KARIN, "password": PASSWORD, "remember": "yes"}
    client.post("/sign-in/password", data=form)
    entered = client.post("/sign-in/second", data={"code": next_code(key)})
    assert "Max-Age" in entered.headers["Set-Cookie"]
    with work(house) as ctx:  # however long the device itself is remembered
        ctx.db.execute(update(UserSession).values(ends_at=ctx.now + timedelta(days=99)))
    for days in (13, 26, 29):  # used so often that it does not end unused
        with time_machine.travel(datetime.now(UTC) + timedelta(days=days)):
            assert client.get("/team").status_code == 200
    with time_machine.travel(datetime.now(UTC) + timedelta(days=30, minutes=1)):
        assert client.get("/team").location == "/sign-in/second?next=/team"


def test_the_proof_does_not_make_a_session_live_longer(karin, house):
    client, key, _codes = karin

    def ends():
        with work(house, writes=False) as ctx:
            return ctx.db.scalars(select(UserSession.expires_at).order_by(UserSession.id.desc())).first()

    before = ends()
    client.post("/sign-in/second", data={"code": next_code(key)})
    assert ends() == before


def set_up(browser):
    """Set an app up on the pages; the answer, and the key."""
    page = browser.get("/me/security/app").text
    key = re.search(r'class="key">([A-Z2-7 ]+)<', page)[1].replace(" ", "")
    assert f"secret={key}" in page
    return browser.post("/me/security/app", data={"code": code(key, datetime.now(UTC))}), key


def test_setting_up_shows_the_recovery_codes_once(sign_in, granvik):
    browser = sign_in(granvik, "karin")
    assert browser.post("/me/security/app", data={"code": "123456"}).location == "/me/security/app"
    done, _key = set_up(browser)
    codes = re.findall(r"<li>([2-9A-Z]{5}-[2-9A-Z]{5})</li>", done.text)
    assert len(set(codes)) == 10
    assert done.headers["Cache-Control"] == "no-store"
    assert codes[0] not in browser.get("/me/security").text
    assert browser.get("/team").status_code == 200
    assert browser.get("/me/security/app").location == "/me/security"  # there is one already


def test_a_wrong_code_keeps_the_key_and_tries_are_counted(sign_in, granvik):
    browser = sign_in(granvik, "karin")
    first = browser.get("/me/security/app").text
    for _ in range(LIMITS["second_factor"].by_name):
        answer = browser.post("/me/security/app", data={"code": "000000"})
        assert answer.status_code == 422
        assert re.search(r'class="key">[^<]+', answer.text)[0] in first
    assert browser.post("/me/security/app", data={"code": "000000"}).status_code == 429


def test_other_devices_have_to_prove_it_from_then_on(sign_in, granvik):
    old, new = sign_in(granvik, "karin"), sign_in(granvik, "karin")
    assert old.get("/team").status_code == 200
    set_up(new)
    assert old.get("/team").location == "/sign-in/second?next=/team"


def test_what_was_proven_with_a_factor_that_is_gone_does_not_count_for_the_next(sign_in, granvik):
    key, codes = give_app(granvik, "karin", datetime.now(UTC))
    first, other = sign_in(granvik, "karin"), sign_in(granvik, "karin")
    first.post("/sign-in/second", data={"code": next_code(key)})
    other.post("/sign-in/second", data={"code": codes[0]})
    first.post("/me/security/app/remove")
    assert other.get("/team").status_code == 200
    set_up(first)
    assert first.get("/team").status_code == 200
    assert other.get("/team").location == "/sign-in/second?next=/team"


@pytest.mark.parametrize(
    ("asked", "days", "name", "first_page"),
    [
        ("off", None, "karin", "/team"),
        ("offered", None, "karin", "/team"),
        ("required", 1, "karin", "/team"),  # not yet
        ("required", 0, "karin", None),
        ("required", None, "karin", None),
        ("required", 0, "maria", None),
        ("required", 0, "admin", None),
        ("required", 0, "amina", "/todo"),  # staff are never asked
    ],
)
def test_what_the_employer_asks(sign_in, granvik, asked, days, name, first_page):
    today = day_of(datetime.now(UTC))
    ask_for(granvik, asked, None if days is None else today + timedelta(days=days))
    browser = sign_in(granvik, name)
    assert browser.get("/", follow_redirects=True).request.path == (first_page or "/me/security")
    if first_page is None:
        assert "Din arbetsgivare kräver det" in browser.get("/me/security").text
        done, _key = set_up(browser)
        assert done.status_code == 200
        assert browser.get("/", follow_redirects=True).request.path in {"/team", "/register", "/org"}


@pytest.mark.parametrize("name", ["amina", "karin"])
def test_it_is_offered_to_leads_unless_it_is_off(sign_in, granvik, name):
    browser = sign_in(granvik, name)
    for asked in ("offered", "off"):
        ask_for(granvik, asked)
        there = name == "karin" and asked == "offered"
        assert ("/me/security" in browser.get("/me").text) is there
        for path in ("/me/security", "/me/security/app"):
            assert browser.get(path).status_code == (200 if there else 404)
        assert browser.post("/me/security/app", data={"code": "123456"}).status_code == (
            422 if there else 404
        )


def test_who_has_one_is_asked_and_may_remove_it_also_when_it_is_off(sign_in, granvik):
    key, _codes = give_app(granvik, "karin", datetime.now(UTC))
    ask_for(granvik, "off")
    browser = sign_in(granvik, "karin")
    assert browser.get("/team").status_code == 303
    browser.post("/sign-in/second", data={"code": next_code(key)})
    assert browser.post("/me/security/app/remove").location == "/me/security"
    assert browser.get("/me/security").status_code == 404
    assert browser.get("/team").status_code == 200


def test_at_an_ip_address_passkeys_are_not_spoken_of(client, sign_in, granvik):
    assert "passkey" not in client.get("/sign-in").text
    assert "passkey" not in sign_in(granvik, "karin").get("/me/security").text
    assert client.post("/sign-in/passkey/options").status_code == 404
    assert client.post("/sign-in/passkey", data={"credential": "{}"}).status_code == 422


def renew(browser):
    """Make ten new codes with the button there is; the answer, and what the form sent."""
    form = {"codes": re.search(r'name="codes" value="([^"]+)"', browser.get("/me/security").text)[1]}
    return browser.post("/me/security/codes", data=form), form


def test_new_recovery_codes_are_made_once_however_often_the_page_is_loaded(sign_in, granvik):
    browser = sign_in(granvik, "karin")
    first, _key = set_up(browser)
    assert "Tvåstegsinloggningen är på" in first.text
    made, sent = renew(browser)
    codes = re.findall(r"<li>([2-9A-Z]{5}-[2-9A-Z]{5})</li>", made.text)
    assert len(set(codes)) == 10
    assert "De gamla fungerar inte längre" in made.text
    assert "Tvåstegsinloggningen är på" not in made.text
    assert browser.post("/me/security/codes", data=sent).location == "/me/security"
    assert browser.post("/sign-in/second", data={"code": codes[0]}).status_code == 303
    assert "9 koder är kvar" in browser.get("/me/security").text
    assert renew(browser)[0].status_code == 200


def test_every_change_is_told_by_mail(sign_in, granvik, house):
    browser = sign_in(granvik, "karin")
    set_up(browser)
    renew(browser)
    browser.post("/me/security/app/remove")
    work_off(house)
    work_off(house)
    letters = [
        message_from_bytes(path.read_bytes(), policy=policy.default)
        for path in house.settings.mail_folder.glob("*.eml")
    ]
    assert {letter["To"] for letter in letters} == {KARIN}
    assert sorted(letter["Subject"] for letter in letters) == [
        "Din inloggning i Kunnig har ändrats",
        "Din inloggning i Kunnig har ändrats",
        "En ändring av hur du loggar in",
    ]
    texts = [letter.get_body(("plain",)).get_content() for letter in letters]
    for said in (
        "En app med koder har lagts till",
        "Nya reservkoder har skapats",
        "Appen med koder är inte längre",
    ):
        assert len([text for text in texts if said in text]) == 1
    assert len(texts) == 3
    assert all("Var det inte du?" in text for text in texts)


def test_setting_up_the_first_one_on_a_device_left_lying_asks_who_it_is(sign_in, granvik):
    give_password(granvik, "karin", PASSWORD)
    karin = sign_in(granvik, "karin")
    assert karin.get("/me/security").status_code == 200  # has just signed in
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=16)):
        for path in ("/me/security", "/me/security/app"):
            assert karin.get(path).location == "/me/prove?next=/me/security"
        assert karin.post("/me/security/app", data={"code": "1"}).location == "/me/prove?next=/me/security"
        assert karin.post("/me/security/passkeys", data={}).location == "/me/prove?next=/me/security"
        shown = karin.post("/me/prove", data={"password": PASSWORD, "next": "/me/security"})
        assert shown.location == "/me/security"
        assert karin.get("/me/security/app").status_code == 200
