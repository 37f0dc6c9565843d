"""The language an exam is taken in: that of reading, or one of its own where the employer leaves it free."""

from sqlalchemy import select

from lms.base.access import Permission
from lms.base.context import Context
from lms.catalogue import queries as catalogue
from lms.catalogue.values import Edition
from lms.learning.models import Attempt
from lms.learning.settings import course_setting


def exam_language(ctx: Context, attempt: Attempt, edition: Edition) -> str:
    """The language the actor goes on in with an attempt. One statement; none where it is that of reading.

    What is taken before the exam is always in the language of reading.
    """
    ctx.require(Permission.LEARN)
    reading, own = edition.language(ctx.language), edition.language(attempt.language)
    if own == reading or attempt.kind != "exam" or not course_setting(ctx, attempt.course).exam_language_free:
        return reading
    return own


def choose_exam_language(ctx: Context, course: str, language: str) -> bool:
    """Go on with the actor's exam under way in a language of its own.

    False if the employer has not left it free: then it follows the language one reads in.
    """
    who = ctx.require(Permission.LEARN)
    if not course_setting(ctx, course).exam_language_free:
        return False
    attempt = ctx.db.scalar(
        select(Attempt).where(
            Attempt.employer_id == ctx.employer_id,
            Attempt.person_id == who.person_id,
            Attempt.course == course,
            Attempt.kind == "exam",
            Attempt.closed_at.is_(None),
        )
    )
    if attempt is not None:
        attempt.language = catalogue.edition(ctx, attempt.edition_id).language(language)
    return True
