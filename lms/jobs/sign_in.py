"""Mail about signing in: link and code, a code for a new address, word of a change to the old one."""

from functools import cache
from typing import Any
from uuid import UUID

from jinja2 import Environment

from lms.base.context import House, work
from lms.base.i18n import make_environments
from lms.identity.change_letters import ChangeLetter, code_letter, notice_letter
from lms.identity.kept_forms import forget_form
from lms.identity.rules import MAIL_LASTS, STOP_LASTS
from lms.identity.ways_in import sign_in_letter
from lms.jobs.mail import compose, send, stable_message_id


@cache
def _environments() -> dict[str, Environment]:
    return make_environments()


def send_sign_in_mail(house: House, _employer_id: int | None, ids: dict[str, Any]) -> str:
    """Mail the link and code of a sign-in, or the code by which somebody shows again who it is.

    A second time it is the same mail; none once they are used or too old. `ids` holds
    link_token_id and account_id; link and code are worked out from the row here.
    """
    with work(house, writes=False) as ctx:
        letter = sign_in_letter(ctx, ids["link_token_id"], ids["account_id"])
    if letter is None:
        return "not_sent"
    settings = house.settings
    mail = compose(
        settings,
        _environments()[letter.language],
        kind={"mail": "sign_in", "prove": "prove"}[letter.kind],
        to=letter.address,
        message_id=stable_message_id(settings, "sign-in", letter.token),
        values={
            "link": f"{settings.public_url.rstrip('/')}/sign-in/link/{letter.token}",
            "code": letter.code,
            "minutes": int(MAIL_LASTS.total_seconds() / 60),
        },
    )
    return "sent" if send(settings, mail) else "refused"


def send_change_code(house: House, _employer_id: int | None, ids: dict[str, Any]) -> str:
    """Mail the code that confirms a new address to it; none once it is typed, stopped or too old."""
    with work(house, writes=False) as ctx:
        letter = code_letter(ctx, ids["change_id"])
    return _send_change(house, "change_code", letter)


def send_change_notice(house: House, _employer_id: int | None, ids: dict[str, Any]) -> str:
    """Tell the old address that a way in is being changed, with the link that stops it or takes it back."""
    with work(house, writes=False) as ctx:
        letter = notice_letter(ctx, ids["change_id"])
    return _send_change(house, "change_notice", letter)


def _send_change(house: House, kind: str, letter: ChangeLetter | None) -> str:
    if letter is None:
        return "not_sent"
    settings = house.settings
    mail = compose(
        settings,
        _environments()[letter.language],
        kind=kind,
        to=letter.address,
        message_id=stable_message_id(settings, kind.replace("_", "-"), letter.stop_token),
        values={
            "changed": letter.kind,
            "new_value": letter.new_value,
            "code": letter.code,
            "link": f"{settings.public_url.rstrip('/')}/sign-in/stop/{letter.stop_token}",
            "minutes": int(MAIL_LASTS.total_seconds() / 60),
            "days": STOP_LASTS.days,
        },
    )
    return "sent" if send(settings, mail) else "refused"


def forget_kept_form(house: House, _employer_id: int | None, ids: dict[str, Any]) -> str:
    """A day after a form was kept through a sign-in: forget it."""
    with work(house) as ctx:
        forget_form(ctx, UUID(ids["public_id"]))
    return "done"
