"""The server is killed in the middle of quiz answers, fifty times: no acknowledged answer is ever lost or doubled."""

import http.client
import random
import re
import signal
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from urllib.parse import urlencode

import pytest
from sqlalchemy import func, select

from lms.base.context import make_house, work
from lms.base.migrate import migrate
from lms.identity.actions import start_session
from lms.learning.models import Answer, Attempt
from lms.organisation.models import Person
from tests.builders import Town, build_municipalities
from tests.journeys.conftest import demo_settings, environment
from tests.servers import free_port, kill, kunnig, running

KILLS = 50  # each costs a start of the server, about a second


class Learner:
    """Answers one question after the other over HTTP, and remembers what the server has acknowledged."""

    def __init__(self, port: int, token: str) -> None:
        self.port = port
        self.headers = {"Cookie": f"kunnig={token}"}
        self.acknowledged: list[str] = []

    def ask(
        self, method: str, path: str, form: Mapping[str, str] | Sequence[tuple[str, str]] | None = None
    ) -> tuple[int, str, str]:
        """One request; (status, where it leads, body)."""
        body = urlencode(form) if form else None
        kind = {"Content-Type": "application/x-www-form-urlencoded"} if form else {}
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)) as connection:
            connection.request(method, path, body, {**self.headers, **kind})
            with closing(connection.getresponse()) as answer:
                return answer.status, answer.headers.get("Location", ""), answer.read().decode()

    def answer_until_it_breaks(self) -> None:
        """Open attempts and answer questions until the server is gone."""
        try:
            while True:
                self._answer_one()
        except (OSError, http.client.HTTPException):
            return

    def _answer_one(self) -> None:
        _status, _where, page = self.ask("GET", "/courses/documentation/quiz")
        _status, where, _page = self.ask(
            "POST", "/courses/documentation/quiz", {"csrf_token": field(page, "csrf_token")}
        )
        status = 303
        while status == 303:  # on to the question that is next
            path = where
            status, where, page = self.ask("GET", path)
        form = {name: field(page, name) for name in ("csrf_token", "attempt", "client_id", "type")}
        place = re.search(r'action="[^"]*/quiz/(\d+)"', page).group(1)
        values = re.findall(r'name="answer" value="([^"]+)"', page)
        if form["type"] in {"single", "scenario", "multiple"}:
            fields = [*form.items(), ("answer", values[0])]
        elif form["type"] == "ordering":
            fields = [*form.items(), *(("answer", value) for value in values)]
        else:
            names = re.findall(r'name="(answer-[^"]+)"', page)
            target = re.search(r'<option value="([^"]+)"', page).group(1)
            fields = [*form.items(), *((name, target) for name in names)]
        status, _where, _page = self.ask("POST", f"/courses/documentation/quiz/{place}", fields)
        if status == 303:
            self.acknowledged.append(form["client_id"])


def field(page: str, name: str) -> str:
    """Value of a hidden field."""
    return re.search(rf'name="{name}"[^>]*value="([^"]+)"', page).group(1)


@pytest.mark.timeout(900)
def test_no_acknowledged_answer_is_lost(tmp_path):
    settings = demo_settings(tmp_path / "data", free_port())
    settings.data.mkdir()
    house = make_house(settings)
    migrate(house.engine)
    build_municipalities(house)
    actor = Town(house, "granvik").actor("amina")
    token = start_session(
        house, account_id=actor.account_id, employer_id=actor.employer_id, user_agent="test", remember=True
    )
    learner = Learner(settings.port, token)
    chance = random.Random(20261123)
    for _kill in range(KILLS):
        with running(
            kunnig("serve"), tmp_path / "log", f"{settings.public_url}/healthz", environment(settings)
        ) as server:
            answering = threading.Thread(target=learner.answer_until_it_breaks)
            answering.start()
            time.sleep(chance.uniform(0.1, 1.0))
            kill(server, signal.SIGKILL)
            answering.join(timeout=30)
            assert not answering.is_alive()
    with work(house, writes=False) as ctx:
        kept = ctx.db.scalars(select(Answer.client_id)).all()
        assert set(learner.acknowledged) <= set(kept)
        assert len(kept) == len(set(kept))
        doubled = (
            select(func.count())
            .select_from(Answer)
            .group_by(Answer.attempt_id, Answer.item)
            .having(func.count() > 1)
        )
        assert ctx.db.scalars(doubled).all() == []
        person = ctx.db.scalars(select(Person.id).where(Person.given_name == "Amina")).one()
        opened = ctx.db.scalars(
            select(Attempt).where(Attempt.person_id == person, Attempt.closed_at.is_(None))
        ).all()
        assert len(opened) <= 1
    house.engine.dispose()
    assert len(learner.acknowledged) > KILLS // 2  # there was something to lose
