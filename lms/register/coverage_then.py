"""Count units and courses as they were on a day that is past: the counts of coverage, from facts, not statuses."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date

from sqlalchemy import select

from lms.base.context import Context
from lms.organisation.models import Person
from lms.register.coverage import FIGURES, Place
from lms.register.history import facts, ledger
from lms.register.history_rules import Cell
from lms.register.rules import State

AT_ONCE = 500  # people whose facts are in memory


def counts_then(ctx: Context, day: date) -> dict[Place, dict[str, int]]:
    """What `counts` of coverage would have said when a day ended, as was known then.

    Open: called by what builds a history (the demo). Three statements, and eight for each 500 people.
    """
    counted: dict[Place, dict[str, int]] = defaultdict(lambda: dict.fromkeys(FIGURES, 0))
    for cells in _cells(ctx, day):
        asked: dict[Place, list[Cell]] = defaultdict(list)
        for cell in cells:
            if cell.state not in {State.EXEMPT, State.NOT_REQUIRED}:
                asked[cell.post.unit_id, cell.course].append(cell)
        for place, of_place in asked.items():
            known = [_is_known(cell, day) for cell in of_place]
            percents = [cell.post.percent for cell in of_place]
            figures = (
                len(of_place), sum(known), sum(percents),
                sum(percent for percent, can in zip(percents, known, strict=True) if can), 1, int(all(known)),
            )  # fmt: skip
            for name, figure in zip(FIGURES, figures, strict=True):
                counted[place][name] += figure
    return dict(counted)


def _cells(ctx: Context, day: date) -> Iterator[list[Cell]]:
    """The cells of each person."""
    own = select(Person.id).where(Person.employer_id == ctx.employer_id).order_by(Person.id)
    people, book = ctx.db.scalars(own).all(), ledger(ctx, day, ctx.end_of(day))
    for start in range(0, len(people), AT_ONCE):
        for known in facts(ctx, book, people[start : start + AT_ONCE]).values():
            yield list(book.cells(known))


def _is_known(cell: Cell, day: date) -> bool:
    """Whether the person can show it on the day, due or not."""
    dates = cell.standing
    return dates.achieved_on is not None and (dates.expires_on is None or dates.expires_on >= day)
