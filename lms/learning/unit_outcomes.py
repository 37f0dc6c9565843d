"""Read which outcomes of courses a unit misses, in steps and never of single people.

Exams count by whole eights: the first ones of eight people of a unit, in the order in which they finished, then the
second ones of eight, and so on. Of each person the last one stands that is among them, so no exam moves a step alone.
"""

import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Date, Select, Text, and_, bindparam, cast, func, or_, select

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
_ALIKE = (_TAKEN.c.unit_id, _TAKEN.c.course, _TAKEN.c.time)
_PLACED = select(
    _TAKEN,
    func.row_number().over(partition_by=_ALIKE, order_by=(_TAKEN.c.closed_at, _TAKEN.c.id)).label("place"),
    func.count().over(partition_by=_ALIKE).label("of"),
).subquery()
_OF_PERSON = (_PLACED.c.person_id, _PLACED.c.course)
_IN_EIGHTS = (
    select(
        _PLACED,
        func.row_number().over(partition_by=_OF_PERSON, order_by=_PLACED.c.time.desc()).label("from_last"),
    )
    .where(_PLACED.c.place <= _PLACED.c.of - _PLACED.c.of % LEAST_OF_UNIT)
    .subquery()
)
_ALIKE_IN_IT = (_IN_EIGHTS.c.unit_id, _IN_EIGHTS.c.edition_id, _IN_EIGHTS.c.solid)
_RESULTS = select(*_ALIKE_IN_IT, func.count()).where(_IN_EIGHTS.c.from_last == 1).group_by(*_ALIKE_IN_IT)


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
    a protected identity nowhere from the moment it is one, for that goes before all figures. People of a unit with
    fewer than eight such exams are not counted in those above it either. Exams count from the month after, whichever
    edition they were of; the outcomes are those of the newest. Four statements at most.

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
    rows = ctx.rows(_RESULTS, **as_known).all()
    editions = catalogue.editions(ctx, {row.edition_id for row in rows})
    results: dict[str, list[Results]] = defaultdict(list)
    for works_in, edition_id, solid, people in rows:
        taught = editions[edition_id]
        results[taught.course].append(Results(works_in, people, taught.outcomes, json.loads(solid)))
    return [
        CourseOutcomes(edition, outcomes)
        for edition in catalogue.current_editions(ctx)
        if (outcomes := missed_outcomes(unit, tree, edition.outcomes, results[edition.course]))
    ]
