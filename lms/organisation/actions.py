"""Change the organisation one thing at a time: employer, units, people, employments, roles, absences."""

from datetime import date, timedelta

from sqlalchemy import func, literal, or_, select, update

from lms.base.access import Role
from lms.base.context import Context
from lms.base.errors import Conflict, Invalid
from lms.identity.models import Account, Identifier
from lms.identity.rules import normal_email, normal_phone
from lms.organisation.facts import revise, revise_many
from lms.organisation.models import (
    Absence,
    Employer,
    Employment,
    Person,
    RoleGrant,
    RoleProfile,
    Unit,
    UnitPlacement,
)
from lms.organisation.queries import tree_over_time

DAY = timedelta(days=1)


def create_employer(  # noqa: PLR0913  (what an employer is)
    ctx: Context,
    *,
    slug: str,
    name: str,
    department: str = "",
    country: str = "SE",
    language: str = "sv",
    time_zone: str = "Europe/Stockholm",
    signatory_name: str | None = None,
    signatory_title: str | None = None,
    retention: dict[str, int] | None = None,
) -> Employer:
    """Create an employer: the tenant everything else belongs to.

    Open: only the program's own commands create employers.
    `retention` is months by record kind. Raises Conflict if the slug is taken.
    """
    if ctx.db.scalar(select(Employer.id).where(Employer.slug == slug)) is not None:
        raise Conflict("slug_taken", slug=slug)
    employer = Employer(
        slug=slug,
        name=name,
        department=department,
        country=country,
        language=language,
        time_zone=time_zone,
        signatory_name=signatory_name,
        signatory_title=signatory_title,
        retention=retention or {},
        created_at=ctx.now,
    )
    ctx.db.add(employer)
    ctx.db.flush()
    return employer


def create_unit(
    ctx: Context, *, employer: Employer, name: str, parent: Unit | None = None, valid_from: date | None = None
) -> Unit:
    """Create a unit under another (or at the top), standing there from a day (today).

    Open: only the program's own commands and the import, which has checked who asks.
    """
    unit = Unit(
        employer_id=employer.id,
        parent_id=parent.id if parent else None,
        name=name,
        path="",
        created_at=ctx.now,
    )
    ctx.db.add(unit)
    ctx.db.flush()
    unit.path = f"{parent.path if parent else '/'}{unit.id}/"
    ctx.db.add(
        UnitPlacement(
            employer_id=employer.id,
            unit_id=unit.id,
            parent_id=unit.parent_id,
            valid_from=valid_from or ctx.today,
            recorded_at=ctx.now,
        )
    )
    ctx.note("unit.created", unit, parent=unit.parent_id)
    return unit


def place_unit(ctx: Context, *, unit: Unit, parent: Unit | None, valid_from: date) -> Unit:
    """Move a unit, with all below it, under another parent (or to the top) from a day on.

    Open: only the program's own commands. The caller lets requirements fit the people there, in the same transaction.
    What was said of days from then on never was so. Raises Invalid if the day lies ahead, or if the parent lies below
    the unit itself, today or on a day since then.
    """
    faults = {}
    if valid_from > ctx.today:
        faults["valid_from"] = "lies_ahead"
    if parent is not None and any(
        f"/{unit.id}/" in path
        for path, _first, last in tree_over_time(ctx).stood(parent.id)
        if last is None or last >= valid_from
    ):
        faults["parent"] = "below_itself"
    if faults:
        raise Invalid(faults)
    known = ctx.db.execute(
        select(UnitPlacement.id, UnitPlacement.valid_from).where(
            UnitPlacement.employer_id == unit.employer_id,
            UnitPlacement.unit_id == unit.id,
            UnitPlacement.superseded_at.is_(None),
            or_(UnitPlacement.valid_to.is_(None), UnitPlacement.valid_to >= valid_from),
        )
    )
    revise_many(
        ctx,
        UnitPlacement,
        {row.id: {"valid_to": valid_from - DAY} if row.valid_from < valid_from else None for row in known},
    )
    parent_id = parent.id if parent else None
    ctx.db.add(
        UnitPlacement(
            employer_id=unit.employer_id,
            unit_id=unit.id,
            parent_id=parent_id,
            valid_from=valid_from,
            recorded_at=ctx.now,
        )
    )
    old, new = unit.path, f"{parent.path if parent else '/'}{unit.id}/"
    ctx.db.flush()
    ctx.db.execute(
        update(Unit)
        .where(Unit.employer_id == unit.employer_id, Unit.path.startswith(old, autoescape=True))
        .values(path=literal(new) + func.substr(Unit.path, len(old) + 1))
        .execution_options(synchronize_session=False)
    )
    unit.parent_id = parent_id
    ctx.db.flush()
    ctx.db.expire_all()
    ctx.note("unit.placed", unit, parent=parent_id, valid_from=valid_from.isoformat())
    return unit


def add_person(  # noqa: PLR0913  (what is known of a person)
    ctx: Context,
    *,
    employer: Employer,
    employee_number: str,
    given_name: str,
    family_name: str,
    email: str | None = None,
    phone: str | None = None,
    language: str | None = None,
    protected: bool = False,
) -> Person:
    """Add somebody with an account that has never been used; e-mail and phone are not verified yet.

    Open: only the program's own commands; people come in through the import.
    An address that another account already has is left out: who owns it, links the two by signing in.
    Raises Invalid for an address or number that cannot be one.
    """
    account = Account(language=language or employer.language, created_at=ctx.now)
    ctx.db.add(account)
    ctx.db.flush()
    for kind, value in (
        ("email", normal_email(email) if email else None),
        ("phone", normal_phone(phone, employer.country) if phone else None),
    ):
        if value is None:
            if {"email": email, "phone": phone}[kind]:
                raise Invalid({kind: "not_" + kind})
            continue
        taken = select(Identifier.id).where(Identifier.kind == kind, Identifier.value == value)
        if ctx.db.scalar(taken) is None:
            ctx.db.add(Identifier(account_id=account.id, kind=kind, value=value, created_at=ctx.now))
    person = Person(
        employer_id=employer.id,
        account_id=account.id,
        employee_number=employee_number,
        given_name=given_name,
        family_name=family_name,
        protected=protected,
        created_at=ctx.now,
    )
    ctx.db.add(person)
    ctx.note("person.added", person)
    return person


def role_profile(ctx: Context, employer_id: int, key: str) -> RoleProfile:
    """The employer's role profile with this key, made if it is not there yet.

    Open: a look-up for the actions of this capability.
    """
    found = ctx.db.scalar(
        select(RoleProfile).where(RoleProfile.employer_id == employer_id, RoleProfile.key == key)
    )
    if found is None:
        found = RoleProfile(employer_id=employer_id, key=key)
        ctx.db.add(found)
        ctx.db.flush()
    return found


def employ(  # noqa: PLR0913  (what an employment is)
    ctx: Context,
    *,
    person: Person,
    unit: Unit,
    role: str,
    title: str,
    kind: str = "permanent",
    percent: int = 100,
    valid_from: date,
    valid_to: date | None = None,
) -> Employment:
    """Let a person work in a unit from a day (to a last day); `role` is the key of a role profile.

    Open: only the program's own commands; people come in through the import. The caller lets requirements fit the
    person, in the same transaction.
    """
    employment = Employment(
        employer_id=person.employer_id,
        person_id=person.id,
        unit_id=unit.id,
        role_profile_id=role_profile(ctx, person.employer_id, role).id,
        title=title,
        kind=kind,
        percent=percent,
        valid_from=valid_from,
        valid_to=valid_to,
        recorded_at=ctx.now,
    )
    ctx.db.add(employment)
    ctx.note("employment.added", employment, unit=unit.id, valid_from=valid_from.isoformat())
    return employment


def end_employment(ctx: Context, *, employment: Employment, last_day: date) -> Employment:
    """Let an employment end with a day; what was known before is kept.

    Open: only the program's own commands; people come in through the import. The caller lets requirements fit the
    person, in the same transaction.
    Raises Invalid if it had not begun by then.
    """
    _end(ctx, employment, last_day)
    ctx.note("employment.ended", employment, last_day=last_day.isoformat())
    return employment


def grant_role(
    ctx: Context,
    *,
    person: Person,
    role: Role | str,
    unit: Unit | None = None,
    valid_from: date | None = None,
    valid_to: date | None = None,
) -> RoleGrant:
    """Give a person a role over a unit and all below it (no unit: the whole employer).

    Open: only the program's own commands.
    Raises Invalid for staff, which follows from an employment and is granted to nobody.
    """
    if Role(role) is Role.STAFF:
        raise Invalid({"role": "not_granted"})
    grant = RoleGrant(
        employer_id=person.employer_id,
        person_id=person.id,
        role=Role(role).value,
        unit_id=unit.id if unit else None,
        valid_from=valid_from or ctx.today,
        valid_to=valid_to,
        recorded_at=ctx.now,
    )
    ctx.db.add(grant)
    ctx.note("role.granted", grant, role=grant.role, person=person.id, unit=grant.unit_id)
    return grant


def revoke_role(ctx: Context, *, grant: RoleGrant, last_day: date) -> RoleGrant:
    """Let a granted role end with a day; what was known before is kept.

    Open: only the program's own commands.
    Raises Invalid if it had not begun by then.
    """
    _end(ctx, grant, last_day)
    ctx.note("role.revoked", grant, last_day=last_day.isoformat())
    return grant


def add_absence(
    ctx: Context, *, person: Person, kind: str, valid_from: date, valid_to: date | None = None
) -> Absence:
    """Record that a person is away (`leave` or `absence`); why is never stored.

    Open: only the program's own commands.
    Raises Invalid for another kind.
    """
    if kind not in {"leave", "absence"}:
        raise Invalid({"kind": "unknown"})
    absence = Absence(
        employer_id=person.employer_id,
        person_id=person.id,
        kind=kind,
        valid_from=valid_from,
        valid_to=valid_to,
        recorded_at=ctx.now,
    )
    ctx.db.add(absence)
    ctx.note("absence.added", absence, person=person.id)
    return absence


def _end(ctx: Context, fact: Employment | RoleGrant, last_day: date) -> None:
    if last_day < fact.valid_from:
        raise Invalid({"last_day": "before_first_day"})
    revise(ctx, fact, valid_to=last_day)
