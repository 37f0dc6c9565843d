"""An employer made of the facts, through the actions of the house; and who may see what of it, by the facts."""

from dataclasses import dataclass, field

import time_machine
from sqlalchemy import select

from lms.base.access import POLICY, Actor, Permission, Role
from lms.base.context import Context, House, work
from lms.catalogue import queries as catalogue
from lms.identity.models import Account
from lms.jobs.stories import turn_of_day
from lms.jobs.worker import work_off
from lms.learning.actions import assign_course
from lms.messages.models import Message
from lms.organisation import actions as organisation
from lms.organisation.models import Person, Unit
from lms.organisation.visitors import actor_on
from lms.register.actions import Evidence, fit_duties, record_proof
from lms.register.dispensations import give_dispensation
from lms.register.objections import answer_objection, object_to
from lms.register.queries import Filter
from lms.register.requirements import Terms, set_requirement
from lms.register.saved_views import save_view
from lms.register.views_kept import keep_view
from lms.reports.actions import order_export
from lms.reports.narrowing import View
from lms.reports.schedules import schedule_export
from tests.register.reach_facts import (
    ASSIGNED,
    ASSIGNMENTS,
    BUILT,
    BY_KEY,
    CHARGES,
    CRITICAL,
    DAY,
    DISPENSATIONS,
    DUE_DAYS,
    EVERYBODYS,
    GIVEN,
    MINIMUM,
    NORTH,
    NOW,
    NURSE,
    OBJECTIONS,
    OPENED,
    PATTERN,
    PEOPLE,
    PROPOSED,
    REQUIRED,
    SLUGS,
    TODAY,
    UNITS,
    VIEWS,
    ago,
    title_of,
)


@dataclass
class Alby:
    """One of the employers; what it was made of, and the keys that the house gave to it."""

    house: House
    place: int
    employer_id: int = 0
    units: dict[str, Unit] = field(default_factory=dict)
    people: dict[str, Person] = field(default_factory=dict)
    proofs: dict[tuple[str, str], tuple[int, int, int, str]] = field(default_factory=dict)  # …, number
    objections: dict[str, tuple] = field(default_factory=dict)  # by what it says: whose, answered, id
    files: dict[str, object] = field(default_factory=dict)  # by actor: the id of a file
    regular: dict[str, object] = field(default_factory=dict)  # by actor: the id of what is made every week
    editions: dict[str, str] = field(default_factory=dict)  # labels, by course
    rules: dict[str, object] = field(default_factory=dict)
    messages: list[tuple[str, str, str]] = field(
        default_factory=list
    )  # to whom, of what kind, what became of it
    refused: set[str] = field(default_factory=set)  # whose address a mail server has refused

    @property
    def slug(self) -> str:
        return SLUGS[self.place]

    def number(self, key: str) -> str:
        """The employee number: alike in all three, but for the end."""
        return f"10{list(BY_KEY).index(key):02}{self.place}"

    def has_signed_in(self, key: str) -> bool:
        return key in CHARGES or (list(BY_KEY).index(key) + self.place) % 3 != 0

    def proof(self, key: str, course: str):
        """(achieved, expires, entered, number) or None."""
        return self.proofs.get((key, course))

    # Who may see what

    def nodes(self, actor: str, permission: Permission) -> list[str]:
        """Below which nodes somebody has a permission today."""
        held = [(charge.role, charge.node) for charge in CHARGES[actor] if charge.on(0)]
        if actor in BY_KEY:
            held += [(Role.STAFF, post.unit) for post in BY_KEY[actor].posts if post.on(0)]
        return [node for role, node in held if permission in POLICY[role]]

    def led(self, actor: str) -> list[str]:
        return [charge.node for charge in CHARGES[actor] if charge.role is Role.LEAD and charge.on(0)]

    def address(self, key: str) -> str:
        """Where mail to somebody goes."""
        return f"{self.people[key].employee_number}@{self.slug}.example".lower()

    # How it is built

    def at(self, days: int, key: str = "", *, writes: bool = True):
        """A unit of work on a day, as the program or as somebody."""
        now = NOW + days * DAY
        return work(
            self.house, self.actor(key) if key else Actor.program(self.employer_id), writes=writes, now=now
        )

    def actor(self, key: str) -> Actor:
        with work(self.house, Actor.program(self.employer_id), writes=False) as ctx:
            return actor_on(ctx.db, self.employer_id, self.people[key].id, TODAY)

    def build(self) -> "Alby":
        """Let everything happen, day after day, that the facts tell of."""
        self._found()
        self._require()
        self._achieve()
        with self.at(0) as ctx:
            for key in ("new", "soon"):
                self._employ(ctx, key)
            organisation.add_absence(
                ctx, person=self.people["away"], kind="leave", valid_from=ago(-20), valid_to=ago(20)
            )
            ctx.db.flush()
            fit_duties(ctx)
        self._deeds()
        with time_machine.travel(NOW, tick=False):
            drift = turn_of_day(self.house, self.employer_id, {})
        assert drift is None, drift
        return self

    def _found(self) -> None:
        with work(self.house, now=NOW + BUILT * DAY) as ctx:
            employer = organisation.create_employer(ctx, slug=self.slug, name="Alby kommun")
            ctx.actor = Actor.program(employer.id)
            self.employer_id = employer.id
            for path in UNITS:
                above, _, name = path.rpartition("/")
                self.units[path] = organisation.create_unit(
                    ctx, employer=employer, name=name, parent=self.units.get(above), valid_from=ago(BUILT)
                )
            for human in PEOPLE:
                person = self._add(
                    ctx, employer, human.key, self.number(human.key), human.given, human.family
                )
                person.protected = human.protected
                if human.key not in {"new", "soon"}:
                    self._employ(ctx, human.key)
            for place, (actor, charges) in enumerate(CHARGES.items()):
                if actor not in BY_KEY:
                    self._add(ctx, employer, actor, f"X{place:02}{self.place}", "Alva", "Alm")
                for charge in charges:
                    organisation.grant_role(
                        ctx, person=self.people[actor], role=charge.role, unit=self.units.get(charge.node),
                        valid_from=ago(charge.first), valid_to=None if charge.last is None else ago(charge.last),
                    )  # fmt: skip

    def _add(self, ctx: Context, employer, key: str, number: str, given: str, family: str) -> Person:
        person = organisation.add_person(
            ctx, employer=employer, employee_number=number, given_name=given, family_name=family,
            email=f"{number}@{self.slug}.example",
        )  # fmt: skip
        ctx.db.flush()
        if self.has_signed_in(key):
            ctx.db.get_one(Account, person.account_id).activated_at = ctx.now
        self.people[key] = person
        return person

    def _employ(self, ctx: Context, key: str) -> None:
        for post in BY_KEY[key].posts:
            organisation.employ(
                ctx, person=self.people[key], unit=self.units[post.unit], role=post.role, title=title_of(post),
                valid_from=ago(post.first), valid_to=None if post.last is None else ago(post.last),
            )  # fmt: skip
            ctx.db.flush()

    def _require(self) -> None:
        with self.at(REQUIRED) as ctx:
            ctx.actor = actor_on(ctx.db, self.employer_id, self.people["tor"].id, ago(REQUIRED))
            for course, unit, roles, minimum in (
                (EVERYBODYS, None, (), None),
                (CRITICAL, self.units[NORTH], (NURSE,), MINIMUM),
            ):
                terms = Terms(course, "Lag", "SFS", DUE_DAYS, unit, roles, minimum=minimum)
                self.rules[course] = set_requirement(ctx, terms, valid_from=ago(REQUIRED)).rule
            self.editions = {course: chain[-1].label for course, chain in catalogue.chains(ctx).items()}

    def _achieve(self) -> None:
        """Each person has another proof in each employer."""
        wanted = []
        for place, human in enumerate(PEOPLE):
            for shift, course in enumerate((EVERYBODYS, CRITICAL, PROPOSED)):
                if (pattern := PATTERN[(place + self.place + 2 * shift) % len(PATTERN)]) is not None:
                    wanted.append((human.key, course, pattern))
        for day in sorted({entered for _key, _course, (_achieved, _expires, entered) in wanted}):
            with self.at(day) as ctx:
                for key, course, (achieved, expires, entered) in wanted:
                    if entered == day:
                        number = f"K{self.place}00000{len(self.proofs):03}"
                        edition, person = catalogue.chain(ctx, course)[-1].id, self.people[key].id
                        days = (ago(achieved), ago(expires))
                        record_proof(ctx, Evidence(person, course, edition, None, number, *days))
                        self.proofs[key, course] = (achieved, expires, entered, number)

    def _deeds(self) -> None:
        """What people do with each other."""
        for by, to in ASSIGNMENTS:
            with self.at(ASSIGNED, by) as ctx:
                ids = [self.people[key].public_id for key in to]
                assign_course(ctx, GIVEN, ids, due_on=ago(20), reason="Behövs")
        for by, to, course, _node in DISPENSATIONS:
            with self.at(0, by) as ctx:
                give_dispensation(
                    ctx,
                    self.people[to].public_id,
                    course,
                    "exemption",
                    first=TODAY,
                    last=ago(30),
                    reason=f"Av {by}",
                )
        for text, by, answered in OBJECTIONS:
            with self.at(0, by) as ctx:
                row = object_to(ctx, "course", text, said="Saknas", text=text)
            self.objections[text] = (by, answered, row.public_id)
            if answered:
                with self.at(0, answered) as ctx:
                    answer_objection(ctx, row.public_id, decided="stays", answer="Nej")
        for by in VIEWS:
            with self.at(0, by) as ctx:
                save_view(ctx, f"Vy {by}", "state=missing")
                self.files[by] = order_export(ctx, View(Filter()), "csv").public_id
                schedule = schedule_export(ctx, Filter(), "csv", "week")
                ctx.db.flush()
                self.regular[by] = schedule.public_id
        for by, whose in OPENED:
            with self.at(0, by, writes=False) as ctx:
                keep_view(ctx, "person", Permission.SEE_TEAM, self.people[whose].public_id)


def built(house: House) -> list[Alby]:
    """The three employers, with files made and letters sent."""
    towns = [Alby(house, place).build() for place in range(len(SLUGS))]
    with time_machine.travel(NOW, tick=False):
        work_off(house)
    for town in towns:
        with town.at(0) as ctx:
            keys = {person.id: key for key, person in town.people.items()}
            rows = select(Message).where(Message.employer_id == town.employer_id).order_by(Message.id)
            newest = {each.person_id: each for each in ctx.db.scalars(rows)}
            for each in list(newest.values())[::2]:
                each.outcome, each.reason = "not_sent", "refused"
                town.refused.add(keys[each.person_id])
            town.messages = [(keys[each.person_id], each.kind, each.outcome) for each in ctx.db.scalars(rows)]
    return towns
