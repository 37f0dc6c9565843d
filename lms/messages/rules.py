"""The gate that decides whether a message may go to a person now."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Recipient:
    """What the gate has to know about a person."""

    address: str | None
    employed: bool  # or with a role of their own


def reason_not_to_send(recipient: Recipient) -> str | None:
    """Why a message must not be sent (no_address, not_employed); None if it may be."""
    if not recipient.employed:
        return "not_employed"
    if not recipient.address:
        return "no_address"
    return None
