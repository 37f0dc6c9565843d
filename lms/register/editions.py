"""What a new edition of a course means for those who were taught an earlier one."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from operator import itemgetter

from sqlalchemy import (
    ColumnElement,
    ScalarSelect,
    String,
    and_,
    bindparam,
    case,
    exists,
    func,
    or_,
    select,
    true,
)
from sqlalchemy.orm import aliased

from lms.base.access import Permission
from lms.base.context import Context
from lms.base.statements import EMPLOYER, ME, TODAY
from lms.catalogue import queries as catalogue
from lms.catalogue.rules import Asked, asked
from lms.organisation.bulk import update_many
from lms.organisation.models import Employment
from lms.organisation.queries import in_force
from lms.register.models import Duty, EditionReceipt, Proof
from lms.register.rules import Taught, lasts_until, taught

_OTHER = aliased(Proof)
# The proof that says what somebody with a duty was taught: the newest that was not revoked. One that has run out only
# where there is no other.
SHOWS_TAUGHT: ScalarSelect[int] = (
    select(_OTHER.id)
    .where(
        _OTHER.employer_id == Duty.employer_id,
        _OTHER.person_id == Duty.person_id,
        _OTHER.course == Duty.course,
        _OTHER.revoked_on.is_(None),
    )
    .order_by(case((_OTHER.expires_on < TODAY, 1), else_=0), _OTHER.id.desc())
    .limit(1)
    .correlate(Duty)
    .scalar_subquery()
)


def holders(ctx: Context, edition_ids: Collection[int]) -> int:
    """How many people who work today hold a proof of some editions that has not run out. One statement.

    Open: a figure for whoever runs the command that publishes.
    """
    return ctx.db.scalars(
        select(func.count(Proof.person_id.distinct()))
        .join(
            Employment,
            and_(Employment.employer_id == Proof.employer_id, Employment.person_id == Proof.person_id),
        )
        .where(
            Proof.employer_id == ctx.employer_id,
            Proof.edition_id.in_(edition_ids),
            Proof.revoked_on.is_(None),
            or_(Proof.expires_on.is_(None), Proof.expires_on >= ctx.today),
            in_force(Employment, ctx.today),
        )
    ).one()


@dataclass(frozen=True, slots=True)
class MyProof:
    """The actor's newest proof of a course, and what it and receipts say was taught."""

    reference: str
    taught: Taught


_MINE = (
    select(
        Proof.reference, Proof.achieved_on, Proof.expires_on, Proof.edition_id,
        EditionReceipt.edition_id.label("received"), EditionReceipt.kind,
    )
    .outerjoin(
        EditionReceipt,
        and_(
            EditionReceipt.employer_id == Proof.employer_id,
            EditionReceipt.person_id == Proof.person_id,
            EditionReceipt.course == Proof.course,
        ),
    )
    .where(
        Proof.employer_id == EMPLOYER,
        Proof.person_id == ME,
        Proof.course == bindparam("course", type_=String),
        Proof.revoked_on.is_(None),
    )
    .order_by(case((Proof.expires_on < TODAY, 1), else_=0), Proof.id.desc())
)  # fmt: skip


def my_proof(ctx: Context, course: str) -> MyProof | None:
    """The actor's newest proof of a course that was not revoked. One statement.

    One that has run out by itself only where there is no other: it says no more than what is to be begun anew.
    """
    ctx.require(Permission.LEARN)
    rows = ctx.rows(_MINE, course=course).all()
    if not rows:
        return None
    first = rows[0]
    receipts = [(row.received, row.kind) for row in rows if row.received is not None]
    return MyProof(first.reference, taught(first.achieved_on, first.expires_on, first.edition_id, receipts))


def keep_renewals(ctx: Context, course: str, person_id: int | None = None) -> list[int]:
    """Work out until when proofs of a course count with the editions there are now; returns whose have changed.

    Open: called by the actions that enter proofs and receipts, and when an edition has been published. Of one
    person, or of everybody (None). Up to three statements and one update, however many people.
    """
    chain = catalogue.chain(ctx, course)
    if not any(edition.within_days for edition in chain):
        return []
    updates = _updates(ctx, course, person_id)
    proofs = select(
        Proof.id, Proof.person_id, Proof.edition_id, Proof.achieved_on, Proof.renewal_due_on
    ).where(Proof.employer_id == ctx.employer_id, Proof.course == course, _whose(Proof, person_id))
    changed, people = [], set()
    for proof_id, person, edition_id, achieved_on, before in ctx.db.execute(proofs):
        demand = asked(chain, {edition_id} | updates[person], achieved_on=achieved_on)
        renewal_due_on = demand.by if demand else None
        if renewal_due_on != before:
            changed.append({"row_id": proof_id, "renewal_due_on": renewal_due_on})
            people.add(person)
    update_many(ctx, Proof, changed)
    return sorted(people)


@dataclass(frozen=True, slots=True)
class Owed:
    """What is asked of somebody altogether, and until when their newest proof counts if they do not do it."""

    asked: Asked
    counts_until: date | None


def asked_by(ctx: Context, course: str, edition_id: int, person_id: int | None = None) -> dict[int, Owed]:
    """Who works today and has to take something because of an edition, and what is asked of each altogether.

    Open: asked by the worker, which tells them. Of one person, or of everybody (None). Three statements.
    """
    chain, updates = catalogue.chain(ctx, course), _updates(ctx, course, person_id)
    proofs = (
        select(Proof.person_id, Proof.edition_id, Proof.achieved_on, Proof.expires_on)
        .where(
            Proof.employer_id == ctx.employer_id,
            Proof.course == course,
            Proof.revoked_on.is_(None),
            or_(Proof.expires_on.is_(None), Proof.expires_on >= ctx.today),
            _whose(Proof, person_id),
            exists().where(
                Employment.employer_id == Proof.employer_id,
                Employment.person_id == Proof.person_id,
                in_force(Employment, ctx.today),
            ),
        )
        .order_by(Proof.person_id, Proof.id)
    )
    found = {}
    for person, rows in groupby(ctx.db.execute(proofs), key=itemgetter(0)):
        of_person = list(rows)
        taught_in = {row.edition_id for row in of_person} | updates[person]
        demand = asked(chain, taught_in, achieved_on=of_person[-1].achieved_on)
        if demand and edition_id in {each.id for each in demand.editions if each.effect != "inform"}:
            found[person] = Owed(demand, lasts_until(of_person[-1].expires_on, demand.by))
    return found


def _updates(ctx: Context, course: str, person_id: int | None) -> defaultdict[int, set[int]]:
    """The editions to which people have passed an update, by person. One statement."""
    rows = ctx.db.execute(
        select(EditionReceipt.person_id, EditionReceipt.edition_id).where(
            EditionReceipt.employer_id == ctx.employer_id,
            EditionReceipt.course == course,
            EditionReceipt.kind == "update",
            _whose(EditionReceipt, person_id),
        )
    )
    found: defaultdict[int, set[int]] = defaultdict(set)
    for person, edition_id in rows:
        found[person].add(edition_id)
    return found


def _whose(table: type[Proof | EditionReceipt], person_id: int | None) -> ColumnElement[bool]:
    return true() if person_id is None else table.person_id == person_id
