"""Two small municipalities for tests, built through the actions of the house."""

from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time

from sqlalchemy import select, update

from lms.base.access import Actor, Role
from lms.base.context import Context, House, local_day, work
from lms.base.shipped import shipped
from lms.catalogue.actions import publish_editions
from lms.identity.models import Account, Identifier
from lms.messages.models import MessageTerms
from lms.messages.terms import Terms
from lms.organisation import actions as organisation
from lms.organisation.models import Person, Unit
from lms.organisation.queries import employer_id_of
from lms.organisation.visitors import actor_on

START = date(2026, 1, 1)
AT_ALL_HOURS = Terms(quiet_from=time(0), quiet_to=time(0), weekends_off=False)
PEOPLE = {  # name -> (number, given, family, unit, role profile, title, granted role, where)
    "granvik": {
        "amina": ("1001", "Amina", "Yusuf", "Björken", "assistant_nurse", "Undersköterska", None, None),
        "farid": ("1002", "Farid", "Rahimi", "Björken", "assistant_nurse", "Undersköterska", None, None),
        "hodan": ("1003", "Hodan", "Ali", "Eken", "care_assistant", "Vårdbiträde", None, None),
        "karin": ("1010", "Karin", "Lind", "Björken", "team_lead", "Enhetschef", Role.LEAD, "Björken"),
        "jonas": ("1011", "Jonas", "Ek", "Eken", "team_lead", "Enhetschef", Role.LEAD, "Eken"),
        "maria": ("1020", "Maria", "Holm", "Granvik", "other", "Kvalitetsansvarig", Role.OFFICER, None),
        "admin": ("1021", "Ida", "Berg", "Granvik", "other", "Systemansvarig", Role.ADMIN, None),
    },
    "fjordvik": {
        "kari": ("2001", "Kari", "Nes", "Furua", "assistant_nurse", "Helsefagarbeider", None, None),
        "lars": ("2010", "Lars", "Moe", "Furua", "team_lead", "Avdelingsleder", Role.LEAD, "Furua"),
        "siri": ("2020", "Siri", "Dahl", "Fjordvik", "other", "Kvalitetsleder", Role.OFFICER, None),
    },
}
UNITS = {"granvik": ("Granvik", ("Björken", "Eken")), "fjordvik": ("Fjordvik", ("Furua",))}


def build_municipalities(house: House) -> None:
    """Publish the shipped courses and make Granvik and Fjordvik with their people."""
    with work(house) as ctx:
        publish_editions(ctx, shipped("courses"))
    for slug in PEOPLE:
        with work(house) as ctx:
            _build(ctx, slug)


def _build(ctx: Context, slug: str) -> None:
    top, below = UNITS[slug]
    employer = organisation.create_employer(
        ctx, slug=slug, name=f"{top}s kommun", department="Vård och omsorg", country="SE", language="sv"
    )
    ctx.actor = Actor.program(employer.id)
    ctx.db.add(  # at whatever hour tests run, mail leaves
        MessageTerms(employer_id=employer.id, terms=AT_ALL_HOURS.as_kept(), set_by=None, recorded_at=ctx.now)
    )
    root = organisation.create_unit(ctx, employer=employer, name=top, valid_from=START)
    units = {top: root}
    for name in below:
        units[name] = organisation.create_unit(
            ctx, employer=employer, name=name, parent=root, valid_from=START
        )
    for number, given, family, unit, role, title, granted, where in PEOPLE[slug].values():
        person = organisation.add_person(
            ctx,
            employer=employer,
            employee_number=number,
            given_name=given,
            family_name=family,
            email=f"{given}.{family}@{slug}.example".lower(),
        )
        ctx.db.flush()
        let_have_signed_in(ctx, person.account_id)
        organisation.employ(ctx, person=person, unit=units[unit], role=role, title=title, valid_from=START)
        if granted:
            organisation.grant_role(
                ctx, person=person, role=granted, unit=units[where] if where else None, valid_from=START
            )


def let_have_signed_in(ctx: Context, account_id: int) -> None:
    """As by a mailed link: the account is used, and its address was read."""
    ctx.db.get_one(Account, account_id).activated_at = ctx.now
    ctx.db.execute(update(Identifier).where(Identifier.account_id == account_id).values(verified_at=ctx.now))


def day_of(time: datetime) -> date:
    """The day it is in both municipalities: near midnight another than in UTC."""
    return local_day(time, Context.time_zone)


@dataclass
class Town:
    """A municipality in a test: opens units of work as its people."""

    house: House
    slug: str
    employer_id: int = field(init=False)

    def __post_init__(self) -> None:
        with work(self.house, writes=False) as ctx:
            self.employer_id = employer_id_of(ctx, self.slug)

    def inside(self, *, writes: bool = False, now: datetime | None = None) -> AbstractContextManager[Context]:
        """A unit of work as the program itself, for looking at the rows of this municipality (or changing them)."""
        at = now or datetime.now(UTC)
        return work(self.house, Actor.program(self.employer_id), writes=writes, now=at)

    def actor(self, name: str, today: date | None = None) -> Actor:
        """The actor of a person by the short name in PEOPLE."""
        number = PEOPLE[self.slug][name][0]
        with self.inside() as ctx:
            person = ctx.db.scalars(
                select(Person).where(Person.employer_id == self.employer_id, Person.employee_number == number)
            ).one()
            return actor_on(ctx.db, self.employer_id, person.id, today or day_of(datetime.now(UTC)))

    def work(self, name: str, *, writes: bool = True, now: datetime | None = None):
        """A unit of work as a person, now or at another time."""
        at = now or datetime.now(UTC)
        return work(self.house, self.actor(name, day_of(at)), writes=writes, now=at)

    def person(self, name: str) -> Person:
        """The person row, detached."""
        actor = self.actor(name)
        with self.inside() as ctx:
            return ctx.db.get_one(Person, actor.person_id)

    def unit(self, name: str) -> Unit:
        """The unit row with this name, detached."""
        with self.inside() as ctx:
            return ctx.db.scalars(
                select(Unit).where(Unit.employer_id == self.employer_id, Unit.name == name)
            ).one()
