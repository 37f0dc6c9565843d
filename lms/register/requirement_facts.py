"""The facts that say what a course asks of people and until when they can show it, as some versions would have it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import and_, or_, select

from lms.base.access import Permission
from lms.base.context import Context
from lms.organisation.bulk import in_parts
from lms.organisation.models import Employment, Unit
from lms.register.described import People
from lms.register.duty_rules import NEVER, Version
from lms.register.models import Dispensation, Duty, DutySource, Proof
from lms.register.rules import Reason, Relief, Shown, Standing, standing


@dataclass(frozen=True, slots=True)
class Outlook:
    """What is asked of somebody, in all their posts, and until when they can show it."""

    due_on: date
    knows_until: date | None  # last day; empty: there is nothing to show, NEVER: it does not run out
    renew_on: date  # NEVER: there is nothing to renew

    def knows(self, day: date) -> bool:
        """Whether the person can show it on a day."""
        return self.knows_until is not None and self.knows_until >= day

    def is_late(self, day: date) -> bool:
        """Whether it should have been shown before a day, and cannot be."""
        return self.due_on < day and not self.knows(day)


@dataclass(frozen=True, slots=True)
class Place:
    """Where an employment is: the unit, its path and name, since when."""

    path: str
    name: str
    first: date


Asked = dict[int, dict[int, list[Reason]]]  # by person and employment: why


@dataclass(frozen=True, slots=True)
class Facts:
    """What people can show, and what they are let off."""

    shown: Mapping[int, Sequence[Shown]]
    relief: Mapping[int, Sequence[Relief]]
    places: Mapping[int, Place]
    day: date

    def standing(self, person: int, post: int, reasons: Sequence[Reason]) -> Standing:
        """Where somebody stands on the day in one post."""
        path = self.places[post].path
        relief = [each for each in self.relief.get(person, ()) if path.startswith(each.path)]
        return standing(reasons, self.shown.get(person, ()), relief, None, self.day)[0]

    def outlook(self, person: int, asked: Asked) -> Outlook | None:
        """The strictest of all posts that are not exempt on the day."""
        found = [self.standing(person, post, reasons) for post, reasons in asked.get(person, {}).items()]
        return _strictest([each for each in found if not each.is_exempt(self.day)])


def _strictest(standings: Sequence[Standing]) -> Outlook | None:
    """The earliest dates of some standings; None: there are none."""
    if not standings:
        return None
    until = [each.expires_on or NEVER if each.achieved_on else None for each in standings]
    return Outlook(
        min(each.due_on or NEVER for each in standings),
        None if None in until else min(each for each in until if each is not None),
        min(each.renew_on or NEVER for each in standings),
    )


def places_on(ctx: Context, day: date) -> dict[int, Place]:
    """The employments that are not over by a day where the actor sets requirements, and their units. One statement.

    Open: called by the dry run, which is for who sets requirements.
    """
    return {
        row.id: Place(row.path, row.name, row.valid_from)
        for row in ctx.db.execute(
            select(Employment.id, Unit.path, Unit.name, Employment.valid_from)
            .join(Unit, and_(Unit.employer_id == Employment.employer_id, Unit.id == Employment.unit_id))
            .where(
                Employment.employer_id == ctx.employer_id,
                Employment.superseded_at.is_(None),
                or_(Employment.valid_to.is_(None), Employment.valid_to >= day),
                ctx.reach(Permission.SET_REQUIREMENT, Unit.path),
            )
        )
    }


def asked_by(known: People, places: Mapping[int, Place], asking: Iterable[Version], day: date) -> Asked:
    """Why each post in reach must show it, by requirements alone."""
    found: Asked = defaultdict(lambda: defaultdict(list))
    for person_id, asked in known.asked(asking, day):
        if asked.post.id in places:
            by = asked.version
            found[person_id][asked.post.id].append(Reason(asked.due_on, by.validity_months, by.renewal_days))
    return found


def add_assignments(ctx: Context, course: str, places: Mapping[int, Place], *asked: Asked) -> None:
    """Let what leads have assigned count too, before as after; it is a reason of its own. One statement.

    Open: called by the dry run, which is for who sets requirements.
    """
    rows = ctx.db.execute(
        select(Duty.person_id, Duty.employment_id, DutySource.due_on)
        .join(DutySource, and_(DutySource.employer_id == Duty.employer_id, DutySource.duty_id == Duty.id))
        .where(
            Duty.employer_id == ctx.employer_id,
            Duty.course == course,
            DutySource.assignment_id.is_not(None),
            DutySource.withdrawn_at.is_(None),
        )
    )
    for person_id, employment_id, due_on in rows:
        if employment_id in places:
            for each in asked:
                each[person_id][employment_id].append(Reason(due_on))


def proofs_shown(ctx: Context, course: str, person_ids: Sequence[int]) -> dict[int, list[Shown]]:
    """What each person can show of a course. One statement for each 5,000 people.

    Open: called by the dry run, which is for who sets requirements.
    """
    found: dict[int, list[Shown]] = defaultdict(list)
    for some in in_parts(person_ids):
        for person_id, *proof in ctx.db.execute(
            select(
                Proof.person_id, Proof.id, Proof.achieved_on, Proof.expires_on, Proof.renewal_due_on
            ).where(
                Proof.employer_id == ctx.employer_id,
                Proof.course == course,
                Proof.revoked_on.is_(None),
                Proof.person_id.in_(some),
            )
        ):
            found[person_id].append(Shown(*proof))  # type: ignore[arg-type]
    return found


def relief_from(ctx: Context, course: str) -> dict[int, list[Relief]]:
    """The dispensations from a course. One statement.

    Open: called by the dry run, which is for who sets requirements.
    """
    found: dict[int, list[Relief]] = defaultdict(list)
    for person_id, kind, first, last, path in ctx.db.execute(
        select(
            Dispensation.person_id, Dispensation.kind, Dispensation.valid_from, Dispensation.valid_to, Unit.path
        )
        .outerjoin(Unit, and_(Unit.employer_id == Dispensation.employer_id, Unit.id == Dispensation.unit_id))
        .where(
            Dispensation.employer_id == ctx.employer_id,
            Dispensation.course == course,
            Dispensation.superseded_at.is_(None),
        )
    ):  # fmt: skip
        found[person_id].append(Relief(kind, first, last or NEVER, path or "/"))  # type: ignore[arg-type]
    return found
