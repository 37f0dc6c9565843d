"""Take documented knowledge out of the house: the register as a file, with an audit entry."""

import tempfile
from dataclasses import dataclass
from typing import IO, Literal

from lms.base.access import Permission
from lms.base.context import Context, work
from lms.base.i18n import catalogue as texts
from lms.organisation.models import Employer
from lms.register.queries import Filter
from lms.register.register_on import rows_on
from lms.register.register_then import Then
from lms.reports.register_file import about, cells, course_titles
from lms.reports.sheet import write_csv
from lms.reports.words import register_heads
from lms.reports.workbook import write_xlsx

Format = Literal["csv", "xlsx"]


@dataclass(frozen=True, slots=True)
class Export:
    """A finished file without a name on the disk, for the caller to send and close."""

    file: IO[bytes]
    name: str
    rows: int


def export_register(ctx: Context, narrowed: Filter, kind: Format, then: Then | None = None) -> Export:
    """Write the register of today or of a past day, as filtered, to a file; who took what out is in the change log.

    The rows of today come from one statement, so the file shows one moment. The context may be a reading
    one: the audit entry has its own short transaction, before the file is handed out.
    """
    who = ctx.require(Permission.EXPORT_REGISTER)
    file = tempfile.TemporaryFile()  # noqa: SIM115  (who sends it closes it)
    try:
        count = write_register(ctx, narrowed, kind, file, then)
        with work(ctx.house, who, now=ctx.now) as audited:
            employer = audited.db.get_one(Employer, ctx.employer_id)
            audited.note(
                "register.exported", employer, kind=kind, rows=count, unit=str(narrowed.unit or ""),
                course=narrowed.course, role=narrowed.role, state=narrowed.state or "", **_days(then),
            )  # fmt: skip
        file.seek(0)
    except BaseException:
        file.close()
        raise
    name = texts(ctx.language).gettext("register")
    return Export(file, f"{name}-{(then.day if then else ctx.today).isoformat()}.{kind}", count)


def _days(then: Then | None) -> dict[str, str]:
    """The past day a file is of, and by when that was known."""
    if then is None:
        return {}
    return {"day": then.day.isoformat(), "known_on": then.known_on.isoformat() if then.known_on else ""}


def write_register(
    ctx: Context, narrowed: Filter, kind: Format, file: IO[bytes], then: Then | None = None
) -> int:
    """Write the register of today or of a past day, as filtered, to an open file; returns the number of rows."""
    ctx.require(Permission.EXPORT_REGISTER)
    _ = texts(ctx.language).gettext
    titles, heads = course_titles(ctx), register_heads(_)
    said = about(ctx, narrowed, titles, then)  # before the rows, which are read while they are written
    rows = cells(rows_on(ctx, then, narrowed, permission=Permission.EXPORT_REGISTER), titles, ctx.language)
    if kind == "csv":
        return write_csv(file, heads, rows)
    return write_xlsx(file, _("Register"), heads, rows, (_("About this file"), said))
