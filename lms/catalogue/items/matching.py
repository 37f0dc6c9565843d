"""Matching: each option belongs to one of the targets."""

from collections.abc import Iterator
from fractions import Fraction
from random import Random
from typing import ClassVar

from lms.catalogue.document import Fault, Node
from lms.catalogue.items.item_type import (
    ID,
    TEXTS,
    Choice,
    Drawn,
    ItemType,
    Malformed,
    Schema,
    Sent,
    all_or_nothing,
    are_ids,
    key_of,
    pairs_of,
    same_ids,
    shuffled,
    unknown,
)
from lms.catalogue.values import Item, ItemText


class Matching(ItemType):
    """Options with a target each; the value maps option to target. Two options may share a target."""

    name = "matching"
    key: ClassVar[Schema] = {
        "type": "object", "minProperties": 1, "propertyNames": ID, "additionalProperties": ID,
    }  # fmt: skip
    wording: ClassVar[dict[str, Schema]] = {"options": TEXTS, "targets": TEXTS, "why": TEXTS}

    def faults(self, item: Node, wording: Node) -> Iterator[Fault]:
        """The key gives every option one of the targets."""
        options, targets, key = wording.get("options"), wording.get("targets"), item.get("key")
        yield from same_ids(wording.get("why"), options, "the options")
        for option in options.entries:
            if option not in key.entries:
                yield key.fault(f"the option {option} has no target")
        for option, target in key.entries.items():
            if option not in options.entries:
                yield target.fault(f"{option} is none of the options")
        yield from unknown(list(key.entries.values()), targets.entries, "targets")

    def draw(self, item: Item, text: ItemText, random: Random) -> Drawn:
        """Options and targets, each in a random order."""
        return Drawn(item.id, shuffled(text.options, random), shuffled(text.targets, random))

    def sent(self, form: Sent) -> object:
        """A target for each option."""
        return pairs_of(form)

    def asked(self, item: Item, drawn: Drawn) -> tuple[str, ...]:
        """One for each."""
        return tuple(f"answer-{each}" for each in drawn.options)

    def read(self, item: Item, drawn: Drawn, value: object) -> dict[str, str]:
        """A target for every option drawn."""
        if not isinstance(value, dict) or not are_ids(value.values()) or set(value) != set(drawn.options):
            raise Malformed(item.id)
        if not set(value.values()) <= set(drawn.targets):
            raise Malformed(item.id)
        return dict(sorted(value.items()))

    def grade(self, item: Item, drawn: Drawn, value: dict[str, str]) -> Fraction:
        """Whether all of them are where they belong."""
        return all_or_nothing(value == item.key)

    def parts(self, item: Item, drawn: Drawn, value: dict[str, str]) -> tuple[int, int]:
        """The lines that are right."""
        return sum(key_of(item)[each] == chosen for each, chosen in value.items()), len(value)

    def choices(self, item: Item, text: ItemText) -> list[Choice]:
        """Every target of every option, as `option.target`."""
        key = key_of(item)
        return [
            Choice(f"{option}.{target}", f"{words} → {name}", key[option] == target)
            for option, words in text.options.items()
            for target, name in text.targets.items()
        ]

    def chosen(self, value: dict[str, str]) -> list[str]:
        """The target of each option."""
        return [f"{option}.{target}" for option, target in value.items()]
