"""What the lead's pages share: the unit somebody has chosen, and forms as plain values with faults by field."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from flask import request
from marshmallow import EXCLUDE, Schema, ValidationError, pre_load
from werkzeug.datastructures import MultiDict

from lms.base.access import Permission
from lms.base.context import Context
from lms.base.errors import NotFound
from lms.organisation.queries import units_in_reach

INDENT = "\u2003"  # what units_in_reach draws the depth of a unit with


@dataclass(frozen=True, slots=True)
class Place:
    """The unit a page is about, and those that can be chosen instead: (public id, indented name)."""

    key: UUID | None  # empty: all of one's units
    name: str
    choices: tuple[tuple[str, str], ...]

    @property
    def query(self) -> dict[str, str]:
        """What keeps the choice in the address of the next page; nothing where there is no choice."""
        return {"unit": str(self.key)} if self.key and len(self.choices) > 1 else {}


def chosen_place(ctx: Context, permission: Permission, wanted: str | None = None) -> Place:
    """The unit that the address (or a form) names, within the actor's reach. One statement.

    Without a choice: a lead's own unit with all below it, or all of them for a lead of several;
    for somebody whose reach is the whole employer the first unit that has none below.
    Raises NotFound for a unit out of reach.
    """
    units = units_in_reach(ctx, permission)
    names = {key: name.strip(INDENT) for key, name in units}
    key = wanted if wanted is not None else request.args.get("unit", "")
    if key and key not in names:
        raise NotFound
    if not key:
        key = _first_leaf(units) if "/" in ctx.who.paths(permission) else _only_root(units)
    return Place(UUID(key) if key else None, names.get(key, ""), tuple(units))


def chosen_unit(ctx: Context, permission: Permission, wanted: str | None = None) -> Place:
    """The same for what is about one unit: where several could be meant, the first of them."""
    place = chosen_place(ctx, permission, wanted)
    if place.key is None and place.choices:
        key, name = place.choices[0]
        return replace(place, key=UUID(key), name=name.strip(INDENT))
    return place


def _only_root(units: list[tuple[str, str]]) -> str:
    roots = [key for key, name in units if not name.startswith(INDENT)]
    return roots[0] if len(roots) == 1 else ""


def _first_leaf(units: list[tuple[str, str]]) -> str:
    depths = [name.count(INDENT) for _key, name in units]
    leaves = (
        key
        for place, (key, _name) in enumerate(units)
        if place + 1 == len(units) or depths[place + 1] <= depths[place]
    )
    return next(leaves, "")


class LeadForm(Schema):
    """A form of these pages: fields left empty are not there, and others do not matter."""

    class Meta:
        """Other fields are none of the form's business."""

        unknown = EXCLUDE

    @pre_load
    def _leave_out_empty(self, data: Mapping[str, Any], **_options: object) -> dict[str, Any]:
        return {name: value for name, value in data.items() if value not in ("", [])}


def sent(schema: Schema, form: MultiDict[str, str], *lists: str) -> tuple[dict[str, Any], dict[str, str]]:
    """The values of a form and its faults by field (code `unreadable`); `lists` are fields sent more than once.

    A NUL character, which PostgreSQL cannot store, is left out of every text.
    """
    data: dict[str, Any] = {name: value.replace("\0", "") for name, value in form.items()}
    data.update({name: form.getlist(name) for name in lists})
    try:
        values: dict[str, Any] = schema.load(data)
    except ValidationError as error:
        faults = error.messages if isinstance(error.messages, dict) else {}
        return schema.load({}) | error.valid_data, dict.fromkeys(faults, "unreadable")
    return values, {}
