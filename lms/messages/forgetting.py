"""Forget what stands in the log of messages, after the time the employer keeps it."""

from datetime import timedelta

from sqlalchemy import delete, select

from lms.base.context import Context
from lms.messages.models import Message
from lms.organisation.models import Employer

KEPT = 24  # months, where the employer has set no other time
MONTH = timedelta(days=31)  # nothing goes before its time


def forget_messages(ctx: Context, most: int) -> int:
    """Delete messages that were entered longer ago than the log is kept, at most so many; returns how many.

    How long that is, in months, is the employer's to say (`Employer.retention`, `message`). What still waits stays.
    Open: called by the worker.
    """
    kept: dict[str, int] = ctx.db.scalars(
        select(Employer.retention).where(Employer.id == ctx.employer_id)
    ).one()
    over = (
        select(Message.id)
        .where(
            Message.employer_id == ctx.employer_id,
            Message.created_at < ctx.now - MONTH * kept.get("message", KEPT),
            Message.outcome != "waiting",
        )
        .limit(most)
    )
    gone = (
        delete(Message)
        .where(Message.employer_id == ctx.employer_id, Message.id.in_(over))
        .returning(Message.id)
    )
    return len(ctx.db.execute(gone.execution_options(synchronize_session=False)).all())
