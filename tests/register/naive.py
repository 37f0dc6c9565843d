"""What is so on a day, as was known on a day: read slowly from every fact, to compare the ledger with.

It imports nothing of the program. What a day brings counts on that day.
"""

from calendar import monthrange
from collections import defaultdict
from dataclasses import dataclass, make_dataclass
from datetime import date, timedelta
from functools import cache, partial

DAY, NEVER, SOON = timedelta(days=1), date.max, 30


@dataclass(eq=False, kw_only=True)
class Fact:
    """So from its first to its last day (none: no end), as is known from one day until another (none: still)."""

    first: date
    last: date | None = None
    recorded: date
    superseded: date | None = None

    def on(self, day):
        return self.first <= day <= (self.last or NEVER)


fact = partial(make_dataclass, bases=(Fact,), eq=False, kw_only=True)
Unit = fact("Unit", ["unit", "parent"])
Employment = fact("Employment", ["post", "person", "unit", "role", "kind", "percent"])
Absence = fact("Absence", ["person"])
Requirement = fact(
    "Requirement", ["rule", "course", "unit", "roles", "kinds", "due_days", "not_before", "months", "renewal"]
)
Dispensation = fact("Dispensation", ["person", "course", "unit", "kind"])
Proof = fact("Proof", ["id", "person", "course", "edition", "expires"])  # from the day it was achieved on
Revocation = fact("Revocation", ["proof"])  # to the day before the proof was reinstated
# These are known from the day they happen; what ends one is known that day, and lets it last to the day before.
Assignment = fact("Assignment", ["id", "post", "course", "due"])
Round = fact("Round", ["person", "course"])
Update = fact("Update", ["person", "course", "edition"])
Edition = fact("Edition", ["id", "course", "effect", "within_days"])


class Known:
    """What the facts that are known at the end of a day say of any day."""

    def __init__(self, facts, known):
        self.facts = [each for each in facts if each.recorded <= known < (each.superseded or NEVER)]
        # They are asked the same again and again.
        self.of, self.above, self.asks = cache(self.of), cache(self.above), cache(self.asks)

    def of(self, kind, /, **about):
        mine = (each for each in self.facts if isinstance(each, kind))
        return [each for each in mine if all(getattr(each, name) == what for name, what in about.items())]

    def states(self, day):
        """{(post, course): state} of every employment in force."""
        jobs = [each for each in self.of(Employment) if each.on(day)]
        courses = {each.course for each in self.of(Edition)}
        return {(job.post, course): self.state(job, course, day) for job in jobs for course in courses}

    def counters(self, day):
        """{(unit, course): (posts, of them known, percent, of it known, people, of them known)}."""
        counted, jobs = defaultdict(list), {each.post: each for each in self.of(Employment) if each.on(day)}
        for (post, course), state in self.states(day).items():
            if state not in {"not_required", "exempt"}:
                counted[jobs[post].unit, course].append((jobs[post], state in {"valid", "expiring"}))
        return {cell: self.figures(asked) for cell, asked in counted.items()}

    def figures(self, asked):
        known = [job for job, knows in asked if knows]
        percents = (sum(job.percent for job in jobs) for jobs in ([job for job, _ in asked], known))
        people, lacking = {job.person for job, _ in asked}, {job.person for job, knows in asked if not knows}
        return len(asked), len(known), *percents, len(people), len(people - lacking)

    def state(self, job, course, day):
        asking = [each for each in self.of(Requirement, course=course) if self.describes(each, job, day)]
        given = [each for each in self.of(Assignment, post=job.post, course=course) if each.on(day)]
        if not asking + given:
            return "not_required"
        granted = self.of(Dispensation, person=job.person, course=course)
        here = [each for each in granted if each.unit is None or each.unit in self.above(job.unit, day)]
        if any(each.kind == "exemption" and each.on(day) for each in here):
            return "exempt"
        months = min((each.months for each in asking if each.months is not None), default=None)
        windows = [SOON if each.renewal is None else each.renewal for each in asking] + [SOON] * len(given)
        ends = [self.end(each, months, day) for each in self.of(Proof, person=job.person, course=course)]
        end = max((each for each in ends if each), default=None)
        if end and (end == NEVER or end - max(windows) * DAY > day):
            return "valid"
        if end and end >= day:
            return "expiring"
        due = min([self.due(each, job.person, day) for each in asking] + [each.due for each in given])
        longer = [each.last for each in here if each.kind == "extension" and each.first <= day]
        if max([due, *longer]) < day:
            return "expired" if end else "missing"
        rounds = self.of(Round, person=job.person, course=course)
        return "under_way" if any(each.on(day) for each in rounds) else "not_yet_due"

    def describes(self, requirement, job, day):
        return (
            (requirement.on(day) and job.on(day))
            and (requirement.unit is None or requirement.unit in self.above(job.unit, day))
            and (not requirement.roles or job.role in requirement.roles)
            and (not requirement.kinds or job.kind in requirement.kinds)
        )

    def above(self, unit, day):
        """A unit with those it is part of, as the tree was on a day."""
        parents = [each.parent for each in self.of(Unit, unit=unit) if each.on(day) and each.parent]
        return {unit}.union(*(self.above(parent, day) for parent in parents))

    def asks(self, rule, person, day):
        versions, jobs = self.of(Requirement, rule=rule), self.of(Employment, person=person)
        return any(self.describes(version, job, day) for version in versions for job in jobs)

    def due(self, requirement, person, day):
        """Counted from the first of the days on end on which the rule, in any words, asks a post of theirs."""
        while self.asks(requirement.rule, person, day - DAY):
            day -= DAY
        due = self.present(person, day, requirement.due_days)
        later = requirement.not_before and requirement.not_before > due
        return self.present(person, requirement.not_before, 0) if later else due

    def present(self, person, day, left):
        """So many days later, but for those on which somebody is away, and not one of those."""
        away = self.of(Absence, person=person)
        while (is_away := any(each.on(day) for each in away)) or left:
            if any(each.first <= day and not each.last for each in away):
                return NEVER
            day, left = day + DAY, left - (not is_away)
        return day

    def end(self, proof, months, day):
        """The last day of a proof, as far as can be known on a day; none if it does not count."""
        if proof.first > day or any(each.on(day) for each in self.of(Revocation, proof=proof.id)):
            return None
        ends = [proof.expires or NEVER]
        if months is not None:
            year, month = divmod(proof.first.year * 12 + proof.first.month - 1 + months, 12)
            ends.append(date(year, month + 1, min(proof.first.day, monthrange(year, month + 1)[1])) - DAY)
        chain = [each for each in self.of(Edition, course=proof.course) if each.on(day)]
        updates = [each for each in self.of(Update, person=proof.person, course=proof.course) if each.on(day)]
        taught = {proof.edition, *(each.edition for each in updates)}
        newest = max(place for place, each in enumerate(chain) if each.id in taught)
        newer = [each for each in chain[newest + 1 :] if each.effect in {"update", "retake"}]
        return min(ends + [max(each.first, proof.first) + each.within_days * DAY for each in newer])
