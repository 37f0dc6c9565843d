"""Read where single people stand, for those who lead them: one person, and who may be given a course."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Integer, Select, String, and_, bindparam, select
from sqlalchemy.orm import aliased

from lms.base.access import Permission
from lms.base.context import Context
from lms.base.errors import NotFound
from lms.base.names import in_order
from lms.base.statements import EMPLOYER, TODAY, built_once
from lms.catalogue.models import EditionRow
from lms.identity.models import Account
from lms.identity.queries import CAN_COME_BACK
from lms.organisation.models import Employment, Person, Unit
from lms.organisation.people import is_seen
from lms.organisation.queries import REACHED, in_force, units_reached
from lms.register.editions import SHOWS_TAUGHT
from lms.register.models import Duty, EditionReceipt, Proof, Requirement, Status
from lms.register.queries import STANDING
from lms.register.rules import ORDER, Reason, Shown, Standing, State, Taught, standing, state, taught

_NEWEST = aliased(Proof)  # beside the one that lasts longest


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
    taught: Taught | None  # by the newest proof


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
    can_come_back: bool  # by something they have shown to have
    states: tuple[CourseState, ...]  # exceptions first


def person_states(ctx: Context, person_id: UUID) -> PersonStates:
    """Somebody who works today where the actor sees the team, with states, dates and evidence. One statement.

    Never answers, scores, tries or times. Raises NotFound outside the actor's reach, and for a
    protected identity that is not the actor's to see.
    """
    in_reach = ctx.reach(Permission.SEE_TEAM, Unit.path)
    rows = ctx.rows(_states(in_reach, is_seen(ctx)), person=person_id).all()
    if not rows:
        raise NotFound
    receipts: dict[str, list[tuple[int, str]]] = {}
    for row in rows:
        if row.received is not None:
            receipts.setdefault(row.course, []).append((row.received, row.kind))
    states: dict[str, CourseState] = {}
    for row in rows:
        if row.due_on is None:
            continue
        course, achieved_on = row.course, row.achieved_on
        proof = (row.taught_on, row.taught_until, row.edition_id) if row.edition_id is not None else None
        now = state(Standing(*row[_STANDS : _STANDS + len(STANDING)]), ctx.today)
        known = states.get(course)
        if known is None or ORDER[now] < ORDER[known.state]:
            states[course] = CourseState(
                course, now, row.due_on, achieved_on, row.expires_on, row.reference, row.label,
                taught(*proof, receipts.get(course, ())) if proof else None,
            )  # fmt: skip
    person, given, family, title, unit_id, unit, activated_at, can_come_back = rows[0][:8]
    return PersonStates(
        public_id=person_id,
        person_id=person,
        name=f"{given} {family}",
        title=title,
        unit_id=unit_id,
        unit=unit,
        activated=activated_at is not None,
        can_come_back=can_come_back,
        states=tuple(
            sorted(states.values(), key=lambda known: (ORDER[known.state], known.due_on, known.course))
        ),
    )


_STANDS = 9  # the place of the first column of STANDING in a row of `_states`


@built_once
def _states(in_reach: ColumnElement[bool], seen: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    return (
        select(
            Person.id, Person.given_name, Person.family_name, Employment.title, Unit.public_id, Unit.name,
            Account.activated_at, CAN_COME_BACK, Duty.course,
            *STANDING, Proof.reference, EditionRow.label,
            _NEWEST.edition_id, _NEWEST.achieved_on.label("taught_on"), _NEWEST.expires_on.label("taught_until"),
            EditionReceipt.edition_id.label("received"), EditionReceipt.kind,
        )
        .select_from(Employment)
        .join(Person, and_(Person.employer_id == Employment.employer_id, Person.id == Employment.person_id))
        .join(Account, Account.id == Person.account_id)
        .join(Unit, and_(Unit.employer_id == Employment.employer_id, Unit.id == Employment.unit_id))
        .outerjoin(Duty, and_(Duty.employer_id == Employment.employer_id, Duty.employment_id == Employment.id))
        .outerjoin(Status, and_(Status.employer_id == Duty.employer_id, Status.duty_id == Duty.id))
        .outerjoin(Proof, and_(Proof.employer_id == Status.employer_id, Proof.id == Status.proof_id))
        .outerjoin(EditionRow, EditionRow.id == Proof.edition_id)
        .outerjoin(_NEWEST, and_(_NEWEST.employer_id == Duty.employer_id, _NEWEST.id == SHOWS_TAUGHT))
        .outerjoin(
            EditionReceipt,
            and_(
                EditionReceipt.employer_id == Duty.employer_id,
                EditionReceipt.person_id == Duty.person_id,
                EditionReceipt.course == Duty.course,
            ),
        )
        .where(
            Employment.employer_id == EMPLOYER,
            Person.public_id == bindparam("person"),
            in_force(Employment, TODAY),
            in_reach,
            seen,
        )
        .order_by(Employment.id)
    )  # fmt: skip


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
    ctx: Context,
    course: str,
    unit_id: UUID | None = None,
    *,
    person_ids: Collection[UUID] | None = None,
    limit: int = 500,
) -> list[Candidate]:
    """People who work today where the actor may assign (or in a unit and below, or some of them). One statement.

    By name, and no more of them than the limit, unless they are named.

    Without protected identities, unless the actor leads their unit.
    """
    in_reach = ctx.reach(Permission.ASSIGN, REACHED.path)
    query = _candidates(in_reach, is_seen(ctx), in_unit=unit_id is not None, named=person_ids is not None)
    places = {"course": course, "unit": unit_id, "people": list(person_ids or ()), "limit": limit}
    rows = ctx.rows(query, **places).all()
    return [_candidate(list(of_one), ctx.today) for _person, of_one in groupby(rows, key=lambda row: row[1])]


@built_once
def _candidates(
    in_reach: ColumnElement[bool], seen: ColumnElement[bool], *, in_unit: bool, named: bool
) -> Select[*tuple[Any, ...]]:
    course = bindparam("course", type_=String)
    posts = (
        Employment.unit_id.in_(units_reached(in_reach, in_unit=in_unit)),
        in_force(Employment, TODAY),
        seen,
    )
    by_requirement = (
        select(Requirement.id)
        .where(
            Requirement.employer_id == EMPLOYER, Requirement.course == course, in_force(Requirement, TODAY)
        )
        .exists()
    )
    query = (
        select(
            Person.public_id, Person.id, Person.given_name, Person.family_name,
            Employment.id, Employment.title, Unit.name, Unit.path,
            *STANDING, Proof.achieved_on.label("proven_on"), Proof.expires_on.label("proof_until"),
            Proof.renewal_due_on, by_requirement,
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
        .where(Employment.employer_id == EMPLOYER, *posts)
        .order_by(*in_order(Person.given_name, Person.family_name), Person.id, Employment.id)
    )  # fmt: skip
    if named:
        return query.where(Person.public_id.in_(bindparam("people", expanding=True)))
    first = (
        select(Employment.person_id)
        .join(Person, and_(Person.employer_id == Employment.employer_id, Person.id == Employment.person_id))
        .join(Unit, and_(Unit.employer_id == Employment.employer_id, Unit.id == Employment.unit_id))
        .where(Employment.employer_id == EMPLOYER, *posts)
        .group_by(Employment.person_id, Person.given_name, Person.family_name)
        .order_by(*in_order(Person.given_name, Person.family_name), Employment.person_id)
        .limit(bindparam("limit", type_=Integer))
    )
    return query.where(Employment.person_id.in_(first))


def _candidate(rows: Sequence[Sequence[Any]], today: date) -> Candidate:
    """One person from the rows of `_candidates`: posts x proofs."""
    public_id, person_id, given, family, _post, title, unit = rows[0][:7]
    asked = [found for row in rows if (found := Standing(*row[8 : 8 + len(STANDING)])).due_on]
    shown = [Shown(0, *row[15:18]) for row in rows if row[15]]
    lacking = standing([Reason(today)], shown, (), rows[0][9], today)[0]  # as if it were asked by today
    now = min(asked, key=lambda each: ORDER[state(each, today)], default=lacking)
    return Candidate(
        public_id=public_id,
        person_id=person_id,
        name=f"{given} {family}",
        title=title,
        unit=unit,
        state=state(now, today),
        due_on=now.due_on if asked else None,
        expires_on=now.expires_on,
        posts=tuple({row[4]: row[7] for row in rows}.items()),
        by_requirement=rows[0][18],
    )
