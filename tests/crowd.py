"""A municipality grown by bulk inserts: thousands of people in units of thirty, half of whom have passed."""

from datetime import timedelta

from sqlalchemy import func, insert, select
from uuid_utils.compat import uuid7

from lms.base.access import Actor
from lms.base.context import House, work
from lms.catalogue.queries import current_editions
from lms.evidence.actions import Pass, issue_certificate
from lms.identity.models import Account
from lms.learning.models import Attempt
from lms.organisation.models import Employer, Employment, Person, RoleProfile, Unit
from lms.register.actions import fit_duties, refresh_status
from lms.register.models import Duty, Proof, Requirement
from tests.builders import Town

TEAM = 30  # people in a unit
COURSE = "documentation"
GIVEN = (
    "Alva",
    "Bo",
    "Cecilia",
    "Daoud",
    "Ebba",
    "Filip",
    "Greta",
    "Hussein",
    "Ida",
    "Johan",
    "Åsa",
    "Örjan",
)
FAMILY = ("Andersson", "Berg", "Dahl", "Ek", "Farah", "Gustafsson", "Holm", "Jansson", "Öberg", "Åkesson")


def grow(house: House, slug: str, count: int, *, below: str, team: int = TEAM) -> None:
    """Add so many people with a duty each, in new units of `team` people below the one with this name.

    Statements are few, and nothing goes through the import: what is tested here is reading.
    """
    with work(house) as ctx:
        employer = ctx.db.scalars(select(Employer).where(Employer.slug == slug)).one()
        first_unit, first_account, first_person, first_post = (
            _reserved(ctx, table, places)
            for table, places in (
                (Unit, -(-count // team)),
                (Account, count),
                (Person, count),
                (Employment, count),
            )
        )
        ctx.actor = Actor.program(employer.id)
        top = ctx.db.scalars(select(Unit).where(Unit.employer_id == employer.id, Unit.name == below)).one()
        profile = ctx.db.scalars(
            select(RoleProfile.id).where(
                RoleProfile.employer_id == employer.id, RoleProfile.key == "assistant_nurse"
            )
        ).one()
        whose = {"employer_id": employer.id}
        since = ctx.today - timedelta(days=400)
        ctx.db.execute(
            insert(Unit),
            [
                {**whose, "id": first_unit + number, "public_id": uuid7(), "parent_id": top.id, "created_at": ctx.now,
                 "name": f"Enhet {number + 1:03}", "path": f"{top.path}{first_unit + number}/"}
                for number in range(-(-count // team))
            ],
        )  # fmt: skip
        ctx.db.execute(
            insert(Account),
            [
                {"id": first_account + number, "public_id": uuid7(), "language": "sv", "created_at": ctx.now,
                 "activated_at": ctx.now if number % 9 else None}
                for number in range(count)
            ],
        )  # fmt: skip
        ctx.db.execute(
            insert(Person),
            [
                {**whose, "id": first_person + number, "public_id": uuid7(), "account_id": first_account + number,
                 "employee_number": str(500_000 + first_person + number), "given_name": GIVEN[number % len(GIVEN)],
                 "family_name": f"{FAMILY[number % len(FAMILY)]}-{number}", "created_at": ctx.now}
                for number in range(count)
            ],
        )  # fmt: skip
        ctx.db.execute(
            insert(Employment),
            [
                {**whose, "id": first_post + number, "public_id": uuid7(), "person_id": first_person + number,
                 "unit_id": first_unit + number // team, "role_profile_id": profile, "title": "Undersköterska",
                 "kind": "permanent", "percent": 100, "valid_from": since, "recorded_at": ctx.now}
                for number in range(count)
            ],
        )  # fmt: skip
        ctx.db.add(
            Requirement(
                employer_id=employer.id, course=COURSE, unit_id=top.id, due_days=390, reason="Krav för rollen",
                source="", valid_from=since, recorded_at=ctx.now,
            )
        )  # fmt: skip
        fit_duties(ctx, range(first_post, first_post + count))
        _pass_half(ctx, first_person, count)


def certify(town: Town, count: int) -> None:
    """Add so many people, each with a certificate of one of the courses that nobody has made a PDF of."""
    grow(town.house, town.slug, count, below="Björken")
    with town.work("maria", writes=False) as ctx:
        editions = current_editions(ctx)
    with town.inside(writes=True) as ctx:
        grown = Person.employer_id == ctx.employer_id, Person.employee_number > "500000"
        for number, person in enumerate(
            ctx.db.scalars(select(Person.id).where(*grown).order_by(Person.id)).all()
        ):
            edition = editions[number % len(editions)]
            attempt = Attempt(
                employer_id=ctx.employer_id, person_id=person, course=edition.course, edition_id=edition.id,
                language="sv", mode="online", drawn=[], opened_at=ctx.now, closed_at=ctx.now, passed=True,
            )  # fmt: skip
            ctx.db.add(attempt)
            ctx.db.flush()
            issue_certificate(ctx, Pass(attempt.id, person, edition, "sv"))


def _reserved(ctx, table, places: int) -> int:
    """The first of so many keys that nobody has."""
    if ctx.db.connection().dialect.name == "sqlite":
        return (ctx.db.scalar(select(func.max(table.id))) or 0) + 1
    keys = select(func.nextval(f"{table.__tablename__}_id_seq")).select_from(func.generate_series(1, places))
    return ctx.db.scalars(keys).all()[0]  # the rows of other employers are not seen, but the sequence is


def _pass_half(ctx, first_person: int, count: int) -> None:
    """Let every second one have a proof, some of them about to run out."""
    edition = ctx.db.execute(select(Attempt.edition_id)).scalar() or 1
    ctx.db.execute(
        insert(Proof),
        [
            {"employer_id": ctx.employer_id, "public_id": uuid7(), "person_id": first_person + number,
             "kind": "certificate", "course": COURSE, "edition_id": edition,
             "reference": f"{first_person + number:010}",
             "achieved_on": ctx.today - timedelta(days=100), "recorded_at": ctx.now,
             "expires_on": ctx.today + timedelta(days=10 + number % 350)}
            for number in range(0, count, 2)
        ],
    )  # fmt: skip
    duties = ctx.db.scalars(
        select(Duty.id).where(
            Duty.employer_id == ctx.employer_id, Duty.person_id >= first_person, Duty.course == COURSE
        )
    ).all()
    refresh_status(ctx, duties)
