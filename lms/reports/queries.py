"""Files of the register that somebody has asked for: own ones only."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, select

from lms.base.access import WHOLE, Permission
from lms.base.context import Context
from lms.base.db import UtcTime
from lms.base.errors import NotFound
from lms.base.statements import EMPLOYER, ME
from lms.organisation.queries import nodes_in_reach
from lms.reports.making import file_name
from lms.reports.models import ExportJob
from lms.reports.narrowing import View, read
from lms.reports.rules import Format, covers


@dataclass(frozen=True, slots=True)
class OrderedFile:
    """A file that somebody has asked for: how far it is, and until when it is kept."""

    view: View
    public_id: UUID
    kind: Format
    created_at: datetime
    expires_at: datetime
    total: int | None  # rows; empty: not begun
    made: int  # of certificates: those that are ready for it
    done: int
    outcome: str
    reason: str | None
    size: int | None
    regular: bool  # made by a schedule

    @property
    def is_running(self) -> bool:
        """Whether it is still to be made."""
        return self.outcome == "waiting"


_MINE = (
    select(
        ExportJob.narrowed, ExportJob.public_id, ExportJob.kind, ExportJob.created_at, ExportJob.expires_at,
        ExportJob.total, ExportJob.made, ExportJob.done, ExportJob.outcome, ExportJob.reason, ExportJob.size,
        ExportJob.schedule_id.is_not(None),
    )
    .where(
        ExportJob.employer_id == EMPLOYER,
        ExportJob.person_id == ME,
        ExportJob.expires_at > bindparam("now", type_=UtcTime()),
    )
    .order_by(ExportJob.created_at.desc(), ExportJob.id.desc())
    .limit(50)
)  # fmt: skip


def own_files(ctx: Context) -> list[OrderedFile]:
    """Files the actor has asked for and that are still kept, the newest first, at most fifty. One statement."""
    ctx.require(Permission.EXPORT_REGISTER)
    rows = ctx.rows(_MINE, now=ctx.now)
    return [OrderedFile(read(row[0]), *row[1:]) for row in rows]


def own_row(ctx: Context, public_id: UUID) -> ExportJob:
    """A file of the actor's own. Raises NotFound for another's."""
    who = ctx.require(Permission.EXPORT_REGISTER)
    row = ctx.open(ExportJob, public_id)
    if row.person_id != who.person_id:
        raise NotFound
    return row


def finished_file(ctx: Context, public_id: UUID) -> tuple[str, str, Format]:
    """Key, name and kind of an own file that was made.

    Raises NotFound for another's, for one that is not there (any more), and for one with rows that the actor no
    longer reaches.
    """
    who = ctx.require(Permission.EXPORT_REGISTER)
    job = own_row(ctx, public_id)
    if job.outcome != "done" or job.file_key is None or job.expires_at <= ctx.now:
        raise NotFound
    everywhere = WHOLE in who.paths(Permission.EXPORT_REGISTER)
    units = set() if everywhere else {unit.id for unit in nodes_in_reach(ctx, Permission.EXPORT_REGISTER)}
    if not covers(job.reached, units, everywhere=everywhere):
        raise NotFound
    kind: Any = job.kind
    then = read(job.narrowed).then
    day = then.day if then else ctx.day_of(job.finished_at or job.created_at)
    return job.file_key, file_name(job.language, day, kind), kind
