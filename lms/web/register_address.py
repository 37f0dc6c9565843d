"""What the address of the register says: what it is narrowed to, the day it is of, and what was known by when."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import request
from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate

from lms.base.context import Context
from lms.base.errors import Invalid
from lms.register.queries import Filter
from lms.register.register_then import Then
from lms.register.rules import Sought, State, state_named


def _state(word: str) -> State | Sought:
    try:
        return state_named(word)
    except ValueError as error:
        raise ValidationError("no such state") from error


class FilterForm(Schema):
    """The filter as it stands in the address, so that it can be bookmarked and shared."""

    class Meta:
        """Other parameters are none of the filter's business."""

        unknown = EXCLUDE

    unit = fields.UUID(load_default=None, allow_none=True)
    role = fields.Str(load_default="", validate=validate.Length(max=60))
    course = fields.Str(load_default="", validate=validate.Length(max=60))
    state = fields.Function(deserialize=_state, load_default=None)
    only_here = fields.Bool(load_default=False)
    rule = fields.UUID(load_default=None, allow_none=True)
    text = fields.Str(load_default="", validate=validate.Length(max=80))


class DayForm(Schema):
    """The days in the address."""

    class Meta:
        """Other parameters are none of theirs."""

        unknown = EXCLUDE

    day = fields.Date(load_default=None)
    known = fields.Date(load_default=None)
    compare = fields.Date(load_default=None)


FILTER, DAYS = FilterForm(), DayForm()
KEPT = (
    *FILTER.fields,
    *DAYS.fields,
)  # what makes a view of the register, in the order it stands in addresses


@dataclass(frozen=True, slots=True)
class Days:
    """The days that were asked for, as they were typed, what is wrong with them, and what they mean."""

    typed: Mapping[str, str]
    faults: Mapping[str, str]
    then: Then | None  # None: the register of today, as it is known now
    compares: bool

    def checked(self) -> Then | None:
        """The day that is meant. Raises Invalid with what is wrong: who takes out a file is not given another day."""
        if self.faults:
            raise Invalid(self.faults)
        return self.then


def narrowed() -> Filter:
    """The filter of this request; what cannot be read narrows nothing."""
    try:
        return Filter(**FILTER.load(_given()))
    except ValidationError as error:
        return Filter(**(FILTER.load({}) | error.valid_data))


def days(ctx: Context) -> Days:
    """The days of this request. What is known today is what is known now."""
    typed = {name: value for name, value in _given().items() if name in DAYS.fields}
    faults: dict[str, str] = {}
    try:
        values = DAYS.load(typed)
    except ValidationError as error:
        values = DAYS.load({}) | error.valid_data
        faults = dict.fromkeys(error.messages_dict, "unreadable")
    faults |= {name: "lies_ahead" for name, day in values.items() if day is not None and day > ctx.today}
    known_on = _past(ctx, values["compare"]) or _past(ctx, values["known"])
    day = values["day"] or ctx.today
    then = None if day == ctx.today and known_on is None else Then(day, known_on)
    return Days(
        typed,
        faults,
        None if faults else then,
        compares=known_on is not None and bool(values["compare"]) and not faults,
    )


def view_of(given: Mapping[str, Any]) -> dict[str, str]:
    """What of the parameters of an address makes a view of the register: no page, nothing empty."""
    return {name: str(given[name]) for name in KEPT if given.get(name)}


def _past(ctx: Context, day: date | None) -> date | None:
    return day if day is not None and day < ctx.today else None


def _given() -> dict[str, str]:
    """Parameters of the address, or fields of a form that says what of the register it is about."""
    given = request.form if request.method == "POST" else request.args
    return {name: value for name, value in given.items() if value}
