"""A municipality of which a naive reference is told everything that happens in it."""

from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import time_machine

from lms.base.access import Actor, Role
from lms.base.context import Context, work
from lms.jobs.stories import turn_of_day
from lms.organisation import actions as organisation
from lms.organisation.models import Unit
from lms.organisation.visitors import actor_on
from tests.builders import day_of
from tests.register import naive
from tests.register.naive import DAY

BEGINS = datetime(2026, 2, 2, 6, tzinfo=UTC)
TREE = {"Berga": None, "Norr": "Berga", "Söder": "Berga", "Eken": "Norr", "Linden": "Norr", "Alen": "Söder"}


class NothingToDo(Exception):
    """There is nobody, or nothing, to which it could happen."""


class Municipality:
    """Berga, its units and three who see to things: Maria for all of it, Nils for the south, Karin leads the north."""

    def __init__(self, house, random):
        self.house, self.random, self.now = house, random, BEGINS
        self.facts = []  # all that was ever known
        self.rows = {}  # ids in the program's own tables, by fact
        self.units = {}  # by name
        self.who = {}  # by id: number, given and family name, whether the identity is protected
        with work(house, now=self.now) as ctx:
            employer = organisation.create_employer(ctx, slug="berga", name="Berga kommun")
            ctx.actor = Actor.program(employer.id)
            self.employer_id = employer.id
            for name, above in TREE.items():
                parent = ctx.db.get_one(Unit, self.units[above]) if above else None
                unit = organisation.create_unit(ctx, employer=employer, name=name, parent=parent)
                self.units[name] = unit.id
                self.tell(naive.Unit, unit=unit.id, parent=unit.parent_id, first=date.min)  # as if ever since
            self.maria = self._add_chief(ctx, employer, "Maria", Role.OFFICER, "Berga")
            self.nils = self._add_chief(ctx, employer, "Nils", Role.OFFICER, "Söder")
            self.karin = self._add_chief(ctx, employer, "Karin", Role.LEAD, "Norr")

    def _add_chief(self, ctx, employer, name, role, where):
        unit = ctx.db.get_one(Unit, self.units[where])
        person = organisation.add_person(
            ctx, employer=employer, employee_number=name, given_name=name, family_name="Lund"
        )
        ctx.db.flush()
        post = organisation.employ(
            ctx, person=person, unit=unit, role="team_lead", title="Chef", valid_from=self.today
        )
        organisation.grant_role(
            ctx, person=person, role=role, unit=unit if unit.parent_id else None, valid_from=self.today
        )
        ctx.db.flush()
        self.who[person.id] = (name, name, "Lund", False)
        self.tell_post(post.id, person.id, (unit.id, "team_lead", "permanent", 100), self.today)
        return person.id

    @property
    def today(self):
        return day_of(self.now)

    @contextmanager
    def work(self, who=None, *, writes=True):
        """A unit of work as Maria, or as somebody else."""
        with work(self.house, Actor.program(self.employer_id), writes=writes, now=self.now) as ctx:
            ctx.actor = actor_on(ctx.db, self.employer_id, who or self.maria, self.today)
            yield ctx

    def let_days_pass(self, number):
        """To any time of a day ahead; once in three times before the worker notices that it has begun."""
        begins = datetime.combine(self.today + number * DAY, time(), ZoneInfo(Context.time_zone))
        minutes = self.random.randrange(24 * 60 - 30)
        self.now = max(self.now, begins.astimezone(UTC) + timedelta(minutes=minutes))
        if self.random.random() < 2 / 3:
            self.turn()

    def turn(self):
        """The worker notices that the day has begun, and finds nothing that was not kept as it should be."""
        with time_machine.travel(self.now, tick=False):
            drift = turn_of_day(self.house, self.employer_id, {})
        assert drift is None, drift

    def pick(self, things):
        things = list(things)
        if not things:
            raise NothingToDo
        return self.random.choice(things)

    def day(self, earliest, latest):
        return self.today + self.random.randint(earliest, latest) * DAY

    def maybe(self, make, chance=0.5):
        return make() if self.random.random() < chance else None

    # What the reference is told

    def tell(self, kind, /, *, first=None, **about):
        fact = kind(first=first or self.today, recorded=self.today, **about)
        self.facts.append(fact)
        return fact

    def tell_post(self, post, person, terms, first, last=None):
        unit, role, kind, percent = terms
        return self.tell(
            naive.Employment, post=post, person=person, unit=unit, role=role, kind=kind, percent=percent, first=first,
            last=last,
        )  # fmt: skip

    def revise(self, fact, **better):
        """Something else is known of it from today; with nothing that is better, it never was."""
        fact.superseded = fact.superseded or self.today
        if better:
            self.facts.append(replace(fact, recorded=self.today, superseded=None, **better))
            self.rows[self.facts[-1]] = self.rows.get(fact)

    def end(self, fact):
        """It is over by today."""
        self.revise(fact, last=self.today - DAY)

    def cut(self, facts, day):
        """They last to the day before a day at most; what was to begin only then never was."""
        for fact in facts:
            if fact.first >= day:
                self.revise(fact)
            elif fact.last is None or fact.last >= day:
                self.revise(fact, last=day - DAY)

    def known(self, kind, /, **about):
        """The facts of a kind, and about something, as they are known now."""
        mine = (fact for fact in self.facts if isinstance(fact, kind) and fact.superseded is None)
        return [fact for fact in mine if all(getattr(fact, name) == what for name, what in about.items())]
