"""Take documented knowledge out of the house: the register as a file, with an audit entry."""

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

from lms.base.access import Permission
from lms.base.context import Context, work
from lms.base.i18n import catalogue as texts
from lms.base.i18n import clock, day_short
from lms.catalogue import queries as catalogue
from lms.organisation.models import Employer
from lms.register.duty_rules import NEVER
from lms.register.queries import Filter, register_rows
from lms.reports.sheet import Cell, write_csv, write_xlsx
from lms.reports.words import register_heads, state_words

Format = Literal["csv", "xlsx"]


@dataclass(frozen=True, slots=True)
class Export:
    """A finished file in the folder for temporary files, for the caller to send and remove."""

    path: Path
    name: str
    rows: int


def export_register(ctx: Context, narrowed: Filter, kind: Format) -> Export:
    """Write the register, as filtered, to a file; who took what out is kept in the change log.

    The rows come from one statement, so the file shows one moment. The context may be a reading
    one: the audit entry has its own short transaction, before the file is handed out.
    """
    who = ctx.require(Permission.EXPORT_REGISTER)
    _ = texts(ctx.language).gettext
    handle, name = tempfile.mkstemp(prefix="kunnig-register-", suffix=f".{kind}")
    path = Path(name)
    try:
        with open(handle, "rb"):  # noqa: PTH123  (closes the descriptor; the writers open the path anew)
            heads, rows = register_heads(_), _rows(ctx, narrowed)
            if kind == "csv":
                count = write_csv(path, heads, rows)
            else:
                count = write_xlsx(
                    path, _("Register"), heads, rows, (_("About this file"), _about(ctx, narrowed))
                )
        with work(ctx.house, who, now=ctx.now) as audited:
            employer = audited.db.get_one(Employer, ctx.employer_id)
            audited.note(
                "register.exported", employer, kind=kind, rows=count, unit=str(narrowed.unit or ""),
                course=narrowed.course, role=narrowed.role, state=narrowed.state or "",
            )  # fmt: skip
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return Export(path, f"{_('register')}-{ctx.today.isoformat()}.{kind}", count)


def _rows(ctx: Context, narrowed: Filter) -> Iterator[Sequence[Cell]]:
    _ = texts(ctx.language).gettext
    words = state_words(_)
    titles = {edition.course: edition.text(ctx.language).title for edition in catalogue.current_editions(ctx)}
    for row in register_rows(ctx, narrowed, permission=Permission.EXPORT_REGISTER):
        family, given = (_("Protected identity"), "") if row.protected else (row.family_name, row.given_name)
        number = f"{row.certificate[:5]}-{row.certificate[5:]}" if row.certificate else None
        yield (
            row.employee_number, family, given, row.unit, row.title, titles.get(row.course, row.course),
            words[row.state], None if row.due_on == NEVER else row.due_on, row.achieved_on, row.expires_on,
            row.edition, number,
        )  # fmt: skip


def _about(ctx: Context, narrowed: Filter) -> list[tuple[str, str]]:
    _ = texts(ctx.language).gettext
    local = ctx.now.astimezone(ZoneInfo(ctx.time_zone))
    lines = [
        (_("What"), _("Register of staff knowledge: every current employment and each course it asks for")),
        (
            _("Shows the situation on"),
            f"{day_short(local.date(), ctx.language)} {clock(local, ctx.language)}",
        ),
        (_("Taken out by"), ctx.who.name),
    ]
    if narrowed.course:
        lines.append((_("Course"), narrowed.course))
    if narrowed.state:
        lines.append((_("Status"), state_words(_)[narrowed.state]))
    if narrowed.text:
        lines.append((_("Search"), narrowed.text))
    return lines
