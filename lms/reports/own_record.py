"""The own record: what the register says of the actor, line by line, with what each line rests on."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Integer, Row, String, Uuid, and_, cast, literal, null, select, union_all
from sqlalchemy.orm import aliased

from lms.base.context import Context
from lms.base.statements import EMPLOYER, ME, TODAY
from lms.catalogue.models import EditionRow
from lms.evidence.models import Revocation
from lms.learning.models import Assignment
from lms.organisation.models import Absence, Employment, Person, Unit
from lms.organisation.people import name_unless_protected
from lms.organisation.queries import in_force
from lms.register.duty_rules import lies_in
from lms.register.models import Dispensation, Duty, DutySource, Proof, Requirement, Status
from lms.register.queries import STANDING
from lms.register.rules import ORDER, Standing, State, state


@dataclass(frozen=True, slots=True)
class Why:
    """One reason for which a course is asked: a requirement with its source, or somebody who gave it."""

    text: str
    source: str  # law, routine or decision; empty: somebody gave the course
    given_by: str  # empty for a requirement, and for a protected identity
    since: date
    due_on: date


@dataclass(frozen=True, slots=True)
class Shown:
    """A certificate that was earned, whether it counts or not."""

    number: str
    course: str
    edition: str
    achieved_on: date
    expires_on: date | None
    revoked_on: date | None
    reason: str  # of the revocation


@dataclass(frozen=True, slots=True)
class Relief:
    """The actor need not have a course from a day to a day (exemption), or has longer to get it (extension)."""

    kind: str
    reason: str
    given_by: str  # empty for a protected identity
    first: date
    last: date


@dataclass(frozen=True, slots=True)
class CourseLine:
    """A course that is asked of the actor, or that they hold or have held a certificate of."""

    course: str
    state: State
    due_on: date | None  # empty: nothing asks for it
    achieved_on: date | None
    expires_on: date | None  # last day on which it counts
    why: tuple[Why, ...]
    proof: Shown | None  # the one that counts
    earlier: tuple[Shown, ...]  # all others, the newest first
    relief: tuple[Relief, ...] = ()  # the newest first


@dataclass(frozen=True, slots=True)
class Post:
    """Where the actor works, worked or is to work."""

    public_id: UUID
    unit: str
    title: str
    kind: str
    percent: int
    first: date
    last: date | None


@dataclass(frozen=True, slots=True)
class Away:
    """A time when the actor was, is or is to be away; why is not known."""

    first: date
    last: date | None


@dataclass(frozen=True, slots=True)
class OwnRecord:
    """All of it, what needs something first."""

    courses: tuple[CourseLine, ...]
    posts: tuple[Post, ...]  # the newest first
    away: tuple[Away, ...]  # the newest first


def shown_of(line: CourseLine) -> tuple[Shown, ...]:
    """Every certificate of a line, the one that counts first."""
    return (*([line.proof] if line.proof else []), *line.earlier)


def my_record(ctx: Context) -> OwnRecord:
    """What the register says of the actor. Three statements.

    Open: own rows only.
    """
    shown = [_shown(row) for row in ctx.rows(_SHOWN)]
    times = ctx.rows(_TIMES).all()
    courses = _courses(ctx, ctx.rows(_ASKED), shown)
    return OwnRecord(
        courses=tuple(replace(line, relief=_relief(times, line.course, ctx.today)) for line in courses),
        posts=_posts(times),
        away=_away(times),
    )


_GIVER = aliased(Person)
_ASKED = (
    select(
        *STANDING, Duty.course, Proof.reference, DutySource.reason, Requirement.source,
        name_unless_protected(_GIVER).label("given_by"),
        DutySource.created_at, DutySource.due_on.label("asked_by"),
    )
    .join(Employment, and_(Employment.employer_id == Duty.employer_id, Employment.id == Duty.employment_id))
    .join(Status, and_(Status.employer_id == Duty.employer_id, Status.duty_id == Duty.id))
    .outerjoin(Proof, and_(Proof.employer_id == Status.employer_id, Proof.id == Status.proof_id))
    .join(
        DutySource,
        and_(
            DutySource.employer_id == Duty.employer_id,
            DutySource.duty_id == Duty.id,
            DutySource.withdrawn_at.is_(None),
        ),
    )
    .outerjoin(
        Requirement,
        and_(Requirement.employer_id == DutySource.employer_id, Requirement.id == DutySource.requirement_id),
    )
    .outerjoin(
        Assignment,
        and_(Assignment.employer_id == DutySource.employer_id, Assignment.id == DutySource.assignment_id),
    )
    .outerjoin(_GIVER, and_(_GIVER.employer_id == Assignment.employer_id, _GIVER.id == Assignment.assigned_by))
    .where(
        Duty.employer_id == EMPLOYER, Duty.person_id == ME, Status.due_on.is_not(None), in_force(Employment, TODAY)
    )
    .order_by(DutySource.due_on, DutySource.id)
)  # fmt: skip
_SHOWN = (
    select(
        Proof.id, Proof.reference, Proof.course, EditionRow.label, Proof.achieved_on, Proof.expires_on,
        Proof.revoked_on, Revocation.reason,
    )
    .join(EditionRow, EditionRow.id == Proof.edition_id)
    .outerjoin(
        Revocation,
        and_(
            Revocation.employer_id == Proof.employer_id,
            Revocation.certificate_id == Proof.certificate_id,
            Revocation.kind == "revoked",
            Revocation.on == Proof.revoked_on,
        ),
    )
    .where(Proof.employer_id == EMPLOYER, Proof.person_id == ME, Proof.superseded_at.is_(None))
    .order_by(Proof.achieved_on.desc(), Proof.id.desc(), Revocation.id.desc())
)  # fmt: skip
_NOTHING = cast(null(), String)
_TIMES = union_all(  # what, its key, three words, a number, first and last day, where (path of the unit)
    select(
        literal("post").label("what"), Employment.public_id, Unit.name, Employment.title, Employment.kind,
        Employment.percent, Employment.valid_from, Employment.valid_to, Unit.path,
    )
    .join(Unit, and_(Unit.employer_id == Employment.employer_id, Unit.id == Employment.unit_id))
    .where(
        Employment.employer_id == EMPLOYER, Employment.person_id == ME, Employment.superseded_at.is_(None)
    ),
    select(
        literal("away"), cast(null(), Uuid), _NOTHING, _NOTHING, _NOTHING, cast(null(), Integer),
        Absence.valid_from, Absence.valid_to, _NOTHING,
    ).where(Absence.employer_id == EMPLOYER, Absence.person_id == ME, Absence.superseded_at.is_(None)),
    select(
        Dispensation.kind, cast(null(), Uuid), Dispensation.course, Dispensation.reason,
        name_unless_protected(_GIVER), cast(null(), Integer),
        Dispensation.valid_from, Dispensation.valid_to, Unit.path,
    )
    .outerjoin(Unit, and_(Unit.employer_id == Dispensation.employer_id, Unit.id == Dispensation.unit_id))
    .join(_GIVER, and_(_GIVER.employer_id == Dispensation.employer_id, _GIVER.id == Dispensation.given_by))
    .where(
        Dispensation.employer_id == EMPLOYER, Dispensation.person_id == ME, Dispensation.superseded_at.is_(None)
    ),
)  # fmt: skip


def _shown(row: Row[*tuple[Any, ...]]) -> Shown:
    _id, number, course, edition, achieved_on, expires_on, revoked_on, reason = row
    return Shown(number, course, edition, achieved_on, expires_on, revoked_on, reason or "")


Times = Sequence[Row[*tuple[Any, ...]]]


def _posts(times: Times) -> tuple[Post, ...]:
    posts = [Post(*row[1:8]) for row in times if row[0] == "post"]
    return tuple(sorted(posts, key=lambda post: (post.first, post.public_id), reverse=True))


def _away(times: Times) -> tuple[Away, ...]:
    away = [Away(*row[6:8]) for row in times if row[0] == "away"]
    return tuple(sorted(away, key=lambda time: time.first, reverse=True))


def _relief(times: Times, course: str, today: date) -> tuple[Relief, ...]:
    """Of a course, where one works or is to work; given for several units at once it is said once."""
    places = [row[8] for row in times if row[0] == "post" and (row[7] is None or row[7] >= today)]
    found = {
        Relief(row[0], row[3], row[4], row[6], row[7])
        for row in times
        if row[0] in {"exemption", "extension"} and row[2] == course
        if row[8] is None or any(lies_in(path, row[8]) for path in places)
    }
    return tuple(sorted(found, key=lambda each: (each.last, each.first), reverse=True))


def _courses(ctx: Context, asked: Iterable[Row[*tuple[Any, ...]]], shown: list[Shown]) -> list[CourseLine]:
    """Every course that is asked or was shown; where two posts ask for it, what needs more attention."""
    once = list({each.number: each for each in reversed(shown)}.values())[
        ::-1
    ]  # newest decision, newest first
    lines: dict[str, CourseLine] = {}
    for row in asked:
        standing = Standing(*row[: len(STANDING)])
        found = _line(ctx, row, state(standing, ctx.today), once)
        known = lines.get(row.course)
        if known is None:
            lines[row.course] = found
            continue
        urgent = min(known, found, key=lambda each: ORDER[each.state])
        lines[row.course] = replace(urgent, why=tuple(dict.fromkeys((*known.why, *found.why))))
    for each in once:
        if each.course not in lines:
            of_course = tuple(other for other in once if other.course == each.course)
            lines[each.course] = CourseLine(
                each.course, State.NOT_REQUIRED, None, None, None, (), None, of_course
            )
    return sorted(lines.values(), key=lambda line: (ORDER[line.state], line.due_on or date.max, line.course))


def _line(ctx: Context, row: Row[*tuple[Any, ...]], now: State, shown: list[Shown]) -> CourseLine:
    why = Why(row.reason, row.source or "", row.given_by or "", ctx.day_of(row.created_at), row.asked_by)
    of_course = [each for each in shown if each.course == row.course]
    proof = next((each for each in of_course if each.number == row.reference), None)
    earlier = tuple(each for each in of_course if each is not proof)
    return CourseLine(row.course, now, row.due_on, row.achieved_on, row.expires_on, (why,), proof, earlier)
