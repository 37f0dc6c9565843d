"""Everything kept about somebody at their employer, for them: of what how much, and all of it as it is stored.

A guard sees that every table with rows about people is here.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Label,
    Table,
    and_,
    cast,
    func,
    literal,
    null,
    or_,
    select,
    true,
    union_all,
)

from lms.base.audit import AuditEntry
from lms.base.context import Context
from lms.base.db import Base, UtcTime
from lms.base.statements import EMPLOYER, ME
from lms.catalogue.models import LocalReading
from lms.competence.models import DevelopmentPlan, PlanActivity, PlanGoal
from lms.evidence.models import CertificateRow, Revocation
from lms.learning import rules as learning
from lms.learning.models import (
    Answer,
    Attempt,
    AttemptDecision,
    ExamReopening,
    ExamSeat,
    ExtraAttempt,
    LearnerNote,
    Progress,
    StudyGroup,
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
# What is done to somebody's record, as the change log has it; what it says of all else may be about others.
_ABOUT_ME = and_(AuditEntry.object_kind == Person.__tablename__, AuditEntry.object_id == ME)
# Columns that some rows alone tell, and SQL condition for those: what is right stays sealed where no page tells it.
_TOLD: dict[type[Base], tuple[frozenset[str], ColumnElement[bool]]] = {
    AuditEntry: (frozenset({"facts"}), _ABOUT_ME),
    Answer: (
        frozenset({"right", "credit"}),
        select(Attempt.id)
        .where(
            Attempt.employer_id == Answer.employer_id,
            Attempt.id == Answer.attempt_id,
            Attempt.closed_at.is_not(None),
            Attempt.kind.not_in(learning.CHECKS),
            Attempt.mode != "supervised",
        )
        .exists(),
    ),
}
_OF_GROUP = and_(
    StudyGroup.employer_id == StudyGroupMember.employer_id, StudyGroup.id == StudyGroupMember.group_id
)
# What a row points to and does not say itself.
_MORE: dict[type[Base], tuple[Label[Any], ...]] = {
    StudyGroupMember: tuple(
        select(column).where(_OF_GROUP).scalar_subquery().label(column.name)
        for column in (StudyGroup.course, StudyGroup.started_at)
    ),
}
_IS_TOLD = "is_told"


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
        is_me = or_(is_me, _ABOUT_ME)
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

    Which answers were right is not in it where no page tells it: in a room, before a course, and as long as a test
    is not finished.

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
    some, told = _TOLD.get(table, (frozenset(), true()))
    query = select(*columns, *_MORE.get(table, ()), told.label(_IS_TOLD)).where(_mine(table)).order_by("id")
    for row in ctx.rows(query).mappings():
        hidden = {_IS_TOLD} if row[_IS_TOLD] else {_IS_TOLD, *some}
        yield {name: value for name, value in row.items() if name not in hidden}
