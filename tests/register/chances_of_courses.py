"""What happens by chance to courses: they are required, given, let off, begun, passed, revoked, published anew."""

from dataclasses import replace

from sqlalchemy import select

from lms.base.access import Actor
from lms.base.context import work
from lms.catalogue import queries as catalogue
from lms.catalogue.models import EditionRow
from lms.catalogue.snapshot import snapshot_key, to_snapshot
from lms.catalogue.values import Changes
from lms.evidence.actions import (
    Pass,
    correct_name,
    issue_certificate,
    reinstate_certificate,
    revoke_certificate,
)
from lms.learning.actions import assign_course, withdraw_assignment
from lms.learning.models import Attempt
from lms.organisation.models import Person, Unit
from lms.register import actions as register
from lms.register.dispensations import end_dispensation, give_dispensation
from lms.register.models import Duty, DutySource, Proof
from lms.register.requirements import Terms, change_requirement, end_requirement, set_requirement
from tests.register import naive
from tests.register.chances_of_people import KINDS, ROLES, ChancesOfPeople
from tests.register.naive import DAY

COURSES = {"lamp": 3, "kettle": 6, "stove": 12}  # months that their certificates last


class ChancesOfCourses(ChancesOfPeople):
    """Each method is something that may happen; it raises a refusal or NothingToDo where it cannot."""

    def __init__(self, house, random):
        super().__init__(house, random)
        self.certificates = {}  # their numbers, by proof; of those that were corrected, of the first
        with self.work() as ctx:
            self.model = catalogue.newest_edition(ctx, "documentation")  # all courses here are made of it
        for course in COURSES:
            self.publish(course)

    # What is asked

    def require(self):
        said, first = self._said(self.pick(COURSES)), self.day(-90, 40)
        with self.work() as ctx:
            row = set_requirement(ctx, self._terms_of(ctx, said), valid_from=first)
        self.tell(naive.Requirement, rule=row.rule, first=first, **said)

    def _said(self, course):
        return {
            "course": course,
            "unit": self.pick([None, None, *self.units.values()]),
            "roles": self.pick([(), (), ROLES[:1], ROLES[1:]]),
            "kinds": self.pick([(), (), KINDS[:1]]),
            "due_days": self.random.randint(0, 90),
            "not_before": self.maybe(lambda: self.day(-30, 90), 0.3),
            "months": self.maybe(lambda: self.random.randint(1, 12), 0.3),
            "renewal": self.maybe(lambda: self.random.randint(0, 90), 0.3),
        }

    @staticmethod
    def _terms_of(ctx, said):
        unit = ctx.db.get_one(Unit, said["unit"]) if said["unit"] else None
        return Terms(
            said["course"], "Tea", "Us", said["due_days"], unit, said["roles"], said["kinds"], said["not_before"],
            said["months"], said["renewal"],
        )  # fmt: skip

    def _rule(self):
        """A requirement and its versions, the earliest first."""
        rule = self.pick(sorted({each.rule for each in self.known(naive.Requirement)}))
        return rule, sorted(self.known(naive.Requirement, rule=rule), key=lambda each: each.first)

    def change_rule(self):
        rule, versions = self._rule()
        first, said = self.day(-60, 40), self._said(versions[0].course)
        with self.work() as ctx:
            change_requirement(ctx, rule, self._terms_of(ctx, said), valid_from=first)
        self.cut(versions, first)
        self.tell(naive.Requirement, rule=rule, first=first, last=versions[-1].last, **said)

    def end_rule(self):
        rule, versions = self._rule()
        last = self.day(-30, 40)
        with self.work() as ctx:
            end_requirement(ctx, rule, last_day=last)
        self.cut(versions, last + DAY)

    def assign(self):
        course, due = self.pick(COURSES), self.day(0, 60)
        chosen = {self._seen(), self._seen()}
        with self.work(self.pick([self.maria, self.karin])) as ctx:
            people = [ctx.db.get_one(Person, person).public_id for person in sorted(chosen)]
            made = assign_course(ctx, course, people, due_on=due, reason="Tea").assignment
            posts = ctx.db.scalars(
                select(Duty.employment_id)
                .join(DutySource, DutySource.duty_id == Duty.id)
                .where(DutySource.assignment_id == made.id)
            ).all()
        for post in posts:
            self.tell(naive.Assignment, id=made.id, post=post, course=course, due=due)

    def _seen(self):
        """Somebody who works here today, and is no protected identity."""
        return self.pick(
            job.person
            for job in self.known(naive.Employment)
            if job.on(self.today) and not self.who[job.person][3]
        )

    def withdraw(self):
        """From all, or from one of them."""
        given = self.pick(self.known(naive.Assignment, last=None))
        persons = {fact.post: fact.person for fact in self.facts if isinstance(fact, naive.Employment)}
        whose = self.maybe(lambda: persons[given.post])
        with self.work() as ctx:
            withdraw_assignment(ctx, given.id, ctx.db.get_one(Person, whose).public_id if whose else None)
        for each in self.known(naive.Assignment, id=given.id, last=None):
            if whose in {None, persons[each.post]}:
                self.end(each)

    def dispense(self):
        person, course, kind = self._seen(), self.pick(COURSES), self.pick(["exemption", "extension"])
        first = self.today if kind == "extension" else self.day(-30, 30)
        last = max(first, self.day(0, 90))
        with self.work(self.pick([self.maria, self.karin])) as ctx:
            whose = ctx.db.get_one(Person, person).public_id
            given = give_dispensation(ctx, whose, course, kind, first=first, last=last, reason="Tea")
        about = {"person": person, "course": course, "kind": kind, "first": first, "last": last}
        for row in given:
            self.rows[self.tell(naive.Dispensation, unit=row.unit_id, **about)] = row.public_id

    def end_dispensation(self):
        given = self.pick(self.known(naive.Dispensation))
        with self.work() as ctx:
            end_dispensation(ctx, self.rows[given])
        self.cut([given], self.today)

    # What is known

    def begin(self):
        person, course = self.worker(), self.pick(COURSES)
        with self.work(person) as ctx:
            register.note_start(ctx, person, course)
        if not self.known(naive.Round, person=person, course=course, last=None):
            self.tell(naive.Round, person=person, course=course)

    def _close(self, person, course):
        for each in self.known(naive.Round, person=person, course=course, last=None):
            self.end(each)

    def _edition(self, course):
        """Mostly the newest; what was begun before it was there is of an earlier one."""
        editions = self.known(naive.Edition, course=course)
        return self.pick([editions[-1], editions[-1], self.pick(editions)])

    def learn(self):
        """Pass the exam, and be given the certificate."""
        person, course = self.worker(), self.pick(COURSES)
        with self.work(person) as ctx:
            edition = catalogue.edition(ctx, self._edition(course).id)
            attempt = Attempt(
                employer_id=ctx.employer_id, person_id=person, course=course, edition_id=edition.id, language="sv",
                mode="online", drawn=[], opened_at=ctx.now, closed_at=ctx.now, passed=True,
            )  # fmt: skip
            ctx.db.add(attempt)
            ctx.db.flush()
            certificate = issue_certificate(ctx, Pass(attempt.id, person, edition, "sv"))
            proof = ctx.db.scalars(select(Proof).where(Proof.certificate_id == certificate.id)).one()
        self._tell_proof(proof)
        self.certificates[proof.id] = certificate.number

    def prove_late(self):
        """What was shown some time ago, and is entered only now."""
        person, edition = self.worker(), self._edition(self.pick(COURSES))
        achieved = max(edition.first, self.day(-200, 0))
        expires = self.maybe(lambda: achieved + self.random.randint(0, 400) * DAY, 0.8)
        with self.work() as ctx:
            shown = register.Evidence(person, edition.course, edition.id, None, "K", achieved, expires)
            self._tell_proof(register.record_proof(ctx, shown))

    def _tell_proof(self, proof):
        self._close(proof.person_id, proof.course)
        self.tell(
            naive.Proof, id=proof.id, person=proof.person_id, course=proof.course, edition=proof.edition_id,
            first=proof.achieved_on, expires=proof.expires_on,
        )  # fmt: skip

    def revoke(self):
        proof = self.pick(self.certificates)
        with self.work() as ctx:
            revoke_certificate(ctx, self.certificates[proof], "Tea")
        self.tell(naive.Revocation, proof=proof)

    def reinstate(self):
        revoked = self.pick(self.known(naive.Revocation, last=None))
        with self.work() as ctx:
            reinstate_certificate(ctx, self.certificates[revoked.proof], "Tea")
        self.end(revoked)

    def correct_name(self):
        """Who is meant stays the same, and with it all that is known."""
        proof = self.pick(self.certificates)
        with self.work() as ctx:
            new = correct_name(ctx, self.certificates[proof], f"Tea {self.now:%j%H%M}", "Tea")
        self.certificates[proof] = new.number

    def take_update(self):
        """Or only read what is new, of which no more follows."""
        person, edition = self.worker(), self._edition(self.pick(COURSES))
        kind, about = self.pick(["update", "update", "read"]), {"person": person, "course": edition.course}
        with self.work(person) as ctx:
            register.record_receipt(ctx, person, edition.course, edition.id, kind)
        if kind == "update" and not self.known(naive.Update, edition=edition.id, **about):
            self.tell(naive.Update, edition=edition.id, **about)
            self._close(**about)

    def publish(self, course=None):
        course = course or self.pick(COURSES)
        place = len(self.known(naive.Edition, course=course)) + 1
        effect = self.pick([None, "inform", "update", "retake"]) if place > 1 else None
        within = self.random.randint(1, 90) if effect in {"update", "retake"} else 0
        edition = replace(
            self.model, course=course, label=f"2026.{place}", validity_months=COURSES[course],
            changes=Changes(f"2026.{place - 1}", effect, ("tea",), within) if effect else None,
        )  # fmt: skip
        digest, data = to_snapshot(edition)
        self.house.files.put(snapshot_key(digest), data)
        with work(self.house, Actor.program(self.employer_id), now=self.now) as ctx:
            row = EditionRow(
                digest=digest, course=course, country="SE", label=edition.label, published_on=edition.published_on,
                published_at=ctx.now, effect=effect, within_days=within,
            )  # fmt: skip
            ctx.db.add(row)
            ctx.db.flush()
            register.follow_edition(ctx, course)
        self.tell(naive.Edition, id=row.id, course=course, effect=effect, within_days=within)
