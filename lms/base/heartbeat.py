"""The heartbeat of the workers: each says now and then that it is there, on whichever machine it runs."""

import os
import socket
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from lms.base.db import Base, PrimaryKey
from lms.base.outbox import LEASE, keep

BEAT = timedelta(seconds=20)  # between two beats; in the middle of a task none but that of a long one
ALIVE = LEASE + BEAT  # no task says nothing for longer than its lease
FORGOTTEN = timedelta(days=1)  # after which a worker that ended without a word is cleared away


class WorkerHeartbeat(Base):
    """One running worker, by host and process."""

    __tablename__ = "worker_heartbeat"

    id: Mapped[PrimaryKey]
    name: Mapped[str] = mapped_column(unique=True)
    started_at: Mapped[datetime]
    seen_at: Mapped[datetime]


def this_worker() -> str:
    """What this process is called, if it is a worker."""
    return f"{socket.gethostname()}:{os.getpid()}"


def beat(db: Session, name: str, now: datetime) -> None:
    """Say that a worker is alive, and clear away those long gone."""
    seen = update(WorkerHeartbeat).where(WorkerHeartbeat.name == name).values(seen_at=now)
    if db.scalar(seen.returning(WorkerHeartbeat.id)) is None:
        db.add(WorkerHeartbeat(name=name, started_at=now, seen_at=now))
    db.execute(delete(WorkerHeartbeat).where(WorkerHeartbeat.seen_at < now - FORGOTTEN))


def go_on(db: Session, kind: str, key: str, now: datetime) -> None:
    """Say in the middle of a long task that it gets on: it stays this worker's, which is alive."""
    keep(db, kind, key, now)
    seen = update(WorkerHeartbeat).where(WorkerHeartbeat.name == this_worker()).values(seen_at=now)
    db.execute(seen)


def leave(db: Session, name: str) -> None:
    """Say that a worker stops."""
    db.execute(delete(WorkerHeartbeat).where(WorkerHeartbeat.name == name))


def workers_alive(db: Session, now: datetime) -> int:
    """How many workers were heard of lately."""
    heard = select(func.count()).where(WorkerHeartbeat.seen_at >= now - ALIVE)
    return db.scalars(heard).one()
