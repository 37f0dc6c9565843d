"""Coverage for the employer: over the tree of units, over time, and where a unit needs people who can show a course."""

from datetime import date
from functools import partial

from flask import request
from werkzeug.wrappers import Response

from lms.base.access import Permission
from lms.base.context import Context
from lms.catalogue import queries as catalogue
from lms.register.coverage_queries import (
    YEAR,
    Count,
    Line,
    Then,
    coverage_over_time,
    coverage_view,
    place,
)
from lms.register.critical import Spare, critical_coverage, with_last_days
from lms.register.team import team, team_counts
from lms.web.blueprints import employer as blueprint
from lms.web.charts import Curve, curve
from lms.web.employer_places import count_asked, courses, to_rows, unit_asked, units_to_choose, written
from lms.web.knowledge_table import columns_of
from lms.web.pages import page, render
from lms.web.paging import ROWS, Paging, first_row


@page(blueprint, "/register/coverage", needs=Permission.SEE_REGISTER)
def coverage(ctx: Context) -> Response:
    """How many of those who are asked can show it: a unit, each unit right below it, and what is directly in it."""
    count = count_asked()
    view = coverage_view(ctx, unit_asked(), count=count)
    lines = sorted(view.lines, key=_worst_first)
    start = first_row()
    return render(
        "employer/coverage.html",
        view=view,
        place=view.place,
        lines=lines[start : start + ROWS],
        paging=Paging(start, len(lines)),
        courses=courses(ctx, view.courses),
        count=count,
        counts=list(Count),
        to_rows=to_rows,
        say=partial(written, count=count, language=ctx.language),
    )


def _worst_first(line: Line) -> tuple[bool, float]:
    """By the share that lacks something; what is directly in the unit comes last. Else in the order of the tree."""
    return line.node is None, -line.sum.lacking / (line.sum.asked or 1)


@page(blueprint, "/register/coverage/time", needs=Permission.SEE_REGISTER)
def coverage_time(ctx: Context) -> Response:
    """How the coverage went in a year: of a unit, and small and on the same scale of each unit right below it.

    Not of those where nobody is asked any more: there is nothing to set beside the others.
    """
    count = Count.FTE if count_asked() is Count.FTE else Count.POSTS
    known = courses(ctx)
    course = request.args.get("course", "")
    course = course if course in known else ""
    went = coverage_over_time(ctx, unit_asked(), course=course, count=count)
    first = max(ctx.today - YEAR, min((then.day for then in went.all), default=ctx.today))
    drawn = partial(_drawn, first=first, last=ctx.today)
    below = sorted(
        (
            (node, thens, drawn(thens))
            for node, thens in went.lines
            if thens and thens[-1].day == went.all[-1].day
        ),
        key=lambda each: each[1][-1].share.known / each[1][-1].share.asked,
    )
    start = first_row()
    return render(
        "employer/coverage_time.html",
        place=went.place,
        units=units_to_choose(went.place),
        thens=went.all[::-1],
        picture=drawn(went.all),
        first=first,
        below=below[start : start + ROWS],
        paging=Paging(start, len(below)),
        courses=known,
        course=course,
        count=count,
        say=partial(written, count=count, language=ctx.language),
    )


def _drawn(thens: list[Then], first: date, last: date) -> Curve:
    return curve(((then.day, then.share.known / then.share.asked) for then in thens), first, last)


@page(blueprint, "/register/coverage/people", needs=Permission.SEE_REGISTER)
def matrix(ctx: Context) -> Response:
    """Where everybody in a unit and below it stands with each course; who needs something comes first."""
    where = place(ctx, unit_asked())
    unit = None if where.here is None or where.is_everything else where.here.public_id
    counts = team_counts(ctx, unit, permission=Permission.SEE_REGISTER)
    start = first_row()
    editions = {edition.course: edition for edition in catalogue.current_editions(ctx)}
    return render(
        "employer/matrix.html",
        place=where,
        units=units_to_choose(where),
        members=team(ctx, unit, permission=Permission.SEE_REGISTER, start=start, limit=ROWS),
        paging=Paging(start, counts.people),
        columns=columns_of(counts, editions, ctx.language),
    )


@page(blueprint, "/register/critical", needs=Permission.SEE_REGISTER)
def critical(ctx: Context) -> Response:
    """Where a unit has to have so many people who can show a course: below, nobody to spare, enough; until when."""
    where = place(ctx, unit_asked())
    found = critical_coverage(ctx, unit_asked())
    start = first_row()
    return render(
        "employer/critical.html",
        place=where,
        units=units_to_choose(where),
        rows=with_last_days(ctx, found[start : start + ROWS]),
        paging=Paging(start, len(found)),
        to_rows=to_rows,
        how_many={spare.value: sum(each.spare is spare for each in found) for spare in Spare},
        courses=courses(ctx, {each.course for each in found}),
    )
