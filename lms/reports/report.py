"""The register as a document on the employer's paper: what it shows, coverage by course, every row."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from lms.base.access import Permission
from lms.base.context import Context
from lms.base.i18n import catalogue as texts
from lms.base.i18n import day_short, whole_percent
from lms.catalogue import queries as catalogue
from lms.organisation.models import Employer
from lms.register.duty_rules import NEVER
from lms.register.queries import RegisterRow
from lms.register.rules import COUNTS_AS_KNOWN, State
from lms.reports.making import Tell, register_of
from lms.reports.narrowing import View
from lms.reports.register_file import about, course_titles
from lms.reports.words import state_words

STAND_OUT = frozenset({State.EXPIRED, State.MISSING})


@dataclass(frozen=True, slots=True)
class Line:
    """A row in words; one that asks for something to be done stands out."""

    cells: Sequence[str]
    stands_out: bool


@dataclass(frozen=True, slots=True)
class Covered:
    """How many of the rows of a course are known, in words."""

    title: str
    known: int
    asked: int

    @property
    def share(self) -> int | None:
        """Whole per cent, as on the pages; None where too few are asked."""
        return whole_percent(self.known, self.asked)


@dataclass(frozen=True, slots=True)
class Report:
    """All that stands in a document."""

    employer: str
    department: str
    title: str
    shown: str  # the day it shows
    made_at: datetime
    about: Sequence[tuple[str, str]]
    coverage: Sequence[Covered]
    heads: Sequence[tuple[str, str]]  # what each column is, and its head
    lines: Sequence[Line]
    state_at: int  # column with the status
    course: str  # the one it is narrowed to; its column is left out


def report_of(ctx: Context, view: View, tell: Tell) -> Report:
    """The register, as a view has it, in words. Raises TooManyRows for more than a document can hold."""
    ctx.require(Permission.EXPORT_REGISTER)
    _ = texts(ctx.language).gettext
    employer, titles, course = (
        ctx.db.get_one(Employer, ctx.employer_id),
        course_titles(ctx),
        view.narrowed.course,
    )
    said = about(ctx, view.narrowed, titles, view.then)
    asked, known, lines = Counter[str](), Counter[str](), []
    for row in register_of(ctx, view, "pdf", tell):
        asked[row.course] += row.state is not State.EXEMPT
        known[row.course] += row.state in COUNTS_AS_KNOWN
        lines.append(Line(_cells(row, titles, ctx.language, with_course=not course), row.state in STAND_OUT))
    return Report(
        employer=employer.name,
        department=employer.department,
        title=_("Register of staff knowledge"),
        shown=day_short(view.then.day if view.then else ctx.today, ctx.language),
        made_at=ctx.now,
        about=said,
        coverage=[
            Covered(titles.get(each, each), known[each], asked[each])
            for each in sorted(asked, key=catalogue.place)
            if asked[each]
        ],
        heads=_heads(ctx.language, with_course=not course),
        lines=lines,
        state_at=4 if course else 5,
        course=course,
    )


def _heads(language: str, *, with_course: bool) -> list[tuple[str, str]]:
    _ = texts(language).gettext
    return [
        ("name", _("Name")), ("number", _("Number")), ("unit", _("Unit")), ("title", _("Title")),
        *([("course", _("Course"))] if with_course else []), ("state", _("Status")), ("day", _("Complete by")),
        ("day", _("Completed on")), ("until", _("Valid until and including")), ("proof", _("Certificate")),
    ]  # fmt: skip


def _cells(row: RegisterRow, titles: Mapping[str, str], language: str, *, with_course: bool) -> list[str]:
    """A row in words; of a protected identity without a name."""
    _ = texts(language).gettext

    def said(day: date | None) -> str:
        return "" if day is None or day == NEVER else day_short(day, language)

    number = row.certificate
    return [
        _("Protected identity") if row.protected else f"{row.family_name}, {row.given_name}",
        row.employee_number, row.unit, row.title,
        *([titles.get(row.course, row.course)] if with_course else []),
        state_words(_)[row.state], said(row.due_on), said(row.achieved_on), said(row.expires_on),
        f"{number[:5]}-{number[5:]}" if number else "",
    ]  # fmt: skip
