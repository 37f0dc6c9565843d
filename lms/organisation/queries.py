"""Lists of units and people inside the actor's reach, and what is in force on a day."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Row,
    ScalarSelect,
    Select,
    SQLColumnExpression,
    and_,
    bindparam,
    not_,
    or_,
    select,
)
from sqlalchemy.orm import aliased

from lms.base.access import Permission
from lms.base.context import Context
from lms.base.db import Fact, Recorded
from lms.base.errors import NotFound
from lms.base.names import language_of, name_key
from lms.base.statements import EMPLOYER, built_once
from lms.organisation.models import Absence, Employer, Employment, RoleGrant, Unit, UnitPlacement
from lms.organisation.tree import Placement, Tree


def in_force(fact: type[Fact], on: date | BindParameter[date]) -> ColumnElement[bool]:
    """SQL condition: the fact, as known now, is true on a day."""
    return and_(
        fact.superseded_at.is_(None),
        fact.valid_from <= on,
        or_(fact.valid_to.is_(None), fact.valid_to >= on),
    )


def says_where(on: date | BindParameter[date]) -> ColumnElement[bool]:
    """SQL condition: the employment says where its holder belongs on a day: in force, or of who has left, the last.

    Who may see or decide something about a person is whoever's reach it lies in.
    """
    later = aliased(Employment)
    lasts_longer = (
        select(later.id)
        .where(
            later.employer_id == Employment.employer_id,
            later.person_id == Employment.person_id,
            later.superseded_at.is_(None),
            later.valid_from <= on,
            or_(later.valid_to.is_(None), later.valid_to > Employment.valid_to),
        )
        .exists()
    )
    is_last = and_(Employment.superseded_at.is_(None), Employment.valid_to < on, ~lasts_longer)
    return or_(in_force(Employment, on), is_last)


def is_away(post: type[Employment | RoleGrant], on: date | BindParameter[date]) -> ColumnElement[bool]:
    """SQL condition: who holds a post, or a role, is away on a day, as known now."""
    return (
        select(Absence.id)
        .where(
            Absence.employer_id == post.employer_id,
            Absence.person_id == post.person_id,
            in_force(Absence, on),
        )
        .correlate(post)
        .exists()
    )


def has_left_with(grant: type[RoleGrant], on: date) -> ColumnElement[bool]:
    """SQL condition: whoever was given a role worked here during it, and works here no more: nobody has ended it.

    Who never worked here, or was given it after they had left, has it from outside.
    """
    mine = Employment.employer_id == grant.employer_id, Employment.person_id == grant.person_id
    until = select(Employment.id).where(
        *mine,
        Employment.superseded_at.is_(None),
        Employment.valid_to >= grant.valid_from,
        Employment.valid_to < on,
    )
    now = select(Employment.id).where(*mine, in_force(Employment, on))
    return and_(until.correlate(grant).exists(), not_(now.correlate(grant).exists()))


def known_at(
    fact: type[Recorded], at: datetime | SQLColumnExpression[datetime] | None
) -> ColumnElement[bool]:
    """SQL condition: what a row says was known at a time (that of a row beside it, too), or is now (None)."""
    if at is None:
        return fact.superseded_at.is_(None)
    return and_(fact.recorded_at <= at, or_(fact.superseded_at.is_(None), fact.superseded_at > at))


def tree_over_time(ctx: Context, at: datetime | None = None) -> Tree:
    """Where the employer's units have stood, as known at a time or now (None). One statement.

    One of which no placement was known then stood where it stands now.

    Open: asked by what works out duties and past days, which limits whom it shows.
    """
    placed = and_(
        UnitPlacement.employer_id == Unit.employer_id, UnitPlacement.unit_id == Unit.id, known_at(UnitPlacement, at)
    )  # fmt: skip
    rows: Iterable[Row[*tuple[Any, ...]]] = ctx.db.execute(
        select(
            Unit.id, Unit.parent_id, UnitPlacement.parent_id, UnitPlacement.valid_from, UnitPlacement.valid_to
        )
        .outerjoin(UnitPlacement, placed)
        .where(Unit.employer_id == ctx.employer_id)
        .order_by(UnitPlacement.valid_from, UnitPlacement.id)
    )
    placements: dict[int, list[Placement]] = defaultdict(list)
    for unit_id, parent_now, parent, first, last in rows:
        placements[unit_id].append((parent, first, last) if first else (parent_now, date.min, None))
    return Tree(placements)


@dataclass(frozen=True, slots=True)
class Node:
    """A unit of the tree; its path says what it lies below."""

    id: int
    public_id: UUID
    name: str
    path: str

    def holds(self, other: "Node") -> bool:
        """Whether the other one is this one or lies below it."""
        return other.path.startswith(self.path)


def nodes_in_reach(ctx: Context, permission: Permission) -> list[Node]:
    """Units where the actor has a permission, in tree order, siblings by name. One statement."""
    rows = ctx.rows(_units(ctx.reach(permission, Unit.path))).all()
    language = language_of(ctx.country)
    names = {row.id: name_key(row.name, language) for row in rows}
    order = sorted(
        rows, key=lambda row: [names.get(int(step), "") for step in row.path.strip("/").split("/")]
    )
    return [Node(row.id, row.public_id, row.name, row.path) for row in order]


def units_in_reach(ctx: Context, permission: Permission) -> list[tuple[str, str]]:
    """Units where the actor has a permission, as (public id, name set in by depth), in tree order. One statement."""
    ctx.require(permission)
    nodes = nodes_in_reach(ctx, permission)
    top = min((node.path.count("/") for node in nodes), default=0)
    return [(str(node.public_id), "\u2003" * (node.path.count("/") - top) + node.name) for node in nodes]


def unit_in_reach(ctx: Context, permission: Permission, unit_id: UUID) -> Unit:
    """A unit where the actor has a permission. One statement. Raises NotFound."""
    found = ctx.db.scalars(
        select(Unit).where(
            Unit.employer_id == ctx.employer_id, Unit.public_id == unit_id, ctx.reach(permission, Unit.path)
        )
    ).one_or_none()
    if found is None:
        raise NotFound
    return found


@built_once
def _units(in_reach: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    columns = (Unit.public_id, Unit.name, Unit.path, Unit.id, Unit.parent_id)
    return select(*columns).where(Unit.employer_id == EMPLOYER, in_reach)


REACHED = aliased(Unit)  # a unit in reach, beside the one of an employment


def units_reached(in_reach: ColumnElement[bool], *, in_unit: bool = False) -> Select[int]:
    """Select of the units in reach (`ctx.reach(…, REACHED.path)`), or of those in one of them (place `unit`) and below.

    Lists of people begin with it: where somebody leads thirty of ten thousand, only the thirty are looked at.
    """
    query = select(REACHED.id).where(REACHED.employer_id == EMPLOYER, in_reach)
    return query.where(REACHED.path.startswith(path_of_unit())) if in_unit else query


def path_of_unit() -> ScalarSelect[str]:
    """The path of one unit, the one in the place `unit`."""
    node = aliased(Unit)
    return (
        select(node.path)
        .where(node.employer_id == EMPLOYER, node.public_id == bindparam("unit"))
        .scalar_subquery()
    )


def employer_id_of(ctx: Context, slug: str) -> int:
    """Internal key of the employer with a short name. Raises NotFound.

    Open: asked by the program's own commands.
    """
    found = ctx.db.scalar(select(Employer.id).where(Employer.slug == slug))
    if found is None:
        raise NotFound("employer", slug=slug)
    return found


def country_of(ctx: Context, employer_id: int) -> str:
    """Country of an employer.

    Open: asked by the program's own commands.
    """
    return ctx.db.scalars(select(Employer.country).where(Employer.id == employer_id)).one()


def employers_of_country(ctx: Context, country: str) -> list[int]:
    """Internal keys of the employers of a country, for whom its courses are.

    Open: employers are no secret among each other; asked by commands and the worker.
    """
    return list(ctx.db.scalars(select(Employer.id).where(Employer.country == country).order_by(Employer.id)))


def every_employer(ctx: Context) -> list[int]:
    """Internal keys of all employers.

    Open: employers are no secret among each other; asked by the worker.
    """
    return list(ctx.db.scalars(select(Employer.id).order_by(Employer.id)))
