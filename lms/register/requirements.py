"""Say who must have what: requirements in versions, and what a change would do to people before it is made."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID, uuid4

from sqlalchemy import Row, and_, or_, select

from lms.base.access import Permission
from lms.base.context import Context
from lms.base.errors import Conflict, Invalid, NotFound
from lms.catalogue import queries as catalogue
from lms.organisation.bulk import note_many
from lms.organisation.facts import revise_many
from lms.organisation.models import RoleProfile, Unit
from lms.organisation.roles import KINDS, ROLES
from lms.organisation.writing import one_at_a_time
from lms.register.actions import fit_duties
from lms.register.described import versions
from lms.register.duty_rules import DAY, WHOLE, Version
from lms.register.models import Requirement
from lms.register.requirement_effects import Effects, effects

LONGEST_TEXT = 400  # characters of a reason or source
LONGEST = 2_000  # days until something is due; more is a slip of the hand
FARTHEST = 3_660  # days ahead that anything is said for
MONTHS = range(1, 121)  # a proof may count for
RENEWAL = range(366)  # days before its end in which a proof may be renewed
CRITICAL = range(1, 1_000)  # people of a unit
NO_RULE = UUID(int=0)

Cuts = dict[int, date | None]  # by version: its last day from now on; None: it never was


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
    not_before: date | None = None  # nobody is due before
    validity_months: int | None = None  # a proof counts no longer; empty: as long as it says
    renewal_days: int | None = None  # how long before its end a proof is to be renewed; empty: SOON
    minimum: int | None = None  # critical: so many people of each unit must be able to show it

    def faults(self, today: date) -> dict[str, str]:
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
        if is_too_far(self.not_before, today):
            found["not_before"] = "too_far"
        for name, allowed in (("validity_months", MONTHS), ("renewal_days", RENEWAL), ("minimum", CRITICAL)):
            if getattr(self, name) is not None and getattr(self, name) not in allowed:
                found[name] = "out_of_range"
        return found

    @property
    def path(self) -> str:
        """Of the unit below which it holds."""
        return self.unit.path if self.unit else WHOLE


def is_too_far(day: date | None, today: date) -> bool:
    """Whether a day lies so far ahead that it is a slip of the hand."""
    return day is not None and (day - today).days > FARTHEST


def set_requirement(ctx: Context, terms: Terms, *, valid_from: date) -> Requirement:
    """State that everybody whom the terms describe must have a course, from a day on.

    Fits everybody at once, those who were already there too. Raises Invalid (faults by field; of the course, if exactly
    this holds already) and NotFound, if there is no such course, or the unit is not the actor's to speak for.
    """
    ctx.require(Permission.SET_REQUIREMENT)
    return set_requirements(ctx, [terms], valid_from=valid_from)[0]


def set_requirements(ctx: Context, several: Sequence[Terms], *, valid_from: date) -> list[Requirement]:
    """State several requirements at once, as `set_requirement` does one. Raises as it does."""
    ctx.require(Permission.SET_REQUIREMENT)
    for terms in several:
        _check(ctx, terms, valid_from)
    one_at_a_time(ctx)
    _refuse_again(versions(ctx), several, valid_from)
    stated = []
    for terms in several:
        requirement = _add(ctx, uuid4(), terms, valid_from)
        ctx.note("requirement.set", requirement, course=terms.course, due_days=terms.due_days)
        stated.append(requirement)
    fit_duties(ctx, courses={terms.course for terms in several})
    return stated


def change_requirement(ctx: Context, rule: UUID, terms: Terms, *, valid_from: date) -> Requirement:
    """Let a requirement say something else from a day on; what it said until then stays on record.

    What it was to say from then on, or from a later day, it never said. The course stays the same. Raises as
    `set_requirement`, and Conflict if the requirement has ended by then.
    """
    ctx.require(Permission.SET_REQUIREMENT)
    one_at_a_time(ctx)
    known = _rows(ctx, rule)
    last_day = _check_change(ctx, known, terms, valid_from)
    _cut(ctx, _cuts(ctx, known, valid_from))
    changed = _add(ctx, rule, terms, valid_from, last_day)
    ctx.note("requirement.changed", changed, course=terms.course, due_days=terms.due_days)
    fit_duties(ctx, courses={terms.course})
    return changed


def end_requirement(ctx: Context, rule: UUID, *, last_day: date) -> None:
    """Let a requirement end with a day; what was to hold only later never was. Raises NotFound and Invalid."""
    ctx.require(Permission.SET_REQUIREMENT)
    one_at_a_time(ctx)
    known = _rows(ctx, rule)
    _check_end(ctx, known, last_day)
    _cut(ctx, _cuts(ctx, known, last_day + DAY))
    facts = {"last_day": last_day.isoformat()}
    note_many(ctx, "requirement.ended", Requirement, [(known[-1].id, facts)])
    fit_duties(ctx, courses={known[-1].course})


def effects_of_setting(ctx: Context, terms: Terms, *, valid_from: date, rule: UUID | None = None) -> Effects:
    """What `set_requirement` would do, or with a `rule` `change_requirement`; writes nothing. Raises as they do."""
    ctx.require(Permission.SET_REQUIREMENT)
    if rule is None:
        return effects_of_setting_all(ctx, [terms], valid_from=valid_from)[terms.course]
    known, now = _rows(ctx, rule), versions(ctx)
    last_day = _check_change(ctx, known, terms, valid_from)
    after = [*_as_cut(now, _cuts(ctx, known, valid_from)), _version(terms, rule, valid_from, last_day)]
    return effects(ctx, [terms.course], now, after, max(valid_from, ctx.today))[terms.course]


def effects_of_setting_all(ctx: Context, several: Sequence[Terms], *, valid_from: date) -> dict[str, Effects]:
    """What `set_requirements` would do, by course; writes nothing. Raises as it does."""
    ctx.require(Permission.SET_REQUIREMENT)
    for terms in several:
        _check(ctx, terms, valid_from)
    now, courses = versions(ctx), dict.fromkeys(terms.course for terms in several)
    _refuse_again(now, several, valid_from)
    after = [*now, *(_version(terms, uuid4(), valid_from) for terms in several)]
    return effects(ctx, courses, now, after, max(valid_from, ctx.today))


def _refuse_again(now: Iterable[Version], several: Sequence[Terms], valid_from: date) -> None:
    """Refuse to say what is said already word for word: a form that is sent twice is one requirement."""
    said = {replace(each, id=0, rule=NO_RULE, first=valid_from) for each in now if each.first <= valid_from}
    if any(_version(terms, NO_RULE, valid_from) in said for terms in several):
        raise Invalid({"course": "said_already"})


def _version(terms: Terms, rule: UUID, first: date, last: date | None = None) -> Version:
    """A version that is not there yet."""
    return Version(
        0, rule, terms.course, terms.path, frozenset(terms.roles), frozenset(terms.kinds), first, last, terms.due_days,
        terms.not_before, terms.reason.strip(), terms.source.strip(), terms.validity_months,
        terms.renewal_days, terms.minimum,
    )  # fmt: skip


def effects_of_ending(ctx: Context, rule: UUID, *, last_day: date) -> Effects:
    """What `end_requirement` would do; writes nothing. Raises as it does."""
    ctx.require(Permission.SET_REQUIREMENT)
    known, now = _rows(ctx, rule), versions(ctx)
    _check_end(ctx, known, last_day)
    after = list(_as_cut(now, _cuts(ctx, known, last_day + DAY)))
    course = known[0].course
    return effects(ctx, [course], now, after, max(last_day + DAY, ctx.today))[course]


def _check(ctx: Context, terms: Terms, valid_from: date) -> None:
    """Refuse what is wrong in itself, and what the actor may not say."""
    _must_speak_for(ctx, terms.path)
    faults = terms.faults(ctx.today)
    if is_too_far(valid_from, ctx.today):
        faults["valid_from"] = "too_far"
    if faults:
        raise Invalid(faults)
    if not catalogue.chain(ctx, terms.course):
        raise NotFound


def _check_change(
    ctx: Context, known: Sequence[Row[int, str, str, date, date | None]], terms: Terms, valid_from: date
) -> date | None:
    """Refuse a change that cannot be; the last day of the requirement, which stays."""
    last = known[-1]
    if last.valid_to is not None and last.valid_to < valid_from:
        raise Conflict("ended")
    _check(ctx, terms, valid_from)
    if terms.course != last.course:
        raise Invalid({"course": "other"})
    ends: date | None = last.valid_to
    return ends


def _check_end(ctx: Context, known: Sequence[Row[int, str, str, date, date | None]], last_day: date) -> None:
    """Refuse an end before it has begun, unless it is only planned, and one later than it has."""
    first, last = known[0].valid_from, known[-1].valid_to
    if last_day < first <= ctx.today:
        raise Invalid({"last_day": "before_first_day"})
    if is_too_far(last_day, ctx.today) or (last is not None and last_day >= last):
        raise Invalid({"last_day": "too_late"})


def _must_speak_for(ctx: Context, path: str) -> None:
    """Refuse to say something of a unit (its path) that is not the actor's. Raises NotFound."""
    if not any(path.startswith(node) for node in ctx.who.paths(Permission.SET_REQUIREMENT)):
        raise NotFound


def _rows(ctx: Context, rule: UUID) -> Sequence[Row[int, str, str, date, date | None]]:
    """The versions of a requirement as known now, (id, course, path, first and last day), the earliest first.

    Raises NotFound if there are none, or the last is not the actor's to change.
    """
    found = ctx.db.execute(
        select(Requirement.id, Requirement.course, Unit.path, Requirement.valid_from, Requirement.valid_to)
        .outerjoin(Unit, and_(Unit.employer_id == Requirement.employer_id, Unit.id == Requirement.unit_id))
        .where(
            Requirement.employer_id == ctx.employer_id,
            or_(Requirement.rule == rule, and_(Requirement.rule.is_(None), Requirement.public_id == rule)),
            Requirement.superseded_at.is_(None),
        )
        .order_by(Requirement.valid_from, Requirement.id)
    ).all()
    if not found:
        raise NotFound
    _must_speak_for(ctx, found[-1].path or WHOLE)
    return found


def _cuts(ctx: Context, known: Sequence[Row[int, str, str, date, date | None]], from_day: date) -> Cuts:
    """What becomes of versions that would hold on a day or later, if they hold only before it.

    Raises NotFound if one of them is not the actor's to change.
    """
    cuts: Cuts = {}
    for row in known:
        if row.valid_to is None or row.valid_to >= from_day:
            _must_speak_for(ctx, row.path or WHOLE)
            cuts[row.id] = from_day - DAY if row.valid_from < from_day else None
    return cuts


def _as_cut(known: Sequence[Version], cuts: Cuts) -> Iterator[Version]:
    for version in known:
        if version.id not in cuts:
            yield version
        elif (last := cuts[version.id]) is not None:
            yield replace(version, last=last)


def _cut(ctx: Context, cuts: Cuts) -> None:
    revise_many(
        ctx, Requirement, {row: None if last is None else {"valid_to": last} for row, last in cuts.items()}
    )


def _add(
    ctx: Context, rule: UUID, terms: Terms, valid_from: date, valid_to: date | None = None
) -> Requirement:
    roles = sorted(set(terms.roles), key=list(ROLES).index)
    requirement = Requirement(
        employer_id=ctx.employer_id,
        rule=rule,
        course=terms.course,
        unit_id=terms.unit.id if terms.unit else None,
        role_profile_id=_only_role(ctx, roles),
        roles=roles,
        kinds=sorted(set(terms.kinds), key=list(KINDS).index),
        due_days=terms.due_days,
        not_before=terms.not_before,
        validity_months=terms.validity_months,
        renewal_days=terms.renewal_days,
        minimum=terms.minimum,
        reason=terms.reason.strip(),
        source=terms.source.strip(),
        valid_from=valid_from,
        valid_to=valid_to,
        recorded_at=ctx.now,
    )
    ctx.db.add(requirement)
    ctx.db.flush()
    return requirement


def _only_role(ctx: Context, roles: Sequence[str]) -> int | None:
    """What the release before reads, which knows one role at most."""
    if len(roles) != 1:
        return None
    return ctx.db.scalar(
        select(RoleProfile.id).where(RoleProfile.employer_id == ctx.employer_id, RoleProfile.key == roles[0])
    )
