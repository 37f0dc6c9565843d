"""Say who must have what: requirements in versions, and what a change would do to people before it is made."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID, uuid4

from sqlalchemy import and_, or_, select

from lms.base.access import Permission
from lms.base.context import Context
from lms.base.errors import Conflict, Invalid, NotFound
from lms.catalogue import queries as catalogue
from lms.organisation.facts import revise
from lms.organisation.models import Unit
from lms.organisation.roles import KINDS, ROLES
from lms.organisation.writing import one_at_a_time
from lms.register.actions import fit_duties
from lms.register.described import versions
from lms.register.duty_rules import DAY, WHOLE, Version
from lms.register.models import Requirement
from lms.register.requirement_effects import Effects, effects

LONGEST = 2_000  # days until something is due; more is a slip of the hand


@dataclass(frozen=True, slots=True)
class Terms:
    """What a requirement says: of which course, in which unit and below (None: everywhere), for whom, by when, why."""

    course: str
    reason: str
    source: str
    due_days: int
    unit: Unit | None = None
    roles: tuple[str, ...] = ()  # empty: every role
    kinds: tuple[str, ...] = ()  # of employment; empty: every kind
    not_before: date | None = None  # not before this day

    def faults(self) -> dict[str, str]:
        """Codes of what is wrong, by field."""
        found = {}
        if not self.reason.strip():
            found["reason"] = "missing"
        if not self.source.strip():
            found["source"] = "missing"
        if not 0 <= self.due_days <= LONGEST:
            found["due_days"] = "negative" if self.due_days < 0 else "too_many"
        if not set(self.roles) <= ROLES.keys():
            found["roles"] = "unknown"
        if not set(self.kinds) <= KINDS.keys():
            found["kinds"] = "unknown"
        return found

    def columns(self) -> dict[str, object]:
        """As a row has them."""
        return {
            "course": self.course,
            "unit_id": self.unit.id if self.unit else None,
            "roles": sorted(set(self.roles), key=list(ROLES).index),
            "kinds": sorted(set(self.kinds), key=list(KINDS).index),
            "due_days": self.due_days,
            "not_before": self.not_before,
            "reason": self.reason.strip(),
            "source": self.source.strip(),
        }


def set_requirement(ctx: Context, terms: Terms, *, valid_from: date) -> Requirement:
    """State that everybody whom the terms describe must have a course, from a day on.

    Fits everybody at once, those who were already there too. Raises Invalid (faults by field) and NotFound, if there
    is no such course, or the unit is not the actor's to speak for.
    """
    ctx.require(Permission.SET_REQUIREMENT)
    _check(ctx, terms)
    one_at_a_time(ctx)
    rule = uuid4()
    requirement = _add(ctx, rule, terms, valid_from)
    ctx.note("requirement.set", requirement, course=terms.course, due_days=terms.due_days)
    fit_duties(ctx)
    return requirement


def change_requirement(ctx: Context, rule: UUID, terms: Terms, *, valid_from: date) -> Requirement:
    """Let a requirement say something else from a day on; what it said until then stays on record.

    From its first day, or from one before, it is corrected: it never said anything else. The course stays the same.
    Raises as `set_requirement`, and Conflict if the requirement has ended by then.
    """
    ctx.require(Permission.SET_REQUIREMENT)
    one_at_a_time(ctx)
    current = _in_force(ctx, rule)
    _check(ctx, terms)
    if terms.course != current.course:
        raise Invalid({"course": "other"})
    if current.valid_to is not None and current.valid_to < valid_from:
        raise Conflict("ended")
    if valid_from <= current.valid_from:
        changed = revise(ctx, current, **terms.columns(), valid_from=valid_from)
    else:
        last = current.valid_to
        revise(ctx, current, valid_to=valid_from - DAY)
        changed = _add(ctx, rule, terms, valid_from, last)
    ctx.note("requirement.changed", changed, course=terms.course, due_days=terms.due_days)
    fit_duties(ctx)
    return changed


def end_requirement(ctx: Context, rule: UUID, *, last_day: date) -> Requirement:
    """Let a requirement end with a day. Raises NotFound, and Invalid if it had not begun by then."""
    ctx.require(Permission.SET_REQUIREMENT)
    one_at_a_time(ctx)
    current = _in_force(ctx, rule)
    if last_day < current.valid_from:
        raise Invalid({"last_day": "before_first_day"})
    revise(ctx, current, valid_to=last_day)
    ctx.note("requirement.ended", current, last_day=last_day.isoformat())
    fit_duties(ctx)
    return current


def effects_of_setting(ctx: Context, terms: Terms, *, valid_from: date, rule: UUID | None = None) -> Effects:
    """What `set_requirement` would do, or with a `rule` `change_requirement`; writes nothing. Raises as they do."""
    ctx.require(Permission.SET_REQUIREMENT)
    _check(ctx, terms)
    current = _in_force(ctx, rule) if rule else None
    now = versions(ctx)
    last = current.valid_to if current else None
    path = terms.unit.path if terms.unit else WHOLE
    new = Version(
        0, rule or uuid4(), terms.course, path, frozenset(terms.roles), frozenset(terms.kinds), valid_from, last,
        terms.due_days, terms.not_before, terms.reason,
    )  # fmt: skip
    return effects(
        ctx, terms.course, now, [*_ended(now, new.rule, valid_from), new], max(valid_from, ctx.today)
    )


def effects_of_ending(ctx: Context, rule: UUID, *, last_day: date) -> Effects:
    """What `end_requirement` would do; writes nothing. Raises NotFound."""
    ctx.require(Permission.SET_REQUIREMENT)
    current, now = _in_force(ctx, rule), versions(ctx)
    first_without = last_day + DAY
    return effects(
        ctx, current.course, now, list(_ended(now, rule, first_without)), max(first_without, ctx.today)
    )


def _ended(known: Iterable[Version], rule: UUID, from_day: date) -> Iterator[Version]:
    """The versions there would be if those of one requirement held only before a day."""
    for version in known:
        if version.rule != rule or (version.last is not None and version.last < from_day):
            yield version
        elif version.first < from_day:
            yield replace(version, last=from_day - DAY)


def _add(
    ctx: Context, rule: UUID, terms: Terms, valid_from: date, valid_to: date | None = None
) -> Requirement:
    requirement = Requirement(
        employer_id=ctx.employer_id,
        rule=rule,
        valid_from=valid_from,
        valid_to=valid_to,
        recorded_at=ctx.now,
        **terms.columns(),
    )
    ctx.db.add(requirement)
    ctx.db.flush()
    return requirement


def _check(ctx: Context, terms: Terms) -> None:
    """Refuse what is wrong in itself, and what the actor may not say."""
    paths = ctx.require(Permission.SET_REQUIREMENT).paths(Permission.SET_REQUIREMENT)
    place = terms.unit.path if terms.unit else WHOLE
    if not any(place.startswith(path) for path in paths):
        raise NotFound
    if faults := terms.faults():
        raise Invalid(faults)
    if not catalogue.chain(ctx, terms.course):
        raise NotFound


def _in_force(ctx: Context, rule: UUID) -> Requirement:
    """The last version of a requirement that is the actor's to change. Raises NotFound."""
    found = ctx.db.scalars(
        select(Requirement)
        .outerjoin(Unit, and_(Unit.employer_id == Requirement.employer_id, Unit.id == Requirement.unit_id))
        .where(
            Requirement.employer_id == ctx.employer_id,
            or_(Requirement.rule == rule, and_(Requirement.rule.is_(None), Requirement.public_id == rule)),
            Requirement.superseded_at.is_(None),
            ctx.reach(Permission.SET_REQUIREMENT, Unit.path),
        )
        .order_by(Requirement.valid_from.desc())
    ).first()
    if found is None:
        raise NotFound
    return found
