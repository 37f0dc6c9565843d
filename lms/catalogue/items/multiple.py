"""Multiple choice: several of the options may be right; each right one counts, each wrong one takes as much away."""

from collections.abc import Iterator
from fractions import Fraction
from random import Random
from typing import ClassVar

from lms.catalogue.document import Fault, Node
from lms.catalogue.items.item_type import (
    ID,
    NOTHING,
    TEXTS,
    Choice,
    Drawn,
    ItemType,
    Malformed,
    Schema,
    Sent,
    all_of,
    are_ids,
    same_ids,
    shuffled,
    unknown,
)
from lms.catalogue.values import Item, ItemText


class Multiple(ItemType):
    """Some of several options; the value is the list of their ids, sorted."""

    name = "multiple"
    key: ClassVar[Schema] = {"type": "array", "minItems": 1, "uniqueItems": True, "items": ID}
    wording: ClassVar[dict[str, Schema]] = {"options": TEXTS, "why": TEXTS}

    def faults(self, item: Node, wording: Node) -> Iterator[Fault]:
        """The key names some of the options, not all."""
        options = wording.get("options")
        yield from unknown(item.get("key").members, options.entries, "options")
        yield from same_ids(wording.get("why"), options, "the options")
        if options.entries and set(options.entries) <= set(item.get("key").names):
            yield item.get("key").fault("names every option, so nothing is asked")

    def draw(self, item: Item, text: ItemText, random: Random) -> Drawn:
        """The options in a random order."""
        return Drawn(item.id, shuffled(text.options, random))

    def sent(self, form: Sent) -> object:
        """Ids of options."""
        return all_of(form)

    def solved(self, item: Item, drawn: Drawn) -> list[str]:
        """The right options in the order they are shown, as a form sends them."""
        return [option for option in drawn.options if option in item.key]

    def read(self, item: Item, drawn: Drawn, value: object) -> list[str]:
        """At least one of the options drawn, none twice."""
        if not isinstance(value, list) or not value or not are_ids(value):
            raise Malformed(item.id)
        if len(set(value)) < len(value) or not set(value) <= set(drawn.options):
            raise Malformed(item.id)
        return sorted(value)

    def grade(self, item: Item, drawn: Drawn, value: list[str]) -> Fraction:
        """Right choices less wrong ones, as a share of those that are right; never below nothing."""
        right, count = self.parts(item, drawn, value)
        return max(NOTHING, Fraction(right - (len(value) - right), count))

    def parts(self, item: Item, drawn: Drawn, value: list[str]) -> tuple[int, int]:
        """The right choices, of those that are right; wrong ones beside."""
        return len(set(value) & set(item.key)), len(item.key)

    def choices(self, item: Item, text: ItemText) -> list[Choice]:
        """The options."""
        return [Choice(each, words, each in item.key) for each, words in text.options.items()]

    def chosen(self, value: list[str]) -> list[str]:
        """The options that were chosen."""
        return value
