"""Forms and addresses filled with what nobody should send: a page or a refusal, never a crash, and nothing changed."""

import html
import io
import re
from collections.abc import Iterator
from functools import partial
from random import Random
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from flask import Flask
from sqlalchemy import Engine, event
from werkzeug.wsgi import get_current_url

from lms.learning.actions import open_attempt
from tests.guards.test_urls import address, routes, things, words_of
from tests.learning.taking import COURSE
from tests.organisation.workbooks import AMINA, HEAD, ods, xlsx

__all__ = ["things"]  # a fixture

ROUNDS = 2  # forms for each address and person; more when looking for something
SEED = 20261122
DAYS = ("0001-01-01", "9999-12-31", "9999-12-31", "2027-03-28", "2027-03-28", "2026-02-30", "-1")
ODD = (
    "", " ", "\0", "a\0b", "\x7f\x0b", "a\r\nb: c", "-1", "9" * 30, "x" * 20_000, "åäö ✓ \u202e \U0001f600", "%00",
    "a" + "\u0315\u0300" * 9_000,  # accents whose sorting takes the square of their number
    "' OR 1=1 --", "../../etc/passwd", "//evil.example", "javascript:alert(1)", "{{ 7 * 7 }}", "=1+1", "%(name)s",
    "on", "true", "null", "[]", "b:up", "b:down", "course:", "course:\0", "meeting:", "meeting:x", "free", "::",
    "sv", "single", "multiple", "ordering", "matching", "scenario", "02:30", "00:00", "23:59:59.999999+14:00",
    "00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff", "{urn:uuid}", *DAYS,
)  # fmt: skip
LISTS = (
    b"\xff\xfe\x00", b"\xff" * 40, b"PK\x03\x04" + bytes(40), b'a;b\n"never closed', b";;;\n;;;\n", b"\x00",
    b"anst.nr;f\xc3\xb6rnamn;efternamn;enhet;roll;from;to\n7;A;B;Bj\xc3\xb6rken;assistant_nurse;0001-01-01;9999-12-31\n",
    b"anst.nr;f\xc3\xb6rnamn;efternamn;enhet;roll;from;to\n8;A;B;=1+1;nurse;9999-12-31;\n1001;Amina;Yusuf;Eken;nurse;0001-01-01;\n",
    xlsx([(*HEAD, *HEAD), AMINA])[:4000], xlsx([(*HEAD, "Till"), (*AMINA, "=1+1"), (1e300, -1, 0, 2.5, None, 9999999)]),
    ods([(*HEAD, "Frånvarande från"), (*AMINA, "\u202e")]), ods([HEAD, AMINA], tail="<table:table-row"),
)  # fmt: skip
ODD_PARTS = ("%00", "a%00b", "%ff%fe", "x" * 300, "..%2f..%2fetc", "9" * 5000, "-1")  # of addresses
DATED = {"day", "due-1", "due_on", "first_day", "next_talk_on", "other_due", "period_from", "period_to"}
RIGHT = dict.fromkeys(DATED, "") | {
    "arena": "supervision", "course": COURSE, "email": "a@b.example", "goal": "x", "language": "sv", "m": "granvik",
    "name": "a@b.example", "notes": "x", "place": "x", "reason": "x", "second_factor": "offered", "theme": "dark",
    "text_size": "large", "time": "00:00", "title": "x", "type": "single", "what": f"course:{COURSE}", "what-1": "x",
    "why": "x",
}  # fmt: skip
IDS = {  # field of a form -> what of the municipality it names
    "activity": "activity", "attempt": "attempt", "client_id": "goal", "goal_id": "goal", "meeting": "meeting",
    "people": "colleague", "person": "person", "plan": "plan", "present": "person", "unit": "unit", "who-1": "person",
}  # fmt: skip
PEOPLE = ("amina", "karin", "maria", "admin", None)  # None: nobody
LONE = "%ed%a0%80"  # half of a surrogate pair, as some programs put it into UTF-8; text cannot hold it
TRACES = {  # a refused try may be counted and written down, and uses up what was asked
    "audit", "link_token", "outbox", "passkey_challenge", "session", "sign_in_change", "throttle",
}  # fmt: skip


class Chance:
    """Forms by chance, the same ones for the same seed: odd texts among values that would be right."""

    def __init__(self, seed: str, known: dict[str, Any], fields: list[str]) -> None:
        self.random = Random(seed)
        self.fields = fields
        self.right = RIGHT | {field: str(known[name]) for field, name in IDS.items()}

    def value(self, field: str) -> str:
        """A text for a field, right more often than not: so a form gets past the first checks."""
        if field not in self.right or self.random.random() < 0.3:
            return self.random.choice(ODD)
        if field in DATED:
            return self.random.choice(DAYS)
        return self.right[field]

    def form(self) -> dict[str, list[str]]:
        """Most fields once, some left out, some twice."""
        often = {field: self.random.choice((0, 1, 1, 1, 2)) for field in self.fields}
        return {field: [self.value(field) for _ in range(count)] for field, count in often.items() if count}

    def body(self) -> dict[str, Any]:
        """What a request carries: a form, a form with a file, bytes that are no form."""
        kind = self.random.random()
        if kind < 0.1:
            broken = "&".join(
                f"{field}={self.random.choice((LONE, '%ff%fe', '%00'))}" for field in self.fields
            )
            return {
                "data": self.random.randbytes(200) + b"&" + broken.encode(),
                "content_type": "application/x-www-form-urlencoded",
            }
        if kind < 0.2:
            return {"data": b"--x\r\nnonsense", "content_type": "multipart/form-data; boundary=x"}
        form: dict[str, Any] = self.form()
        if kind < 0.4:
            form["file"] = (io.BytesIO(self.random.choice(LISTS)), "list\0\r\n.csv")
        return {"data": form}


@pytest.fixture
def everything(granvik, things):
    """A value for every part of an address and every field that names something."""
    with granvik.work("amina") as ctx:
        attempt = open_attempt(ctx, COURSE, "sv").public_id
    return things | {
        "attempt": attempt, "code": things["number"], "colleague": granvik.person("farid").public_id,
        "name": "0" * 32, "token": "t" * 43,
    }  # fmt: skip


@pytest.fixture(scope="module")
def found() -> set[str]:
    """Names found on the pages by the first test that looks; the same for all."""
    return set()


@pytest.fixture
def fields(app: Flask, granvik, sign_in, everything, found) -> list[str]:
    """Names of all fields of forms, and of what links put behind `?`, on all pages that anybody can open."""
    pages = [address(rule, everything) for rule, method in routes(app) if method == "GET"]
    for name in () if found else PEOPLE:
        browser = sign_in(granvik, name) if name else app.test_client()
        for where in pages:
            page = words_of(browser.get(where))
            found |= set(re.findall(r'<(?:input|select|textarea|button)[^>]* name="([^"]+)"', page))
            for link in re.findall(r'href="([^"]+\?[^"]+)"', page):
                found |= {name for name, _value in parse_qsl(urlsplit(html.unescape(link)).query)}
    assert len(found) > 45
    return sorted(found - {"csrf_token", "file"})


class Changes:
    """Which tables were changed by what has been committed, read off the statements."""

    def __init__(self, engine: Engine) -> None:
        self.open: set[str] = set()
        self.kept: set[str] = set()
        event.listen(engine, "before_cursor_execute", self._see)
        event.listen(engine, "commit", self._keep)
        event.listen(engine, "rollback", self._drop)

    def _see(self, _connection: object, _cursor: object, statement: str, *_more: object) -> None:
        if change := re.match(r'(?:INSERT INTO|UPDATE|DELETE FROM) "?(\w+)', statement):
            self.open.add(change.group(1))

    def _keep(self, _connection: object) -> None:
        self.kept |= self.open
        self.open.clear()

    def _drop(self, _connection: object) -> None:
        self.open.clear()

    def taken(self) -> set[str]:
        """What was changed since this was asked last."""
        changed, self.kept = self.kept, set()
        return changed


def test_changes_are_seen(house, granvik):
    changes = Changes(house.engine)
    with granvik.work("karin") as ctx:
        ctx.note("unit.created", granvik.unit("Eken"))
    assert changes.taken() == {"audit"}
    assert changes.taken() == set()


def requests(
    app: Flask, name: str | None, known: dict[str, Any], fields: list[str]
) -> Iterator[tuple[Any, ...]]:
    """Odd requests to every address: (rule, method, address, what it carries)."""
    for rule, method in routes(app):
        for number in range(ROUNDS):
            chance = Chance(f"{SEED} {name} {method} {rule.rule} {number}", known, fields)
            sent = chance.body() if method == "POST" else {"query_string": chance.form()}
            yield rule, method, address(rule, known), sent
        for text in (*ODD_PARTS, LONE) if "<" in rule.rule else ():
            yield rule, method, address(rule, dict.fromkeys(known, text)), {}
        yield (
            rule,
            method,
            address(rule, known),
            {"query_string": "&".join(f"{name}={LONE}" for name in fields)},
        )


@pytest.fixture
def quick_cookies(monkeypatch):
    """The test client chooses cookies by host and path; it need not read the long query for that, twice a request."""
    monkeypatch.setattr("werkzeug.test.get_current_url", partial(get_current_url, strip_querystring=True))


@pytest.mark.parametrize("name", PEOPLE, ids=str)
def test_what_is_odd_is_refused_and_changes_nothing(
    app: Flask, house, granvik, sign_in, everything, fields, quick_cookies, name
):
    app.config.update(TESTING=False)  # an error of the program becomes an answer, as it does for people
    browser = sign_in(granvik, name) if name else app.test_client()
    changes = Changes(house.engine)
    crashes, damage = [], []
    for rule, method, where, sent in requests(app, name, everything, fields):
        answer = browser.open(where, method=method, **sent)
        changed = changes.taken() - TRACES
        if answer.status_code >= 500:
            crashes.append(f"{method} {where} {sent}")
        if answer.status_code >= 400 and changed:
            damage.append(f"{method} {where} {answer.status_code} {changed}")
        if rule.endpoint == "signin.sign_out" and name:
            browser = sign_in(granvik, name)
            changes.taken()
    assert crashes == []
    assert damage == []
