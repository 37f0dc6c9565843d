"""What a change of requirements would do to people, before it is made: who is asked anew, by when, and who no more.

And what it does to what they can show: what counts no longer, counts again, is to be renewed sooner or later.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import date
from uuid import UUID

from sqlalchemy import select

from lms.base.access import Permission
from lms.base.context import Context
from lms.base.names import language_of, name_key
from lms.organisation.bulk import in_parts
from lms.organisation.models import Person
from lms.register.described import People, people
from lms.register.duty_rules import NEVER, Version
from lms.register.requirement_facts import (
    Asked,
    Facts,
    Outlook,
    Place,
    add_assignments,
    asked_by,
    places_on,
    proofs_shown,
    relief_from,
)
from lms.register.rules import Reason


@dataclass(frozen=True, slots=True)
class Affected:
    """Somebody whom a change concerns; the name and unit of a protected identity are empty."""

    person_id: UUID
    name: str
    unit: str
    before: Outlook | None  # empty: nothing asks for the course
    after: Outlook | None  # empty: nothing does any more


@dataclass(frozen=True, slots=True)
class Short:
    """A unit in which fewer people than the minimum can show it."""

    unit: str
    known: int  # people
    minimum: int


@dataclass(frozen=True, slots=True)
class Effects:
    """What a change does from a day on, people by name. Nobody stands in two lists."""

    day: date
    new: list[Affected] = field(default_factory=list)  # asked for what they cannot show
    new_but_known: list[Affected] = field(default_factory=list)  # asked for what they can show already
    sooner: list[Affected] = field(default_factory=list)  # must show it by an earlier day
    later: list[Affected] = field(default_factory=list)
    released: list[Affected] = field(default_factory=list)  # nothing asks them any more
    lapsed: list[Affected] = field(default_factory=list)  # what they can show counts no longer
    restored: list[Affected] = field(default_factory=list)  # what they could show once counts again
    renew_now: list[Affected] = field(default_factory=list)  # is to be renewed from the first day on
    renew_sooner: list[Affected] = field(default_factory=list)
    renew_later: list[Affected] = field(default_factory=list)
    unchanged: int = 0  # people
    short: list[Short] = field(default_factory=list)  # units, by name

    @property
    def lists(self) -> Iterator[list[Affected]]:
        """Those whom something changes for, list by list."""
        return (getattr(self, each.name) for each in fields(self) if each.name not in _NO_LISTS)

    @property
    def concerned(self) -> int:
        """How many people something changes for."""
        return sum(map(len, self.lists))

    @property
    def overdue_at_once(self) -> int:
        """How many people are late on the first day by the change alone."""
        return sum(
            each.after is not None
            and each.after.is_late(self.day)
            and not (each.before is not None and each.before.is_late(self.day))
            for some in self.lists
            for each in some
        )


_NO_LISTS = frozenset({"day", "unchanged", "short"})


def effects(
    ctx: Context, courses: Iterable[str], before: Iterable[Version], after: Iterable[Version], day: date
) -> dict[str, Effects]:
    """What it does to people in the actor's reach if courses are asked for by other versions, seen from a day.

    A bounded number of statements for each course, however many people. Raises NotFound unless the actor sets
    requirements.
    """
    ctx.require(Permission.SET_REQUIREMENT)
    known, places = people(ctx, None, day), places_on(ctx, day)
    return {
        course: _effects(ctx, course, known, places, _of(course, before), _of(course, after), day)
        for course in courses
    }


def _of(course: str, versions: Iterable[Version]) -> list[Version]:
    return [each for each in versions if each.course == course]


def _effects(
    ctx: Context, course: str, known: People, places: Mapping[int, Place],
    before: Sequence[Version], asking: Sequence[Version], day: date,
) -> Effects:  # fmt: skip
    was, will_be = (asked_by(known, places, versions, day) for versions in (before, asking))
    add_assignments(ctx, course, places, was, will_be)
    concerned = sorted({*was, *will_be})
    facts = Facts(proofs_shown(ctx, course, concerned), relief_from(ctx, course), places, day)
    names, found, unchanged = _named(ctx, concerned), Effects(day), 0
    for person in concerned:
        public_id, name = names[person]
        unit = _unit_of(will_be.get(person) or was[person], places) if name else ""
        each = Affected(public_id, name, unit, facts.outlook(person, was), facts.outlook(person, will_be))
        if (where := _list_of(found, each)) is None:
            unchanged += 1
        else:
            where.append(each)
    language = language_of(ctx.country)
    for some in found.lists:
        some.sort(key=lambda each: (not each.name, name_key(each.name, language)))
    return replace(
        found, unchanged=unchanged, short=_short(facts, will_be, _minima(known, places, asking, day))
    )


def _list_of(found: Effects, each: Affected) -> list[Affected] | None:
    was, now, day = each.before, each.after, found.day
    if now is None:
        return found.released if was is not None else None
    if was is None:
        return found.new_but_known if now.knows(day) else found.new
    if was.knows(day) != now.knows(day):
        return found.restored if now.knows(day) else found.lapsed
    if now.knows(day):
        return _renewal_of(found, was, now)
    if was.due_on == now.due_on:
        return None
    return found.sooner if now.due_on < was.due_on else found.later


def _renewal_of(found: Effects, was: Outlook, now: Outlook) -> list[Affected] | None:
    if now.renew_on <= found.day < was.renew_on:
        return found.renew_now
    dates = [(each.renew_on, each.knows_until or NEVER) for each in (was, now)]
    if dates[0] == dates[1]:
        return None
    return found.renew_sooner if dates[1] < dates[0] else found.renew_later


def _unit_of(posts: Mapping[int, Sequence[Reason]], places: Mapping[int, Place]) -> str:
    """Where the post is that is due first."""
    return places[min(posts, key=lambda post: (min(why.due_on for why in posts[post]), post))].name


def _minima(
    known: People, places: Mapping[int, Place], asking: Sequence[Version], day: date
) -> dict[str, int]:
    """How many people at least are to show it, by the path of each unit in which that is asked."""
    found: dict[str, int] = {}
    if any(version.minimum for version in asking):
        for _person, asked in known.asked(asking, day):
            if (place := places.get(asked.post.id)) and place.first <= day and asked.version.minimum:
                found[place.path] = max(asked.version.minimum, found.get(place.path, 0))
    return found


def _short(facts: Facts, asked: Asked, minima: Mapping[str, int]) -> list[Short]:
    """The units that have fewer people who can show it on the day than is asked of them, by name."""
    known: dict[str, dict[int, bool]] = {
        path: {} for path in minima
    }  # by unit and person, in each post there
    names: dict[str, str] = {}
    for person, posts in asked.items() if minima else ():
        for post, reasons in posts.items():
            place, now = facts.places[post], facts.standing(person, post, reasons)
            if place.path in known and place.first <= facts.day and not now.is_exempt(facts.day):
                can = now.achieved_on is not None and (now.expires_on or NEVER) >= facts.day
                known[place.path][person] = can and known[place.path].get(person, True)
                names[place.path] = place.name
    found = [
        Short(names[path], sum(of_unit.values()), minima[path]) for path, of_unit in known.items() if of_unit
    ]
    return sorted((each for each in found if each.known < each.minimum), key=lambda each: each.unit)


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
