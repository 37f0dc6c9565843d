"""The outbox: what has to happen later, written in the transaction that makes it necessary."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import JSON, ColumnElement, Index, and_, delete, func, literal, or_, select, text, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from lms.base.db import Base, PrimaryKey, UtcTime

# How long one worker may hold a task before another takes it over. Nothing shortens it: from the outside a worker that
# was killed looks like one in the middle of a task. A task that takes longer holds on (`keep`) as it gets on.
LEASE = timedelta(minutes=5)
FIRST_PAUSE = timedelta(seconds=30)
LONGEST_PAUSE = timedelta(hours=6)
DONE_KEPT = timedelta(days=90)  # long enough to see why a mail was or was not sent
FIRST, USUAL, LAST = range(
    3
)  # what is taken before what: whoever wants to sign in waits behind no thousand letters
URGENT = frozenset(
    {"send_sign_in_mail", "send_change_code", "send_change_notice", "after_sign_in_change", "after_slip"}
)
# One task after the other, for minutes or hours: each in turn with letters, of which all but the urgent come last.
IN_PIECES = frozenset({"make_certificates", "sign_left"})


_TO_DO = text("done_at IS NULL")


class OutboxTask(Base):
    """One thing to do later: a kind and ids only, never content."""

    __tablename__ = "outbox"
    __table_args__ = (
        Index(None, "done_at", "due_at"),
        Index("ix_outbox_to_do", "rank", "due_at", "id", sqlite_where=_TO_DO, postgresql_where=_TO_DO),
    )

    id: Mapped[PrimaryKey]
    employer_id: Mapped[int | None]
    kind: Mapped[str]
    key: Mapped[str] = mapped_column(unique=True)  # the same key twice is one task
    ids: Mapped[dict[str, Any]] = mapped_column(JSON)
    created_at: Mapped[datetime]
    due_at: Mapped[datetime]
    rank: Mapped[int] = mapped_column(default=USUAL, server_default=str(USUAL))  # FIRST | USUAL | LAST
    leased_until: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    done_at: Mapped[datetime | None]
    outcome: Mapped[str | None]  # done | failed; with the reason of the last failure
    reason: Mapped[str | None]


def claim(db: Session, now: datetime) -> OutboxTask | None:
    """Take the next due task that nobody holds, by rank, for the length of a lease; None if there is none.

    The claim is one UPDATE that checks the lease again, so it works alike on SQLite and PostgreSQL.
    """
    free = or_(OutboxTask.leased_until.is_(None), OutboxTask.leased_until < now)
    due = (
        select(OutboxTask.id)
        .where(OutboxTask.done_at.is_(None), OutboxTask.due_at <= now, free)
        .order_by(OutboxTask.rank, OutboxTask.due_at, OutboxTask.id)
        .limit(1)
        .with_for_update(skip_locked=True)  # what another worker is just taking is not waited for
    )
    for task_id in db.scalars(due):
        taken = db.execute(
            update(OutboxTask)
            .where(OutboxTask.id == task_id, OutboxTask.done_at.is_(None), free)
            .values(leased_until=now + LEASE, attempts=OutboxTask.attempts + 1)
            .returning(OutboxTask.id)
        ).scalar()
        if taken is not None:
            return db.get_one(OutboxTask, taken, populate_existing=True)
    return None


def rank_of(kind: str) -> int:
    """What a task of a kind is taken before, and after."""
    return FIRST if kind in URGENT else LAST if kind in IN_PIECES else USUAL


def keep(db: Session, kind: str, key: str, now: datetime) -> None:
    """Hold a task that is being carried out for another lease: it takes long, and gets on."""
    db.execute(
        update(OutboxTask)
        .where(
            OutboxTask.key == f"{kind}:{key}",
            OutboxTask.done_at.is_(None),
            OutboxTask.leased_until.is_not(None),
        )
        .values(leased_until=now + LEASE)
    )


def finish(task: OutboxTask, now: datetime, outcome: str = "done") -> None:
    """Mark a task as carried out (or as needless, with the reason as outcome)."""
    task.done_at = now
    task.leased_until = None
    task.outcome = outcome


def put_back(task: OutboxTask, now: datetime, reason: str) -> None:
    """Let a failed task be tried again after a pause that doubles each time, at most six hours."""
    task.leased_until = None
    task.outcome = "failed"
    task.reason = reason
    task.due_at = now + min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(task.attempts, 12))


def tries(db: Session, kind: str, key: str, reason: str) -> int:
    """How often it was tried to carry out a task, the try in hand included; 0 if the last failed for another reason.

    `reason` is what the reason begins with. So what was tried long for another, as while the server was away, is tried
    once more.
    """
    task = db.execute(
        select(OutboxTask.attempts, OutboxTask.reason).where(OutboxTask.key == f"{kind}:{key}")
    ).first()
    return task.attempts if task and (task.reason or "").startswith(reason) else 0


def has_failed(db: Session, kind: str, key: str) -> bool:
    """Whether a task is not done, and went wrong when it was tried last."""
    task = db.execute(
        select(OutboxTask.outcome, OutboxTask.done_at).where(OutboxTask.key == f"{kind}:{key}")
    ).first()
    return task is not None and task.done_at is None and task.outcome == "failed"


def put_off(task: OutboxTask, until: datetime) -> None:
    """Let a task wait for its time; nothing went wrong."""
    task.leased_until = task.outcome = task.reason = None
    task.attempts = 0
    task.due_at = until


def forget_done(db: Session, now: datetime, most: int) -> int:
    """Delete tasks that were carried out long ago, at most so many; returns how many."""
    over = select(OutboxTask.id).where(OutboxTask.done_at < now - DONE_KEPT).limit(most)
    gone = delete(OutboxTask).where(OutboxTask.id.in_(over)).returning(OutboxTask.id)
    return len(db.execute(gone.execution_options(synchronize_session=False)).all())


@dataclass(frozen=True)
class Backlog:
    """What is not done yet: tasks that are due, the age of the oldest of them, tasks whose last try failed."""

    due: int
    oldest: timedelta
    failed: int


def backlog(db: Session, now: datetime) -> Backlog:
    """What is not done yet, at a time."""
    is_due = OutboxTask.due_at <= now
    due, oldest, failed = db.execute(
        select(
            func.count().filter(is_due),
            func.coalesce(func.min(OutboxTask.due_at).filter(is_due), literal(now, UtcTime())),
            func.count().filter(OutboxTask.outcome == "failed"),
        ).where(OutboxTask.done_at.is_(None))
    ).one()
    return Backlog(due, now - oldest, failed)


MAIL = frozenset({"send_message", "send_sign_in_mail", "send_change_code", "send_change_notice"})
LONG = timedelta(hours=1)
MANY_TRIES = 5  # the last of them a quarter of an hour after the first
SOME = 3  # failures that are no mishap
# What begins the reason of a failure that is one mailbox's or one browser's; all others may get theirs.
OF_ONE_MAILBOX, OF_ONE_BROWSER = "MailboxUnavailable", "PushUnavailable"


@dataclass(frozen=True)
class Sending:
    """How mail leaves: tasks that wait after a failure and why, tries of the worst, the oldest due, lately done.

    What only one mailbox or browser does not take is no failure of sending.
    """

    failed: int = 0
    tries: int = 0
    reason: str = ""
    oldest: timedelta = timedelta()
    done: int = 0  # in the last hour

    @property
    def trouble(self) -> str:
        """What is wrong, as a code, empty if nothing is: failing (no mishap, and no less than what leaves), waiting.

        What waits is due, and nobody takes it.
        """
        if self.failed >= max(1, self.done) and (self.tries >= MANY_TRIES or self.failed >= SOME):
            return "failing"
        return "waiting" if self.oldest > LONG else ""


def sending(db: Session, now: datetime, employer_id: int | None = None) -> Sending:
    """How mail leaves, of all employers or of one (with what belongs to none). One statement."""
    ours: ColumnElement[bool] = OutboxTask.kind.in_(MAIL)
    if employer_id is not None:
        ours = and_(ours, or_(OutboxTask.employer_id == employer_id, OutboxTask.employer_id.is_(None)))
    of_one = (
        func.coalesce(OutboxTask.reason, "").like(f"{name}%") for name in (OF_ONE_MAILBOX, OF_ONE_BROWSER)
    )
    has_failed = and_(OutboxTask.outcome == "failed", ~or_(*of_one))
    done = select(func.count()).where(ours, OutboxTask.done_at > now - LONG).scalar_subquery()
    failed, tries, reason, oldest, lately = db.execute(
        select(
            func.count().filter(has_failed),
            func.coalesce(func.max(OutboxTask.attempts).filter(has_failed), 0),
            func.max(OutboxTask.reason).filter(has_failed),
            func.min(OutboxTask.due_at).filter(OutboxTask.due_at <= now),
            done,
        ).where(ours, OutboxTask.done_at.is_(None))
    ).one()
    return Sending(failed, tries, reason or "", now - oldest if oldest else timedelta(), lately)
