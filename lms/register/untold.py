"""Since when what was to be said to somebody, or of them, was not said: who was away, exempt, or new to the ledger."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Row,
    Select,
    func,
    literal,
    or_,
    select,
    true,
    union,
    union_all,
)
from sqlalchemy.orm import aliased

from lms.base.context import Context
from lms.messages.rules import Quiet
from lms.organisation.models import Absence
from lms.register.deadline_rules import BEGINNING, Deadline, Nearing
from lms.register.described import known_end
from lms.register.duty_rules import DAY, Days, merged
from lms.register.models import Dispensation, Duty, Status

_EARLIER = aliased(Duty)


def lacks(ctx: Context) -> ColumnElement[bool]:
    """SQL condition: nothing shows today that somebody knows it.

    Open: a condition only.
    """
    return or_(Status.achieved_on.is_(None), Status.achieved_on > ctx.today, Status.expires_on < ctx.today)


@dataclass(frozen=True)
class Untold:
    """What was not said although its day had come; it is to be said now, once.

    Who was away or exempt on `since` and is no more has heard nothing from the first day of that time on. Of what was
    overdue already when the ledger first knew of it, nothing was ever said: that is made up for on the day after.
    """

    ctx: Context
    since: date  # the day up to which all else was said
    quiet: Quiet

    def select(
        self, duties: Select[*tuple[Any, ...]], *days: ColumnElement[bool]
    ) -> Select[*tuple[Any, ...]]:
        """Duties to which one of some conditions on their days applies, and those of which something may be unsaid.

        With when each was first known. Each kind is found by its own index: most duties are near none of their days.
        """
        mine = Status.employer_id == self.ctx.employer_id
        known_at = (
            select(func.min(_EARLIER.created_at))
            .where(
                _EARLIER.employer_id == Duty.employer_id,
                _EARLIER.person_id == Duty.person_id,
                _EARLIER.course == Duty.course,
            )
            .correlate(Duty)
            .scalar_subquery()
        )
        is_late = (
            select(Status.id)
            .where(mine, Status.duty_id == Duty.id, Status.due_on < self.ctx.today, lacks(self.ctx))
            .correlate(Duty)
            .exists()
        )
        known_since = Duty.created_at > self.ctx.end_of(self.since - DAY)
        spared = self._times(self.since, self.ctx.today).subquery()
        some = union(
            *(select(Status.duty_id).where(mine, each) for each in days),
            select(Duty.id).where(Duty.employer_id == self.ctx.employer_id, known_since, is_late),
            select(Duty.id).where(
                Duty.employer_id == self.ctx.employer_id, Duty.person_id.in_(select(spared.c.person_id))
            ),
        )
        return duties.add_columns(known_at.label("known_at")).where(Duty.id.in_(some))

    def since_of(self, row: Row[*tuple[Any, ...]], found: Deadline) -> date:
        """The day after which it is to be said, by a row of the select."""
        spared = (self._spared.get((row.person_id, of)) for of in ("", found.course))
        since = min((first - DAY for first in spared if first), default=self.since)
        known_on = self.ctx.day_of(row.known_at)
        if found.kind is not Nearing.OVERDUE or known_on < since:
            return since
        return BEGINNING if known_on < self.ctx.today else self.ctx.today

    @cached_property
    def _spared(self) -> dict[tuple[int, str], date]:
        """The first day of the times that are over now, by person and course (empty: away from all). One statement.

        Times that touch are one, also where only days off lie between: sick leave may come in week by week.
        """
        over = self._times(self.since, self.ctx.today).subquery()
        every = self._times().subquery()
        times: dict[tuple[int, str], list[Days]] = defaultdict(list)
        rows = select(every).where(every.c.person_id.in_(select(over.c.person_id)))
        for person_id, course, first, said in self.ctx.db.execute(rows):
            last = known_end(said)
            times[person_id, course].append((first, None if last is None else self._until_work(last)))
        return {
            of: first
            for of, all_times in times.items()
            for first, last in merged(all_times)
            if last is not None and first <= self.since <= last < self.ctx.today
        }

    def _until_work(self, last: date) -> date:
        while self.quiet.is_off(last + DAY):
            last += DAY
        return last

    def _times(
        self, since: date | None = None, today: date | None = None
    ) -> CompoundSelect[*tuple[Any, ...]]:
        """(person, course, first, last day) away or exempt; those that cover a day and are over on another."""
        kinds = (
            (Absence, literal(""), true()),
            (Dispensation, Dispensation.course, Dispensation.kind == "exemption"),
        )
        return union_all(
            *(
                select(fact.person_id, course.label("course"), fact.valid_from, fact.valid_to).where(
                    fact.employer_id == self.ctx.employer_id,
                    fact.superseded_at.is_(None),
                    kind,
                    *((fact.valid_from <= since, fact.valid_to >= since) if since else ()),
                    *((fact.valid_to < today,) if today else ()),
                )
                for fact, course, kind in kinds
            )
        )
