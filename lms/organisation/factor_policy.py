"""To whom a second factor is offered, and of whom it is demanded; pure."""

from datetime import date

POLICIES = ("off", "offered", "required")


def is_offered(policy: str, *, entrusted: bool) -> bool:
    """Whether somebody may set up a second factor: leads and above, unless the employer offers none."""
    return entrusted and policy != "off"


def is_demanded(policy: str, first_day: date | None, today: date, *, entrusted: bool) -> bool:
    """Whether somebody must have a second factor today; `first_day` is the first on which it is required."""
    return entrusted and policy == "required" and (first_day is None or first_day <= today)
