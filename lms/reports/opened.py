"""Who has opened the own record, and who took out the register in which it stands, over the last two years."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Date, and_, bindparam, case, or_, select
from sqlalchemy.orm import aliased

from lms.base.access import POLICY, WHOLE, Permission, Role
from lms.base.audit import AuditEntry
from lms.base.context import Context
from lms.base.db import UtcTime
from lms.base.statements import EMPLOYER, ME
from lms.organisation.models import Employment, Person, RoleGrant, Unit
from lms.organisation.people import name_unless_protected
from lms.organisation.queries import known_at
from lms.register.record_models import RecordView
from lms.register.views_kept import KEPT

FILE = "file"  # beside the pages of RecordView


@dataclass(frozen=True, slots=True)
class Opened:
    """On a day somebody has opened a page about the actor, or taken out the register of where the actor worked."""

    on: date
    page: str  # as in RecordView, or `file`
    name: str  # empty for a protected identity
    title: str  # empty for somebody who does not work here
    role: str
    unit: str = ""  # of the file


@dataclass(frozen=True, slots=True)
class _Place:
    """A unit where the actor worked, from a day to a day, with a unit that it is or lies below."""

    first: date
    last: date | None
    path: str
    name: str
    above: str  # public id

    def holds(self, day: date) -> bool:
        return self.first <= day and (self.last is None or day <= self.last)


def who_opened(ctx: Context) -> list[Opened]:
    """Everybody but the actor who has opened the own record, day by day, the newest first. Three statements.

    Open: own rows only.
    """
    opened = [Opened(*row) for row in ctx.rows(_VIEWS, since=ctx.today - KEPT)]
    return sorted((*opened, *_files(ctx)), key=lambda each: each.on, reverse=True)


def _title(person_id: Any, day: Any) -> Any:
    """SQL value: what somebody worked as on a day, or last before."""
    return (
        select(Employment.title)
        .where(
            Employment.employer_id == EMPLOYER,
            Employment.person_id == person_id,
            Employment.superseded_at.is_(None),
            Employment.valid_from <= day,
        )
        .order_by(Employment.valid_from.desc(), Employment.id.desc())
        .limit(1)
        .scalar_subquery()
    )


_NAME = name_unless_protected(Person)
_VIEWS = (
    select(
        RecordView.on, RecordView.page, _NAME,
        case((Person.protected, ""), else_=_title(RecordView.opened_by, RecordView.on)), RecordView.role,
    )
    .join(Person, and_(Person.employer_id == RecordView.employer_id, Person.id == RecordView.opened_by))
    .where(
        RecordView.employer_id == EMPLOYER,
        RecordView.person_id == ME,
        RecordView.on >= bindparam("since", type_=Date),
    )
    .order_by(RecordView.id.desc())
)  # fmt: skip
_ABOVE = aliased(Unit)
_PLACES = (
    select(Employment.valid_from, Employment.valid_to, Unit.path, Unit.name, _ABOVE.public_id)
    .join(Unit, and_(Unit.employer_id == Employment.employer_id, Unit.id == Employment.unit_id))
    .join(_ABOVE, and_(_ABOVE.employer_id == Unit.employer_id, Unit.path.startswith(_ABOVE.path)))
    .where(Employment.employer_id == EMPLOYER, Employment.person_id == ME, Employment.superseded_at.is_(None))
    .order_by(Employment.valid_from.desc())
)
_MAY_EXPORT = [role.value for role in Role if Permission.EXPORT_REGISTER in POLICY[role]]
_NODE = aliased(Unit)
_EXPORTS = (
    select(
        AuditEntry.id, AuditEntry.at, AuditEntry.facts, _NAME.label("name"), Person.protected,
        _title(AuditEntry.person_id, AuditEntry.at).label("title"),
        RoleGrant.role, RoleGrant.valid_from, RoleGrant.valid_to, _NODE.path,
    )
    .join(Person, and_(Person.employer_id == AuditEntry.employer_id, Person.id == AuditEntry.person_id))
    .join(
        RoleGrant,
        and_(
            RoleGrant.employer_id == AuditEntry.employer_id,
            RoleGrant.person_id == AuditEntry.person_id,
            known_at(RoleGrant, AuditEntry.at),  # who is ended that same day has taken it out all the same
            RoleGrant.role.in_(_MAY_EXPORT),
        ),
    )
    .outerjoin(_NODE, and_(_NODE.employer_id == RoleGrant.employer_id, _NODE.id == RoleGrant.unit_id))
    .where(
        AuditEntry.employer_id == EMPLOYER,
        AuditEntry.action == "register.exported",
        AuditEntry.at >= bindparam("since", type_=UtcTime()),
        or_(AuditEntry.person_id.is_(None), AuditEntry.person_id != ME),
    )
    .order_by(AuditEntry.id.desc())
)  # fmt: skip


def _files(ctx: Context) -> Iterable[Opened]:
    """Each file of the register in which a line of the actor may stand: who took it out could see where they worked."""
    places = [
        _Place(first, last, path, name, str(above)) for first, last, path, name, above in ctx.rows(_PLACES)
    ]
    told = set()
    for row in ctx.rows(_EXPORTS, since=ctx.now - KEPT) if places else ():
        day = ctx.day_of(row.at)
        of_day = date.fromisoformat(row.facts.get("day") or day.isoformat())  # a file may be of a past day
        place = _place_in_file(places, row.facts, of_day, row.path or WHOLE)
        was_held = row.valid_from <= day and (row.valid_to is None or day <= row.valid_to)
        if place and was_held and row.id not in told:
            told.add(row.id)
            title = "" if row.protected else row.title or ""
            yield Opened(day, FILE, row.name, title, row.role, place.name)


def _place_in_file(places: Iterable[_Place], facts: Mapping[str, Any], day: date, path: str) -> _Place | None:
    """Where the actor worked on a day, within a file: its unit (empty: all), and the node of who took it out."""
    for place in places:
        if place.holds(day) and place.path.startswith(path) and facts.get("unit", "") in {"", place.above}:
            return place
    return None
