"""Signing in by mailed link, code and password in a browser without script; what a stranger learns."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import event, func, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from lms.base.context import work
from lms.identity.models import Throttle
from lms.identity.rules import LIMITS
from tests.identity.people import give_password, letters
from tests.web.browser import AMINA, PASSWORD, is_signed_in, token_of

HOUR = timedelta(hours=1)


def test_by_link(client, house):
    asked = client.post("/sign-in", data={"email": " Amina.Yusuf@granvik.example"})
    assert (asked.status_code, asked.location) == (303, "/sign-in/code")
    assert AMINA in client.get("/sign-in/code").text
    (letter,) = letters(house)
    opened = client.get(f"/sign-in/link/{letter.token}")
    assert opened.status_code == 200
    assert client.get(f"/sign-in/link/{letter.token}").status_code == 200  # looking does not use it up
    assert not is_signed_in(client)
    entered = client.post(f"/sign-in/link/{letter.token}")
    assert (entered.status_code, entered.location) == (303, "/todo")
    assert client.get("/todo").status_code == 200


def test_a_used_link_says_so_to_strangers_and_leads_on_who_is_in(app, client, house):
    client.post("/sign-in", data={"email": AMINA})
    (letter,) = letters(house)
    client.post(f"/sign-in/link/{letter.token}")
    for again in (client.get, client.post):
        assert again(f"/sign-in/link/{letter.token}").location == "/todo"
    stranger = app.test_client()
    for again in (stranger.get, stranger.post):
        assert again(f"/sign-in/link/{letter.token}").status_code == 410
        assert again("/sign-in/link/nonsense").status_code == 410


def test_by_code(client, house):
    client.post("/sign-in", data={"email": AMINA})
    (letter,) = letters(house)
    entered = client.post("/sign-in/code", data={"code": f"{letter.code[:3]} {letter.code[3:]}"})
    assert (entered.status_code, entered.location) == (303, "/todo")
    assert client.get_cookie("kunnig-sign-in", path="/sign-in") is None


def test_by_code_on_another_device(client, house):
    with client.application.test_client() as other:
        other.post("/sign-in", data={"email": AMINA})
    (letter,) = letters(house)
    assert 'name="email" type="email"' in client.get("/sign-in/code").text
    missing = client.post("/sign-in/code", data={"code": letter.code})
    assert missing.status_code == 422
    assert client.post("/sign-in/code", data={"email": AMINA, "code": letter.code}).location == "/todo"


def test_wrong_codes_are_limited(client, house):
    client.post("/sign-in", data={"email": AMINA})
    (letter,) = letters(house)
    wrong = f"{(int(letter.code) + 1) % 10**6:06}"
    for _ in range(5):
        answer = client.post("/sign-in/code", data={"code": wrong})
        assert answer.status_code == 422
        assert wrong not in answer.text
    assert client.post("/sign-in/code", data={"code": letter.code}).status_code == 422
    assert not is_signed_in(client)
    for _ in range(LIMITS["code"].by_name - 6):
        client.post("/sign-in/code", data={"code": wrong})
    waiting = client.post("/sign-in/code", data={"code": wrong})
    assert waiting.status_code == 429
    assert 0 < int(waiting.headers["Retry-After"]) <= 900


def test_an_expired_link_and_code(client, house):
    client.post("/sign-in", data={"email": AMINA})
    (letter,) = letters(house)
    with time_machine.travel(datetime.now(UTC) + HOUR):
        assert client.get(f"/sign-in/link/{letter.token}").status_code == 410
        assert client.post(f"/sign-in/link/{letter.token}").status_code == 410
        assert client.post("/sign-in/code", data={"email": AMINA, "code": letter.code}).status_code == 422


def test_what_is_no_address_is_said_at_once(client):
    answer = client.post("/sign-in", data={"email": "070-174 06 12"})
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.text
    assert "070-174 06 12" in answer.text


def test_mail_to_one_address_is_limited(client, house):
    for _ in range(LIMITS["sign_in"].by_name):
        assert client.post("/sign-in", data={"email": AMINA}).status_code == 303
    assert client.post("/sign-in", data={"email": AMINA}).status_code == 429
    assert len(letters(house)) == LIMITS["sign_in"].by_name
    assert client.post("/sign-in", data={"email": "farid.rahimi@granvik.example"}).status_code == 303


def test_by_password(client, granvik):
    give_password(granvik, "amina", PASSWORD)
    entered = client.post("/sign-in/password", data={"name": AMINA, "password": PASSWORD})
    assert (entered.status_code, entered.location) == (303, "/todo")


def test_passwords_for_one_name_are_limited_however_it_is_written(client, granvik):
    give_password(granvik, "amina", PASSWORD)
    for count in range(LIMITS["password"].by_name):
        name = AMINA.upper() if count % 2 else f" {AMINA}"
        assert client.post("/sign-in/password", data={"name": name, "password": "x"}).status_code == 422
    refused = client.post("/sign-in/password", data={"name": AMINA, "password": PASSWORD})
    assert refused.status_code == 429
    assert not is_signed_in(client)
    with time_machine.travel(datetime.now(UTC) + HOUR):
        entered = client.post("/sign-in/password", data={"name": AMINA, "password": PASSWORD})
    assert entered.status_code == 303


def test_a_try_counts_although_its_request_breaks(app, granvik, monkeypatch):
    def breaks(*_arguments):
        raise RuntimeError

    monkeypatch.setattr("lms.web.signin.sign_in_with_password", breaks)
    answer = app.test_client().post("/sign-in/password", data={"name": AMINA, "password": "x"})
    assert answer.status_code == 500
    with work(granvik.house, writes=False) as ctx:
        assert ctx.db.scalar(select(func.count(Throttle.id)).where(Throttle.kind == "password")) == 3


@pytest.mark.parametrize(
    "path", ["/sign-in", "/sign-in/code", "/sign-in/password", "/sign-in/slip", "/sign-in/link/x"]
)
def test_odd_forms_are_answered_not_broken(client, path):
    odd = dict.fromkeys(
        ("email", "name", "password", "code", "m", "c", "next", "remember", "to"), "\x00\ud7ff�"
    )
    for data in ({}, odd, {"email": "x" * 5000, "name": "x" * 5000, "code": "9" * 5000, "c": "A" * 5000}):
        assert client.post(path, data=data).status_code in {410, 422}
    assert client.get(path, query_string=odd).status_code == 404  # no page has an address with NUL in it


@pytest.mark.parametrize("path", ["/sign-in", "/sign-in/code", "/sign-in/password"])
def test_a_page_asks_the_database_for_no_more_than_it_shows(client, house, path):
    seen = []
    event.listen(house.engine, "before_cursor_execute", lambda *args: seen.append(args[2]))
    client.get(path)
    asked = [statement for statement in seen if statement.startswith("SELECT")]
    asked = [statement for statement in asked if not statement.startswith("SELECT set_config")]
    lists_employers = path == "/sign-in/password"
    assert len(asked) <= 1 + lists_employers


def test_a_sign_in_that_could_not_be_kept_leaves_the_cookie_alone(client, house, granvik):
    give_password(granvik, "amina", PASSWORD)
    client.get("/sign-in")
    before, said = token_of(client), []

    def hear(_connection, _cursor, statement, *_rest):
        said.append(statement)

    def refuse(_session):
        if any(statement.startswith("INSERT INTO session ") for statement in said):
            message = "disk full"
            raise OperationalError(message, {}, Exception(message))

    event.listen(house.engine, "before_cursor_execute", hear)
    event.listen(Session, "before_commit", refuse)
    try:
        answer = client.post("/sign-in/password", data={"name": AMINA, "password": PASSWORD})
    finally:
        event.remove(Session, "before_commit", refuse)
        event.remove(house.engine, "before_cursor_execute", hear)
    assert answer.status_code == 503
    assert token_of(client) == before
    assert client.post("/sign-in/password", data={"name": AMINA, "password": PASSWORD}).location == "/todo"
