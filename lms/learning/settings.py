"""What an employer allows at a course: a test first that shortens it, an exam in another language than one reads in."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, String, bindparam, select

from lms.base.access import Permission
from lms.base.context import Context
from lms.base.errors import NotFound
from lms.base.statements import EMPLOYER
from lms.catalogue import queries as catalogue
from lms.learning.models import CourseSetting

WHOLE = "/"  # the employer's top node: what is set holds for everybody
_ALL = select(CourseSetting.course, CourseSetting.pretest, CourseSetting.exam_language_free).where(
    CourseSetting.employer_id == EMPLOYER
)
_ONE = _ALL.where(CourseSetting.course == bindparam("course", type_=String))


@dataclass(frozen=True, slots=True)
class Setting:
    """What is allowed at a course, as far as its author allows it too; as it stands here where nothing is set."""

    pretest: bool = True
    exam_language_free: bool = False

    @classmethod
    def of(cls, row: Row[*tuple[Any, ...]]) -> "Setting":
        """As a row of the table says."""
        return cls(row.pretest, row.exam_language_free)


def course_setting(ctx: Context, course: str) -> Setting:
    """What the employer allows at a course. One statement."""
    ctx.require(Permission.SEE_COURSES)
    row = ctx.rows(_ONE, course=course).first()
    return Setting.of(row) if row else Setting()


def course_settings(ctx: Context) -> dict[str, Setting]:
    """What the employer has set, by course; a course of which nothing is set is left out. One statement."""
    ctx.require(Permission.SEE_COURSES)
    return {row.course: Setting.of(row) for row in ctx.rows(_ALL)}


def set_course(ctx: Context, course: str, *, pretest: bool, exam_language_free: bool) -> None:
    """Say what is allowed at a course from now on. What is as it was leaves no trace.

    Raises NotFound if there is no such course, or unless the actor sets courses for the whole employer.
    """
    if WHOLE not in ctx.require(Permission.SET_COURSE).paths(Permission.SET_COURSE):
        raise NotFound
    catalogue.current_edition(ctx, course)
    if course_setting(ctx, course) == Setting(pretest, exam_language_free):
        return
    wanted = {"pretest": pretest, "exam_language_free": exam_language_free}
    ctx.add_once(CourseSetting(employer_id=ctx.employer_id, course=course, **wanted))
    row = ctx.db.scalars(
        select(CourseSetting).where(
            CourseSetting.employer_id == ctx.employer_id, CourseSetting.course == course
        )
    ).one()
    row.pretest, row.exam_language_free = pretest, exam_language_free
    ctx.note("course.set", row, course=course, **wanted)
