"""What a change of requirements would do to people, before it is made: who is asked anew, by when, and who no more."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
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
    """What it does to people in the actor's reach if a course is asked for by other versions, seen from a day.

    A bounded number of statements, however many people. Raises NotFound unless the actor sets requirements.
    """
    ctx.require(Permission.SET_REQUIREMENT)
    known, places = people(ctx, None), _places(ctx, day)
    due_before = _due(known, places, (each for each in before if each.course == course), day)
    due_after = _due(known, places, (each for each in after if each.course == course), day)
    _add_assignments(ctx, course, places, due_before, due_after)
    concerned = sorted({*due_before, *due_after})
    found = Effects(day)
    names, shown, unchanged = _named(ctx, concerned), _known_until(ctx, course, concerned), 0
    for person_id in concerned:
        public_id, name = names[person_id]
        was, now = due_before.get(person_id), due_after.get(person_id)
        post_id = (now or was or (NEVER, 0))[1]
        each = Affected(
            public_id,
            name,
            places[post_id] if name else "",
            was and was[0],
            now and now[0],
            shown.get(person_id),
        )
        where = _list_of(found, each)
        if where is None:
            unchanged += 1
        else:
            where.append(each)
    language = language_of(ctx.country)
    for some in (found.new, found.new_but_known, found.sooner, found.later, found.released):
        some.sort(key=lambda each: (not each.name, name_key(each.name, language)))
    return replace(found, unchanged=unchanged)


def _list_of(found: Effects, each: Affected) -> list[Affected] | None:
    if each.due_after is None:
        return found.released
    if each.due_before is None:
        return found.new_but_known if each.knows(found.day) else found.new
    if each.due_after == each.due_before or each.knows(found.day):
        return None
    return found.sooner if each.due_after < each.due_before else found.later


Due = dict[int, tuple[date, int]]  # by person: by when, and for which employment


def _places(ctx: Context, day: date) -> dict[int, str]:
    """The employments in the actor's reach that are not over by a day, with the names of their units. One statement."""
    return {
        row.id: row.name
        for row in ctx.db.execute(
            select(Employment.id, Unit.name)
            .join(Unit, and_(Unit.employer_id == Employment.employer_id, Unit.id == Employment.unit_id))
            .where(
                Employment.employer_id == ctx.employer_id,
                Employment.superseded_at.is_(None),
                or_(Employment.valid_to.is_(None), Employment.valid_to >= day),
                ctx.reach(Permission.SET_REQUIREMENT, Unit.path),
            )
        )
    }


def _due(known: People, places: Mapping[int, str], asking: Iterable[Version], day: date) -> Due:
    """By when each person must show it, by requirements alone: the earliest of their posts and of those that ask."""
    due: Due = {}
    for person_id, asked in known.asked(asking, day):
        if asked.post.id in places:
            when = (asked.due_on, asked.post.id)
            due[person_id] = min(when, due.get(person_id, when))
    return due


def _add_assignments(ctx: Context, course: str, places: Mapping[int, str], *due: Due) -> None:
    """Let what leads have assigned count too, before as after; it is a reason of its own. One statement."""
    rows = ctx.db.execute(
        select(Duty.person_id, Duty.employment_id, DutySource.due_on)
        .join(DutySource, and_(DutySource.employer_id == Duty.employer_id, DutySource.duty_id == Duty.id))
        .where(
            Duty.employer_id == ctx.employer_id,
            Duty.course == course,
            DutySource.assignment_id.is_not(None),
            DutySource.withdrawn_at.is_(None),
        )
    )
    for person_id, employment_id, due_on in rows:
        if employment_id in places:
            when = (due_on, employment_id)
            for dates in due:
                dates[person_id] = min(when, dates.get(person_id, when))


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


def _named(ctx: Context, person_ids: Sequence[int]) -> dict[int, tuple[UUID, str]]:
    """Public ids and names of people who were found in reach; no name of a protected identity."""
    found: dict[int, tuple[UUID, str]] = {}
    for some in in_parts(person_ids):
        for row in ctx.db.execute(
            select(
                Person.id, Person.public_id, Person.given_name, Person.family_name, Person.protected
            ).where(Person.employer_id == ctx.employer_id, Person.id.in_(some))
        ):
            found[row.id] = (row.public_id, "" if row.protected else f"{row.given_name} {row.family_name}")
    return found
