"""Units and people as lists inside the actor's reach; a protected identity is shown to the own lead only."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Integer, Select, and_, bindparam, case, func, or_, select

from lms.base.access import Permission, Role
from lms.base.context import Context, below
from lms.base.errors import NotFound
from lms.base.names import in_order, language_of, name_key, spellings
from lms.base.statements import EMPLOYER, TODAY, built_once
from lms.identity.models import Account
from lms.organisation.models import Employment, Person, RoleProfile, Unit
from lms.organisation.queries import in_force


def name_unless_protected(person: Any) -> ColumnElement[str]:
    """SQL value: what a person (the table, or an alias of it) is called; empty for a protected identity.

    Open: an expression only.
    """
    return case((person.protected, ""), else_=person.given_name + " " + person.family_name)


@dataclass(frozen=True, slots=True)
class UnitLine:
    """A unit of the tree, with everybody who works in it or below it; somebody with two workplaces is one."""

    public_id: UUID
    name: str
    people: int
    not_signed_in: int  # of them, those who have never signed in
    children: tuple["UnitLine", ...]


@dataclass(frozen=True, slots=True)
class EmploymentLine:
    """An employment. Name and unit are empty for a protected identity outside the duty."""

    person_id: UUID
    employee_number: str
    given_name: str
    family_name: str
    protected: bool
    unit: str
    role: str  # key of the role profile
    title: str
    kind: str
    percent: int
    valid_from: date
    valid_to: date | None
    activated: bool  # has signed in

    @property
    def name(self) -> str:
        """Name as people say it."""
        return f"{self.given_name} {self.family_name}".strip()


@dataclass(frozen=True, slots=True)
class People:
    """The first lines of a list of current employments, and how many lines and people it has in all."""

    lines: tuple[EmploymentLine, ...]
    employments: int
    persons: int


@dataclass(frozen=True, slots=True)
class Narrowed:
    """What a list of people is narrowed to; `words` are looked for in names, employee number and title."""

    words: str = ""
    unit: UUID | None = None
    not_signed_in: bool = False


def unit_tree(ctx: Context, permission: Permission) -> list[UnitLine]:
    """The highest units in the actor's reach, each with those below it, siblings by name. Two statements."""
    mine = ctx.reach(permission, Unit.path)
    language = language_of(ctx.country)
    units = sorted(
        ctx.db.execute(
            select(Unit.id, Unit.parent_id, Unit.public_id, Unit.name).where(
                Unit.employer_id == ctx.employer_id, mine
            )
        ),
        key=lambda unit: (name_key(unit.name, language), unit.id),
    )
    working = ctx.db.execute(
        select(Employment.unit_id, Employment.person_id, Account.activated_at)
        .join(Person, and_(Person.employer_id == Employment.employer_id, Person.id == Employment.person_id))
        .join(Account, Account.id == Person.account_id)
        .join(Unit, and_(Unit.employer_id == Employment.employer_id, Unit.id == Employment.unit_id))
        .where(Employment.employer_id == ctx.employer_id, in_force(Employment, ctx.today), mine)
    )
    people: dict[int, set[int]] = {unit.id: set() for unit in units}
    never = set()
    for unit_id, person_id, activated_at in working:
        people[unit_id].add(person_id)
        if activated_at is None:
            never.add(person_id)
    below: dict[int | None, list[Any]] = {}
    for unit in units:
        below.setdefault(unit.parent_id if unit.parent_id in people else None, []).append(unit)

    def branch(unit: Any) -> UnitLine:
        children = tuple(branch(child) for child in below.get(unit.id, ()))
        for child in below.get(unit.id, ()):
            people[unit.id] |= people[child.id]
        here = people[unit.id]
        return UnitLine(unit.public_id, unit.name, len(here), len(here & never), children)

    return [branch(unit) for unit in below.get(None, ())]


def people(
    ctx: Context, permission: Permission, narrowed: Narrowed = Narrowed(), *, start: int = 0, limit: int = 50
) -> People:
    """Current employments in the actor's reach by family name, protected identities last. Two statements.

    Outside the duty a protected identity is not found by name or unit. Raises NotFound for a
    unit that is not in reach.
    """
    mine = ctx.reach(permission, Unit.path)
    seen = is_seen(ctx)
    places = {
        "path": _path(ctx, permission, narrowed.unit) if narrowed.unit else "",
        "start": start,
        "limit": limit,
    }
    lines, counted = _people(
        mine, seen, in_unit=narrowed.unit is not None, not_signed_in=narrowed.not_signed_in
    )
    words = [_holds(word, seen) for word in narrowed.words.split()]
    if words:
        lines, counted = lines.where(*words), counted.where(*words)
    shown = tuple(EmploymentLine(*line) for line in ctx.rows(lines, **places))
    return People(shown, *ctx.rows(counted, **places).one())


@built_once
def _people(
    mine: ColumnElement[bool], seen: ColumnElement[bool], *, in_unit: bool, not_signed_in: bool
) -> tuple[Select[*tuple[Any, ...]], Select[*tuple[Any, ...]]]:
    """The page of employments, and how many employments and people there are in all."""
    found = _employments(seen).where(Employment.employer_id == EMPLOYER, in_force(Employment, TODAY), mine)
    if in_unit:
        found = found.where(Unit.path.startswith(bindparam("path")), seen)
    if not_signed_in:
        found = found.where(Account.activated_at.is_(None))
    lines = found.order_by(
        case((seen, 0), else_=1),
        *in_order(case((seen, Person.family_name), else_=""), case((seen, Person.given_name), else_="")),
        Person.employee_number,
        Employment.id,
    )
    return (
        lines.limit(bindparam("limit", type_=Integer)).offset(bindparam("start", type_=Integer)),
        found.with_only_columns(func.count(), func.count(Employment.person_id.distinct())),
    )


def person(ctx: Context, permission: Permission, public_id: UUID) -> tuple[EmploymentLine, ...]:
    """Somebody's employments in the actor's reach, the newest first. One statement.

    Raises NotFound if there is no such person, or if where they work now (or, of somebody who has
    left, worked last) is outside the reach.
    """
    mine = ctx.reach(permission, Unit.path)
    rows = ctx.db.execute(
        _employments(is_seen(ctx))
        .add_columns(mine.label("mine"))
        .where(
            Employment.employer_id == ctx.employer_id,
            Employment.superseded_at.is_(None),
            Person.public_id == public_id,
        )
        .order_by(Employment.valid_from.desc(), Employment.id.desc())
    ).all()
    lines = [(EmploymentLine(*line), bool(is_mine)) for *line, is_mine in rows]
    decisive = [is_mine for line, is_mine in lines if line.valid_to is None or line.valid_to >= ctx.today]
    if not any(decisive or [is_mine for _line, is_mine in lines[:1]]):
        raise NotFound
    return tuple(line for line, is_mine in lines if is_mine)


def person_at_work(ctx: Context, permission: Permission, which: ColumnElement[bool]) -> Person:
    """Somebody who works today in the actor's reach, by a condition on Person. One statement.

    Raises NotFound if there is nobody, and for a protected identity that is not the actor's to see.
    """
    in_reach = ctx.reach(permission, Unit.path)
    found = ctx.db.scalar(
        select(Person)
        .join(
            Employment, and_(Employment.employer_id == Person.employer_id, Employment.person_id == Person.id)
        )
        .join(Unit, and_(Unit.employer_id == Employment.employer_id, Unit.id == Employment.unit_id))
        .where(
            Person.employer_id == ctx.employer_id,
            which,
            in_force(Employment, ctx.today),
            in_reach,
            is_seen(ctx),
        )
        .limit(1)
    )
    if found is None:
        raise NotFound
    return found


def person_name(ctx: Context, permission: Permission, public_id: UUID) -> str:
    """The name of somebody who works today in the actor's reach. One statement. Raises NotFound."""
    ctx.require(permission)
    return person_at_work(ctx, permission, Person.public_id == public_id).name


def _employments(seen: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    """Employments with the columns of EmploymentLine, in its order."""
    return (
        select(
            Person.public_id,
            Person.employee_number,
            case((seen, Person.given_name), else_=""),
            case((seen, Person.family_name), else_=""),
            Person.protected,
            case((seen, Unit.name), else_=""),
            RoleProfile.key,
            Employment.title,
            Employment.kind,
            Employment.percent,
            Employment.valid_from,
            Employment.valid_to,
            Account.activated_at.is_not(None),
        )
        .select_from(Employment)
        .join(Person, and_(Person.employer_id == Employment.employer_id, Person.id == Employment.person_id))
        .join(Account, Account.id == Person.account_id)
        .join(Unit, and_(Unit.employer_id == Employment.employer_id, Unit.id == Employment.unit_id))
        .join(
            RoleProfile,
            and_(
                RoleProfile.employer_id == Employment.employer_id,
                RoleProfile.id == Employment.role_profile_id,
            ),
        )
    )


def is_seen(ctx: Context) -> ColumnElement[bool]:
    """SQL condition: the actor may see who this is; of a protected identity only the lead of the unit may."""
    led = sorted({grant.path for grant in ctx.who.grants if grant.role is Role.LEAD})
    return _not_protected_or(below(Unit.path, tuple(led)))


@built_once
def _not_protected_or(led: ColumnElement[bool]) -> ColumnElement[bool]:
    return or_(Person.protected.is_(False), led)


def _path(ctx: Context, permission: Permission, unit: UUID) -> str:
    """Path of a unit in reach. Raises NotFound if it is not."""
    path = ctx.db.scalar(
        select(Unit.path).where(
            Unit.employer_id == ctx.employer_id, Unit.public_id == unit, ctx.reach(permission, Unit.path)
        )
    )
    if path is None:
        raise NotFound
    return path


def _holds(word: str, seen: ColumnElement[bool]) -> ColumnElement[bool]:
    """SQL condition: a word stands in number, title or (where it may be seen) name."""
    written = sorted(set(spellings(word)))
    open_columns, closed = (Person.employee_number, Employment.title), (Person.given_name, Person.family_name)
    return or_(
        *(column.icontains(spelling, autoescape=True) for column in open_columns for spelling in written),
        and_(
            seen,
            or_(*(column.icontains(spelling, autoescape=True) for column in closed for spelling in written)),
        ),
    )
