"""Learn together: a group takes a course on one screen with somebody who leads it; each then takes the exam alone.

Whoever holds staff meetings in a unit leads groups there: both gather people in a room and keep who was there.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    String,
    and_,
    bindparam,
    case,
    delete,
    func,
    or_,
    select,
    update,
)

from lms.base.access import Permission
from lms.base.context import Context
from lms.base.errors import Expired, Invalid, NotFound
from lms.base.statements import EMPLOYER, TODAY, built_once
from lms.catalogue import queries as catalogue
from lms.catalogue.local_parts import local_parts, note_local_readings
from lms.catalogue.values import Edition
from lms.learning.models import Attempt, Progress, StudyGroup, StudyGroupMember
from lms.organisation.bulk import add_many, lock_people
from lms.organisation.models import Employment, Person, Unit
from lms.organisation.people import is_seen
from lms.organisation.queries import REACHED, in_force, units_reached
from lms.register.rounds import note_starts

LASTS = timedelta(hours=12)  # then a group that nobody has ended is over


@dataclass(frozen=True, slots=True)
class Group:
    """A group as who leads groups in its unit sees it."""

    key: int
    public_id: UUID
    course: str
    edition_id: int
    unit_id: UUID
    unit: str
    started_at: datetime
    ended_at: datetime | None
    people: int  # who are there, or were at the end

    def is_over(self, now: datetime) -> bool:
        """Whether it has been ended, or has lasted as long as a group can."""
        return self.ended_at is not None or now >= self.started_at + LASTS


@built_once
def _groups(in_reach: ColumnElement[bool], *, one: bool) -> Select[*tuple[Any, ...]]:
    query = (
        select(
            StudyGroup.id, StudyGroup.public_id, StudyGroup.course, StudyGroup.edition_id, Unit.public_id, Unit.name,
            StudyGroup.started_at, StudyGroup.ended_at, func.count(StudyGroupMember.id),
        )
        .join(Unit, and_(Unit.employer_id == StudyGroup.employer_id, Unit.id == StudyGroup.unit_id))
        .outerjoin(
            StudyGroupMember,
            and_(
                StudyGroupMember.employer_id == StudyGroup.employer_id,
                StudyGroupMember.group_id == StudyGroup.id,
            ),
        )
        .where(StudyGroup.employer_id == EMPLOYER, in_reach)
        .group_by(StudyGroup.id, Unit.public_id, Unit.name)
        .order_by(StudyGroup.id.desc())
    )  # fmt: skip
    if one:
        return query.where(StudyGroup.public_id == bindparam("group"))
    return query.where(StudyGroup.ended_at.is_(None), StudyGroup.started_at > bindparam("since")).limit(20)


def groups_under_way(ctx: Context) -> list[Group]:
    """The last 20 groups in the actor's reach that are not over, the latest first. One statement."""
    in_reach = ctx.reach(Permission.HOLD_MEETING, Unit.path)
    return [Group(*row) for row in ctx.rows(_groups(in_reach, one=False), since=ctx.now - LASTS)]


def group(ctx: Context, group_id: UUID) -> Group:
    """A group in the actor's reach. One statement. Raises NotFound."""
    in_reach = ctx.reach(Permission.HOLD_MEETING, Unit.path)
    row = ctx.rows(_groups(in_reach, one=True), group=group_id).first()
    if row is None:
        raise NotFound
    return Group(*row)


def group_under_way(ctx: Context, group_id: UUID) -> Group:
    """The same, as long as it is not over. Raises Expired("group_over")."""
    ctx.require(Permission.HOLD_MEETING)
    found = group(ctx, group_id)
    if found.is_over(ctx.now):
        raise Expired("group_over")
    return found


_HERE = (
    select(Person.public_id)
    .join(
        StudyGroupMember,
        and_(StudyGroupMember.employer_id == Person.employer_id, StudyGroupMember.person_id == Person.id),
    )
    .where(Person.employer_id == EMPLOYER, StudyGroupMember.group_id == bindparam("group", type_=Integer))
)


def members(ctx: Context, found: Group) -> set[UUID]:
    """Public ids of those who are in a group that was found in reach. One statement."""
    ctx.require(Permission.HOLD_MEETING)
    return set(ctx.rows(_HERE, group=found.key).scalars())


def start_group(ctx: Context, unit_id: UUID, course: str, people: Collection[UUID]) -> StudyGroup:
    """Begin a course with people who work in a unit in reach or below it, in its newest edition.

    Raises NotFound for a unit or course that is not there and for people who do not work there, Invalid if
    nobody was chosen.
    """
    in_reach = ctx.reach(Permission.HOLD_MEETING, Unit.path)
    unit = ctx.db.scalar(
        select(Unit.id).where(Unit.employer_id == ctx.employer_id, Unit.public_id == unit_id, in_reach)
    )
    if unit is None:
        raise NotFound
    edition = catalogue.current_edition(ctx, course)
    chosen = _who_work_in(ctx, unit_id, people)
    started = StudyGroup(
        employer_id=ctx.employer_id,
        course=course,
        edition_id=edition.id,
        unit_id=unit,
        led_by=ctx.who.person_id,
        started_at=ctx.now,
    )
    ctx.db.add(started)
    ctx.db.flush()
    _add(ctx, started.id, chosen)
    ctx.note("group.started", started, course=course, people=sorted(chosen))
    return started


def change_group(ctx: Context, group_id: UUID, people: Collection[UUID]) -> None:
    """Say who is there now: who comes late reads along from here on, who has left does not any more.

    Raises NotFound for a group out of reach and for people who do not work in its unit or below,
    Expired("group_over"), Invalid if nobody was chosen.
    """
    ctx.require(Permission.HOLD_MEETING)
    found = group_under_way(ctx, group_id)
    chosen = _who_work_in(ctx, found.unit_id, people)
    row = ctx.open(StudyGroup, group_id, lock=True)  # two changes come one after the other
    mine = StudyGroupMember.employer_id == ctx.employer_id, StudyGroupMember.group_id == row.id
    before = set(ctx.db.scalars(select(StudyGroupMember.person_id).where(*mine)))
    came, left = sorted(chosen - before), sorted(before - chosen)
    if left:
        ctx.db.execute(delete(StudyGroupMember).where(*mine, StudyGroupMember.person_id.in_(left)))
    _add(ctx, row.id, came)
    if came or left:
        ctx.note("group.changed", row, came=came, left=left)


def _add(ctx: Context, group_key: int, people: Collection[int]) -> None:
    shared = {"employer_id": ctx.employer_id, "group_id": group_key}
    add_many(ctx, StudyGroupMember, [shared | {"person_id": person} for person in sorted(people)])


def _who_work_in(ctx: Context, unit_id: UUID, people: Collection[UUID]) -> set[int]:
    """Keys of people who work today in a unit in reach or below. Raises NotFound if one does not."""
    if not people:
        raise Invalid({"people": "nobody_chosen"})
    in_reach = ctx.reach(Permission.HOLD_MEETING, REACHED.path)
    found = ctx.rows(_workers(in_reach, is_seen(ctx)), unit=unit_id, people=list(people)).all()
    if {row.public_id for row in found} != set(people):
        raise NotFound
    return {row.id for row in found}


@built_once
def _workers(in_reach: ColumnElement[bool], seen: ColumnElement[bool]) -> Select[UUID, int]:
    return (
        select(Person.public_id, Person.id)
        .join(
            Employment, and_(Employment.employer_id == Person.employer_id, Employment.person_id == Person.id)
        )
        .join(Unit, and_(Unit.employer_id == Employment.employer_id, Unit.id == Employment.unit_id))
        .where(
            Person.employer_id == EMPLOYER,
            Person.public_id.in_(bindparam("people", expanding=True)),
            Employment.unit_id.in_(units_reached(in_reach, in_unit=True)),
            in_force(Employment, TODAY),
            seen,  # everybody, as long as only leads hold meetings: stands here for whoever else will
        )
    )


def read_together(ctx: Context, found: Group, edition: Edition, lesson_id: str, step_id: str) -> None:
    """Keep that everybody in a group that was found in reach and under way has read a step of its edition.

    What counts, and from when, is as when each reads alone (`read_step`, `note_local_reading`); for whom it counts
    already nothing is changed. At most twelve statements for all together. Raises NotFound if the edition has no such
    step.
    """
    ctx.require(Permission.HOLD_MEETING)
    lesson = edition.lesson(lesson_id)
    if lesson is None or step_id not in {step.id for step in lesson.steps}:
        raise NotFound
    here = select(StudyGroupMember.person_id).where(
        StudyGroupMember.employer_id == ctx.employer_id, StudyGroupMember.group_id == found.key
    )
    people = lock_people(
        ctx, here
    )  # who reads the same on the own phone comes before or after, not in between
    note_local_readings(ctx, local_parts(ctx, edition, lesson_id, step_id), people)
    rows = ctx.rows(
        _READ, group=found.key, course=edition.course, edition=edition.id, lesson=lesson_id, step=step_id
    ).all()
    new = sorted(row.person_id for row in rows if not row.this_one)
    # Not for whom it is new: that would tell who leads the group who had read it alone.
    ctx.note("group.read", ctx.open(StudyGroup, found.public_id), lesson=lesson_id, step=step_id)
    if not new:
        return
    again = ctx.db.scalars(  # read before a refresher
        update(Progress)
        .where(
            Progress.employer_id == ctx.employer_id,
            Progress.person_id.in_(new),
            Progress.edition_id == edition.id,
            Progress.lesson == lesson_id,
            Progress.step == step_id,
        )
        .values(read_at=ctx.now)
        .returning(Progress.person_id)
        .execution_options(synchronize_session=False)
    )
    shared = {
        "employer_id": ctx.employer_id, "course": edition.course, "edition_id": edition.id, "lesson": lesson_id,
        "step": step_id, "read_at": ctx.now,
    }  # fmt: skip
    add_many(ctx, Progress, [shared | {"person_id": person} for person in sorted(set(new).difference(again))])
    beginners = [row.person_id for row in rows if not row.steps]
    if beginners:
        note_starts(ctx, beginners, edition.course)


_REFRESHED = (
    select(Attempt.employer_id, Attempt.person_id, func.max(Attempt.closed_at).label("at"))
    .where(
        Attempt.employer_id == EMPLOYER,
        Attempt.course == bindparam("course", type_=String),
        Attempt.kind == "refresher",
        Attempt.closed_at.is_not(None),
    )
    .group_by(Attempt.employer_id, Attempt.person_id)
    .subquery()
)
# For each who is there: how many steps of the edition count as read, and whether this one does.
_READ = (
    select(
        StudyGroupMember.person_id,
        func.count(Progress.id).label("steps"),
        func.sum(
            case(
                (
                    and_(
                        Progress.lesson == bindparam("lesson", type_=String),
                        Progress.step == bindparam("step", type_=String),
                    ),
                    1,
                ),
                else_=0,
            )
        ).label("this_one"),
    )
    .outerjoin(
        _REFRESHED,
        and_(
            _REFRESHED.c.employer_id == StudyGroupMember.employer_id,
            _REFRESHED.c.person_id == StudyGroupMember.person_id,
        ),
    )
    .outerjoin(
        Progress,
        and_(
            Progress.employer_id == StudyGroupMember.employer_id,
            Progress.person_id == StudyGroupMember.person_id,
            Progress.edition_id == bindparam("edition", type_=Integer),
            or_(_REFRESHED.c.at.is_(None), Progress.read_at >= _REFRESHED.c.at),
        ),
    )
    .where(
        StudyGroupMember.employer_id == EMPLOYER,
        StudyGroupMember.group_id == bindparam("group", type_=Integer),
    )
    .group_by(StudyGroupMember.person_id)
)


def end_group(ctx: Context, group_id: UUID) -> None:
    """End a group in reach; a second time changes nothing. What was read together stays read. Raises NotFound."""
    ctx.require(Permission.HOLD_MEETING)
    found = group(ctx, group_id)
    row = ctx.open(StudyGroup, group_id, lock=True)  # two taps on "End" are one end
    if row.ended_at is None and not found.is_over(ctx.now):
        row.ended_at = ctx.now
        ctx.note("group.ended", row, people=found.people)
