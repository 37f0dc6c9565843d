"""Read critical coverage: where a unit needs so many people who can show a course, how many it has, and until when."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum, auto
from itertools import groupby
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, bindparam, exists, or_, select, tuple_

from lms.base.access import Permission
from lms.base.context import Context
from lms.base.statements import EMPLOYER, TODAY, built_once
from lms.organisation.models import Employment, RoleProfile, Unit
from lms.organisation.queries import in_force, path_of_unit
from lms.register.described import versions
from lms.register.duty_rules import DAY
from lms.register.models import Coverage, Status


class Spare(StrEnum):
    """How a unit stands with its minimum, exceptions first."""

    BELOW = auto()
    LAST = auto()  # as many as it needs: nobody to spare
    ENOUGH = auto()


@dataclass(frozen=True, slots=True)
class Critical:
    """A unit and a course of which it needs so many people at every time."""

    unit_id: UUID
    unit: str
    course: str
    known: int  # people directly in the unit who can show it
    asked: int
    minimum: int
    place: int  # internal key of the unit
    last_day: date | None = (
        None  # after which it falls below, as things stand; empty: no end is known, or it is below
    )

    @property
    def spare(self) -> Spare:
        """How it stands with its minimum."""
        if self.known < self.minimum:
            return Spare.BELOW
        return Spare.LAST if self.known == self.minimum else Spare.ENOUGH


def critical_coverage(
    ctx: Context, unit_id: UUID | None = None, *, permission: Permission = Permission.SEE_REGISTER
) -> list[Critical]:
    """Every unit in the actor's reach (or in one of its units) and each course it needs people for. Two statements.

    Exceptions first: what is furthest below, then what has nobody to spare. A minimum is that of the strictest
    requirement in force in whose unit the unit lies, and which is about somebody who works or worked there; everybody
    there who is asked for the course and can show it counts. A unit counts if somebody there is asked for the course,
    or was and somebody works there.
    """
    in_reach = ctx.reach(permission, Unit.path)
    critical = [each for each in versions(ctx) if each.minimum is not None and each.holds_on(ctx.today)]
    if not critical:
        return []
    rows = ctx.rows(
        _counted(in_reach, in_unit=unit_id is not None),
        unit=unit_id,
        courses=sorted({each.course for each in critical}),
    )
    found = []
    for (unit, name, path, key, course, known, asked), of_place in groupby(
        rows, key=lambda row: tuple(row[:7])
    ):
        held = [(role, kind) for *_place, role, kind in of_place]  # by who works there, or has
        minimum = max(
            (
                each.minimum or 0
                for each in critical
                if each.course == course and path.startswith(each.path)
                and any(each.is_about(*post) for post in held)
            ),
            default=0,
        )  # fmt: skip
        if minimum:
            found.append(Critical(unit, name, course, known, asked, minimum, key))
    return sorted(found, key=_urgency)


def _urgency(each: Critical) -> tuple[int, str, str]:
    return each.known - each.minimum, each.unit, each.course


@built_once
def _counted(in_reach: ColumnElement[bool], *, in_unit: bool) -> Select[*tuple[Any, ...]]:
    """Unit and course with their counts, a row for each role and kind of employment there is or was."""
    works_there = exists().where(
        Employment.employer_id == Coverage.employer_id,
        Employment.unit_id == Coverage.unit_id,
        in_force(Employment, TODAY),
    )
    held = (
        select(Employment.unit_id, RoleProfile.key, Employment.kind)
        .distinct()
        .join(
            RoleProfile,
            and_(
                RoleProfile.employer_id == Employment.employer_id,
                RoleProfile.id == Employment.role_profile_id,
            ),
        )
        .where(Employment.employer_id == EMPLOYER, Employment.superseded_at.is_(None))
        .subquery()
    )
    query = (
        select(
            Unit.public_id, Unit.name, Unit.path, Unit.id, Coverage.course, Coverage.known_people, Coverage.people,
            held.c.key, held.c.kind,
        )
        .join(Coverage, and_(Coverage.employer_id == Unit.employer_id, Coverage.unit_id == Unit.id))
        .join(held, held.c.unit_id == Unit.id)
        .where(
            Unit.employer_id == EMPLOYER,
            Coverage.course.in_(bindparam("courses", expanding=True)),
            or_(Coverage.people > 0, works_there),
            in_reach,
        )
        .order_by(Unit.id, Coverage.course)
    )  # fmt: skip
    return query.where(Unit.path.startswith(path_of_unit())) if in_unit else query


def with_last_days(
    ctx: Context, some: Sequence[Critical], *, permission: Permission = Permission.SEE_REGISTER
) -> list[Critical]:
    """The same with the day after which each falls below its minimum, as things stand. One statement.

    The proof that runs out next, the post that ends without one that follows, or the exemption that begins takes away
    one who can show it; so many as there are to spare may go before.
    """
    ctx.require(permission)
    rows = ctx.rows(_POSTS, places=[(each.place, each.course) for each in some]).all()
    days: dict[tuple[int, str], list[date]] = defaultdict(list)
    for (place, course, _person), posts in groupby(rows, key=lambda row: tuple(row[:3])):
        last = _last_day([_Post(*post[3:]) for post in posts], ctx.today)
        if last is not None:
            days[place, course].append(last)
    return [replace(each, last_day=_falls(days[each.place, each.course], each.minimum)) for each in some]


def _falls(last_days: Sequence[date], minimum: int) -> date | None:
    """The last day on which so many are left; None: there are too few already, or no end is known."""
    if len(last_days) < minimum:
        return None
    day = sorted(last_days, reverse=True)[minimum - 1]
    return None if day == date.max else day


@dataclass(frozen=True, slots=True)
class _Post:
    """An employment in which a course is asked for, and until when it can be shown there."""

    first: date
    last: date | None
    achieved_on: date | None
    expires_on: date | None
    exempt_from: date | None
    exempt_to: date | None

    def asks(self, day: date) -> bool:
        exempt = self.exempt_from is not None and self.exempt_from <= day <= (self.exempt_to or date.max)
        return self.first <= day <= (self.last or date.max) and not exempt

    def shows(self, day: date) -> bool:
        return self.achieved_on is not None and self.achieved_on <= day <= (self.expires_on or date.max)

    def turns(self) -> Iterator[date]:
        """The last days before something changes."""
        yield from (each for each in (self.last, self.expires_on, self.exempt_to) if each)
        yield from (each - DAY for each in (self.first, self.exempt_from) if each)


def _last_day(posts: Sequence[_Post], today: date) -> date | None:
    """Until when somebody is among those who can show it in the unit, without a gap from today on; None: is not."""
    last = None
    for day in sorted({*(turn for post in posts for turn in post.turns() if turn >= today), date.max}):
        asking = [
            post for post in posts if post.asks(day)
        ]  # nothing changes from the day after the turn before on
        if not asking or not all(post.shows(day) for post in asking):
            break
        last = day
    return last


_POSTS = (
    select(
        Status.unit_id, Status.course, Status.person_id, Status.first_on, Status.last_on,
        Status.achieved_on, Status.expires_on, Status.exempt_from, Status.exempt_to,
    )
    .where(
        Status.employer_id == EMPLOYER,
        tuple_(Status.unit_id, Status.course).in_(bindparam("places", expanding=True)),
        Status.due_on.is_not(None),
        or_(Status.last_on.is_(None), Status.last_on >= TODAY),
    )
    .order_by(Status.unit_id, Status.course, Status.person_id)
)  # fmt: skip
