"""All that is kept about somebody at their employer as a file: in words and dates, without keys, nothing of others."""

import json
from collections.abc import Iterator
from io import BytesIO
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

from sqlalchemy import ColumnElement, ScalarSelect, Select, SQLColumnExpression, select, true

from lms.base.audit import AuditEntry
from lms.base.context import Context
from lms.base.db import Base
from lms.catalogue.models import EditionRow, LocalPart
from lms.competence.models import DevelopmentPlan, PlanGoal
from lms.evidence.models import CertificateRow
from lms.evidence.queries import my_pdfs
from lms.learning import rules as learning
from lms.learning.models import Answer, Assignment, Attempt, ExamSeat, ExamSitting, StudyGroup
from lms.organisation.models import Person, RoleProfile, Unit
from lms.organisation.people import name_unless_protected
from lms.reflection.models import Meeting, MeetingSession
from lms.register.models import Duty, Requirement
from lms.reports.kept import ABOUT_ME, KINDS, OF_ACCOUNT, columns_of, mine, places

# Columns that some rows alone tell, and SQL condition for those: what is right stays sealed where no page tells it.
_TOLD: dict[type[Base], tuple[frozenset[str], ColumnElement[bool]]] = {
    AuditEntry: (frozenset({"facts"}), ABOUT_ME),
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
_IS_TOLD = "is_told"
_FULL_NAME = name_unless_protected(Person)
# What is said in the place of a key: of the row it points to, by the name of the column.
_SAID: dict[str, tuple[type[Base], dict[str, SQLColumnExpression[Any]]]] = {
    "unit_id": (Unit, {"unit": Unit.name}),
    "role_profile_id": (RoleProfile, {"works_as": RoleProfile.key}),
    "edition_id": (EditionRow, {"edition": EditionRow.label}),
    "local_part_id": (
        LocalPart,
        {
            "course": LocalPart.course,
            "lesson": LocalPart.lesson,
            "step": LocalPart.step,
            "routine": LocalPart.content["routine"],
        },
    ),
    "duty_id": (Duty, {"duty_course": Duty.course}),
    "requirement_id": (Requirement, {"requirement_source": Requirement.source}),
    "assignment_id": (
        Assignment,
        {
            "assigned_by": select(_FULL_NAME)
            .where(Person.employer_id == Assignment.employer_id, Person.id == Assignment.assigned_by)
            .correlate(Assignment)
            .scalar_subquery(),
        },
    ),
    "attempt_id": (Attempt, {"attempt_course": Attempt.course, "attempt_opened_at": Attempt.opened_at}),
    "sitting_id": (
        ExamSitting,
        {
            "sitting_course": ExamSitting.course,
            "sitting_room": ExamSitting.room,
            "sitting_opens_at": ExamSitting.opens_at,
        },
    ),
    "seat_id": (ExamSeat, {"seat_taken_at": ExamSeat.taken_at}),
    "group_id": (StudyGroup, {"group_course": StudyGroup.course, "group_started_at": StudyGroup.started_at}),
    "certificate_id": (CertificateRow, {"certificate_number": CertificateRow.number}),
    "plan_id": (DevelopmentPlan, {"plan_from": DevelopmentPlan.period_from}),
    "goal_id": (PlanGoal, {"goal": PlanGoal.text}),
    "meeting_id": (Meeting, {"meeting_course": Meeting.course}),
    "session_id": (
        MeetingSession,
        {"meeting_starts_at": MeetingSession.starts_at, "meeting_place": MeetingSession.place},
    ),
}
# Columns with somebody else who is named: who gave one more attempt, agreed a plan, opened the record, and so on.
_NAMED = {"given_by", "reopened_by", "agreed_by", "opened_by", "answered_by"}


def everything_of_mine(ctx: Context) -> bytes:
    """All that is kept about the actor, to take away: a ZIP with `all_about_me` and the certificates as PDFs.

    Open: own rows only.
    """
    file = BytesIO()
    with ZipFile(file, "w", ZIP_DEFLATED) as archive:
        archive.writestr("kunnig.json", all_about_me(ctx))
        for number, data in my_pdfs(ctx):
            archive.writestr(f"certificates/{number}.pdf", data)
    return file.getvalue()


def all_about_me(ctx: Context) -> str:
    """Everything that is kept about the actor as JSON: rows by table, without what they say of others.

    In the place of keys it says what they point to. Which answers were right is not in it where no page tells it: in
    a room, before a course, and as long as a test is not finished.

    Open: own rows only.
    """
    found = {table.__tablename__: list(_rows(ctx, table)) for table in _ROWS}
    return json.dumps(found, default=str, ensure_ascii=False, indent=1)


def _is_key(name: str) -> bool:
    return name in {"id", "account"} or name.endswith("_id")


def _said(table: type[Base]) -> Iterator[ColumnElement[Any]]:
    """The columns of a table that say something, and what is said in the place of its keys."""
    for column in columns_of(table).c:
        if table in OF_ACCOUNT:
            if column.name in OF_ACCOUNT[table]:
                yield column
        elif column.name in _SAID:
            there, said = _SAID[column.name]
            for name, value in said.items():
                yield _looked_up(table, there, value, column).label(name)
        elif column.name in _NAMED:
            yield _looked_up(table, Person, _FULL_NAME, column).label(column.name)
        elif not _is_key(column.name) and not column.foreign_keys:
            yield column


def _looked_up(
    table: type[Base], there: type[Base], value: SQLColumnExpression[Any], key: ColumnElement[Any]
) -> ScalarSelect[Any]:
    """SQL value: what the row says that a key of a table points to."""
    found = columns_of(there).c
    query = select(value).where(found.id == key)
    if "employer_id" in found:
        query = query.where(found.employer_id == columns_of(table).c.employer_id)
    return query.scalar_subquery()


def _all_of(table: type[Base]) -> Select[*tuple[Any, ...]]:
    _some, told = _TOLD.get(table, (frozenset(), true()))
    return select(*_said(table), told.label(_IS_TOLD)).where(mine(table)).order_by(columns_of(table).c.id)


_ROWS = {table: _all_of(table) for tables in KINDS.values() for table in tables}


def _rows(ctx: Context, table: type[Base]) -> Iterator[dict[str, Any]]:
    some, _told = _TOLD.get(table, (frozenset(), true()))
    for row in ctx.rows(_ROWS[table], **places(ctx)).mappings():
        hidden = {_IS_TOLD} if row[_IS_TOLD] else {_IS_TOLD, *some}
        yield {name: _without_keys(value) for name, value in row.items() if name not in hidden}


def _without_keys(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    return {name: each for name, each in value.items() if not _is_key(name)}
