"""Read the facts about people as they are known now, or were known at a time."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import and_, select

from lms.base.context import Context
from lms.catalogue import queries as catalogue
from lms.organisation.queries import known_at, tree_over_time
from lms.organisation.tree import Tree
from lms.register.described import people, versions
from lms.register.duty_rules import DAY, WHOLE, Days, Version
from lms.register.history_rules import Cell, Chains, Given, Known, Proven, cells_on
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
class Ledger:
    """What is not about single people: requirements, editions, where units stood, and when all that was known.

    `at` is the time of which it is told what was known; None: now.
    """

    day: date
    at: datetime | None
    versions: tuple[Version, ...]
    chains: Chains
    tree: Tree
    labels: Mapping[
        int, str
    ]  # of all editions, by id: what an edition is called is no fact that is known later

    def cells(self, known: Known) -> Iterator[Cell]:
        """The cells of the register of one person."""
        return cells_on(known, self.versions, self.chains, self.day)


def ledger(ctx: Context, day: date, at: datetime | None = None) -> Ledger:
    """Open the ledger at a day, as known at a time or now. Three statements.

    Open: asked by queries of the register, which limit whom they show.
    """
    published = catalogue.chains(ctx)
    chains = {
        course: [each for each in chain if at is None or each.published_on <= ctx.day_of(at)]
        for course, chain in published.items()
    }
    labels = {edition.id: edition.label for chain in published.values() for edition in chain}
    return Ledger(day, at, tuple(versions(ctx, at)), chains, tree_over_time(ctx, at), labels)


def facts(ctx: Context, book: Ledger, ids: Sequence[int]) -> dict[int, Known]:
    """The facts about some people, by id. Eight statements.

    Open: as `ledger`. No more people than one statement can hold.
    """
    posts = people(ctx, ids, book.day, book.at, book.tree)
    given, relief = _given(ctx, book.at, ids), _relief(ctx, book.at, ids)
    proofs, updates, begun = (
        _proofs(ctx, book.at, ids),
        _updates(ctx, book.at, ids),
        _begun(ctx, book.at, ids),
    )
    return {
        person: Known(
            posts.posts.get(person, ()),
            posts.away.get(person, ()),
            given.get(person, ()),
            relief.get(person, {}),
            proofs.get(person, {}),
            updates.get(person, {}),
            begun.get(person, {}),
        )
        for person in ids
    }


def _given(ctx: Context, at: datetime | None, ids: Sequence[int]) -> dict[int, list[Given]]:
    found: dict[int, list[Given]] = defaultdict(list)
    for person_id, assignment_id, post_id, course, due_on, reason, created_at, withdrawn_at in ctx.db.execute(
        select(
            Duty.person_id, DutySource.assignment_id, Duty.employment_id, Duty.course, DutySource.due_on,
            DutySource.reason, DutySource.created_at, DutySource.withdrawn_at,
        )
        .join(DutySource, and_(DutySource.employer_id == Duty.employer_id, DutySource.duty_id == Duty.id))
        .where(
            Duty.employer_id == ctx.employer_id, Duty.person_id.in_(ids), DutySource.assignment_id.is_not(None)
        )
        .order_by(DutySource.id)
    ):  # fmt: skip
        if at is not None and created_at > at:
            continue
        is_withdrawn = withdrawn_at is not None and (at is None or withdrawn_at <= at)
        last = ctx.day_of(withdrawn_at) - DAY if withdrawn_at is not None and is_withdrawn else None
        found[person_id].append(
            Given(assignment_id or 0, post_id, course, due_on, reason, ctx.day_of(created_at), last)
        )
    return found


def _relief(ctx: Context, at: datetime | None, ids: Sequence[int]) -> dict[int, dict[str, list[Relief]]]:
    found: dict[int, dict[str, list[Relief]]] = defaultdict(lambda: defaultdict(list))
    for row in ctx.db.execute(
        select(
            Dispensation.person_id, Dispensation.course, Dispensation.kind, Dispensation.valid_from,
            Dispensation.valid_to, Dispensation.unit_id,
        ).where(
            Dispensation.employer_id == ctx.employer_id,
            Dispensation.person_id.in_(ids),
            known_at(Dispensation, at),
        )
    ):  # fmt: skip
        path = WHOLE if row.unit_id is None else f"/{row.unit_id}/"
        found[row.person_id][row.course].append(Relief(row.kind, row.valid_from, row.valid_to, path))
    return found


def _proofs(ctx: Context, at: datetime | None, ids: Sequence[int]) -> dict[int, dict[str, list[Proven]]]:
    """Two statements."""
    own = (Proof.employer_id == ctx.employer_id, Proof.person_id.in_(ids), known_at(Proof, at))
    revoked: dict[int, list[Days]] = defaultdict(list)
    for proof_id, first, last in ctx.db.execute(
        select(ProofRevocation.proof_id, ProofRevocation.valid_from, ProofRevocation.valid_to)
        .join(
            Proof,
            and_(Proof.employer_id == ProofRevocation.employer_id, Proof.id == ProofRevocation.proof_id),
        )
        .where(*own, known_at(ProofRevocation, at))
    ):
        revoked[proof_id].append((first, last))
    found: dict[int, dict[str, list[Proven]]] = defaultdict(lambda: defaultdict(list))
    columns = (Proof.id, Proof.course, Proof.edition_id, Proof.reference, Proof.achieved_on, Proof.expires_on)
    for row in ctx.db.execute(select(Proof.person_id, *columns).where(*own)):
        times = tuple(revoked.get(row.id, ()))
        proof = Proven(
            row.id, row.course, row.edition_id, row.reference, row.achieved_on, row.expires_on, times
        )
        found[row.person_id][row.course].append(proof)
    return found


def _updates(
    ctx: Context, at: datetime | None, ids: Sequence[int]
) -> dict[int, dict[str, list[tuple[int, date]]]]:
    found: dict[int, dict[str, list[tuple[int, date]]]] = defaultdict(lambda: defaultdict(list))
    until = () if at is None else (EditionReceipt.received_at <= at,)
    for person_id, course, edition_id, received_at in ctx.db.execute(
        select(
            EditionReceipt.person_id,
            EditionReceipt.course,
            EditionReceipt.edition_id,
            EditionReceipt.received_at,
        ).where(
            EditionReceipt.employer_id == ctx.employer_id,
            EditionReceipt.person_id.in_(ids),
            EditionReceipt.kind == "update",
            *until,
        )
    ):
        found[person_id][course].append((edition_id, ctx.day_of(received_at)))
    return found


def _begun(ctx: Context, at: datetime | None, ids: Sequence[int]) -> dict[int, dict[str, list[Days]]]:
    found: dict[int, dict[str, list[Days]]] = defaultdict(lambda: defaultdict(list))
    known_until = date.max if at is None else ctx.day_of(at)
    for person_id, course, started_on, closed_on in ctx.db.execute(
        select(Beginning.person_id, Beginning.course, Beginning.started_on, Beginning.closed_on).where(
            Beginning.employer_id == ctx.employer_id,
            Beginning.person_id.in_(ids),
            Beginning.started_on <= known_until,
        )
    ):
        is_closed = closed_on is not None and closed_on <= known_until
        found[person_id][course].append((started_on, closed_on - DAY if closed_on and is_closed else None))
    return found
