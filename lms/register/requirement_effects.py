"""What a change of requirements would do to people, before it is made: who is asked anew, by when, and who no more."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from sqlalchemy import and_, or_, select

from lms.base.access import Permission
from lms.base.context import Context
from lms.base.names import language_of, name_key
from lms.organisation.bulk import in_parts
from lms.organisation.models import Employment, Person, Unit
from lms.register.described import People, people
from lms.register.duty_rules import NEVER, Version
from lms.register.models import Duty, DutySource, Proof
from lms.register.rules import lasts_until


@dataclass(frozen=True, slots=True)
class Affected:
    """Somebody whom a change concerns; the name and unit of a protected identity are empty."""

    person_id: UUID
    name: str
    unit: str
    due_before: date | None  # empty: nothing asked for the course
    due_after: date | None  # empty: nothing does any more
    knows_until: (
        date | None
    )  # last day of what the person can show; empty: nothing, NEVER: it does not run out

    def knows(self, day: date) -> bool:
        """Whether the person can show it on a day."""
        return self.knows_until is not None and self.knows_until >= day


@dataclass(frozen=True, slots=True)
class Effects:
    """What a change does from a day on, people by name. Nobody stands in two lists."""

    day: date
    new: list[Affected] = field(default_factory=list)  # asked for what they cannot show
    new_but_known: list[Affected] = field(default_factory=list)  # asked for what they can show already
    sooner: list[Affected] = field(default_factory=list)  # must show it by an earlier day
    later: list[Affected] = field(default_factory=list)
    released: list[Affected] = field(default_factory=list)  # nothing asks them any more
    unchanged: int = 0  # people

    @property
    def overdue_at_once(self) -> int:
        """How many people are late on the first day by the change alone."""
        return sum(
            each.due_after is not None and each.due_after < self.day <= (each.due_before or NEVER)
            for each in (*self.new, *self.sooner)
        )


def effects(
    ctx: Context, course: str, before: Iterable[Version], after: Iterable[Version], day: date
) -> Effects:
    """What it does to people if a course is asked for by other versions, seen from a day.

    A bounded number of statements, however many people. Raises NotFound unless the actor sets requirements.
    """
    ctx.require(Permission.SET_REQUIREMENT)
    known = people(ctx, None)
    due_before = _due(known, (each for each in before if each.course == course), day)
    due_after = _due(known, (each for each in after if each.course == course), day)
    concerned = sorted({*due_before, *due_after})
    _add_assignments(ctx, course, due_before, due_after)
    found = Effects(day)
    names, shown, unchanged = _named(ctx, concerned, day), _known_until(ctx, course, concerned), 0
    for person_id in concerned:
        public_id, name, unit = names[person_id]
        each = Affected(
            public_id, name, unit, due_before.get(person_id), due_after.get(person_id), shown.get(person_id)
        )
        where = _list_of(found, each)
        if where is None:
            unchanged += 1
        else:
            where.append(each)
    language = language_of(ctx.country)
    for some in (found.new, found.new_but_known, found.sooner, found.later, found.released):
        some.sort(key=lambda each: (not each.name, name_key(each.name, language)))
    return Effects(day, found.new, found.new_but_known, found.sooner, found.later, found.released, unchanged)


def _list_of(found: Effects, each: Affected) -> list[Affected] | None:
    if each.due_after is None:
        return found.released
    if each.due_before is None:
        return found.new_but_known if each.knows(found.day) else found.new
    if each.due_after == each.due_before or each.knows(found.day):
        return None
    return found.sooner if each.due_after < each.due_before else found.later


def _due(known: People, asking: Iterable[Version], day: date) -> dict[int, date]:
    """By when each person must show it, by requirements alone: the earliest of their posts and of those that ask."""
    due: dict[int, date] = {}
    for person_id, asked in known.asked(asking, day):
        due[person_id] = min(asked.due_on, due.get(person_id, asked.due_on))
    return due


def _add_assignments(ctx: Context, course: str, *due: dict[int, date]) -> None:
    """Let what leads have assigned count too, before as after; it is a reason of its own. One statement."""
    rows = ctx.db.execute(
        select(Duty.person_id, DutySource.due_on)
        .join(DutySource, and_(DutySource.employer_id == Duty.employer_id, DutySource.duty_id == Duty.id))
        .join(
            Employment, and_(Employment.employer_id == Duty.employer_id, Employment.id == Duty.employment_id)
        )
        .where(
            Duty.employer_id == ctx.employer_id,
            Duty.course == course,
            DutySource.assignment_id.is_not(None),
            DutySource.withdrawn_at.is_(None),
            Employment.superseded_at.is_(None),
        )
    )
    for person_id, due_on in rows:
        for dates in due:
            dates[person_id] = min(due_on, dates.get(person_id, due_on))


def _known_until(ctx: Context, course: str, person_ids: Sequence[int]) -> dict[int, date]:
    """Until when each person can show a course."""
    until: dict[int, date] = {}
    for some in in_parts(person_ids):
        for person_id, expires_on, renewal_due_on in ctx.db.execute(
            select(Proof.person_id, Proof.expires_on, Proof.renewal_due_on).where(
                Proof.employer_id == ctx.employer_id,
                Proof.course == course,
                Proof.revoked_on.is_(None),
                Proof.person_id.in_(some),
            )
        ):
            last = lasts_until(expires_on, renewal_due_on) or NEVER
            until[person_id] = max(last, until.get(person_id, last))
    return until


def _named(ctx: Context, person_ids: Sequence[int], day: date) -> Mapping[int, tuple[UUID, str, str]]:
    """Who the people are, and where they work on a day or later."""
    found: dict[int, tuple[UUID, str, str]] = {}
    for some in in_parts(person_ids):
        for person_id, public_id, given, family, protected, unit in ctx.db.execute(
            select(
                Person.id,
                Person.public_id,
                Person.given_name,
                Person.family_name,
                Person.protected,
                Unit.name,
            )
            .join(
                Employment,
                and_(Employment.employer_id == Person.employer_id, Employment.person_id == Person.id),
            )
            .join(Unit, and_(Unit.employer_id == Employment.employer_id, Unit.id == Employment.unit_id))
            .where(
                Person.employer_id == ctx.employer_id,
                Person.id.in_(some),
                Employment.superseded_at.is_(None),
                or_(Employment.valid_to.is_(None), Employment.valid_to >= day),
            )
            .order_by(Employment.valid_from.desc())  # the post of that day comes last
        ):
            found[person_id] = (
                public_id,
                "" if protected else f"{given} {family}",
                "" if protected else unit,
            )
    return found
