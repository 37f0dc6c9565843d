"""The cookie of a signed-in device, where sign-in leads, and the language."""

import re
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import select

from lms.app import create_app
from lms.base.context import work
from lms.identity.models import Account, UserSession
from lms.web.signin_form import local_path
from tests.identity.people import give_password, letters
from tests.web.browser import AMINA, PASSWORD, is_signed_in, token_of


def session_cookie(answer):
    """The header that sets the cookie of the session."""
    return next(cookie for cookie in answer.headers.getlist("Set-Cookie") if cookie.startswith("kunnig="))


def test_the_token_is_new_at_sign_in_and_the_cookie_is_closed_to_scripts(app, granvik):
    give_password(granvik, "amina", PASSWORD)
    app.config["WTF_CSRF_ENABLED"] = True
    client = app.test_client()
    page = client.get("/sign-in/password").text
    before = token_of(client)
    csrf = re.search(r'name="csrf_token" value="([^"]+)"', page)[1]
    entered = client.post("/sign-in/password", data={"name": AMINA, "password": PASSWORD, "csrf_token": csrf})
    assert entered.status_code == 303
    assert token_of(client) != before
    cookie = session_cookie(entered)
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Path=/" in cookie
    assert "Max-Age" not in cookie
    assert "no-store" in client.get("/sign-in/password").headers.get("Cache-Control", "no-store")


def test_forms_without_their_token_are_refused(app, granvik):
    give_password(granvik, "amina", PASSWORD)
    app.config["WTF_CSRF_ENABLED"] = True
    client = app.test_client()
    assert client.post("/sign-in/password", data={"name": AMINA, "password": PASSWORD}).status_code == 400
    assert client.post("/sign-out").status_code == 400


def test_with_https_the_cookie_is_tied_to_the_host(house, granvik):
    settings = house.settings.model_copy(update={"public_url": "https://kunnig.example"})
    app = create_app(house=type(house)(settings, house.engine, house.files))
    app.config["WTF_CSRF_ENABLED"] = False
    give_password(granvik, "amina", PASSWORD)
    entered = app.test_client().post("/sign-in/password", data={"name": AMINA, "password": PASSWORD})
    cookies = entered.headers.getlist("Set-Cookie")
    assert any(cookie.startswith("__Host-kunnig=") and "Secure" in cookie for cookie in cookies)


def test_a_remembered_device(app, granvik, house):
    give_password(granvik, "amina", PASSWORD)
    client = app.test_client()
    form = {"name": AMINA, "password": PASSWORD, "remember": "yes"}
    assert "Max-Age" in session_cookie(client.post("/sign-in/password", data=form))
    for days in (14, 28):
        with time_machine.travel(datetime.now(UTC) + timedelta(days=days)):
            assert client.get("/todo").status_code == 200
    with time_machine.travel(datetime.now(UTC) + timedelta(days=31)):
        assert client.get("/todo").status_code == 303


def test_a_signed_out_cookie_is_dead(app, sign_in, granvik):
    client = sign_in(granvik, "amina")
    old = token_of(client)
    assert client.get("/todo").status_code == 200
    assert client.post("/sign-out").location == "/sign-in"
    assert token_of(client) != old
    assert client.get("/todo").status_code == 303
    stolen = app.test_client()
    stolen.set_cookie("kunnig", old)
    assert stolen.get("/todo").status_code == 303
    assert client.get("/sign-out").status_code == 405


def test_a_device_that_is_not_used_for_an_hour_is_signed_out(sign_in, granvik):
    client = sign_in(granvik, "amina")
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=59)):
        assert client.get("/todo").status_code == 200
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=118)):
        assert client.get("/todo").status_code == 200
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=184)):
        assert client.get("/todo").location == "/sign-in?next=/todo"


def test_signing_in_as_another_person_signs_the_first_one_out(app, sign_in, granvik):
    give_password(granvik, "farid", PASSWORD)
    client = sign_in(granvik, "amina")
    old = token_of(client)
    client.post("/sign-in/password", data={"name": "farid.rahimi@granvik.example", "password": PASSWORD})
    stolen = app.test_client()
    stolen.set_cookie("kunnig", old)
    assert not is_signed_in(stolen)
    assert is_signed_in(client)


def test_use_of_a_device_is_written_down_now_and_then(sign_in, granvik, house):
    client = sign_in(granvik, "amina")

    def seen_at():
        with work(house, writes=False) as ctx:
            return ctx.db.scalars(select(UserSession.seen_at).order_by(UserSession.id.desc())).first()

    started = seen_at()
    client.get("/todo")
    assert seen_at() == started
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=6)):
        client.get("/todo")
    assert seen_at() > started


def test_the_page_that_was_wanted_comes_after_sign_in(client, house, granvik):
    give_password(granvik, "amina", PASSWORD)
    asked = client.get("/plan")
    assert asked.location == "/sign-in?next=/plan"
    page = client.get(asked.location).text
    assert 'name="next" value="/plan"' in page
    assert "/sign-in/password?next=/plan" in page.replace("%2F", "/")
    by_password = client.application.test_client().post(
        "/sign-in/password", data={"name": AMINA, "password": PASSWORD, "next": "/plan"}
    )
    assert by_password.location == "/plan"
    client.post("/sign-in", data={"email": AMINA, "next": "/plan"})
    (letter,) = letters(house)
    assert client.post(f"/sign-in/link/{letter.token}").location == "/plan"


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "evil",
        "\\\\evil",
        "javascript:alert(1)",
        "/\n/evil",
        "/\t/x",
        "",
    ],
)
def test_nobody_is_sent_elsewhere(client, house, granvik, target):
    give_password(granvik, "amina", PASSWORD)
    assert local_path(target) == ""
    entered = client.post("/sign-in/password", data={"name": AMINA, "password": PASSWORD, "next": target})
    assert entered.location == "/todo"
    assert client.get("/sign-in", query_string={"next": target}).location == "/todo"
    assert client.get("/language", query_string={"to": "nb", "next": target}).location == "/"


@pytest.mark.parametrize(
    ("name", "first_page"), [("amina", "/todo"), ("karin", "/team"), ("maria", "/register")]
)
def test_each_lands_on_their_first_page(client, granvik, name, first_page):
    give_password(granvik, name, PASSWORD)
    person = granvik.person(name)
    email = f"{person.given_name}.{person.family_name}@granvik.example"
    entered = client.post("/sign-in/password", data={"name": email, "password": PASSWORD})
    assert entered.location == first_page


def test_a_stranger_chooses_a_language_for_this_device(client):
    client.get("/language?to=nb&next=/sign-in")
    assert 'lang="nb"' in client.get("/sign-in").text
    client.get("/language?to=xx")
    assert 'lang="nb"' in client.get("/sign-in").text


def test_a_signed_in_person_keeps_the_language_chosen_by_form(sign_in, granvik, house):
    client = sign_in(granvik, "amina")
    account_id = granvik.actor("amina").account_id

    def language():
        with work(house, writes=False) as ctx:
            return ctx.db.get_one(Account, account_id).language

    client.get("/language?to=nb")
    assert language() == "sv"
    assert client.post("/language", data={"to": "nb", "next": "/todo"}).location == "/todo"
    assert language() == "nb"
    client.post("/language", data={"to": "xx"})
    assert language() == "nb"
