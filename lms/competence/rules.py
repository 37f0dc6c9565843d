"""When an activity of a development plan is done."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

LONGEST_GOAL = 300  # characters
LONGEST_TITLE = 200
ARENAS = (
    "daily_work", "staff_meeting", "e_learning", "internal_course", "external_course", "webinar",
    "supervision", "job_rotation", "project", "network", "user_dialogue", "further_education",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ShownProof:
    """An unrevoked proof of a course."""

    achieved_on: date
    expires_on: date | None  # its own last day, or the one by which a newer edition is to be taken


def done_by_proof(period_from: date, proofs: Iterable[ShownProof]) -> date | None:
    """Day a course activity was done: of the newest proof that still counted when the plan's period began.

    None without such a proof, so that a revocation undoes the activity by itself.
    """
    counting = [
        proof.achieved_on for proof in proofs if proof.expires_on is None or proof.expires_on >= period_from
    ]
    return max(counting, default=None)
