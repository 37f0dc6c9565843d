"""Hand a short text to the SMS gateway of the house (what it has to understand: `.deploy/README.md`)."""

import json

from jinja2 import Environment

from lms.base.settings import Settings
from lms.jobs.outgoing import post

LIST = "/messages"  # page of the own list; whoever is signed out signs in first
NO_SUCH_NUMBER = 422  # what a gateway answers of a number that takes no text, now or later


class SmsNotTaken(Exception):
    """The gateway does not take it now; `code` is what it answered."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


def compose(settings: Settings, env: Environment, kind: str) -> str:
    """The text of a message of a kind in the language of the template environment: a line, and where to sign in."""
    return env.get_template("sms.txt").render(kind=kind, link=f"{settings.public_url}{LIST}").strip()


def send(settings: Settings, to: str, text: str, message_id: str) -> bool:
    """Hand a text over; on return the gateway has it, or (False) says that the number takes none.

    Raises OSError, http.client.HTTPException or SmsNotTaken: then try again later, with the same id.
    """
    body = {"id": message_id, "from": settings.sms_from, "to": to, "text": text}
    headers = {"Content-Type": "application/json; charset=utf-8"}
    if key := settings.sms_key.get_secret_value():
        headers["Authorization"] = f"Bearer {key}"
    status = post(settings.sms, json.dumps(body, ensure_ascii=False).encode(), headers)
    if not (200 <= status < 300 or status == NO_SUCH_NUMBER):
        raise SmsNotTaken(status)
    return status != NO_SUCH_NUMBER
