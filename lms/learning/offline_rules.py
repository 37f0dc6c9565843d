"""A test taken without network: when an answer was given, what becomes of it, and what its owner is shown; pure.

The phone keeps each answer as it is given and sends it as soon as it can, in order, under an id of its own. It is
graded here. Whatever happens on the way, no answer is lost: it counts, or it is set aside with the reason.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

SEALED = timedelta(days=14)  # so long answers may be given without network to the questions handed out

State = Literal["saved", "sent", "graded", "not_counted"]
Reason = Literal["elsewhere", "closed", "expired", "malformed"]


@dataclass(frozen=True, slots=True)
class Row:
    """What happens (`event`) when answers are in a state, the state shown then, and where they are.

    `phone`, `counted` and `aside` are how many of the answers `given` lie on the phone, count, and are set aside.
    What is `shown` is None where it is shown to nobody: another person has the phone.
    """

    event: str
    before: State
    shown: State | None
    phone: int = 0
    counted: int = 0
    aside: int = 0
    given: int = 2


MATRIX = (
    # on the phone
    Row("network_lost", "saved", "saved", phone=2),
    Row("browser_closed", "saved", "saved", phone=2),
    Row("two_tabs", "saved", "saved", phone=2, given=3),  # of two answers to one question the first stays
    Row(
        "storage_full", "saved", "saved", phone=1
    ),  # the second is refused, and said to be, before it is taken
    Row("app_updated", "saved", "saved", phone=2),
    Row("session_ended", "saved", "saved", phone=2),  # sent as soon as the same person is signed in again
    Row("signed_out", "saved", "sent", counted=2),  # they are sent first
    Row("signed_out_unsent", "saved", "saved", phone=2),  # as after a session that ended
    Row("another_person", "saved", None, phone=2),
    # on the way
    Row("network_back", "saved", "sent", counted=2),
    Row(
        "answer_lost", "saved", "saved", phone=2, counted=2
    ),  # they came, but the phone was not told: it sends again
    Row("sent_twice", "sent", "sent", counted=2),
    Row("reordered", "saved", "sent", counted=2),
    Row("clock_ahead", "saved", "sent", counted=2),
    Row("clock_behind", "saved", "sent", counted=2),
    # on the server
    Row("edition_replaced", "saved", "sent", counted=2),  # the test stays on the edition it was drawn from
    Row(
        "two_devices", "saved", "not_counted", counted=2, aside=2, given=4
    ),  # the first answers count, of whichever
    Row("sent_late", "saved", "sent", counted=2),  # but given in time
    Row("given_late", "saved", "not_counted", aside=2),
    Row("attempt_closed", "saved", "not_counted", aside=2),
    Row("finished", "saved", "graded", counted=4, given=4),
)


def given_at(claimed: datetime, sent: datetime, received: datetime, opened: datetime) -> datetime:
    """When an answer was given, by our clock.

    The phone says when by its own (`claimed`), and what that showed as it sent (`sent`): what it is wrong by is
    the difference to when we `received` it. Never before the attempt was `opened`, never after now.
    """
    return max(opened, min(received, claimed + (received - sent)))


def reason_aside(*, given: datetime, sealed_until: datetime | None) -> Reason | None:
    """Why an answer does not count that is the first to its question; None if it does."""
    return "expired" if sealed_until is not None and given > sealed_until else None


def state_shown(*, is_closed: bool, unsent: int, aside: Mapping[str, int], counted: int) -> State:
    """What somebody is shown of an attempt: what is on the phone only comes before what has come."""
    if unsent:
        return "saved"
    if is_closed and counted:
        return "graded"
    return "not_counted" if aside else "sent"
