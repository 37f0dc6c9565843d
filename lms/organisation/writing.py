"""Carry out a planned import of people in few statements: units, accounts, people, employments, their history."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, insert, select, update

from lms.base.context import Context
from lms.identity.models import Account, Identifier
from lms.organisation.actions import create_unit
from lms.organisation.bulk import in_parts, insert_many, note_many
from lms.organisation.facts import as_it_was
from lms.organisation.fitting import Post
from lms.organisation.models import Employer, Employment, Person, RoleProfile, Unit
from lms.organisation.plan import ImportPlan, Known, PersonPlan


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did: counts of lines, ids of the employments that began or changed.

    `followed` maps an employment that ended by the list to the one that took its place.
    """

    new: int
    changed: int
    unchanged: int
    employments: tuple[int, ...]
    followed: dict[int, int]


def carry_out(ctx: Context, plan: ImportPlan) -> Imported:
    """Write what a plan without faults says. Statements do not grow with the people, but for batches.

    Open: called by import_people, which has checked who asks and that the plan holds.
    """
    units = _make_units(ctx, plan)
    roles = _role_profiles(ctx, {post.role for post in _posts(plan.people)})
    known = [(person, person.known) for person in plan.people if person.known]
    _change_people(ctx, known)
    person_ids = {person.line.employee_number: found.id for person, found in known}
    person_ids |= _add_people(ctx, [person for person in plan.people if not person.known])
    added = [
        (person_ids[person.line.employee_number], fitted.added, fitted.continues)
        for person in plan.people
        for fitted in person.fits
        if fitted.added
    ]
    new = _add_employments(
        ctx, [(person_id, _columns(post, units, roles)) for person_id, post, _continues in added]
    )
    revised = {
        post_id: post for person in plan.people for fitted in person.fits for post_id, post in fitted.revised
    }
    _revise(
        ctx, {post_id: _columns(post, units, roles) if post else None for post_id, post in revised.items()}
    )
    ctx.db.expire_all()  # rows were changed past the objects of the session
    return Imported(
        new=plan.count("new"),
        changed=plan.count("changed"),
        unchanged=plan.count("unchanged"),
        employments=(*new, *(post_id for post_id, post in revised.items() if post)),
        followed={
            continues: row for row, (_id, _post, continues) in zip(new, added, strict=True) if continues
        },
    )


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


def _change_people(ctx: Context, people: Sequence[tuple[PersonPlan, Known]]) -> None:
    """Enter new names, and new addresses of those who have never signed in."""
    renamed = [
        {"id": known.id, "given_name": person.line.given_name, "family_name": person.line.family_name}
        for person, known in people
        if person.renamed
    ]
    if renamed:
        ctx.db.execute(update(Person), renamed)
    for kind in ("email", "phone"):
        both = [
            known.account_id
            for person, known in people
            if kind in person.addresses and kind in known.addresses
        ]
        for some in in_parts(both):
            ctx.db.execute(delete(Identifier).where(Identifier.account_id.in_(some), Identifier.kind == kind))
    _enter_addresses(ctx, ((known.account_id, person) for person, known in people))
    fields = [
        (known.id, [*person.addresses, *(["name"] if person.renamed else [])]) for person, known in people
    ]
    note_many(
        ctx, "person.changed", Person, [(row, {"fields": changed}) for row, changed in fields if changed]
    )


def _enter_addresses(ctx: Context, people: Iterable[tuple[int, PersonPlan]]) -> None:
    entered = [
        {"account_id": account_id, "kind": kind, "value": value, "created_at": ctx.now}
        for account_id, person in people
        for kind, value in person.addresses.items()
    ]
    if entered:
        ctx.db.execute(insert(Identifier), entered)


def _add_employments(ctx: Context, posts: Sequence[tuple[int, dict[str, Any]]]) -> list[int]:
    rows = [
        {"employer_id": ctx.employer_id, "person_id": person_id, "recorded_at": ctx.now, **columns}
        for person_id, columns in posts
    ]
    ids = insert_many(ctx, Employment, rows)
    facts = ({"unit": row["unit_id"], "valid_from": row["valid_from"].isoformat()} for row in rows)
    note_many(ctx, "employment.added", Employment, list(zip(ids, facts, strict=True)))
    return ids


def _revise(ctx: Context, revised: Mapping[int, dict[str, Any] | None]) -> None:
    """Say anew what is known of employments and keep beside it what was known until now, as `facts.revise` does.

    None: it never was so, as is now known; then nothing takes the place of the row.
    """
    changes, copies, facts = [], [], []
    for some in in_parts(sorted(revised)):
        rows = select(Employment).where(Employment.employer_id == ctx.employer_id, Employment.id.in_(some))
        for row in ctx.db.scalars(rows.execution_options(populate_existing=True)):
            before, now = as_it_was(row), revised[row.id]
            if now is None:
                changes.append({"id": row.id, **before, "superseded_at": ctx.now})
            else:
                copies.append({**before, "superseded_at": ctx.now})
                changes.append({"id": row.id, **before, **now, "recorded_at": ctx.now})
            last = changes[-1]["valid_to"]
            facts.append((row.id, {"unit": changes[-1]["unit_id"], "last_day": last and last.isoformat()}))
            ctx.db.expunge(row)  # it is changed below, in one statement
    if changes:
        ctx.db.execute(update(Employment), changes)
    if copies:
        ctx.db.execute(insert(Employment), copies)
    note_many(ctx, "employment.changed", Employment, facts)
