"""Let somebody off a course for a time, or give them longer to get it; each with a reason and an end."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal
from uuid import UUID

from sqlalchemy import and_, case, func, or_, select
from sqlalchemy.orm import aliased

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


@dataclass(frozen=True, slots=True)
class DispensationView:
    """A dispensation as people read it."""

    public_id: UUID
    course: str
    kind: Kind
    first: date
    last: date
    reason: str
    given_by: str  # empty for a protected identity

    def is_over(self, day: date) -> bool:
        """Whether it holds no longer."""
        return self.last < day


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


_GIVER = aliased(Person)
_NODE = aliased(Unit)  # in which, and below which, it holds


def dispensations_of(ctx: Context, person_id: UUID) -> list[DispensationView]:
    """The dispensations of somebody in reach, those in force and to come first. One statement beside the reach's.

    Not those for posts elsewhere, which others lead. Raises NotFound.
    """
    ctx.require(Permission.DISPENSE)
    found = person_at_work(ctx, Permission.DISPENSE, Person.public_id == person_id)
    held = (
        select(Employment.id)
        .join(Unit, and_(Unit.employer_id == Employment.employer_id, Unit.id == Employment.unit_id))
        .where(
            Employment.employer_id == ctx.employer_id,
            Employment.person_id == found.id,
            Employment.superseded_at.is_(None),
            Unit.path.startswith(func.coalesce(_NODE.path, WHOLE)),
            ctx.reach(Permission.DISPENSE, Unit.path),
        )
        .correlate(_NODE)
    )
    rows = ctx.db.execute(
        select(
            Dispensation,
            case((_GIVER.protected, ""), else_=_GIVER.given_name + " " + _GIVER.family_name),
        )
        .join(
            _GIVER, and_(_GIVER.employer_id == Dispensation.employer_id, _GIVER.id == Dispensation.given_by)
        )
        .outerjoin(
            _NODE, and_(_NODE.employer_id == Dispensation.employer_id, _NODE.id == Dispensation.unit_id)
        )
        .where(
            Dispensation.employer_id == ctx.employer_id,
            Dispensation.person_id == found.id,
            Dispensation.superseded_at.is_(None),
            held.exists(),
        )
        .order_by(Dispensation.valid_to.desc(), Dispensation.id)
    )  # fmt: skip
    return [
        DispensationView(
            given.public_id,
            given.course,
            given.kind,
            given.valid_from,
            given.valid_to or date.max,
            given.reason,
            by,
        )
        for given, by in rows
    ]


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
