"""Read which outcomes of courses a unit misses, in steps and never of single people.

What may be told of exams is in `lms.learning.outcome_rules`.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Date,
    Select,
    and_,
    bindparam,
    func,
    or_,
    select,
)

from lms.base.access import Permission
from lms.base.context import Context
from lms.base.db import Fact, UtcTime
from lms.base.statements import EMPLOYER, built_once
from lms.catalogue import queries as catalogue
from lms.catalogue.values import Edition
from lms.learning.attempts import IS_FINISHED
from lms.learning.figure_rules import HowMany, counted_before, counted_until
from lms.learning.models import Attempt
from lms.learning.outcome_rules import Result, Tree, groups_in, missed_outcomes, told_by_passing
from lms.organisation.models import Employment, Person, Unit, UnitPlacement

_UNTIL = bindparam("until", type_=UtcTime())
_LAST_DAY = bindparam("last_day", type_=Date)


def _as_known(fact: type[Fact]) -> ColumnElement[bool]:
    """SQL condition: the fact was true on the last day that counts, as far as was known when it ended."""
    return and_(
        fact.recorded_at < _UNTIL,
        or_(fact.superseded_at.is_(None), fact.superseded_at >= _UNTIL),
        fact.valid_from <= _LAST_DAY,
        or_(fact.valid_to.is_(None), fact.valid_to >= _LAST_DAY),
    )


_WORKING = (
    select(
        Employment.person_id,
        Employment.unit_id,
        func.row_number()
        .over(
            partition_by=Employment.person_id,
            order_by=(Employment.valid_from.desc(), Employment.percent.desc(), Employment.unit_id.desc()),
        )
        .label("nth"),
    )
    .join(Person, and_(Person.employer_id == Employment.employer_id, Person.id == Employment.person_id))
    .where(Employment.employer_id == EMPLOYER, _as_known(Employment), Person.protected.is_(False))
    .subquery()
)
_EXAMS = (
    select(_WORKING.c.unit_id, _WORKING.c.person_id, Attempt.edition_id, Attempt.solid)
    .outerjoin(
        Attempt,
        and_(
            Attempt.employer_id == EMPLOYER,
            Attempt.person_id == _WORKING.c.person_id,
            Attempt.kind == "exam",
            Attempt.solid.is_not(None),
            Attempt.closed_at < _UNTIL,
            IS_FINISHED,
        ),
    )
    .where(_WORKING.c.nth == 1, _WORKING.c.unit_id.in_(bindparam("inside", expanding=True)))
    .order_by(Attempt.closed_at, Attempt.id)
)


@built_once
def _units(in_reach: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    return (
        select(Unit.id, UnitPlacement.parent_id, Unit.public_id, in_reach.label("in_reach"))
        .join(
            UnitPlacement,
            and_(UnitPlacement.employer_id == Unit.employer_id, UnitPlacement.unit_id == Unit.id),
        )
        .where(Unit.employer_id == EMPLOYER, _as_known(UnitPlacement))
    )


@dataclass(frozen=True, slots=True)
class CourseOutcomes:
    """A course with about how many miss each of its outcomes, in steps."""

    edition: Edition
    outcomes: Mapping[str, HowMany]


def unit_outcomes(ctx: Context, unit_id: UUID) -> list[CourseOutcomes]:
    """The courses of which enough people of a unit in the actor's reach have taken the exam.

    Units and people are those of the last day before this month, as they were known then: nobody who comes or
    leaves changes anything before the next. Who works in several units is counted in the one where they began last,
    a protected identity nowhere from the moment it is one, for that goes before all figures. Exams count from the
    month after, whichever edition they were of; the outcomes are those of the newest. Four statements at most.

    What this cannot hide: where one person comes to a unit or leaves it, or comes to be protected, or units are moved,
    people count in other groups or batches, and a step that moves says something of those few.
    """
    in_reach = ctx.reach(Permission.SEE_TEAM, Unit.path)
    as_known = {
        "until": counted_before(ctx.today, ctx.time_zone),
        "last_day": counted_until(ctx.today) - timedelta(days=1),
    }
    units = ctx.rows(_units(in_reach), **as_known).all()
    unit = next((row.id for row in units if row.public_id == unit_id and row.in_reach), None)
    if unit is None:
        return []
    tree = Tree.of({row.id: row.parent_id for row in units})
    rows = ctx.rows(_EXAMS, inside=sorted(tree.inside(unit)), **as_known).all()
    people: dict[int, set[int]] = defaultdict(set)
    for row in rows:
        people[row.unit_id].add(row.person_id)
    groups = groups_in(unit, tree, people)
    taken = [row for row in rows if row.edition_id is not None]
    editions = catalogue.editions(ctx, {row.edition_id for row in taken})
    results: dict[str, list[Result]] = defaultdict(list)
    for row in taken:
        edition = editions[row.edition_id]
        asked = frozenset(edition.outcomes) - told_by_passing(edition)
        results[edition.course].append(Result(row.person_id, asked, row.solid))
    return [
        CourseOutcomes(edition, outcomes)
        for edition in catalogue.current_editions(ctx)
        if (outcomes := missed_outcomes(groups, edition.outcomes, results[edition.course]))
    ]
