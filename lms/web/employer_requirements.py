"""Who must know what: the requirements, and a new or changed one, tried on the people before it is published."""

import hashlib
from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from flask import redirect, request, url_for
from marshmallow import fields
from werkzeug.wrappers import Response

from lms.base.access import Permission
from lms.base.context import Context
from lms.base.errors import Conflict, Invalid, NotFound
from lms.catalogue import queries as catalogue
from lms.organisation.queries import unit_in_reach, units_in_reach
from lms.organisation.roles import KINDS, ROLES
from lms.organisation.writing import one_at_a_time
from lms.register import requirement_list
from lms.register.duty_rules import WHOLE
from lms.register.requirement_effects import Effects
from lms.register.requirements import (
    LONGEST_TEXT,
    Terms,
    change_requirement,
    effects_of_ending,
    effects_of_setting,
    end_requirement,
    set_requirement,
)
from lms.register.starter_sets import starter_set
from lms.web.blueprints import employer as blueprint
from lms.web.lead_forms import LeadForm, sent
from lms.web.pages import page, render

USUAL_DAYS = 90  # that are offered for a new requirement
SHOWN = 30  # names of each list, until all are asked for


class RequirementForm(LeadForm):
    """A requirement as it is written down."""

    course = fields.Str(load_default="")
    unit = fields.UUID(load_default=None)
    roles = fields.List(fields.Str(), load_default=list)
    kinds = fields.List(fields.Str(), load_default=list)
    due_days = fields.Int(load_default=None)
    not_before = fields.Date(load_default=None)
    validity_months = fields.Int(load_default=None)
    renewal_days = fields.Int(load_default=None)
    minimum = fields.Int(load_default=None)
    valid_from = fields.Date(load_default=None)
    reason = fields.Str(load_default="")
    source = fields.Str(load_default="")


class EndForm(LeadForm):
    """The last day of a requirement."""

    last_day = fields.Date(load_default=None)


class WhereForm(LeadForm):
    """The unit whose requirements are shown."""

    unit = fields.UUID(load_default=None)


REQUIREMENT, END, WHERE = RequirementForm(), EndForm(), WhereForm()


@page(blueprint, "/requirements", needs=Permission.SEE_REGISTER)
def requirements(ctx: Context) -> Response:
    """What is asked of whom, course by course, with how many can show it."""
    editions = {edition.course: edition for edition in catalogue.current_editions(ctx)}
    wanted = sent(WHERE, request.args)[0]["unit"]
    unit = unit_in_reach(ctx, Permission.SEE_REGISTER, wanted) if wanted else None
    found = requirement_list.requirements(ctx, unit)
    by_course = {course: [each for each in found if each.course == course] for course in editions}
    return render(
        "employer/requirements.html",
        editions=editions,
        by_course=by_course,
        unit=unit,
        units=units_in_reach(ctx, Permission.SEE_REGISTER),
        may_add=ctx.who.may(Permission.SET_REQUIREMENT),
        has_starter=bool(starter_set(ctx.country)),
        saved=request.args.get("saved", ""),
        **role_and_kind_names(ctx),
    )


@page(blueprint, "/requirements/new", needs=Permission.SET_REQUIREMENT)
def requirement_new(ctx: Context) -> Response:
    """A new requirement, as a rule for everybody from today."""
    values = REQUIREMENT.load({}) | {"due_days": USUAL_DAYS, "valid_from": ctx.today}
    values["course"] = request.args.get("course", "")
    return _show(ctx, values, {})


@page(blueprint, "/requirements/new", methods=("POST",), needs=Permission.SET_REQUIREMENT)
def requirement_try(ctx: Context) -> Response:
    """Show what a new requirement would do to people; nothing is written."""
    return _try(ctx, None)


@page(blueprint, "/requirements/<uuid:rule>", needs=Permission.SEE_REGISTER)
def requirement(ctx: Context, rule: UUID) -> Response:
    """One requirement to be changed or ended, with what it said before."""
    versions = requirement_list.requirement(ctx, rule)
    now = versions[0]
    values = {
        "course": now.course, "unit": now.unit_id, "roles": list(now.roles), "kinds": list(now.kinds),
        "due_days": now.due_days, "not_before": now.not_before, "reason": now.reason, "source": now.source,
        "validity_months": now.validity_months, "renewal_days": now.renewal_days, "minimum": now.minimum,
        "valid_from": max(ctx.today, now.valid_from),
    }  # fmt: skip
    return _show(ctx, values, {}, rule=rule, versions=versions)


@page(blueprint, "/requirements/<uuid:rule>", methods=("POST",), needs=Permission.SET_REQUIREMENT)
def requirement_try_change(ctx: Context, rule: UUID) -> Response:
    """Show what a change would do to people; nothing is written."""
    return _try(ctx, rule)


@page(blueprint, "/requirements/publish", methods=("POST",), writes=True, needs=Permission.SET_REQUIREMENT)
def requirement_publish(ctx: Context) -> Response:
    """Let it hold: a new requirement, or with `rule` a new version; only as it was shown, and once."""
    rule = _rule()
    one_at_a_time(ctx)  # before it is compared with what was shown: nobody else's comes between
    values, faults, effects = _tried(ctx, rule)
    if effects is None or request.form.get("seen") != _digest(values, rule, effects):
        return _show(ctx, values, faults, rule=rule, effects=effects, has_changed=True)
    terms = _terms(ctx, values)
    if rule:
        change_requirement(ctx, rule, terms, valid_from=values["valid_from"])
    else:
        set_requirement(ctx, terms, valid_from=values["valid_from"])
    return redirect(url_for("employer.requirements", saved="set"), 303)


@page(blueprint, "/requirements/<uuid:rule>/end", needs=Permission.SET_REQUIREMENT)
def requirement_ending(ctx: Context, rule: UUID) -> Response:
    """Choose the day with which a requirement is to end; once it is chosen, what that would do."""
    values, faults = sent(END, request.args)
    return _show_end(ctx, rule, values["last_day"], faults)


@page(
    blueprint,
    "/requirements/<uuid:rule>/end",
    methods=("POST",),
    writes=True,
    needs=Permission.SET_REQUIREMENT,
)
def requirement_end(ctx: Context, rule: UUID) -> Response:
    """End it, only as it was shown; else say why not."""
    values, faults = sent(END, request.form)
    last_day = values["last_day"]
    if last_day is None:
        return _show_end(ctx, rule, last_day, faults or {"last_day": "unreadable"})
    one_at_a_time(ctx)
    try:
        effects = effects_of_ending(ctx, rule, last_day=last_day)
    except Invalid as refusal:
        return _show_end(ctx, rule, last_day, refusal.fields)
    if request.form.get("seen") != _digest(values, rule, effects):
        return _show_end(ctx, rule, last_day, {}, has_changed=True)
    end_requirement(ctx, rule, last_day=last_day)
    return redirect(url_for("employer.requirements", saved="ended"), 303)


def _show_end(
    ctx: Context, rule: UUID, last_day: date | None, faults: Mapping[str, str], *, has_changed: bool = False
) -> Response:
    versions = requirement_list.requirement(ctx, rule)
    if not versions[0].may_change:
        raise NotFound
    effects, fault = None, faults.get("last_day", "")
    if last_day is not None and not fault:
        try:
            effects = effects_of_ending(ctx, rule, last_day=last_day)
        except Invalid as refusal:
            fault = refusal.fields["last_day"]
    return render(
        "employer/requirement_end.html",
        status=422 if fault else 200,
        now=versions[0],
        rule=rule,
        last_day=last_day or ctx.today,
        effects=effects,
        seen=_digest({"last_day": last_day}, rule, effects) if effects else "",
        has_changed=has_changed,
        fault=fault,
        shown=names_shown(),
        texts=_texts(ctx),
        **role_and_kind_names(ctx),
    )


def _try(ctx: Context, rule: UUID | None) -> Response:
    values, faults, effects = _tried(ctx, rule)
    return _show(ctx, values, faults, rule=rule, effects=effects)


def _tried(ctx: Context, rule: UUID | None) -> tuple[dict[str, Any], dict[str, str], Effects | None]:
    """The form as it was sent, its faults by field, and without any what it would do."""
    values, faults = _values(ctx)
    if faults:
        return values, faults, None
    try:
        return (
            values,
            {},
            effects_of_setting(ctx, _terms(ctx, values), valid_from=values["valid_from"], rule=rule),
        )
    except Invalid as refusal:
        return values, dict(refusal.fields), None
    except Conflict:
        return values, {"valid_from": "ended"}, None


def _values(ctx: Context) -> tuple[dict[str, Any], dict[str, str]]:
    """The form as it was sent, and its faults by field."""
    values, faults = sent(REQUIREMENT, request.form, "roles", "kinds")
    for field in ("course", "due_days", "valid_from"):
        if values[field] in ("", None) and field not in faults:
            faults[field] = "missing"
    for field in ("reason", "source"):
        values[field] = " ".join(values[field].split())  # one line, however it was typed
        if len(values[field]) > LONGEST_TEXT:
            faults[field] = "too_long"
    if not faults:
        faults = _terms(ctx, values).faults(ctx.today)
    return values, faults


def _terms(ctx: Context, values: dict[str, Any]) -> Terms:
    return Terms(
        course=values["course"],
        reason=values["reason"],
        source=values["source"],
        due_days=values["due_days"],
        unit=unit_in_reach(ctx, Permission.SET_REQUIREMENT, values["unit"]) if values["unit"] else None,
        roles=tuple(values["roles"]),
        kinds=tuple(values["kinds"]),
        **{field: values[field] for field in ("not_before", "validity_months", "renewal_days", "minimum")},
    )


def _digest(values: dict[str, Any], rule: UUID | None, effects: Effects) -> str:
    """What tells whether form, requirement and effects are still those that were shown."""
    shown = (sorted(values.items()), rule, effects)
    return hashlib.sha256(repr(shown).encode()).hexdigest()


def _rule() -> UUID | None:
    try:
        return UUID(request.form.get("rule", ""))
    except ValueError:
        return None


def _show(
    ctx: Context,
    values: dict[str, Any],
    faults: dict[str, str],
    *,
    rule: UUID | None = None,
    versions: list[requirement_list.RequirementView] | None = None,
    effects: Effects | None = None,
    has_changed: bool = False,
) -> Response:
    if rule and versions is None:
        versions = requirement_list.requirement(ctx, rule)
    if not (versions or ctx.who.may(Permission.SET_REQUIREMENT)):
        raise NotFound
    everywhere = WHOLE in ctx.who.paths(Permission.SET_REQUIREMENT)
    return render(
        "employer/requirement.html",
        status=422 if faults else 200,
        form=values,
        faults=faults,
        rule=rule,
        now=versions[0] if versions else None,
        earlier=versions[1:] if versions else [],
        effects=effects,
        seen=_digest(values, rule, effects) if effects else "",
        has_changed=has_changed,
        shown=names_shown(),
        texts=_texts(ctx),
        units=units_in_reach(ctx, Permission.SET_REQUIREMENT)
        if ctx.who.may(Permission.SET_REQUIREMENT)
        else [],
        everywhere=everywhere,
        may_change=not versions or (versions[0].may_change and not versions[0].has_ended(ctx.today)),
        **role_and_kind_names(ctx),
    )


def names_shown() -> int | None:
    """How many names of each list of a dry run this request asks for; None: all."""
    return None if "all" in request.values else SHOWN


def _texts(ctx: Context) -> dict[str, Any]:
    return {edition.course: edition.text(ctx.language) for edition in catalogue.current_editions(ctx)}


def role_and_kind_names(ctx: Context) -> dict[str, Any]:
    """The words of roles and kinds of employment in the reader's language."""
    return {
        name: {key: words.get(ctx.language, words["en"]) for key, words in table.items()}
        for name, table in (("role_names", ROLES), ("kind_names", KINDS))
    }
