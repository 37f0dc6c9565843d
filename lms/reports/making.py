"""Make a file of the register: what all ways to one share, and what the worker keeps of one under way."""

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from time import monotonic
from typing import IO, Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, delete, select, update
from uuid_utils.compat import uuid7

from lms.base.access import WHOLE, Actor, Permission
from lms.base.audit import AuditEntry
from lms.base.context import Context
from lms.base.i18n import catalogue as texts
from lms.base.statements import EMPLOYER
from lms.organisation.models import Employment, Person
from lms.organisation.queries import nodes_in_reach
from lms.organisation.visitors import actor_on
from lms.register.queries import Filter, RegisterRow, coverage
from lms.register.register_on import rows_on
from lms.reports.models import ExportJob
from lms.reports.narrowing import View, read
from lms.reports.register_file import about, cells, course_titles
from lms.reports.rules import CERTIFICATES, MOST_ROWS, Format
from lms.reports.sheet import write_csv
from lms.reports.words import register_heads
from lms.reports.workbook import write_xlsx

Tell = Callable[[int], None]  # how many rows are done
_BETWEEN = 1.0  # seconds from one word on the progress to the next


def file_name(language: str, day: date, kind: Format) -> str:
    """What a file is called for whoever saves it."""
    _ = texts(language).gettext
    what = _("certificates") if kind in CERTIFICATES else _("register")
    return f"{what}-{day.isoformat()}.{kind.rpartition('-')[2]}"


def rows_today(ctx: Context, narrowed: Filter) -> int:
    """How many rows a file of today would have. One statement."""
    ctx.require(Permission.EXPORT_REGISTER)
    return sum(part.rows for part in coverage(ctx, narrowed))


def write_register(
    ctx: Context, view: View, kind: Format, file: IO[bytes], tell: Tell = lambda _count: None
) -> int:
    """Write the register, as a view has it, to an open file as CSV or XLSX; returns the number of rows.

    Raises TooManyRows.
    """
    ctx.require(Permission.EXPORT_REGISTER)
    _ = texts(ctx.language).gettext
    titles, heads = course_titles(ctx), register_heads(_)
    said = about(
        ctx, view.narrowed, titles, view.then
    )  # before the rows, which are read while they are written
    rows = cells(register_of(ctx, view, kind, tell), titles, ctx.language)
    if kind == "csv":
        return write_csv(file, heads, rows)
    return write_xlsx(file, _("Register"), heads, rows, (_("About this file"), said))


class NothingToWrite(Exception):
    """There is no certificate to put into a file."""


class TooManyRows(Exception):
    """A file of this kind cannot hold as many rows as there are."""


def register_of(ctx: Context, view: View, kind: Format, tell: Tell) -> Iterator[RegisterRow]:
    """The rows of a view, as many as a kind of file can hold, telling now and then how many there were.

    Raises TooManyRows when there are more.
    """
    ctx.require(Permission.EXPORT_REGISTER)
    found = rows_on(ctx, view.then, view.narrowed, permission=Permission.EXPORT_REGISTER)
    return _counted(found, MOST_ROWS[kind], tell)


def _counted(rows: Iterable[RegisterRow], most: int, tell: Tell) -> Iterator[RegisterRow]:
    last = monotonic()
    for count, row in enumerate(rows, 1):
        if count > most:
            raise TooManyRows
        if count % 100 == 0 and monotonic() - last > _BETWEEN:
            tell(count)
            last = monotonic()
        yield row


@dataclass(frozen=True, slots=True)
class Order:
    """A file to make, and who asked for it, with the roles of today."""

    job_id: int
    public_id: UUID
    run: str  # as `ExportJob.run`
    actor: Actor
    kind: Format
    view: View
    language: str
    earlier: str | None  # where the file is stored whose place it takes
    time_zone: str
    country: str
    is_regular: bool  # made by a schedule, and so told of


def order_of(ctx: Context, public_id: UUID) -> Order | None:
    """A file that is to be made; None if it has been made, or forgotten.

    Open: called by the worker. Who asked for it acts under the roles they have today.
    """
    job = _job(ctx, ExportJob.public_id == public_id)
    if job is None or job.outcome == "done":
        return None
    actor = actor_on(ctx.db, ctx.employer_id, job.person_id, ctx.today)
    kind: Any = job.kind
    view = read(job.narrowed)
    return Order(
        job.id, public_id, job.run, actor, kind, view, job.language, job.file_key, ctx.time_zone, ctx.country,
        job.schedule_id is not None,
    )  # fmt: skip


def new_key(order: Order) -> str:
    """Where to store what is written of an order now: nowhere that another worker, or an earlier try, writes to.

    Whoever comes late would put back the names of people whose identity has been protected since they began.
    """
    return f"exports/{order.actor.employer_id}/{order.public_id}-{uuid7()}"


def key_of(ctx: Context, public_id: UUID) -> str | None:
    """Where the file of a job is stored; None if there is none, or the job is forgotten.

    Open: called by the worker.
    """
    job = _job(ctx, ExportJob.public_id == public_id)
    return job.file_key if job else None


def _job(ctx: Context, which: ColumnElement[bool]) -> ExportJob | None:
    return ctx.db.scalar(select(ExportJob).where(ExportJob.employer_id == ctx.employer_id, which))


def note_progress(ctx: Context, job_id: int, done: int, total: int | None = None) -> None:
    """Write down how many rows are done, and how many there will be.

    Open: called by the worker, for whoever waits to see it.
    """
    _note(ctx, job_id, {"done": done} if total is None else {"done": done, "total": total})


def note_made(ctx: Context, job_id: int, made: int, total: int | None = None) -> None:
    """Write down how many certificates are ready for a file, and how many there will be in it.

    Open: called by the worker, for whoever waits to see it.
    """
    _note(ctx, job_id, {"made": made} if total is None else {"made": made, "total": total})


def _note(ctx: Context, job_id: int, values: dict[str, int]) -> None:
    ctx.db.execute(
        update(ExportJob)
        .where(ExportJob.employer_id == ctx.employer_id, ExportJob.id == job_id, ExportJob.outcome != "done")
        .values(values)
    )


def note_failure(ctx: Context, order: Order, reason: str) -> AuditEntry | None:
    """Write down why a file could not be made: no_role, too_many, nothing, error. The entry, if that is news.

    Open: called by the worker, for whoever waits for it.
    """
    job = _job(ctx, ExportJob.id == order.job_id)
    if job is None or (job.outcome != "waiting" and job.reason in {None, reason}):
        return None
    job.outcome, job.reason, job.finished_at = "failed", reason, ctx.now
    return ctx.note("export.failed", job, kind=job.kind, reason=reason)


def whom_to_tell(ctx: Context, public_id: UUID) -> int | None:
    """Whose regular file could not be made, as long as it is not there; None if the one before it failed too.

    Open: called by the worker. Who was told of the one before knows: their page of files says how it goes on.
    """
    job = _job(ctx, ExportJob.public_id == public_id)
    if job is None or job.outcome != "failed":
        return None
    before = (
        select(ExportJob.outcome)
        .where(
            ExportJob.employer_id == ctx.employer_id,
            ExportJob.schedule_id == job.schedule_id,
            ExportJob.id < job.id,
        )
        .order_by(ExportJob.id.desc())
    )
    return None if ctx.db.scalar(before.limit(1)) == "failed" else job.person_id


def needed_for(kind: Format) -> Permission:
    """The permission to take out a file of a kind."""
    return Permission.EXPORT_CERTIFICATES if kind in CERTIFICATES else Permission.EXPORT_REGISTER


def units_of_file(ctx: Context, kind: Format) -> list[str]:
    """The units whose rows a file of this moment may hold, for `ExportJob.reached`. One statement at most."""
    who = ctx.require(needed_for(kind))
    if WHOLE in who.paths(needed_for(kind)):
        return [WHOLE]
    return [node.path for node in nodes_in_reach(ctx, needed_for(kind))]


def protected_people(ctx: Context) -> dict[int, set[int]]:
    """Everybody whose identity is protected, by key, with the units in which they have ever worked. One statement.

    Open: no name is told; what was made before asks it whether it may still be handed out.
    """
    found: dict[int, set[int]] = {}
    for person, unit in ctx.rows(_PROTECTED):
        found.setdefault(person, set()).add(unit)
    return found


_PROTECTED = (
    select(Person.id, Employment.unit_id)
    .outerjoin(
        Employment, and_(Employment.employer_id == Person.employer_id, Employment.person_id == Person.id)
    )
    .where(Person.employer_id == EMPLOYER, Person.protected)
)


@dataclass(frozen=True, slots=True)
class Made:
    """What is in a file: how many rows, from which units (as `units_of_file` has them), and whom it does not name."""

    rows: int
    units: list[str]
    unnamed: Collection[int]  # as `ExportJob.unnamed`


def finish_job(ctx: Context, order: Order, made: Made, key: str, size: int) -> bool:
    """Write down that a file is there; whether that is news, for it may have been made twice, or asked for again since.

    Open: called by the worker, as who asked for it.
    """
    ours = (ExportJob.employer_id == ctx.employer_id, ExportJob.id == order.job_id)
    # who finishes at the same moment waits: what is known of one file must not stand beside another
    job = ctx.db.scalar(select(ExportJob).where(*ours).with_for_update())
    if job is None or job.outcome == "done" or job.run != order.run:
        return False
    job.outcome, job.reason, job.finished_at = "done", None, ctx.now
    job.total = job.done = made.rows
    job.size, job.file_key = size, key
    job.reached, job.unnamed = made.units, sorted(made.unnamed)
    return True


def forget_job(ctx: Context, public_id: UUID) -> None:
    """Remove what is known of a file whose time is over.

    Open: called by the worker.
    """
    ctx.db.execute(
        delete(ExportJob).where(ExportJob.employer_id == ctx.employer_id, ExportJob.public_id == public_id)
    )
