"""Read which outcomes of courses a unit misses, in steps and never of single people.

Exams count by whole eights: the first ones of eight people in a unit or below it, in the order in which they finished,
then the second ones of eight, and so on. Of each person the last one stands that is among them, so no exam moves a step
alone.
"""

import json
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
    Subquery,
    Text,
    and_,
    bindparam,
    cast,
    func,
    literal,
    or_,
    select,
    union_all,
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
from lms.learning.outcome_rules import LEAST_OF_UNIT, Results, Tree, missed_outcomes
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
_WHEN = (Attempt.closed_at, Attempt.id)
_TAKEN = (
    select(
        _WORKING.c.unit_id, Attempt.person_id, Attempt.course, Attempt.edition_id,
        cast(Attempt.solid, Text).label("solid"), *_WHEN,
        func.row_number().over(partition_by=(Attempt.person_id, Attempt.course), order_by=_WHEN).label("time"),
    )
    .join(_WORKING, _WORKING.c.person_id == Attempt.person_id)
    .where(
        Attempt.employer_id == EMPLOYER,
        Attempt.kind == "exam",
        Attempt.solid.is_not(None),
        Attempt.closed_at < _UNTIL,
        IS_FINISHED,
        _WORKING.c.nth == 1,
    )
    .subquery()
)  # fmt: skip


def _last_of_each(taken: Subquery, name: str) -> Select[*tuple[Any, ...]]:
    """Of exams the last one of each person in each course, those with the same result summed, under a name."""
    of_person = (taken.c.person_id, taken.c.course)
    last = select(
        taken,
        func.row_number().over(partition_by=of_person, order_by=taken.c.time.desc()).label("from_last"),
    ).subquery()
    alike = (last.c.unit_id, last.c.edition_id, last.c.solid)
    return select(literal(name), *alike, func.count()).where(last.c.from_last == 1).group_by(*alike)


_ALIKE = (_TAKEN.c.course, _TAKEN.c.time)
_PLACED = (
    select(
        _TAKEN,
        func.row_number()
        .over(partition_by=_ALIKE, order_by=(_TAKEN.c.closed_at, _TAKEN.c.id))
        .label("place"),
        func.count().over(partition_by=_ALIKE).label("of"),
    )
    .where(_TAKEN.c.unit_id.in_(bindparam("inside", expanding=True)))
    .subquery()
)
_IN_EIGHTS = select(_PLACED).where(_PLACED.c.place <= _PLACED.c.of - _PLACED.c.of % LEAST_OF_UNIT).subquery()
_RESULTS = union_all(_last_of_each(_TAKEN, "all"), _last_of_each(_IN_EIGHTS, "counted"))


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
    """A course with how many miss each of its outcomes, in steps."""

    edition: Edition
    outcomes: Mapping[str, HowMany]


def unit_outcomes(ctx: Context, unit_id: UUID) -> list[CourseOutcomes]:
    """The courses of which enough people of a unit in the actor's reach have taken the exam.

    Units and people are those of the last day before this month, as they were known then: nobody who comes or
    leaves changes anything before the next. Who works in several units is counted in the one where they began last,
    a protected identity nowhere from the moment it is one, for that goes before all figures. Exams count from the
    month after, whichever edition they were of; the outcomes are those of the newest. Four statements at most.

    What this cannot hide: where one person leaves a unit of more than eight, or comes to be protected, another may be
    counted in their place, and a step that moves says something of the two.
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
    rows = ctx.rows(_RESULTS, inside=sorted(tree.inside(unit)), **as_known).all()
    editions = catalogue.editions(ctx, {row.edition_id for row in rows})
    results: dict[tuple[str, str], list[Results]] = defaultdict(list)
    for name, works_in, edition_id, solid, people in rows:
        taught = editions[edition_id]
        results[name, taught.course].append(Results(works_in, people, taught.outcomes, json.loads(solid)))
    found = []
    for edition in catalogue.current_editions(ctx):
        everybody, counted = results["all", edition.course], results["counted", edition.course]
        if outcomes := missed_outcomes(unit, tree, edition.outcomes, everybody, counted):
            found.append(CourseOutcomes(edition, outcomes))
    return found
