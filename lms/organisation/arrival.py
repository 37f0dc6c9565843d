"""Where an account becomes a person of an employer: slips for the first sign-in, and whose pages a session shows."""

from collections.abc import Iterable
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from uuid import UUID

from sqlalchemy import and_, exists, not_, or_, select

from lms.base.access import Actor, Permission
from lms.base.context import Context, work
from lms.base.errors import Conflict, NotFound
from lms.base.names import language_of, name_key
from lms.identity.actions import end_employers_sessions, end_sessions, open_session
from lms.identity.models import Account, Identifier
from lms.identity.queries import CAN_COME_BACK, NamedAccount, named_account, open_slip
from lms.identity.rules import HALF_LASTS, normal_employee_number
from lms.identity.slips import (
    forget_ways_in,
    is_half,
    is_slip_of,
    new_slip,
    session_token,
    start_anew,
    take_slip,
)
from lms.organisation.acting import acting_for
from lms.organisation.models import Employer, Employment, Person, Unit
from lms.organisation.own_persons import persons_of
from lms.organisation.people import is_seen
from lms.organisation.people import person as person_in_reach
from lms.organisation.queries import in_force

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Slip:
    """What is printed on a slip. The code is known only now: the database holds its hash."""

    name: str
    language: str  # of the person it is for
    employer_name: str
    employer_slug: str
    code: str
    last_day: date  # on which it can be used


def make_slip(ctx: Context, person_id: UUID) -> Slip:
    """A new slip for somebody's first sign-in; earlier ones die, and so do devices let in by them.

    The person is told by mail if there is an address, so that nobody comes in their place unnoticed.

    Raises NotFound outside the actor's reach (and for a protected identity outside the own lead's),
    Conflict if the person has signed in before and can come back: then the own ways in are the only ones.
    """
    within = ctx.reach(Permission.PRINT_SLIP, Unit.path)
    row = ctx.db.execute(
        select(Person, Account, Employer)
        .join(Account, Account.id == Person.account_id)
        .join(Employer, Employer.id == Person.employer_id)
        .where(
            Person.employer_id == ctx.employer_id,
            Person.public_id == person_id,
            select(Employment.id)
            .join(Unit, and_(Unit.employer_id == Employment.employer_id, Unit.id == Employment.unit_id))
            .where(
                Employment.employer_id == Person.employer_id,
                Employment.person_id == Person.id,
                Employment.superseded_at.is_(None),
                or_(Employment.valid_to.is_(None), Employment.valid_to >= ctx.today),
                within,
                is_seen(ctx),
            )
            .exists(),
        )
    ).first()
    if row is None:
        raise NotFound
    person, account, employer = row
    if account.activated_at is not None and not start_anew(ctx, account):
        raise Conflict("already_active")
    end_sessions(ctx, account.id)
    code, expires_at = new_slip(ctx, account.id, person.id)
    return Slip(
        name=person.name,
        language=account.language,
        employer_name=employer.name,
        employer_slug=employer.slug,
        code=code,
        last_day=ctx.day_of(expires_at) - DAY,
    )


@dataclass(frozen=True, slots=True)
class WayBack:
    """Whether a slip can be made for somebody (never signed in, or no way to come back), and how they come in."""

    needs_slip: bool
    by_mail: bool  # an address was confirmed: links go there


def way_back(ctx: Context, person_id: UUID) -> WayBack:
    """How somebody comes in again. One statement.

    Open: asked about a person the actor has been shown.
    """
    by_mail = exists().where(Identifier.account_id == Account.id, Identifier.verified_at.is_not(None))
    needs_slip = or_(Account.activated_at.is_(None), not_(CAN_COME_BACK))
    row = ctx.db.execute(
        select(needs_slip, by_mail)
        .select_from(Account)
        .join(Person, Person.account_id == Account.id)
        .where(Person.employer_id == ctx.employer_id, Person.public_id == person_id)
    ).one()
    return WayBack(bool(row[0]), bool(row[1]))


def make_slips(ctx: Context, person_ids: Iterable[UUID]) -> list[Slip]:
    """A new slip for each of some people; who has signed in before is left out. Raises NotFound as `make_slip`."""
    ctx.require(Permission.PRINT_SLIP)
    slips = []
    for person_id in dict.fromkeys(person_ids):
        with suppress(Conflict):
            slips.append(make_slip(ctx, person_id))
    return slips


def sign_out(ctx: Context, person_id: UUID) -> None:
    """Sign somebody out on every device at once, for example when a phone is stolen; they sign in again as before.

    An account has one set of devices, whichever employer's pages they show. Raises NotFound outside the reach.
    """
    ctx.require(Permission.MANAGE_SIGN_IN)
    person_in_reach(ctx, Permission.MANAGE_SIGN_IN, person_id)
    person = ctx.open(Person, person_id)
    end_sessions(ctx, person.account_id)
    ctx.note("session.all_ended", person, account=person.account_id)


def let_start_again(ctx: Context, person_id: UUID) -> None:
    """Let somebody who has forgotten the password, and has no address to write to, begin again with a slip.

    That it is the right person is seen by whoever does this. Raises NotFound outside the reach, Conflict for the own
    account, for one that was never used, and where a confirmed address is the way in.
    """
    ctx.require(Permission.MANAGE_SIGN_IN)
    person_in_reach(ctx, Permission.MANAGE_SIGN_IN, person_id)
    person = ctx.open(Person, person_id)
    account = ctx.db.get_one(Account, person.account_id, with_for_update=True)
    if account.id == ctx.who.account_id or not forget_ways_in(ctx, account):
        raise Conflict("has_a_way_in")
    ctx.note("account.begun_again", person, account=account.id)


def may_sign_out(ctx: Context, person_id: UUID) -> bool:
    """Whether the actor may sign somebody out. One statement at most.

    Open: asks about the actor only.
    """
    if not ctx.who.may(Permission.MANAGE_SIGN_IN):
        return False
    try:
        return bool(person_in_reach(ctx, Permission.MANAGE_SIGN_IN, person_id))
    except NotFound:
        return False


def sign_everybody_out(ctx: Context) -> int:
    """Sign everybody at the employer out on every device, after a leak; how many devices it were.

    Raises NotFound unless the actor manages sign-in for the whole employer.
    """
    if "/" not in ctx.require(Permission.MANAGE_SIGN_IN).paths(Permission.MANAGE_SIGN_IN):
        raise NotFound
    devices = end_employers_sessions(ctx)
    ctx.note("session.everybody_ended", ctx.db.get_one(Employer, ctx.employer_id), devices=devices)
    return devices


def employer_names(ctx: Context) -> list[tuple[str, str]]:
    """Slug and name of every employer, by name.

    Open: somebody with a slip or an employee number chooses theirs before they are signed in.
    """
    rows = ctx.db.execute(select(Employer.slug, Employer.name, Employer.country).order_by(Employer.id))
    named = sorted(rows, key=lambda row: name_key(row.name, language_of(row.country)))
    return [(row.slug, row.name) for row in named]


def employer_of(ctx: Context, slug: str) -> int:
    """Internal key of the employer somebody has named, by its short name; 0 if there is none.

    Open: asked before anybody is signed in. Employers are a global table.
    """
    return ctx.db.scalar(select(Employer.id).where(Employer.slug == slug)) or 0


def country_named(ctx: Context, slug: str) -> str | None:
    """The country of the employer somebody has named, as whose a national phone number is read; None if there is none.

    Open: asked before anybody is signed in. Employers are a global table.
    """
    return ctx.db.scalar(select(Employer.country).where(Employer.slug == slug))


@dataclass(frozen=True, slots=True)
class PublicEmployer:
    """What anybody may know of an employer: who it is, and whose law holds there."""

    slug: str
    name: str
    department: str
    country: str


def public_employer(ctx: Context, slug: str) -> PublicEmployer:
    """An employer by its short name. Raises NotFound.

    Open: it stands on every certificate.
    """
    row = ctx.db.execute(
        select(Employer.slug, Employer.name, Employer.department, Employer.country).where(
            Employer.slug == slug
        )
    ).first()
    if row is None:
        raise NotFound
    return PublicEmployer(*row)


def account_by_number(ctx: Context, employer_slug: str, number: str) -> NamedAccount | None:
    """The account of the person with this employee number at this employer; None if there is none.

    Open: asked before anybody is signed in; the answer never leaves sign-in. The one place where a person
    is looked up without a session: the employer first, then its person, two statements in every case.
    """
    employer_id = employer_of(ctx, employer_slug)
    with _at(ctx, employer_id) as there:
        row = there.db.execute(
            select(Account.id, Account.password_hash, Account.activated_at)
            .join(Person, Person.account_id == Account.id)
            .where(
                Person.employer_id == employer_id,
                Person.employee_number == normal_employee_number(number),
            )
        ).first()
    return NamedAccount(row[0], row[1], row[2] is not None) if row else None


def _at(ctx: Context, employer_id: int) -> AbstractContextManager[Context]:
    """A reading unit of work of the program at one employer (0: none), for somebody who is not signed in yet."""
    return work(ctx.house, Actor.program(employer_id), writes=False, now=ctx.now)


def account_named(ctx: Context, name: str, employer_slug: str) -> NamedAccount | None:
    """The account somebody names at sign-in: by e-mail address, phone number, or employee number and employer.

    Open: asked before anybody is signed in. What is no address is looked up as both, a known number and an
    unknown one alike; where both are known the employee number goes first.
    """
    if "@" in name:
        return named_account(ctx, name)
    by_number, by_phone = account_by_number(ctx, employer_slug, name), named_account(ctx, name)
    return by_number or by_phone


def slip_holder(ctx: Context, employer_slug: str, code: str) -> str | None:
    """Given name of the person a slip is for; None if it is unknown, used, too old, or the account active.

    Open: whoever has the slip asks before they are signed in. Does not use it up. Empty for a person whose
    identity is protected: no page shows the name before they are signed in.
    """
    employer_id = employer_of(ctx, employer_slug)
    slip = open_slip(ctx, code, employer_id)
    with _at(ctx, employer_id) as there:  # for nobody too: a slip that does not work costs the same
        row = there.db.execute(
            select(Person.given_name, Person.protected).where(
                Person.employer_id == employer_id, Person.account_id == (slip.account_id if slip else 0)
            )
        ).first()
    if row is None:
        return None
    return "" if row.protected else row.given_name


def use_slip(ctx: Context, employer_slug: str, code: str, *, browser: str, user_agent: str) -> str | None:
    """Sign in with a slip: a session (its raw token) that can only set an own way in; None as `slip_holder`.

    Open: the slip is the proof. The slip is used up, the account is not activated. `browser` is the raw token in
    the cookie until now.
    """
    employer_id = employer_of(ctx, employer_slug)
    if not employer_id:
        return None
    ctx.actor = Actor.program(employer_id)  # in whose log it stands
    account_id = take_slip(ctx, code, employer_id)
    if account_id is None:
        return None
    return open_session(
        ctx,
        account_id=account_id,
        employer_id=employer_id,
        user_agent=user_agent,
        remember=False,
        lasts=HALF_LASTS,
        token=session_token(ctx, code, employer_id, browser),
    )


def opened_by_slip(ctx: Context, employer_slug: str, code: str, browser: str) -> str | None:
    """The session (its raw token) that this browser has opened with a slip, while an own way in can still be set.

    Open: the browser's token is the proof. The answer to the slip may have been lost on the way.
    """
    token = session_token(ctx, code, employer_of(ctx, employer_slug), browser)
    return token if is_half(ctx, token) else None


def is_own_slip(ctx: Context, employer_slug: str, code: str, account_id: int) -> bool:
    """Whether the slip somebody has typed is, or was, one of this account.

    Open: whoever has the slip asks; own account only.
    """
    return is_slip_of(ctx, code, employer_of(ctx, employer_slug), account_id)


def enter(ctx: Context, account_id: int, *, user_agent: str, remember: bool) -> str:
    """Open a session for a proven account with the employer of the newest employment; its raw token.

    Open: called when the account has been proven. Raises Conflict if the account belongs to nobody.
    """
    employer_id, _person_id = newest_person(ctx, account_id)
    return open_session(
        ctx, account_id=account_id, employer_id=employer_id, user_agent=user_agent, remember=remember
    )


def newest_person(ctx: Context, account_id: int) -> tuple[int, int]:
    """Employer and person of an account's newest employment; one in force goes before one that is over or ahead.

    Open: called when the account has been proven. Raises Conflict if the account belongs to nobody.
    """
    persons = persons_of(ctx, account_id)
    if not persons:
        raise Conflict("no_employer")
    return persons[0] if len(persons) == 1 else max(persons, key=partial(_newest, ctx))


def _newest(ctx: Context, who: tuple[int, int]) -> tuple[bool, date, int]:
    """How near to today a person's newest employment is: whether it is in force, since when, and the person's id."""
    employer_id, person_id = who
    with acting_for(ctx.house, employer_id, ctx.now, writes=False) as there:
        begun = there.db.execute(
            select(in_force(Employment, there.today), Employment.valid_from).where(
                Employment.employer_id == employer_id,
                Employment.person_id == person_id,
                Employment.superseded_at.is_(None),
                Employment.valid_from <= there.today,
            )
        ).all()
    is_now, since = max(((bool(is_now), since) for is_now, since in begun), default=(False, date.min))
    return is_now, since, person_id


def own_employee_number(ctx: Context) -> str:
    """The employee number the signed-in person can name the account by, together with the employer.

    Open: own person only.
    """
    return ctx.db.scalars(
        select(Person.employee_number).where(
            Person.employer_id == ctx.employer_id, Person.id == ctx.who.person_id
        )
    ).one()


def own_words(ctx: Context) -> tuple[str, ...]:
    """The signed-in person's names and employee number and the employer's names, which make a poor password.

    Open: own person only.
    """
    *own, employer_name, employer_slug = ctx.db.execute(
        select(Person.given_name, Person.family_name, Person.employee_number, Employer.name, Employer.slug)
        .join(Employer, Employer.id == Person.employer_id)
        .where(Person.employer_id == ctx.employer_id, Person.id == ctx.who.person_id)
    ).one()
    return (*own, *employer_name.split(), employer_slug)
