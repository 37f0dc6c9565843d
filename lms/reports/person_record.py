"""What the register says of one person on a day: each course with its reasons and evidence, and what happened when.

For those who lead the person or see the register. Never failed attempts, answers, scores or tries.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from sqlalchemy import and_

from lms.base.access import Permission, Role
from lms.base.context import Context
from lms.base.errors import Invalid, NotFound
from lms.organisation.models import Unit
from lms.organisation.people import is_seen
from lms.register.duty_rules import NEVER, Post, asked_of, lies_in
from lms.register.history import Ledger, ledger
from lms.register.history_rules import Cell, Why, holds
from lms.register.register_then import Then
from lms.register.rules import ORDER, Standing, State
from lms.reports.person_facts import Let, PersonFacts, Shown, Work, facts_of
from lms.reports.person_story import Fact, story


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a course is asked: a requirement with its source, or somebody who gave it."""

    why: Why
    given_by: str  # empty for a requirement, and for a protected identity


@dataclass(frozen=True, slots=True)
class CourseRecord:
    """A course and one person on a day; nothing asks for it where there are no reasons."""

    course: str
    state: State
    standing: Standing
    reasons: tuple[Reason, ...]
    let: tuple[Let, ...]  # dispensations that are not over
    proof: Shown | None  # the one that counts
    earlier: tuple[Shown, ...]  # all others, the newest first
    is_asked_of_some: bool  # a requirement in force asks it of somebody


@dataclass(frozen=True, slots=True)
class PersonRecord:
    """All of it: asked courses, what needs attention first, then the others; and what happened, by date."""

    public_id: UUID
    person_id: int
    name: str
    employee_number: str
    day: date
    known_on: date | None
    work: tuple[Work, ...]  # employments in reach, in force that day
    seen: tuple[Work, ...]  # employments in reach, of all days
    asked: tuple[CourseRecord, ...]
    not_asked: tuple[CourseRecord, ...]
    story: tuple[Fact, ...]  # the newest first
    facts: PersonFacts


def person_record(
    ctx: Context, permission: Permission, person_id: UUID, courses: Sequence[str], then: Then | None = None
) -> PersonRecord:
    """The record of somebody who works (or, of somebody who has left, worked last) in the actor's reach.

    `permission` is SEE_REGISTER or SEE_TEAM, `courses` those there are. Of a past day, where the person worked then.
    Four statements. Raises NotFound, also for a protected identity that is not the actor's to see; Invalid for a day
    that lies ahead.
    """
    seen = and_(ctx.reach(permission, Unit.path), is_seen(ctx))
    day = then.day if then else ctx.today
    if day > ctx.today:
        raise Invalid({"day": "lies_ahead"})
    known_on = then.known_on if then else None
    at = ctx.end_of(known_on) if known_on else None
    book = ledger(ctx, day, at)
    found = facts_of(ctx, person_id, seen, book)
    if found is None or not any(work.mine for work in _decisive(found.work, day)):
        raise NotFound
    work = [each for each in found.work if each.mine]
    posts = [each.post for each in work]
    mine = {post.id for post in posts}
    let = (each for each in found.let if any(lies_in(post.path, each.path) for post in posts))
    found = replace(found, let=tuple(let))  # not what others have decided for units out of reach
    cells = [cell for cell in book.cells(found.known) if cell.post.id in mine]
    asking = [
        one
        for one in asked_of(found.known.posts, book.versions, found.known.away, day)
        if one.post.id in mine
    ]
    if _only_audits(ctx, permission, posts):
        without_reasons = tuple(replace(each, reason="") for each in found.let)
        found = replace(found, known=replace(found.known, away=()), let=without_reasons)
    return PersonRecord(
        found.public_id, found.person_id, found.name, found.employee_number, day, known_on,
        tuple(each for each in work if holds((each.post.first, each.post.last), day)),
        tuple(work), tuple(_asked(found, cells, day)), tuple(_not_asked(found, book, cells, courses)),
        tuple(story(found, work, asking, cells, day)), found,
    )  # fmt: skip


def _only_audits(ctx: Context, permission: Permission, posts: Sequence[Post]) -> bool:
    """Whether the actor is let in for an inspection only.

    Days away are none of it, though they move what is due, nor is why somebody is exempt: only that, and until when.
    """
    works_with = (
        grant for grant in ctx.who.grants if grant.gives(permission) and grant.role is not Role.AUDITOR
    )
    return not any(lies_in(post.path, grant.path) for grant in works_with for post in posts)


def _decisive(work: Sequence[Work], day: date) -> Sequence[Work]:
    """The employments in force on a day; of somebody who has none, the last ones before."""
    in_force = [each for each in work if holds((each.post.first, each.post.last), day)]
    if in_force:
        return in_force
    over = [each for each in work if each.post.last is not None and each.post.last < day]
    newest = max((each.post.last for each in over if each.post.last), default=None)
    return [each for each in over if each.post.last == newest]


def _asked(found: PersonFacts, cells: Sequence[Cell], day: date) -> Iterator[CourseRecord]:
    """A course that two posts ask for is there once, as it needs more attention, with the reasons of both."""
    by_course: dict[str, list[Cell]] = {}
    for cell in cells:
        by_course.setdefault(cell.course, []).append(cell)
    records = []
    for course, of_course in by_course.items():
        worst = min(of_course, key=lambda cell: (ORDER[cell.state], cell.standing.due_on or NEVER))
        reasons = dict.fromkeys(why for cell in of_course for why in cell.why)
        records.append(
            _record(
                found, course, worst, tuple(Reason(why, _giver(found, course, why)) for why in reasons), day
            )
        )
    yield from sorted(
        records,
        key=lambda record: (ORDER[record.state], record.standing.due_on or NEVER, record.course),
    )


def _giver(found: PersonFacts, course: str, why: Why) -> str:
    """Who gave the course, of a reason that is no requirement's."""
    if why.rule is not None:
        return ""
    return next(
        (
            found.givers.get(given.assignment_id, "")
            for given in reversed(found.known.given)
            if (given.course, given.due_on, given.reason) == (course, why.due_on, why.reason)
        ),
        "",
    )


def _record(
    found: PersonFacts, course: str, cell: Cell, reasons: tuple[Reason, ...], day: date
) -> CourseRecord:
    counting = cell.proof.id if cell.proof else None
    of_course = [each for each in found.shown if each.proof.course == course]
    return CourseRecord(
        course, cell.state, cell.standing, reasons,
        tuple(each for each in found.let if each.course == course and each.last >= day),
        next((each for each in of_course if each.proof.id == counting), None),
        _newest_first([each for each in of_course if each.proof.id != counting]),
        is_asked_of_some=True,
    )  # fmt: skip


def _not_asked(
    found: PersonFacts, book: Ledger, cells: Sequence[Cell], courses: Sequence[str]
) -> Iterator[CourseRecord]:
    """The courses nobody asks the person for, with what they can show all the same."""
    asked = {cell.course for cell in cells}
    demanded = {version.course for version in book.versions if version.holds_on(book.day)}
    nothing = Standing(None, None, None, None, None, None, None)
    for course in courses:
        if course not in asked:
            shown = _newest_first([each for each in found.shown if each.proof.course == course])
            yield CourseRecord(course, State.NOT_REQUIRED, nothing, (), (), None, shown, course in demanded)


def _newest_first(shown: Sequence[Shown]) -> tuple[Shown, ...]:
    return tuple(sorted(shown, key=lambda each: (each.proof.achieved_on, each.proof.id), reverse=True))
