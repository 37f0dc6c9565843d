"""A municipality to click around in: built through the same actions that people use, with a year behind it."""

from datetime import UTC, date, datetime, time, timedelta
from functools import partial

from sqlalchemy import select, update

from lms.base.access import Actor
from lms.base.context import Context, House, work
from lms.base.outbox import OutboxTask
from lms.base.shipped import shipped
from lms.catalogue.actions import publish_editions
from lms.competence import actions as competence
from lms.demo_cast import (
    ADMIN,
    COURSE,
    HOME,
    HOME_CARE_LEAD,
    LEAD,
    LEARNER,
    LONG_AGO,
    NEWCOMER,
    OFFICER,
    PARENTS,
    SOUTH_LEAD,
    WARD,
)
from lms.demo_story import tell_of_the_year
from lms.demo_towns import GRANVIK, Town
from lms.demo_year import Year, moment
from lms.identity.passwords import hash_password
from lms.learning import actions as learning
from lms.messages import terms as mail
from lms.messages.settings import set_terms
from lms.organisation import actions as organisation
from lms.organisation.models import Employer
from lms.reflection import actions as reflection
from lms.reflection.rules import Agreed

AT_ANY_HOUR = mail.Terms(
    quiet_from=time(0), quiet_to=time(0), weekends_off=False
)  # who tries it out waits for no morning
GIVEN_IN_HOME_CARE = ("1031", "1033", HOME_CARE_LEAD)
GIVEN_IN_THE_SOUTH = ("1042", "1049")


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
    began = moment(town, day - timedelta(days=LONG_AGO))
    with work(
        house, now=began, time_zone=town.time_zone, country=town.country, language=town.language
    ) as ctx:
        year = Year(ctx, town, _employer(ctx, town), hashed, day)
        for place, parent in PARENTS.items():
            above = None if parent is None else year.units[parent]
            year.units[place] = organisation.create_unit(
                ctx, employer=year.employer, name=town.units[place], parent=above
            )
        tell_of_the_year(year)
        _lead(year)
        year.on(LONG_AGO, lambda: set_terms(year.then(LONG_AGO, OFFICER), AT_ANY_HOUR))
        year.pass_by()
        year.keep_weeks()
        year.begin_today()
        told = update(OutboxTask).where(OutboxTask.employer_id == ctx.employer_id)
        ctx.db.execute(  # what was to be told about then is old news now; PDFs are made when asked for
            told.values(done_at=datetime.now(UTC), outcome="before the demo began")
        )
    return True


def _employer(ctx: Context, town: Town) -> Employer:
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
    return employer


def _lead(year: Year) -> None:
    """What the leads did: assigned the course, held one meeting, planned the next, agreed plans."""
    year.on(50, partial(_assign_in_the_south, year))
    year.on(42, partial(_hold_a_meeting, year))
    year.on(10, partial(_assign_in_home_care, year))
    year.on(3, partial(_agree_a_plan, year))


def _assign_in_the_south(year: Year) -> None:
    learning.assign_course(
        year.then(50, SOUTH_LEAD), "self-determination", year.ids(GIVEN_IN_THE_SOUTH), due_on=year.day(-10),
        reason=year.town.year["assigned"],
    )  # fmt: skip


def _assign_in_home_care(year: Year) -> None:
    learning.assign_course(
        year.then(10, HOME_CARE_LEAD),
        COURSE,
        year.ids(GIVEN_IN_HOME_CARE),
        due_on=year.day(-20),
        reason=year.town.assigned,
    )


def _hold_a_meeting(year: Year) -> None:
    held, ward = 35, year.units[WARD].public_id
    earlier = reflection.plan_meeting(
        year.then(held + 7, LEAD), ward, course=COURSE, starts_at=year.at(held, 14), place=year.town.place
    )
    ids = year.ids((LEARNER, "1002", "1004", "1006", LEAD))
    reflection.record_meeting(
        year.then(held, LEAD, 15),
        earlier.public_id,
        present=ids,
        agreed=[
            Agreed(year.town.agreed[0], ids[1], year.day(-14)),
            Agreed(year.town.agreed[1], ids[0], year.day(-5)),
        ],
    )


def _agree_a_plan(year: Year) -> None:
    ctx, today = year.then(3, LEAD), year.today
    coming = reflection.plan_meeting(
        ctx,
        year.units[WARD].public_id,
        course=COURSE,
        starts_at=year.at(-6, 14),
        place=year.town.place,
        why=year.town.why,
    )
    plan = competence.agree_plan(
        ctx,
        year.ids([LEARNER])[0],
        period_from=date(today.year, 1, 1),
        period_to=year.day(-270),
        next_talk_on=year.day(-120),
    )
    ctx.db.flush()
    goal = competence.add_goal(ctx, plan.public_id, year.town.goal)
    ctx.db.flush()
    competence.add_activity(ctx, goal.public_id, due_on=year.day(-21), course=COURSE)
    competence.add_activity(ctx, goal.public_id, due_on=year.day(-6), meeting_id=coming.public_id)
    competence.add_activity(
        ctx, goal.public_id, due_on=year.day(-60), arena="supervision", title=year.town.supervision
    )


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
    outsider = town.auditor
    name = f"{outsider.given_name} {outsider.family_name}"
    lines.append(f"  {name:<15} {outsider.email:<26} auditor: reads the register of {town.units[HOME]}")
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
