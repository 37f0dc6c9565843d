"""Rounds: since when people have been at a course, until a pass or an update closes it."""

from collections.abc import Collection
from datetime import date

from sqlalchemy import select, update

from lms.base.context import Context
from lms.organisation.bulk import add_many, in_parts
from lms.register.models import Beginning, Duty, Status


def note_starts(ctx: Context, people: Collection[int], course: str) -> None:
    """Record that several people have begun a course, as `note_start` does of one. At most three statements.

    Open: called by learning when a group reads a step, with people it has locked (`lock_people`).
    """
    begun = ctx.db.scalars(
        select(Beginning.person_id).where(
            Beginning.employer_id == ctx.employer_id,
            Beginning.person_id.in_(people),
            Beginning.course == course,
            Beginning.closed_on.is_(None),
        )
    )
    new = sorted(set(people).difference(begun))
    if new:
        shared = {"employer_id": ctx.employer_id, "course": course, "started_on": ctx.today}
        add_many(ctx, Beginning, [shared | {"person_id": person} for person in new])
        set_started(ctx, new, course, ctx.today)


def set_started(ctx: Context, people: Collection[int], course: str, started_on: date | None) -> None:
    """Let the status of people's duties say since when they have been at a course; None: they are not.

    Open: called by what begins and ends rounds.
    """
    duties = select(Duty.id).where(
        Duty.employer_id == ctx.employer_id, Duty.person_id.in_(people), Duty.course == course
    )
    ctx.db.execute(
        update(Status)
        .where(Status.employer_id == ctx.employer_id, Status.duty_id.in_(duties))
        .values(started_on=started_on)
        .execution_options(synchronize_session=False)
    )


def end_round(ctx: Context, person_id: int, course: str) -> None:
    """What is read of a course from now on is the next round.

    Open: called by the actions that enter what ends one.
    """
    ctx.db.execute(
        update(Beginning)
        .where(
            Beginning.employer_id == ctx.employer_id,
            Beginning.person_id == person_id,
            Beginning.course == course,
            Beginning.closed_on.is_(None),
        )
        .values(closed_on=ctx.today)
        .execution_options(synchronize_session=False)
    )
    set_started(ctx, [person_id], course, None)


def starts(ctx: Context, persons: set[int], courses: set[str]) -> dict[tuple[int, str], date]:
    """Since when the people have been at the courses, in rounds no pass has closed. A statement for each 5,000 people.

    Open: called by the actions that write status.
    """
    begun = select(Beginning.person_id, Beginning.course, Beginning.started_on).where(
        Beginning.employer_id == ctx.employer_id,
        Beginning.course.in_(courses),
        Beginning.closed_on.is_(None),
    )
    return {
        (person, course): started_on
        for some in in_parts(sorted(persons))
        for person, course, started_on in ctx.db.execute(begun.where(Beginning.person_id.in_(some)))
    }
