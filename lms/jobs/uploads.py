"""Staff lists that were sent and never imported do not stay."""

from typing import Any
from uuid import UUID

from lms.base.context import House
from lms.organisation import uploads


def forget_upload(house: House, employer_id: int | None, ids: dict[str, Any]) -> str:
    """A day after a staff list was sent: remove it, if it has not been imported or given up."""
    if employer_id is None:
        return "no_employer"
    uploads.forget_upload(house, employer_id, int(ids["person_id"]), UUID(ids["upload"]))
    return "done"
