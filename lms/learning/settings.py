"""What an employer says at a course: a test first that shortens it, the language of the exam, how certificates end."""

from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Row, String, bindparam, select

from lms.base.access import Permission
from lms.base.context import Context
from lms.base.errors import Invalid, NotFound
from lms.base.statements import EMPLOYER
from lms.catalogue import queries as catalogue
from lms.evidence.rules import AS_THE_AUTHOR, Expiry, is_day_of_year
from lms.learning.models import CourseSetting

WHOLE = "/"  # the employer's top node: what is set holds for everybody
MONTHS = range(1, 121)  # that may be said
SAID = (  # what a setting is made of
    CourseSetting.pretest, CourseSetting.exam_language_free, CourseSetting.validity_months,
    CourseSetting.ends_month, CourseSetting.ends_day, CourseSetting.gap_months,
)  # fmt: skip
_ALL = select(CourseSetting.course, *SAID).where(CourseSetting.employer_id == EMPLOYER)
_ONE = _ALL.where(CourseSetting.course == bindparam("course", type_=String))


@dataclass(frozen=True, slots=True)
class Setting:
    """What holds at a course, as far as its author allows it too; as it stands here where nothing is set."""

    pretest: bool = True
    exam_language_free: bool = False
    expiry: Expiry = AS_THE_AUTHOR  # of certificates

    @classmethod
    def of(cls, row: Row[*tuple[Any, ...]]) -> "Setting":
        """As a row with the columns `SAID` says."""
        ends = (row.ends_month, row.ends_day) if row.ends_month and row.ends_day else None
        return cls(
            row.pretest, row.exam_language_free, Expiry(row.validity_months, ends, row.gap_months or 0)
        )


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
    known = course_setting(ctx, course)
    if known == replace(known, pretest=pretest, exam_language_free=exam_language_free):
        return
    row = _row(ctx, course)
    row.pretest, row.exam_language_free = pretest, exam_language_free
    ctx.note("course.set", row, course=course, pretest=pretest, exam_language_free=exam_language_free)


def set_expiry(ctx: Context, course: str, expiry: Expiry) -> None:
    """Say how certificates that are issued from now on run out; the edition's own months are the most there is.

    What is as it was leaves no trace. Raises NotFound as `set_course`, Invalid by field (`months`, `ends`, `gap`): more
    months than the newest edition allows, a day that does not exist, a gap without a day.
    """
    if WHOLE not in ctx.require(Permission.SET_COURSE).paths(Permission.SET_COURSE):
        raise NotFound
    allowed = catalogue.current_edition(ctx, course).validity_months
    months, faults = allowed if expiry.months is None else expiry.months, {}
    if months not in MONTHS or months > allowed:
        faults["months"] = "too_long" if months > allowed else "too_short"
    if expiry.ends is not None and not is_day_of_year(*expiry.ends):
        faults["ends"] = "no_such_day"
    if expiry.gap_months and expiry.ends is None:
        faults["ends"] = "missing"
    if not 0 <= expiry.gap_months <= min(months, allowed):
        faults["gap"] = "too_short" if expiry.gap_months < 0 else "too_long"
    if faults:
        raise Invalid(faults)
    if course_setting(ctx, course).expiry == expiry:
        return
    row = _row(ctx, course)
    row.validity_months, row.gap_months = expiry.months, expiry.gap_months or None
    row.ends_month, row.ends_day = expiry.ends or (None, None)
    said = {"months": expiry.months, "ends": expiry.ends, "gap_months": expiry.gap_months}
    ctx.note("course.expiry", row, course=course, **said)


def expiry_at(ctx: Context, course: str) -> Expiry:
    """How certificates of a course run out here. One statement.

    Open: asked when a certificate is issued, whoever closes the test.
    """
    row = ctx.rows(_ONE, course=course).first()
    return Setting.of(row).expiry if row else AS_THE_AUTHOR


def _row(ctx: Context, course: str) -> CourseSetting:
    """The row of a course, made as if nothing were set."""
    new = Setting()
    as_author = {"pretest": new.pretest, "exam_language_free": new.exam_language_free}
    ctx.add_once(CourseSetting(employer_id=ctx.employer_id, course=course, **as_author))
    mine = (CourseSetting.employer_id == ctx.employer_id, CourseSetting.course == course)
    return ctx.db.scalars(select(CourseSetting).where(*mine)).one()
