"""Files of the register that are made again and again, on a day of the week or month, under the roles of that day."""

from dataclasses import dataclass
from datetime import date, datetime, time
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, func, or_, select

from lms.base.access import Permission
from lms.base.context import Context
from lms.base.db import UtcTime
from lms.base.errors import Conflict, NotFound
from lms.base.statements import EMPLOYER, ME
from lms.organisation.visitors import actor_on
from lms.register.queries import Filter
from lms.reports.actions import enter_job
from lms.reports.models import ExportJob, ExportSchedule
from lms.reports.narrowing import View, kept, read
from lms.reports.rules import KEPT, MOST_SCHEDULES, Every, Format, next_day

MADE_AT = time(5)  # of the day, where the employer is


@dataclass(frozen=True, slots=True)
class RegularFile:
    """A file that is made again and again, or was."""

    view: View
    public_id: UUID
    kind: Format
    every: Every
    next_on: date
    ended_because: str | None  # None: it goes on
    failed: str | None  # why the last one could not be made, as in `ExportJob.reason`; None: it was made


_REGULAR = (
    select(
        ExportSchedule.narrowed, ExportSchedule.public_id, ExportSchedule.kind, ExportSchedule.every,
        ExportSchedule.next_on, ExportSchedule.ended_because,
        select(ExportJob.reason)
        .where(
            ExportJob.employer_id == ExportSchedule.employer_id, ExportJob.schedule_id == ExportSchedule.id
        )
        .order_by(ExportJob.id.desc())
        .limit(1)
        .scalar_subquery(),
    )
    .where(
        ExportSchedule.employer_id == EMPLOYER,
        ExportSchedule.person_id == ME,
        or_(ExportSchedule.ended_at.is_(None), ExportSchedule.ended_at > bindparam("since", type_=UtcTime())),
    )
    .order_by(ExportSchedule.ended_at.is_not(None), ExportSchedule.next_on, ExportSchedule.id)
)  # fmt: skip


def regular_files(ctx: Context) -> list[RegularFile]:
    """Files that are made for the actor again and again, and those that ended lately. One statement."""
    ctx.require(Permission.EXPORT_REGISTER)
    rows = ctx.rows(_REGULAR, since=ctx.now - KEPT)
    return [RegularFile(read(row[0]), *row[1:]) for row in rows]


def schedule_export(ctx: Context, narrowed: Filter, kind: Format, every: Every) -> ExportSchedule:
    """Let a file be made every week or month, under the roles the actor then has.

    Raises Conflict if the actor has too many such files.
    """
    who = ctx.require(Permission.EXPORT_REGISTER)
    under_way = ctx.db.scalar(
        select(func.count()).where(
            ExportSchedule.employer_id == ctx.employer_id,
            ExportSchedule.person_id == who.person_id,
            ExportSchedule.ended_at.is_(None),
        )
    )
    if (under_way or 0) >= MOST_SCHEDULES:
        raise Conflict("too_many_schedules")
    schedule = ExportSchedule(
        employer_id=ctx.employer_id, person_id=who.person_id, kind=kind, narrowed=kept(View(narrowed)),
        language=ctx.language, every=every, next_on=next_day(every, ctx.today), created_at=ctx.now,
    )  # fmt: skip
    ctx.db.add(schedule)
    ctx.note("export.scheduled", schedule, kind=kind, every=every)
    _await_day(ctx, schedule)
    return schedule


def _await_day(ctx: Context, schedule: ExportSchedule) -> None:
    """Let the worker make the file on its day."""
    due = datetime.combine(schedule.next_on, MADE_AT, ZoneInfo(ctx.time_zone))
    ctx.later(
        "run_schedule", f"{schedule.id}:{schedule.next_on}", after=due - ctx.now, schedule_id=schedule.id
    )


def stop_schedule(ctx: Context, public_id: UUID) -> None:
    """Let an own file not be made again. Raises NotFound."""
    who = ctx.require(Permission.EXPORT_REGISTER)
    schedule = ctx.open(ExportSchedule, public_id)
    if schedule.person_id != who.person_id:
        raise NotFound
    if schedule.ended_at is None:
        schedule.ended_at, schedule.ended_because = ctx.now, "stopped"
        ctx.note("export.stopped", schedule)


def run_schedule(ctx: Context, schedule_id: int) -> str:
    """The day of a file has come: have it made, and await the next one; whose role is gone, has none made any more.

    Days that passed while nothing worked are not made up for.

    Open: called by the worker.
    """
    schedule = ctx.open(ExportSchedule, schedule_id, lock=True)
    if schedule.ended_at is not None or schedule.next_on > ctx.today:
        return "needless"
    if not actor_on(ctx.db, ctx.employer_id, schedule.person_id, ctx.today).may(Permission.EXPORT_REGISTER):
        schedule.ended_at, schedule.ended_because = ctx.now, "no_role"
        ctx.note("export.stopped", schedule, reason="no_role")
        return "no_role"
    job = ExportJob(
        kind=schedule.kind, narrowed=schedule.narrowed, language=schedule.language, schedule_id=schedule.id
    )
    enter_job(ctx, job, schedule.person_id)
    every: Every = "week" if schedule.every == "week" else "month"
    schedule.next_on = next_day(every, ctx.today)
    _await_day(ctx, schedule)
    return "ordered"
