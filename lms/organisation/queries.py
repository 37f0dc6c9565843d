"""Who somebody is today, and lists of units and people inside the actor's reach."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
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
    false,
    not_,
    or_,
    select,
)
from sqlalchemy.orm import Session, aliased

from lms.base.access import Actor, Grant, Permission, Role
from lms.base.context import Context, local_day
from lms.base.db import Fact, Recorded
from lms.base.errors import NotFound
from lms.base.names import language_of, name_key
from lms.base.row_security import bind_by
from lms.base.statements import EMPLOYER, built_once
from lms.identity.models import Account, UserSession
from lms.identity.second_factor import HAS_FACTOR
from lms.organisation.factor_policy import is_demanded, is_offered
from lms.organisation.models import Absence, Employer, Employment, Person, RoleGrant, Unit, UnitPlacement
from lms.organisation.tree import Placement, Tree


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody who is signed in on a device: the actor, and what every page shows of them."""

    actor: Actor
    session_id: int
    remembered: bool  # the device: somebody's own
    seen_at: datetime
    activated: bool
    given_name: str
    family_name: str
    title: str  # of the current employment; empty without one
    language: str
    theme: str
    text_size: str
    employer_name: str
    employer_slug: str
    department: str
    country: str
    time_zone: str
    has_factor: bool  # a second one, which this device has to prove
    factor_proven_at: datetime | None  # on this device
    factor_offered: bool
    factor_demanded: bool  # by the employer, today
    has_news: bool  # as asked for
    is_shared: bool  # on a device that several people share: a learner, whatever else the person is


_NODE, _PLACE, _NONE = aliased(Unit), aliased(Unit), false()


def _with_standing(people: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    """A select of persons, with every role and employment of theirs as further rows, for `_standing`."""
    return (
        people.add_columns(
            RoleGrant.role, _NODE.path, RoleGrant.valid_from, RoleGrant.valid_to,
            _PLACE.path, Employment.title, Employment.valid_from, Employment.valid_to,
        )
        .outerjoin(
            RoleGrant,
            and_(
                RoleGrant.employer_id == Person.employer_id,
                RoleGrant.person_id == Person.id,
                RoleGrant.superseded_at.is_(None),
            ),
        )
        .outerjoin(_NODE, and_(_NODE.employer_id == RoleGrant.employer_id, _NODE.id == RoleGrant.unit_id))
        .outerjoin(
            Employment,
            and_(
                Employment.employer_id == Person.employer_id,
                Employment.person_id == Person.id,
                Employment.superseded_at.is_(None),
            ),
        )
        .outerjoin(_PLACE, and_(_PLACE.employer_id == Employment.employer_id, _PLACE.id == Employment.unit_id))
    )  # fmt: skip


@built_once
def _visitor(news: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    people = select(
        UserSession.id, UserSession.remembered, UserSession.seen_at,
        Account.id, Account.language, Account.theme, Account.text_size, Account.activated_at,
        Person.id, Person.given_name, Person.family_name,
        Employer.id, Employer.name, Employer.slug, Employer.department, Employer.country, Employer.time_zone,
        Employer.second_factor, Employer.second_factor_from, UserSession.second_factor_at, HAS_FACTOR, news,
        UserSession.shared_device,
    )  # fmt: skip
    return _with_standing(
        people.join(Account, Account.id == UserSession.account_id)
        .join(Employer, Employer.id == UserSession.employer_id)
        .join(Person, and_(Person.employer_id == Employer.id, Person.account_id == Account.id))
        .where(
            UserSession.token_hash == bindparam("token_hash"),
            UserSession.revoked_at.is_(None),
            UserSession.expires_at > bindparam("now"),
        )
    )


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


def visitor(db: Session, token_hash: str, now: datetime, news: ColumnElement[bool] = _NONE) -> Visitor | None:
    """Who is signed in with this session token; None if it is unknown, over or revoked.

    One statement for all that every page needs: grants and employments come as further rows; `news` is a condition
    about the `Person` by which they have some.
    Open: the way in; it is asked before there is an actor. The session row names the employer.
    """
    bind_by(db, select(UserSession.employer_id).where(UserSession.token_hash == token_hash))
    db.flush()  # a session that has just been opened must be there to be read
    rows = db.connection().execute(_visitor(news), {"token_hash": token_hash, "now": now}).all()
    if not rows:
        return None
    (session_id, remembered, seen_at, account_id, language, theme, text_size, activated_at, person_id, given, family,
     employer_id, employer_name, slug, department, country, time_zone,
     policy, demanded_from, proven_at, has_factor, has_news, shared_device) = rows[0][:23]  # fmt: skip
    today = local_day(now, time_zone)
    grants, title = _standing((row[23:] for row in rows), today)
    if shared_device is not None:
        grants = tuple(grant for grant in grants if grant.role is Role.STAFF)
    actor = Actor(account_id, person_id, employer_id, f"{given} {family}", grants)
    return Visitor(
        actor=actor,
        session_id=session_id,
        remembered=remembered,
        seen_at=seen_at,
        activated=activated_at is not None,
        given_name=given,
        family_name=family,
        title=title,
        language=language,
        theme=theme,
        text_size=text_size,
        employer_name=employer_name,
        employer_slug=slug,
        department=department,
        country=country,
        time_zone=time_zone,
        has_factor=has_factor,
        factor_proven_at=proven_at,
        factor_offered=is_offered(policy, entrusted=actor.is_entrusted),
        factor_demanded=is_demanded(policy, demanded_from, today, entrusted=actor.is_entrusted),
        has_news=has_news,
        is_shared=shared_device is not None,
    )


def actor_on(db: Session, employer_id: int, person_id: int, day: date) -> Actor:
    """A person as an actor, with the roles of a day. One statement.

    Open: asked by the program's own commands; who uses the pages is found by `visitor`.
    """
    rows = db.execute(
        _with_standing(
            select(Person.account_id, Person.given_name, Person.family_name).where(
                Person.employer_id == employer_id, Person.id == person_id
            )
        )
    ).all()
    account_id, given, family = rows[0][:3]
    grants, _title = _standing((row[3:] for row in rows), day)
    return Actor(account_id, person_id, employer_id, f"{given} {family}", grants)


def _standing(rows: Iterable[Sequence[Any]], day: date) -> tuple[tuple[Grant, ...], str]:
    """Roles on a day with the nodes they hold for, and the title of the employment, empty without one.

    Being staff follows from a current employment.
    """
    grants, title = set(), ""
    for (role, node_path, granted_from, granted_to,
         place_path, of_employment, employed_from, employed_to) in rows:  # fmt: skip
        if _holds(granted_from, granted_to, day):
            grants.add(Grant(Role(role), node_path or "/"))
        if _holds(employed_from, employed_to, day):
            grants.add(Grant(Role.STAFF, place_path))
            title = of_employment
    return tuple(sorted(grants, key=str)), title


def _holds(first: date | None, last: date | None, day: date) -> bool:
    return first is not None and first <= day and (last is None or day <= last)


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
