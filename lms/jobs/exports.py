"""Files of the register that take longer than somebody waits: made under the roles of the day, kept, forgotten."""

import os
import tempfile
from collections.abc import Callable
from datetime import timedelta
from typing import IO, Any
from uuid import UUID

import certificates
from lms.base.audit import AuditEntry
from lms.base.context import Context, House, work
from lms.base.db import hold_still
from lms.base.heartbeat import go_on
from lms.jobs import letters
from lms.jobs.certificate_files import make_some, write_certificates
from lms.messages import actions as messages
from lms.organisation.acting import acting_for
from lms.reports import making, schedules
from lms.reports.actions import note_export
from lms.reports.making import Made, NothingToWrite, Order, TooManyRows, rows_today
from lms.reports.models import ExportSchedule
from lms.reports.report import Report, report_of
from lms.reports.rules import CERTIFICATES, KEPT, MOST_ROWS

KEEPS_FAILING = timedelta(hours=1)  # what went wrong for a moment is over by then, and nobody need hear of it


def make_certificates(house: House, employer_id: int | None, ids: dict[str, Any]) -> str:
    """Somebody asked for certificates as a file: make some of what is missing, and go on in a task of its own.

    So letters leave in between, and a worker that dies costs some only. After the last the file is written.
    """

    def make(order: Order) -> str:
        some = make_some(house, order, ids["behind"])
        made = ids["made"] + some.count
        with acting_for(house, employer_id) as ctx:
            making.note_made(ctx, order.job_id, made, some.total)
            key = str(order.public_id)
            if some.last is None:
                ctx.later("make_export", order.run, export=key)
            else:
                run = f"{order.run}:{some.last}"
                ctx.later("make_certificates", run, export=key, behind=some.last, made=made)
        return "done"

    return _carry_out(house, employer_id, ids, make)


def make_export(house: House, employer_id: int | None, ids: dict[str, Any]) -> str:
    """Somebody asked for a file: write it, store it, and only then say that it is there.

    Whoever takes over from a worker that was killed writes the same file again, to a place of its own.
    """
    return _carry_out(house, employer_id, ids, lambda order: _make(house, employer_id, order))


def _carry_out(
    house: House, employer_id: int | None, ids: dict[str, Any], make: Callable[[Order], str]
) -> str:
    """Do something about a file that is still to be made, and tell whoever waits if it cannot be done."""
    with acting_for(house, employer_id, writes=False) as ctx:
        order = making.order_of(ctx, UUID(ids["export"]))
    if order is None:
        return "needless"
    if not order.actor.may(making.needed_for(order.kind)):
        return _fail(house, employer_id, order, "no_role")
    try:
        return make(order)
    except TooManyRows:
        return _fail(house, employer_id, order, "too_many")
    except NothingToWrite:
        return _fail(house, employer_id, order, "nothing")
    except Exception:  # whatever it is, somebody waits; the worker writes it down, and tries again later
        _fail(house, employer_id, order, "error")
        raise


def _make(house: House, employer_id: int | None, order: Order) -> str:
    key = making.new_key(order)
    with tempfile.TemporaryFile() as file:
        made = _write(house, employer_id, order, file)
        size = file.seek(0, os.SEEK_END)
        file.seek(0)
        with acting_for(house, employer_id) as ctx:  # it may take minutes to store
            go_on(ctx.db, "make_export", order.run, ctx.now)
            ctx.later("forget_export_file", key, after=KEPT, file=key)  # whatever becomes of this worker
        house.files.upload(key, file)
    with acting_for(house, employer_id) as ctx:
        ctx.actor = order.actor  # whose file it is, and who has taken it out
        is_news = making.finish_job(ctx, order, made, key, size)
        if is_news:
            _tell(ctx, order, note_export(ctx, order.view, order.kind, made.rows))
    needless = order.earlier if is_news else key
    if needless is not None:
        house.files.delete(needless)
    return "done"


def _write(house: House, employer_id: int | None, order: Order, file: IO[bytes]) -> Made:
    """Write the file as it is at one moment."""

    def tell(done: int, total: int | None = None) -> None:
        with acting_for(house, employer_id) as short:  # of its own, for nobody sees what is not committed
            making.note_progress(short, order.job_id, done, total)
            go_on(short.db, "make_export", order.run, short.now)

    if order.kind in CERTIFICATES:
        return write_certificates(house, order, file, tell)
    facts = {"language": order.language, "time_zone": order.time_zone, "country": order.country}
    with work(house, order.actor, writes=False, **facts) as ctx:
        hold_still(ctx.db)  # first of all: not even the employer has been read
        # of a past day nobody knows before all rows have been worked out
        total = 0 if order.view.then else rows_today(ctx, order.view.narrowed)
        if total > MOST_ROWS[order.kind]:
            raise TooManyRows
        tell(0, total)
        units, unnamed = making.units_of_file(ctx, order.kind), making.protected_people(ctx)
        if order.kind != "pdf":
            rows = making.write_register(ctx, order.view, order.kind, file, tell)
            return Made(rows, units, unnamed)
        report = report_of(ctx, order.view, tell)
    file.write(_document(report, order))
    return Made(len(report.lines), units, unnamed)


def _document(report: Report, order: Order) -> bytes:
    """A report as a PDF; the same report gives the same bytes."""
    template = letters.environments()[order.language].get_template("report/register.html")
    return certificates.render_document(template.render(report=report), str(order.public_id))


def _fail(house: House, employer_id: int | None, order: Order, reason: str) -> str:
    with acting_for(house, employer_id) as ctx:
        entry = making.note_failure(ctx, order, reason)
        if entry is not None and order.is_regular:
            ctx.db.flush()
            after = KEEPS_FAILING if reason == "error" else timedelta()
            ctx.later(
                "after_export_failed",
                str(entry.id),
                after=after,
                export=str(order.public_id),
                audit_id=entry.id,
            )
    return reason


def after_export_failed(house: House, employer_id: int | None, ids: dict[str, Any]) -> None:
    """A regular file could not be made, and there is none yet: tell whose it is, once and not with every try."""
    with acting_for(house, employer_id) as ctx:
        person_id = making.whom_to_tell(ctx, UUID(ids["export"]))
        if person_id is not None:
            messages.announce(ctx, "regular_file", ids["audit_id"], [person_id])


def _tell(ctx: Context, order: Order, entry: AuditEntry) -> None:
    """Tell of a file that nobody sits waiting for: a link behind sign-in, never the file."""
    if order.is_regular:
        ctx.db.flush()
        messages.announce(ctx, "regular_file", entry.id, [order.actor.person_id])


def run_schedule(house: House, employer_id: int | None, ids: dict[str, Any]) -> str:
    """The day of a regular file has come: have it made; whose role is gone is told that it no longer is."""
    with acting_for(house, employer_id) as ctx:
        outcome = schedules.run_schedule(ctx, ids["schedule_id"])
        if outcome == "no_role":
            schedule = ctx.open(ExportSchedule, ids["schedule_id"])
            messages.announce(ctx, "regular_file_ended", schedule.id, [schedule.person_id])
    return outcome


def forget_export(house: House, employer_id: int | None, ids: dict[str, Any]) -> None:
    """Two weeks after a file was asked for: remove it, and what is known of it."""
    with acting_for(house, employer_id, writes=False) as ctx:
        key = making.key_of(ctx, UUID(ids["export"]))
    if key is not None:
        house.files.delete(key)
    with acting_for(house, employer_id) as ctx:
        making.forget_job(ctx, UUID(ids["export"]))


def forget_export_file(house: House, _employer_id: int | None, ids: dict[str, Any]) -> None:
    """Two weeks after a file was stored: remove it, for nobody knows of one whose worker was killed right then."""
    house.files.delete(ids["file"])
