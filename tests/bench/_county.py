"""A county to measure in: 300 units, 100,000 people, 1.75 million duties, 2 million proofs, made by bulk inserts.

What is inserted is what the rules of the house would make of it: `lms.register.recount.audit` says so of 1,000 people
drawn by lot (the bench runs it).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Any
from uuid import uuid4

from sqlalchemy import func, insert, select
from uuid_utils.compat import uuid7

from lms.base.access import Actor
from lms.base.context import Context, House, work
from lms.base.db import Base
from lms.catalogue.models import EditionRow
from lms.identity.models import Account
from lms.organisation.models import Employment, Person, RoleProfile, Unit, UnitPlacement
from lms.organisation.roles import ROLES
from lms.register.actions import fit_duties
from lms.register.coverage import drift
from lms.register.models import Duty, DutySource, Proof, Requirement, Status
from lms.register.rules import SOON, last_valid_day
from tests.builders import Town

UNITS, PEOPLE, COURSES = 300, 100_000, 200
LEAST, MOST = 5, 30  # courses asked of a role
START = date(2024, 1, 1)
DUE_DAYS, MONTHS = 90, 24
AT_ONCE = 20_000  # rows in one statement
GIVEN = (
    "Alva",
    "Bo",
    "Cecilia",
    "Daoud",
    "Ebba",
    "Filip",
    "Greta",
    "Hussein",
    "Ida",
    "Johan",
    "Åsa",
    "Örjan",
)
FAMILY = ("Andersson", "Berg", "Dahl", "Ek", "Farah", "Gustafsson", "Holm", "Jansson", "Öberg", "Åkesson")


@dataclass
class County:
    """What was made: how much of it, and units of three sizes by the people below them."""

    people: int
    duties: int
    proofs: int
    whole: Unit
    tenth: Unit
    small: Unit


def build(house: House, people: int = PEOPLE) -> County:
    """Grow Granvik to a county with so many people; the rest follows in proportion."""
    random, town = Random(7), Town(house, "granvik")
    with work(house, Actor.program(town.employer_id)) as ctx:
        before = ctx.db.scalars(select(Person.id).where(Person.employer_id == ctx.employer_id)).all()
        units = _units(ctx, random)
        asked = _requirements(ctx, random)
        editions = _editions(ctx)
    made = [0, 0, 0]
    for start in range(0, people, 5_000):
        with work(house, Actor.program(town.employer_id)) as ctx:
            some = _people(ctx, random, min(5_000, people - start), start, units)
            duties, proofs = _duties(ctx, random, some, asked, editions)
            made = [made[0] + len(some), made[1] + duties, made[2] + proofs]
    with work(house, Actor.program(town.employer_id)) as ctx:
        fit_duties(ctx, person_ids=before)
        drift(ctx, mend=True)
    return County(*made, *_sizes(house, town))


def _units(ctx: Context, random: Random) -> list[Unit]:
    """Below the top, in five levels; people work in all of them."""
    top = ctx.db.scalars(
        select(Unit).where(Unit.employer_id == ctx.employer_id, Unit.parent_id.is_(None))
    ).one()
    units, parents = [], [top]
    for number in range(UNITS):
        shallow = [unit for unit in parents if unit.path.count("/") < 7]
        parent = random.choice(shallow[: 12 + number // 6])
        unit = Unit(
            employer_id=ctx.employer_id, parent_id=parent.id, name=f"Enhet {number:03}", path="", created_at=ctx.now
        )  # fmt: skip
        ctx.db.add(unit)
        ctx.db.flush()
        unit.path = f"{parent.path}{unit.id}/"
        placement = UnitPlacement(
            employer_id=ctx.employer_id, unit_id=unit.id, parent_id=parent.id, valid_from=START, recorded_at=ctx.now
        )  # fmt: skip
        ctx.db.add(placement)
        units.append(unit)
        parents.append(unit)
    return units


def _requirements(ctx: Context, random: Random) -> dict[int, list[tuple[int, str]]]:
    """The requirements of each role profile (id) as (requirement, course): of each course one, of several roles."""
    known = select(RoleProfile.key, RoleProfile.id).where(RoleProfile.employer_id == ctx.employer_id)
    profiles = {row.key: row.id for row in ctx.db.execute(known)}
    for key in ROLES:
        if key not in profiles:
            profile = RoleProfile(employer_id=ctx.employer_id, key=key)
            ctx.db.add(profile)
            ctx.db.flush()
            profiles[key] = profile.id
    roles: dict[int, list[str]] = {number: [] for number in range(COURSES)}
    for key in sorted(profiles):
        for number in random.sample(range(COURSES), random.randint(LEAST, MOST)):
            roles[number].append(key)
    asked: dict[int, list[tuple[int, str]]] = {profile: [] for profile in profiles.values()}
    for number, keys in roles.items():
        if keys:
            requirement = Requirement(
                employer_id=ctx.employer_id, rule=uuid4(), course=_course(number), roles=keys, kinds=[],
                due_days=DUE_DAYS, reason="Krav för rollen", source="bench", valid_from=START, recorded_at=ctx.now,
            )  # fmt: skip
            ctx.db.add(requirement)
            ctx.db.flush()
            for key in keys:
                asked[profiles[key]].append((requirement.id, _course(number)))
    return asked


def _course(number: int) -> str:
    return f"course-{number:03}"


def _editions(ctx: Context) -> dict[str, int]:
    """An edition for each course, without content: nobody opens them."""
    editions = {}
    for number in range(COURSES):
        row = EditionRow(
            digest=f"{number:064}", course=_course(number), country="SE", label="2024.1", published_on=START,
            published_at=ctx.now,
        )  # fmt: skip
        ctx.db.add(row)
        ctx.db.flush()
        editions[row.course] = row.id
    return editions


@dataclass(frozen=True, slots=True)
class _Post:
    person: int
    employment: int
    unit: int
    role: int
    since: date
    percent: int


def _people(ctx: Context, random: Random, count: int, start: int, units: list[Unit]) -> list[_Post]:
    profiles = ctx.db.scalars(
        select(RoleProfile.id).where(RoleProfile.employer_id == ctx.employer_id).order_by(RoleProfile.id)
    ).all()
    account, person, post = (_reserved(ctx, table, count) for table in (Account, Person, Employment))
    posts = [
        _Post(
            person + number, post + number, random.choice(units).id, random.choice(profiles),
            date(2018, 1, 1) + timedelta(days=random.randrange(2_900)), random.choice((100, 100, 75, 50)),
        )
        for number in range(count)
    ]  # fmt: skip
    whose = {"employer_id": ctx.employer_id}
    _enter(ctx, Account, (
        {"id": account + number, "public_id": uuid7(), "language": "sv", "created_at": ctx.now, "activated_at": ctx.now}
        for number in range(count)
    ))  # fmt: skip
    _enter(ctx, Person, (
        {**whose, "id": person + number, "public_id": uuid7(), "account_id": account + number,
         "employee_number": str(1_000_000 + start + number), "given_name": random.choice(GIVEN),
         "family_name": f"{random.choice(FAMILY)}-{start + number}", "created_at": ctx.now}
        for number in range(count)
    ))  # fmt: skip
    _enter(ctx, Employment, (
        {**whose, "id": each.employment, "public_id": uuid7(), "person_id": each.person, "unit_id": each.unit,
         "role_profile_id": each.role, "title": "Undersköterska", "kind": "permanent", "percent": each.percent,
         "valid_from": each.since, "recorded_at": ctx.now}
        for each in posts
    ))  # fmt: skip
    return posts


def _duties(
    ctx: Context,
    random: Random,
    posts: list[_Post],
    asked: dict[int, list[tuple[int, str]]],
    editions: dict[str, int],
) -> tuple[int, int]:
    pairs = [(post, requirement, course) for post in posts for requirement, course in asked[post.role]]
    first = _reserved(ctx, Duty, len(pairs))
    whose = {"employer_id": ctx.employer_id}
    _enter(ctx, Duty, (
        {**whose, "id": first + place, "public_id": uuid7(), "employment_id": post.employment, "person_id": post.person,
         "course": course, "created_at": ctx.now}
        for place, (post, _requirement, course) in enumerate(pairs)
    ))  # fmt: skip
    _enter(ctx, DutySource, (
        {**whose, "duty_id": first + place, "requirement_id": requirement, "reason": "Krav för rollen",
         "due_on": _due_on(post), "created_at": ctx.now}
        for place, (post, requirement, _course) in enumerate(pairs)
    ))  # fmt: skip
    shown = [_shown(random, ctx.today) for _pair in pairs]
    count = sum(len(days) for days in shown)
    proof = iter(range(_reserved(ctx, Proof, count), 10**12))
    proofs, statuses = [], []
    for place, ((post, _requirement, course), days) in enumerate(zip(pairs, shown, strict=True)):
        newest: tuple[int, date, date] | None = None
        for achieved in days:
            newest = next(proof), achieved, last_valid_day(achieved, MONTHS)
            proofs.append(
                {**whose, "id": newest[0], "public_id": uuid7(), "person_id": post.person, "kind": "certificate",
                 "course": course, "edition_id": editions[course], "reference": f"{newest[0]:010}",
                 "achieved_on": achieved, "expires_on": newest[2], "recorded_at": ctx.now}
            )  # fmt: skip
        best = newest or (None, None, None)
        statuses.append(
            {**whose, "duty_id": first + place, "person_id": post.person, "unit_id": post.unit, "course": course,
             "percent": post.percent, "first_on": post.since, "due_on": _due_on(post), "proof_id": best[0],
             "achieved_on": best[1], "expires_on": best[2],
             "renew_on": best[2] and best[2] - timedelta(days=SOON)}
        )  # fmt: skip
    _enter(ctx, Proof, proofs)
    _enter(ctx, Status, statuses)
    return len(pairs), count


def _due_on(post: _Post) -> date:
    return max(post.since, START) + timedelta(days=DUE_DAYS)


def _shown(random: Random, today: date) -> list[date]:
    """Days on which somebody passed a course, the oldest first: most once, some twice, some never."""
    chance = random.random()
    if chance < 0.07:
        return []
    newest = today - timedelta(days=random.randrange(700) if chance < 0.93 else random.randrange(731, 1_000))
    earlier = [newest - timedelta(days=random.randrange(300, 700))] if random.random() < 0.23 else []
    return [*earlier, newest]


def _reserved(ctx: Context, table: type[Base], places: int) -> int:
    """The first of so many keys that nobody has."""
    if ctx.db.connection().dialect.name == "sqlite":
        return (ctx.db.scalar(select(func.max(table.id))) or 0) + 1  # type: ignore[attr-defined]
    keys = select(func.nextval(f"{table.__tablename__}_id_seq").label("key")).select_from(
        func.generate_series(1, places)
    )
    return ctx.db.scalars(select(func.min(keys.subquery().c.key))).one()


def _enter(ctx: Context, table: type[Base], rows: Any) -> None:
    for some in _in_parts(rows):
        ctx.db.execute(insert(table.__table__), some)  # type: ignore[arg-type]


def _in_parts(rows: Any) -> Iterator[list[dict[str, Any]]]:
    part: list[dict[str, Any]] = []
    for row in rows:
        part.append(row)
        if len(part) == AT_ONCE:
            yield part
            part = []
    if part:
        yield part


def _sizes(house: House, town: Town) -> tuple[Unit, Unit, Unit]:
    """The top, and units with about a tenth and about 400 of the people below them."""
    with work(house, Actor.program(town.employer_id), writes=False) as ctx:
        units = ctx.db.scalars(select(Unit).where(Unit.employer_id == ctx.employer_id)).all()
        counted = ctx.db.execute(
            select(Employment.unit_id, func.count())
            .where(Employment.employer_id == ctx.employer_id)
            .group_by(Employment.unit_id)
        )
        direct = {unit_id: count for unit_id, count in counted}  # noqa: C416  (a Row is no pair to dict())
    people = {
        unit.id: sum(
            count
            for other in units
            if other.path.startswith(unit.path)
            for count in [direct.get(other.id, 0)]
        )
        for unit in units
    }
    top = max(units, key=lambda unit: people[unit.id])
    return tuple(
        min(units, key=lambda unit: abs(people[unit.id] - wanted))
        for wanted in (people[top.id], people[top.id] / 10, 400)
    )  # type: ignore[return-value]
