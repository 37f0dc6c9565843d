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
from lms.reports.making import file_name, needed_for, protected_people
from lms.reports.models import ExportJob
from lms.reports.narrowing import View, read
from lms.reports.rules import Format, covers, may_name


@dataclass(frozen=True, slots=True)
class OrderedFile:
    """A file that somebody has asked for: how far it is, and until when it is kept."""

    view: View
    is_withdrawn: bool  # somebody whom it may name has a protected identity by now
    may_take: bool  # the actor may still take out files of its kind
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
        ExportJob.narrowed, ExportJob.reached, ExportJob.unnamed, ExportJob.public_id, ExportJob.kind,
        ExportJob.created_at, ExportJob.expires_at,
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
    """Files the actor has asked for and that are still kept, the newest first, at most fifty. Two statements."""
    ctx.require(Permission.EXPORT_REGISTER)
    rows = ctx.rows(_MINE, now=ctx.now).all()
    protected = protected_people(ctx) if rows else {}
    return [
        OrderedFile(
            read(row.narrowed),
            row.outcome == "done" and may_name(row.reached, set(row.unnamed), protected),
            ctx.who.may(needed_for(row.kind)),
            *row[3:],
        )
        for row in rows
    ]


def is_withdrawn(ctx: Context, job: ExportJob) -> bool:
    """Whether a file that was made may name somebody whose identity is protected by now. One statement.

    Open: called for a row of the actor's own.
    """
    return job.outcome == "done" and may_name(job.reached, set(job.unnamed), protected_people(ctx))


def own_row(ctx: Context, public_id: UUID) -> ExportJob:
    """A file of the actor's own. Raises NotFound for another's."""
    who = ctx.require(Permission.EXPORT_REGISTER)
    row = ctx.open(ExportJob, public_id)
    if row.person_id != who.person_id:
        raise NotFound
    return row


def finished_file(ctx: Context, public_id: UUID) -> tuple[str, str, Format]:
    """Key, name and kind of an own file that was made.

    Raises NotFound for another's, for one that is not there (any more), for one with rows that the actor no longer
    reaches, and for one that is withdrawn.
    """
    who = ctx.require(Permission.EXPORT_REGISTER)
    job = own_row(ctx, public_id)
    if job.outcome != "done" or job.file_key is None or job.expires_at <= ctx.now:
        raise NotFound
    kind: Any = job.kind
    needed = needed_for(kind)
    everywhere = WHOLE in who.paths(needed)
    units = set() if everywhere else {unit.id for unit in nodes_in_reach(ctx, needed)}
    if not covers(job.reached, units, everywhere=everywhere) or is_withdrawn(ctx, job):
        raise NotFound
    then = read(job.narrowed).then
    day = then.day if then else ctx.day_of(job.finished_at or job.created_at)
    return job.file_key, file_name(job.language, day, kind), kind
