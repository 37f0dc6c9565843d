"""The imports of people there have been, and undoing the last one: by new facts, nothing deleted."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Row, and_, select, true, update

from lms.base.access import Permission
from lms.base.context import Context
from lms.base.errors import Conflict, NotFound
from lms.identity.models import Account, Identifier, LinkToken
from lms.identity.queries import held_addresses
from lms.organisation.bulk import add_many, in_parts, lock_people, note_many, update_many
from lms.organisation.facts import from_json
from lms.organisation.models import Absence, Employment, ImportedFact, PeopleImport, Person
from lms.organisation.writing import (
    forget_addresses,
    never_used,
    one_at_a_time,
    revise_absences,
    revise_employments,
)

DAY = timedelta(days=1)
SHOWN = 20  # imports in the list
Reason = Literal["signed_in", "changed"]


@dataclass(frozen=True, slots=True)
class ImportLine:
    """One import: when, by whom (empty: a command, or not to be named), and what came of it."""

    public_id: UUID
    imported_at: datetime
    by: str
    added: int
    changed: int
    unchanged: int
    ended: int
    undone_at: datetime | None
    is_last: bool  # only the last can be undone

    @property
    def changes(self) -> int:
        """How many lines and endings changed something."""
        return self.added + self.changed + self.ended


@dataclass(frozen=True, slots=True)
class Stay:
    """Somebody who stays as they are when an import is undone. No name with a protected identity."""

    employee_number: str
    name: str
    protected: bool
    reason: Reason


@dataclass(frozen=True, slots=True)
class Undoing:
    """What undoing the last import does: to how many people, and who stays as they are."""

    public_id: UUID
    people: int
    stay: tuple[Stay, ...]


@dataclass(frozen=True, slots=True)
class Undone:
    """What undoing has done. `restored`: employments that are known as before the import, or never were.

    `away` are the people whose time away is known as before. `followed` maps an employment that the import began to the
    one whose place it had taken.
    """

    people: int
    stay: tuple[Stay, ...]
    restored: tuple[int, ...]
    away: tuple[int, ...]
    followed: dict[int, int]


def earlier_imports(ctx: Context) -> list[ImportLine]:
    """The newest imports first: all for whom everything is theirs, else their own. One statement."""
    who = ctx.require(Permission.IMPORT_PEOPLE)
    mine = true() if _everywhere(ctx) else PeopleImport.person_id == who.person_id
    last = (
        select(PeopleImport.id)
        .where(PeopleImport.employer_id == ctx.employer_id)
        .order_by(PeopleImport.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    rows: Iterable[Row[*tuple[Any, ...]]] = ctx.db.execute(
        select(PeopleImport, Person, PeopleImport.id == last)
        .outerjoin(
            Person,
            and_(Person.employer_id == PeopleImport.employer_id, Person.id == PeopleImport.person_id),
        )
        .where(PeopleImport.employer_id == ctx.employer_id, mine)
        .order_by(PeopleImport.id.desc())
        .limit(SHOWN)
    )
    return [
        ImportLine(
            row.public_id, row.imported_at, person.name if person and not person.protected else "", row.added,
            row.changed, row.unchanged, row.ended, row.undone_at, is_last,
        )
        for row, person, is_last in rows
    ]  # fmt: skip


def plan_undo(ctx: Context, import_id: UUID) -> Undoing:
    """What undoing an import would do now; writes nothing. Raises as `undo_import`."""
    ctx.require(Permission.IMPORT_PEOPLE)
    work = _work_out(ctx, import_id)
    return Undoing(import_id, len(work.people), work.stay)


def undo_import(ctx: Context, import_id: UUID) -> Undone:
    """Restore what was known before the last import, by new facts beside those it wrote.

    Who has signed in for the first time since it brought them in, and who has been changed since, stays as
    they are: what followed rests on it. Units that were made stay, too. The caller then lets requirements fit
    the employments that are returned, in the same transaction. Raises NotFound for an import of somebody
    else's part, Conflict (`not_the_last_import`, `import_undone`) where it can no longer be.
    """
    ctx.require(Permission.IMPORT_PEOPLE)
    one_at_a_time(ctx)
    marked = select(ImportedFact.person_id).join(
        PeopleImport,
        and_(PeopleImport.employer_id == ImportedFact.employer_id, PeopleImport.id == ImportedFact.import_id),
    )
    lock_people(
        ctx, marked.where(ImportedFact.employer_id == ctx.employer_id, PeopleImport.public_id == import_id)
    )
    work = _work_out(ctx, import_id)
    employments = {mark.employment_id: mark.before for mark in work.marks if mark.employment_id}
    absences = {mark.absence_id: mark.before for mark in work.marks if mark.absence_id}
    revise_employments(ctx, {key: before and from_json(before) for key, before in employments.items()})
    revise_absences(ctx, {key: before and from_json(before) for key, before in absences.items()})
    _restore_people(ctx, [mark for mark in work.marks if not (mark.employment_id or mark.absence_id)])
    _forget_ways_in(ctx, sorted({mark.account_id for mark in work.marks if mark.is_new}))
    row = ctx.open(PeopleImport, import_id)
    row.undone_at = ctx.now
    ctx.note("people.import_undone", row, people=len(work.people), stay=len(work.stay))
    return Undone(
        people=len(work.people),
        stay=work.stay,
        restored=tuple(employments),
        away=tuple(sorted({mark.person_id for mark in work.marks if mark.absence_id})),
        followed=_followed(work.marks),
    )


@dataclass(frozen=True, slots=True)
class _Mark:
    """One thing that the import wrote, with its person and how it stands now."""

    person_id: int
    account_id: int
    is_new: bool  # the import brought the person in
    employment_id: int | None
    absence_id: int | None
    before: dict[str, Any] | None
    first: Any  # days of the employment as the import left it
    last: Any


@dataclass(frozen=True, slots=True)
class _Work:
    people: frozenset[int]
    marks: tuple[_Mark, ...]
    stay: tuple[Stay, ...]


def _everywhere(ctx: Context) -> bool:
    return "/" in ctx.who.paths(Permission.IMPORT_PEOPLE)


def _last_import(ctx: Context, import_id: UUID) -> PeopleImport:
    row = ctx.open(PeopleImport, import_id)
    if not (_everywhere(ctx) or row.person_id == ctx.who.person_id):
        raise NotFound
    if row.undone_at is not None:
        raise Conflict("import_undone")
    later = select(PeopleImport.id).where(
        PeopleImport.employer_id == ctx.employer_id, PeopleImport.id > row.id
    )
    if ctx.db.scalar(later.limit(1)) is not None:
        raise Conflict("not_the_last_import")
    return row


def _work_out(ctx: Context, import_id: UUID) -> _Work:
    """Everything the import wrote of people of whom nothing has changed since, and the others. Two statements."""
    row = _last_import(ctx, import_id)
    at = row.imported_at
    rows: Sequence[Row[*tuple[Any, ...]]] = ctx.db.execute(
        select(ImportedFact, Person, Account.activated_at, Employment, Absence)
        .join(
            Person, and_(Person.employer_id == ImportedFact.employer_id, Person.id == ImportedFact.person_id)
        )
        .join(Account, Account.id == Person.account_id)
        .outerjoin(
            Employment,
            and_(
                Employment.employer_id == ImportedFact.employer_id,
                Employment.id == ImportedFact.employment_id,
            ),
        )
        .outerjoin(
            Absence,
            and_(Absence.employer_id == ImportedFact.employer_id, Absence.id == ImportedFact.absence_id),
        )
        .where(ImportedFact.employer_id == ctx.employer_id, ImportedFact.import_id == row.id)
        .order_by(ImportedFact.id)
    ).all()
    stay: dict[int, Stay] = {}
    marks = []
    for mark, person, activated_at, employment, absence in rows:
        is_new = person.created_at == at
        reason: Reason | None = None
        if is_new and activated_at is not None:
            reason = "signed_in"
        elif _changed_since(at, mark, person, employment or absence):
            reason = "changed"
        if reason:
            name = "" if person.protected else person.name
            stay.setdefault(person.id, Stay(person.employee_number, name, person.protected, reason))
        marks.append(
            _Mark(
                person.id, person.account_id, is_new, mark.employment_id, mark.absence_id, mark.before,
                employment and employment.valid_from, employment and employment.valid_to,
            )
        )  # fmt: skip
    left = tuple(mark for mark in marks if mark.person_id not in stay)
    return _Work(frozenset(mark.person_id for mark in left), left, tuple(stay.values()))


def _changed_since(
    at: datetime, mark: ImportedFact, person: Person, fact: Employment | Absence | None
) -> bool:
    if fact is not None:
        return (fact.superseded_at or fact.recorded_at) != at
    became = (mark.before or {}).get("name", [None, None])[1]
    return became is not None and became != [person.given_name, person.family_name]


def _restore_people(ctx: Context, marks: Sequence[_Mark]) -> None:
    """Give people their names back, and those who have never signed in their addresses."""
    changed = [(mark, mark.before) for mark in marks if mark.before]
    names = [(mark.person_id, before["name"][0]) for mark, before in changed if "name" in before]
    update_many(
        ctx,
        Person,
        [
            {"row_id": person_id, "given_name": given, "family_name": family}
            for person_id, (given, family) in names
        ],
    )
    unused = never_used(ctx, [mark.account_id for mark in marks])
    for kind in ("email", "phone"):
        addresses = {
            mark.account_id: before[kind][0]
            for mark, before in changed
            if kind in before and mark.account_id in unused
        }
        forget_addresses(ctx, kind, sorted(addresses))
        taken = _taken(ctx, kind, [value for value in addresses.values() if value])
        add_many(
            ctx,
            Identifier,
            [
                {"account_id": account_id, "kind": kind, "value": value, "created_at": ctx.now}
                for account_id, value in addresses.items()
                if value and value not in taken
            ],
        )
    note_many(
        ctx,
        "person.changed",
        Person,
        [(mark.person_id, {"fields": list(before)}) for mark, before in changed],
    )


def _taken(ctx: Context, kind: str, values: Sequence[str]) -> set[str]:
    """Which of some addresses somebody has, or had until lately and may get back."""
    taken: set[str] = set()
    for some in in_parts(values):
        taken |= {value for of_kind, value in held_addresses(ctx, some) if of_kind == kind}
        taken |= set(
            ctx.db.scalars(
                select(Identifier.value).where(Identifier.kind == kind, Identifier.value.in_(some))
            )
        )
    return taken


def _forget_ways_in(ctx: Context, account_ids: Sequence[int]) -> None:
    """Let nobody in as somebody who was never here: addresses go, slips and mailed links are of no use."""
    for kind in ("email", "phone"):
        forget_addresses(ctx, kind, account_ids)
    for some in in_parts(account_ids):
        ctx.db.execute(
            update(LinkToken)
            .where(LinkToken.account_id.in_(some), LinkToken.used_at.is_(None))
            .values(used_at=ctx.now)
            .execution_options(synchronize_session=False)
        )


def _followed(marks: Iterable[_Mark]) -> dict[int, int]:
    """Employments that the import began on the day after it let another of the person end: new -> earlier."""
    ended: Mapping[tuple[int, Any], int] = {
        (mark.person_id, mark.last + DAY): mark.employment_id
        for mark in marks
        if mark.employment_id and mark.before and mark.last
    }
    return {
        mark.employment_id: ended[mark.person_id, mark.first]
        for mark in marks
        if mark.employment_id and mark.before is None and (mark.person_id, mark.first) in ended
    }
