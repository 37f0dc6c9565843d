"""What an employer asks of leads and above at sign-in: the policy, who has a second factor, resetting a lost one."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, and_, case, func, not_, or_, select, true

from lms.base.access import Actor, Permission
from lms.base.context import Context, below
from lms.base.errors import Conflict, Invalid, NotFound
from lms.base.names import in_order
from lms.identity.actions import end_sessions
from lms.identity.models import Account
from lms.identity.passkeys import passkey_shown
from lms.identity.second_factor import HAS_FACTOR, forget_factors, prove_new_session, tell
from lms.organisation.arrival import enter, newest_person
from lms.organisation.factor_policy import POLICIES
from lms.organisation.models import Employer, Employment, Person, RoleGrant, Unit
from lms.organisation.queries import in_force

WHOLE = "/"


@dataclass(frozen=True, slots=True)
class Policy:
    """What the employer asks of leads and above: off, offered, or required from a day on."""

    second_factor: str
    first_day: date | None


@dataclass(frozen=True, slots=True)
class Holder:
    """Somebody with a granted role or a second factor. No name for a protected identity."""

    person_id: UUID
    employee_number: str
    name: str
    roles: tuple[str, ...]
    has_factor: bool
    may_reset: bool  # by the actor, who cannot reset the own one


@dataclass(frozen=True, slots=True)
class Holders:
    """The first people with roles or factors in reach, how many there are, and how many have a second factor."""

    lines: tuple[Holder, ...]
    people: int
    with_factor: int


def policy(ctx: Context) -> Policy:
    """What the employer asks of leads and above at sign-in."""
    ctx.require(Permission.SEE_ORGANISATION)
    employer = ctx.db.get_one(Employer, ctx.employer_id)
    return Policy(employer.second_factor, employer.second_factor_from)


def set_policy(ctx: Context, second_factor: str, first_day: date | None) -> None:
    """Say what the employer asks of leads and above at sign-in; required takes the first day it is so.

    Those who then lack a second factor are told by mail, so that they can set it up in time. Raises NotFound
    unless the actor manages sign-in for the whole employer, Invalid for what is no policy.
    """
    if WHOLE not in ctx.require(Permission.MANAGE_SIGN_IN).paths(Permission.MANAGE_SIGN_IN):
        raise NotFound
    if second_factor not in POLICIES:
        raise Invalid({"second_factor": "unknown"})
    if second_factor == "required" and first_day is None:
        raise Invalid({"first_day": "missing"})
    employer = ctx.db.get_one(Employer, ctx.employer_id)
    employer.second_factor = second_factor
    employer.second_factor_from = first_day if second_factor == "required" else None
    since = employer.second_factor_from
    entry = ctx.note(
        "second_factor.policy", employer, policy=second_factor, first_day=since and since.isoformat()
    )
    if second_factor == "required":
        ctx.db.flush()
        ctx.later("after_second_factor_required", str(entry.id), audit_id=entry.id)


def without_factor(ctx: Context) -> list[int]:
    """Internal keys of all persons with a granted role today who have no second factor. One statement.

    Open: called by the worker, to tell them what the employer asks.
    """
    return list(
        ctx.db.scalars(
            select(Person.id)
            .join(Account, Account.id == Person.account_id)
            .where(Person.employer_id == ctx.employer_id, _has(ctx, RoleGrant, true()), not_(HAS_FACTOR))
            .order_by(Person.id)
        )
    )


def factor_holders(ctx: Context, *, limit: int = 50) -> Holders:
    """People in the actor's reach with a granted role, or with a second factor; those without one first.

    Three statements.
    """
    mine = _is_asked(ctx, ctx.reach(Permission.SEE_ORGANISATION, Unit.path))
    shown_name = case((Person.protected, ""), else_=Person.family_name)
    may_reset = _is_asked(ctx, below(Unit.path, ctx.who.paths(Permission.MANAGE_SIGN_IN)))
    rows = ctx.db.execute(
        select(Person, HAS_FACTOR.label("has_factor"), may_reset)
        .join(Account, Account.id == Person.account_id)
        .where(Person.employer_id == ctx.employer_id, mine)
        .order_by(
            case((HAS_FACTOR, 1), else_=0), Person.protected, *in_order(shown_name), Person.employee_number
        )
        .limit(limit),
        ctx.places(),
    ).all()
    people, with_factor = ctx.db.execute(
        select(func.count(), func.coalesce(func.sum(case((HAS_FACTOR, 1), else_=0)), 0))
        .select_from(Person)
        .join(Account, Account.id == Person.account_id)
        .where(Person.employer_id == ctx.employer_id, mine)
    ).one()
    roles: dict[int, set[str]] = {}
    for person_id, role in ctx.db.execute(
        select(RoleGrant.person_id, RoleGrant.role).where(
            RoleGrant.employer_id == ctx.employer_id,
            RoleGrant.person_id.in_([person.id for person, _has, _may in rows]),
            in_force(RoleGrant, ctx.today),
        )
    ):
        roles.setdefault(person_id, set()).add(role)
    lines = tuple(
        Holder(
            person.public_id,
            person.employee_number,
            "" if person.protected else f"{person.family_name}, {person.given_name}",
            tuple(sorted(roles.get(person.id, ()))),
            has_factor,
            bool(may) and has_factor and person.id != ctx.who.person_id,
        )
        for person, has_factor, may in rows
    )
    return Holders(lines, people, with_factor)


def reset_factor(ctx: Context, person_id: UUID) -> None:
    """Take a colleague's lost second factor away and sign them out everywhere; they set up a new one at sign-in.

    The account may belong to somebody at another employer as well; it has one set of factors. Raises NotFound
    outside the actor's reach, Conflict for the actor's own (somebody else has to do that) and where none is set.
    """
    mine = _is_asked(ctx, ctx.reach(Permission.MANAGE_SIGN_IN, Unit.path))
    row = ctx.db.execute(
        select(Person, HAS_FACTOR)
        .join(Account, Account.id == Person.account_id)
        .where(Person.employer_id == ctx.employer_id, Person.public_id == person_id, mine)
    ).first()
    if row is None:
        raise NotFound
    person, has_factor = row
    if person.account_id == ctx.who.account_id:
        raise Conflict("own_factor")
    if not has_factor:
        raise Conflict("no_second_factor")
    forget_factors(ctx, person.account_id)
    end_sessions(ctx, person.account_id)
    tell(ctx, "reset", person, person.id)


def _is_asked(ctx: Context, within: ColumnElement[bool]) -> ColumnElement[bool]:
    """SQL condition on a person and account: a role over a unit that meets it, or a factor and work there.

    Who had a role is asked for the factor as long as there is one, and may lose it like everybody else.
    """
    return or_(_has(ctx, RoleGrant, within), and_(HAS_FACTOR, _has(ctx, Employment, within)))


def _has(
    ctx: Context, fact: type[RoleGrant] | type[Employment], within: ColumnElement[bool]
) -> ColumnElement[bool]:
    """SQL condition on a person: has a granted role, or an employment, today in a unit that meets the condition."""
    return (
        select(fact.id)
        .outerjoin(Unit, and_(Unit.employer_id == fact.employer_id, Unit.id == fact.unit_id))
        .where(
            fact.employer_id == ctx.employer_id,
            fact.person_id == Person.id,
            in_force(fact, ctx.today),
            within,
        )
        .correlate(Person)
        .exists()
    )


def enter_with_passkey(ctx: Context, browser: str, answer: str, *, user_agent: str) -> str | None:
    """Sign in with a passkey alone: a session (its raw token) with both factors proven; None if it is no proof.

    Open: the signature is the proof. A passkey whose counter shows a copy is refused, noted and told.
    """
    shown = passkey_shown(ctx, browser, answer)
    if shown is None:
        return None
    if shown.copied:
        employer_id, person_id = newest_person(ctx, shown.account_id)
        ctx.actor = Actor.program(employer_id)  # in whose log it stands
        tell(ctx, "passkey_copied", ctx.open(Person, person_id), person_id)
        return None
    token = enter(ctx, shown.account_id, user_agent=user_agent, remember=False)
    prove_new_session(ctx, token)
    return token
