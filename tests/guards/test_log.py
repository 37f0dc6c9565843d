"""The log of a whole day's walk holds no name, address, number, token or text of anybody."""

import io
import json
import logging
import logging.config
import re

import pytest
from sqlalchemy import select

from lms.base.context import House
from lms.base.log import JsonLine, log_config
from lms.base.outbox import OutboxTask
from lms.jobs import worker
from lms.jobs.worker import work_off
from tests.builders import PEOPLE
from tests.guards.test_urls import address, routes, things
from tests.identity.people import letters

__all__ = ["things"]  # a fixture

AMINA = "amina.yusuf@granvik.example"


@pytest.fixture
def logged():
    """All lines logged so far, as production writes them."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLine())
    logging.config.dictConfig(log_config(readable=False))  # whatever a test before this one has set
    root = logging.getLogger()
    root.addHandler(handler)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    root.removeHandler(handler)


def secrets_of(granvik):
    """Words that must stand in no line."""
    words = {AMINA.partition("@")[0], "@granvik.example"}
    for number, given, family, *_rest in PEOPLE["granvik"].values():
        words |= {given, family, number}
    return words


def assert_clean(lines, words):
    assert lines
    for line in lines:
        told = json.dumps(
            {name: value for name, value in line.items() if name not in {"at", "ms", "request"}}
        )
        assert not [word for word in words if re.search(whole(word), told, re.IGNORECASE)], told


def whole(word):
    """A pattern for a word; a name is no name inside another word."""
    return rf"\b{word}\b" if word.isalpha() else re.escape(word)


def test_no_page_leaves_a_trace_of_anybody(app, granvik, sign_in, things, logged):
    words = secrets_of(granvik) | {str(things[name]) for name in ("person", "number", "plan", "meeting")}
    app.config.update(TESTING=False)  # errors become answers, and lines of the log
    asked = 0
    for name in ("amina", "karin", "maria", None):
        browser = sign_in(granvik, name) if name else app.test_client()
        for rule, method in routes(app):
            if rule.endpoint == "signin.sign_out":
                continue
            values = things | {"token": "t" * 43, "name": "0" * 32, "code": things["number"]}
            browser.open(address(rule, values), method=method, query_string={"text": "Amina", "next": AMINA})
            asked += 1
    lines = logged()
    assert_clean(lines, words | {"t" * 43})
    requests = [line for line in lines if line["message"] == "request"]
    assert len(requests) > asked * 0.9  # all but those that are asked every few seconds
    assert {line.get("employer") for line in requests} == {"granvik", None}
    assert all(line["route"].startswith(("/", "(")) and "?" not in line["route"] for line in requests)


def test_signing_in_by_mail_leaves_neither_address_nor_link(client, granvik, house, logged):
    client.post("/sign-in", data={"email": AMINA})
    (letter,) = letters(house)
    client.get(f"/sign-in/link/{letter.token}")
    client.post(f"/sign-in/link/{letter.token}")
    assert_clean(logged(), secrets_of(granvik) | {letter.token, letter.code})
    assert "/sign-in/link/<token>" in {line.get("route") for line in logged()}


def test_a_crash_tells_where_but_not_what(app, granvik, sign_in, monkeypatch, logged):
    def broken(*_anything, **_more):
        raise ValueError(f"cannot read {AMINA}") from KeyError("Amina")

    monkeypatch.setattr("lms.web.staff_certificates.render", broken)
    app.config.update(TESTING=False)
    answer = sign_in(granvik, "amina").get("/certificates")
    assert answer.status_code == 500
    (crash,) = [line for line in logged() if line["level"] == "error"]
    assert [error["type"] for error in crash["errors"]] == ["builtins.ValueError", "builtins.KeyError"]
    assert "staff_certificates.py" in " ".join(crash["errors"][0]["way"])
    assert crash["request"] == answer.headers["X-Request-ID"]
    assert_clean(logged(), secrets_of(granvik))


def test_the_worker_stamps_its_lines_with_the_task(granvik, things, monkeypatch, logged):
    def refused(_settings: House, message):
        raise OSError(f"550 no such user {message['To']}")

    monkeypatch.setattr("lms.jobs.mail.send", refused)
    work_off(granvik.house)
    lines = logged()
    assert_clean(lines, secrets_of(granvik))
    failed = [line for line in lines if line["message"] == "task failed"]
    assert {line["kind"] for line in failed} == {"send_message"}
    assert all(line["errors"][0]["type"] == "builtins.OSError" for line in failed)
    with granvik.work("admin", writes=False) as ctx:
        assert {line["task"] for line in lines} <= set(ctx.db.scalars(select(OutboxTask.id)))
    assert worker.STORIES.keys() >= {line["kind"] for line in lines}
