"""The register as it was on any day, by what is known now or was known at a time: the same rows as those of today."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, case, func, or_, select

from lms.base.access import Permission
from lms.base.context import Context
from lms.base.errors import Invalid
from lms.base.names import in_order, spellings
from lms.organisation.models import Employment, Person, RoleProfile, Unit
from lms.organisation.queries import known_at
from lms.register.history import Ledger, facts, ledger
from lms.register.history_rules import Cell
from lms.register.models import Proof
from lms.register.queries import Filter, RegisterRow
from lms.register.rules import is_among

AT_ONCE = 1_000  # people whose facts are in memory
MOST = AT_ONCE  # people on a screen, so that it takes as many statements as for one; more are for a file


@dataclass(frozen=True, slots=True)
class Then:
    """A day to look back to, and the day of what was known; without that day, what is known now."""

    day: date
    known_on: date | None = None


Posts = Sequence[Row[*tuple[Any, ...]]]


@dataclass(frozen=True, slots=True)
class Compared:
    """What one employment and course say of a day by what was known at a time, and by what is known now.

    None: by that there is no such row.
    """

    then: RegisterRow | None
    now: RegisterRow | None
    fitted: bool  # what was known fits what is narrowed, so that it is a row of the register as known then

    @property
    def row(self) -> RegisterRow:
        """Whom and which course it is about, as now known if it is."""
        return self.now or self.then  # type: ignore[return-value]  # a pair of nothing is never made

    @property
    def differs(self) -> bool:
        """Whether what is known now is something else."""
        return self.then != self.now


def rows_then(
    ctx: Context,
    then: Then,
    narrowed: Filter,
    *,
    permission: Permission = Permission.SEE_REGISTER,
) -> Iterator[RegisterRow]:
    """Every employment of a day x course that something asked of it then, in reach today, in the order of the register.

    Raises Invalid if the day lies ahead. The statements grow with people, eight for each 1,000; memory does not.
    """
    in_reach = ctx.reach(permission, Unit.path)
    return _rows(ctx, then, narrowed, _posts(ctx, then, narrowed, in_reach))


def _rows(ctx: Context, then: Then, narrowed: Filter, posts: Posts) -> Iterator[RegisterRow]:
    return (row for post, cell, row in _found(ctx, then, posts) if _fits(row, post, cell, narrowed))


def _found(
    ctx: Context, then: Then, posts: Posts
) -> Iterator[tuple[Row[*tuple[Any, ...]], Cell, RegisterRow]]:
    """Each of the employments with the cells of the register that it has on the day, and the row each makes."""
    if not posts:
        return
    book = ledger(ctx, then.day, _end_of(ctx, then.known_on))
    people = [(person, list(of_one)) for person, of_one in groupby(posts, key=lambda post: post.person)]
    for start in range(0, len(people), AT_ONCE):
        for post, cell in _cells(ctx, book, people[start : start + AT_ONCE]):
            yield post, cell, _row(post, cell, book.labels)


def people_then(ctx: Context, then: Then, narrowed: Filter) -> int:
    """How many people the rows of a day may be about, before they are narrowed by course or state. One statement."""
    in_reach = ctx.reach(Permission.SEE_REGISTER, Unit.path)
    return len({post.person for post in _posts(ctx, then, narrowed, in_reach)})


def compared(ctx: Context, then: Then, narrowed: Filter) -> list[Compared]:
    """The rows of a day as known on a day, each beside the same as known now; then those that only now are known.

    There is a pair where one of the two fits what is narrowed. Statements as for two times `rows_then`, and two more.
    """
    in_reach = ctx.reach(Permission.SEE_REGISTER, Unit.path)
    both = (then, Then(then.day))
    chosen = [_posts(ctx, each, narrowed, in_reach) for each in both]
    people = {post.person for posts in chosen for post in posts}
    known: list[dict[tuple[int, str], RegisterRow]] = []
    fitting: list[set[tuple[int, str]]] = []
    for each, posts in zip(both, chosen, strict=True):
        found, fit, ids = {}, set(), {post.post for post in posts}
        for post, cell, row in _found(ctx, each, _posts(ctx, each, Filter(), in_reach, people)):
            key = (cell.post.id, cell.course)
            found[key] = row
            if post.post in ids and _fits(row, post, cell, narrowed):
                fit.add(key)
        known.append(found)
        fitting.append(fit)
    (before, now), (fitted, fits) = known, fitting
    return [
        Compared(before.get(key), now.get(key), key in fitted)
        for key in {**before, **now}
        if key in fitted or key in fits
    ]


def _end_of(ctx: Context, day: date | None) -> datetime | None:
    """The last moment of a day where the employer is; None: now."""
    return None if day is None or day >= ctx.today else ctx.end_of(day)


def _posts(
    ctx: Context,
    then: Then,
    narrowed: Filter,
    in_reach: ColumnElement[bool],
    people: Collection[int] | None = None,
) -> Posts:
    """The employments that were in force on the day, in reach, by name; what is narrowed by unit, role and text.

    Of some people, if they are named. A word of the text stands in a name, or is the number of any of the certificates:
    of which course it was, the rows tell.
    """
    if then.day > ctx.today:
        raise Invalid({"day": "lies_ahead"})
    query = (
        select(
            Person.id.label("person"), Person.public_id, Person.employee_number, Person.family_name, Person.given_name,
            Unit.name, Employment.title, RoleProfile.key, Person.protected,
            func.coalesce(Employment.copy_of, Employment.id).label("post"),
        )
        .join(Person, and_(Person.employer_id == Employment.employer_id, Person.id == Employment.person_id))
        .join(Unit, and_(Unit.employer_id == Employment.employer_id, Unit.id == Employment.unit_id))
        .join(
            RoleProfile,
            and_(RoleProfile.employer_id == Employment.employer_id, RoleProfile.id == Employment.role_profile_id),
        )
        .where(
            Employment.employer_id == ctx.employer_id,
            known_at(Employment, _end_of(ctx, then.known_on)),
            Employment.valid_from <= then.day,
            or_(Employment.valid_to.is_(None), Employment.valid_to >= then.day),
            in_reach,
        )
    )  # fmt: skip
    if narrowed.unit:
        path = select(Unit.path).where(Unit.employer_id == ctx.employer_id, Unit.public_id == narrowed.unit)
        top = ctx.db.scalar(path)
        if top is None:
            return ()
        inside = Unit.public_id == narrowed.unit if narrowed.only_here else Unit.path.startswith(top)
        query = query.where(inside, Person.protected.is_(False))
    if narrowed.role:
        query = query.where(RoleProfile.key == narrowed.role)
    for word in narrowed.text.split():
        query = query.where(_has(word))
    if people is not None:
        query = query.where(Person.id.in_(people))
    names = [case((Person.protected, ""), else_=name) for name in (Person.family_name, Person.given_name)]
    return ctx.rows(
        query.order_by(Person.protected, *in_order(*names), Person.id, Employment.id)
    ).all()  # the place of a protected identity tells no name


def _has(word: str) -> ColumnElement[bool]:
    in_name = or_(
        *(
            name.icontains(spelling, autoescape=True)
            for name in (Person.family_name, Person.given_name)
            for spelling in sorted(set(spellings(word)))
        )
    )
    of_number = select(Proof.id).where(
        Proof.employer_id == Person.employer_id,
        Proof.person_id == Person.id,
        Proof.reference == _number(word),
    )
    return or_(and_(Person.protected.is_(False), in_name), of_number.correlate(Person).exists())


def _number(word: str) -> str:
    """A word as the number of a certificate is kept."""
    return word.replace("-", "").upper()


def _cells(
    ctx: Context, book: Ledger, people: Sequence[tuple[int, list[Row[*tuple[Any, ...]]]]]
) -> Iterator[tuple[Row[*tuple[Any, ...]], Cell]]:
    known = facts(ctx, book, [person for person, _posts in people])
    for person, posts in people:
        by_post = {post.post: post for post in posts}
        found = [cell for cell in book.cells(known[person]) if cell.post.id in by_post]
        for cell in sorted(found, key=lambda cell: (cell.course, cell.post.id)):
            yield by_post[cell.post.id], cell


def _row(post: Row[*tuple[Any, ...]], cell: Cell, labels: Mapping[int, str]) -> RegisterRow:
    shown = (
        ("", "", "", "")
        if post.protected
        else (post.employee_number, post.family_name, post.given_name, post.name)
    )
    number, family, given, unit = shown
    dates, proof = cell.standing, cell.proof
    return RegisterRow(
        post.public_id, number, family, given, unit, post.title, post.key, cell.course, cell.state,
        dates.due_on or date.max, dates.achieved_on, dates.expires_on,
        labels.get(proof.edition_id) if proof else None, proof.reference if proof else None, post.protected,
    )  # fmt: skip


def _fits(row: RegisterRow, post: Row[*tuple[Any, ...]], cell: Cell, narrowed: Filter) -> bool:
    """Whether a row is of what is narrowed to; each word is part of a name, or the number of the certificate."""
    if narrowed.rule and narrowed.rule not in {why.rule for why in cell.why}:
        return False
    if (narrowed.course and row.course != narrowed.course) or (
        narrowed.state and not is_among(row.state, narrowed.state)
    ):
        return False
    names = "" if post.protected else f"{post.family_name}\n{post.given_name}".lower()
    return all(word.lower() in names or _number(word) == row.certificate for word in narrowed.text.split())
