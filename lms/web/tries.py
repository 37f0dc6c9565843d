"""Counting of tries as all pages of sign-in do it, and the answer that says how long to wait."""

from typing import TypeVar

from flask import request
from werkzeug.wrappers import Response

from lms.base.context import Context, work
from lms.base.errors import TooMany
from lms.identity.actions import By, count_try, forgive_try
from lms.identity.rules import Kind, network_of
from lms.web.pages import house

Answer = TypeVar("Answer", bound=Response)


def count(ctx: Context, kind: Kind, name: str = "") -> None:
    """Count the try: for what was typed from this network, for it from anywhere, and for the network; raises TooMany.

    What is refused is not counted further. So a stranger who types and types a name uses up neither the tries its
    owner has elsewhere nor those of the workplace.
    """
    for by, source in _sources(name):
        count_try(house(), kind, source, ctx.now, by=by)


def forgive(change: Context, kind: Kind, name: str = "") -> None:
    """Take the counted try back: it was right. Without the name only the network has it back.

    With a right code the mail it came in is forgiven too, to the network: a mailbox gets no more than it may.
    """
    for by, source in _sources(name):
        forgive_try(change, kind, source, by=by)
    if kind == "code":
        forgive(change, "sign_in")


def forgive_own(ctx: Context, kind: Kind) -> None:
    """Take the counted try of the signed-in person back, in a unit of work of its own."""
    with work(house(), now=ctx.now) as change:
        forgive(change, kind, own_name(ctx))


def own_name(ctx: Context) -> str:
    """What tries of somebody who is signed in are counted for: the account."""
    return f"account {ctx.who.account_id}"


def told_to_wait(answer: Answer, refusal: TooMany) -> Answer:
    """The page as an answer to one try too many."""
    answer.status_code = refusal.status
    answer.headers["Retry-After"] = str(refusal.facts["seconds"])
    return answer


def _sources(name: str) -> tuple[tuple[By, str], ...]:
    address = request.remote_addr or ""
    if not name:
        return (("address", address),)
    return (("name", f"{name} {network_of(address)}"), ("anywhere", name), ("address", address))
