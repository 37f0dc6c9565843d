"""The word on pages of officers and administrators that mail does not leave, and what to do."""

import time
from typing import Any, cast

from flask import current_app

from lms.base.access import Permission
from lms.base.context import Context
from lms.base.outbox import Sending, sending

LOOKED_AT = 60  # seconds for which a process remembers what it saw, so that pages cost nothing more

Seen = dict[int, tuple[float, Sending]]  # by employer


def mail_alarm(context: Context | None) -> Sending | None:
    """How mail leaves, if something is wrong with it and the reader of this page should know; else None."""
    if context is None or context.actor is None:
        return None
    if not context.actor.may(Permission.SEE_MESSAGES):
        return None
    extensions: dict[str, Any] = current_app.extensions
    seen = cast("Seen", extensions.setdefault("mail_seen", {}))
    employer_id, now = context.employer_id, time.monotonic()
    if employer_id not in seen or now - seen[employer_id][0] > LOOKED_AT:
        seen[employer_id] = (now, sending(context.db, context.now, employer_id))
    found = seen[employer_id][1]
    return found if found.trouble else None
