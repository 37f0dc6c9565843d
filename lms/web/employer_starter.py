"""Begin with a set of requirements of the country: chosen, tried on the people all at once, and published."""

import hashlib

from flask import redirect, request, url_for
from marshmallow import fields
from werkzeug.wrappers import Response

from lms.base.access import Permission
from lms.base.context import Context
from lms.base.errors import Invalid, NotFound
from lms.catalogue import queries as catalogue
from lms.catalogue.values import Edition
from lms.organisation.queries import unit_in_reach, units_in_reach
from lms.organisation.writing import one_at_a_time
from lms.register.duty_rules import WHOLE
from lms.register.requirement_effects import Effects
from lms.register.requirements import LONGEST, effects_of_setting_all
from lms.register.starter_sets import Choice, Starter, said_already, start_with, starter_set
from lms.web.blueprints import employer as blueprint
from lms.web.employer_requirements import names_shown, role_and_kind_names
from lms.web.lead_forms import LeadForm, sent
from lms.web.pages import page, render


class StarterForm(LeadForm):
    """Which of a set are to hold, and where; the days of each stand in fields of their own."""

    unit = fields.UUID(load_default=None)
    not_before = fields.Date(load_default=None)
    chosen = fields.List(fields.Str(), load_default=list)


FORM = StarterForm()


@page(blueprint, "/requirements/start", needs=Permission.SET_REQUIREMENT)
def requirement_start(ctx: Context) -> Response:
    """The set of the country: what each of it says and why; all that is not there yet is ticked."""
    editions, offered = _offered(ctx)
    everywhere = WHOLE in ctx.who.paths(Permission.SET_REQUIREMENT)
    units = units_in_reach(ctx, Permission.SET_REQUIREMENT)
    wanted = sent(FORM, request.args)[0]["unit"]
    unit = unit_in_reach(ctx, Permission.SET_REQUIREMENT, wanted) if wanted else None
    there = frozenset(said_already(ctx, unit)) if everywhere or unit else frozenset()
    days = {each.id: str(each.due_days) for each in offered}
    choice = Choice(unit, None, frozenset(days) - there, days, there, {})
    return _show(ctx, editions, offered, choice, units=units)


@page(blueprint, "/requirements/start", methods=("POST",), needs=Permission.SET_REQUIREMENT)
def requirement_start_try(ctx: Context) -> Response:
    """Show what those that are chosen would do to people, all together; nothing is written."""
    editions, offered = _offered(ctx)
    choice = _choice(ctx, offered)
    effects = _effects(ctx, offered, choice)
    return _show(ctx, editions, offered, choice, effects=effects)


@page(
    blueprint, "/requirements/start/publish", methods=("POST",), writes=True, needs=Permission.SET_REQUIREMENT
)
def requirement_start_publish(ctx: Context) -> Response:
    """Let them hold, all in one; only as they were shown, and once."""
    one_at_a_time(ctx)  # before it is compared with what was shown: nobody else's comes between
    editions, offered = _offered(ctx)
    choice = _choice(ctx, offered)
    effects = _effects(ctx, offered, choice)
    if effects is None or request.form.get("seen") != _digest(choice, effects):
        return _show(ctx, editions, offered, choice, effects=effects, has_changed=True)
    start_with(ctx, choice.terms(offered), choice.unit)
    return redirect(url_for("employer.requirements", saved="set"), 303)


def _offered(ctx: Context) -> tuple[dict[str, Edition], tuple[Starter, ...]]:
    """The courses there are, and what the set of the country offers of them. Raises NotFound if that is nothing."""
    editions = {edition.course: edition for edition in catalogue.current_editions(ctx)}
    if offered := tuple(each for each in starter_set(ctx.country) if each.course in editions):
        return editions, offered
    raise NotFound


def _choice(ctx: Context, offered: tuple[Starter, ...]) -> Choice:
    values, faults = sent(FORM, request.form, "chosen")
    unit = unit_in_reach(ctx, Permission.SET_REQUIREMENT, values["unit"]) if values["unit"] else None
    if unit is None and WHOLE not in ctx.who.paths(Permission.SET_REQUIREMENT):
        return Choice(
            None, values["not_before"], frozenset(), _days(offered), frozenset(), {"unit": "missing"}
        )
    there = frozenset(said_already(ctx, unit))
    chosen, days = frozenset(values["chosen"]) - there, _days(offered)
    for each in offered:
        if each.id in chosen and not (days[each.id].isdecimal() and int(days[each.id]) <= LONGEST):
            faults[f"days-{each.id}"] = "unreadable"
    if not chosen & {each.id for each in offered}:
        faults["chosen"] = "missing"
    return Choice(unit, values["not_before"], chosen, days, there, faults)


def _days(offered: tuple[Starter, ...]) -> dict[str, str]:
    return {each.id: request.form.get(f"days-{each.id}", str(each.due_days)).strip() for each in offered}


def _effects(ctx: Context, offered: tuple[Starter, ...], choice: Choice) -> dict[str, Effects] | None:
    """What it does, by course; nothing if something is wrong, which `choice` then says."""
    if choice.faults:
        return None
    try:
        return effects_of_setting_all(ctx, list(choice.terms(offered).values()), valid_from=ctx.today)
    except Invalid as refusal:
        choice.faults.update(refusal.fields)
        return None


def _digest(choice: Choice, effects: dict[str, Effects]) -> str:
    """What tells whether choice and effects are still those that were shown."""
    shown = (
        choice.unit.path if choice.unit else WHOLE, choice.not_before, sorted(choice.chosen),
        sorted(choice.days.items()), sorted(effects.items()),
    )  # fmt: skip
    return hashlib.sha256(repr(shown).encode()).hexdigest()


def _show(
    ctx: Context,
    editions: dict[str, Edition],
    offered: tuple[Starter, ...],
    choice: Choice,
    *,
    units: list[tuple[str, str]] | None = None,
    effects: dict[str, Effects] | None = None,
    has_changed: bool = False,
) -> Response:
    changed = {
        each.person_id
        for of_course in (effects or {}).values()
        for some in (of_course.new, of_course.new_but_known)
        for each in some
    }
    return render(
        "employer/requirement_start.html",
        status=422 if choice.faults else 200,
        choice=choice,
        effects=effects,
        has_changed=has_changed,
        asked=len(changed),
        seen=_digest(choice, effects) if effects else "",
        shown=names_shown(),
        by_course={
            course: (edition, [each for each in offered if each.course == course])
            for course, edition in editions.items()
        },
        units=units_in_reach(ctx, Permission.SET_REQUIREMENT) if units is None else units,
        everywhere=WHOLE in ctx.who.paths(Permission.SET_REQUIREMENT),
        **role_and_kind_names(ctx),
    )
