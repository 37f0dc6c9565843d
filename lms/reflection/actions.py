"""Plan a staff meeting, give its reflection task, record who took part and what was agreed."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import and_, select, update

from lms.base.access import Permission
from lms.base.context import Context
from lms.base.errors import Conflict, Invalid, NotFound
from lms.catalogue import queries as catalogue
from lms.organisation.models import Person, Unit
from lms.reflection import queries
from lms.reflection.models import AgreedAction, Attendance, Meeting, MeetingSession, ReflectionTask
from lms.reflection.rules import Agreed, faults_of_notes, faults_of_plan


def plan_meeting(
    ctx: Context,
    unit_id: UUID,
    *,
    course: str,
    starts_at: datetime,
    place: str = "",
    why: str = "",
    minutes: int | None = None,
    give_task: bool = True,
) -> Meeting:
    """Plan a meeting of a unit in reach with the reflection material of a course.

    `minutes` is the length of one of the material's time plans; the usual one if it is left out.
    `give_task` gives everybody in the unit the task to think about before; they are told once.
    Raises NotFound for a unit out of reach or an unknown course, Invalid for a day that has passed and for a
    length that the material has no plan for.
    """
    ctx.require(Permission.HOLD_MEETING)
    unit = ctx.db.scalar(
        select(Unit).where(
            Unit.employer_id == ctx.employer_id,
            Unit.public_id == unit_id,
            ctx.reach(Permission.HOLD_MEETING, Unit.path),
        )
    )
    if unit is None:
        raise NotFound
    edition = catalogue.current_edition(ctx, course)
    material = edition.text(ctx.language).reflection
    faults = faults_of_plan(why, place, ctx.day_of(starts_at), ctx.today)
    if minutes is not None and minutes not in material.time_plans:
        faults["minutes"] = "missing"
    if faults:
        raise Invalid(faults)
    meeting = Meeting(
        employer_id=ctx.employer_id,
        unit_id=unit.id,
        course=course,
        edition_id=edition.id,
        planned_by=ctx.who.person_id,
        why=why.strip(),
        minutes=material.length(minutes),
        created_at=ctx.now,
    )
    ctx.db.add(meeting)
    ctx.db.flush()
    ctx.db.add(
        MeetingSession(
            employer_id=ctx.employer_id, meeting_id=meeting.id, starts_at=starts_at, place=place.strip()
        )
    )
    ctx.note("meeting.planned", meeting, course=course, starts_at=starts_at.isoformat())
    if give_task:
        ctx.db.add(ReflectionTask(employer_id=ctx.employer_id, meeting_id=meeting.id, given_at=ctx.now))
        ctx.later("after_task_given", str(meeting.public_id), meeting_id=meeting.id)
    return meeting


def record_meeting(
    ctx: Context,
    meeting_id: UUID,
    *,
    present: Collection[UUID],
    agreed: Sequence[Agreed],
    notes: str = "",
) -> Meeting:
    """Keep who took part in a meeting in reach and what was agreed; everybody in the unit gets the notes once.

    May be done again: attendance is replaced, further agreed actions are added. Who is not in
    `present` is recorded as absent. Raises NotFound, Conflict before the meeting's day, Invalid with
    codes per field (`what-1`, `who-1`, `due-1`, `notes`).
    """
    ctx.require(Permission.HOLD_MEETING)
    held = queries.meeting_in_reach(ctx, meeting_id)
    if ctx.day_of(held.starts_at) > ctx.today:
        raise Conflict("meeting_not_yet")
    faults = faults_of_notes(notes, agreed, ctx.today)
    if faults:
        raise Invalid(faults)
    people = _people(ctx, {*present, *(entry.responsible for entry in agreed if entry.responsible)})
    meeting = ctx.open(Meeting, meeting_id, lock=True)
    _record_attendance(ctx, held.session_id, held.unit_id, {people[person] for person in present})
    for entry in agreed:
        if entry.responsible is None or entry.due_on is None:
            continue  # refused above
        ctx.db.add(
            AgreedAction(
                employer_id=ctx.employer_id,
                meeting_id=meeting.id,
                what=entry.what.strip(),
                responsible_id=people[entry.responsible],
                due_on=entry.due_on,
                created_at=ctx.now,
            )
        )
    meeting.notes = notes.strip()
    meeting.held_at = meeting.held_at or ctx.now
    ctx.note("meeting.recorded", meeting, present=len(present), agreed=len(agreed))
    ctx.later("after_meeting", str(meeting.public_id), meeting_id=meeting.id)
    return meeting


def _record_attendance(ctx: Context, session_id: int, unit_id: int, present: set[int]) -> None:
    """Replace the attendance of those who could be ticked; who has left the unit since then keeps theirs."""
    listed = present | set(queries.unit_members(ctx, unit_id))
    ctx.db.execute(
        update(Attendance)
        .where(
            Attendance.employer_id == ctx.employer_id,
            Attendance.session_id == session_id,
            Attendance.person_id.in_(listed),
            Attendance.superseded_at.is_(None),
        )
        .values(superseded_at=ctx.now)
        .execution_options(synchronize_session=False)
    )
    ctx.db.add_all(
        Attendance(
            employer_id=ctx.employer_id,
            session_id=session_id,
            person_id=person,
            state="present" if person in present else "absent",
            recorded_by=ctx.who.person_id,
            recorded_at=ctx.now,
        )
        for person in sorted(listed)
    )


def _people(ctx: Context, public_ids: set[UUID]) -> dict[UUID, int]:
    """Internal keys of people who work in the actor's reach; raises NotFound if one does not."""
    in_reach = queries.people_in_reach(ctx)
    rows = ctx.db.execute(
        select(Person.public_id, Person.id).where(
            and_(
                Person.employer_id == ctx.employer_id,
                Person.public_id.in_(public_ids),
                Person.id.in_(in_reach),
            )
        )
    )
    found = {public_id: person for public_id, person in rows}  # noqa: C416  (dict() takes a result for a mapping)
    if set(found) != public_ids:
        raise NotFound
    return found


def complete_action(ctx: Context, action_id: UUID) -> AgreedAction:
    """Mark an agreed action of the actor's own as done; a second time changes nothing. Raises NotFound."""
    ctx.require(Permission.LEARN)
    action = ctx.open(AgreedAction, action_id)
    if action.responsible_id != ctx.who.person_id:
        raise NotFound
    if action.done_on is None:
        action.done_on = ctx.today
        ctx.note("agreed_action.done", action)
    return action
