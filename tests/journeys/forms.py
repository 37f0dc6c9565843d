"""Forms as a browser sends them, without one: a cookie, hidden fields, answers to questions, a file."""

import http.client
import re
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from email.message import Message
from urllib.parse import urlencode
from uuid import UUID, uuid4

from lms.base.context import Context
from lms.identity.actions import start_session
from lms.learning.models import Attempt
from tests.builders import Town
from tests.learning.taking import COURSE, key_of, wrong_for

PATIENCE = 300  # seconds; a loaded machine takes its time


class ServerAway(ConnectionError):
    """The server said that what it stands on is away: send it again."""

    def __init__(self, headers: Message, page: str) -> None:
        super().__init__("503")
        self.headers, self.page = headers, page


@dataclass
class Browser:
    """Somebody's browser, as far as forms need one."""

    port: int
    token: str
    csrf: str = ""

    def ask(self, method: str, path: str, body: bytes | None = None, kind: str = "") -> tuple[int, str, str]:
        """One request; (status, where it leads, page). Raises ServerAway for 503."""
        headers = {"Cookie": f"kunnig={self.token}", "Accept-Language": "nb"}
        if kind:
            headers["Content-Type"] = kind
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)) as connection:
            connection.request(method, path, body, headers)
            with closing(connection.getresponse()) as answer:
                page = answer.read().decode()
                if answer.status == 503:
                    raise ServerAway(answer.headers, page)
                return answer.status, answer.headers.get("Location", ""), page

    def send(self, path: str, fields: Sequence[tuple[str, str]]) -> str:
        """Send a form; where the answer leads, which is the acknowledgement."""
        if not self.csrf:  # it belongs to the token, and lasts as long
            self.csrf = hidden(self.ask("GET", f"/courses/{COURSE}/quiz")[2], "csrf_token")
        body = urlencode([("csrf_token", self.csrf), *fields]).encode()
        status, where, page = self.ask("POST", path, body, "application/x-www-form-urlencoded")
        assert status == 303, page
        return where


def browser_of(town: Town, name: str, port: int) -> Browser:
    """A signed-in browser."""
    actor = town.actor(name)
    token = start_session(
        town.house,
        account_id=actor.account_id,
        employer_id=actor.employer_id,
        user_agent="test",
        remember=True,
    )
    return Browser(port, token)


def hidden(page: str, name: str) -> str:
    """Value of a hidden field."""
    return re.search(rf'name="{name}"[^>]*value="([^"]+)"', page).group(1)


@dataclass
class Sent:
    """An answer on its way: sent again until it is acknowledged, as the phone does."""

    attempt: UUID
    place: int
    type: str
    value: object
    client_id: str = field(default_factory=lambda: str(uuid4()))

    def fields(self) -> list[tuple[str, str]]:
        """The form of the question."""
        own = [("attempt", str(self.attempt)), ("client_id", self.client_id), ("type", self.type)]
        match self.value:
            case dict():
                return own + [(f"answer-{option}", target) for option, target in self.value.items()]
            case list():
                return own + [("answer", value) for value in self.value]
        return [*own, ("answer", str(self.value))]


def answer_at(ctx: Context, attempt: Attempt, place: int, *, right: bool) -> Sent:
    """The answer to the question at a place of an attempt."""
    value = key_of(ctx, attempt, place) if right else wrong_for(ctx, attempt, place)
    kind = {str: "single", dict: "matching"}.get(type(value)) or (
        "ordering" if len(value) == len(attempt.drawn_item(place).options) else "multiple"
    )
    return Sent(attempt.public_id, place, kind, value)


def multipart(csrf: str, data: bytes) -> tuple[bytes, str]:
    """The form that sends a staff list."""
    end = "b0und"
    head = f'--{end}\r\nContent-Disposition: form-data; name="csrf_token"\r\n\r\n{csrf}\r\n--{end}\r\n'
    head += (
        'Content-Disposition: form-data; name="file"; filename="staff.csv"\r\nContent-Type: text/csv\r\n\r\n'
    )
    return head.encode() + data + f"\r\n--{end}--\r\n".encode(), f"multipart/form-data; boundary={end}"
