"""Ordering: all options are to be put in order."""

from collections.abc import Iterator
from fractions import Fraction
from random import Random
from typing import ClassVar

from lms.catalogue.document import Fault, Node
from lms.catalogue.items.item_type import (
    ID,
    TEXTS,
    Drawn,
    ItemType,
    Malformed,
    Schema,
    Sent,
    all_of,
    all_or_nothing,
    are_ids,
    same_ids,
    shuffled,
    unknown,
)
from lms.catalogue.values import Item, ItemText


class Ordering(ItemType):
    """The options in an order; the value is the list of all their ids."""

    name = "ordering"
    key: ClassVar[Schema] = {"type": "array", "minItems": 2, "uniqueItems": True, "items": ID}
    wording: ClassVar[dict[str, Schema]] = {"options": TEXTS, "why": TEXTS}

    def faults(self, item: Node, wording: Node) -> Iterator[Fault]:
        """The key puts every option in its place."""
        options, key = wording.get("options"), item.get("key")
        yield from unknown(key.members, options.entries, "options")
        yield from same_ids(wording.get("why"), options, "the options")
        for option in options.entries:
            if option not in key.names:
                yield key.fault(f"the option {option} has no place in the order")

    def draw(self, item: Item, text: ItemText, random: Random) -> Drawn:
        """The options in a random order that is not the right one."""
        options = shuffled(text.options, random)
        return Drawn(item.id, (*options[1:], options[0]) if options == item.key else options)

    def sent(self, form: Sent) -> object:
        """Ids of all options, in order."""
        return all_of(form)

    def read(self, item: Item, drawn: Drawn, value: object) -> list[str]:
        """Every option drawn, once."""
        if not isinstance(value, list) or not are_ids(value) or sorted(value) != sorted(drawn.options):
            raise Malformed(item.id)
        return list(value)

    def grade(self, item: Item, drawn: Drawn, value: list[str]) -> Fraction:
        """Whether all of them are in their places."""
        return all_or_nothing(tuple(value) == tuple(item.key))

    def parts(self, item: Item, drawn: Drawn, value: list[str]) -> tuple[int, int]:
        """Those in their places."""
        return sum(chosen == right for chosen, right in zip(value, item.key, strict=True)), len(value)
