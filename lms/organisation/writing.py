"""Carry out a planned import of people in few statements: units, accounts, people, employments, their history."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError

from lms.base.context import Context
from lms.base.errors import Conflict
from lms.identity.models import Account, Identifier
from lms.organisation.actions import create_unit
from lms.organisation.bulk import add_many, in_parts, insert_many, lock_people, note_many, update_many
from lms.organisation.facts import as_json, revise_many
from lms.organisation.fitting import Post
from lms.organisation.models import (
    Absence,
    Employer,
    Employment,
    ImportedFact,
    PeopleImport,
    Person,
    RoleProfile,
    Unit,
)
from lms.organisation.plan import ImportPlan, Known, PersonPlan


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did: counts of lines and endings, ids of the employments that began, changed or ended.

    `away` are the people whose time away is known differently now. `followed` maps an employment that ended by the list
    to the one that took its place.
    """

    new: int
    changed: int
    unchanged: int
    ended: int
    employments: tuple[int, ...]
    away: tuple[int, ...]
    followed: dict[int, int]


def one_at_a_time(ctx: Context) -> None:
    """Let no other import, undoing, requirement or setting of the employer be worked out before this transaction ends.

    Open: called by the actions that do so, which have checked who asks. Whoever is new in one of them is not yet seen
    by another, and cannot be locked. Everybody else goes on working: on PostgreSQL what is entered meanwhile may point
    to the employer.
    """
    ctx.db.execute(select(Employer.id).where(Employer.id == ctx.employer_id).with_for_update(key_share=True))


def carry_out(ctx: Context, plan: ImportPlan, digest: str) -> Imported:
    """Write what a plan without faults says, with marks of it. Statements do not grow with people, but for batches.

    Open: called by import_people, which has checked who asks and that the plan holds.
    `digest` is that of the file. A plan that changes nothing writes nothing.
    """
    counts = plan.count("new"), plan.count("changed"), plan.count("unchanged"), len(plan.ending)
    if not plan.changes_something:
        return Imported(*counts, (), (), {})
    lock_people(ctx, plan.changed_people)
    marks = _Marks(ctx, _note_import(ctx, digest, counts))
    units = _make_units(ctx, plan)
    roles = _role_profiles(ctx, {post.role for post in _posts(plan.people)})
    known = [(person, person.known) for person in plan.people if person.known]
    _change_people(ctx, known, marks)
    person_ids = {person.line.employee_number: found.id for person, found in known}
    person_ids |= _add_people(ctx, [person for person in plan.people if not person.known])
    added = [
        (person_ids[person.line.employee_number], fitted.added, fitted.continues)
        for person in plan.people
        for fitted in person.fits
        if fitted.added
    ]
    new = _add_employments(
        ctx, [(person_id, _columns(post, units, roles)) for person_id, post, _continues in added], marks
    )
    revised = {
        post_id: post for person in plan.people for fitted in person.fits for post_id, post in fitted.revised
    }
    changes: dict[int, dict[str, Any] | None] = {
        post_id: _columns(post, units, roles) if post else None for post_id, post in revised.items()
    }
    changes |= {end.post_id: {"valid_to": end.after.last} if end.after else None for end in plan.ending}
    revise_employments(ctx, changes, marks)
    _change_absences(ctx, plan, person_ids, marks)
    marks.write()
    return Imported(
        *counts,
        employments=(*new, *changes),
        away=tuple(
            person_ids[person.line.employee_number]
            for person in plan.people
            if person.away.revised or person.away.added
        ),
        followed={
            continues: row for row, (_id, _post, continues) in zip(new, added, strict=True) if continues
        },
    )


class _Marks:
    """What an import has written so far, with what was known before, so that it can be undone."""

    def __init__(self, ctx: Context, import_id: int) -> None:
        self._ctx = ctx
        self._import_id = import_id
        self._rows: list[dict[str, Any]] = []

    def keep(
        self,
        person_id: int,
        before: Mapping[str, Any] | None,
        *,
        employment: int | None = None,
        absence: int | None = None,
    ) -> None:
        """Keep one mark; `before` is nothing for what was not there."""
        self._rows.append(
            {
                "employer_id": self._ctx.employer_id,
                "import_id": self._import_id,
                "person_id": person_id,
                "employment_id": employment,
                "absence_id": absence,
                "before": as_json(before) if before is not None else None,
            }
        )

    def write(self) -> None:
        """Write all marks."""
        add_many(self._ctx, ImportedFact, self._rows)


def _note_import(ctx: Context, digest: str, counts: tuple[int, int, int, int]) -> int:
    added, changed, unchanged, ended = counts
    row = PeopleImport(
        employer_id=ctx.employer_id,
        imported_at=ctx.now,
        person_id=ctx.who.person_id or None,
        digest=digest,
        added=added,
        changed=changed,
        unchanged=unchanged,
        ended=ended,
    )
    ctx.db.add(row)
    ctx.note("people.imported", row, added=added, changed=changed, ended=ended)
    return row.id


def _posts(people: Iterable[PersonPlan]) -> Iterator[Post]:
    for person in people:
        for fitted in person.fits:
            yield from (post for _id, post in fitted.revised if post)
            if fitted.added:
                yield fitted.added


def _columns(post: Post, units: Mapping[int, int], roles: Mapping[str, int]) -> dict[str, Any]:
    return {
        "unit_id": units.get(post.unit, post.unit),
        "role_profile_id": roles[post.role],
        "title": post.title,
        "kind": post.kind,
        "percent": post.percent,
        "valid_from": post.first,
        "valid_to": post.last,
    }


def _make_units(ctx: Context, plan: ImportPlan) -> dict[int, int]:
    """Make the planned units, parents first; gives the real id of each. They stand since the first day of the list."""
    if not plan.places:
        return {}
    employer = ctx.db.get_one(Employer, ctx.employer_id)
    parents = {
        place.parent_id for place in plan.places if place.parent_id is not None and place.parent_id > 0
    }
    units = {
        unit.id: unit
        for unit in ctx.db.scalars(
            select(Unit).where(Unit.employer_id == ctx.employer_id, Unit.id.in_(parents))
        )
    }
    since = min([ctx.today, *(post.first for post in _posts(plan.people))])
    for place in plan.places:
        parent = None if place.parent_id is None else units[place.parent_id]
        units[place.id] = create_unit(
            ctx, employer=employer, name=place.name, parent=parent, valid_from=since
        )
    return {place.id: units[place.id].id for place in plan.places}


def _role_profiles(ctx: Context, keys: set[str]) -> dict[str, int]:
    known = select(RoleProfile.key, RoleProfile.id).where(RoleProfile.employer_id == ctx.employer_id)
    roles = {row.key: row.id for row in ctx.db.execute(known)}
    missing = [RoleProfile(employer_id=ctx.employer_id, key=key) for key in sorted(keys - roles.keys())]
    ctx.db.add_all(missing)
    ctx.db.flush()
    return roles | {profile.key: profile.id for profile in missing}


def _add_people(ctx: Context, people: Sequence[PersonPlan]) -> dict[str, int]:
    """Add people with accounts nobody has used and addresses nobody has verified; gives ids by employee number."""
    if not people:
        return {}
    language = ctx.db.scalars(select(Employer.language).where(Employer.id == ctx.employer_id)).one()
    accounts = insert_many(
        ctx, Account, [{"language": language, "created_at": ctx.now} for _person in people]
    )
    person_ids = insert_many(
        ctx,
        Person,
        [
            {
                "employer_id": ctx.employer_id,
                "account_id": account_id,
                "employee_number": person.line.employee_number,
                "given_name": person.line.given_name,
                "family_name": person.line.family_name,
                "created_at": ctx.now,
            }
            for person, account_id in zip(people, accounts, strict=True)
        ],
    )
    _enter_addresses(ctx, zip(accounts, people, strict=True))
    note_many(ctx, "person.added", Person, [(person_id, {}) for person_id in person_ids])
    return {person.line.employee_number: row for person, row in zip(people, person_ids, strict=True)}


def _change_people(ctx: Context, people: Sequence[tuple[PersonPlan, Known]], marks: _Marks) -> None:
    """Enter new names, and new addresses of those who have never signed in."""
    renamed = [
        {"row_id": known.id, "given_name": person.line.given_name, "family_name": person.line.family_name}
        for person, known in people
        if person.renamed
    ]
    update_many(ctx, Person, renamed)
    unused = never_used(ctx, [known.account_id for person, known in people if person.addresses])
    moved = [(person, known) for person, known in people if known.account_id in unused]
    for kind in ("email", "phone"):
        had = [
            known.account_id
            for person, known in moved
            if {kind} & person.addresses.keys() & known.addresses.keys()
        ]
        forget_addresses(ctx, kind, had)
    _enter_addresses(ctx, ((known.account_id, person) for person, known in moved))
    notes = []
    for person, known in people:
        entered = person.addresses if known.account_id in unused else {}
        changed: dict[str, list[Any]] = {kind: [known.addresses.get(kind), entered[kind]] for kind in entered}
        if person.renamed:
            changed["name"] = [[known.given_name, known.family_name], [*person.line.names]]
        if changed:
            marks.keep(known.id, changed)
            notes.append((known.id, {"fields": list(changed)}))
    note_many(ctx, "person.changed", Person, notes)


def never_used(ctx: Context, account_ids: Iterable[int]) -> set[int]:
    """Which of some accounts nobody has used yet, held so until the end of the transaction.

    Open: called by the import and its undoing, which have checked who asks. Who signs in for the first time
    meanwhile keeps the own address.
    """
    return {
        account_id
        for some in in_parts(sorted(account_ids))
        for account_id in ctx.db.scalars(
            select(Account.id)
            .where(Account.id.in_(some), Account.activated_at.is_(None))
            .order_by(Account.id)
            .with_for_update()
        )
    }


def forget_addresses(ctx: Context, kind: str, account_ids: Sequence[int]) -> None:
    """Remove the addresses of one kind from accounts that nobody has used.

    Open: called by the import and its undoing, which have checked who asks.
    """
    for some in in_parts(account_ids):
        ctx.db.execute(delete(Identifier).where(Identifier.account_id.in_(some), Identifier.kind == kind))


def _enter_addresses(ctx: Context, people: Iterable[tuple[int, PersonPlan]]) -> None:
    """Enter addresses that nobody had when the plan was made. Raises Conflict if somebody has one by now."""
    rows = [
        {"account_id": account_id, "kind": kind, "value": value, "created_at": ctx.now}
        for account_id, person in people
        for kind, value in person.addresses.items()
    ]
    try:
        add_many(ctx, Identifier, rows)
    except IntegrityError as error:  # another employer was faster: nothing of this import is written
        raise Conflict("plan_changed") from error


def _add_employments(ctx: Context, posts: Sequence[tuple[int, dict[str, Any]]], marks: _Marks) -> list[int]:
    rows = [
        {"employer_id": ctx.employer_id, "person_id": person_id, "recorded_at": ctx.now, **columns}
        for person_id, columns in posts
    ]
    ids = insert_many(ctx, Employment, rows)
    for row_id, row in zip(ids, rows, strict=True):
        marks.keep(row["person_id"], None, employment=row_id)
    facts = ({"unit": row["unit_id"], "valid_from": row["valid_from"].isoformat()} for row in rows)
    note_many(ctx, "employment.added", Employment, list(zip(ids, facts, strict=True)))
    return ids


def revise_employments(
    ctx: Context, changes: Mapping[int, Mapping[str, Any] | None], marks: _Marks | None = None
) -> None:
    """Say anew what is known of employments, as `revise_many` does, and note it.

    Open: called by the import and its undoing, which have checked who asks.
    """
    notes = []
    for row_id, before in revise_many(ctx, Employment, changes).items():
        if marks:
            marks.keep(before["person_id"], before, employment=row_id)
        now = {**before, **(changes[row_id] or {})}
        last = now["valid_to"]
        notes.append((row_id, {"unit": now["unit_id"], "last_day": last and last.isoformat()}))
    note_many(ctx, "employment.changed", Employment, notes)


def _change_absences(ctx: Context, plan: ImportPlan, person_ids: Mapping[str, int], marks: _Marks) -> None:
    revised = {
        absence_id: {"kind": away.kind, "valid_from": away.first, "valid_to": away.last} if away else None
        for person in plan.people
        for absence_id, away in person.away.revised
    }
    added: list[dict[str, Any]] = [
        {"employer_id": ctx.employer_id, "person_id": person_ids[person.line.employee_number], "kind": away.kind,
         "valid_from": away.first, "valid_to": away.last, "recorded_at": ctx.now}
        for person in plan.people
        for away in person.away.added
    ]  # fmt: skip
    add_many(ctx, Absence, added)
    ids: dict[int, int] = {}
    for some in in_parts(sorted({row["person_id"] for row in added})):
        rows = select(Absence.id, Absence.person_id).where(
            Absence.employer_id == ctx.employer_id,
            Absence.person_id.in_(some),
            Absence.recorded_at == ctx.now,
        )
        ids |= {row.id: row.person_id for row in ctx.db.execute(rows)}
    for row_id, person_id in ids.items():
        marks.keep(person_id, None, absence=row_id)
    note_many(ctx, "absence.added", Absence, [(row_id, {}) for row_id in ids])
    revise_absences(ctx, revised, marks)  # after the new ones have been found by their time


def revise_absences(
    ctx: Context, changes: Mapping[int, Mapping[str, Any] | None], marks: _Marks | None = None
) -> None:
    """Say anew what is known of absences, as `revise_many` does, and note it.

    Open: called by the import and its undoing, which have checked who asks.
    """
    known = revise_many(ctx, Absence, changes)
    if marks:
        for row_id, before in known.items():
            marks.keep(before["person_id"], before, absence=row_id)
    note_many(ctx, "absence.changed", Absence, [(row_id, {}) for row_id in known])
