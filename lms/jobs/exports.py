"""Files of the register that take longer than somebody waits: made under the roles of the day, kept, forgotten."""

import os
import tempfile
from typing import IO, Any

import certificates
from lms.base.context import House, work
from lms.base.db import hold_still
from lms.base.errors import NotFound
from lms.jobs import letters
from lms.organisation.acting import acting_for
from lms.reports import making
from lms.reports.actions import note_export
from lms.reports.making import Order, TooManyRows, rows_today
from lms.reports.report import Report, report_of


def make_export(house: House, employer_id: int | None, ids: dict[str, Any]) -> str:
    """Somebody asked for a file: write it, store it, and only then say that it is there.

    Whoever takes over from a worker that was killed writes the same file again, to the same place.
    """
    with acting_for(house, employer_id, writes=False) as ctx:
        order = making.order_of(ctx, ids["export_id"])
    if order is None:
        return "needless"
    try:
        return _make(house, employer_id, order)
    except NotFound:
        return _fail(house, employer_id, order, "no_role")
    except TooManyRows:
        return _fail(house, employer_id, order, "too_many")
    except Exception:  # whatever it is, somebody waits; the worker writes it down, and tries again later
        _fail(house, employer_id, order, "error")
        raise


def _make(house: House, employer_id: int | None, order: Order) -> str:
    with tempfile.TemporaryFile() as file:
        rows = _write(house, employer_id, order, file)
        size = file.seek(0, os.SEEK_END)
        file.seek(0)
        house.files.upload(order.file_key, file)
    with acting_for(house, employer_id) as ctx:
        ctx.actor = order.actor  # whose file it is, and who has taken it out
        if making.finish_job(ctx, order, rows, size):
            note_export(ctx, order.view, order.kind, rows)
    return "done"


def _write(house: House, employer_id: int | None, order: Order, file: IO[bytes]) -> int:
    """Write the file as it is at one moment; returns the number of rows."""

    def tell(done: int, total: int | None = None) -> None:
        with acting_for(house, employer_id) as short:  # of its own, for nobody sees what is not committed
            making.note_progress(short, order.job_id, done, total)

    facts = {"language": order.language, "time_zone": order.time_zone, "country": order.country}
    with work(house, order.actor, writes=False, **facts) as ctx:
        hold_still(ctx.db)  # first of all: not even the employer has been read
        # of a past day nobody knows before all rows have been worked out
        tell(0, 0 if order.view.then else rows_today(ctx, order.view.narrowed))
        if order.kind != "pdf":
            return making.write_register(ctx, order.view, order.kind, file, tell)
        report = report_of(ctx, order.view, tell)
    file.write(_document(report, order))
    return len(report.lines)


def _document(report: Report, order: Order) -> bytes:
    """A report as a PDF; the same report gives the same bytes."""
    template = letters.environments()[order.language].get_template("report/register.html")
    return certificates.render_document(template.render(report=report), order.file_key)


def _fail(house: House, employer_id: int | None, order: Order, reason: str) -> str:
    with acting_for(house, employer_id) as ctx:
        making.note_failure(ctx, order.job_id, reason)
    return reason


def forget_export(house: House, employer_id: int | None, ids: dict[str, Any]) -> None:
    """Two weeks after a file was asked for: remove it, and what is known of it."""
    with acting_for(house, employer_id, writes=False) as ctx:
        key = making.key_of(ctx, ids["export_id"])
    if key is not None:
        house.files.delete(key)
    with acting_for(house, employer_id) as ctx:
        making.forget_job(ctx, ids["export_id"])
