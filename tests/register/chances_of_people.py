"""What happens by chance to people and units: they come, move, leave, are away; and what was not so is corrected."""

from dataclasses import replace
from datetime import date

from sqlalchemy import select

from lms.organisation import actions as organisation
from lms.organisation.models import Employment, PeopleImport, Person, Unit
from lms.organisation.staff_list import read_staff_list
from lms.organisation.writing import revise_absences, revise_employments
from lms.register.actions import fit_duties
from lms.register.intake import import_people, undo_import
from tests.builders import day_of
from tests.organisation.lists import HEAD, staff_list
from tests.register import naive
from tests.register.municipality import BEGINS, Municipality, NothingToDo
from tests.register.naive import DAY

NAMES = ("Åsa Åberg", "Bo Ek", "Eva Öman", "Ali Noor", "Ida von Ek", "Kim Lund")
ROLES, KINDS, PERCENTS = (
    ("assistant_nurse", "care_assistant", "nurse"),
    ("permanent", "hourly"),
    (0, 40, 75, 100),
)
COLUMNS = HEAD + ";Till;Anställningsform;Procent"


class ChancesOfPeople(Municipality):
    """Each method is something that may happen; it raises a refusal or NothingToDo where it cannot."""

    last_import = None  # its id, what it has begun and what it has ended

    def worker(self):
        """Somebody who works here or will, but no chief."""
        return self.job().person

    def job(self):
        return self.pick(
            job
            for job in self.known(naive.Employment)
            if job.person not in {self.maria, self.nils, self.karin}
            and (job.last is None or job.last >= self.today)
        )

    def hire(self):
        number, (given, family) = str(len(self.who)), self.pick(NAMES).split(" ", 1)
        first, terms = self.day(-60, 20), self._terms()
        last = self.maybe(lambda: max(first, self.today) + self.random.randint(0, 300) * DAY, 0.2)
        with self.work() as ctx:
            self._import(ctx, number, given, family, terms, first, last)
            whose = (Person.employer_id == ctx.employer_id, Person.employee_number == number)
            person = ctx.db.scalars(select(Person).where(*whose)).one()
            person.protected = self.random.random() < 0.1
            post, done = self._new_post(ctx, person.id), self._newest_import(ctx)
        self.who[person.id] = (number, given, family, person.protected)
        self.last_import = (done, self.tell_post(post, person.id, terms, first, last), None)

    def _terms(self):
        """In which unit, as what, of which kind, how much."""
        below = [unit for name, unit in self.units.items() if name != "Berga"]
        return self.pick(below), self.pick(ROLES), self.pick(KINDS), self.pick(PERCENTS)

    def _import(self, ctx, number, given, family, terms, first, last):
        unit, role, kind, percent = terms
        name = next(name for name, id_ in self.units.items() if id_ == unit)
        line = f"{number};{given};{family};{name};{role};{first};{last or ''};{kind};{percent}"
        import_people(ctx, read_staff_list(staff_list(line, head=COLUMNS)))

    def _new_post(self, ctx, person):
        """The one employment of somebody of which nothing was told yet."""
        told = {fact.post for fact in self.facts if isinstance(fact, naive.Employment)}
        own = (Employment.person_id == person, Employment.copy_of.is_(None), Employment.id.not_in(told))
        return ctx.db.scalars(select(Employment.id).where(*own)).one()

    def _newest_import(self, ctx):
        mine = select(PeopleImport.public_id).where(PeopleImport.employer_id == ctx.employer_id)
        return ctx.db.scalars(mine.order_by(PeopleImport.id.desc()).limit(1)).one()

    def move(self):
        """Or work more, or as something else: a line of a staff list, from a day on. Assignments go with them."""
        job, first, terms = self.job(), self.day(-40, 20), self._terms()
        terms = self.pick([terms, (job.unit, job.role, *terms[2:])])
        others = [each for each in self.known(naive.Employment, person=job.person) if each is not job]
        if not (job.first < first and job.on(first)) or any((each.last or first) >= first for each in others):
            raise NothingToDo  # which post is meant would be for the import to say
        if terms == (job.unit, job.role, job.kind, job.percent):
            raise NothingToDo
        with self.work() as ctx:
            self._import(ctx, *self.who[job.person][:3], terms, first, None)
            post, done = self._new_post(ctx, job.person), self._newest_import(ctx)
        self.revise(job, last=first - DAY)
        ended = self.facts[-1]
        self.last_import = (done, self.tell_post(post, job.person, terms, first), (ended, job.last))
        self._carry_over(job.post, post)

    def _carry_over(self, post, to):
        """What leads have given for one post, they have given for another."""
        there = {given.id for given in self.known(naive.Assignment, post=to, last=None)}
        for given in self.known(naive.Assignment, post=post, last=None):
            if given.id not in there:
                self.facts.append(replace(given, post=to))

    def undo(self):
        """Undo the last import, unless something else is known since of what it has written."""
        if self.last_import is None:
            raise NothingToDo
        done, begun, ended = self.last_import
        with self.work() as ctx:
            undone = undo_import(ctx, done)
        self.last_import = None
        if not undone.people:
            raise NothingToDo
        self.revise(begun)
        if ended:
            self.revise(ended[0], last=ended[1])
            self._carry_over(begun.post, ended[0].post)

    def work_elsewhere(self):
        """Begin a second post, or a third."""
        person, first, terms = self.worker(), self.day(-30, 30), self._terms()
        with self.work() as ctx:
            unit, role, kind, percent = terms
            post = organisation.employ(
                ctx, person=ctx.db.get_one(Person, person), unit=ctx.db.get_one(Unit, unit), role=role, kind=kind,
                percent=percent, title="", valid_from=first,
            )  # fmt: skip
            ctx.db.flush()
            fit_duties(ctx, [post.id])
        self.tell_post(post.id, person, terms, first)

    def leave(self):
        job = self.job()
        last = max(job.first, self.day(-20, 40))
        with self.work() as ctx:
            organisation.end_employment(ctx, employment=ctx.db.get_one(Employment, job.post), last_day=last)
            fit_duties(ctx, [job.post])
        self.revise(job, last=last)

    def correct_job(self):
        """Something else was so all the time, or nothing was."""
        job = self.job()
        first = job.first + self.random.randint(-30, 30) * DAY
        last = self.pick([None, job.last and max(first, job.last), self._after(first, 400)])
        unit, role, kind, percent = self._terms()
        choices = [
            {"first": first, "last": last},
            {"unit": unit},
            {"role": role, "kind": kind},
            {"percent": percent},
        ]
        self._correct(job, self.pick([*choices, {}]))

    def believe_job(self):
        """What never was so was so, after all; perhaps not quite as it had been known."""
        newest = {fact.post: fact for fact in self.facts if isinstance(fact, naive.Employment)}
        job = self.pick(fact for fact in newest.values() if fact.superseded)
        self._correct(job, self.pick([{"percent": 50}, {"last": self._after(job.first, 200)}]))

    def _correct(self, job, better):
        names = {"first": "valid_from", "last": "valid_to", "unit": "unit_id", "role": "role_profile_id"}
        with self.work() as ctx:
            columns = {names.get(name, name): value for name, value in better.items()}
            if "role" in better:
                columns["role_profile_id"] = organisation.role_profile(
                    ctx, ctx.employer_id, better["role"]
                ).id
            revise_employments(ctx, {job.post: columns or None})
            fit_duties(ctx, [job.post])
        self.revise(job, **better)

    def _after(self, day, most):
        return day + self.random.randint(0, most) * DAY

    def go_away(self):
        person, first = self.worker(), self.day(-40, 30)
        last = self.maybe(lambda: self._after(first, 60), 0.8)
        with self.work() as ctx:
            whose = ctx.db.get_one(Person, person)
            away = organisation.add_absence(ctx, person=whose, kind="leave", valid_from=first, valid_to=last)
            ctx.db.flush()
            fit_duties(ctx, person_ids=[person])
        self.rows[self.tell(naive.Absence, person=person, first=first, last=last)] = away.id

    def correct_away(self):
        away = self.pick(self.known(naive.Absence))
        first = away.first + self.random.randint(-20, 20) * DAY
        better = self.pick(
            [{}, {"first": first, "last": self._after(first, 60)}, {"last": self._after(away.first, 60)}]
        )
        names = {"first": "valid_from", "last": "valid_to"}
        with self.work() as ctx:
            columns = {names[name]: day for name, day in better.items()}
            revise_absences(ctx, {self.rows[away]: columns or None})
            fit_duties(ctx, person_ids=[away.person])
        self.revise(away, **better)

    def place_unit(self):
        """Let a unit, with all below it, be part of another, since a day."""
        unit = self.pick(unit for name, unit in self.units.items() if name != "Berga")
        first, parent = self.day(-60, 0), self.pick(self.units.values())
        with self.work() as ctx:
            organisation.place_unit(
                ctx, unit=ctx.db.get_one(Unit, unit), parent=ctx.db.get_one(Unit, parent), valid_from=first
            )
            fit_duties(ctx, person_ids=list(self.who))
        since = (
            first if first > day_of(BEGINS) else date.min
        )  # before it was entered, it was where it was entered
        self.cut(self.known(naive.Unit, unit=unit), since)
        self.tell(naive.Unit, unit=unit, parent=parent, first=since)
