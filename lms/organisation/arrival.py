"""Where an account becomes a person of an employer: slips for the first sign-in, and whose pages a session shows."""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import and_, or_, select

from lms.base.access import Permission
from lms.base.context import Context
from lms.base.errors import Conflict, NotFound
from lms.identity.actions import end_sessions, open_session
from lms.identity.models import Account
from lms.identity.queries import open_slip
from lms.identity.rules import HALF_LASTS
from lms.identity.slips import new_slip, take_slip
from lms.organisation.models import Employer, Employment, Person, Unit
from lms.organisation.people import is_seen

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

    Raises NotFound outside the actor's reach (and for a protected identity outside the own lead's),
    Conflict if the person has signed in before: then the person's own ways in are the only ones.
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
    if account.activated_at is not None:
        raise Conflict("already_active")
    end_sessions(ctx, account.id)
    code, expires_at = new_slip(ctx, account.id, ctx.employer_id)
    return Slip(
        name=person.name,
        language=account.language,
        employer_name=employer.name,
        employer_slug=employer.slug,
        code=code,
        last_day=ctx.day_of(expires_at) - DAY,
    )


def make_slips(ctx: Context, person_ids: Iterable[UUID]) -> list[Slip]:
    """A new slip for each of some people; who has signed in before is left out. Raises NotFound as `make_slip`."""
    ctx.require(Permission.PRINT_SLIP)
    slips = []
    for person_id in dict.fromkeys(person_ids):
        with suppress(Conflict):
            slips.append(make_slip(ctx, person_id))
    return slips


def employer_names(ctx: Context) -> list[tuple[str, str]]:
    """Slug and name of every employer, by name.

    Open: somebody with a slip chooses theirs before they are signed in.
    """
    rows = ctx.db.execute(select(Employer.slug, Employer.name).order_by(Employer.name, Employer.id))
    return [(slug, name) for slug, name in rows]


def slip_holder(ctx: Context, employer_slug: str, code: str) -> str | None:
    """Given name of the person a slip is for; None if it is unknown, used, too old, or the account active.

    Open: whoever has the slip asks before they are signed in. Does not use it up. Empty for a person whose
    identity is protected: no page shows the name before they are signed in.
    """
    slip = open_slip(ctx, code)
    if slip is None:
        return None
    row = ctx.db.execute(
        select(Person.given_name, Person.protected)
        .join(Employer, Employer.id == Person.employer_id)
        .where(
            Person.employer_id == slip.employer_id,
            Person.account_id == slip.account_id,
            Employer.slug == employer_slug,
        )
    ).first()
    if row is None:
        return None
    return "" if row.protected else row.given_name


def use_slip(ctx: Context, employer_slug: str, code: str, *, user_agent: str) -> str | None:
    """Sign in with a slip: a session (its raw token) that can only set an own way in; None as `slip_holder`.

    Open: the slip is the proof. The slip is used up, the account is not activated.
    """
    employer_id = ctx.db.scalar(select(Employer.id).where(Employer.slug == employer_slug))
    account_id = take_slip(ctx, code, employer_id) if employer_id is not None else None
    if account_id is None or employer_id is None:
        return None
    return open_session(
        ctx,
        account_id=account_id,
        employer_id=employer_id,
        user_agent=user_agent,
        remember=False,
        lasts=HALF_LASTS,
    )


def enter(ctx: Context, account_id: int, *, user_agent: str, remember: bool) -> str:
    """Open a session for a proven account with the employer of the newest employment; its raw token.

    Open: called when the account has been proven. An employment in force goes before one that is over or
    has not begun. Raises Conflict if the account belongs to nobody.
    """
    begun = and_(Employment.valid_from <= ctx.today, Employment.superseded_at.is_(None))
    over = Employment.valid_to < ctx.today
    employer_id = ctx.db.scalar(
        select(Person.employer_id)
        .outerjoin(
            Employment,
            and_(Employment.employer_id == Person.employer_id, Employment.person_id == Person.id, begun),
        )
        .where(Person.account_id == account_id)
        .order_by(
            Employment.id.is_(None),
            and_(Employment.valid_to.is_not(None), over),
            Employment.valid_from.desc(),
            Person.id.desc(),
        )
        .limit(1)
    )
    if employer_id is None:
        raise Conflict("no_employer")
    return open_session(
        ctx, account_id=account_id, employer_id=employer_id, user_agent=user_agent, remember=remember
    )


def own_words(ctx: Context) -> tuple[str, ...]:
    """The signed-in person's names and employee number, which make a poor password.

    Open: own person only.
    """
    row = ctx.db.execute(
        select(Person.given_name, Person.family_name, Person.employee_number).where(
            Person.employer_id == ctx.employer_id, Person.id == ctx.who.person_id
        )
    ).one()
    return tuple(row)
