"""Read where single people stand, for those who lead them: one person, and who may be given a course."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any
from uuid import UUID

from sqlalchemy import and_, select

from lms.base.access import Permission
from lms.base.context import Context
from lms.base.errors import NotFound
from lms.catalogue.models import EditionRow
from lms.identity.models import Account
from lms.organisation.models import Employment, Person, Unit
from lms.organisation.people import is_seen
from lms.organisation.queries import in_force
from lms.register.models import Duty, Proof, Requirement, Status
from lms.register.rules import ORDER, Standing, State, state


@dataclass(frozen=True, slots=True)
class CourseState:
    """Where somebody stands with a course that is asked of them, and the evidence for it."""

    course: str
    state: State
    due_on: date
    achieved_on: date | None
    expires_on: date | None
    certificate: str | None  # number of the certificate that shows it
    edition: str | None  # label of the edition it was passed in


@dataclass(frozen=True, slots=True)
class PersonStates:
    """One person as their lead sees them."""

    public_id: UUID
    person_id: int
    name: str
    title: str
    unit_id: UUID
    unit: str
    activated: bool  # has signed in at least once
    states: tuple[CourseState, ...]  # exceptions first


def person_states(ctx: Context, person_id: UUID) -> PersonStates:
    """Somebody who works today where the actor sees the team, with states, dates and evidence. One statement.

    Never answers, scores, tries or times. Raises NotFound outside the actor's reach, and for a
    protected identity that is not the actor's to see.
    """
    in_reach = and_(ctx.reach(Permission.SEE_TEAM, Unit.path), is_seen(ctx))
    rows = ctx.db.execute(
        select(
            Person, Employment.title, Unit.public_id, Unit.name, Account.activated_at, Duty.course,
            Status.due_on, Status.started_on, Status.achieved_on, Status.expires_on, Proof.reference, EditionRow.label,
        )
        .select_from(Employment)
        .join(Person, and_(Person.employer_id == Employment.employer_id, Person.id == Employment.person_id))
        .join(Account, Account.id == Person.account_id)
        .join(Unit, and_(Unit.employer_id == Employment.employer_id, Unit.id == Employment.unit_id))
        .outerjoin(Duty, and_(Duty.employer_id == Employment.employer_id, Duty.employment_id == Employment.id))
        .outerjoin(Status, and_(Status.employer_id == Duty.employer_id, Status.duty_id == Duty.id))
        .outerjoin(Proof, and_(Proof.employer_id == Status.employer_id, Proof.id == Status.proof_id))
        .outerjoin(EditionRow, EditionRow.id == Proof.edition_id)
        .where(
            Employment.employer_id == ctx.employer_id,
            Person.public_id == person_id,
            in_force(Employment, ctx.today),
            in_reach,
        )
        .order_by(Employment.id)
    ).all()  # fmt: skip
    if not rows:
        raise NotFound
    states: dict[str, CourseState] = {}
    for *_who, course, due_on, started_on, achieved_on, expires_on, certificate, edition in rows:
        if due_on is None:
            continue
        now = state(Standing(due_on, started_on, achieved_on, expires_on), ctx.today)
        known = states.get(course)
        if known is None or ORDER[now] < ORDER[known.state]:
            states[course] = CourseState(course, now, due_on, achieved_on, expires_on, certificate, edition)
    person, title, unit_id, unit, activated_at = rows[0][:5]
    return PersonStates(
        public_id=person.public_id,
        person_id=person.id,
        name=person.name,
        title=title,
        unit_id=unit_id,
        unit=unit,
        activated=activated_at is not None,
        states=tuple(
            sorted(states.values(), key=lambda known: (ORDER[known.state], known.due_on, known.course))
        ),
    )


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody a course may be given to; `state` counts every proof, also one that nothing asked for."""

    public_id: UUID
    person_id: int
    name: str
    title: str
    unit: str
    state: State
    due_on: date | None  # empty: nothing asks for the course yet
    expires_on: date | None
    posts: tuple[tuple[int, str], ...]  # employments in reach: id, path of the unit
    by_requirement: bool  # requirements say who must have the course, so that nobody else needs it

    @property
    def has_it(self) -> bool:
        """Whether there is a proof that is not about to run out, so that giving the course would be of no use."""
        return self.state is State.VALID

    @property
    def needs_it(self) -> bool:
        """Whether the person lacks a lasting proof and has no due date that still lies ahead."""
        if self.due_on is None:
            return not self.has_it and not self.by_requirement
        return self.state in _NEEDED


_NEEDED = frozenset({State.EXPIRED, State.MISSING, State.EXPIRING})


def candidates(
    ctx: Context, course: str, unit_id: UUID | None = None, *, person_ids: Collection[UUID] | None = None
) -> list[Candidate]:
    """People who work today where the actor may assign (or in a unit and below, or some of them). One statement.

    Without protected identities, unless the actor leads their unit.
    """
    in_reach = and_(ctx.reach(Permission.ASSIGN, Unit.path), is_seen(ctx))
    by_requirement = (
        select(Requirement.id)
        .where(
            Requirement.employer_id == ctx.employer_id,
            Requirement.course == course,
            in_force(Requirement, ctx.today),
        )
        .exists()
    )
    query = (
        select(
            Person, Employment.id, Employment.title, Unit.name, Unit.path,
            Status.due_on, Status.started_on, Proof.achieved_on, Proof.expires_on, by_requirement,
        )
        .select_from(Employment)
        .join(Person, and_(Person.employer_id == Employment.employer_id, Person.id == Employment.person_id))
        .join(Unit, and_(Unit.employer_id == Employment.employer_id, Unit.id == Employment.unit_id))
        .outerjoin(
            Duty,
            and_(
                Duty.employer_id == Employment.employer_id,
                Duty.employment_id == Employment.id,
                Duty.course == course,
            ),
        )
        .outerjoin(Status, and_(Status.employer_id == Duty.employer_id, Status.duty_id == Duty.id))
        .outerjoin(
            Proof,
            and_(
                Proof.employer_id == Person.employer_id,
                Proof.person_id == Person.id,
                Proof.course == course,
                Proof.revoked_on.is_(None),
            ),
        )
        .where(Employment.employer_id == ctx.employer_id, in_force(Employment, ctx.today), in_reach)
        .order_by(Person.given_name, Person.family_name, Person.id, Employment.id)
    )  # fmt: skip
    if person_ids is not None:
        query = query.where(Person.public_id.in_(list(person_ids)))
    if unit_id is not None:
        path = select(Unit.path).where(Unit.employer_id == ctx.employer_id, Unit.public_id == unit_id)
        query = query.where(Unit.path.startswith(path.scalar_subquery()))
    by_person = groupby(ctx.db.execute(query).all(), key=lambda row: row[0])
    return [_candidate(person, list(rows), ctx.today) for person, rows in by_person]


def _candidate(person: Person, rows: Sequence[Sequence[Any]], today: date) -> Candidate:
    """One person from rows of (person, post, title, unit, path, due, started, achieved, expires): posts x proofs.

    The last value of a row says whether requirements ask for the course.
    """
    due_on = min((row[5] for row in rows if row[5]), default=None)
    started_on = min((row[6] for row in rows if row[6]), default=None)
    proofs = [(row[8] or date.max, row[7], row[8]) for row in rows if row[7]]
    _lasting, achieved_on, expires_on = max(proofs, key=lambda proof: proof[:2], default=(None, None, None))
    return Candidate(
        public_id=person.public_id,
        person_id=person.id,
        name=person.name,
        title=rows[0][2],
        unit=rows[0][3],
        state=state(Standing(due_on or today, started_on, achieved_on, expires_on), today),
        due_on=due_on,
        expires_on=expires_on,
        posts=tuple({row[1]: row[4] for row in rows}.items()),
        by_requirement=rows[0][9],
    )
