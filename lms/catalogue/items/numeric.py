"""Numeric: a number is written, in a given unit or in one that is chosen, exact or within a tolerance."""

from collections.abc import Iterator
from fractions import Fraction
from random import Random
from typing import Any, ClassVar

from lms.catalogue.document import Fault, Node
from lms.catalogue.items.item_type import (
    ID,
    TEXT,
    TEXTS,
    Drawn,
    ItemType,
    Malformed,
    Schema,
    Sent,
    all_or_nothing,
    are_ids,
    key_of,
    pairs_of,
    shuffled,
    unknown,
)
from lms.catalogue.items.numbers import read_number, written
from lms.catalogue.values import Item, ItemText

NUMBER: Schema = {"type": "string", "pattern": r"^-?\d+(\.\d+)?$", "description": 'a number in quotes: "2.5"'}
WHY: Schema = {
    "type": "object", "required": ["right", "wrong"], "additionalProperties": False,
    "properties": {"right": TEXT, "wrong": TEXT},
}  # fmt: skip


class Numeric(ItemType):
    """The value is `{"number": as it was written}`, with `"unit": option` where the unit is asked for too."""

    name = "numeric"
    key: ClassVar[Schema] = {
        "type": "object", "required": ["value"], "additionalProperties": False,
        "properties": {"value": NUMBER, "tolerance": NUMBER, "unit": ID},
    }  # fmt: skip
    wording: ClassVar[dict[str, Schema]] = {"unit": TEXT, "options": TEXTS, "why": WHY, "solution": TEXT}
    may_lack = frozenset({"unit", "options", "solution"})

    def faults(self, item: Node, wording: Node) -> Iterator[Fault]:
        """Either the unit is given (`unit`) or some are to choose among (`options`), one of them the key's."""
        unit, options = item.get("key").get("unit"), wording.get("options")
        if unit.text and options.is_missing:
            yield options.fault("is missing; the key asks for a unit")
        if unit.is_missing and not options.is_missing:
            yield unit.fault("is missing; units are to be chosen among")
        if not options.is_missing and not wording.get("unit").is_missing:
            yield wording.get("unit").fault("does not belong beside units to choose among")
        yield from unknown([unit], options.entries, "options")

    def draw(self, item: Item, text: ItemText, random: Random) -> Drawn:
        """The units, where there are some, in a random order."""
        return Drawn(item.id, shuffled(text.options, random))

    def more(self, item: Item, text: ItemText, drawn: Drawn, language: str) -> dict[str, Any]:
        """The unit that is given."""
        return {"unit": text.unit}

    def explained(
        self, item: Item, text: ItemText, drawn: Drawn, value: dict[str, str], language: str
    ) -> dict[str, Any]:
        """Both numbers as they are written in the language, and the unit that is right."""
        given = read_number(value["number"])
        return {
            "given": written(given, language) if given is not None else value["number"],
            "right": written(self.right_number(item, drawn), language),
            "right_unit": key_of(item).get("unit", ""),
        }

    def sent(self, form: Sent) -> object:
        """The number as written, and the unit where one is asked for."""
        return pairs_of(form)

    def asked(self, item: Item, drawn: Drawn) -> tuple[str, ...]:
        """The number, and the unit where one is asked for."""
        return ("answer-number", "answer-unit") if drawn.options else ("answer-number",)

    def read(self, item: Item, drawn: Drawn, value: object) -> dict[str, str]:
        """A number, and one of the units drawn if there are any."""
        wanted = {"number", "unit"} if drawn.options else {"number"}
        if not isinstance(value, dict) or not are_ids(value.values()) or set(value) != wanted:
            raise Malformed(item.id)
        if read_number(value["number"]) is None or (drawn.options and value["unit"] not in drawn.options):
            raise Malformed(item.id)
        return {name: value[name].strip() for name in sorted(wanted)}

    def grade(self, item: Item, drawn: Drawn, value: dict[str, str]) -> Fraction:
        """Whether the number is the key's, or no further from it than the tolerance, in the right unit."""
        given, right = read_number(value["number"]), self.right_number(item, drawn)
        tolerance = Fraction(key_of(item).get("tolerance", "0"))
        is_near = given is not None and abs(given - right) <= tolerance
        return all_or_nothing(is_near and value.get("unit") == key_of(item).get("unit"))

    def solved(self, item: Item, drawn: Drawn) -> dict[str, str]:
        """The number as it is written, and the unit where one is asked for."""
        number = {"number": written(self.right_number(item, drawn), "sv")}
        return number | {"unit": key_of(item)["unit"]} if drawn.options else number

    def right_number(self, item: Item, drawn: Drawn) -> Fraction:
        """The number that is asked for."""
        return Fraction(key_of(item)["value"])
