"""Devices that the people of a unit share: made by who leads it, and who comes in on one."""

from dataclasses import dataclass
from datetime import datetime
from secrets import token_urlsafe
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, select, true

from lms.base.access import Actor, Permission
from lms.base.context import Context, work
from lms.base.errors import Invalid, NotFound
from lms.base.names import language_of, name_key
from lms.identity.actions import end_sessions_on
from lms.identity.models import PersonalCode
from lms.identity.rules import device_label, normal_employee_number, token_hash
from lms.organisation.models import Employer, Employment, Person, SharedDevice, Unit
from lms.organisation.queries import in_force, unit_in_reach

LONGEST_NAME = 80  # characters


@dataclass(frozen=True, slots=True)
class OwnDevice:
    """A shared device as who looks after the unit sees it."""

    public_id: UUID
    name: str
    unit: str
    device: str
    created_at: datetime


def shared_devices(ctx: Context) -> list[OwnDevice]:
    """The shared devices of the units in reach, by unit and name. One statement."""
    in_reach = ctx.reach(Permission.SHARE_DEVICE, Unit.path)
    rows = ctx.db.execute(
        select(
            SharedDevice.public_id, SharedDevice.name, Unit.name, SharedDevice.device, SharedDevice.created_at
        )
        .join(Unit, and_(Unit.employer_id == SharedDevice.employer_id, Unit.id == SharedDevice.unit_id))
        .where(SharedDevice.employer_id == ctx.employer_id, SharedDevice.ended_at.is_(None), in_reach)
        .order_by(Unit.name, SharedDevice.name, SharedDevice.id)
    )
    return [OwnDevice(*row) for row in rows]


def share_device(ctx: Context, unit_id: UUID, name: str, user_agent: str) -> str:
    """Make the device at hand one that the people of a unit share; the raw token for its cookie, shown this once.

    Raises NotFound for a unit out of reach, Invalid (`name`).
    """
    who = ctx.require(Permission.SHARE_DEVICE)
    unit = unit_in_reach(ctx, Permission.SHARE_DEVICE, unit_id)
    called = name.strip()
    if not called or len(called) > LONGEST_NAME:
        raise Invalid({"name": "too_long" if called else "missing"})
    token = token_urlsafe(32)
    device = SharedDevice(
        employer_id=who.employer_id,
        unit_id=unit.id,
        name=called,
        device=device_label(user_agent),
        token_hash=token_hash(token),
        made_by=who.person_id,
        created_at=ctx.now,
    )
    ctx.db.add(device)
    ctx.note("device.shared", device, unit=unit.id)
    return token


def stop_sharing(ctx: Context, device_id: UUID) -> None:
    """Let a device be shared no more, and sign out whoever is on it. Raises NotFound out of reach."""
    in_reach = ctx.reach(Permission.SHARE_DEVICE, Unit.path)
    device = ctx.db.scalar(
        select(SharedDevice)
        .join(Unit, and_(Unit.employer_id == SharedDevice.employer_id, Unit.id == SharedDevice.unit_id))
        .where(
            SharedDevice.employer_id == ctx.employer_id,
            SharedDevice.public_id == device_id,
            SharedDevice.ended_at.is_(None),
            in_reach,
        )
    )
    if device is None:
        raise NotFound
    device.ended_at, device.ended_by = ctx.now, ctx.who.person_id
    end_sessions_on(ctx, device.public_id)
    ctx.note("device.sharing_ended", device)


@dataclass(frozen=True, slots=True)
class HereDevice:
    """The shared device somebody stands at."""

    public_id: UUID
    employer_id: int
    slug: str
    name: str
    unit: str
    path: str  # of its unit
    country: str
    time_zone: str


def device_here(ctx: Context, slug: str, token: str) -> HereDevice | None:
    """The shared device with this token, raw as in its cookie; None if it is shared no more. Two statements.

    Open: whoever stands at it asks, before anybody is signed in. The cookie names the employer.
    """
    employer = ctx.db.execute(
        select(Employer.id, Employer.country, Employer.time_zone).where(Employer.slug == slug)
    ).first()
    if employer is None:
        return None
    employer_id, country, time_zone = employer
    with work(ctx.house, Actor.program(employer_id), writes=False, now=ctx.now) as there:
        row = there.db.execute(
            select(SharedDevice.public_id, SharedDevice.name, Unit.name, Unit.path)
            .join(Unit, and_(Unit.employer_id == SharedDevice.employer_id, Unit.id == SharedDevice.unit_id))
            .where(
                SharedDevice.employer_id == employer_id,
                SharedDevice.token_hash == token_hash(token),
                SharedDevice.ended_at.is_(None),
            )
        ).first()
    if row is None:
        return None
    return HereDevice(row[0], employer_id, slug, *row[1:], country, time_zone)


@dataclass(frozen=True, slots=True)
class Listed:
    """Somebody who may come in by tapping the name."""

    public_id: UUID
    account_id: int
    given_name: str
    initial: str  # of the family name


def people_here(ctx: Context, device: HereDevice) -> list[Listed]:
    """Who works in the device's unit, or below it, and has a personal code; by name. One statement.

    Nobody whose identity is protected: they write their employee number.
    Open: shown on the device, which a lead has made a shared one.
    """
    with work(ctx.house, Actor.program(device.employer_id), writes=False, now=ctx.now) as there:
        there.time_zone = device.time_zone
        rows = there.db.execute(
            _with_code(there, Unit.path.startswith(device.path, autoescape=True)).where(
                Person.protected.is_(False)
            )
        ).all()
    language = language_of(device.country)
    rows = sorted(rows, key=lambda row: (name_key(row[2], language), name_key(row[3], language)))
    return [Listed(row[0], row[1], row[2], row[3][:1]) for row in rows]


def account_with_number(ctx: Context, device: HereDevice, number: str) -> int:
    """The account of who works at the device's employer with this number and has a personal code; 0 if nobody.

    Open: whoever stands at the device asks; the answer never leaves sign-in.
    """
    with work(ctx.house, Actor.program(device.employer_id), writes=False, now=ctx.now) as there:
        there.time_zone = device.time_zone
        return (
            there.db.scalar(
                _with_code(there, true())
                .with_only_columns(Person.account_id)
                .where(Person.employee_number == normal_employee_number(number))
            )
            or 0
        )


def _with_code(there: Context, where: ColumnElement[bool]) -> Select[UUID, int, str, str]:
    """Who works there today, in units for which a condition holds, and has a personal code."""
    works_there = (
        select(Employment.id)
        .join(Unit, and_(Unit.employer_id == Employment.employer_id, Unit.id == Employment.unit_id))
        .where(
            Employment.employer_id == Person.employer_id,
            Employment.person_id == Person.id,
            in_force(Employment, there.today),
            where,
        )
        .exists()
    )
    return (
        select(Person.public_id, Person.account_id, Person.given_name, Person.family_name)
        .join(PersonalCode, PersonalCode.account_id == Person.account_id)
        .where(Person.employer_id == there.employer_id, works_there)
    )
