"""Keep the status of duties from the facts, and with it the coverage of the units concerned."""

from collections.abc import Collection, Iterable, Mapping, Sequence

from sqlalchemy import Integer, String, bindparam, select

from lms.base.context import Context
from lms.base.statements import EMPLOYER
from lms.organisation.bulk import add_many, in_parts, update_many
from lms.register.coverage import recount
from lms.register.dates import FOLLOWING, OF_THE_POST, status_dates
from lms.register.models import Duty, Status
from lms.register.rounds import starts

KEPT = ("proof_id", *FOLLOWING, *OF_THE_POST)

_KNOWN = select(Status.id, Status.duty_id, *(getattr(Status, name) for name in KEPT)).where(
    Status.employer_id == EMPLOYER, Status.duty_id.in_(bindparam("duties", type_=Integer, expanding=True))
)


def refresh_status(ctx: Context, duty_ids: Iterable[int]) -> int:
    """Work out the dates of some duties anew; returns how many statuses said something else.

    Open: with `add_statuses` the one place that writes status; its callers have changed a fact. A bounded number of
    statements for each 5,000 duties.
    """
    changed = 0
    touched: set[tuple[int, str]] = set()
    for some in in_parts(sorted(set(duty_ids))):
        now, rows = status_dates(ctx, some), []
        for status in ctx.rows(_KNOWN, duties=some).mappings():
            columns = now[status["duty_id"]]
            if any(status[name] != columns[name] for name in KEPT):
                rows.append({"row_id": status["id"], **columns})
                touched |= {
                    (each["unit_id"], each["course"]) for each in (status, columns) if each["unit_id"]
                }
        update_many(ctx, Status, rows)
        changed += len(rows)
    for row in ctx.db.identity_map.values():  # what the session has read of them is old now
        if isinstance(row, Status):
            ctx.db.expire(row)
    recount(ctx, touched)
    return changed


def add_statuses(ctx: Context, duties: Mapping[int, tuple[int, str]]) -> None:
    """Enter the status of new duties: (person, course) by duty. Bounded as `refresh_status`.

    Open: called by the making of duties.
    """
    started = starts(
        ctx, {person for person, _course in duties.values()}, {course for _person, course in duties.values()}
    )
    touched: set[tuple[int, str]] = set()
    for some in in_parts(list(duties)):
        dates = status_dates(ctx, some)
        rows = [
            {
                "employer_id": ctx.employer_id,
                "duty_id": duty,
                "started_on": started.get(duties[duty]),
                **dates[duty],
            }
            for duty in some
        ]
        add_many(ctx, Status, rows)
        touched |= {(row["unit_id"], row["course"]) for row in rows}
    recount(ctx, touched)


def duties_of(ctx: Context, people: Collection[int], course: str | None = None) -> Sequence[int]:
    """The duties of some people, all or at one course.

    Open: asked by the actions that then refresh their status.
    """
    query = _DUTIES if course is None else _DUTIES_AT
    return [
        row.id
        for some in in_parts(sorted(people))
        for row in ctx.rows(query, people=some, **({} if course is None else {"course": course}))
    ]


_DUTIES = select(Duty.id).where(
    Duty.employer_id == EMPLOYER, Duty.person_id.in_(bindparam("people", type_=Integer, expanding=True))
)
_DUTIES_AT = _DUTIES.where(Duty.course == bindparam("course", type_=String))
