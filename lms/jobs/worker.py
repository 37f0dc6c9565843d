"""The worker: takes what is due from the outbox, tells its story, marks it; safe to kill at any moment."""

import logging
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from lms.base.context import House, work
from lms.base.outbox import OutboxTask, claim, finish, put_back
from lms.jobs import stories, uploads
from lms.jobs.sign_in import send_sign_in_mail

log = logging.getLogger(__name__)

Story = Callable[[House, int | None, dict[str, Any]], str | None]

STORIES: dict[str, Story] = {
    "after_completion": stories.after_completion,
    "after_assignment": stories.after_assignment,
    "after_task_given": stories.after_task_given,
    "after_meeting": stories.after_meeting,
    "render_certificate": stories.render_certificate,
    "send_message": stories.send_message,
    "forget_upload": uploads.forget_upload,
    "send_sign_in_mail": send_sign_in_mail,
}


def work_once(house: House, now: datetime | None = None) -> bool:
    """Carry out the next due task; returns whether there was one.

    Claim, effect and mark are three steps, so that a worker that is killed between them leaves
    the task to be done again: every story may be told twice with the same end.
    """
    at = now or datetime.now(UTC)
    with work(house, now=at) as ctx:
        task = claim(ctx.db, at)
        if task is None:
            return False
        task_id, kind, employer_id, ids = task.id, task.kind, task.employer_id, dict(task.ids)
    try:
        outcome = STORIES[kind](house, employer_id, ids)
    except Exception as error:  # whatever went wrong is written down, and tried again later
        log.exception("task %s %s failed", task_id, kind)
        with work(house) as ctx:
            put_back(
                ctx.db.get_one(OutboxTask, task_id), datetime.now(UTC), f"{type(error).__name__}: {error}"
            )
        return True
    with work(house) as ctx:
        finish(ctx.db.get_one(OutboxTask, task_id), datetime.now(UTC), outcome or "done")
    return True


def work_off(house: House, *, ahead: timedelta = timedelta()) -> int:
    """Carry out everything that is due (or will be, `ahead` of now); returns how many tasks."""
    count = 0
    while work_once(house, datetime.now(UTC) + ahead):
        count += 1
    return count


def work_until(house: House, stop: threading.Event, pause: float = 0.5) -> None:
    """Carry out tasks as they come until told to stop; the task in hand is finished first."""
    while not stop.is_set():
        try:
            if not work_once(house):
                stop.wait(pause)
        except Exception:  # the database may be away for a moment; the worker must outlive that
            log.exception("worker cannot reach the outbox")
            stop.wait(5)
