"""Read the coverage: how many of those who are asked for a course can show it, unit by unit down the tree."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum, auto
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CTE,
    ColumnElement,
    Integer,
    Select,
    and_,
    bindparam,
    case,
    func,
    literal,
    select,
    union_all,
)
from sqlalchemy.orm import aliased

from lms.base.access import Permission
from lms.base.context import Context
from lms.base.errors import NotFound
from lms.base.statements import EMPLOYER, built_once
from lms.organisation.models import Employment, Unit
from lms.organisation.queries import Node, nodes_in_reach
from lms.register.coverage import KEPT_FOR, is_asked_on, is_known_on
from lms.register.models import Coverage, CoverageDay, CoverageThen, Duty, Status


class Count(StrEnum):
    """What is counted."""

    POSTS = auto()
    PEOPLE = auto()  # somebody with several posts once
    FTE = auto()  # full-time equivalents


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many; full-time equivalents in hundredths."""

    known: int = 0  # who can show it
    asked: int = 0

    @property
    def lacking(self) -> int:
        """Those who are asked and cannot show it."""
        return self.asked - self.known

    def __add__(self, other: "Share") -> "Share":
        return Share(self.known + other.known, self.asked + other.asked)


@dataclass(frozen=True, slots=True)
class Line:
    """A unit with all that lies below it, or (without a node) what is directly in the unit that is looked at."""

    node: Node | None
    shares: dict[str, Share]  # by course

    @property
    def sum(self) -> Share:
        """All courses together."""
        return sum(self.shares.values(), Share())


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the tree somebody looks: a unit, those above it, those right below it.

    Without a unit it is all that is in reach, if that begins with several.
    """

    here: Node | None
    above: tuple[Node, ...]
    below: tuple[Node, ...]
    is_everything: bool  # that is in reach


@dataclass(frozen=True, slots=True)
class CoverageView:
    """The coverage of a place, line by line and in all, as counted for a day."""

    place: Place
    lines: list[Line]
    total: Line
    day: date

    @property
    def courses(self) -> list[str]:
        """The courses that anybody is asked for."""
        return [course for course, share in self.total.shares.items() if share.asked]


def place(
    ctx: Context, unit_id: UUID | None = None, *, permission: Permission = Permission.SEE_REGISTER
) -> Place:
    """The unit in the tree of those in the actor's reach; without one, the highest. One statement. Raises NotFound."""
    ctx.require(permission)
    nodes = nodes_in_reach(ctx, permission)
    tops = tuple(node for node in nodes if not any(top.holds(node) for top in nodes if top is not node))
    if unit_id is None:
        here = tops[0] if len(tops) == 1 else None
    else:
        here = next((node for node in nodes if node.public_id == unit_id), None)
        if here is None:
            raise NotFound
    if here is None:
        return Place(None, (), tops, is_everything=True)
    depth = here.path.count("/") + 1
    return Place(
        here,
        tuple(node for node in nodes if node is not here and node.holds(here)),
        tuple(node for node in nodes if here.holds(node) and node.path.count("/") == depth),
        is_everything=tops == (here,),
    )


def coverage_view(
    ctx: Context,
    unit_id: UUID | None = None,
    *,
    count: Count = Count.POSTS,
    permission: Permission = Permission.SEE_REGISTER,
) -> CoverageView:
    """The coverage of a unit, of each unit right below it and of what is directly in it.

    Two statements, three for people. The figures are sums of counters, which grow with units and courses only; who
    works in several of the units is taken out.
    """
    in_reach = ctx.reach(permission, _BRANCH.path)
    where = place(ctx, unit_id, permission=permission)
    found: dict[int, dict[str, Share]] = {_IN_ALL: {}}
    day = ctx.today
    for line, course, known, asked, counted_on in ctx.rows(_sums(in_reach, count), **_branches(where)):
        day, share = counted_on, Share(int(known), int(asked))
        found.setdefault(line, {})[course] = share
        found[_IN_ALL][course] = found[_IN_ALL].get(course, Share()) + share
    if count is Count.PEOPLE:
        for line, course, known, asked in ctx.rows(_counted_again(in_reach), **_branches(where)):
            if course not in found.get(line, {}):  # nobody has counted it yet
                continue
            share = found[line][course]
            found[line][course] = Share(share.known - int(known), share.asked - int(asked))
    lines = [Line(node, found.get(node.id, {})) for node in where.below]
    if _DIRECTLY in found:
        lines.append(Line(None, found[_DIRECTLY]))
    return CoverageView(where, lines, Line(where.here, found[_IN_ALL]), day)


_BRANCH = aliased(Unit)
_DIRECTLY, _IN_ALL = 0, -1  # lines that are no unit with what lies below it
_FIGURES = {
    Count.POSTS: (Coverage.known_posts, Coverage.posts),
    Count.PEOPLE: (Coverage.known_people, Coverage.people),
    Count.FTE: (Coverage.known_percent, Coverage.percent),
}
_COUNTED_ON = select(CoverageDay.day).where(CoverageDay.employer_id == EMPLOYER).scalar_subquery()


def _branches(where: Place) -> dict[str, Any]:
    return {"branches": [node.id for node in where.below], "here": where.here.id if where.here else None}


def _units_of_lines(in_reach: ColumnElement[bool]) -> CTE:
    """(line, unit): each unit right below with all below it, and the unit itself alone."""
    branches = (
        select(_BRANCH.id.label("line"), Unit.id.label("unit_id"))
        .join(Unit, and_(Unit.employer_id == _BRANCH.employer_id, Unit.path.startswith(_BRANCH.path)))
        .where(
            _BRANCH.employer_id == EMPLOYER, _BRANCH.id.in_(bindparam("branches", expanding=True)), in_reach
        )
    )
    directly = select(literal(_DIRECTLY), _BRANCH.id).where(
        _BRANCH.employer_id == EMPLOYER, _BRANCH.id == bindparam("here", type_=Integer), in_reach
    )
    return union_all(branches, directly).cte("of_line")


@built_once
def _sums(in_reach: ColumnElement[bool], count: Count) -> Select[*tuple[Any, ...]]:
    """(line, course, known, asked, day) from the counters."""
    of_line = _units_of_lines(in_reach)
    known, asked = _FIGURES[count]
    return (
        select(of_line.c.line, Coverage.course, func.sum(known), func.sum(asked), _COUNTED_ON)
        .join(
            Coverage,
            and_(Coverage.employer_id == EMPLOYER, Coverage.unit_id == of_line.c.unit_id),
        )
        .group_by(of_line.c.line, Coverage.course)
        .having(func.sum(asked) > 0)
    )


@built_once
def _counted_again(in_reach: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    """(line, course, known, asked): how often the counters of a line's units count somebody whom another has counted.

    Looked at is only who has posts in several of the units. All lines together are a line of their own.
    """
    of_line = _units_of_lines(in_reach)
    lines = union_all(
        select(of_line.c.line, of_line.c.unit_id),
        select(literal(_IN_ALL), of_line.c.unit_id),
    ).cte("of_any_line")
    several = (
        select(Employment.person_id)
        .join(
            of_line,
            and_(Employment.employer_id == EMPLOYER, Employment.unit_id == of_line.c.unit_id),
        )
        .where(Employment.superseded_at.is_(None))
        .group_by(Employment.person_id)
        .having(func.count(Employment.unit_id.distinct()) > 1)
        .subquery()
    )
    known = func.min(case((is_known_on(_COUNTED_ON), 1), else_=0))
    in_unit = (
        select(lines.c.line, Status.course, Status.person_id, known.label("known"))
        .select_from(several)
        .join(Duty, and_(Duty.employer_id == EMPLOYER, Duty.person_id == several.c.person_id))
        .join(Status, and_(Status.employer_id == Duty.employer_id, Status.duty_id == Duty.id))
        .join(lines, lines.c.unit_id == Status.unit_id)
        .where(is_asked_on(_COUNTED_ON))
        .group_by(lines.c.line, Status.unit_id, Status.course, Status.person_id)
        .subquery()
    )
    each = (
        select(
            in_unit.c.line, in_unit.c.course, func.count().label("units"), func.sum(in_unit.c.known).label("known"),
            func.min(in_unit.c.known).label("is_known"),
        )
        .group_by(in_unit.c.line, in_unit.c.course, in_unit.c.person_id)
        .having(func.count() > 1)
        .subquery()
    )  # fmt: skip
    return select(
        each.c.line,
        each.c.course,
        func.sum(each.c.known) - func.sum(each.c.is_known),
        func.sum(each.c.units) - func.count(),
    ).group_by(each.c.line, each.c.course)


@dataclass(frozen=True, slots=True)
class Then:
    """What was counted on a day."""

    day: date
    share: Share


@dataclass(frozen=True, slots=True)
class CourseOfTime:
    """How the coverage of a place and of each unit right below it went, oldest first."""

    place: Place
    all: list[Then]
    lines: list[tuple[Node, list[Then]]]


YEAR = KEPT_FOR  # what there is to be seen


def coverage_over_time(
    ctx: Context,
    unit_id: UUID | None = None,
    *,
    course: str = "",
    count: Count = Count.POSTS,
    permission: Permission = Permission.SEE_REGISTER,
) -> CourseOfTime:
    """What was kept of the coverage week by week for a year: all courses together, or one. Two statements.

    Units as they stand in the tree today. People are not counted, for what was kept of each unit cannot be added up.
    """
    in_reach = ctx.reach(permission, _BRANCH.path)
    where = place(ctx, unit_id, permission=permission)
    statement = _over_time(in_reach, count, of_course=bool(course))
    found: dict[int, dict[date, Share]] = {}
    in_all: dict[date, Share] = {}
    for line, day, known, asked in ctx.rows(
        statement, **_branches(where), course=course, since=ctx.today - YEAR
    ):
        share = Share(int(known), int(asked))
        found.setdefault(line, {})[day] = share
        in_all[day] = in_all.get(day, Share()) + share
    return CourseOfTime(
        where, _in_order(in_all), [(node, _in_order(found.get(node.id, {}))) for node in where.below]
    )


def _in_order(found: dict[date, Share]) -> list[Then]:
    return [Then(day, share) for day, share in sorted(found.items()) if share.asked]


_FIGURES_THEN = {
    Count.POSTS: (CoverageThen.known_posts, CoverageThen.posts),
    Count.FTE: (CoverageThen.known_percent, CoverageThen.percent),
}


@built_once
def _over_time(in_reach: ColumnElement[bool], count: Count, *, of_course: bool) -> Select[*tuple[Any, ...]]:
    of_line = _units_of_lines(in_reach)
    known, asked = _FIGURES_THEN[count]
    query = (
        select(of_line.c.line, CoverageThen.day, func.sum(known), func.sum(asked))
        .join(
            CoverageThen,
            and_(CoverageThen.employer_id == EMPLOYER, CoverageThen.unit_id == of_line.c.unit_id),
        )
        .where(CoverageThen.day >= bindparam("since"))
        .group_by(of_line.c.line, CoverageThen.day)
    )
    return query.where(CoverageThen.course == bindparam("course")) if of_course else query
