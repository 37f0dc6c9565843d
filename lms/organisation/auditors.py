"""Who may read the register for a limited time: appointed for units, from a day to a day, with a reason."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import and_, select, true

from lms.base.access import Permission, Role
from lms.base.context import Context
from lms.base.errors import Conflict, Invalid, NotFound
from lms.identity.models import Account, Identifier
from lms.identity.rules import normal_email
from lms.identity.slips import new_slip
from lms.organisation.actions import add_person, grant_role
from lms.organisation.arrival import DAY, Slip
from lms.organisation.auditor_list import everywhere
from lms.organisation.facts import revise
from lms.organisation.models import Employer, Employment, Person, RoleGrant, Unit
from lms.organisation.people import person_at_work
from lms.organisation.queries import unit_in_reach
from lms.organisation.rules import same_name

MOST_UNITS = 50  # of one appointment
LONGEST_REASON = 400  # characters
LONGEST_NAME = 120  # characters, as in the staff list
OUTSIDE = "EXT-"  # what the numbers of those from outside begin with: nobody is employed under one


@dataclass(frozen=True, slots=True)
class Outsider:
    """Somebody who does not work here: an inspector, an accountant."""

    given_name: str
    family_name: str
    email: str


@dataclass(frozen=True, slots=True)
class Terms:
    """For which units (empty: the whole employer), from when to when, and why."""

    units: tuple[UUID, ...]
    valid_from: date | None
    valid_to: date | None
    reason: str
    whole: bool = False

    def faults(self, today: date) -> dict[str, str]:
        """What is wrong, by field."""
        faults = {}
        if self.whole == bool(self.units) or len(self.units) > MOST_UNITS:
            faults["units"] = "missing"
        faults |= self._faults_of_days(today)
        if not self.reason.strip() or len(self.reason.strip()) > LONGEST_REASON:
            faults["reason"] = "too_long" if self.reason.strip() else "missing"
        return faults

    def _faults_of_days(self, today: date) -> dict[str, str]:
        first, last = self.valid_from, self.valid_to
        if first is None or last is None:
            return {
                name: "missing" for name, day in (("valid_from", first), ("valid_to", last)) if day is None
            }
        faults = {"valid_from": "date_passed"} if first < today else {}
        if last < first:
            faults["valid_to"] = "ends_before_it_begins"
        elif last >= _a_year_after(first):
            faults["valid_to"] = "too_late"
        return faults


def _a_year_after(day: date) -> date:
    """The same day twelve months later; of 29 February the day after the 28th."""
    try:
        return day.replace(year=day.year + 1)
    except ValueError:  # 29 February, or the last year there is
        return day + timedelta(days=366) if day.year < date.max.year else date.max


def appoint_colleague(ctx: Context, employee_number: str, terms: Terms) -> Sequence[RoleGrant]:
    """Let somebody who works in the actor's reach read the register; not the actor, who has what they have.

    Raises Invalid by field (employee_number, and those of the terms), NotFound for a unit out of reach.
    """
    ctx.require(Permission.APPOINT_AUDITOR)
    faults = terms.faults(ctx.today)
    person = _colleague(ctx, employee_number)
    if person is None:
        faults["employee_number"] = "unknown"
    elif person.id == ctx.who.person_id:
        faults["employee_number"] = "own"
    if faults or person is None:
        raise Invalid(faults)
    return _appoint(ctx, person, terms)


def _colleague(ctx: Context, employee_number: str) -> Person | None:
    try:
        which = Person.employee_number == employee_number.strip()
        return person_at_work(ctx, Permission.APPOINT_AUDITOR, which)
    except NotFound:
        return None


def appoint_outsider(ctx: Context, who: Outsider, terms: Terms) -> Sequence[RoleGrant]:
    """Let somebody from outside read the register, who gets an account to sign in with: by mail or with a slip.

    Whoever is known here by that address is the one. Raises Invalid by field (given_name, family_name, email, and
    those of the terms), NotFound for a unit out of reach.
    """
    ctx.require(Permission.APPOINT_AUDITOR)
    faults = terms.faults(ctx.today)
    for field in ("given_name", "family_name"):
        text = getattr(who, field).strip()
        if not text or len(text) > LONGEST_NAME:
            faults[field] = "too_long" if text else "missing"
    email = normal_email(who.email)
    if email is None:
        faults["email"] = "not_email"
    if faults or email is None:
        raise Invalid(faults)
    person = _known_by(ctx, email, who) or _new_person(ctx, who, email)
    if person.id == ctx.who.person_id:
        raise Invalid({"email": "own"})
    return _appoint(ctx, person, terms, email)


def _known_by(ctx: Context, email: str, who: Outsider) -> Person | None:
    """Who is known here by an address: as their way in, or else as where an auditor of that name was written to.

    Not where it was entered by mistake, and taken back: what somebody opens is kept as opened by that person.
    """
    by_way_in = (
        select(Person)
        .join(Identifier, Identifier.account_id == Person.account_id)
        .where(Person.employer_id == ctx.employer_id, Identifier.kind == "email", Identifier.value == email)
    )
    by_appointment = (
        select(Person)
        .join(RoleGrant, and_(RoleGrant.employer_id == Person.employer_id, RoleGrant.person_id == Person.id))
        .where(
            Person.employer_id == ctx.employer_id,
            RoleGrant.email == email,
            RoleGrant.superseded_at.is_(None),
        )
        .order_by(Person.id)
    )
    written_to = (
        person
        for person in ctx.db.scalars(by_appointment)
        if same_name(person.given_name, who.given_name) and same_name(person.family_name, who.family_name)
    )
    return ctx.db.scalar(by_way_in) or next(written_to, None)


def _new_person(ctx: Context, who: Outsider, email: str) -> Person:
    numbers = set(
        ctx.db.scalars(
            select(Person.employee_number).where(
                Person.employer_id == ctx.employer_id, Person.employee_number.startswith(OUTSIDE)
            )
        )
    )
    place = len(numbers) + 1
    while f"{OUTSIDE}{place}" in numbers:
        place += 1
    person = add_person(
        ctx,
        employer=ctx.db.get_one(Employer, ctx.employer_id),
        employee_number=f"{OUTSIDE}{place}",
        given_name=who.given_name.strip(),
        family_name=who.family_name.strip(),
        email=email,
    )
    ctx.db.flush()
    return person


def _appoint(ctx: Context, person: Person, terms: Terms, email: str | None = None) -> Sequence[RoleGrant]:
    """A grant for each unit; one mail tells of all of them."""
    grants = [_grant(ctx, person, unit, terms) for unit in _units(ctx, terms)]
    for grant in grants:
        grant.email = email
    ctx.db.flush()
    first = grants[0]
    ctx.later("after_auditor_appointed", str(first.id), grant_id=first.id)
    return grants


def _units(ctx: Context, terms: Terms) -> Iterable[Unit | None]:
    if terms.whole:
        if not everywhere(ctx):
            raise NotFound
        return [None]
    return [unit_in_reach(ctx, Permission.APPOINT_AUDITOR, unit) for unit in dict.fromkeys(terms.units)]


def _grant(ctx: Context, person: Person, unit: Unit | None, terms: Terms) -> RoleGrant:
    grant = grant_role(
        ctx, person=person, role=Role.AUDITOR, unit=unit, valid_from=terms.valid_from, valid_to=terms.valid_to
    )
    grant.reason, grant.given_by = terms.reason.strip(), ctx.who.person_id
    return grant


def end_auditor(ctx: Context, grant_id: UUID) -> RoleGrant:
    """End an appointment at once. Raises NotFound outside the actor's reach, Conflict if it is over."""
    ctx.require(Permission.APPOINT_AUDITOR)
    grant = _in_reach(ctx, grant_id)
    if grant.valid_to is not None and grant.valid_to < ctx.today:
        raise Conflict("auditor_over")
    yesterday = ctx.today - DAY
    revise(ctx, grant, valid_to=yesterday)
    ctx.note("role.revoked", grant, last_day=yesterday.isoformat())
    return grant


def auditor_slip(ctx: Context, grant_id: UUID) -> Slip:
    """A slip for the first sign-in of an auditor from outside; earlier ones die.

    Raises NotFound outside the actor's reach and for somebody who works here, for whom the lead makes one; Conflict
    if the appointment is over or the person has signed in.
    """
    ctx.require(Permission.APPOINT_AUDITOR)
    grant = _in_reach(ctx, grant_id)
    person = ctx.open(Person, grant.person_id)
    works_here = select(Employment.id).where(
        Employment.employer_id == ctx.employer_id,
        Employment.person_id == person.id,
        Employment.superseded_at.is_(None),
    )
    if ctx.db.scalar(works_here.limit(1)) is not None:
        raise NotFound
    if grant.valid_to is not None and grant.valid_to < ctx.today:
        raise Conflict("auditor_over")
    account = ctx.db.get_one(Account, person.account_id)
    if account.activated_at is not None:
        raise Conflict("already_active")
    code, expires_at = new_slip(ctx, account.id, person.id)
    employer = ctx.db.get_one(Employer, ctx.employer_id)
    return Slip(
        name=person.name,
        language=account.language,
        employer_name=employer.name,
        employer_slug=employer.slug,
        code=code,
        last_day=ctx.day_of(expires_at) - DAY,
    )


@dataclass(frozen=True, slots=True)
class WayIn:
    """How an auditor comes in whose address is a way in somewhere else: with a slip, and later a password."""

    employer_slug: str
    number: str  # names the account, together with the employer
    code: str  # of a slip; empty: has signed in before


def way_in(ctx: Context, person_id: int) -> WayIn | None:
    """How an auditor comes in who cannot have a link mailed; None for who can. A slip is told nowhere but here.

    That an address is in use at another employer is nobody's business but its owner's: the officer sees no difference.

    Open: called by the worker, for the letter to the auditor.
    """
    person = ctx.open(Person, person_id)
    mailed = select(Identifier.id).where(
        Identifier.account_id == person.account_id, Identifier.kind == "email"
    )
    if ctx.db.scalar(mailed.limit(1)) is not None:
        return None
    account, employer = (
        ctx.db.get_one(Account, person.account_id),
        ctx.db.get_one(Employer, ctx.employer_id),
    )
    code = "" if account.activated_at else new_slip(ctx, account.id, person.id, told=False)[0]
    return WayIn(employer.slug, person.employee_number, code)


def _in_reach(ctx: Context, grant_id: UUID) -> RoleGrant:
    in_reach = ctx.reach(Permission.APPOINT_AUDITOR, Unit.path)
    found = ctx.db.scalar(
        select(RoleGrant)
        .outerjoin(Unit, and_(Unit.employer_id == RoleGrant.employer_id, Unit.id == RoleGrant.unit_id))
        .where(
            RoleGrant.employer_id == ctx.employer_id,
            RoleGrant.public_id == grant_id,
            RoleGrant.role == Role.AUDITOR.value,
            RoleGrant.superseded_at.is_(None),
            true() if everywhere(ctx) else and_(RoleGrant.unit_id.is_not(None), in_reach),
        )
    )
    if found is None:
        raise NotFound
    return found
