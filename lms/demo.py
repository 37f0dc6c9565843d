"""A municipality to click around in: built through the same actions that people use."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from sqlalchemy import select, update

from lms.base.access import Actor, Role
from lms.base.context import Context, House, work
from lms.base.outbox import OutboxTask
from lms.base.shipped import shipped
from lms.catalogue import queries as catalogue
from lms.catalogue.actions import publish_editions
from lms.competence import actions as competence
from lms.demo_towns import (
    ADMIN,
    ALSO,
    CAST,
    COURSE,
    GRANVIK,
    HOME,
    HOME_CARE,
    HOME_CARE_LEAD,
    LEAD,
    LEARNER,
    LONG_AGO,
    NEWCOMER,
    OFFICER,
    PARENTS,
    TOOK_IT_LAST_YEAR,
    WARD,
    Also,
    Town,
)
from lms.identity.models import Account, Identifier
from lms.identity.passwords import hash_password
from lms.learning import actions as learning
from lms.learning.models import Attempt
from lms.learning.rules import solved
from lms.messages import terms as mail
from lms.messages.settings import set_terms
from lms.organisation import actions as organisation
from lms.organisation.models import Employer, Person, Unit
from lms.organisation.queries import actor_on
from lms.reflection import actions as reflection
from lms.reflection.rules import Agreed
from lms.register.requirements import Terms, set_requirement

AT_ANY_HOUR = mail.Terms(
    quiet_from=time(0), quiet_to=time(0), weekends_off=False
)  # who tries it out waits for no morning
LEADS_EVERYTHING = {Role.OFFICER, Role.ADMIN}


def build_demo(house: House, town: Town = GRANVIK, today: date | None = None) -> bool:
    """Publish the courses and make a municipality with a year behind it; False if it is there already.

    The municipality is made in one transaction, so that it is there whole or not at all.
    """
    with work(house) as ctx:
        publish_editions(ctx, shipped("courses"))
        if ctx.db.scalar(select(Employer.id).where(Employer.slug == town.slug)):
            return False
    day = today or datetime.now(town.zone).date()
    hashed = hash_password(town.password)
    began = _at(town, day - timedelta(days=LONG_AGO))
    with work(
        house, now=began, time_zone=town.time_zone, country=town.country, language=town.language
    ) as ctx:
        actors = _people(ctx, town, hashed)
        own_units = select(Unit).where(Unit.employer_id == ctx.employer_id)
        by_name = {unit.name: unit for unit in ctx.db.scalars(own_units)}
        units = {place: by_name[name] for place, name in enumerate(town.units)}
        ctx.actor = actors[OFFICER]
        set_terms(ctx, AT_ANY_HOUR)
        _require(ctx, town, COURSE, units[HOME])
        for part in CAST:
            _learn(ctx, town, actors[part.number], COURSE, part.passed, part.read, day)
        for also in ALSO:
            then = _then(ctx, actors[OFFICER], _at(town, day - timedelta(days=also.since)))
            _require(then, town, also.course, units[HOME], also)
            for number in sorted({*also.passed, *also.read}):
                passed, read = also.passed.get(number), also.read.get(number, 0)
                _learn(ctx, town, actors[number], also.course, passed, read, day)
        _lead(ctx, town, actors, units, day)
        told = update(OutboxTask).where(OutboxTask.employer_id == ctx.employer_id)
        ctx.db.execute(  # what was to be told about then is old news now; PDFs are made when asked for
            told.values(done_at=datetime.now(UTC), outcome="before the demo began")
        )
    return True


def _at(town: Town, day: date, hour: int = 13) -> datetime:
    return datetime.combine(day, time(hour, 5), town.zone).astimezone(UTC)


def _people(ctx: Context, town: Town, password_hash: str) -> dict[str, Actor]:
    """Employer, units and people; returns the actor of each by employee number."""
    employer = organisation.create_employer(
        ctx,
        slug=town.slug,
        name=town.name,
        department=town.units[0],
        country=town.country,
        language=town.language,
        time_zone=town.time_zone,
        signatory_name=town.full_name(OFFICER),
        signatory_title=town.titles[OFFICER],
    )
    ctx.actor = Actor.program(employer.id)
    units: dict[int, Unit] = {}
    for place, parent in PARENTS.items():
        units[place] = organisation.create_unit(
            ctx, employer=employer, name=town.units[place], parent=None if parent is None else units[parent]
        )
    made: dict[str, Person] = {}
    for part in CAST:
        given, family = town.people[part.number]
        person = organisation.add_person(
            ctx,
            employer=employer,
            employee_number=part.number,
            given_name=given,
            family_name=family,
        )
        organisation.employ(
            ctx,
            person=person,
            unit=units[part.unit],
            role=part.role,
            title=town.title(part),
            kind=part.kind,
            percent=part.percent,
            valid_from=ctx.today + timedelta(days=LONG_AGO - part.since),
        )
        if part.grant:
            where = None if part.grant in LEADS_EVERYTHING else units[part.unit]
            organisation.grant_role(ctx, person=person, role=part.grant, unit=where)
        if part.active:
            _activate(ctx, person, town.address(part.number), password_hash)
        made[part.number] = person
    ctx.db.flush()
    return {
        number: actor_on(ctx.db, employer.id, person.id, ctx.today + timedelta(days=LONG_AGO))
        for number, person in made.items()
    }


def _activate(ctx: Context, person: Person, address: str, password_hash: str) -> None:
    """Let somebody of the demo have come in long ago, with an own address and the demo's password."""
    account = ctx.db.get_one(Account, person.account_id)
    account.activated_at = ctx.now
    account.password_hash = password_hash
    ctx.db.add(
        Identifier(
            account_id=account.id,
            kind="email",
            value=address,
            created_at=ctx.now,
            verified_at=ctx.now,
        )
    )


def _require(ctx: Context, town: Town, course: str, home: Unit, also: Also | None = None) -> None:
    """Ask a course of everybody in the home for older people, or of a role there."""
    reason, source = town.required[course]
    set_requirement(
        ctx,
        Terms(
            course,
            reason,
            source,
            due_days=also.due_days if also else 90,
            unit=home,
            roles=(also.required_of,) if also and also.required_of else (),
        ),
        valid_from=ctx.today,
    )


def _learn(
    ctx: Context, town: Town, actor: Actor, course: str, passed: int | None, read: int, today: date
) -> None:
    """Let somebody have read some lessons, or have passed a course so many days ago."""
    if passed is not None:
        then = _then(ctx, actor, _at(town, today - timedelta(days=passed)))
        _read(then, course, len(catalogue.current_edition(then, course).lessons))
        pass_exam(then, course)
    elif read:
        _read(_then(ctx, actor, _at(town, today - timedelta(days=2))), course, read)


def _then(ctx: Context, actor: Actor, now: datetime) -> Context:
    """The same transaction, with somebody else at another time."""
    return replace(ctx, first_actor=actor, now=now)


def _read(ctx: Context, course: str, lessons: int) -> None:
    edition = catalogue.current_edition(ctx, course)
    for lesson in edition.lessons[:lessons]:
        for step in lesson.steps:
            learning.read_step(ctx, edition, lesson.id, step.id)


def pass_exam(ctx: Context, course: str) -> None:
    """Take the exam and answer everything rightly, whatever types of items it asks."""
    attempt: Attempt = learning.open_attempt(ctx, course, ctx.language)
    edition = catalogue.edition(ctx, attempt.edition_id)
    for place in range(1, len(attempt.drawn) + 1):
        drawn = attempt.drawn_item(place)
        for step, value in enumerate(solved(edition.items[drawn.item], drawn), 1):
            learning.answer_item(
                ctx, attempt.public_id, place, client_id=f"demo-{attempt.id}-{place}-{step}", value=value
            )


def _lead(ctx: Context, town: Town, actors: dict[str, Actor], units: dict[int, Unit], today: date) -> None:
    """What the leads did: assigned the course, held one meeting, planned the next, agreed plans."""
    numbers = {part.number for part in CAST if part.unit == HOME_CARE}
    ctx = _then(ctx, actors[HOME_CARE_LEAD], _at(town, today - timedelta(days=10)))
    learning.assign_course(
        ctx,
        COURSE,
        _public_ids(ctx, (actors[number] for number in sorted(numbers - {TOOK_IT_LAST_YEAR}))),
        due_on=today + timedelta(days=20),
        reason=town.assigned,
    )
    held = today - timedelta(days=35)
    ctx = _then(ctx, actors[LEAD], _at(town, held - timedelta(days=7)))
    earlier = reflection.plan_meeting(
        ctx, units[WARD].public_id, course=COURSE, starts_at=_at(town, held, 14), place=town.place
    )
    ctx = _then(ctx, actors[LEAD], _at(town, held, 15))
    there = [actors[number] for number in (LEARNER, "1002", "1004", "1006", LEAD)]
    ids = _public_ids(ctx, there)
    reflection.record_meeting(
        ctx,
        earlier.public_id,
        present=ids,
        agreed=[
            Agreed(town.agreed[0], ids[1], today + timedelta(days=14)),
            Agreed(
                town.agreed[1],
                ids[0],
                today + timedelta(days=5),
            ),
        ],
    )
    ctx = _then(ctx, actors[LEAD], _at(town, today - timedelta(days=3)))
    coming = reflection.plan_meeting(
        ctx,
        units[WARD].public_id,
        course=COURSE,
        starts_at=_at(town, today + timedelta(days=6), 14),
        place=town.place,
        why=town.why,
    )
    plan = competence.agree_plan(
        ctx,
        _public_ids(ctx, [actors[LEARNER]])[0],
        period_from=date(today.year, 1, 1),
        period_to=today + timedelta(days=270),
        next_talk_on=today + timedelta(days=120),
    )
    ctx.db.flush()
    goal = competence.add_goal(ctx, plan.public_id, town.goal)
    ctx.db.flush()
    competence.add_activity(ctx, goal.public_id, due_on=today + timedelta(days=21), course=COURSE)
    competence.add_activity(
        ctx, goal.public_id, due_on=today + timedelta(days=6), meeting_id=coming.public_id
    )
    competence.add_activity(
        ctx, goal.public_id, due_on=today + timedelta(days=60), arena="supervision",
        title=town.supervision,
    )  # fmt: skip


def _public_ids(ctx: Context, actors: Iterable[Actor]) -> list[UUID]:
    rows = ctx.db.execute(select(Person.id, Person.public_id).where(Person.employer_id == ctx.employer_id))
    ids = {person: public_id for person, public_id in rows}  # noqa: C416  (a Row is no pair to dict())
    return [ids[actor.person_id] for actor in actors]


def welcome(house: House, town: Town = GRANVIK) -> str:
    """Who can sign in to the demo and how, for the terminal."""
    address = house.settings.public_url
    rows = (
        (LEARNER, "assistant nurse: courses, test, certificate"),
        (LEAD, f"team lead of {town.units[WARD]}: assigns, prints slips, holds meetings"),
        (OFFICER, "quality manager: the register, and the file of it"),
        (ADMIN, "administrator: units, people, import"),
    )
    lines = [f"  {town.full_name(number):<15} {town.address(number):<26} {what}" for number, what in rows]
    newcomer, lead = town.full_name(NEWCOMER), town.people[LEAD][0]
    return "\n".join(
        [
            "",
            f"Kunnig is at {address}  (stop with Ctrl-C)",
            "",
            f"Sign in at {address}/sign-in/password with one of these addresses and the password {town.password}",
            *lines,
            "",
            f"Mail is not sent in the demo; it can be opened at {address}/demo/mail",
            f"{newcomer} has never signed in: as {lead}, print a slip for {newcomer} under My unit.",
            "",
        ]
    )
