"""The worker: takes what is due from the outbox, tells its story, marks it; safe to kill at any moment."""

import logging
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from smtplib import SMTPRecipientsRefused
from typing import Any

from lms.base.access import Actor
from lms.base.context import Context, House, work
from lms.base.db import take_stock
from lms.base.errors import Away
from lms.base.files import LocalFiles
from lms.base.heartbeat import BEAT, beat, leave, this_worker
from lms.base.log import mark
from lms.base.outbox import OutboxTask, claim, finish, forget_done, put_back, put_off
from lms.evidence.forgetting import forget_certificates
from lms.evidence.layout_previews import forget_layouts
from lms.evidence.shares import forget_shares
from lms.identity.actions import forget_ended_sessions
from lms.identity.push import forget_subscriptions
from lms.jobs import exports, layouts, papers, sign_in, stories, uploads
from lms.learning.forgetting import forget_own
from lms.messages.forgetting import forget_messages
from lms.organisation.acting import acting_for
from lms.organisation.queries import every_employer
from lms.register.views_kept import forget_views

log = logging.getLogger(__name__)

TIDY_EVERY = timedelta(hours=1)
LOOK_FOR_DAY = timedelta(minutes=5)  # how late a new day may be noticed
AT_ONCE = 5_000  # rows forgotten in one transaction, so that nobody waits long
NEVER_FINISHED = timedelta(hours=1)  # after that whoever wrote a file has died over it


def forget_tasks(ctx: Context, most: int) -> int:
    """Delete tasks that were carried out long ago, at most so many; returns how many."""
    return forget_done(ctx.db, ctx.now, most)


Forget = Callable[[Context, int], int]  # at most so many; how many were forgotten
FORGETTING_FOR_ALL = (forget_tasks, forget_subscriptions, forget_ended_sessions, forget_shares)
FORGETTING = (
    forget_own,
    forget_views,
    forget_messages,
    forget_certificates,
    forget_layouts,
)  # of one employer

Story = Callable[
    [House, int | None, dict[str, Any]], str | datetime | None
]  # outcome, or when to tell it again

STORIES: dict[str, Story] = {
    "after_completion": stories.after_completion,
    "after_assignment": stories.after_assignment,
    "after_edition": stories.after_edition,
    "after_task_given": stories.after_task_given,
    "after_meeting": stories.after_meeting,
    "after_sign_in_change": stories.after_sign_in_change,
    "after_second_factor_required": stories.after_second_factor_required,
    "render_certificate": papers.render_certificate,
    "sign_left": papers.sign_left,
    "send_message": stories.send_message,
    "forget_upload": uploads.forget_upload,
    "make_certificates": exports.make_certificates,
    "make_export": exports.make_export,
    "after_export_failed": exports.after_export_failed,
    "forget_export": exports.forget_export,
    "forget_export_file": exports.forget_export_file,
    "preview_layout": layouts.preview_layout,
    "run_schedule": exports.run_schedule,
    "send_sign_in_mail": sign_in.send_sign_in_mail,
    "send_change_code": sign_in.send_change_code,
    "send_change_notice": sign_in.send_change_notice,
    "forget_kept_form": sign_in.forget_kept_form,
    "after_auditor_appointed": stories.after_auditor_appointed,
    "after_objection_answered": stories.after_objection_answered,
    "after_certificate_decided": stories.after_certificate_decided,
    "after_slip": stories.after_slip,
    "turn_of_day": stories.turn_of_day,
    "letters_of_day": stories.letters_of_day,
}


def work_once(house: House, now: datetime | None = None) -> bool:
    """Carry out the next due task; returns whether there was one.

    Claim, effect and mark are three steps, so that a worker that is killed between them leaves
    the task to be done again: every story may be told twice with the same end.
    """
    mark()
    at = now or datetime.now(UTC)
    with work(house, now=at) as ctx:
        task = claim(ctx.db, at)
        if task is None:
            return False
        task_id, kind, employer_id, ids = task.id, task.kind, task.employer_id, dict(task.ids)
    mark(task=task_id, kind=kind)
    try:
        outcome = STORIES[kind](house, employer_id, ids) or "done"
    except Exception as error:  # whatever went wrong is written down, and tried again later
        log.exception("task failed")
        with work(house) as ctx:
            put_back(ctx.db.get_one(OutboxTask, task_id), datetime.now(UTC), _kind_of(error))
        return True
    with work(house) as ctx:
        task = ctx.db.get_one(OutboxTask, task_id)
        if isinstance(outcome, datetime):
            put_off(task, outcome)
            outcome = "put off"
        else:
            finish(task, datetime.now(UTC), outcome)
    log.info("task carried out", extra={"facts": {"outcome": outcome}})
    return True


def _kind_of(error: Exception) -> str:
    """What went wrong, without words of others: a mail server repeats the address it refuses."""
    if isinstance(error, SMTPRecipientsRefused):
        code = next((code for code, _words in error.recipients.values()), None)
    else:
        code = (
            getattr(error, "smtp_code", None) or getattr(error, "code", None) or getattr(error, "errno", None)
        )
    return type(error).__name__ + (f" {code}" if isinstance(code, int | str) else "")


def work_off(house: House, *, ahead: timedelta = timedelta()) -> int:
    """Carry out everything that is due (or will be, `ahead` of now); returns how many tasks."""
    count = 0
    while work_once(house, datetime.now(UTC) + ahead):
        count += 1
    return count


def tidy(house: House, now: datetime | None = None) -> None:
    """Forget what is over, what was never finished, what was for those alone who have left, and what is old enough.

    What cannot be forgotten now keeps nothing else, and no other employer, from it. Then let the database know how it
    has grown.
    """
    at = now or datetime.now(UTC)
    for forget in FORGETTING_FOR_ALL:
        _forget(house, None, forget, at)
    for employer_id in _employers(house):
        for forget in FORGETTING:
            _forget(house, Actor.program(employer_id), forget, at)
    if isinstance(house.files, LocalFiles):
        house.files.forget_unfinished(at - NEVER_FINISHED)
    take_stock(house.writer)


def _forget(house: House, actor: Actor | None, forget: Forget, at: datetime) -> None:
    """Forget one kind of thing, so many at a time; that it goes wrong is written down, and tried again next time."""
    try:
        gone = AT_ONCE
        while gone:
            with work(house, actor, now=at) as ctx:
                gone = forget(ctx, AT_ONCE)
    except Exception:
        log.exception("something could not be forgotten", extra={"facts": {"chore": forget.__name__}})


def begin_day(house: House, now: datetime | None = None) -> None:
    """Let what a new day means for each employer be worked out, once, and soon after it has begun there."""
    for employer_id in _employers(house):
        with acting_for(house, employer_id, now=now) as ctx:
            ctx.later("turn_of_day", f"{employer_id}:{ctx.today}")


def _employers(house: House) -> list[int]:
    with work(house, writes=False) as ctx:
        return list(every_employer(ctx))


def _in_peace(chore: Callable[[House], None], house: House) -> None:
    """Do a chore; that it goes wrong is written down, and must keep no mail from leaving."""
    try:
        chore(house)
    except Exception:
        log.exception("a chore could not be done", extra={"facts": {"chore": chore.__name__}})


def work_until(house: House, stop: threading.Event, pause: float = 0.5) -> None:
    """Carry out tasks as they come until told to stop; the task in hand is finished first."""
    name, next_beat = this_worker(), 0.0
    chores = {begin_day: (LOOK_FOR_DAY, 0.0), tidy: (TIDY_EVERY, 0.0)}
    while not stop.is_set():
        try:
            if time.monotonic() >= next_beat:
                with work(house) as ctx:
                    beat(ctx.db, name, ctx.now)
                next_beat = time.monotonic() + BEAT.total_seconds()
            for chore, (every, due) in chores.items():
                if time.monotonic() >= due:
                    chores[chore] = (every, time.monotonic() + every.total_seconds())
                    _in_peace(chore, house)
            if not work_once(house):
                stop.wait(pause)
        except Exception:  # the database may be away for a moment; the worker must outlive that
            log.exception("worker cannot reach the outbox")
            stop.wait(5)
    with suppress(Away), work(house) as ctx:
        leave(ctx.db, name)
