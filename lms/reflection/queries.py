"""Read meetings: those a lead holds, those of the actor's own unit, and what was agreed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, ScalarSelect, Select, and_, bindparam, func, or_, select, true

from lms.base.access import Permission, Role
from lms.base.context import Context
from lms.base.errors import NotFound
from lms.base.names import in_order
from lms.base.statements import EMPLOYER, ME, TODAY, built_once
from lms.organisation.models import Employment, Person, Unit
from lms.organisation.queries import REACHED, in_force, path_of_unit, units_reached
from lms.reflection.models import AgreedAction, Attendance, Meeting, MeetingSession, ReflectionTask


@dataclass(frozen=True, slots=True)
class MeetingView:
    """A meeting with its first session; internal keys stay inside the process."""

    id: int
    public_id: UUID
    session_id: int
    unit_id: int
    unit: str
    course: str
    edition_id: int
    starts_at: datetime
    place: str
    why: str
    notes: str
    held: bool
    task_given: bool
    present: int  # people recorded as present
    unit_key: UUID  # public id of the unit
    minutes: int | None  # that it is planned to take


_SELECT: Select[*tuple[Any, ...]] = (
    select(
        Meeting.id, Meeting.public_id, MeetingSession.id, Meeting.unit_id, Unit.name, Meeting.course,
        Meeting.edition_id, MeetingSession.starts_at, MeetingSession.place, Meeting.why, Meeting.notes,
        Meeting.held_at.is_not(None), ReflectionTask.id.is_not(None),
        select(func.count())
        .where(
            Attendance.employer_id == MeetingSession.employer_id,
            Attendance.session_id == MeetingSession.id,
            Attendance.superseded_at.is_(None),
            Attendance.state == "present",
        )
        .correlate(MeetingSession)
        .scalar_subquery(),
        Unit.public_id, Meeting.minutes,
    )
    .where(Meeting.employer_id == EMPLOYER)
    .join(
        MeetingSession,
        and_(MeetingSession.employer_id == Meeting.employer_id, MeetingSession.meeting_id == Meeting.id),
    )
    .join(Unit, and_(Unit.employer_id == Meeting.employer_id, Unit.id == Meeting.unit_id))
    .outerjoin(
        ReflectionTask,
        and_(ReflectionTask.employer_id == Meeting.employer_id, ReflectionTask.meeting_id == Meeting.id),
    )
)  # fmt: skip


def _view(row: Sequence[Any]) -> MeetingView:
    return MeetingView(*row)


def meetings(ctx: Context) -> list[MeetingView]:
    """Meetings of the units in reach, newest first. One statement."""
    in_reach = ctx.reach(Permission.HOLD_MEETING, Unit.path)
    return [_view(row) for row in ctx.rows(_meetings(in_reach))]


@built_once
def _meetings(in_reach: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    return _SELECT.where(in_reach).order_by(MeetingSession.starts_at.desc())


def next_meeting(ctx: Context, unit_id: UUID | None = None) -> MeetingView | None:
    """The next meeting in reach (or in one unit and below) that was not held yet, from today on. One statement."""
    in_reach = ctx.reach(Permission.HOLD_MEETING, Unit.path)
    midnight = datetime.combine(ctx.today, time(), ZoneInfo(ctx.time_zone))
    row = ctx.rows(
        _next_meeting(in_reach, in_unit=unit_id is not None), midnight=midnight, unit=unit_id
    ).first()
    return _view(row) if row else None


@built_once
def _next_meeting(in_reach: ColumnElement[bool], *, in_unit: bool) -> Select[*tuple[Any, ...]]:
    query = _SELECT.where(
        Meeting.held_at.is_(None), MeetingSession.starts_at >= bindparam("midnight"), in_reach
    )
    if in_unit:
        query = query.where(Unit.path.startswith(path_of_unit()))
    return query.order_by(MeetingSession.starts_at).limit(1)


def meeting_in_reach(ctx: Context, meeting_id: UUID) -> MeetingView:
    """A meeting that the actor may hold. Raises NotFound."""
    in_reach = ctx.reach(Permission.HOLD_MEETING, Unit.path)
    row = ctx.rows(_meeting(in_reach), meeting=meeting_id).first()
    if row is None:
        raise NotFound
    return _view(row)


@built_once
def _meeting(in_reach: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    return _SELECT.where(Meeting.public_id == bindparam("meeting"), in_reach)


_CONCERNS_ME = Unit.path.in_(bindparam("units", expanding=True))
_MY_MEETINGS = _SELECT.where(Meeting.held_at.is_(None), _CONCERNS_ME).order_by(MeetingSession.starts_at)
_MY_MEETING = _meeting(_CONCERNS_ME)
_MY_ADDRESSES = (
    select(Meeting.id, Meeting.public_id)
    .join(Unit, and_(Unit.employer_id == Meeting.employer_id, Unit.id == Meeting.unit_id))
    .where(Meeting.employer_id == EMPLOYER, Meeting.id.in_(bindparam("ids", expanding=True)), _CONCERNS_ME)
)


def my_meetings(ctx: Context) -> list[MeetingView]:
    """Meetings of the units the actor works in (or of units above them) that are not over. One statement."""
    ctx.require(Permission.LEARN)
    rows = ctx.rows(_MY_MEETINGS, units=_my_units(ctx))
    return [view for view in map(_view, rows) if ctx.day_of(view.starts_at) >= ctx.today]


def my_meeting(ctx: Context, meeting_id: UUID) -> MeetingView:
    """A meeting of the actor's own unit, whether they took part or not. Raises NotFound."""
    ctx.require(Permission.LEARN)
    row = ctx.rows(_MY_MEETING, meeting=meeting_id, units=_my_units(ctx)).first()
    if row is None:
        raise NotFound
    return _view(row)


def my_meeting_ids(ctx: Context, ids: Sequence[int]) -> dict[int, UUID]:
    """The public ids of some meetings, of those of the actor's own unit. One statement, none for no meeting.

    Open: meetings of the units the actor works in only.
    """
    return {
        row.id: row.public_id
        for row in (ctx.rows(_MY_ADDRESSES, ids=ids, units=_my_units(ctx)) if ids else ())
    }


def _my_units(ctx: Context) -> list[str]:
    """Paths of the units the actor works in today and of those above them: their meetings concern the actor."""
    own = [grant.path for grant in ctx.who.grants if grant.role is Role.STAFF]
    return sorted(
        {path[: end + 1] for path in own for end, letter in enumerate(path) if letter == "/" and end}
    )


@dataclass(frozen=True, slots=True)
class Participant:
    """Somebody in the unit of a meeting; `state` is empty as long as nothing was recorded."""

    public_id: UUID
    name: str
    title: str
    state: str


_PARTICIPANTS = (
    select(
        Person.public_id,
        Person.given_name,
        Person.family_name,
        func.max(Employment.title),
        Attendance.state,
    )
    .select_from(Employment)
    .join(Person, and_(Person.employer_id == Employment.employer_id, Person.id == Employment.person_id))
    .outerjoin(
        Attendance,
        and_(
            Attendance.employer_id == Person.employer_id,
            Attendance.person_id == Person.id,
            Attendance.session_id == bindparam("session"),
            Attendance.superseded_at.is_(None),
        ),
    )
    .where(
        Employment.employer_id == EMPLOYER,
        in_force(Employment, TODAY),
        Employment.unit_id.in_(units_reached(true(), in_unit=True)),
    )
    .group_by(Person.public_id, Person.given_name, Person.family_name, Attendance.state)
    .order_by(*in_order(Person.given_name, Person.family_name))
)


def participants(ctx: Context, meeting: MeetingView) -> list[Participant]:
    """Everybody who works in the meeting's unit, with recorded attendance. One statement."""
    ctx.require(Permission.HOLD_MEETING)
    rows = ctx.rows(_PARTICIPANTS, session=meeting.session_id, unit=meeting.unit_key)
    return [
        Participant(public_id, f"{given} {family}", title, state or "")
        for public_id, given, family, title, state in rows
    ]


@dataclass(frozen=True, slots=True)
class ActionView:
    """One agreed action, as it is shown."""

    public_id: UUID
    what: str
    responsible: str
    mine: bool
    due_on: date
    done_on: date | None
    unit: str
    protected: bool  # the identity of who is responsible


def actions_of(ctx: Context, meeting: MeetingView) -> list[ActionView]:
    """What was agreed at a meeting the caller has opened, the actor's own first. One statement.

    Open: the meeting was found by a query that checks who asks.
    """
    return _action_views(ctx, ctx.rows(_ACTIONS_OF_MEETING, meeting=meeting.id))


def my_actions(ctx: Context) -> list[ActionView]:
    """The actor's agreed actions that are not done yet, by date. One statement."""
    ctx.require(Permission.LEARN)
    return _action_views(ctx, ctx.rows(_MY_ACTIONS))


def open_actions(ctx: Context) -> list[ActionView]:
    """Agreed actions of the units in reach that are not done yet, by date. One statement."""
    in_reach = ctx.reach(Permission.HOLD_MEETING, Unit.path)
    return _action_views(ctx, ctx.rows(_open_actions(in_reach)))


_ACTIONS = (
    select(
        AgreedAction.public_id, AgreedAction.what, Person.given_name, Person.family_name, Person.id,
        AgreedAction.due_on, AgreedAction.done_on, Unit.name, Person.protected,
    )
    .join(Person, and_(Person.employer_id == AgreedAction.employer_id, Person.id == AgreedAction.responsible_id))
    .join(Meeting, and_(Meeting.employer_id == AgreedAction.employer_id, Meeting.id == AgreedAction.meeting_id))
    .join(Unit, and_(Unit.employer_id == Meeting.employer_id, Unit.id == Meeting.unit_id))
    .where(AgreedAction.employer_id == EMPLOYER)
)  # fmt: skip
_NOT_DONE = _ACTIONS.where(AgreedAction.done_on.is_(None)).order_by(AgreedAction.due_on, AgreedAction.id)
_MY_ACTIONS = _NOT_DONE.where(AgreedAction.responsible_id == ME)
_ACTIONS_OF_MEETING = _ACTIONS.where(AgreedAction.meeting_id == bindparam("meeting")).order_by(
    AgreedAction.responsible_id != ME, AgreedAction.id
)


@built_once
def _open_actions(in_reach: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    return _NOT_DONE.where(in_reach)


def _action_views(ctx: Context, rows: Iterable[Sequence[Any]]) -> list[ActionView]:
    return [
        ActionView(
            public_id, what, f"{given} {family}", person == ctx.who.person_id, due_on, done_on, unit, hidden
        )
        for public_id, what, given, family, person, due_on, done_on, unit, hidden in rows
    ]


@dataclass(frozen=True, slots=True)
class Attended:
    """A meeting that somebody was present at."""

    meeting: UUID
    course: str
    starts_at: datetime


def meetings_of(ctx: Context, person_id: UUID) -> list[Attended]:
    """Meetings that somebody who works in reach was present at, newest first. One statement."""
    in_reach = ctx.reach(Permission.SEE_TEAM, REACHED.path)
    return [Attended(*row) for row in ctx.rows(_attended(in_reach), person=person_id)]


@built_once
def _attended(in_reach: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    works_there = (
        select(Employment.id)
        .where(
            Employment.employer_id == EMPLOYER,
            Employment.person_id == Person.id,
            Employment.unit_id.in_(units_reached(in_reach)),
            in_force(Employment, TODAY),
        )
        .exists()
    )
    return (
        select(Meeting.public_id, Meeting.course, MeetingSession.starts_at)
        .join(
            MeetingSession,
            and_(MeetingSession.employer_id == Meeting.employer_id, MeetingSession.meeting_id == Meeting.id),
        )
        .join(
            Attendance,
            and_(Attendance.employer_id == Meeting.employer_id, Attendance.session_id == MeetingSession.id),
        )
        .join(Person, and_(Person.employer_id == Attendance.employer_id, Person.id == Attendance.person_id))
        .where(
            Meeting.employer_id == EMPLOYER,
            Attendance.superseded_at.is_(None),
            Attendance.state == "present",
            Person.public_id == bindparam("person"),
            works_there,
        )
        .order_by(MeetingSession.starts_at.desc())
    )


def unit_members(ctx: Context, unit_id: int) -> list[int]:
    """Persons who work today in a unit or below it.

    Open: asked by the worker and by actions that have checked who asks.
    """
    return list(
        ctx.db.scalars(
            select(Employment.person_id)
            .distinct()
            .where(
                Employment.employer_id == ctx.employer_id,
                in_force(Employment, ctx.today),
                Employment.unit_id.in_(_units_below(ctx, unit_id)),
            )
        )
    )


def people_in_reach(ctx: Context) -> Select[int]:
    """Select of the persons who work today where the actor may hold meetings."""
    in_reach = ctx.reach(Permission.HOLD_MEETING, Unit.path)
    return (
        select(Employment.person_id)
        .join(Unit, and_(Unit.employer_id == Employment.employer_id, Unit.id == Employment.unit_id))
        .where(Employment.employer_id == ctx.employer_id, in_force(Employment, ctx.today), in_reach)
    )


def first_start(ctx: Context, meeting_id: int) -> datetime:
    """When the first session of a meeting starts.

    Open: asked by the worker.
    """
    return (
        ctx.db.scalars(
            select(MeetingSession.starts_at)
            .where(MeetingSession.employer_id == ctx.employer_id, MeetingSession.meeting_id == meeting_id)
            .order_by(MeetingSession.starts_at)
        ).first()
        or ctx.now
    )


def minutes_of(ctx: Context, meeting_id: int) -> list[ActionView]:
    """What was agreed at a meeting, for the mail to the unit: without the name of a protected identity.

    Open: asked by the worker.
    """
    agreed = _action_views(ctx, ctx.rows(_ACTIONS_OF_MEETING, meeting=meeting_id))
    return [replace(each, responsible="") if each.protected else each for each in agreed]


def _units_below(ctx: Context, unit_id: int) -> Select[int]:
    return select(Unit.id).where(
        Unit.employer_id == ctx.employer_id,
        or_(Unit.id == unit_id, Unit.path.startswith(_path(ctx, unit_id))),
    )


def _path(ctx: Context, unit_id: int) -> ScalarSelect[str]:
    other = Unit.__table__.alias()
    return (
        select(other.c.path)
        .where(other.c.employer_id == ctx.employer_id, other.c.id == unit_id)
        .scalar_subquery()
    )
