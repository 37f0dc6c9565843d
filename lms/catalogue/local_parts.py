"""What employers add to courses: read beside a step, written, found to fit still, taken away."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, String, and_, bindparam, insert, select

from lms.base.access import Permission
from lms.base.context import Context
from lms.base.errors import Conflict, Invalid, NotFound
from lms.base.statements import EMPLOYER, ME
from lms.catalogue.local_rules import CONTENT, Fit, LocalText, faults_of, fit, stands_at
from lms.catalogue.models import LocalPart, LocalReading
from lms.catalogue.queries import edition, editions
from lms.catalogue.values import Edition

_COURSE = bindparam("course", type_=String)
_IN_FORCE = select(
    LocalPart.id,
    LocalPart.lesson,
    LocalPart.step,
    LocalPart.edition_id,
    LocalPart.content,
    LocalPart.recorded_at,
).where(LocalPart.employer_id == EMPLOYER, LocalPart.course == _COURSE, LocalPart.superseded_at.is_(None))
_READ = (
    _IN_FORCE.add_columns(LocalReading.id)
    .outerjoin(
        LocalReading,
        and_(
            LocalReading.employer_id == LocalPart.employer_id,
            LocalReading.local_part_id == LocalPart.id,
            LocalReading.person_id == ME,
        ),
    )
    .order_by(LocalPart.id)
)

_OF_LESSON = _READ.where(LocalPart.lesson == bindparam("lesson", type_=String))
_VERSIONS = (
    select(LocalPart.course, LocalPart.id)
    .where(LocalPart.employer_id == EMPLOYER, LocalPart.superseded_at.is_(None))
    .order_by(LocalPart.id)
)


@dataclass(frozen=True, slots=True)
class Local:
    """A local part as it stands at a step."""

    id: int
    step: str  # it was written for; where that is gone it stands at the last one of its lesson
    text: LocalText
    recorded_at: datetime
    is_read: bool  # by the actor, in this version


def local_parts(ctx: Context, now: Edition, lesson_id: str, step_id: str) -> list[Local]:
    """What the actor's employer adds to a step; at the last one of a lesson what has lost its place. One statement."""
    ctx.require(Permission.SEE_COURSES)
    if now.lesson(lesson_id) is None:
        return []
    return _by_step(now, ctx.rows(_OF_LESSON, course=now.course, lesson=lesson_id)).get(
        (lesson_id, step_id), []
    )


def all_local_parts(ctx: Context, now: Edition) -> dict[tuple[str, str], list[Local]]:
    """What the actor's employer adds to a course, by lesson and step, as `local_parts` gives it. One statement."""
    ctx.require(Permission.SEE_COURSES)
    return _by_step(now, ctx.rows(_READ, course=now.course))


def _by_step(now: Edition, rows: Iterable[Row[*tuple[Any, ...]]]) -> dict[tuple[str, str], list[Local]]:
    found: dict[tuple[str, str], list[Local]] = defaultdict(list)
    for row in rows:
        lesson = now.lesson(row.lesson)
        if lesson is not None:
            local = Local(
                row[0], row.step, CONTENT.validate_python(row.content), row.recorded_at, row[-1] is not None
            )
            found[lesson.id, stands_at(lesson, row.step)].append(local)
    return dict(found)


def local_versions(ctx: Context) -> dict[str, list[int]]:
    """Which versions of its own parts the actor's employer adds, by course. One statement."""
    ctx.require(Permission.SEE_COURSES)
    found: dict[str, list[int]] = defaultdict(list)
    for course, part in ctx.rows(_VERSIONS):
        found[course].append(part)
    return dict(found)


def note_local_reading(ctx: Context, shown: list[Local]) -> None:
    """Keep which versions the actor has seen; a second time changes nothing."""
    who = ctx.require(Permission.LEARN)
    for local in shown:
        if not local.is_read:
            ctx.add_once(
                LocalReading(
                    employer_id=who.employer_id,
                    person_id=who.person_id,
                    local_part_id=local.id,
                    read_at=ctx.now,
                )
            )


def note_local_readings(ctx: Context, shown: Collection[Local], people: Collection[int]) -> None:
    """Keep that each of some people has seen what a group was shown; for whom it is kept nothing changes.

    Open: called for a group in the actor's reach, whose people are locked. Two statements at most.
    """
    parts = [local.id for local in shown]
    if not parts:
        return
    known = {
        (row.local_part_id, row.person_id)
        for row in ctx.db.execute(
            select(LocalReading.local_part_id, LocalReading.person_id).where(
                LocalReading.employer_id == ctx.employer_id,
                LocalReading.local_part_id.in_(parts),
                LocalReading.person_id.in_(people),
            )
        )
    }
    shared = {"employer_id": ctx.employer_id, "read_at": ctx.now}
    new = [
        shared | {"local_part_id": part, "person_id": person}
        for part in parts
        for person in people
        if (part, person) not in known
    ]
    if new:
        ctx.db.execute(insert(LocalReading), new)


@dataclass(frozen=True, slots=True)
class Placed:
    """A local part with where it belongs, and whether it still fits the newest edition."""

    lesson: str
    step: str
    text: LocalText
    fit: Fit


def placed_parts(ctx: Context, now: Edition) -> dict[str, list[Placed]]:
    """Everything the employer adds to a course, by lesson, those that no longer fit first. Two statements."""
    ctx.require(Permission.WRITE_LOCAL)
    rows = ctx.rows(_IN_FORCE, course=now.course).all()
    written_for = editions(ctx, [row.edition_id for row in rows])
    found: dict[str, list[Placed]] = defaultdict(list)
    for row in rows:
        how = fit(row.lesson, row.step, written_for[row.edition_id], now)
        found[row.lesson].append(Placed(row.lesson, row.step, CONTENT.validate_python(row.content), how))
    for parts in found.values():
        parts.sort(key=lambda part: part.fit is Fit.FITS)
    return dict(found)


def local_part(ctx: Context, now: Edition, lesson_id: str, step_id: str) -> Placed | None:
    """What the employer adds to one step, or added before the step or its lesson went; None if nothing.

    Raises NotFound if there is neither such a step nor such a part.
    """
    ctx.require(Permission.WRITE_LOCAL)
    row = _in_force(ctx, now.course, lesson_id, step_id)
    if row is not None:
        how = fit(lesson_id, step_id, edition(ctx, row.edition_id), now)
        return Placed(lesson_id, step_id, CONTENT.validate_python(row.content), how)
    if not _has_step(now, lesson_id, step_id):
        raise NotFound
    return None


def write_local(ctx: Context, now: Edition, lesson_id: str, step_id: str, text: LocalText) -> None:
    """Add to a step, or put another text in the place of what stands there.

    What stood there before stays on record. Written as it stands already, it is found to fit the newest edition.
    Raises NotFound if the newest edition has no such step, Invalid (see `faults_of`), Conflict("local_written") if
    somebody else adds something there at this moment.
    """
    ctx.require(Permission.WRITE_LOCAL)
    if not _has_step(now, lesson_id, step_id):
        raise NotFound
    if faults := faults_of(text, now.language(ctx.language)):
        raise Invalid(faults)
    content = CONTENT.dump_python(text, mode="json")
    before = _in_force(ctx, now.course, lesson_id, step_id, lock=True)
    if before is not None:
        if (before.content, before.edition_id) == (content, now.id):
            return
        before.superseded_at = ctx.now
        ctx.db.flush()
    part = LocalPart(
        employer_id=ctx.employer_id, course=now.course, lesson=lesson_id, step=step_id, edition_id=now.id,
        content=content, written_by=ctx.who.person_id, recorded_at=ctx.now,
    )  # fmt: skip
    if not ctx.add_once(part):
        raise Conflict("local_written")
    ctx.note("local.written", part, course=now.course, lesson=lesson_id, step=step_id)


def remove_local(ctx: Context, course: str, lesson_id: str, step_id: str) -> None:
    """Take away what the employer adds to a step; it stays on record. Raises NotFound if nothing stands there."""
    ctx.require(Permission.WRITE_LOCAL)
    part = _in_force(ctx, course, lesson_id, step_id, lock=True)
    if part is None:
        raise NotFound
    part.superseded_at = ctx.now
    ctx.note("local.removed", part, course=course, lesson=lesson_id, step=step_id)


def _in_force(
    ctx: Context, course: str, lesson_id: str, step_id: str, *, lock: bool = False
) -> LocalPart | None:
    query = select(LocalPart).where(
        LocalPart.employer_id == ctx.employer_id,
        LocalPart.course == course,
        LocalPart.lesson == lesson_id,
        LocalPart.step == step_id,
        LocalPart.superseded_at.is_(None),
    )
    return ctx.db.scalars(query.with_for_update() if lock else query).one_or_none()


def _has_step(now: Edition, lesson_id: str, step_id: str) -> bool:
    lesson = now.lesson(lesson_id)
    return lesson is not None and step_id in {step.id for step in lesson.steps}
