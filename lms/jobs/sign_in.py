"""After somebody has asked to sign in: mail the link and the code."""

from functools import cache
from typing import Any

from jinja2 import Environment

from lms.base.context import House, work
from lms.base.i18n import make_environments
from lms.identity.rules import MAIL_LASTS
from lms.identity.ways_in import sign_in_letter
from lms.jobs.mail import compose, send, stable_message_id


@cache
def _environments() -> dict[str, Environment]:
    return make_environments()


def send_sign_in_mail(house: House, _employer_id: int | None, ids: dict[str, Any]) -> str:
    """Mail the link and code of a sign-in; a second time the same mail, none once they are used or too old.

    `ids` holds link_token_id and account_id; link and code are worked out from the row here.
    """
    with work(house, writes=False) as ctx:
        letter = sign_in_letter(ctx, ids["link_token_id"], ids["account_id"])
    if letter is None:
        return "not_sent"
    settings = house.settings
    mail = compose(
        settings,
        _environments()[letter.language],
        kind="sign_in",
        to=letter.address,
        message_id=stable_message_id(settings, "sign-in", letter.token),
        values={
            "link": f"{settings.public_url.rstrip('/')}/sign-in/link/{letter.token}",
            "code": letter.code,
            "minutes": int(MAIL_LASTS.total_seconds() / 60),
        },
    )
    send(settings, mail)
    return "sent"
