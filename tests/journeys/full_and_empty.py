"""Towns for looking at pages: one full of long words, one where nobody has begun, one that has just been made."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from urllib.parse import urlsplit

from sqlalchemy import select, text, update

from lms.base.access import Actor, Role
from lms.base.context import House, work
from lms.catalogue import queries as catalogue
from lms.catalogue.local_parts import write_local
from lms.catalogue.local_rules import LocalQuestion, LocalText
from lms.catalogue.models import EditionRow
from lms.evidence.shares import my_shares
from lms.identity.actions import start_session
from lms.identity.models import Account, AuthenticatorApp, LinkToken, PersonalCode, SignInChange, UserSession
from lms.identity.passwords import hash_password
from lms.identity.rules import token_hash
from lms.learning.actions import open_attempt
from lms.organisation import actions as organisation
from lms.organisation.models import Person, Unit
from lms.organisation.shared_devices import share_device
from lms.web.on_shared import COOKIE
from tests.builders import Town, let_have_signed_in
from tests.learning.taking import COURSE

LONG = (
    "ČáhcesuoloŋŋeltŋuohttagiellalávlungosávvamušvuođabuktináhkkolašvuohtaŁódźŻółćĄęść"  # nowhere to break it
)
NAMES = ("person.given_name", "person.family_name", "employer.name", "employer.department")
WORDS = (  # what else people write, and pages show as it was written
    "agreed_action.what", "assignment.reason", "certificate_share.note", "dispensation.reason", "employment.title",
    "exam_sitting.room", "meeting.notes", "meeting.why", "meeting_session.place", "objection.said", "objection.text",
    "plan_activity.title", "plan_goal.text", "requirement.reason", "requirement.source", "saved_view.name",
    "session.device", "shared_device.device", "shared_device.name", "unit.name",
)  # fmt: skip
MAILED = "m" * 43  # the token of links in mails
NOBODY: Mapping[str, str] = {}


@dataclass(frozen=True)
class State:
    """What a round needs of a town: cookies of each reader, values for parts of addresses, whole other addresses."""

    readers: Mapping[str, Mapping[str, str]]
    known: Mapping[str, object]
    addresses: Mapping[str, str] = field(default_factory=dict)


def begun_by_nobody(town: Town) -> State:
    """Courses are there, and nobody has been given one or has opened one."""
    readers = {"nobody": NOBODY} | {
        name: _signed_in(town, name) for name in ("farid", "karin", "maria", "admin")
    }
    farid = town.person("farid").public_id
    known = {"course": COURSE, "lesson": "right-record", "step": "hall", "check": "pretest", "language": "sv"}
    return State(readers, known | {"letter": "reminder", "person_id": farid, "slug": town.slug})


def just_made(house: House) -> State:
    """An employer in whose country no course is there yet, with two people and a unit."""
    with work(house) as ctx:
        employer = organisation.create_employer(ctx, slug="tomby", name="Tomby", country="FI", language="sv")
        ctx.actor = Actor.program(employer.id)
        unit = organisation.create_unit(ctx, employer=employer, name="Tomby", valid_from=date(2026, 1, 1))
        below = organisation.create_unit(
            ctx, employer=employer, name="Aspen", parent=unit, valid_from=date(2026, 1, 1)
        )
        people = [
            organisation.add_person(
                ctx,
                employer=employer,
                employee_number=number,
                given_name=name,
                family_name="Ek",
                email=f"{number}@tomby.example",
            )
            for number, name in (("1", "Ada"), ("2", "Bo"))
        ]
        ctx.db.flush()
        for person in people:
            let_have_signed_in(ctx, person.account_id)
            organisation.employ(
                ctx, person=person, unit=unit, role="other", title="Ny", valid_from=date(2026, 1, 1)
            )
        for role in (Role.OFFICER, Role.ADMIN, Role.AUTHOR):
            organisation.grant_role(ctx, person=people[0], role=role)
        for role in (Role.LEAD, Role.AUTHORISER):
            organisation.grant_role(ctx, person=people[0], role=role, unit=below)
        accounts, employer_id = [person.account_id for person in people], employer.id
    cookies = [_session(house, account, employer_id) for account in accounts]
    return State(
        {"nobody": NOBODY, "Bo": cookies[1], "Ada": cookies[0]}, {"language": "sv", "letter": "reminder"}
    )


def lengthen(house: House, columns: tuple[str, ...]) -> None:
    """Put a long word before whatever stands in these columns, in every row."""
    with house.writer.begin() as connection:
        for column in columns:
            table, name = column.split(".")
            connection.execute(
                text(f'UPDATE "{table}" SET "{name}" = :long || "{name}" WHERE "{name}" <> \'\''),
                {"long": LONG},
            )


def full_of_long_words(town: Town, things: Mapping[str, object]) -> State:
    """Where one of each kind of thing is (`things`, made after the names were lengthened), and each has a long name."""
    with town.inside(writes=True) as ctx:
        unit = ctx.db.get_one(Unit, town.unit("Björken").id)
        for name, role, where in (("karin", Role.AUTHORISER, unit), ("maria", Role.AUTHOR, None)):
            organisation.grant_role(
                ctx, person=ctx.db.get_one(Person, town.person(name).id), role=role, unit=where
            )
        digest = ctx.db.scalar(select(EditionRow.digest).where(EditionRow.country == "SE"))
    with town.work("maria") as ctx:
        asked = LocalQuestion(LONG, dict.fromkeys("ab", LONG), dict.fromkeys("ab", LONG))
        own = LocalText({"sv": LONG}, questions={"sv": asked}, key="a")
        write_local(ctx, catalogue.current_edition(ctx, COURSE), "right-record", "hall", own)
    with town.work("karin") as ctx:
        device = share_device(ctx, town.unit("Björken").public_id, "Köket", "")
    with town.work("amina") as ctx:
        attempt = open_attempt(ctx, COURSE, "sv").public_id
        shared = urlsplit(my_shares(ctx)[0].address).path
    readers = {"nobody": NOBODY} | {
        name: _signed_in(town, name) for name in ("amina", "karin", "maria", "admin")
    }
    readers |= {"tablet": {COOKIE: f"{town.slug}.{device}"}} | _half_way_in(town)
    _ways_in_of_amina(town)
    lengthen(town.house, WORDS)
    addresses = {
        "lead.dispense": f"/team/{things['person_id']}/dispense?course={COURSE}", "public.shared": shared,
        "signin.link": f"/sign-in/link/{MAILED}", "signin.stop": f"/sign-in/stop/{MAILED}",
        "staff.record_objection": f"/me/record/objection?line=course:{COURSE}",
    }  # fmt: skip
    known = {**things, "attempt": attempt, "code": things["number"], "digest": digest}
    return State(readers, known, addresses)


def _ways_in_of_amina(town: Town) -> None:
    """A password and a personal code; a mailed link, and a new address that waits for the code sent to it."""
    proof = hash_password("regnbåge över fjorden")
    with town.work("amina") as ctx:
        account_id, until = ctx.who.account_id, ctx.now + timedelta(days=1)
        ctx.db.get_one(Account, account_id).password_hash = proof
        ctx.db.add(PersonalCode(account_id=account_id, code_hash=proof, set_at=ctx.now))
        ctx.db.add(
            LinkToken(
                kind="mail", token_hash=token_hash(MAILED), code_hash="", account_id=account_id, created_at=ctx.now,
                expires_at=until,
            )
        )  # fmt: skip
        ctx.db.add(
            SignInChange(
                account_id=account_id, employer_id=ctx.employer_id, kind="email", new_value=f"{'amina' * 9}@a.example",
                code_hash="", stop_hash=token_hash(MAILED), created_at=ctx.now, expires_at=until, stop_until=until,
            )
        )  # fmt: skip


def _half_way_in(town: Town) -> dict[str, Mapping[str, str]]:
    """Somebody who has just used a slip, and somebody who has still to show a second factor."""
    hodan = town.actor("hodan")
    with town.inside(writes=True) as ctx:
        new = ctx.db.scalars(select(Person.account_id).where(Person.employee_number == "77")).one()
        ctx.db.add(
            AuthenticatorApp(
                account_id=hodan.account_id,
                sealed_key="",
                last_step=0,
                created_at=ctx.now,
                confirmed_at=ctx.now,
            )
        )
    accounts = {"with a slip": new, "without second factor": hodan.account_id}
    return {name: _session(town.house, account, town.employer_id) for name, account in accounts.items()}


def _signed_in(town: Town, name: str) -> Mapping[str, str]:
    actor = town.actor(name)
    return _session(town.house, actor.account_id, actor.employer_id)


def _session(house: House, account_id: int, employer_id: int) -> Mapping[str, str]:
    """The cookie of somebody who has just shown who they are."""
    token = start_session(house, account_id=account_id, employer_id=employer_id, user_agent="", remember=True)
    with work(house) as ctx:
        ctx.db.execute(
            update(UserSession).where(UserSession.account_id == account_id).values(proven_at=ctx.now)
        )
    return {"kunnig": token}
