"""Single choice: one of some options is right. A scenario tells besides what each choice leads to."""

from collections.abc import Iterator
from fractions import Fraction
from random import Random
from typing import ClassVar

from lms.catalogue.document import Fault, Node
from lms.catalogue.items.item_type import (
    ALL,
    ID,
    TEXTS,
    Choice,
    Drawn,
    ItemType,
    Malformed,
    Schema,
    Sent,
    all_or_nothing,
    first_of,
    same_ids,
    shuffled,
    unknown,
)
from lms.catalogue.values import Item, ItemText


class Single(ItemType):
    """One of some options; the value is its id."""

    name = "single"
    key = ID
    wording: ClassVar[dict[str, Schema]] = {"options": TEXTS, "why": TEXTS}

    def faults(self, item: Node, wording: Node) -> Iterator[Fault]:
        """The key is one of the options; each option has a reason of its own and reads differently."""
        yield from unknown([item.get("key")], wording.get("options").entries, "options")
        yield from same_ids(wording.get("why"), wording.get("options"), "the options")

    def draw(self, item: Item, text: ItemText, random: Random) -> Drawn:
        """The options in a random order."""
        return Drawn(item.id, shuffled(text.options, random))

    def sent(self, form: Sent) -> object:
        """The id of an option."""
        return first_of(form)

    def read(self, item: Item, drawn: Drawn, value: object) -> str:
        """One of the options drawn."""
        if not isinstance(value, str) or value not in drawn.options:
            raise Malformed(item.id)
        return value

    def grade(self, item: Item, drawn: Drawn, value: str) -> Fraction:
        """Whether it is the right one."""
        return all_or_nothing(value == item.key)

    def choices(self, item: Item, text: ItemText) -> list[Choice]:
        """The options."""
        return [
            Choice(each, words, self.grade(item, Drawn(item.id), each) == ALL)
            for each, words in text.options.items()
        ]

    def chosen(self, value: str) -> list[str]:
        """The one option."""
        return [value]


class Scenario(Single):
    """A situation at work with one decision; `then` says what each choice leads to for the person cared for."""

    name = "scenario"
    wording: ClassVar[dict[str, Schema]] = {
        "situation": {"$ref": "#/$defs/text"},
        "then": TEXTS,
    } | Single.wording

    def faults(self, item: Node, wording: Node) -> Iterator[Fault]:
        """As single choice; each option leads somewhere."""
        yield from super().faults(item, wording)
        yield from same_ids(wording.get("then"), wording.get("options"), "the options")
