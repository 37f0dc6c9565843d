"""Read which outcomes of courses a unit misses, in steps and never of single people."""

import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, Text, and_, bindparam, cast, func, select

from lms.base.access import Permission
from lms.base.context import Context
from lms.base.statements import EMPLOYER, TODAY, built_once
from lms.catalogue import queries as catalogue
from lms.catalogue.values import Edition
from lms.learning.models import Attempt
from lms.learning.outcome_rules import Missing, Results, counted_until, missed_outcomes
from lms.organisation.models import Employment, Person, Unit
from lms.organisation.people import is_seen
from lms.organisation.queries import REACHED, in_force, units_reached


@dataclass(frozen=True, slots=True)
class CourseOutcomes:
    """A course with how many miss each of its outcomes, in steps."""

    edition: Edition
    outcomes: Mapping[str, Missing]


def unit_outcomes(ctx: Context, unit_id: UUID | None = None) -> list[CourseOutcomes]:
    """The courses of which at least five people who work today in the actor's units have taken the exam.

    Of each person the last exam counts that was finished before this month, whichever edition it was of; the
    outcomes are those of the newest. Three statements at most.
    """
    in_reach = ctx.reach(Permission.SEE_TEAM, REACHED.path)
    first_day = counted_until(ctx.today)
    until = datetime.combine(first_day, time(), ZoneInfo(ctx.time_zone)).astimezone(UTC)
    query = _results(in_reach, is_seen(ctx), in_unit=unit_id is not None)
    rows = ctx.rows(query, unit=unit_id, until=until).all()
    editions = catalogue.editions(ctx, {row.edition_id for row in rows})
    results: dict[str, list[Results]] = defaultdict(list)
    for edition_id, solid, people in rows:
        taught = editions[edition_id]
        results[taught.course].append(Results(people, taught.outcomes, json.loads(solid)))
    return [
        CourseOutcomes(edition, outcomes)
        for edition in catalogue.current_editions(ctx)
        if (outcomes := missed_outcomes(edition.outcomes, results[edition.course]))
    ]


@built_once
def _results(
    in_reach: ColumnElement[bool], seen: ColumnElement[bool], *, in_unit: bool
) -> Select[*tuple[Any, ...]]:
    people = (
        select(Employment.person_id)
        .join(Person, and_(Person.employer_id == Employment.employer_id, Person.id == Employment.person_id))
        .join(Unit, and_(Unit.employer_id == Employment.employer_id, Unit.id == Employment.unit_id))
        .where(
            Employment.employer_id == EMPLOYER,
            Employment.unit_id.in_(units_reached(in_reach, in_unit=in_unit)),
            in_force(Employment, TODAY),
            seen,
        )
    )
    last = (
        select(
            Attempt.edition_id,
            cast(Attempt.solid, Text).label("solid"),
            func.row_number()
            .over(partition_by=(Attempt.person_id, Attempt.course), order_by=Attempt.id.desc())
            .label("nth"),
        )
        .where(
            Attempt.employer_id == EMPLOYER,
            Attempt.person_id.in_(people),
            Attempt.kind == "exam",
            Attempt.solid.is_not(None),
            Attempt.closed_at < bindparam("until", type_=Attempt.closed_at.type),
        )
        .subquery()
    )
    return (
        select(last.c.edition_id, last.c.solid, func.count())
        .where(last.c.nth == 1)
        .group_by(last.c.edition_id, last.c.solid)
    )
