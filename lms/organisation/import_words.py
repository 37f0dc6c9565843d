"""The words for what an import finds: columns, faults, values; and the dry run as plain text."""

from collections.abc import Iterator
from datetime import date
from functools import cache

from lms.base.i18n import catalogue, day_short
from lms.organisation.imports import Stay, Undoing
from lms.organisation.plan import Change, Ending, ImportPlan, LineFate, Value
from lms.organisation.roles import ABSENCES, KINDS, ROLES, absence_name, kind_name, role_name
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
        "absent_from": _("Absent from"),
        "absent_to": _("Absent to"),
        "absence": _("Kind of absence"),
    }


@cache
def fault_words(language: str) -> dict[str, tuple[str, str]]:
    """For each fault of a line or file: what is wrong (`%(value)s` is what stood there), and what to do."""
    _ = catalogue(language).gettext
    return {
        "not_a_list": (
            _("The file is neither a workbook (XLSX, ODS) nor a CSV file."),
            _("Save the list as one of these and send it again."),
        ),
        "locked_workbook": (
            _("The workbook is locked with a password."),
            _("Save it without a password and send it again."),
        ),
        "damaged_workbook": (
            _("The workbook is damaged or not whole."),
            _("Open it in a spreadsheet program, save it as XLSX and send it again."),
        ),
        "macros": (
            _("The workbook holds macros."),
            _("Save it as XLSX or ODS without macros and send it again."),
        ),
        "workbook_too_large": (
            _("The list is too large: it may have 50,000 lines and 250 columns."),
            _("Copy the lines with people into a new, empty workbook and send that."),
        ),
        "not_csv": (
            _("The file cannot be read as a table: a quotation mark is opened and never closed."),
            _("Find the quotation mark and remove it, or send the list as XLSX."),
        ),
        "empty_file": (
            _("The file has no lines with people."),
            _("See that the list stands on the first sheet, below a line that names the columns."),
        ),
        "no_such_column": (
            _("The file has no such column."),
            _("Add the column, or call it as it is called here."),
        ),
        "column_twice": (_("The file has this column twice."), _("Remove one of the two columns.")),
        "too_many_cells": (
            _("The line has more cells than the first line has columns."),
            _("See whether a separator stands in one of the texts."),
        ),
        "personal_number": (
            _("A personal identity number stands here. Kunnig does not take them."),
            _("Remove the number. Employee numbers are enough."),
        ),
        "missing": (_("This must be filled in."), _("Fill in the cell.")),
        "too_long": (_("The text is too long."), _("Write it shorter.")),
        "formula_error": (
            _("The formula in this cell has an error: %(value)s."),
            _("Correct the formula, or write the value itself."),
        ),
        "not_a_path": (
            _("%(value)s is neither the name of a unit nor the path to one."),
            _("Write the unit's name, or the path to it: Granvik > Home care > North."),
        ),
        "unknown_unit": (
            _("There is no unit called %(value)s."),
            _("Correct the name, or choose that missing units are made."),
        ),
        "ambiguous_unit": (
            _("Several units are called %(value)s."),
            _("Write the path: Home care > North."),
        ),
        "unknown_role": (
            _("%(value)s is none of the roles we know."),
            _("Write one of these: %(known)s.")
            % {"known": ", ".join(role_name(key, language) for key in ROLES)},
        ),
        "unknown_kind": (
            _("%(value)s is none of the kinds of employment we know."),
            _("Write one of these: %(known)s.")
            % {"known": ", ".join(kind_name(key, language) for key in KINDS)},
        ),
        "unknown_absence": (
            _("This is none of the two kinds of absence. Kunnig takes no reasons."),
            _("Write one of these: %(known)s.")
            % {"known": ", ".join(absence_name(key, language) for key in ABSENCES)},
        ),
        "not_a_percent": (
            _("%(value)s is not a number from 0 to 100."),
            _("Write how much of full time it is, like 75."),
        ),
        "not_a_date": (_("%(value)s is not a date."), _("Write it like 2026-03-12 or 12.3.2026.")),
        "ends_before_it_begins": (
            _("The last day is before the first day."),
            _("Correct one of the two days."),
        ),
        "not_an_email": (
            _("%(value)s is not an e-mail address."),
            _("Correct the address, or leave the cell empty."),
        ),
        "not_a_phone": (
            _("%(value)s is not a phone number."),
            _("Correct the number, or leave the cell empty."),
        ),
        "repeated": (
            _("An earlier line says the same workplace and role for this person."),
            _("Remove one of the two lines."),
        ),
        "other_name": (
            _("An earlier line has the same employee number and another name."),
            _("Correct the number or the name."),
        ),
        "absent_otherwise": (
            _("An earlier line says another absence of this person for the same time."),
            _("Write the same absence on each line of the person."),
        ),
        "email_repeated": (
            _("An earlier line gives this address to another person."),
            _("Correct one of the two addresses, or leave the cell empty."),
        ),
        "phone_repeated": (
            _("An earlier line gives this number to another person."),
            _("Correct one of the two numbers, or leave the cell empty."),
        ),
        "email_of_another": (
            _("A colleague already has this address."),
            _("Correct the address, or leave the cell empty."),
        ),
        "phone_of_another": (
            _("A colleague already has this number."),
            _("Correct the number, or leave the cell empty."),
        ),
        "another_person": (
            _("This number belongs to somebody with another first name and family name."),
            _("Correct the number, or the name if it is the same person."),
        ),
        "which_workplace": (
            _("The person has several workplaces, and it is not clear which one this line is about."),
            _("Write a line for each workplace that goes on."),
        ),
        "has_ended": (
            _("The employment that this line is about has ended."),
            _(
                "Write the first day of the new employment, or add a column for the last day, empty if there is none."
            ),
        ),
        "not_yours": (
            _("This person works in a part of the organisation that is not yours."),
            _("Take the line out, or ask somebody who may import everybody."),
        ),
        "ends_too_many": (
            _("The list would end the employment of more than a third of the people: %(value)s."),
            _("Send the whole list, or choose that people who are not in it are left as they are."),
        ),
    }


def fault_sentence(fault: Fault, language: str) -> str:
    """What is wrong, as a sentence."""
    return fault_words(language)[fault.code][0] % {"value": fault.value}


def remedy(fault: Fault, language: str) -> str:
    """What to do about it, as a sentence."""
    return fault_words(language)[fault.code][1]


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
    if column == "absence":
        return absence_name(str(value), language)
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
    lines += [f"not in the list, ends: {_who(end)}  {end.unit}".rstrip() for end in plan.ending]
    if plan.unused:
        lines.append("columns not used: " + ", ".join(plan.unused))
    lines.append(
        f"{plan.count('new')} new, {plan.count('changed')} changed, {plan.count('unchanged')} unchanged, "
        f"{plan.count('fault')} with faults; {plan.absent} people who are not in the list"
        + (f", {len(plan.ending)} employments end" if plan.ending else " are left alone")
    )
    if plan.faults:
        lines.append("Nothing can be imported before all faults are corrected.")
    return "\n".join(lines)


def _line(fate: LineFate, language: str) -> Iterator[str]:
    columns = column_words(language)
    who = _who(fate)
    what = "; ".join(
        columns[change.column] + ("" if fate.protected else f": {change_words(change, language)}")
        for change in fate.changes
    )
    yield f"line {fate.line}: {fate.fate}" + (f"  {who}" if who else "") + (f"  ({what})" if what else "")
    for fault in fate.faults:
        sentences = f"{fault_sentence(fault, language)} {remedy(fault, language)}"
        yield f"    {columns.get(fault.column, 'line')}: {sentences}"


def print_undoing(undoing: Undoing) -> str:
    """What undoing an import does, as text for a terminal."""
    why = {"signed_in": "has signed in since", "changed": "has been changed since"}
    lines = [f"stays as now: {_who(stay)}  ({why[stay.reason]})" for stay in undoing.stay]
    return "\n".join([*lines, f"{undoing.people} people are as before the import, {len(lines)} stay as now"])


def _who(somebody: LineFate | Ending | Stay) -> str:
    name = "Protected identity" if somebody.protected else somebody.name
    return f"{somebody.employee_number} {name}".strip()
