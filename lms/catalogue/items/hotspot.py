"""Hotspot: one of some places on a picture is pointed at, or chosen from the list that names them."""

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from random import Random
from typing import Any, ClassVar

from lms.catalogue.document import Fault, Node
from lms.catalogue.items.choice import Single
from lms.catalogue.items.item_type import (
    ID,
    TEXT,
    TEXTS,
    Drawn,
    Schema,
    all_or_nothing,
    key_of,
    same_ids,
    shuffled,
    unknown,
)
from lms.catalogue.values import Item, ItemText

PLACE: Schema = {  # left, top, width, height in percent of the picture
    "type": "array", "minItems": 4, "maxItems": 4, "items": {"type": "integer", "minimum": 0, "maximum": 100},
}  # fmt: skip
SMALLEST = 12  # percent of the picture's width and height: a thumb hits it on a narrow phone


class Hotspot(Single):
    """The options name the places, which carry their numbers; the value is the id of one."""

    name = "hotspot"
    key: ClassVar[Schema] = {
        "type": "object", "required": ["place", "picture", "places"], "additionalProperties": False,
        "properties": {
            "place": ID,
            "picture": {"type": "string", "pattern": r"^[a-z0-9-]+\.svg$", "description": "the name of an SVG file"},
            "places": {"type": "object", "minProperties": 2, "propertyNames": ID, "additionalProperties": PLACE},
        },
    }  # fmt: skip
    wording: ClassVar[dict[str, Schema]] = {"alt": TEXT, "options": TEXTS, "why": TEXTS}

    def faults(self, item: Node, wording: Node) -> Iterator[Fault]:
        """Places and options are the same; every place lies on the picture and can be hit."""
        key, options = item.get("key"), wording.get("options")
        yield from same_ids(key.get("places"), options, "the options")
        yield from same_ids(wording.get("why"), options, "the options")
        yield from unknown([key.get("place")], options.entries, "options")
        for place in key.get("places").entries.values():
            if len(place.members) != 4:  # the form names that
                continue
            left, top, width, height = (member.number for member in place.members)
            if left + width > 100 or top + height > 100:
                yield place.fault("lies beside the picture")
            if min(width, height) < SMALLEST:
                yield place.fault(f"is too small to be hit; {SMALLEST} percent are needed")

    def pictures(self, item: Node) -> Iterator[Node]:
        """The one the places lie on."""
        yield item.get("key").get("picture")

    def draw(self, item: Item, text: ItemText, random: Random) -> Drawn:
        """The places in a random order: so they are numbered."""
        return Drawn(item.id, shuffled(text.options, random))

    def worded(self, item: Item, text: ItemText, drawn: Drawn, language: str) -> ItemText:
        """Each place with the number it carries on the picture."""
        names = {each: f"{number}. {text.options[each]}" for number, each in enumerate(drawn.options, 1)}
        return replace(text, options=names)

    def more(self, item: Item, text: ItemText, drawn: Drawn, language: str) -> dict[str, Any]:
        """The picture, what it shows, and each place on it: left, top, width and height in percent."""
        key = key_of(item)
        places = [(each, *key["places"][each]) for each in drawn.options]
        return {"picture": key["picture"], "alt": text.alt, "places": places}

    def solved(self, item: Item, drawn: Drawn) -> str:
        """The right place."""
        return str(key_of(item)["place"])

    def grade(self, item: Item, drawn: Drawn, value: str) -> Fraction:
        """Whether it is the right place."""
        return all_or_nothing(value == key_of(item)["place"])
