"""What is left to do after the first proof, how long a second one counts, where passkeys work; pure rules."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address
from typing import Literal
from urllib.parse import urlsplit

Step = Literal["own", "prove", "set_up"]

FRESH = timedelta(minutes=15)  # a proof this new lets somebody change the factors themselves
KEY_LASTS = timedelta(hours=1)  # a key for an app that nobody has confirmed with a code
CHALLENGE_LASTS = timedelta(minutes=5)
RECOVERY_CODES = 10


def step_left(
    *,
    activated: bool,
    has_factor: bool,
    demanded: bool,
    proven_at: datetime | None,
    now: datetime,
    lasts: timedelta,
) -> Step | None:
    """What somebody has to do before pages open to them: set an own way in, prove or set up a second factor.

    None if nothing is left. A factor that is set is asked for whatever the employer demands.
    """
    if not activated:
        return "own"
    if has_factor:
        return None if proven_at is not None and now - proven_at < lasts else "prove"
    return "set_up" if demanded else None


def is_fresh(proven_at: datetime | None, now: datetime) -> bool:
    """Whether a second factor was proven so short ago that the factors may be changed."""
    return proven_at is not None and now - proven_at < FRESH


@dataclass(frozen=True, slots=True)
class RelyingParty:
    """Who passkeys are made for: the domain they belong to, and the only origin they are taken from."""

    domain: str
    origin: str


def relying_party(public_url: str) -> RelyingParty | None:
    """The relying party at an address; None where browsers allow no passkeys: IP addresses, plain http.

    Plain http is allowed on `localhost` (Secure Contexts, W3C).
    """
    parts = urlsplit(public_url)
    domain = parts.hostname or ""
    if not domain or (parts.scheme != "https" and domain != "localhost"):
        return None
    try:
        ip_address(domain)
    except ValueError:
        return RelyingParty(domain, f"{parts.scheme}://{parts.netloc.rpartition('@')[2].lower()}")
    return None
