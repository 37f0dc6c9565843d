"""Items that are answered decision by decision: each is locked in before what it leads to is shown.

The decisions on the way are rows of their own that are only added, so that no going back and no sending again
undoes one; the last one completes the answer, which holds them all.
"""

from sqlalchemy import bindparam, insert, select

from lms.base.context import Context
from lms.base.errors import Invalid
from lms.base.statements import EMPLOYER
from lms.catalogue.items import TYPES
from lms.catalogue.values import Item
from lms.learning.models import Attempt, AttemptDecision

_MADE = (
    select(AttemptDecision.item, AttemptDecision.value, AttemptDecision.client_id)
    .where(AttemptDecision.employer_id == EMPLOYER, AttemptDecision.attempt_id == bindparam("attempt"))
    .order_by(AttemptDecision.place)
)
_DECISION = insert(AttemptDecision)


def has_decided(ctx: Context, attempt: Attempt) -> bool:
    """Whether a decision was made in an attempt, on the way to an answer. One statement.

    Open: called for an attempt that was found to be the actor's.
    """
    return ctx.rows(_MADE, attempt=attempt.id).first() is not None


def decisions_made(ctx: Context, attempt: Attempt, item: Item) -> list[str]:
    """What was decided in an item of an attempt that has no answer yet, in order. At most one statement.

    Open: called for an attempt that was found to be the actor's.
    """
    if not TYPES[item.type].in_steps:
        return []
    return [row.value for row in ctx.rows(_MADE, attempt=attempt.id) if row.item == item.id]


def decide(ctx: Context, attempt: Attempt, item: Item, value: object, client_id: str) -> list[str] | None:
    """Lock in the decision that was sent. One that was locked in before, for the same scene, stays as it was.

    Open: called for an attempt that was found to be the actor's and is locked.
    The whole way, to be answered with, if this was the last decision; else None. Raises Malformed for what
    decides nothing, Invalid if the client id was used for another decision.
    """
    kind, rows = TYPES[item.type], ctx.rows(_MADE, attempt=attempt.id).all()
    made = [row.value for row in rows if row.item == item.id]
    way = kind.onward(item, made, value)
    if way == made:
        return None
    if any(row.client_id == client_id for row in rows):
        raise Invalid({"client_id": "used"})
    if not kind.is_under_way(item, way):
        return way
    ctx.db.connection().execute(
        _DECISION,
        {
            "employer_id": ctx.employer_id, "attempt_id": attempt.id, "client_id": client_id, "item": item.id,
            "place": len(way), "value": way[-1], "received_at": ctx.now,
        },
    )  # fmt: skip
    return None
