"""Count for each unit and course how many posts and people are asked, and how many of them can show it.

The counts are those of a stored day (`CoverageDay`): they are made anew with each fact that changes them, and when a
new day turns what the day changes. A year of them, week by week, is kept for the picture over time.
"""

from collections.abc import Collection, Iterator
from datetime import date, timedelta
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Date,
    Integer,
    ScalarSelect,
    Select,
    String,
    and_,
    bindparam,
    case,
    delete,
    func,
    insert,
    literal,
    or_,
    select,
)
from sqlalchemy.exc import IntegrityError

from lms.base.context import Context
from lms.base.statements import EMPLOYER
from lms.organisation.bulk import add_many, update_many
from lms.register.models import Coverage, CoverageDay, CoverageThen, Status

FIGURES = ("posts", "known_posts", "percent", "known_percent", "people", "known_people")
KEPT_EVERY = timedelta(days=7)
KEPT_FOR = timedelta(days=366)
AT_ONCE = 400  # places in one statement: two values each

Place = tuple[int, str]  # unit, course
Day = date | BindParameter[date] | ScalarSelect[date]


def recount(ctx: Context, places: Collection[Place]) -> None:
    """Count some places anew, after a fact about them has changed. A statement for each 400 places, and three.

    Open: called by what keeps the status. Two transactions that count one place do so one after the other (PostgreSQL:
    the row is locked before the counting, and what the other has written is seen by then).
    """
    rows: dict[Place, int] = {}
    for some in _in_parts(sorted(places)):
        found = _locked(ctx, some)
        if missing := [place for place in some if place not in found]:
            _enter(ctx, missing)
            found = _locked(ctx, some)
        rows |= found
    # All of them at once where they are many: the rows of duties are read once. The day is read after the locks, for
    # it may just have turned.
    counted = counts(ctx, counted_day(ctx), list(rows) if len(rows) <= AT_ONCE else None)
    update_many(
        ctx, Coverage, [{"row_id": row, **counted.get(place, _NOTHING)} for place, row in rows.items()]
    )


_NOTHING = dict.fromkeys(FIGURES, 0)


def _in_parts(places: list[Place]) -> Iterator[list[Place]]:
    return (places[start : start + AT_ONCE] for start in range(0, len(places), AT_ONCE))


# Units and courses each by themselves, for of pairs SQLite finds no index; what is too much is left out.
_UNITS = bindparam("units", type_=Integer, expanding=True)
_COURSES = bindparam("courses", type_=String, expanding=True)
_ROWS = (
    select(Coverage.unit_id, Coverage.course, Coverage.id)
    .where(Coverage.employer_id == EMPLOYER, Coverage.unit_id.in_(_UNITS), Coverage.course.in_(_COURSES))
    .order_by(Coverage.id)
    .with_for_update()
)


def _in(places: Collection[Place]) -> dict[str, list[Any]]:
    return {
        "units": sorted({unit_id for unit_id, _course in places}),
        "courses": sorted({course for _unit, course in places}),
    }


def _locked(ctx: Context, places: Collection[Place]) -> dict[Place, int]:
    wanted = set(places)
    rows = ctx.rows(_ROWS, **_in(places))
    return {(unit_id, course): row for unit_id, course, row in rows if (unit_id, course) in wanted}


def _enter(ctx: Context, places: Collection[Place]) -> None:
    """Enter places that nothing has counted yet; somebody else may enter some of them at the same time."""
    rows = [
        {"employer_id": ctx.employer_id, "unit_id": unit_id, "course": course, **_NOTHING}
        for unit_id, course in places
    ]
    try:
        with ctx.db.begin_nested():
            add_many(ctx, Coverage, rows)
    except IntegrityError:
        for row in rows:
            ctx.add_once(Coverage(**row))


def counted_day(ctx: Context) -> date:
    """The day the counts are of: the last one that the worker has noticed; of the first there is, today.

    Open: asked by what follows the days.
    """
    day = ctx.rows(_DAY).scalar()
    if day is None:
        ctx.add_once(CoverageDay(employer_id=ctx.employer_id, day=ctx.today))
        day = ctx.rows(_DAY).scalar_one()
    found: date = day
    return found


_DAY = select(CoverageDay.day).where(CoverageDay.employer_id == EMPLOYER)


def counts(ctx: Context, day: date, places: Collection[Place] | None = None) -> dict[Place, dict[str, int]]:
    """Count places (or all there are) on a day, from the status of duties. One statement.

    Open: called by what keeps and checks the counts. Somebody with two posts in a unit counts there as one of the
    people, who can show it if each of the posts can.
    """
    statement, where = (_COUNTED, {}) if places is None else (_COUNTED_IN, _in(places))
    return {
        (unit_id, course): dict(zip(FIGURES, map(int, figures), strict=True))
        for unit_id, course, *figures in ctx.rows(statement, counted_day=day, **where)
    }


def is_asked_on(day: Day) -> ColumnElement[bool]:
    """SQL condition: the duty is one of an employment in force on a day, something asks for it, nothing exempts.

    Open: a condition only.
    """
    exempt = and_(
        Status.exempt_from.is_not(None),
        Status.exempt_from <= day,
        or_(Status.exempt_to.is_(None), Status.exempt_to >= day),
    )
    return and_(
        Status.unit_id.is_not(None),
        Status.due_on.is_not(None),
        Status.first_on <= day,
        or_(Status.last_on.is_(None), Status.last_on >= day),
        ~exempt,
    )


def is_known_on(day: Day) -> ColumnElement[bool]:
    """SQL condition: the person can show it on a day.

    Open: a condition only.
    """
    return and_(
        Status.achieved_on.is_not(None),
        Status.achieved_on <= day,
        or_(Status.expires_on.is_(None), Status.expires_on >= day),
    )


def _counted(*, everywhere: bool) -> Select[*tuple[Any, ...]]:
    day = bindparam("counted_day", type_=Date)
    known = case((is_known_on(day), 1), else_=0)
    posts = (
        select(
            Status.unit_id, Status.course, Status.person_id,
            func.count().label("posts"), func.sum(known).label("known_posts"),
            func.sum(Status.percent).label("percent"), func.sum(Status.percent * known).label("known_percent"),
            func.min(known).label("known_person"),
        )
        .where(Status.employer_id == EMPLOYER, is_asked_on(day))
        .group_by(Status.unit_id, Status.course, Status.person_id)
    )  # fmt: skip
    if not everywhere:
        posts = posts.where(Status.unit_id.in_(_UNITS), Status.course.in_(_COURSES))
    each = posts.subquery()
    return select(
        each.c.unit_id, each.c.course, func.sum(each.c.posts), func.sum(each.c.known_posts), func.sum(each.c.percent),
        func.sum(each.c.known_percent), func.count(), func.sum(each.c.known_person),
    ).group_by(each.c.unit_id, each.c.course)  # fmt: skip


_COUNTED, _COUNTED_IN = _counted(everywhere=True), _counted(everywhere=False)


def turn_day(ctx: Context) -> None:
    """Let the counts be those of today; keep them once a week for the picture over time. Again it changes nothing.

    Open: called by the worker when a day begins.
    """
    before = counted_day(ctx)
    if before != ctx.today:
        row = ctx.db.scalars(
            select(CoverageDay).where(CoverageDay.employer_id == ctx.employer_id).with_for_update()
        ).one()
        row.day = ctx.today
        ctx.db.flush()
        recount(ctx, _turned(ctx, *sorted((before, ctx.today))))
    _keep(ctx)


def _turned(ctx: Context, before: date, after: date) -> set[Place]:
    """The places in which something begins or ends between two days. One statement."""
    begins = [
        column.between(before + timedelta(days=1), after)
        for column in (Status.first_on, Status.exempt_from, Status.achieved_on)
    ]
    ends = [
        column.between(before, after - timedelta(days=1))
        for column in (Status.last_on, Status.expires_on, Status.exempt_to)
    ]
    rows = ctx.db.execute(
        select(Status.unit_id, Status.course)
        .distinct()
        .where(Status.employer_id == ctx.employer_id, Status.unit_id.is_not(None), or_(*begins, *ends))
    )
    return {(unit_id, course) for unit_id, course in rows if unit_id is not None and course is not None}


def _keep(ctx: Context) -> None:
    newest = ctx.db.scalar(
        select(func.max(CoverageThen.day)).where(CoverageThen.employer_id == ctx.employer_id)
    )
    if newest is None or newest + KEPT_EVERY <= ctx.today:
        now = select(
            Coverage.employer_id, literal(ctx.today), Coverage.unit_id, Coverage.course,
            *(getattr(Coverage, name) for name in FIGURES),
        ).where(Coverage.employer_id == ctx.employer_id)  # fmt: skip
        names = ["employer_id", "day", "unit_id", "course", *FIGURES]
        ctx.db.execute(insert(CoverageThen).from_select(names, now))
        ctx.db.execute(
            delete(CoverageThen).where(
                CoverageThen.employer_id == ctx.employer_id, CoverageThen.day < ctx.today - KEPT_FOR
            )
        )


def drift(ctx: Context, *, mend: bool) -> list[Place]:
    """The places whose counts are not what the status of duties says, after which they are, if they are to be mended.

    Open: asked by the command that recounts.
    """
    said = {
        (row.unit_id, row.course): {name: getattr(row, name) for name in FIGURES}
        for row in ctx.db.execute(
            select(Coverage.unit_id, Coverage.course, *(getattr(Coverage, name) for name in FIGURES)).where(
                Coverage.employer_id == ctx.employer_id
            )
        )
    }
    is_so = counts(ctx, counted_day(ctx))
    wrong = sorted(
        place for place in {*said, *is_so} if said.get(place, _NOTHING) != is_so.get(place, _NOTHING)
    )
    if mend:
        recount(ctx, wrong)
    return wrong


def enter_then(ctx: Context, day: date, counted: dict[Place, dict[str, int]]) -> None:
    """Enter what was so on a day that nobody counted then.

    Open: called by what builds a history (the demo).
    """
    rows = [
        {"employer_id": ctx.employer_id, "day": day, "unit_id": unit_id, "course": course, **figures}
        for (unit_id, course), figures in counted.items()
    ]
    add_many(ctx, CoverageThen, rows)
