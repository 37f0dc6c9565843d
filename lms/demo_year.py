"""What may happen in the municipality of the demo: each thing by whoever does it, on the day it is done."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from sqlalchemy import select

from lms.base.access import Role
from lms.base.context import Context
from lms.catalogue import queries as catalogue
from lms.demo_cast import (
    COURSE,
    HOME,
    OFFICER,
    SOUTH_LEAD,
    Part,
)
from lms.demo_towns import Town
from lms.evidence.actions import reinstate_certificate, revoke_certificate
from lms.identity.models import Account, Identifier
from lms.learning import actions as learning
from lms.learning.models import Attempt
from lms.learning.rules import solved
from lms.organisation import actions as organisation
from lms.organisation.auditors import Terms as AuditorTerms
from lms.organisation.auditors import appoint_outsider
from lms.organisation.models import Absence, Employer, Employment, Person, Unit
from lms.organisation.visitors import actor_on
from lms.organisation.writing import revise_absences
from lms.register.actions import fit_duties
from lms.register.coverage import counted_day, enter_then, turn_day
from lms.register.coverage_then import counts_then
from lms.register.dispensations import follow_dispensations, give_dispensation
from lms.register.models import Proof
from lms.register.objections import object_to
from lms.register.requirement_list import requirements
from lms.register.requirements import Terms, change_requirement, set_requirement
from lms.register.starter_sets import start_with, starter_set

LEADS_EVERYTHING = {Role.OFFICER, Role.ADMIN}
DAY = timedelta(days=1)
LONGER = {
    COURSE: 90,
    "confidentiality-substitutes": 7,
    "medication": 120,
    "deviations": 60,
    "self-determination": 150,
}


class Year:
    """The municipality while it is being made: its people, units, and what is still to happen."""

    def __init__(self, ctx: Context, town: Town, employer: Employer, password_hash: str, today: date) -> None:
        self.ctx, self.town, self.employer, self.today = ctx, town, employer, today
        self.password_hash = password_hash
        self.units: dict[int, Unit] = {}
        self.people: dict[str, Person] = {}
        self.posts: dict[str, Employment] = {}
        self.story: list[tuple[int, Callable[[], object]]] = []

    # Who does what, when

    def day(self, ago: int) -> date:
        """The day so many days ago."""
        return self.today - timedelta(days=ago)

    def at(self, ago: int, hour: int = 13) -> datetime:
        """A time on that day."""
        return moment(self.town, self.day(ago), hour)

    def then(self, ago: int, number: str | None = None, hour: int = 13) -> Context:
        """The same transaction on that day, with somebody as the actor; without anybody, the program."""
        actor = self.ctx.actor
        if number is not None:
            actor = actor_on(self.ctx.db, self.employer.id, self.people[number].id, self.day(ago))
        return replace(self.ctx, first_actor=actor, now=self.at(ago, hour))

    def on(self, ago: int, event: Callable[[], object]) -> None:
        """Let something happen that day, after what was told of it before."""
        self.story.append((ago, event))

    def pass_by(self) -> None:
        """Let all that was told happen, day by day."""
        for _ago, event in sorted(self.story, key=lambda told: -told[0]):
            event()

    def ids(self, numbers: Iterable[str]) -> list[UUID]:
        """Public ids of people."""
        return [self.people[number].public_id for number in numbers]

    # What happens

    def hire(self, part: Part) -> None:
        """Somebody begins; a substitute until a day that is known."""
        ctx = self.then(part.since)
        given, family = self.town.people[part.number]
        person = organisation.add_person(
            ctx, employer=self.employer, employee_number=part.number, given_name=given, family_name=family
        )
        self.people[part.number] = person
        self.posts[part.number] = organisation.employ(
            ctx, person=person, unit=self.units[part.unit], role=part.role, title=self.town.title(part),
            kind=part.kind, percent=part.percent, valid_from=ctx.today,
            valid_to=self.day(part.until) if part.until and part.kind == "temporary" else None,
        )  # fmt: skip
        if part.grant:
            where = None if part.grant in LEADS_EVERYTHING else self.units[part.unit]
            organisation.grant_role(ctx, person=person, role=part.grant, unit=where)
        if part.active:
            self._activate(ctx, person, self.town.address(part.number))
        ctx.db.flush()
        fit_duties(ctx, person_ids=[person.id])

    def _activate(self, ctx: Context, person: Person, address: str) -> None:
        """Let somebody have come in, with an own address and the demo's password."""
        account = ctx.db.get_one(Account, person.account_id)
        account.activated_at, account.password_hash = ctx.now, self.password_hash
        ctx.db.add(
            Identifier(
                account_id=account.id, kind="email", value=address, created_at=ctx.now, verified_at=ctx.now
            )
        )

    def learn(self, number: str, course: str, ago: int, *, lessons: int | None = 0) -> None:
        """Somebody passes a course, after so many of its lessons (None: all)."""
        ctx = self.then(ago, number)
        if lessons != 0:
            read_lessons(ctx, course, lessons)
        pass_exam(ctx, course)

    def read(self, number: str, course: str, lessons: int) -> None:
        """Somebody is at a course since the day before yesterday."""
        read_lessons(self.then(2, number), course, lessons)

    def require(self, ago: int, course: str, due_days: int, *roles: str) -> None:
        """Ask a course of everybody in the home for older people, or of some roles there."""
        reason, source = self.town.required[course]
        ctx = self.then(ago, OFFICER)
        terms = Terms(course, reason, source, due_days, self.units[HOME], roles)
        set_requirement(ctx, terms, valid_from=ctx.today)

    def begin_with(self, ago: int, *courses: str, given: int = 0) -> None:
        """Ask what the set of the country says of some courses, everywhere; with time for those who are there."""
        ctx = self.then(ago, OFFICER)
        not_before = ctx.today + timedelta(days=given) if given else None
        offered = [each for each in starter_set(self.town.country) if each.course in courses]
        chosen = {each.id: each.terms(None, LONGER.get(each.id), not_before) for each in offered}
        start_with(ctx, chosen, None)

    def change_confidentiality(self, ago: int) -> None:
        """Whoever is new has a week instead of two, and the reason says why."""
        ctx = self.then(ago, OFFICER)
        first = next(each for each in starter_set(self.town.country) if each.id == "confidentiality")
        now = next(each for each in requirements(ctx) if each.reason == first.reason)
        terms = replace(first.terms(None, 7, now.not_before), reason=self.town.year["changed"])
        change_requirement(ctx, now.rule, terms, valid_from=ctx.today)

    def leave(self, number: str, ago: int) -> None:
        """Somebody goes on leave, nobody knows for how long."""
        ctx = self.then(ago)
        organisation.add_absence(ctx, person=self.people[number], kind="leave", valid_from=ctx.today)
        self._fit(ctx, number)

    def come_back(self, number: str, since: int, ago: int) -> None:
        """Somebody is back since a day, which is entered only later."""
        ctx = self.then(ago)
        row = ctx.db.scalars(
            select(Absence.id).where(
                Absence.employer_id == ctx.employer_id, Absence.person_id == self.people[number].id
            )
        ).one()
        revise_absences(ctx, {row: {"valid_to": self.day(since) - DAY}})
        self._fit(ctx, number)

    def move(self, number: str, unit: int, ago: int) -> None:
        """Somebody goes on in another unit."""
        ctx, post = self.then(ago), self.posts[number]
        organisation.end_employment(ctx, employment=post, last_day=ctx.today - DAY)
        self.posts[number] = organisation.employ(
            ctx, person=self.people[number], unit=self.units[unit], role="assistant_nurse", title=post.title,
            kind=post.kind, percent=post.percent, valid_from=ctx.today,
        )  # fmt: skip
        self._fit(ctx, number)

    def take_second_post(self, number: str, unit: int, ago: int, percent: int) -> None:
        """Somebody begins to work in another unit too."""
        ctx, post = self.then(ago), self.posts[number]
        organisation.employ(
            ctx, person=self.people[number], unit=self.units[unit], role="nurse", title=post.title,
            percent=percent, valid_from=ctx.today,
        )  # fmt: skip
        self._fit(ctx, number)

    def resign(self, part: Part, ago: int) -> None:
        """Somebody says that they leave."""
        ctx = self.then(ago)
        organisation.end_employment(
            ctx, employment=self.posts[part.number], last_day=self.day(part.until or 0)
        )
        self._fit(ctx, part.number)

    def _fit(self, ctx: Context, number: str) -> None:
        ctx.db.flush()
        fit_duties(ctx, person_ids=[self.people[number].id])

    def dispense(self, number: str, course: str, ago: int, until: int, why: str) -> None:
        """The lead lets somebody off a course, or gives them longer (`why` is exempt or longer)."""
        ctx = self.then(ago, SOUTH_LEAD)
        give_dispensation(
            ctx, self.people[number].public_id, course, "exemption" if why == "exempt" else "extension",
            first=ctx.today, last=self.day(until), reason=self.town.year[why],
        )  # fmt: skip

    def revoke(self, number: str, course: str, ago: int) -> None:
        """A certificate is revoked."""
        revoke_certificate(self.then(ago, OFFICER), self._newest(number, course), self.town.year["revoked"])

    def reinstate(self, number: str, course: str, ago: int) -> None:
        """It counts again."""
        reinstate_certificate(
            self.then(ago, OFFICER), self._newest(number, course), self.town.year["reinstated"]
        )

    def object_to(self, number: str, ago: int) -> None:
        """Somebody says that something is missing in the own record."""
        said, text = self.town.year["missing"], self.town.year["objected"]
        object_to(self.then(ago, number), "missing", "", said=said, text=text)

    def let_audit(self, unit: int, ago: int, until: int) -> None:
        """Somebody from outside may read the register of a unit for some days, and has come in."""
        ctx = self.then(ago, OFFICER)
        terms = AuditorTerms(
            (self.units[unit].public_id,), ctx.today, self.day(until), self.town.year["audit"]
        )
        grants = appoint_outsider(ctx, self.town.auditor, terms)
        account = ctx.db.get_one(Account, ctx.db.get_one(Person, grants[0].person_id).account_id)
        account.activated_at, account.password_hash = ctx.now, self.password_hash

    def _newest(self, number: str, course: str) -> str:
        ctx, person = self.ctx, self.people[number].id
        return ctx.db.scalars(
            select(Proof.reference)
            .where(Proof.employer_id == ctx.employer_id, Proof.person_id == person, Proof.course == course)
            .order_by(Proof.id.desc())
        ).all()[0]

    def keep_weeks(self) -> None:
        """Enter how far people were on each Monday of the last year, as it was counted then."""
        ctx, monday = self.then(0), self.today - timedelta(days=self.today.weekday() or 7)
        for weeks in range(52):
            day = monday - timedelta(weeks=weeks)
            enter_then(ctx, day, counts_then(ctx, day))

    def begin_today(self) -> None:
        """What the worker does when a day begins."""
        ctx = self.then(0)
        fit_duties(ctx)
        follow_dispensations(ctx, counted_day(ctx))
        turn_day(ctx)


def moment(town: Town, day: date, hour: int = 13) -> datetime:
    """A time on a day where the municipality is."""
    return datetime.combine(day, time(hour, 5), town.zone).astimezone(UTC)


def read_lessons(ctx: Context, course: str, lessons: int | None) -> None:
    """Read the first lessons of a course (None: all)."""
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
