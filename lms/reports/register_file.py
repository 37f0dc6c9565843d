"""The register in a file: its cells, from wherever rows come, and what the file says about itself."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from operator import attrgetter
from uuid import UUID
from zoneinfo import ZoneInfo

from lms.base.access import Permission
from lms.base.context import Context
from lms.base.i18n import catalogue as texts
from lms.base.i18n import clock, day_short
from lms.catalogue import queries as catalogue
from lms.organisation.queries import units_in_reach
from lms.organisation.roles import role_name
from lms.register.described import versions
from lms.register.duty_rules import NEVER
from lms.register.queries import Filter, RegisterRow
from lms.register.register_then import Then
from lms.reports.narrowing import View
from lms.reports.sheet import Cell
from lms.reports.words import sought_words, state_words


def course_titles(ctx: Context) -> dict[str, str]:
    """What each course is called in the reader's language.

    Open: what courses there are is no secret.
    """
    return {edition.course: edition.text(ctx.language).title for edition in catalogue.current_editions(ctx)}


def cells(rows: Iterable[RegisterRow], titles: Mapping[str, str], language: str) -> Iterator[Sequence[Cell]]:
    """Rows of the register as cells, in the order of `register_heads`; of a protected identity without a name."""
    _ = texts(language).gettext
    words, protected = state_words(_), _("Protected identity")
    for row in rows:
        number = row.certificate
        yield (
            row.employee_number,
            protected if row.protected else row.family_name,
            "" if row.protected else row.given_name,
            row.unit,
            row.title,
            titles.get(row.course, row.course),
            words[row.state],
            None if row.due_on == NEVER else row.due_on,
            row.achieved_on,
            row.expires_on,
            row.edition,
            f"{number[:5]}-{number[5:]}" if number else None,
        )


def unit_names(ctx: Context) -> dict[str, str]:
    """Names of the units whose rows the actor may take out, by their public ids. One statement."""
    ctx.require(Permission.EXPORT_REGISTER)
    return {key: name.strip("\u2003") for key, name in units_in_reach(ctx, Permission.EXPORT_REGISTER)}


def rule_reasons(ctx: Context, rules: Iterable[UUID | None]) -> dict[UUID, str]:
    """The reason that each of some requirements gives in its newest version, of those there are. One statement."""
    ctx.require(Permission.SEE_REGISTER)
    wanted = set(filter(None, rules))
    if not wanted:
        return {}
    return {each.rule: each.reason for each in sorted(versions(ctx), key=_FIRST_DAY) if each.rule in wanted}


_FIRST_DAY = attrgetter("first")


def narrowed_words(
    narrowed: Filter,
    language: str,
    *,
    titles: Mapping[str, str],
    units: Mapping[str, str],
    rules: Mapping[UUID, str],
) -> list[tuple[str, str]]:
    """What a filter narrows the register to, but for what is searched, as (what, value) in words."""
    _ = texts(language).gettext
    lines = [
        (_("Unit"), units.get(str(narrowed.unit), _("A unit that is not there any more")))
        if narrowed.unit
        else None,
        (_("Units below it"), _("Left out")) if narrowed.unit and narrowed.only_here else None,
        (_("Requirement"), rules.get(narrowed.rule, _("A requirement that is not there any more")))
        if narrowed.rule
        else None,
        (_("Role"), role_name(narrowed.role, language)) if narrowed.role else None,
        (_("Course"), titles.get(narrowed.course, narrowed.course)) if narrowed.course else None,
        (_("Status"), sought_words(_)[narrowed.state]) if narrowed.state else None,
    ]
    return [line for line in lines if line is not None]


def view_words(
    view: View,
    language: str,
    *,
    titles: Mapping[str, str],
    units: Mapping[str, str],
    rules: Mapping[UUID, str],
) -> list[tuple[str, str]]:
    """What a view of the register shows, as (what, value) in words: the past day, and what it is narrowed to."""
    _ = texts(language).gettext
    days: list[tuple[str, date | None]] = []
    if view.then:
        days += [(_("Day"), view.then.day), (_("As known on"), view.then.known_on)]
    days += [(_("Passed from"), view.passed_from), (_("Passed until and including"), view.passed_to)]
    said = [(what, day_short(day, language)) for what, day in days if day]
    said += narrowed_words(view.narrowed, language, titles=titles, units=units, rules=rules)
    return [*said, (_("Search"), view.narrowed.text)] if view.narrowed.text else said


def about(
    ctx: Context, narrowed: Filter, titles: Mapping[str, str], then: Then | None = None
) -> list[tuple[str, str]]:
    """What a file says about itself, as (what, value): what it shows, of when, who took it out, what it leaves out.

    Not what was searched: that may be the name of somebody whose identity is protected by now.

    Open: of the file that its caller makes.
    """
    _ = texts(ctx.language).gettext
    local = ctx.now.astimezone(ZoneInfo(ctx.time_zone))
    now = f"{day_short(local.date(), ctx.language)} {clock(local, ctx.language)}"
    units = unit_names(ctx) if narrowed.unit else {}
    return [
        (_("What"), _("Register of staff knowledge: every current employment and each course it asks for")),
        *_when(then, now, ctx.language),
        (_("Taken out by"), ctx.who.name),
        *narrowed_words(
            narrowed, ctx.language, titles=titles, units=units, rules=rule_reasons(ctx, [narrowed.rule])
        ),
        *([(_("Search"), _("Narrowed by a search"))] if narrowed.text else []),
    ]


def _when(then: Then | None, now: str, language: str) -> list[tuple[str, str]]:
    """The moment a file shows; of a past day also by when that was known, and when the file was made."""
    _ = texts(language).gettext
    if then is None:
        return [(_("Shows the situation on"), now)]
    return [
        (_("Shows the situation on"), day_short(then.day, language)),
        (_("As known on"), day_short(then.known_on, language) if then.known_on else now),
        (_("Made on"), now),
    ]
