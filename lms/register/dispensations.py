"""Let somebody off a course for a time, or give them longer to get it; each with a reason and an end."""

from collections.abc import Collection, Sequence
from datetime import date
from typing import Literal
from uuid import UUID

from sqlalchemy import and_, or_, select

from lms.base.access import Permission
from lms.base.context import Context
from lms.base.errors import Conflict, Invalid, NotFound
from lms.organisation.bulk import lock_people
from lms.organisation.facts import revise
from lms.organisation.models import Employment, Person, Unit
from lms.organisation.people import person_at_work
from lms.organisation.queries import in_force
from lms.register.duty_rules import DAY, WHOLE
from lms.register.models import Dispensation
from lms.register.status import duties_of, refresh_status

Kind = Literal["exemption", "extension"]
LONGEST = 731  # days; what is to last longer is a matter for the requirement
FARTHEST_BACK = 366  # days before today on which it may begin
LONGEST_REASON = 400


def give_dispensation(
    ctx: Context, person_id: UUID, course: str, kind: Kind, *, first: date, last: date, reason: str
) -> list[Dispensation]:
    """Exempt somebody from a course from a day to a day, or give them until a last day to get it.

    It holds where the actor may say so: one for each highest unit of theirs in which the person works. Raises NotFound
    outside the reach and for the actor, whom others let off; Invalid (faults by field) without a reason or a sensible
    beginning and end.
    """
    ctx.require(Permission.DISPENSE)
    found = person_at_work(ctx, Permission.DISPENSE, Person.public_id == person_id)
    if found.id == ctx.who.person_id:
        raise NotFound
    faults = {}
    if not reason.strip():
        faults["reason"] = "missing"
    elif len(reason) > LONGEST_REASON:
        faults["reason"] = "too_long"
    if last < max(first, ctx.today):
        faults["last"] = "too_early"
    elif (last - ctx.today).days > LONGEST:
        faults["last"] = "too_late"
    if kind == "extension" and first != ctx.today:
        faults["first"] = "not_today"
    elif (ctx.today - first).days > FARTHEST_BACK:
        faults["first"] = "too_far_back"
    if faults:
        raise Invalid(faults)
    lock_people(ctx, [found.id])
    given = [
        Dispensation(
            employer_id=ctx.employer_id, person_id=found.id, unit_id=unit_id, course=course, kind=kind,
            reason=reason.strip(), given_by=ctx.who.person_id, valid_from=first, valid_to=last, recorded_at=ctx.now,
        )
        for unit_id in _nodes(ctx, found.id)
    ]  # fmt: skip
    ctx.db.add_all(given)
    for each in given:
        ctx.note(f"{kind}.given", each, course=course, last_day=last.isoformat())
    ctx.db.flush()
    refresh_status(ctx, duties_of(ctx, [found.id], course))
    return given


def _nodes(ctx: Context, person_id: int) -> Sequence[int | None]:
    """Where the actor may speak for somebody: the highest units above the posts in reach; None: everywhere."""
    own = ctx.who.paths(Permission.DISPENSE)
    if WHOLE in own:
        return [None]
    paths = ctx.db.scalars(
        select(Unit.path)
        .join(Employment, and_(Employment.employer_id == Unit.employer_id, Employment.unit_id == Unit.id))
        .where(
            Unit.employer_id == ctx.employer_id,
            Employment.person_id == person_id,
            in_force(Employment, ctx.today),
        )
    )
    nodes = {
        min(above, key=len) for path in paths if (above := [each for each in own if path.startswith(each)])
    }
    return sorted(int(node.rstrip("/").rpartition("/")[2]) for node in nodes)


def end_dispensation(ctx: Context, dispensation_id: UUID) -> None:
    """Let a dispensation end yesterday; one that has not begun never was. Raises NotFound, or Conflict when over."""
    ctx.require(Permission.DISPENSE)
    given = ctx.open(Dispensation, dispensation_id, lock=True)
    node = ctx.open(Unit, given.unit_id).path if given.unit_id else WHOLE
    if not any(node.startswith(own) for own in ctx.who.paths(Permission.DISPENSE)):
        raise NotFound
    person_at_work(ctx, Permission.DISPENSE, Person.id == given.person_id)
    if given.superseded_at is not None or (given.valid_to is not None and given.valid_to < ctx.today):
        raise Conflict("over")
    lock_people(ctx, [given.person_id])
    if given.valid_from >= ctx.today:
        given.superseded_at = ctx.now
    else:
        revise(ctx, given, valid_to=ctx.today - DAY)
    ctx.note(f"{given.kind}.ended", given, course=given.course)
    ctx.db.flush()
    refresh_status(ctx, duties_of(ctx, [given.person_id], given.course))


def take_back_dispensations(ctx: Context, ids: Collection[UUID]) -> int:
    """Let what the actor gave today never have been; those that are over or were ended meanwhile stay. How many.

    Raises NotFound for one that the actor did not give today.
    """
    who = ctx.require(Permission.DISPENSE)
    found = ctx.db.scalars(
        select(Dispensation).where(
            Dispensation.employer_id == ctx.employer_id,
            Dispensation.public_id.in_(ids),
            Dispensation.given_by == who.person_id,
        )
    ).all()
    if len(found) != len(set(ids)) or any(ctx.day_of(each.recorded_at) != ctx.today for each in found):
        raise NotFound
    lock_people(ctx, sorted({each.person_id for each in found}))
    open_ones = [each for each in found if each.superseded_at is None]
    for each in open_ones:
        each.superseded_at = ctx.now
        ctx.note(f"{each.kind}.taken_back", each, course=each.course)
    ctx.db.flush()
    for course in {each.course for each in open_ones}:
        people = {each.person_id for each in open_ones if each.course == course}
        refresh_status(ctx, duties_of(ctx, sorted(people), course))
    return len(open_ones)


def follow_dispensations(ctx: Context, since: date) -> None:
    """Let the status of duties follow dispensations that have begun or ended since a day, which counts.

    Open: called by the worker when a day begins.
    """
    people = ctx.db.scalars(
        select(Dispensation.person_id)
        .distinct()
        .where(
            Dispensation.employer_id == ctx.employer_id,
            Dispensation.superseded_at.is_(None),
            or_(
                Dispensation.valid_from.between(since, ctx.today),
                Dispensation.valid_to.between(since - DAY, ctx.today - DAY),
            ),
        )
    ).all()
    refresh_status(ctx, duties_of(ctx, people))
