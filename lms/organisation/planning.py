"""Work out what a staff list does to the people of an employer; pure, so that it can be tried on anything."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from lms.base.names import language_of, name_key
from lms.organisation.away import Away, AwayFit, fit_away
from lms.organisation.fitting import Fit, Post, Said, fit
from lms.organisation.places import Places
from lms.organisation.plan import Change, Ending, Fate, Known, LineFate, PersonPlan
from lms.organisation.roles import role_name
from lms.organisation.rules import Fault, StaffLine, same_name

TITLE_LANGUAGE = {"NO": "nb", "FI": "fi"}  # language of a role's usual title by country; Swedish elsewhere


@dataclass(frozen=True)
class Ground:
    """What the lines are planned against; `people` by employee number."""

    today: date
    country: str
    people: Mapping[str, Known]
    places: Places
    colleagues: frozenset[int]  # accounts of the employer's people
    owners: Mapping[tuple[str, str], int]  # (kind, value) -> account
    make_units: bool  # units that are not there may be made
    everywhere: bool  # the actor may change people of all units
    everybody: bool  # the list is everybody who works here

    def here(self) -> set[str]:
        """Employee numbers of those who work today where the actor may change people."""
        return {
            number
            for number, known in self.people.items()
            if any(self.is_here(post) for post in known.posts.values())
        }

    def is_here(self, post: Post) -> bool:
        """Whether an employment is in force today, in a unit of the actor's."""
        return post.holds_on(self.today) and self.places.is_mine(post.unit)


def by_person(lines: Sequence[StaffLine]) -> list[list[StaffLine]]:
    """The lines grouped by employee number, in the order of the file."""
    groups: dict[str, list[StaffLine]] = {}
    for line in lines:
        groups.setdefault(line.employee_number, []).append(line)
    return list(groups.values())


def plan_person(ground: Ground, lines: Sequence[StaffLine]) -> tuple[list[LineFate], PersonPlan]:
    """Fates of all lines of one person, and what is to be done if none has a fault."""
    first = lines[0]
    known = ground.people.get(first.employee_number)
    faults: dict[int, list[Fault]] = {line.line: [] for line in lines}
    if known and _is_another(known, first):
        faults[first.line].append(
            Fault(first.line, "employee_number", "another_person", first.employee_number)
        )
    addresses, wrong = _addresses(ground, lines, known)
    for fault in wrong:
        faults[fault.line].append(fault)
    said = []
    for line in lines:
        unit = ground.places.resolve(line.unit, make=ground.make_units)
        if isinstance(unit, str):
            faults[line.line].append(Fault(line.line, "unit", unit, " > ".join(line.unit)))
        else:
            said.append(_said(ground, line, unit))
    fits = fit(said, known.posts.items() if known else ()) if len(said) == len(lines) else []
    for line, fitted in zip(lines, fits, strict=False):
        if fitted.unclear:
            faults[line.line].append(Fault(line.line, "unit", "which_workplace", " > ".join(line.unit)))
        elif known and not line.ends and _is_over(ground, known, fitted):
            faults[line.line].append(Fault(line.line, "to", "has_ended"))
    if known and not _is_mine(ground, known, fits):
        faults[first.line].append(Fault(first.line, "employee_number", "not_yours", first.employee_number))
    away = _away(ground, lines, known)
    plan = PersonPlan(first, known, _is_renamed(known, first), addresses, tuple(fits), away)
    return [
        _fate(ground, line, plan, fitted, faults[line.line])
        for line, fitted in zip(lines, fits or [Fit()] * len(lines), strict=True)
    ], plan


def endings(ground: Ground, people: Collection[PersonPlan]) -> list[Ending]:
    """Employments in force that no line is about, and what becomes of them if the list is everybody.

    They end yesterday; one that begins today never was so. People whose lines have faults are left out.
    """
    fits = {person.line.employee_number: person.fits for person in people}
    found, language = [], language_of(ground.country)
    for number in sorted(
        ground.here(), key=lambda number: (name_key(ground.people[number].family_name, language), number)
    ):
        known = ground.people[number]
        if number in fits and not fits[number]:
            continue
        told = {fitted.about for fitted in fits.get(number, ())}
        told |= {post_id for fitted in fits.get(number, ()) for post_id, _after in fitted.revised}
        for post_id, post in known.posts.items():
            if post_id in told or not ground.is_here(post):
                continue
            ended = (
                replace(post, last=ground.today - timedelta(days=1)) if post.first < ground.today else None
            )
            name = "" if known.protected else f"{known.given_name} {known.family_name}"
            unit = "" if known.protected else ground.places.text(post.unit)
            found.append(Ending(number, name, known.protected, unit, post_id, known.id, ended))
    return found


def _away(ground: Ground, lines: Sequence[StaffLine], known: Known | None) -> AwayFit:
    if not lines[0].tells_away:
        return AwayFit()
    return fit_away(
        [line.away for line in lines if line.away], known.away.items() if known else (), ground.today
    )


def _is_over(ground: Ground, known: Known, fitted: Fit) -> bool:
    """Whether a line is about an employment that is over, with no other in the same unit and role that goes on."""
    about = fitted.after
    return about is not None and not any(
        post.last is None or post.last >= ground.today
        for post in (about, *known.posts.values())
        if post.what[:2] == about.what[:2]
    )


def _said(ground: Ground, line: StaffLine, unit: int) -> Said:
    usual = role_name(line.role, TITLE_LANGUAGE.get(ground.country, "sv"))
    return Said(
        unit,
        line.role,
        line.first,
        line.last,
        line.ends,
        line.title,
        line.kind,
        line.percent,
        usual_title=usual,
        here_on=ground.today if ground.everybody else None,
    )


def _addresses(
    ground: Ground, lines: Sequence[StaffLine], known: Known | None
) -> tuple[dict[str, str], list[Fault]]:
    """E-mail and phone to be entered, and faults of those that a colleague has.

    Who has signed in looks after their own; an address that somebody of another employer has is
    left out without a word: only its owner may link the two, and nobody else is told of it.
    """
    entered: dict[str, str] = {}
    faults = []
    for line in lines:
        for kind, value in (("email", line.email), ("phone", line.phone)):
            owner = ground.owners.get((kind, value)) if value else None
            is_own = known is not None and owner == known.account_id
            if owner in ground.colleagues and not is_own:
                faults.append(Fault(line.line, kind, f"{kind}_of_another", value or ""))
            elif value and owner is None and not (known and known.activated):
                entered.setdefault(kind, value)
    return entered, faults


def _is_another(known: Known, line: StaffLine) -> bool:
    """Whether first and family name both differ: then the number was mistyped, or given to somebody else."""
    return not any(map(same_name, (known.given_name, known.family_name), line.names))


def _is_renamed(known: Known | None, line: StaffLine) -> bool:
    return known is not None and (known.given_name, known.family_name) != line.names


def _is_mine(ground: Ground, known: Known, fits: Sequence[Fit]) -> bool:
    """Whether the actor may change this person: somebody of another part of the tree is not theirs."""
    if ground.everywhere:
        return True
    current = [post for post in known.posts.values() if post.last is None or post.last >= ground.today]
    changed = [known.posts[post_id] for fitted in fits for post_id, _after in fitted.revised]
    mine = [ground.places.is_mine(post.unit) for post in current]
    return (not mine or any(mine)) and all(ground.places.is_mine(post.unit) for post in changed)


def _fate(
    ground: Ground, line: StaffLine, plan: PersonPlan, fitted: Fit, faults: Sequence[Fault]
) -> LineFate:
    known = plan.known
    protected = known is not None and known.protected
    name = "" if protected else f"{line.given_name} {line.family_name}"
    if faults:
        return LineFate(line.line, "fault", line.employee_number, name, protected, (), tuple(faults))
    changes = list(_post_changes(ground.places, fitted))
    if line is plan.line:
        changes = [*_personal_changes(plan), *changes]
    if protected:
        changes = [Change(change.column) for change in changes]
    fate: Fate = "new" if known is None else "changed" if changes else "unchanged"
    return LineFate(line.line, fate, line.employee_number, name, protected, tuple(changes))


def _personal_changes(plan: PersonPlan) -> Iterator[Change]:
    line, known = plan.line, plan.known
    if known and plan.renamed:
        for column, before, after in (
            ("given_name", known.given_name, line.given_name),
            ("family_name", known.family_name, line.family_name),
        ):
            if before != after:
                yield Change(column, before, after)
    for kind, value in plan.addresses.items():
        yield Change(kind, known.addresses.get(kind) if known else None, value)
    for absence_id, away in plan.away.revised:
        yield from _away_changes(known.away[absence_id] if known else None, away)
    for away in plan.away.added:
        yield from _away_changes(None, away)


def _away_changes(before: Away | None, after: Away | None) -> Iterator[Change]:
    for column, field in (("absence", "kind"), ("absent_from", "first"), ("absent_to", "last")):
        was, now = getattr(before, field, None), getattr(after, field, None)
        if was != now:
            yield Change(column, was, now)


def _post_changes(places: Places, fitted: Fit) -> Iterator[Change]:
    if fitted.after is None or fitted.before == fitted.after:
        return
    before = _words(places, fitted.before) if fitted.before else {}
    for column, after in _words(places, fitted.after).items():
        if before.get(column) != after:
            yield Change(column, before.get(column), after)


def _words(places: Places, post: Post) -> dict[str, str | int | date | None]:
    return {
        "unit": places.text(post.unit),
        "role": post.role,
        "title": post.title,
        "kind": post.kind,
        "percent": post.percent,
        "from": post.first,
        "to": post.last,
    }
