"""What every action and query is handed: database, actor, time; and `work`, the one transaction."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import InitVar, dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property, lru_cache
from typing import Any, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import (
    ColumnElement,
    CursorResult,
    Engine,
    Executable,
    Select,
    bindparam,
    false,
    insert,
    or_,
    select,
    true,
)
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import InstrumentedAttribute, Session

from lms.base.access import Actor, Permission
from lms.base.audit import AuditEntry
from lms.base.db import Base, answered, make_engine, reached
from lms.base.errors import NotFound, NotSignedIn
from lms.base.files import FileStore, make_file_store
from lms.base.outbox import USUAL, OutboxTask, rank_of
from lms.base.row_security import bind
from lms.base.settings import Settings
from lms.base.statements import EMPLOYER, built_once

Row = TypeVar("Row", bound=Base)

_WRITING: ContextVar[bool] = ContextVar("writing", default=False)


@dataclass(frozen=True)
class House:
    """What one running program has: settings, engine, file store. Made once per process."""

    settings: Settings
    engine: Engine
    files: FileStore

    @cached_property
    def writer(self) -> Engine:
        """The same engine, for transactions that write (SQLite takes the write lock at once)."""
        return self.engine.execution_options(writes=True)


def make_house(settings: Settings) -> House:
    """Open the database and the file store that the settings name."""
    return House(settings, make_engine(settings.database_url), make_file_store(settings))


def local_day(time: datetime, time_zone: str) -> date:
    """The calendar day of an aware time where the clocks show that zone's time."""
    return time.astimezone(ZoneInfo(time_zone)).date()


@lru_cache(maxsize=1024)
def below(path: InstrumentedAttribute[str], nodes: tuple[str, ...]) -> ColumnElement[bool]:
    """SQL condition: the unit path is one of the nodes or lies below; for the same nodes the same condition."""
    if "/" in nodes:
        return true()
    return or_(false(), *(path.startswith(node, autoescape=True) for node in nodes))


@dataclass
class Context:
    """One unit of work: who does it, when, in which transaction."""

    db: Session
    house: House
    first_actor: InitVar[Actor | None] = None
    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    time_zone: str = "Europe/Stockholm"
    country: str = "SE"
    language: str = "sv"
    _actor: Actor | None = field(default=None, init=False)

    def __post_init__(self, first_actor: Actor | None) -> None:
        self.actor = first_actor

    @property
    def actor(self) -> Actor | None:
        """Who acts. Setting it binds the transaction to the actor's employer; another employer's raises RuntimeError.

        From then on the database shows and takes rows of that employer only.
        """
        return self._actor

    @actor.setter
    def actor(self, actor: Actor | None) -> None:
        if actor is not None:
            bind(self.db, actor.employer_id)
        self._actor = actor

    @property
    def employer_id(self) -> int:
        """The employer of this unit of work; every query of a tenant table is bound to it."""
        return self.who.employer_id

    @property
    def who(self) -> Actor:
        """The actor; raises NotSignedIn if there is none."""
        if self.actor is None:
            raise NotSignedIn
        return self.actor

    @property
    def today(self) -> date:
        """Today where the employer is."""
        return self.day_of(self.now)

    def day_of(self, time: datetime) -> date:
        """The employer's calendar day of an aware time."""
        return local_day(time, self.time_zone)

    def end_of(self, day: date) -> datetime:
        """The last moment of a day where the employer is."""
        begins = datetime.combine(day + timedelta(days=1), time(), ZoneInfo(self.time_zone))
        return begins.astimezone(UTC) - timedelta(microseconds=1)

    def require(self, permission: Permission) -> Actor:
        """The actor, if any of their roles gives the permission.

        Raises NotSignedIn without an actor, NotFound without the permission: a page that is not
        yours answers like a page that is not there.
        """
        who = self.who
        if not who.may(permission):
            raise NotFound
        return who

    def reach(self, permission: Permission, path: InstrumentedAttribute[str]) -> ColumnElement[bool]:
        """SQL condition: the unit path lies where the actor has the permission.

        The one scope function of every list, count and export.
        """
        return below(path, self.require(permission).paths(permission))

    def rows(self, statement: Executable, **values: Any) -> CursorResult[*tuple[Any, ...]]:
        """The rows of a statement that was built once (`lms.base.statements`), its places filled in.

        Columns only, no entities: what is only read needs no object that the session watches over.
        """
        self.db.flush()  # what was added must be there to be read
        return self.db.connection().execute(statement, self.places(**values))

    def places(self, **values: Any) -> dict[str, Any]:
        """What stands in the places of a statement that was built once; without an actor none of what is theirs."""
        own = {"employer_id": self.actor.employer_id, "me": self.actor.person_id} if self.actor else {}
        return {**own, "today": self.today, "country": self.country, **values}

    def open(self, table: type[Row], key: UUID | int, *, lock: bool = False) -> Row:
        """The row with this public id (or internal key), inside the actor's employer. Raises NotFound.

        `lock` keeps others from changing or locking it until the transaction ends, but not from
        pointing to it (PostgreSQL; on SQLite a writing transaction is alone anyway).
        """
        query = _one_of(table, "public_id" if isinstance(key, UUID) else "id", lock=lock)
        found: Row | None = self.db.scalar(query, {"employer_id": self.employer_id, "key": key})
        if found is None:
            raise NotFound
        return found

    def add_once(self, row: Base) -> bool:
        """Add a row unless one with the same unique values is there already; returns whether it was added."""
        try:
            with self.db.begin_nested():
                self.db.add(row)
        except IntegrityError:
            return False
        return True

    def note(self, action: str, about: Base, **facts: Any) -> AuditEntry:
        """Write an audit entry about a row (or the employer itself), in this transaction; the entry.

        Facts are codes, ids and dates, never names or texts somebody wrote.
        """
        if about.id is None:  # type: ignore[attr-defined]
            self.db.flush()
        entry = AuditEntry(
            employer_id=getattr(about, "employer_id", None) or about.id,  # type: ignore[attr-defined]
            at=self.now,
            account_id=self.actor.account_id or None if self.actor else None,
            person_id=self.actor.person_id or None if self.actor else None,
            action=action,
            object_kind=about.__tablename__,
            object_id=about.id,  # type: ignore[attr-defined]
            facts=facts,
        )
        self.db.add(entry)
        return entry

    def later(self, kind: str, key: str, *, after: timedelta = timedelta(), **ids: int | str) -> None:
        """Let the worker do something later, if and only if this transaction commits.

        `key` makes it idempotent: a second call with the same kind and key changes nothing.
        """
        if self.db.scalar(select(OutboxTask.id).where(OutboxTask.key == f"{kind}:{key}")) is None:
            self.add_once(
                OutboxTask(**self._task(kind, key, after, ids))
            )  # somebody else may write the same one meanwhile

    def later_each(self, kind: str, name: str, keys: Iterable[int], *, rank: int = USUAL) -> None:
        """Let the worker do something later for each of some rows that are new, in one statement.

        `name` is what the task calls the key of its row; `rank` (`lms.base.outbox`) says what goes before what.
        """
        tasks = [self._task(kind, str(key), timedelta(), {name: key}) | {"rank": rank} for key in keys]
        if tasks:
            self.db.execute(insert(OutboxTask), tasks)

    def _task(self, kind: str, key: str, after: timedelta, ids: dict[str, Any]) -> dict[str, Any]:
        return {
            "employer_id": self.actor.employer_id if self.actor else None,
            "kind": kind,
            "key": f"{kind}:{key}",
            "ids": ids,
            "created_at": self.now,
            "due_at": self.now + after,
            "rank": rank_of(kind),
        }


@built_once
def _one_of(table: type[Base], key: str, *, lock: bool) -> Select[Any]:
    query = select(table).where(
        table.__table__.c.employer_id == EMPLOYER, table.__table__.c[key] == bindparam("key")
    )
    return query.with_for_update(key_share=True) if lock else query


@contextmanager
def work(house: House, actor: Actor | None = None, *, writes: bool = True, **facts: Any) -> Iterator[Context]:
    """The one transaction: commits when the block ends, rolls back when it raises.

    `writes=False` opens a reading transaction, which is rolled back at the end.
    `facts` are further fields of the Context (now, time_zone, country, language).
    Raises Away if the database cannot be reached, or cannot keep what was written; `unsure` where nobody can tell.
    """
    outside = _WRITING.set(writes or _WRITING.get())
    try:
        with reached(), Session(house.writer if writes else house.engine, expire_on_commit=False) as db:
            yield Context(db, house, actor, **facts)
            if writes:
                db.flush()
                with answered():
                    db.commit()
    finally:
        _WRITING.reset(outside)


def is_writing() -> bool:
    """Whether a writing unit of work is open here, while which nothing slow may happen."""
    return _WRITING.get()
