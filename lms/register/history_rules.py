"""What was so on a day: the facts about one person as values, and the cells of the register that they make.

Pure. Who asks chooses the facts (as known now, or as known then), and the day. A day is taken as it ended: what was
given, passed, withdrawn or revoked on it counts. The register of today, kept in the status of duties, is the same
worked out once (a property test holds them together, and to a naive reference).
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from lms.catalogue.rules import Published, asked
from lms.register.duty_rules import Days, Post, Version, asked_of, lies_in
from lms.register.rules import Reason, Relief, Shown, Standing, State, standing, state


@dataclass(frozen=True, slots=True)
class Given:
    """A course that a lead gave to somebody for one of the posts, from a day on, until it was withdrawn."""

    assignment_id: int
    post_id: int
    course: str
    due_on: date
    reason: str
    first: date
    last: date | None


@dataclass(frozen=True, slots=True)
class Proven:
    """Somebody showed that they know a course; times in which it was revoked do not count."""

    id: int
    course: str
    edition_id: int
    reference: str
    achieved_on: date
    expires_on: date | None
    revoked: tuple[Days, ...] = ()

    def counts_on(self, day: date) -> bool:
        """Whether it was there by then and not revoked, whether or not it had run out."""
        return self.achieved_on <= day and not any(holds(times, day) for times in self.revoked)


@dataclass(frozen=True, slots=True)
class Known:
    """The facts about one person that a state can follow from."""

    posts: Sequence[Post] = ()
    away: Sequence[Days] = ()
    given: Sequence[Given] = ()
    relief: Mapping[str, Sequence[Relief]] = field(default_factory=dict)  # by course
    proofs: Mapping[str, Sequence[Proven]] = field(default_factory=dict)
    updates: Mapping[str, Sequence[tuple[int, date]]] = field(
        default_factory=dict
    )  # edition, day it was passed
    begun: Mapping[str, Sequence[Days]] = field(
        default_factory=dict
    )  # rounds: from, until the day before it was closed


@dataclass(frozen=True, slots=True)
class Why:
    """Why a course is asked: a version of a requirement, or (without one) what a lead gave."""

    due_on: date
    reason: str
    source: str = ""
    rule: UUID | None = None


@dataclass(frozen=True, slots=True)
class Cell:
    """One post and one course that is asked of it, on a day."""

    post: Post
    course: str
    state: State
    standing: Standing
    proof: Proven | None
    why: tuple[Why, ...]


Chains = Mapping[str, Sequence[Published]]


def cells_on(known: Known, versions: Iterable[Version], chains: Chains, day: date) -> Iterator[Cell]:
    """The cells of one person on a day: each post in force, and each course that something asks for then."""
    in_force = {post.id: post for post in known.posts if holds((post.first, post.last), day)}
    asking: dict[tuple[int, str], list[tuple[Reason, Why]]] = defaultdict(list)
    for one in asked_of(known.posts, versions, known.away, day):
        by = one.version
        asking[one.post.id, by.course].append(
            (
                Reason(one.due_on, by.validity_months, by.renewal_days),
                Why(one.due_on, by.reason, by.source, by.rule),
            )
        )
    for given in known.given:
        if holds((given.first, given.last), day):
            asking[given.post_id, given.course].append(
                (Reason(given.due_on), Why(given.due_on, given.reason))
            )
    for (post_id, course), reasons in sorted(asking.items(), key=lambda item: item[0]):
        if post_id not in in_force:
            continue
        proofs = {proof.id: proof for proof in known.proofs.get(course, ()) if proof.counts_on(day)}
        taught = {edition for edition, on in known.updates.get(course, ()) if on <= day}
        chain = [each for each in chains.get(course, ()) if each.published_on <= day]
        dates, proof_id = standing(
            [reason for reason, _why in reasons],
            [_shown(proof, taught, chain) for proof in proofs.values()],
            [each for each in known.relief.get(course, ()) if lies_in(in_force[post_id].path, each.path)],
            _started_on(known.begun.get(course, ()), day),
            day,
        )
        yield Cell(
            in_force[post_id],
            course,
            state(dates, day),
            dates,
            proofs[proof_id] if proof_id is not None else None,
            tuple(why for _reason, why in reasons),
        )


def holds(times: Days, day: date) -> bool:
    """Whether a day lies between two others, the last included; None: there is no end."""
    first, last = times
    return first <= day and (last is None or day <= last)


def _shown(proof: Proven, taught: set[int], chain: Sequence[Published]) -> Shown:
    demand = asked(chain, {proof.edition_id} | taught, achieved_on=proof.achieved_on)
    return Shown(proof.id, proof.achieved_on, proof.expires_on, demand.by if demand else None)


def _started_on(rounds: Sequence[Days], day: date) -> date | None:
    return max((first for first, last in rounds if holds((first, last), day)), default=None)
