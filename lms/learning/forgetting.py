"""Forget what was for people themselves alone, some time after they have left."""

from datetime import timedelta

from sqlalchemy import and_, delete, exists, or_, select

from lms.base.context import Context
from lms.learning.models import LearnerNote, WeeklyAnswer, WeeklyChoice
from lms.learning.time_models import LearningTime
from lms.organisation.models import Employment

KEPT = timedelta(days=183)  # who comes back within half a year finds it again
_OWN = (LearnerNote, LearningTime, WeeklyAnswer, WeeklyChoice)


def forget_own(ctx: Context, most: int) -> int:
    """Delete what people of the employer wrote and answered for themselves alone, half a year after their last day.

    At most so many rows of each kind; returns how many. Half a year counts from when it was known, too: a list that
    comes late, or is wrong and mended, takes nothing from anybody at once.
    Open: called by the worker.
    """
    last_day, known_at = ctx.today - KEPT, ctx.now - KEPT
    gone = 0
    for table in _OWN:
        works_here = exists().where(
            Employment.employer_id == table.employer_id,
            Employment.person_id == table.person_id,
            or_(
                and_(
                    Employment.superseded_at.is_(None),
                    or_(Employment.valid_to.is_(None), Employment.valid_to >= last_day),
                ),
                Employment.superseded_at >= known_at,
            ),
        )
        over = select(table.id).where(table.employer_id == ctx.employer_id, ~works_here).limit(most)
        rows = (
            delete(table).where(table.employer_id == ctx.employer_id, table.id.in_(over)).returning(table.id)
        )
        gone += len(ctx.db.execute(rows.execution_options(synchronize_session=False)).all())
    return gone
