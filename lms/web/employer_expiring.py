"""What runs out, for the employer: the next proofs to end, and the year ahead month by month."""

from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from datetime import date, timedelta
from urllib.parse import urlencode
from uuid import UUID

from flask import request
from werkzeug.wrappers import Response

from lms.base.access import Permission
from lms.base.context import Context
from lms.register.coverage_queries import Place, place
from lms.register.expiring import PAGE, After, Expiry, Window, expiring, expiring_by_month
from lms.register.rules import add_months
from lms.web.blueprints import employer as blueprint
from lms.web.charts import heights
from lms.web.employer_places import courses, unit_asked, units_to_choose
from lms.web.navigation import address
from lms.web.pages import page, render

DAYS = (30, 60, 90)
MONTHS = 12


@page(blueprint, "/register/expiring", needs=Permission.SEE_REGISTER)
def expiring_soon(ctx: Context) -> Response:
    """What runs out in the next 30, 60 or 90 days, or in one month, soonest first."""
    where = place(ctx, unit_asked())
    days, month = _days(), _month(ctx.today)
    course = request.args.get("course", "")
    window = Window(*_between(ctx.today, days, month), _unit(where), course, is_leaf=not where.below)
    after = _after()
    rows = expiring(ctx, window, after, limit=PAGE + 1)
    counted = expiring_by_month(ctx, window)
    return render(
        "employer/expiring.html",
        place=where,
        units=units_to_choose(where),
        rows=rows[:PAGE],
        further=_further(rows[PAGE - 1]) if len(rows) > PAGE else "",
        is_further=after is not None,
        number=sum(sum(of.values()) for of in counted.values()),
        by_course=_by_course(counted),
        by_month={begins: sum(of.values()) for begins, of in sorted(counted.items())},
        courses=courses(ctx),
        course=course,
        days=days,
        choices=DAYS,
        month=month,
        month_key=request.args["month"] if month else "",
    )


@page(blueprint, "/register/expiring/year", needs=Permission.SEE_REGISTER)
def expiring_in_a_year(ctx: Context) -> Response:
    """How many proofs run out in each of the next twelve months, in all and of each course."""
    where = place(ctx, unit_asked())
    months = [add_months(ctx.today.replace(day=1), number) for number in range(MONTHS)]
    window = Window(
        ctx.today, add_months(months[-1], 1) - timedelta(days=1), _unit(where), is_leaf=not where.below
    )
    counted = expiring_by_month(ctx, window)
    numbers = [sum(counted.get(begins, {}).values()) for begins in months]
    return render(
        "employer/expiring_year.html",
        place=where,
        units=units_to_choose(where),
        months=list(zip(months, numbers, heights(numbers), strict=True)),
        counted=counted,
        total=sum(numbers),
        by_course=_by_course(counted),
        courses=courses(ctx, _by_course(counted)),
    )


def _unit(where: Place) -> UUID | None:
    """The unit to narrow to; nothing is narrowed where all is shown, so that nobody is left out."""
    return None if where.here is None or where.is_everything else where.here.public_id


def _days() -> int:
    days = request.args.get("days", DAYS[0], type=int)
    return days if days in DAYS else DAYS[0]


def _month(today: date) -> date | None:
    """The month in the address, as its first day; none that is over, and none where days are chosen instead."""
    if request.args.get("days"):
        return None
    with suppress(ValueError):
        begins = date.fromisoformat(f"{request.args.get('month', '')}-01")
        return begins if today.replace(day=1) <= begins < date.max.replace(day=1) else None
    return None


def _between(today: date, days: int, month: date | None) -> tuple[date, date]:
    if month is None:
        return today, today + timedelta(days=days)
    return max(today, month), add_months(month, 1) - timedelta(days=1)


def _by_course(counted: Mapping[date, Mapping[str, int]]) -> dict[str, int]:
    total: Counter[str] = Counter()
    for of in counted.values():
        total.update(of)
    return dict(total)


def _after() -> After | None:
    """The line in the address behind which the list goes on."""
    with suppress(ValueError, KeyError):
        return After(date.fromisoformat(request.args["after"]), UUID(request.args["behind"]))
    return None


def _further(last: Expiry) -> str:
    """Address of what comes behind a line; what the list is narrowed to stays."""
    kept = {name: value for name in ("unit", "course", "days", "month") if (value := request.args.get(name))}
    behind = {"after": last.expires_on.isoformat(), "behind": str(last.duty_id)}
    return f"{address('employer.expiring_soon')}?{urlencode(kept | behind)}"
