"""Granvik, a municipality to click around in: built through the same actions that people use."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select, update

from lms.base.access import Actor, Role
from lms.base.context import Context, House, work
from lms.base.outbox import OutboxTask
from lms.base.shipped import shipped
from lms.catalogue import queries as catalogue
from lms.catalogue.actions import publish_editions
from lms.competence import actions as competence
from lms.identity.models import Account, Identifier
from lms.identity.passwords import hash_password
from lms.learning import actions as learning
from lms.learning.models import Attempt
from lms.organisation import actions as organisation
from lms.organisation.models import Employer, Person, Unit
from lms.organisation.queries import grants_and_title
from lms.reflection import actions as reflection
from lms.reflection.rules import Agreed
from lms.register import actions as register

SLUG = "granvik"
PASSWORD = "granvik-demo"  # noqa: S105  (everybody may know it: the demo refuses to run in production)
ZONE = ZoneInfo("Europe/Stockholm")
COURSE = "documentation"


LONG_AGO = 800  # days: before anybody's first certificate


@dataclass(frozen=True)
class Somebody:
    """One person of the demo. `since` and `passed` are days ago: employed, course passed; `read` is lessons read."""

    number: str
    given: str
    family: str
    unit: str
    role: str
    title: str
    kind: str = "permanent"
    percent: int = 100
    passed: int | None = None
    read: int = 0
    active: bool = True
    since: int = LONG_AGO
    grant: Role | None = None


UNITS = {  # name -> parent
    "Vård och omsorg": None,
    "Solgläntans äldreboende": "Vård och omsorg",
    "Björken": "Solgläntans äldreboende",
    "Eken": "Solgläntans äldreboende",
    "Hemtjänst Norr": "Vård och omsorg",
}
USK, VB, SSK = (
    ("assistant_nurse", "Undersköterska"),
    ("care_assistant", "Vårdbiträde"),
    ("nurse", "Sjuksköterska"),
)
PEOPLE = (
    Somebody("1001", "Amina", "Yusuf", "Björken", *USK, read=3, since=76),
    Somebody("1002", "Birgitta", "Lund", "Björken", *USK, passed=210, percent=75),
    Somebody("1003", "Daniela", "Popescu", "Björken", *VB, passed=705),
    Somebody("1004", "Elin", "Sandström", "Björken", *USK, passed=30),
    Somebody("1005", "Farid", "Rahimi", "Björken", *USK, passed=760),
    Somebody("1006", "Gun-Britt", "Åkesson", "Björken", *USK, passed=400),
    Somebody("1007", "Hodan", "Ali", "Björken", *VB, read=1, kind="hourly", percent=40, since=99),
    Somebody("1008", "Samir", "Haddad", "Björken", *VB, kind="temporary", active=False, since=3),
    Somebody("1010", "Karin", "Lind", "Björken", "team_lead", "Enhetschef", passed=120, grant=Role.LEAD),
    Somebody("1021", "Jonas", "Ek", "Eken", *USK, passed=95),
    Somebody("1022", "Katarzyna", "Nowak", "Eken", *USK, passed=716),
    Somebody("1023", "Lars", "Öberg", "Eken", *SSK, passed=60),
    Somebody("1024", "Mehwish", "Khan", "Eken", *USK, since=40),
    Somebody("1025", "Ravdna", "Čáhppe", "Eken", *VB, passed=15),
    Somebody("1029", "Peter", "Sjögren", "Eken", "team_lead", "Enhetschef", passed=300, grant=Role.LEAD),
    Somebody("1031", "Olena", "Kovalenko", "Hemtjänst Norr", *VB, read=5, since=200),
    Somebody("1032", "Thi Lan", "Nguyen", "Hemtjänst Norr", *USK, passed=180),
    Somebody("1033", "Yosef", "Tesfaye", "Hemtjänst Norr", *VB, active=False, since=12),
    Somebody(
        "1039",
        "Anna-Karin",
        "Berglund",
        "Hemtjänst Norr",
        "team_lead",
        "Enhetschef",
        grant=Role.LEAD,
        since=300,
    ),
    Somebody("1090", "Maria", "Holm", "Vård och omsorg", "other", "Kvalitetsansvarig", grant=Role.OFFICER),
    Somebody("1091", "Ida", "Bergström", "Vård och omsorg", "other", "Systemförvaltare", grant=Role.ADMIN),
)
LEADS_EVERYTHING = {Role.OFFICER, Role.ADMIN}


def build_demo(house: House, today: date | None = None) -> bool:
    """Publish the courses and make the municipality with a year behind it; False if it is there already.

    The municipality is made in one transaction, so that it is there whole or not at all.
    """
    with work(house) as ctx:
        publish_editions(ctx, shipped("courses"))
        if ctx.db.scalar(select(Employer.id).where(Employer.slug == SLUG)):
            return False
    day = today or datetime.now(ZONE).date()
    hashed = hash_password(PASSWORD)
    with work(house, now=_at(day - timedelta(days=LONG_AGO))) as ctx:
        actors = _people(ctx, hashed)
        own_units = select(Unit).where(Unit.employer_id == ctx.employer_id)
        units = {unit.name: unit for unit in ctx.db.scalars(own_units)}
        ctx.actor = actors["1090"]
        register.set_requirement(
            ctx,
            course=COURSE,
            reason="Krav för rollen",
            source="Socialtjänstlagen: personalen ska ha lämplig utbildning",
            due_days=90,
            valid_from=ctx.today,
            unit=units["Solgläntans äldreboende"],
        )
        for person in PEOPLE:
            _learn(ctx, actors[person.number], person, day)
        _lead(ctx, actors, units, day)
        told = update(OutboxTask).where(OutboxTask.employer_id == ctx.employer_id)
        ctx.db.execute(  # what was to be told about then is old news now; PDFs are made when asked for
            told.values(done_at=datetime.now(UTC), outcome="before the demo began")
        )
    return True


def _at(day: date, hour: int = 13) -> datetime:
    return datetime.combine(day, time(hour, 5), ZONE).astimezone(UTC)


def _people(ctx: Context, password_hash: str) -> dict[str, Actor]:
    """Employer, units and people; returns the actor of each by employee number."""
    employer = organisation.create_employer(
        ctx,
        slug=SLUG,
        name="Granviks kommun",
        department="Vård och omsorg",
        signatory_name="Maria Holm",
        signatory_title="Kvalitetsansvarig",
    )
    ctx.actor = Actor.program(employer.id)
    units: dict[str, Unit] = {}
    for name, parent in UNITS.items():
        units[name] = organisation.create_unit(
            ctx, employer=employer, name=name, parent=units[parent] if parent else None
        )
    made: dict[str, Person] = {}
    for entry in PEOPLE:
        person = organisation.add_person(
            ctx,
            employer=employer,
            employee_number=entry.number,
            given_name=entry.given,
            family_name=entry.family,
        )
        organisation.employ(
            ctx,
            person=person,
            unit=units[entry.unit],
            role=entry.role,
            title=entry.title,
            kind=entry.kind,
            percent=entry.percent,
            valid_from=ctx.today + timedelta(days=LONG_AGO - entry.since),
        )
        if entry.grant:
            where = None if entry.grant in LEADS_EVERYTHING else units[entry.unit]
            organisation.grant_role(ctx, person=person, role=entry.grant, unit=where)
        if entry.active:
            _activate(ctx, person, password_hash)
        made[entry.number] = person
    ctx.db.flush()
    return {
        number: Actor(
            person.account_id, person.id, employer.id, person.name,
            grants_and_title(ctx.db, employer.id, person.id, ctx.today + timedelta(days=LONG_AGO))[0],
        )
        for number, person in made.items()
    }  # fmt: skip


def _activate(ctx: Context, person: Person, password_hash: str) -> None:
    """Let somebody of the demo have come in long ago, with an own address and the demo's password."""
    account = ctx.db.get_one(Account, person.account_id)
    account.activated_at = ctx.now
    account.password_hash = password_hash
    ctx.db.add(
        Identifier(
            account_id=account.id,
            kind="email",
            value=_address(person.given_name),
            created_at=ctx.now,
            verified_at=ctx.now,
        )
    )


def _address(given_name: str) -> str:
    plain = given_name.lower().translate(str.maketrans("åäöáč -", "aaoac--"))
    return f"{plain}@granvik.example"


def _learn(ctx: Context, actor: Actor, person: Somebody, today: date) -> None:
    """Let somebody have read some lessons, or have passed the course so many days ago."""
    if person.passed is not None:
        then = _then(ctx, actor, _at(today - timedelta(days=person.passed)))
        _read(then, len(catalogue.current_edition(then, COURSE).lessons))
        _pass(then)
    elif person.read:
        _read(_then(ctx, actor, _at(today - timedelta(days=2))), person.read)


def _then(ctx: Context, actor: Actor, now: datetime) -> Context:
    """The same transaction, with somebody else at another time."""
    return Context(ctx.db, ctx.house, actor, now=now, time_zone=str(ZONE))


def _read(ctx: Context, lessons: int) -> None:
    edition = catalogue.current_edition(ctx, COURSE)
    for lesson in edition.lessons[:lessons]:
        for step in lesson.steps:
            learning.read_step(ctx, edition, lesson.id, step.id)


def _pass(ctx: Context) -> None:
    """Take the final quiz and answer everything rightly."""
    attempt: Attempt = learning.open_attempt(ctx, COURSE, ctx.language)
    edition = catalogue.edition(ctx, attempt.edition_id)
    for place in range(1, len(attempt.drawn) + 1):
        key = edition.items[attempt.drawn_item(place).item].key
        learning.answer_item(
            ctx, attempt.public_id, place,
            client_id=f"demo-{attempt.id}-{place}", value=list(key) if isinstance(key, tuple) else key,
        )  # fmt: skip


def _lead(ctx: Context, actors: dict[str, Actor], units: dict[str, Unit], today: date) -> None:
    """What the leads did: assigned the course, held one meeting, planned the next, agreed plans."""
    numbers = {person.number for person in PEOPLE if person.unit == "Hemtjänst Norr"}
    ctx = _then(ctx, actors["1039"], _at(today - timedelta(days=10)))
    learning.assign_course(
        ctx,
        COURSE,
        _public_ids(ctx, (actors[number] for number in sorted(numbers - {"1032"}))),
        due_on=today + timedelta(days=20),
        reason="Nytt system för dokumentation från nyår",
    )
    held = today - timedelta(days=35)
    ctx = _then(ctx, actors["1010"], _at(held - timedelta(days=7)))
    earlier = reflection.plan_meeting(
        ctx, units["Björken"].public_id, course=COURSE, starts_at=_at(held, 14), place="Personalrummet"
    )
    ctx = _then(ctx, actors["1010"], _at(held, 15))
    there = [actors[number] for number in ("1001", "1002", "1004", "1006", "1010")]
    ids = _public_ids(ctx, there)
    reflection.record_meeting(
        ctx,
        earlier.public_id,
        present=ids,
        agreed=[
            Agreed("Vi skriver vad personen själv sa, med egna ord", ids[1], today + timedelta(days=14)),
            Agreed(
                "Reservblanketterna ligger i låst skåp vid expeditionen",
                ids[0],
                today + timedelta(days=5),
            ),
        ],
    )
    ctx = _then(ctx, actors["1010"], _at(today - timedelta(days=3)))
    coming = reflection.plan_meeting(
        ctx,
        units["Björken"].public_id,
        course=COURSE,
        starts_at=_at(today + timedelta(days=6), 14),
        place="Personalrummet",
        why="Tre avvikelser i höst handlade om anteckningar som saknades",
    )
    plan = competence.agree_plan(
        ctx,
        _public_ids(ctx, [actors["1001"]])[0],
        period_from=date(today.year, 1, 1),
        period_to=today + timedelta(days=270),
        next_talk_on=today + timedelta(days=120),
    )
    ctx.db.flush()
    goal = competence.add_goal(
        ctx, plan.public_id, "Jag skriver anteckningar som nästa pass kan arbeta efter"
    )
    ctx.db.flush()
    competence.add_activity(ctx, goal.public_id, due_on=today + timedelta(days=21), course=COURSE)
    competence.add_activity(
        ctx, goal.public_id, due_on=today + timedelta(days=6), meeting_id=coming.public_id
    )
    competence.add_activity(
        ctx, goal.public_id, due_on=today + timedelta(days=60), arena="supervision",
        title="Gå bredvid Elin två kvällspass och läsa varandras anteckningar",
    )  # fmt: skip


def _public_ids(ctx: Context, actors: Iterable[Actor]) -> list[UUID]:
    rows = ctx.db.execute(select(Person.id, Person.public_id).where(Person.employer_id == ctx.employer_id))
    ids = {person: public_id for person, public_id in rows}  # noqa: C416  (a Row is no pair to dict())
    return [ids[actor.person_id] for actor in actors]


def welcome(house: House) -> str:
    """Who can sign in to the demo and how, for the terminal."""
    address = house.settings.public_url
    rows = (
        ("Amina Yusuf", "assistant nurse: courses, test, certificate", "Amina"),
        ("Karin Lind", "team lead of Björken: assigns, prints slips, holds meetings", "Karin"),
        ("Maria Holm", "quality manager: the register, and the file of it", "Maria"),
        ("Ida Bergström", "administrator: units, people, import", "Ida"),
    )
    lines = [f"  {name:<15} {_address(given):<26} {what}" for name, what, given in rows]
    return "\n".join(
        [
            "",
            f"Kunnig is at {address}  (stop with Ctrl-C)",
            "",
            f"Sign in at {address}/sign-in/password with one of these addresses and the password {PASSWORD}",
            *lines,
            "",
            f"Mail is not sent in the demo; it can be opened at {address}/demo/mail",
            "Samir Haddad has never signed in: as Karin, print a slip for him under My unit.",
            "",
        ]
    )
