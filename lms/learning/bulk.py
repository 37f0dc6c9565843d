"""Do one thing for several people of the week's list in one go, with one reason; and take it back as a whole."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal
from uuid import UUID

from sqlalchemy import Select, and_, select

from lms.base.access import Permission
from lms.base.context import Context
from lms.base.errors import Conflict, Invalid, NotFound
from lms.learning.actions import LONGEST_REASON, assign_course, withdraw_assignment
from lms.learning.models import Assignment, BulkChange
from lms.organisation.bulk import lock_people
from lms.organisation.models import Person
from lms.register.dispensations import LONGEST, give_dispensation, take_back_dispensations
from lms.register.models import Duty, DutySource
from lms.register.rules import COUNTS_AS_KNOWN, State
from lms.register.week import WeekLine, week_lines

Kind = Literal["assignment", "extension", "exemption"]
Pair = tuple[UUID, str]  # person, course


@dataclass(frozen=True, slots=True)
class BulkPlan:
    """What a change would do: the lines it is about, and those that have it already."""

    lines: tuple[WeekLine, ...]
    skipped: tuple[WeekLine, ...]
    own: tuple[WeekLine, ...] = ()  # the actor's, from whom nobody takes a duty but whoever leads above

    @property
    def people(self) -> int:
        """How many people it is about."""
        return len({line.public_id for line in self.lines})


def plan_bulk(ctx: Context, pairs: Collection[Pair], kind: Kind, until: date) -> BulkPlan:
    """What would be done for those that still stand on the list. One statement."""
    ctx.require(Permission.ASSIGN)
    lines = week_lines(ctx, pairs)
    parts: dict[str, list[WeekLine]] = {"own": [], "skipped": [], "lines": []}
    for line in lines:
        is_own = line.is_own and kind != "assignment"
        parts["own" if is_own else "skipped" if _has_it(line, kind, until) else "lines"].append(line)
    return BulkPlan(**{name: tuple(some) for name, some in parts.items()})


def _has_it(line: WeekLine, kind: Kind, until: date) -> bool:
    """Whether it would be of no use: it was given anew already, or there is time, or a certificate, until then."""
    if kind == "assignment":
        return line.is_done or line.state is State.VALID
    if kind == "extension":
        lasts = line.state in COUNTS_AS_KNOWN and (line.expires_on is None or line.expires_on >= until)
        return line.due_on >= until or lasts
    return False


def bulk_faults(ctx: Context, pairs: Collection[Pair], until: date | None, reason: str) -> dict[str, str]:
    """What is wrong with a change, as codes by field. No statement.

    Open: of what the actor typed.
    """
    faults = {}
    if not pairs:
        faults["pick"] = "nobody_chosen"
    if until is None:
        faults["until"] = "missing"
    elif until < ctx.today:
        faults["until"] = "date_passed"
    elif until > ctx.today + timedelta(days=LONGEST):
        faults["until"] = "too_late"
    if not reason.strip():
        faults["reason"] = "missing"
    elif len(reason) > LONGEST_REASON:
        faults["reason"] = "too_long"
    return faults


def do_bulk(ctx: Context, pairs: Collection[Pair], kind: Kind, until: date, reason: str) -> BulkChange:
    """Give courses anew, more time, or exempt until a day; for those of the list that do not have it already.

    Raises Invalid with `bulk_faults`, Conflict("nothing_left") if nobody is left. All of it or nothing.
    """
    who = ctx.require(Permission.ASSIGN)
    if faults := bulk_faults(ctx, pairs, until, reason):
        raise Invalid(faults)
    # All of them before the first course: two leads who change the same people wait for each other, not in a circle.
    named = Person.employer_id == who.employer_id, Person.public_id.in_({person for person, _course in pairs})
    lock_people(ctx, select(Person.id).where(*named))
    plan = plan_bulk(ctx, pairs, kind, until)
    if not plan.lines:
        raise Conflict("nothing_left")
    made = (
        _assign(ctx, plan, until, reason)
        if kind == "assignment"
        else _dispense(ctx, plan, kind, until, reason)
    )
    change = BulkChange(
        employer_id=who.employer_id, made_by=who.person_id, kind=kind, people=plan.people, until=until,
        made=[str(key) for key in made], made_at=ctx.now,
    )  # fmt: skip
    ctx.db.add(change)
    ctx.note("bulk.made", change, kind=kind, people=plan.people, last_day=until.isoformat())
    return change


def _assign(ctx: Context, plan: BulkPlan, until: date, reason: str) -> list[UUID]:
    people: dict[str, list[UUID]] = defaultdict(list)
    for line in plan.lines:
        people[line.course].append(line.public_id)
    return [
        assign_course(ctx, course, whom, due_on=until, reason=reason).assignment.public_id
        for course, whom in people.items()
    ]


def _dispense(
    ctx: Context, plan: BulkPlan, kind: Literal["extension", "exemption"], until: date, reason: str
) -> list[UUID]:
    return [
        given.public_id
        for line in plan.lines
        for given in give_dispensation(
            ctx, line.public_id, line.course, kind, first=ctx.today, last=until, reason=reason
        )
    ]


def undo_bulk(ctx: Context, bulk_id: UUID) -> None:
    """Take back just what a change of the actor's did, until the end of its day.

    What somebody else has ended or withdrawn meanwhile stays so. Raises NotFound, Conflict("over") on another day,
    or a second time.
    """
    who = ctx.require(Permission.ASSIGN)
    change = ctx.open(BulkChange, bulk_id, lock=True)
    if change.made_by != who.person_id:
        raise NotFound
    if change.undone_at is not None or ctx.day_of(change.made_at) != ctx.today:
        raise Conflict("over")
    keys = [UUID(key) for key in change.made]
    if change.kind == "assignment":
        lock_people(ctx, _people_given(ctx, keys))
        for key in keys:
            withdraw_assignment(ctx, key)
    else:
        take_back_dispensations(ctx, keys)
    change.undone_at = ctx.now
    ctx.note("bulk.undone", change, kind=change.kind, people=change.people)


def _people_given(ctx: Context, assignments: Collection[UUID]) -> Select[int]:
    return (
        select(Duty.person_id)
        .join(DutySource, and_(DutySource.employer_id == Duty.employer_id, DutySource.duty_id == Duty.id))
        .join(
            Assignment,
            and_(Assignment.employer_id == DutySource.employer_id, Assignment.id == DutySource.assignment_id),
        )
        .where(Duty.employer_id == ctx.employer_id, Assignment.public_id.in_(assignments))
    )


@dataclass(frozen=True, slots=True)
class Done:
    """A change of today that can still be taken back."""

    public_id: UUID
    kind: str
    people: int
    until: date
    made_at: datetime


def done_today(ctx: Context) -> Sequence[Done]:
    """What the actor did today for several people and has not taken back, the newest first. One statement."""
    who = ctx.require(Permission.ASSIGN)
    rows = ctx.db.execute(
        select(BulkChange.public_id, BulkChange.kind, BulkChange.people, BulkChange.until, BulkChange.made_at)
        .where(
            BulkChange.employer_id == who.employer_id,
            BulkChange.made_by == who.person_id,
            BulkChange.undone_at.is_(None),
            BulkChange.made_at > ctx.end_of(ctx.today - timedelta(days=1)),
        )
        .order_by(BulkChange.id.desc())
    )
    return [Done(*row) for row in rows]
