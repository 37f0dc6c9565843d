"""What people see while nothing can be written: the page keeps what they sent, but no password and no file."""

import html
import re
import shutil
import sqlite3
from contextlib import closing
from io import BytesIO

import pytest

from lms.app import create_app
from lms.base import db, turns
from lms.base.context import make_house
from tests.builders import Town
from tests.conftest import settings_for
from tests.journeys.forms import browser_of


@pytest.fixture
def pages(sqlite_model, tmp_path, monkeypatch):
    """A browser signed in as the administrator, while a stranger holds the database's lock."""
    monkeypatch.setattr(db, "LONGEST_WAIT", 0.1)
    monkeypatch.setattr(turns, "LONGEST_WAIT", 0.1)
    shutil.copytree(sqlite_model, tmp_path / "data")
    house = make_house(settings_for(tmp_path / "data"))
    app = create_app(house=house)
    app.config.update(TESTING=True, WTF_CSRF_ENABLED=False)
    client = app.test_client()
    client.set_cookie("kunnig", browser_of(Town(house, "granvik"), "admin", 0).token)
    with closing(sqlite3.connect(tmp_path / "data" / "kunnig.db", isolation_level=None)) as stranger:
        stranger.execute("BEGIN IMMEDIATE")
        yield client
    house.engine.dispose()


def test_reading_goes_on(pages):
    assert pages.get("/org/people").status_code == 200


def test_every_field_is_kept_as_it_was_sent(pages):
    sent = {"language": "nb", "theme": ["dark", 'a "quoted" <b> & more\nline']}
    answer = pages.post("/me", data=sent)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "10")
    assert answer.headers["Content-Security-Policy"]
    assert '<form class="row wrap mid" method="post" action="/me" data-again>' in answer.text
    fields = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', answer.text)
    assert [(name, html.unescape(value)) for name, value in fields if name != "csrf_token"] == [
        ("language", "nb"),
        ("theme", "dark"),
        ("theme", 'a "quoted" <b> & more\nline'),
    ]


def test_a_password_is_not_put_back(pages):
    answer = pages.post(
        "/sign-in/password", data={"name": "1001", "m": "granvik", "password": "hunter-2-hunter"}
    )
    assert answer.status_code == 503
    assert "hunter-2" not in answer.text
    assert "data-again" not in answer.text
    assert 'href="/sign-in/password"' in answer.text


@pytest.mark.parametrize(
    ("referrer", "offered"),
    [
        ("http://localhost/sign-in?next=/plans", "/sign-in?next=/plans"),
        ("http://localhost/me/security", "/me/security"),
        ("https://evil.example/sign-in", "/"),
        ("http://localhost//evil.example", "/"),
        (None, "/"),
    ],
)
@pytest.mark.parametrize("path", ["/sign-in/passkey", "/me/security/passkeys"])
def test_where_nothing_can_be_opened_the_page_before_is_offered(pages, path, referrer, offered):
    answer = pages.post(path, data={"credential": "{}"}, headers={"Referer": referrer} if referrer else {})
    assert answer.status_code == 503
    assert re.search(r'href="([^"]*)">\s*Försök igen', answer.text)[1] == offered
    assert pages.get(offered).status_code in {200, 303}


def test_a_file_is_to_be_chosen_again(pages):
    list_of_one = "Anställningsnummer;Förnamn;Efternamn;Enhet;Roll;Från\r\n9;A;B;Björken;usk;2026-02-01\r\n"
    sent = {"file": (BytesIO(list_of_one.encode()), "staff.csv")}
    answer = pages.post("/org/people/import", data=sent)
    assert answer.status_code == 503
    assert "data-again" not in answer.text
    assert 'href="/org/people/import"' in answer.text


def test_who_signs_in_is_told_in_the_language_of_the_browser(pages):
    pages.delete_cookie("kunnig")
    answer = pages.post("/sign-in", data={"email": "x@granvik.example"}, headers={"Accept-Language": "nb"})
    assert answer.status_code == 503
    assert "Det du sendte, kunne ikke lagres." in answer.text
