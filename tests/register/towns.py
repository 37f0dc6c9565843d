"""A small town of chance for tests of lists and figures: a tree of units, people with several posts, proofs."""

from datetime import timedelta
from random import Random

from sqlalchemy import select
from uuid_utils.compat import uuid7

from lms.catalogue.models import EditionRow
from lms.organisation import actions as organisation
from lms.organisation.models import Employer, Employment, Person, Unit
from lms.register.actions import fit_duties, refresh_status
from lms.register.models import Dispensation, Duty, Proof
from lms.register.requirements import Terms, set_requirement

COURSES = ("documentation", "confidentiality", "medication")
ROLES = ("assistant_nurse", "care_assistant", "nurse")
DEPTH = {"Norra": "Björken", "Södra": "Björken", "Natt": "Norra", "Västra": "Eken"}  # unit: the one above


def grow_by_chance(town, seed: int, people: int = 14) -> None:
    """Give a town units below its own, people in one to three posts, requirements, and what they can show."""
    chance = Random(seed)
    with town.work("maria") as ctx:
        employer = ctx.db.get_one(Employer, ctx.employer_id)
        units = {
            unit.name: unit for unit in ctx.db.scalars(select(Unit).where(Unit.employer_id == employer.id))
        }
        for name, above in DEPTH.items():
            units[name] = organisation.create_unit(ctx, employer=employer, name=name, parent=units[above])
            ctx.db.flush()
        for number in range(people):
            person = organisation.add_person(
                ctx, employer=employer, employee_number=f"9{number:03}", given_name=f"Given{number}",
                family_name=f"Family{number}",
            )  # fmt: skip
            ctx.db.flush()
            for post in range(chance.choice((1, 1, 1, 2, 3))):
                organisation.employ(
                    ctx, person=person, unit=units[chance.choice(sorted(units))], role=chance.choice(ROLES),
                    title=f"Post {number}.{post}", percent=chance.choice((20, 50, 75, 100)),
                    valid_from=ctx.today - timedelta(days=chance.randrange(10, 900)),
                    valid_to=chance.choice((None, None, None, ctx.today + timedelta(days=chance.randrange(-5, 40)))),
                )  # fmt: skip
        ctx.db.flush()
        for course in COURSES:
            roles = tuple(chance.sample(ROLES, chance.randrange(0, 3)))
            terms = Terms(course, "Krav", "SoL", due_days=chance.randrange(0, 300), roles=roles)
            set_requirement(ctx, terms, valid_from=ctx.today - timedelta(days=300))
        posts = ctx.db.scalars(select(Employment.id).where(Employment.employer_id == employer.id)).all()
        fit_duties(ctx, posts)
        _let_show(ctx, chance, posts)


def _let_show(ctx, chance: Random, posts) -> None:
    edition = ctx.db.scalars(select(EditionRow.id)).first()
    duties = ctx.db.scalars(select(Duty).where(Duty.employer_id == ctx.employer_id).order_by(Duty.id)).all()
    for person_id, course in sorted({(duty.person_id, duty.course) for duty in duties}):
        if chance.random() < 0.7:
            ends = chance.choice((None, ctx.today + timedelta(days=chance.randrange(-20, 120))))
            ctx.db.add(
                Proof(
                    employer_id=ctx.employer_id, public_id=uuid7(), person_id=person_id, kind="certificate",
                    course=course, edition_id=edition, reference=f"{person_id:05}{course[:5].upper()}",
                    achieved_on=ctx.today - timedelta(days=chance.randrange(30, 700)), expires_on=ends,
                    recorded_at=ctx.now,
                )
            )  # fmt: skip
        if chance.random() < 0.1:
            ctx.db.add(
                Dispensation(
                    employer_id=ctx.employer_id, public_id=uuid7(), person_id=person_id, course=course,
                    kind="exemption", reason="Annan uppgift", given_by=ctx.who.person_id,
                    valid_from=ctx.today - timedelta(days=3), valid_to=ctx.today + timedelta(days=9),
                    recorded_at=ctx.now,
                )
            )  # fmt: skip
    ctx.db.flush()
    refresh_status(ctx, [duty.id for duty in duties])


def give(town, name, role, unit=None):
    """Give somebody a role, of a unit (its name) or of the whole employer."""
    with town.work("admin") as ctx:
        where = ctx.open(Unit, town.unit(unit).public_id) if unit else None
        organisation.grant_role(
            ctx, person=ctx.db.get_one(Person, town.person(name).id), role=role, unit=where
        )
