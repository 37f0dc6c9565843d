"""The facts about one person in one statement, as values of the ledger, with the names of those who decided."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Date,
    Integer,
    Row,
    Select,
    String,
    Uuid,
    and_,
    bindparam,
    case,
    cast,
    func,
    literal,
    null,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import aliased

from lms.base.context import Context
from lms.base.db import UtcTime
from lms.base.statements import EMPLOYER
from lms.catalogue.models import EditionRow
from lms.evidence.models import Revocation
from lms.learning.models import Assignment
from lms.organisation.models import Absence, Employment, Person, RoleProfile, Unit
from lms.organisation.people import name_unless_protected
from lms.organisation.queries import known_at
from lms.register.described import known_end
from lms.register.duty_rules import DAY, WHOLE, Days, Post
from lms.register.history import Ledger
from lms.register.history_rules import Given, Known, Proven
from lms.register.models import (
    Beginning,
    Dispensation,
    Duty,
    DutySource,
    EditionReceipt,
    Proof,
    ProofRevocation,
)
from lms.register.rules import Relief


@dataclass(frozen=True, slots=True)
class Work:
    """An employment: where, as what, from when to when; `mine` where the actor may see it."""

    post: Post
    unit: str
    title: str
    mine: bool


@dataclass(frozen=True, slots=True)
class Let:
    """A dispensation with its reason and who gave it."""

    public_id: UUID
    course: str
    kind: str
    first: date
    last: date
    reason: str
    given_by: str
    path: str  # of the unit in which, and below which, it holds


@dataclass(frozen=True, slots=True)
class Shown:
    """A certificate with the times in which it was revoked, each with its reason."""

    proof: Proven
    edition: str
    revoked: tuple[tuple[date, date | None, str], ...]


@dataclass(frozen=True, slots=True)
class PersonFacts:
    """All that is known of one person: as the ledger takes it, and as people read it."""

    public_id: UUID
    person_id: int
    name: str
    employee_number: str
    known: Known
    work: tuple[Work, ...]  # in order of their first days
    let: tuple[Let, ...]
    shown: tuple[Shown, ...]
    givers: Mapping[int, str]  # who gave an assignment, by its id


def facts_of(ctx: Context, person_id: UUID, seen: ColumnElement[bool], book: Ledger) -> PersonFacts | None:
    """The facts about somebody as the ledger was opened; `seen` is the condition on the unit of a post.

    Open: called by the record, which says what the actor may see of it. One statement.
    """
    rows: dict[str, list[Row[*tuple[Any, ...]]]] = defaultdict(list)
    for row in ctx.rows(_facts(seen, book.at), person=person_id):
        rows[row.what].append(row)
    if not rows["person"]:
        return None
    (who,) = rows["person"]
    revoked: dict[int, list[tuple[date, date | None, str]]] = defaultdict(list)
    for row in rows["revoked"]:
        revoked[row.ref].append((row.first, row.last, row.one or ""))
    shown = [_shown(row, revoked[row.id]) for row in rows["proof"]]
    work = sorted(
        (_work(row, book) for row in rows["post"]), key=lambda each: (each.post.first, each.post.id)
    )
    return PersonFacts(
        person_id, who.id, who.one, who.two, _known(ctx, rows, work, shown, book.at), tuple(work),
        tuple(_let(row) for row in rows["let"]),
        tuple(shown), {row.id: row.two or "" for row in rows["given"]},
    )  # fmt: skip


def _node(row: Row[*tuple[Any, ...]]) -> str:
    """The unit of a dispensation, as it stands in the paths of those in it."""
    return WHOLE if row.ref is None else f"/{row.ref}/"


def _let(row: Row[*tuple[Any, ...]]) -> Let:
    return Let(row.key, row.course, row.one, row.first, row.last, row.two, row.three, _node(row))


def _work(row: Row[*tuple[Any, ...]], book: Ledger) -> Work:
    path, stood = book.tree.path(row.ref, max(book.day, row.first)), book.tree.stood(row.ref)
    return Work(
        Post(row.id, path, row.three, row.four, row.first, known_end(row.last), row.number, stood),
        row.one,
        row.two,
        bool(row.flag),
    )


def _shown(row: Row[*tuple[Any, ...]], revoked: Sequence[tuple[date, date | None, str]]) -> Shown:
    times = tuple((first, last) for first, last, _reason in revoked)
    proof = Proven(row.id, row.course, row.ref, row.one, row.first, row.last, times)
    return Shown(proof, row.two, tuple(sorted(revoked, key=lambda each: each[0])))


def _known(
    ctx: Context,
    rows: Mapping[str, Sequence[Row[*tuple[Any, ...]]]],
    work: Sequence[Work],
    shown: Sequence[Shown],
    at: datetime | None,
) -> Known:
    """As `lms.register.history` reads it of many people."""
    relief: dict[str, list[Relief]] = defaultdict(list)
    for row in rows.get("let", ()):
        relief[row.course].append(Relief(row.one, row.first, row.last, _node(row)))
    proofs: dict[str, list[Proven]] = defaultdict(list)
    for each in shown:
        proofs[each.proof.course].append(each.proof)
    updates: dict[str, list[tuple[int, date]]] = defaultdict(list)
    for row in rows.get("update", ()):
        updates[row.course].append((row.ref, ctx.day_of(row.since)))
    begun: dict[str, list[Days]] = defaultdict(list)
    until = date.max if at is None else ctx.day_of(at)
    for row in rows.get("begun", ()):
        if row.first <= until:
            closed = row.last is not None and row.last <= until
            begun[row.course].append((row.first, row.last - DAY if closed else None))
    return Known(
        [each.post for each in work],
        [(row.first, known_end(row.last)) for row in rows.get("away", ())],
        [_given(ctx, row, at) for row in rows.get("given", ()) if at is None or row.since <= at],
        relief, proofs, updates, begun,
    )  # fmt: skip


def _given(ctx: Context, row: Row[*tuple[Any, ...]], at: datetime | None) -> Given:
    withdrawn = row.until is not None and (at is None or row.until <= at)
    last = ctx.day_of(row.until) - DAY if withdrawn else None
    return Given(row.id, row.ref, row.course, row.first, row.one, ctx.day_of(row.since), last)


_COLUMNS = {
    "id": Integer, "ref": Integer, "key": Uuid, "course": String, "first": Date, "last": Date, "since": UtcTime,
    "until": UtcTime, "one": String, "two": String, "three": String, "four": String,
    "number": Integer, "flag": Integer,
}  # fmt: skip
_GIVER = aliased(Person)
_GIVEN_BY = name_unless_protected(_GIVER)


def _part(what: str, **columns: Any) -> Select[*tuple[Any, ...]]:
    """One kind of fact with the columns all kinds share; those it does not have are empty."""
    return select(
        literal(what).label("what"),
        *(
            (columns[name] if name in columns else cast(null(), kind())).label(name)
            for name, kind in _COLUMNS.items()
        ),
    )


def _facts(seen: ColumnElement[bool], at: datetime | None) -> CompoundSelect[*tuple[Any, ...]]:
    who = (
        select(Person.id)
        .where(Person.employer_id == EMPLOYER, Person.public_id == bindparam("person", type_=Uuid()))
        .scalar_subquery()
    )
    return union_all(*_about_work(who, seen, at), *_about_asking(who, at), *_about_knowing(who, at))


def _about_work(
    who: Any, seen: ColumnElement[bool], at: datetime | None
) -> tuple[Select[*tuple[Any, ...]], ...]:
    person = _part(
        "person", id=Person.id, one=Person.given_name + " " + Person.family_name, two=Person.employee_number
    ).where(Person.employer_id == EMPLOYER, Person.id == who)
    posts = (
        _part(
            "post", id=func.coalesce(Employment.copy_of, Employment.id), ref=Employment.unit_id,
            first=Employment.valid_from, last=Employment.valid_to, one=Unit.name, two=Employment.title,
            three=RoleProfile.key, four=Employment.kind, number=Employment.percent,
            flag=case((seen, 1), else_=0),
        )
        .select_from(Employment)
        .join(Person, and_(Person.employer_id == Employment.employer_id, Person.id == Employment.person_id))
        .join(Unit, and_(Unit.employer_id == Employment.employer_id, Unit.id == Employment.unit_id))
        .join(
            RoleProfile,
            and_(RoleProfile.employer_id == Employment.employer_id, RoleProfile.id == Employment.role_profile_id),
        )
        .where(Employment.employer_id == EMPLOYER, Employment.person_id == who, known_at(Employment, at))
    )  # fmt: skip
    away = _part("away", first=Absence.valid_from, last=Absence.valid_to).where(
        Absence.employer_id == EMPLOYER, Absence.person_id == who, known_at(Absence, at)
    )
    return person, posts, away


def _about_asking(who: Any, at: datetime | None) -> tuple[Select[*tuple[Any, ...]], ...]:
    given = (
        _part(
            "given", id=DutySource.assignment_id, ref=Duty.employment_id, course=Duty.course, first=DutySource.due_on,
            since=DutySource.created_at, until=DutySource.withdrawn_at, one=DutySource.reason, two=_GIVEN_BY,
        )
        .select_from(Duty)
        .join(DutySource, and_(DutySource.employer_id == Duty.employer_id, DutySource.duty_id == Duty.id))
        .join(
            Assignment,
            and_(Assignment.employer_id == DutySource.employer_id, Assignment.id == DutySource.assignment_id),
        )
        .join(_GIVER, and_(_GIVER.employer_id == Assignment.employer_id, _GIVER.id == Assignment.assigned_by))
        .where(Duty.employer_id == EMPLOYER, Duty.person_id == who)
    )  # fmt: skip
    let = (
        _part(
            "let", key=Dispensation.public_id, ref=Dispensation.unit_id, course=Dispensation.course,
            first=Dispensation.valid_from, last=Dispensation.valid_to, one=Dispensation.kind, two=Dispensation.reason,
            three=_GIVEN_BY,
        )
        .select_from(Dispensation)
        .join(_GIVER, and_(_GIVER.employer_id == Dispensation.employer_id, _GIVER.id == Dispensation.given_by))
        .where(Dispensation.employer_id == EMPLOYER, Dispensation.person_id == who, known_at(Dispensation, at))
    )  # fmt: skip
    begun = _part(
        "begun", course=Beginning.course, first=Beginning.started_on, last=Beginning.closed_on
    ).where(Beginning.employer_id == EMPLOYER, Beginning.person_id == who)
    return given, let, begun


def _about_knowing(who: Any, at: datetime | None) -> tuple[Select[*tuple[Any, ...]], ...]:
    own = (Proof.employer_id == EMPLOYER, Proof.person_id == who, known_at(Proof, at))
    proofs = (
        _part(
            "proof", id=Proof.id, ref=Proof.edition_id, course=Proof.course, first=Proof.achieved_on,
            last=Proof.expires_on, one=Proof.reference, two=EditionRow.label,
        )
        .select_from(Proof)
        .join(EditionRow, EditionRow.id == Proof.edition_id)
        .where(*own)
    )  # fmt: skip
    reason = (
        select(func.max(Revocation.reason))
        .where(
            Revocation.employer_id == Proof.employer_id,
            Revocation.certificate_id == Proof.certificate_id,
            Revocation.kind == "revoked",
            Revocation.on == ProofRevocation.valid_from,
        )
        .correlate(Proof, ProofRevocation)
        .scalar_subquery()
    )
    revoked = (
        _part(
            "revoked", ref=Proof.id, course=Proof.course, first=ProofRevocation.valid_from,
            last=ProofRevocation.valid_to, one=reason,
        )
        .select_from(ProofRevocation)
        .join(Proof, and_(Proof.employer_id == ProofRevocation.employer_id, Proof.id == ProofRevocation.proof_id))
        .where(*own, known_at(ProofRevocation, at), or_(ProofRevocation.valid_to.is_(None),
               ProofRevocation.valid_to >= ProofRevocation.valid_from))
    )  # fmt: skip
    receipts = (EditionReceipt.employer_id == EMPLOYER, EditionReceipt.person_id == who)
    received = () if at is None else (EditionReceipt.received_at <= at,)
    updates = _part(
        "update",
        ref=EditionReceipt.edition_id,
        course=EditionReceipt.course,
        since=EditionReceipt.received_at,
    ).where(*receipts, *received, EditionReceipt.kind == "update")
    return proofs, revoked, updates
