"""Whose a page is, for the browser that may keep it: said in headers that the service worker reads."""

import hashlib
import hmac

from flask import Response, current_app, request

from lms.organisation.visitors import Visitor
from lms.web.on_shared import is_shared_here

PERSON, KEEP = "Kunnig-Person", "Kunnig-Keep"
# Pages that may be shown once more without network as they were when they were opened: one's own, and no form's answer.
MAY_BE_KEPT = frozenset(
    {"staff.todo", "staff.courses", "staff.course", "staff.plan", "staff.certificates", "staff.certificate"}
)


def person_key(who: Visitor | None) -> str:
    """Whose what is kept on a device is; empty on one that is not somebody's own, and while nobody is signed in."""
    return sender_key(who) if who is not None and who.remembered else ""


def sender_key(who: Visitor) -> str:
    """Whose what is sent from a device is, also one that is not remembered any more; empty on one that several share.

    It says who without saying it, and differs from employer to employer.
    """
    if who.is_shared or is_shared_here():
        return ""
    about = f"phone:{who.actor.employer_id}:{who.actor.person_id}".encode()
    return hmac.new(str(current_app.secret_key).encode(), about, hashlib.sha256).hexdigest()[:24]


def say_whose(response: Response, who: Visitor | None) -> None:
    """Say whose a page is, and whether it may be kept.

    While nobody is signed in that is said by the pages of signing in alone: any other may be one that failed.
    """
    if who is None and (request.blueprint != "signin" or response.status_code >= 500):
        return
    response.headers[PERSON] = key = person_key(who)
    if key and response.status_code == 200 and request.endpoint in MAY_BE_KEPT:
        response.headers[KEEP] = "1"
