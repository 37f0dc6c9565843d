"""Take documented knowledge out of the house: the register as a file, at once or later."""

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import IO
from uuid import UUID

from sqlalchemy import select

from lms.base.access import Permission
from lms.base.audit import AuditEntry
from lms.base.context import Context, work
from lms.base.errors import Conflict
from lms.organisation.models import Employer
from lms.register.queries import Filter
from lms.register.register_then import MOST, Then, people_then
from lms.reports.making import file_name, needed_for, rows_today, write_register
from lms.reports.models import ExportJob
from lms.reports.narrowing import View, kept
from lms.reports.queries import is_withdrawn, own_row
from lms.reports.rules import CERTIFICATES, KEPT, MOST_ROWS, MOST_WAITING, Format, is_made_at_once


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
        count = write_register(ctx, View(narrowed, then), kind, file)
        with work(ctx.house, who, now=ctx.now) as audited:
            note_export(audited, View(narrowed, then), kind, count)
        file.seek(0)
    except BaseException:
        file.close()
        raise
    return Export(file, file_name(ctx.language, then.day if then else ctx.today, kind), count)


def note_rows_taken(ctx: Context, view: View, rows: int) -> None:
    """Write down that the actor takes the register out row by row, as a program does: once in a day for each view.

    The context may be a reading one: the audit entry has its own short transaction.
    """
    who = ctx.require(Permission.EXPORT_REGISTER)
    noted = select(AuditEntry.facts).where(
        AuditEntry.employer_id == ctx.employer_id,
        AuditEntry.action == "register.exported",
        AuditEntry.person_id == who.person_id,
        AuditEntry.at > ctx.now - timedelta(days=1),
    )
    facts = _facts(view, "json")
    if not any(each == facts | {"rows": each["rows"]} for each in ctx.db.scalars(noted)):
        with work(ctx.house, who, now=ctx.now) as audited:
            _note(audited, facts, rows)


def note_export(ctx: Context, view: View, kind: Format, rows: int) -> AuditEntry:
    """Write down that the actor took the register out, and what of it, not whom they looked for; the entry."""
    ctx.require(Permission.EXPORT_REGISTER)
    return _note(ctx, _facts(view, kind), rows)


def _facts(view: View, kind: str) -> dict[str, str]:
    words = kept(view)
    facts = {"kind": kind} | {name: words.get(name, "") for name in ("unit", "course", "role", "state")}
    if view.narrowed.rule:
        facts["rule"] = words["rule"]
    if view.then:
        facts |= {"day": words["day"], "known_on": words.get("known", "")}
    facts |= {name: words[name] for name in ("passed_from", "passed_to") if name in words}
    return facts


def _note(ctx: Context, facts: Mapping[str, str], rows: int) -> AuditEntry:
    return ctx.note("register.exported", ctx.db.get_one(Employer, ctx.employer_id), rows=rows, **facts)


def is_small(ctx: Context, view: View, kind: Format) -> bool:
    """Whether a file can be made while somebody waits for it; of a past day, which is worked out, by its people."""
    ctx.require(Permission.EXPORT_REGISTER)
    if view.then is None:
        return is_made_at_once(kind, rows_today(ctx, view.narrowed))
    return kind != "pdf" and people_then(ctx, view.then, view.narrowed) <= MOST


def order_export(ctx: Context, view: View, kind: Format) -> ExportJob:
    """Let a file be made in the background; one that is asked for twice before it is made is one.

    Raises Conflict if it would have too many rows, or too many files of the actor are not made yet.
    """
    who = ctx.require(needed_for(kind))
    if kind not in CERTIFICATES and view.then is None and rows_today(ctx, view.narrowed) > MOST_ROWS[kind]:
        raise Conflict("export_too_large")
    waiting = ctx.db.scalars(
        select(ExportJob).where(
            ExportJob.employer_id == ctx.employer_id,
            ExportJob.person_id == who.person_id,
            ExportJob.outcome == "waiting",
        )
    ).all()
    for job in waiting:
        if (job.kind, job.narrowed, job.language) == (kind, kept(view), ctx.language):
            return job
    if len(waiting) >= MOST_WAITING:
        raise Conflict("exports_waiting")
    return enter_job(ctx, ExportJob(kind=kind, narrowed=kept(view), language=ctx.language), who.person_id)


def enter_job(ctx: Context, job: ExportJob, person_id: int) -> ExportJob:
    """Enter a file that is to be made for somebody, and let the worker make it, and forget it when its time is over.

    Open: called for who has asked, by them or by a schedule of theirs.
    """
    job.employer_id, job.person_id = ctx.employer_id, person_id
    job.created_at, job.expires_at = ctx.now, ctx.now + KEPT
    ctx.db.add(job)
    ctx.db.flush()
    _await(ctx, job)
    key = str(job.public_id)  # the other key may be used again when the row is gone
    ctx.later("forget_export", key, after=KEPT, export=key)
    return job


def _await(ctx: Context, job: ExportJob) -> None:
    """Let the worker make a file; of certificates first what is missing of them, some at a time."""
    if job.kind in CERTIFICATES:
        ctx.later("make_certificates", job.run, export=str(job.public_id), behind=0, made=0)
    else:
        ctx.later("make_export", job.run, export=str(job.public_id))


def try_again(ctx: Context, public_id: UUID) -> None:
    """Let an own file that could not be made, or was withdrawn, be made now; others stay. Raises NotFound."""
    ctx.require(Permission.EXPORT_REGISTER)
    job = own_row(ctx, public_id)
    if job.outcome != "failed" and not is_withdrawn(ctx, job):
        return
    job.outcome, job.reason, job.total, job.made, job.done = "waiting", None, None, 0, 0
    job.tries += 1
    _await(ctx, job)
