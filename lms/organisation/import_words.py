"""The words for what an import finds: columns, faults, values; and the dry run as plain text."""

from collections.abc import Iterator
from datetime import date
from functools import cache

from lms.base.i18n import catalogue, day_short
from lms.organisation.plan import Change, ImportPlan, LineFate, Value
from lms.organisation.roles import kind_name, role_name
from lms.organisation.rules import Fault


@cache
def column_words(language: str) -> dict[str, str]:
    """What the columns of a staff list are called on pages, by key."""
    _ = catalogue(language).gettext
    return {
        "employee_number": _("Employee number"),
        "given_name": _("First name"),
        "family_name": _("Family name"),
        "unit": _("Unit"),
        "role": _("Role"),
        "from": _("First day"),
        "title": _("Title"),
        "kind": _("Kind of employment"),
        "percent": _("Percent of full time"),
        "to": _("Last day"),
        "email": _("E-mail"),
        "phone": _("Phone"),
    }


@cache
def fault_words(language: str) -> dict[str, str]:
    """A sentence for each fault of a line or file; `%(value)s` is what stood there."""
    _ = catalogue(language).gettext
    return {
        "not_text": _("The file is not a text file. Save the list as CSV and try again."),
        "not_csv": _("The file cannot be read as a table: a quotation mark is opened and never closed."),
        "empty_file": _("The file has no lines with people."),
        "no_such_column": _("The file has no such column."),
        "column_twice": _("The file has this column twice."),
        "too_many_cells": _("The line has more cells than the first line has columns."),
        "personal_number": _("A personal identity number stands here. Kunnig does not take them: remove it."),
        "missing": _("This must be filled in."),
        "too_long": _("The text is too long."),
        "not_a_path": _("Write the unit's name, or the path to it: Granvik > Home care > North."),
        "unknown_unit": _("There is no unit called %(value)s."),
        "ambiguous_unit": _("Several units are called %(value)s. Write the path: Home care > North."),
        "unknown_role": _("%(value)s is none of the roles we know."),
        "unknown_kind": _("%(value)s is none of the kinds of employment we know."),
        "not_a_percent": _("%(value)s is not a number from 0 to 100."),
        "not_a_date": _("%(value)s is not a date. Write it like 2026-03-12 or 12.3.2026."),
        "ends_before_it_begins": _("The last day is before the first day."),
        "not_an_email": _("%(value)s is not an e-mail address."),
        "not_a_phone": _("%(value)s is not a phone number."),
        "repeated": _("An earlier line says the same workplace and role for this person."),
        "other_name": _("An earlier line has the same employee number and another name."),
        "email_repeated": _("An earlier line gives this address to another person."),
        "phone_repeated": _("An earlier line gives this number to another person."),
        "email_of_another": _("A colleague already has this address."),
        "phone_of_another": _("A colleague already has this number."),
        "another_person": _("This number belongs to somebody with another first name and family name."),
        "which_workplace": _("The person has several workplaces. Write a line for each that goes on."),
        "not_yours": _("This person works in a part of the organisation that is not yours."),
    }


def fault_sentence(fault: Fault, language: str) -> str:
    """What is wrong, as a sentence."""
    return fault_words(language)[fault.code] % {"value": fault.value}


def value_words(column: str, value: Value, language: str) -> str:
    """A value of a column as people read it; `–` where there is none."""
    if value is None or value == "":
        return "–"
    if isinstance(value, date):
        return day_short(value, language)
    if column == "percent":
        return f"{value}\u00a0%"
    if column == "role":
        return role_name(str(value), language)
    return kind_name(str(value), language) if column == "kind" else str(value)


def change_words(change: Change, language: str) -> str:
    """What a line changes a value to, and what it was where there was one."""
    after = value_words(change.column, change.after, language)
    if change.before is None:
        return after
    before = value_words(change.column, change.before, language)
    return catalogue(language).gettext("%(after)s (was %(before)s)") % {"after": after, "before": before}


def print_plan(plan: ImportPlan, language: str = "en") -> str:
    """The dry run as text for a terminal: every line of the file with its fate, then the sums."""
    lines = [text for fate in plan.lines for text in _line(fate, language)]
    lines += [f"unit to be made: {path}" for path in plan.new_units]
    if plan.unused:
        lines.append("columns not used: " + ", ".join(plan.unused))
    lines.append(
        f"{plan.count('new')} new, {plan.count('changed')} changed, {plan.count('unchanged')} unchanged, "
        f"{plan.count('fault')} with faults; {plan.absent} people who are not in the list are left alone"
    )
    if plan.faults:
        lines.append("Nothing can be imported before all faults are corrected.")
    return "\n".join(lines)


def _line(fate: LineFate, language: str) -> Iterator[str]:
    columns = column_words(language)
    who = f"{fate.employee_number} {'Protected identity' if fate.protected else fate.name}".strip()
    what = "; ".join(
        columns[change.column] + ("" if fate.protected else f": {change_words(change, language)}")
        for change in fate.changes
    )
    yield f"line {fate.line}: {fate.fate}" + (f"  {who}" if who else "") + (f"  ({what})" if what else "")
    for fault in fate.faults:
        yield f"    {columns.get(fault.column, 'line')}: {fault_sentence(fault, language)}"
