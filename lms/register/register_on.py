"""The register of a day: that of today is kept, that of a past day worked out; the same rows for all who ask for it."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from lms.base.access import Permission
from lms.base.context import Context
from lms.base.errors import Conflict
from lms.register.queries import CourseCoverage, Filter, RegisterRow, coverage, register_rows
from lms.register.register_then import MOST, Compared, Then, compared, people_then, rows_then
from lms.register.rules import COUNTS_AS_KNOWN, State


@dataclass(frozen=True, slots=True)
class RegisterPage:
    """Some rows of the register of a day, and what is to be said of all of them."""

    rows: Sequence[RegisterRow]
    size: int  # of the whole list
    coverage: Sequence[CourseCoverage]
    marked: frozenset[int] = frozenset()  # places of the rows that are known to have been otherwise
    differing: int = 0  # rows of the whole list that are, and rows that only now are known


def rows_on(
    ctx: Context, then: Then | None, narrowed: Filter, *, permission: Permission = Permission.SEE_REGISTER
) -> Iterator[RegisterRow]:
    """All rows of a day (None: of today), in the order of the register, as they are found.

    Raises Invalid if the day lies ahead.
    """
    ctx.require(permission)
    if then is None:
        return register_rows(ctx, narrowed, permission=permission)
    return rows_then(ctx, then, narrowed, permission=permission)


def page_on(ctx: Context, then: Then | None, narrowed: Filter, *, start: int, limit: int) -> RegisterPage:
    """Some of the rows of a day, with coverage of all. Two statements for today; for a past day as many as for one row.

    Raises Conflict("too_many_people") for a past day of more people than fit on a screen, Invalid for one ahead.
    """
    ctx.require(Permission.SEE_REGISTER)
    if then is None:
        covered = coverage(ctx, narrowed)
        rows = list(register_rows(ctx, narrowed, start=start, limit=limit))
        return RegisterPage(rows, sum(part.rows for part in covered), covered)
    _limit(ctx, then, narrowed)
    if then.known_on is None:
        all_rows = list(rows_then(ctx, then, narrowed))
        return RegisterPage(all_rows[start : start + limit], len(all_rows), _coverage(all_rows))
    pairs = compared(ctx, then, narrowed)
    shown = [(pair.then, pair.differs) for pair in pairs if pair.then and pair.fitted]
    here = shown[start : start + limit]
    return RegisterPage(
        [row for row, _differs in here],
        len(shown),
        _coverage(row for row, _differs in shown),
        frozenset(place for place, (_row, differs) in enumerate(here) if differs),
        sum(pair.differs for pair in pairs),
    )


def differences_on(ctx: Context, then: Then, narrowed: Filter) -> list[Compared]:
    """What was known of a day on a day and is known to be otherwise now, both. Raises as `page_on`."""
    ctx.require(Permission.SEE_REGISTER)
    _limit(ctx, then, narrowed)
    return [pair for pair in compared(ctx, then, narrowed) if pair.differs]


def _limit(ctx: Context, then: Then, narrowed: Filter) -> None:
    people = people_then(ctx, then, narrowed)
    if people > MOST:
        raise Conflict("too_many_people", people=people, most=MOST)


def _coverage(rows: Iterable[RegisterRow]) -> list[CourseCoverage]:
    """Counted as `coverage` counts: per course, how many of the rows are known, asked and exempt."""
    states: dict[str, Counter[State]] = {}
    for row in rows:
        states.setdefault(row.course, Counter())[row.state] += 1
    return [
        CourseCoverage(
            course,
            sum(found[state] for state in COUNTS_AS_KNOWN),
            found.total() - found[State.EXEMPT],
            found[State.EXEMPT],
        )
        for course, found in sorted(states.items())
    ]
