"""Who is known and who is not get the same answer, for the same work: no way in tells who has an account."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import delete, event

from lms.base.context import work
from lms.identity import passwords
from lms.identity.models import Account, Identifier, Throttle
from lms.organisation.arrival import make_slip
from tests.identity.people import give_password, letters, newcomer
from tests.web.browser import AMINA, PASSWORD, text_of

NOBODY = "amina.nobody@granvik.example"
PHONE, NO_PHONE = "070-174 06 12", "070-174 06 13"


@dataclass(frozen=True)
class Seen:
    """What a stranger gets to see of an answer, and what it cost."""

    status: int
    location: str
    headers: tuple[tuple[str, str], ...]
    body: str
    statements: tuple[tuple[str, int], ...]  # verbs, in order, and how many rows each has changed
    hashings: int


@pytest.fixture
def look(app, house, monkeypatch):
    """Post a form as a new visitor from an address that has tried before; what is seen of it, without tokens."""
    passwords._nobodys()  # made once in a process
    hashed = []
    monkeypatch.setattr(passwords, "_HASHER", Counting(passwords._HASHER, hashed))
    statements = []

    def see(_connection, cursor, statement, *_rest):
        statements.append((statement.split()[0], cursor, cursor.rowcount))

    event.listen(house.engine, "after_cursor_execute", see)

    def post(path, *, device=None, **form):
        with work(house) as ctx:
            ctx.db.execute(delete(Throttle))
        app.test_client().post(
            path, data=form | {"name": "w@example.se", "email": "w@example.se", "c": "2222222222"}
        )
        browser = device or app.test_client()
        statements.clear()
        hashed.clear()
        answer = browser.post(path, data=form)
        body = text_of(answer)
        for typed in form.values():
            body = body.replace(f'value="{typed}"', 'value=""')
            body = body.replace(typed, "…") if "@" in typed else body
        headers = tuple(
            (name, re.sub(r"(kunnig-sign-in)=[^;]*|Expires=[^;]*", r"\1", value))
            for name, value in answer.headers
            if name not in {"Content-Length", "Date", "X-Request-ID"} and not value.startswith("kunnig=")
        )
        done = tuple(  # SQLite knows it when all is read, PostgreSQL while the cursor is open
            (verb, 0 if verb == "SELECT" else max(at_once, cursor.rowcount))
            for verb, cursor, at_once in statements
        )
        return Seen(answer.status_code, answer.location or "", headers, body, done, len(hashed))

    yield post
    event.remove(house.engine, "after_cursor_execute", see)


class Counting:
    """The hasher, noting each use."""

    def __init__(self, hasher, used):
        self._hasher, self._used = hasher, used

    def __getattr__(self, name):
        if name in {"hash", "verify"}:
            self._used.append(name)
        return getattr(self._hasher, name)


def all_alike(*seen):
    first = seen[0]
    for other in seen[1:]:
        assert other == first
    assert first.statements
    return first


def test_asking_for_a_link(look):
    seen = all_alike(look("/sign-in", email=AMINA), look("/sign-in", email=NOBODY))
    assert (seen.status, seen.location) == (303, "/sign-in/code")


def test_a_wrong_code(app, house, look):
    def asked(email):
        browser = app.test_client()
        browser.post("/sign-in", data={"email": email})
        return browser

    seen = all_alike(
        look("/sign-in/code", device=asked(AMINA), email=AMINA, code="12345"),
        look("/sign-in/code", device=asked(NOBODY), email=NOBODY, code="12345"),
    )
    assert seen.status == 422
    (letter,) = letters(house)
    wrong = f"{(int(letter.code) + 1) % 10**6:06}"
    all_alike(
        look("/sign-in/code", email=AMINA, code=wrong),  # a mail is on its way
        look("/sign-in/code", email="farid.rahimi@granvik.example", code=wrong),  # none is
        look("/sign-in/code", email=NOBODY, code=wrong),
    )


def test_a_wrong_password(house, granvik, look):
    give_password(granvik, "amina", PASSWORD)
    with work(house) as ctx:
        ids = {"account_id": granvik.actor("amina").account_id, "created_at": ctx.now}
        ctx.db.add(Identifier(kind="phone", value="+46701740612", **ids))
    seen = all_alike(
        look("/sign-in/password", name=AMINA, password="häst lampa"),
        look("/sign-in/password", name="farid.rahimi@granvik.example", password="häst lampa"),  # has none
        look("/sign-in/password", name=NOBODY, password="häst lampa"),
    )
    assert (seen.status, seen.hashings) == (422, 1)
    by_phone = all_alike(
        look("/sign-in/password", name=PHONE, password="häst lampa", m="granvik"),
        look("/sign-in/password", name=NO_PHONE, password="häst lampa", m="granvik"),
    )
    assert (by_phone.status, by_phone.hashings) == (422, 1)


def test_a_wrong_employee_number(granvik, look):
    give_password(granvik, "amina", PASSWORD)
    seen = all_alike(
        look("/sign-in/password", name="1001", m="granvik", password="häst lampa"),
        look("/sign-in/password", name="1002", m="granvik", password=PASSWORD),  # has none
        look("/sign-in/password", name="9999", m="granvik", password=PASSWORD),
        look("/sign-in/password", name="2001", m="granvik", password=PASSWORD),  # of the other municipality
    )
    assert (seen.status, seen.hashings) == (422, 1)
    elsewhere = all_alike(
        look("/sign-in/password", name="1001", m="nowhere", password=PASSWORD),
        look("/sign-in/password", name="9999", m="nowhere", password=PASSWORD),
    )
    assert (elsewhere.statements, elsewhere.hashings) == (seen.statements, seen.hashings)


def test_a_slip_that_does_not_work(app, granvik, look):
    newcomer(granvik, "hodan")
    newcomer(granvik, "farid")

    def slip(name, by):
        with granvik.work(by) as ctx:
            return make_slip(ctx, granvik.person(name).public_id).code

    used, active = slip("hodan", "jonas"), slip("farid", "karin")
    app.test_client().post("/sign-in/slip", data={"m": "granvik", "c": used, "is_me": "yes"})
    with work(granvik.house) as ctx:
        ctx.db.get_one(Account, granvik.actor("farid").account_id).activated_at = ctx.now
    seen = all_alike(
        *(look("/sign-in/slip", m="granvik", c=code) for code in (used, active, "7F3K92QDXM", "?"))
    )
    assert seen.status == 422
    fresh = slip("hodan", "jonas")
    all_alike(
        look("/sign-in/slip", m="fjordvik", c=fresh), look("/sign-in/slip", m="fjordvik", c="7F3K92QDXM")
    )
    with time_machine.travel(datetime.now(UTC) + timedelta(days=15)):
        assert look("/sign-in/slip", m="granvik", c=fresh) == seen


def test_a_link_that_does_not_work(app, house, look):
    app.test_client().post("/sign-in", data={"email": AMINA})
    (letter,) = letters(house)
    app.test_client().post(f"/sign-in/link/{letter.token}")
    seen = all_alike(look(f"/sign-in/link/{letter.token}"), look("/sign-in/link/" + "x" * 43))
    assert seen.status == 410
