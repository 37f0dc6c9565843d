"""Change the ledger: duties and proofs; status follows in the same transaction."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from sqlalchemy import and_, or_, select, true, update

from lms.base.context import Context
from lms.organisation.bulk import add_many, in_parts, insert_many, lock_people, update_many
from lms.organisation.facts import revise
from lms.organisation.models import Employment, Person
from lms.organisation.queries import known_at
from lms.register.described import Source, described, goes_on
from lms.register.duty_rules import DAY
from lms.register.editions import keep_renewals
from lms.register.models import (
    Beginning,
    Duty,
    DutySource,
    EditionReceipt,
    Proof,
    ProofRevocation,
)
from lms.register.rounds import end_round, set_started
from lms.register.status import add_statuses, duties_of, refresh_status

ReceiptKind = Literal["read", "update"]


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a proof rests on: who achieved what, when, until when, in which edition, shown by which document."""

    person_id: int
    course: str
    edition_id: int
    certificate_id: int
    reference: str
    achieved_on: date
    expires_on: date | None


@dataclass(frozen=True, slots=True)
class Fitted:
    """How many reasons for duties are new, how many say something else, and how many statuses followed."""

    added: int
    corrected: int
    moved: int


def fit_duties(
    ctx: Context,
    employment_ids: Collection[int] | None = None,
    *,
    person_ids: Collection[int] | None = None,
    courses: Collection[str] | None = None,
) -> Fitted:
    """Let the duties of employments be those that the requirements in force describe; returns what that changed.

    Open: called by whatever changes requirements, employments or times away, in the same transaction.
    `employment_ids` limits the work to the people who have those employments, `person_ids` to those people, `courses`
    to what asks for those courses (None: for any).
    A requirement that no longer describes an employment is withdrawn as a reason, one that does so again is put
    back, and each is due as `described` says. What an employment that is over was asked for stays; one that never was
    is asked for nothing.
    """
    people = select(Person.id).where(Person.employer_id == ctx.employer_id)
    if employment_ids is not None:
        some = (Employment.employer_id == ctx.employer_id, Employment.id.in_(list(employment_ids)))
        people = people.where(Person.id.in_(select(Employment.person_id).where(*some)))
    if person_ids is not None:
        people = people.where(Person.id.in_(list(person_ids)))
    locked = lock_people(ctx, people)
    whose = None if employment_ids is None and person_ids is None else locked
    wanted = described(ctx, whose, courses)
    known = ctx.db.execute(
        select(
            Duty.employment_id, DutySource.requirement_id, Duty.id,
            DutySource.id, DutySource.due_on, DutySource.reason, DutySource.withdrawn_at,
        )
        .join(DutySource, and_(DutySource.employer_id == Duty.employer_id, DutySource.duty_id == Duty.id))
        .join(Employment, and_(Employment.employer_id == Duty.employer_id, Employment.id == Duty.employment_id))
        .where(
            Duty.employer_id == ctx.employer_id,
            DutySource.requirement_id.is_not(None),
            true() if whose is None else Duty.person_id.in_(whose),
            true() if courses is None else Duty.course.in_(courses),
            or_(goes_on(ctx), Employment.superseded_at.is_not(None)),
        )
    )  # fmt: skip
    corrected, refreshed, have = [], [], set()
    for employment_id, requirement_id, duty_id, source_id, due_on, reason, withdrawn_at in known:
        have.add((employment_id, requirement_id))
        now = wanted.get((employment_id, requirement_id))
        is_now = (now.due_on, now.reason, None) if now else (due_on, reason, withdrawn_at or ctx.now)
        if is_now != (due_on, reason, withdrawn_at):
            corrected.append(
                {"row_id": source_id, "due_on": is_now[0], "reason": is_now[1], "withdrawn_at": is_now[2]}
            )
            refreshed.append(duty_id)
    update_many(ctx, DutySource, corrected)
    moved = refresh_status(ctx, refreshed if whose is None else duties_of(ctx, whose))
    added = _add_sources(ctx, [source for pair, source in wanted.items() if pair not in have])
    return Fitted(added, len(corrected), moved)


def add_assignment(
    ctx: Context,
    *,
    assignment_id: int,
    course: str,
    due_on: date,
    reason: str,
    employments: Mapping[int, int],
) -> int:
    """Make a lead's assignment a reason for the duties of employments (id -> person id); returns how many.

    Open: called by learning's assign_course, which has checked the actor's reach.
    """
    lock_people(ctx, set(employments.values()))
    return _add_sources(
        ctx,
        [
            Source(employment, person, course, due_on, reason, None, assignment_id)
            for employment, person in employments.items()
        ],
    )


def pass_on(ctx: Context, reasons: Iterable[tuple[DutySource, int, int, str]]) -> None:
    """Let assignments be reasons for duties of other employments, too: (reason, employment id, person id, course).

    Open: called by the import when somebody has moved.
    """
    _add_sources(
        ctx,
        [
            Source(
                employment,
                person,
                course,
                source.due_on,
                source.reason,
                None,
                source.assignment_id,
                source.created_at,
            )
            for source, employment, person, course in reasons
        ],
    )


def withdraw_assignment(ctx: Context, assignment_id: int, person_id: int | None = None) -> None:
    """Withdraw an assignment as a reason, for everybody or for one person; duties with other reasons stay.

    Open: called by learning's withdraw_assignment, which has checked the actor's reach.
    """
    asked = (DutySource.assignment_id == assignment_id, DutySource.withdrawn_at.is_(None))
    own = () if person_id is None else (Duty.person_id == person_id,)
    duties = (
        select(Duty)
        .join(DutySource, and_(DutySource.employer_id == Duty.employer_id, DutySource.duty_id == Duty.id))
        .where(Duty.employer_id == ctx.employer_id, *asked, *own)
    )
    lock_people(ctx, duties.with_only_columns(Duty.person_id))
    duty_ids = ctx.db.scalars(
        update(DutySource)
        .where(
            DutySource.employer_id == ctx.employer_id,
            DutySource.duty_id.in_(duties.with_only_columns(Duty.id)),
            *asked,
        )
        .values(withdrawn_at=ctx.now)
        .returning(DutySource.duty_id)
    ).all()
    refresh_status(ctx, duty_ids)


def note_start(ctx: Context, person_id: int, course: str) -> None:
    """Record that a person has begun a course, for the duties there are and those that may come.

    Open: called by learning when a step is read or an attempt opened. A second time changes nothing.
    """
    begun = Beginning(employer_id=ctx.employer_id, person_id=person_id, course=course, started_on=ctx.today)
    if ctx.add_once(begun):
        set_started(ctx, [person_id], course, ctx.today)


def record_proof(ctx: Context, evidence: Evidence) -> Proof:
    """Enter a proof into the ledger; the status of the person's duties follows. Every pass is a new proof.

    Open: called by evidence, in the transaction that issues the document.
    """
    proof = _enter(ctx, evidence)
    end_round(ctx, evidence.person_id, evidence.course)
    return proof


def replace_proof(ctx: Context, certificate_id: int, evidence: Evidence) -> Proof:
    """Let the proof by another document take the place of one, on all days; what was known before stays on record.

    Open: called by evidence, in the transaction that issues the other document. Two never count at once.
    """
    old = _proof_of(ctx, certificate_id)
    lock_people(ctx, [old.person_id])
    old.superseded_at, old.revoked_on = ctx.now, old.achieved_on
    new = _enter(ctx, evidence)
    of_old = (ProofRevocation.employer_id == ctx.employer_id, ProofRevocation.proof_id == old.id)
    for each in ctx.db.scalars(select(ProofRevocation).where(*of_old, known_at(ProofRevocation, None))).all():
        days = {"valid_from": each.valid_from, "valid_to": each.valid_to}
        ctx.db.add(ProofRevocation(employer_id=ctx.employer_id, proof_id=new.id, recorded_at=ctx.now, **days))
    return new


def _enter(ctx: Context, evidence: Evidence) -> Proof:
    proof = Proof(
        employer_id=ctx.employer_id,
        person_id=evidence.person_id,
        kind="certificate",
        course=evidence.course,
        edition_id=evidence.edition_id,
        certificate_id=evidence.certificate_id,
        reference=evidence.reference,
        achieved_on=evidence.achieved_on,
        expires_on=evidence.expires_on,
        recorded_at=ctx.now,
    )
    ctx.db.add(proof)
    ctx.db.flush()
    keep_renewals(
        ctx, evidence.course, evidence.person_id
    )  # it may be of an edition that was replaced meanwhile
    refresh_status(ctx, duties_of(ctx, [evidence.person_id], evidence.course))
    return proof


def record_receipt(ctx: Context, person_id: int, course: str, edition_id: int, kind: ReceiptKind) -> None:
    """Record that somebody has read what an edition changed, or passed the update to it. A second time changes nothing.

    Open: called by learning. A passed update lets the person's proofs count as long as they were issued for.
    """
    lock_people(ctx, [person_id])
    receipt = EditionReceipt(
        employer_id=ctx.employer_id, person_id=person_id, course=course, edition_id=edition_id, kind=kind,
        received_at=ctx.now,
    )  # fmt: skip
    if ctx.add_once(receipt) and kind == "update":
        keep_renewals(ctx, course, person_id)
        refresh_status(ctx, duties_of(ctx, [person_id], course))
        end_round(ctx, person_id, course)


def follow_edition(ctx: Context, course: str) -> int:
    """Let the proofs of a course count as long as its editions say now; returns how many people that concerns.

    Open: called by the worker when an edition has been published. Again it changes nothing. The status of those
    concerned follows in parts, each by a few statements.
    """
    # Everybody: who is passing an earlier edition just now has no proof that can be seen yet.
    lock_people(ctx, select(Person.id).where(Person.employer_id == ctx.employer_id))
    people = keep_renewals(ctx, course)
    refresh_status(ctx, duties_of(ctx, people, course))
    return len(people)


def mark_revoked(ctx: Context, certificate_ids: Collection[int], revoked_on: date | None) -> None:
    """Let proofs stop counting from a day, or count again (None); the status of duties follows.

    Open: called by evidence, which writes the dated revocation or reinstatement, and has locked the holders if there
    are several. To revoke takes a bounded number of statements, but for one that enters each.
    """
    proofs = ctx.db.scalars(
        select(Proof).where(Proof.employer_id == ctx.employer_id, Proof.certificate_id.in_(certificate_ids))
    ).all()
    lock_people(ctx, {proof.person_id for proof in proofs})
    people: dict[str, set[int]] = defaultdict(set)
    for proof in proofs:
        proof.revoked_on = revoked_on
        _note_revocation(ctx, proof)
        people[proof.course].add(proof.person_id)
    ctx.db.flush()
    refresh_status(ctx, [duty for course, some in people.items() for duty in duties_of(ctx, some, course)])


def _proof_of(ctx: Context, certificate_id: int) -> Proof:
    return ctx.db.scalars(
        select(Proof).where(Proof.employer_id == ctx.employer_id, Proof.certificate_id == certificate_id)
    ).one()


def _note_revocation(ctx: Context, proof: Proof) -> None:
    """Keep on record from when to when a proof does not count."""
    if proof.revoked_on is not None:
        ctx.db.add(
            ProofRevocation(
                employer_id=ctx.employer_id,
                proof_id=proof.id,
                valid_from=proof.revoked_on,
                recorded_at=ctx.now,
            )
        )
    else:
        lasting = ctx.db.scalars(
            select(ProofRevocation).where(
                ProofRevocation.employer_id == ctx.employer_id,
                ProofRevocation.proof_id == proof.id,
                ProofRevocation.valid_to.is_(None),
                ProofRevocation.superseded_at.is_(None),
            )
        ).one()
        revise(ctx, lasting, valid_to=ctx.today - DAY)


def _add_sources(ctx: Context, sources: Sequence[Source]) -> int:
    """Enter reasons for duties of people who are locked, making the duties that are missing.

    A bounded number of statements for each 5,000 employments.
    """
    if not sources:
        return 0
    known = select(Duty.employment_id, Duty.course, Duty.id).where(Duty.employer_id == ctx.employer_id)
    duties = {
        (employment, course): duty
        for some in in_parts(sorted({source.employment_id for source in sources}))
        for employment, course, duty in ctx.db.execute(known.where(Duty.employment_id.in_(some)))
    }
    new = {
        (source.employment_id, source.course): source.person_id
        for source in sources
        if (source.employment_id, source.course) not in duties
    }
    added = insert_many(
        ctx,
        Duty,
        [
            {"employer_id": ctx.employer_id, "employment_id": employment, "person_id": person,
             "course": course, "created_at": ctx.now}
            for (employment, course), person in new.items()
        ],
    )  # fmt: skip
    earlier = set(duties.values())
    duties |= dict(zip(new, added, strict=True))
    add_many(
        ctx,
        DutySource,
        [
            {"employer_id": ctx.employer_id, "duty_id": duties[source.employment_id, source.course],
             "requirement_id": source.requirement_id, "assignment_id": source.assignment_id,
             "due_on": source.due_on, "reason": source.reason, "created_at": source.since or ctx.now}
            for source in sources
        ],
    )  # fmt: skip
    add_statuses(
        ctx,
        {duty: (person, course) for ((_post, course), person), duty in zip(new.items(), added, strict=True)},
    )
    asked = {duties[source.employment_id, source.course] for source in sources}
    refresh_status(ctx, asked & earlier)
    return len(sources)
