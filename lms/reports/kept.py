"""Everything kept about somebody at their employer, for them: of what how much, and all of it as it is stored.

A guard sees that every table with rows about people is here.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Table, and_, cast, func, literal, null, or_, select, union_all

from lms.base.audit import AuditEntry
from lms.base.context import Context
from lms.base.db import Base, UtcTime
from lms.base.statements import EMPLOYER, ME
from lms.catalogue.models import LocalReading
from lms.competence.models import DevelopmentPlan, PlanActivity, PlanGoal
from lms.evidence.models import CertificateRow, Revocation
from lms.learning.models import (
    Answer,
    Attempt,
    AttemptDecision,
    ExamReopening,
    ExamSeat,
    ExtraAttempt,
    LearnerNote,
    Progress,
    StudyGroupMember,
    WeeklyAnswer,
    WeeklyChoice,
)
from lms.messages.models import Message
from lms.organisation.models import Absence, Employment, ImportedFact, Person, RoleGrant
from lms.reflection.models import AgreedAction, Attendance
from lms.register.models import Beginning, Duty, DutySource, EditionReceipt, Proof, Status

# What is counted of each kind, and what more belongs to it, in the order it is shown.
KINDS: dict[str, tuple[type[Base], ...]] = {
    "person": (Person,),
    "employment": (Employment, ImportedFact),
    "absence": (Absence,),
    "role": (RoleGrant,),
    "duty": (Duty, DutySource, Status, Beginning),
    "step": (Progress,),
    "local": (LocalReading,),
    "group": (StudyGroupMember,),
    "receipt": (EditionReceipt,),
    "note": (LearnerNote,),
    "week": (WeeklyAnswer, WeeklyChoice),
    "attempt": (Attempt, Answer, AttemptDecision, ExtraAttempt),
    "seat": (ExamSeat, ExamReopening),
    "certificate": (CertificateRow, Proof, Revocation),
    "plan": (DevelopmentPlan, PlanGoal, PlanActivity),
    "meeting": (Attendance,),
    "action": (AgreedAction,),
    "message": (Message,),
    "log": (AuditEntry,),
}
# Rows that say whose they are otherwise than by the person: by a row of another table, or in another column.
_PART_OF = {
    DutySource: (Duty, "duty_id"),
    Status: (Duty, "duty_id"),
    Answer: (Attempt, "attempt_id"),
    AttemptDecision: (Attempt, "attempt_id"),
    ExamReopening: (ExamSeat, "seat_id"),
    Revocation: (CertificateRow, "certificate_id"),
    PlanGoal: (DevelopmentPlan, "plan_id"),
    PlanActivity: (PlanGoal, "goal_id"),
}
_WHO = {Person: "id", AgreedAction: "responsible_id"}
_WHEN = (
    "recorded_at", "created_at", "read_at", "received_at", "written_at", "answered_at", "opened_at", "taken_at",
    "issued_at", "at",
)  # fmt: skip
_OF_OTHERS = {"employer_id", "person_id", "account_id"}


def _columns(table: type[Base]) -> Table:
    return table.__table__  # type: ignore[return-value]


def _mine(table: type[Base]) -> ColumnElement[bool]:
    """SQL condition: the row is about the actor."""
    columns = _columns(table).c
    of_employer = columns.employer_id == EMPLOYER
    if table in _PART_OF:
        whole, key = _PART_OF[table]
        return and_(of_employer, columns[key].in_(select(_columns(whole).c.id).where(_mine(whole))))
    is_me = columns[_WHO.get(table, "person_id")] == ME
    if table is AuditEntry:  # what one did, and what was done about one
        is_me = or_(is_me, and_(columns.object_kind == Person.__tablename__, columns.object_id == ME))
    return and_(of_employer, is_me)


def _latest(table: type[Base]) -> ColumnElement[datetime | None]:
    columns = _columns(table).c
    name = next((name for name in _WHEN if name in columns), None)
    return func.max(columns[name]) if name else cast(null(), UtcTime())


_COUNTED = union_all(
    *(
        select(
            literal(kind).label("kind"), func.count().label("count"), _latest(tables[0]).label("latest")
        ).where(_mine(tables[0]))
        for kind, tables in KINDS.items()
    )
)


@dataclass(frozen=True, slots=True)
class Kept:
    """How many rows of a kind are kept about somebody, and when the last one was written."""

    kind: str
    count: int
    latest: datetime | None


def kept_about_me(ctx: Context) -> list[Kept]:
    """What is kept about the actor, every kind there is. One statement.

    Open: own rows only.
    """
    found = {row.kind: Kept(*row) for row in ctx.rows(_COUNTED)}
    return [found[kind] for kind in KINDS]


def all_about_me(ctx: Context) -> str:
    """Everything that is kept about the actor as JSON: rows by table, without what they say of others.

    Open: own rows only.
    """
    tables = (table for kind in KINDS.values() for table in kind)
    found = {table.__tablename__: list(_rows(ctx, table)) for table in tables}
    return json.dumps(found, default=str, ensure_ascii=False, indent=1)


def _rows(ctx: Context, table: type[Base]) -> Iterator[dict[str, Any]]:
    columns = [
        column
        for column in _columns(table).c
        if column.name not in _OF_OTHERS
        and not any(key.column.table is _columns(Person) for key in column.foreign_keys)
    ]
    yield from (dict(row) for row in ctx.rows(select(*columns).where(_mine(table)).order_by("id")).mappings())
