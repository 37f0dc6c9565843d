"""What requirements ask of employments, and by when: the facts of people and requirements, and the rule about them."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Uuid, and_, bindparam, func, or_, select, true

from lms.base.context import Context
from lms.base.statements import EMPLOYER
from lms.organisation.models import Absence, Employment, RoleProfile, Unit
from lms.organisation.queries import known_at, tree_over_time
from lms.organisation.rules import NO_END_YEAR
from lms.organisation.tree import Tree
from lms.register.duty_rules import DAY, WHOLE, Asked, Days, Post, Version, asked_of
from lms.register.models import DutySource, Requirement, Status

# What all versions of a requirement share; those of the release before are each their own.
RULE: ColumnElement[UUID] = func.coalesce(Requirement.rule, Requirement.public_id, type_=Uuid)


def is_asked_by_rule() -> ColumnElement[bool]:
    """SQL condition: a version of the requirement in the place `rule` is a reason for the duty of a status today.

    Open: a condition only.
    """
    return (
        select(DutySource.id)
        .join(
            Requirement,
            and_(
                Requirement.employer_id == DutySource.employer_id, Requirement.id == DutySource.requirement_id
            ),
        )
        .where(
            DutySource.employer_id == EMPLOYER,
            DutySource.duty_id == Status.duty_id,
            DutySource.withdrawn_at.is_(None),
            bindparam("rule", type_=Uuid()) == RULE,
        )
        .correlate(Status)
        .exists()
    )


@dataclass(frozen=True, slots=True)
class Source:
    """A reason for the duty of an employment, as a value: a requirement or an assignment."""

    employment_id: int
    person_id: int
    course: str
    due_on: date
    reason: str
    requirement_id: int | None
    assignment_id: int | None
    since: datetime | None = None  # when it was given, if not now


def goes_on(ctx: Context) -> ColumnElement[bool]:
    """SQL condition: the employment is not over.

    Open: a condition only.
    """
    return or_(Employment.valid_to.is_(None), Employment.valid_to >= ctx.today)


def versions(ctx: Context, at: datetime | None = None) -> list[Version]:
    """All versions of the employer's requirements, as known at a time, or now (None). One statement.

    Open: called by the actions that fit duties, and by what shows a change before it is made, or a day that is past.
    """
    rows = ctx.db.execute(
        select(
            Requirement.id, RULE, Requirement.course, Unit.path, Requirement.roles, RoleProfile.key,
            Requirement.kinds, Requirement.valid_from, Requirement.valid_to, Requirement.due_days,
            Requirement.not_before, Requirement.reason, Requirement.source, Requirement.validity_months,
            Requirement.renewal_days, Requirement.minimum,
        )
        .outerjoin(Unit, and_(Unit.employer_id == Requirement.employer_id, Unit.id == Requirement.unit_id))
        .outerjoin(
            RoleProfile,
            and_(RoleProfile.employer_id == Requirement.employer_id, RoleProfile.id == Requirement.role_profile_id),
        )
        .where(Requirement.employer_id == ctx.employer_id, known_at(Requirement, at))
        .order_by(Requirement.id)
    )  # fmt: skip
    return [
        Version(
            id_,
            rule,
            course,
            path or WHOLE,
            frozenset(roles or ([role] if role else ())),
            frozenset(kinds),
            *rest,
        )
        for id_, rule, course, path, roles, role, kinds, *rest in rows
    ]


def has_turned(ctx: Context, since: date) -> bool:
    """Whether a requirement has begun or ended since a day, which counts. One statement.

    Open: asked by the worker, once a day.
    """
    return (
        ctx.db.scalar(
            select(Requirement.id)
            .where(
                Requirement.employer_id == ctx.employer_id,
                Requirement.superseded_at.is_(None),
                or_(
                    Requirement.valid_from.between(since, ctx.today),
                    Requirement.valid_to.between(since - DAY, ctx.today - DAY),
                ),
            )
            .limit(1)
        )
        is not None
    )


@dataclass(frozen=True, slots=True)
class People:
    """What requirements may describe: posts and times away, by person."""

    posts: dict[int, list[Post]]
    away: dict[int, list[Days]]

    def asked(self, of: Iterable[Version], day: date) -> Iterator[tuple[int, Asked]]:
        """(person, what is asked) by versions in force on a day, of employments that are not over by then."""
        asking = tuple(of)
        for person_id, posts in self.posts.items():
            for asked in asked_of(posts, asking, self.away.get(person_id, ()), day):
                yield person_id, asked


def people(
    ctx: Context,
    ids: Sequence[int] | None,
    day: date,
    at: datetime | None = None,
    tree: Tree | None = None,
) -> People:
    """Posts and times away of some people (their ids; None: of everybody), as known at a time or now (None).

    A post is where its unit stood on a day, or on its own first one if that is later; it has the id of the row that
    says of it what is known now. Two statements, and one for the tree if it has not been read.

    Open: as `versions`. By ids, because by a select of people PostgreSQL plans it badly.
    """
    units = tree or tree_over_time(ctx, at)
    posts: dict[int, list[Post]] = defaultdict(list)
    for row in ctx.db.execute(
        select(
            Employment.person_id, func.coalesce(Employment.copy_of, Employment.id).label("id"), Employment.unit_id,
            RoleProfile.key, Employment.kind, Employment.valid_from, Employment.valid_to, Employment.percent,
        )
        .join(
            RoleProfile,
            and_(RoleProfile.employer_id == Employment.employer_id, RoleProfile.id == Employment.role_profile_id),
        )
        .where(
            Employment.employer_id == ctx.employer_id,
            known_at(Employment, at),
            true() if ids is None else Employment.person_id.in_(ids),
        )
        .order_by(Employment.valid_from, Employment.id)
    ):  # fmt: skip
        posts[row.person_id].append(
            Post(
                row.id, units.path(row.unit_id, max(day, row.valid_from)), row.key, row.kind, row.valid_from,
                known_end(row.valid_to), row.percent, units.stood(row.unit_id),
            )
        )  # fmt: skip
    away: dict[int, list[Days]] = defaultdict(list)
    for person_id, first, last in ctx.db.execute(
        select(Absence.person_id, Absence.valid_from, Absence.valid_to).where(
            Absence.employer_id == ctx.employer_id,
            known_at(Absence, at),
            true() if ids is None else Absence.person_id.in_(ids),
        )
    ):
        away[person_id].append((first, known_end(last)))
    return People(posts, away)


def known_end(last: date | None) -> date | None:
    """A last day that some systems write where there is none is none."""
    return None if last is None or last.year >= NO_END_YEAR else last


def described(
    ctx: Context, ids: Collection[int] | None, courses: Collection[str] | None = None
) -> dict[tuple[int, int | None], Source]:
    """What requirements in force today ask of employments that are not over, by employment and requirement.

    Open: called by fit_duties. Of some people (their ids), or of everybody (None); for some courses, or for any. Four
    statements.
    """
    asking = [each for each in versions(ctx) if courses is None or each.course in courses]
    whom = people(ctx, None if ids is None else list(ids), ctx.today)
    return {
        (asked.post.id, asked.version.id): Source(
            asked.post.id,
            person_id,
            asked.version.course,
            asked.due_on,
            asked.version.reason,
            asked.version.id,
            None,
        )
        for person_id, asked in whom.asked(asking, ctx.today)
    }
