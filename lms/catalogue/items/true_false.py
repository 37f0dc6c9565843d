"""True or false with the reason: a statement is judged, and the reason for the judgement is chosen."""

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

TRUTHS = ("true", "false")


class TrueFalse(ItemType):
    """`ask` is the statement, the options are reasons; the value is `{"truth": "true", "reason": option}`."""

    name = "true-false"
    key: ClassVar[Schema] = {
        "type": "object", "required": ["truth", "reason"], "additionalProperties": False,
        "properties": {"truth": {"type": "boolean"}, "reason": ID},
    }  # fmt: skip
    wording: ClassVar[dict[str, Schema]] = {"options": TEXTS, "why": TEXTS}

    def faults(self, item: Node, wording: Node) -> Iterator[Fault]:
        """The key names one of the reasons."""
        yield from unknown([item.get("key").get("reason")], wording.get("options").entries, "options")
        yield from same_ids(wording.get("why"), wording.get("options"), "the options")

    def draw(self, item: Item, text: ItemText, random: Random) -> Drawn:
        """The reasons in a random order; true stands before false, as everybody expects."""
        return Drawn(item.id, shuffled(text.options, random), TRUTHS)

    def sent(self, form: Sent) -> object:
        """The judgement and the reason."""
        return pairs_of(form)

    def asked(self, item: Item, drawn: Drawn) -> tuple[str, ...]:
        """The judgement and the reason."""
        return ("answer-truth", "answer-reason")

    def read(self, item: Item, drawn: Drawn, value: object) -> dict[str, str]:
        """A judgement, and one of the reasons drawn."""
        if not isinstance(value, dict) or not are_ids(value.values()) or set(value) != {"truth", "reason"}:
            raise Malformed(item.id)
        if value["truth"] not in TRUTHS or value["reason"] not in drawn.options:
            raise Malformed(item.id)
        return {"truth": value["truth"], "reason": value["reason"]}

    def grade(self, item: Item, drawn: Drawn, value: dict[str, str]) -> Fraction:
        """Whether both are right: judging rightly for a wrong reason is a guess."""
        right, count = self.parts(item, drawn, value)
        return all_or_nothing(right == count)

    def solved(self, item: Item, drawn: Drawn) -> dict[str, str]:
        """The judgement in the word it is sent as, and the reason."""
        key = key_of(item)
        return {"truth": TRUTHS[0] if key["truth"] else TRUTHS[1], "reason": key["reason"]}

    def parts(self, item: Item, drawn: Drawn, value: dict[str, str]) -> tuple[int, int]:
        """Judgement and reason."""
        key = key_of(item)
        return ((value["truth"] == "true") == key["truth"]) + (value["reason"] == key["reason"]), 2

    def choices(self, item: Item, text: ItemText) -> list[Choice]:
        """The reasons."""
        return [Choice(each, words, each == key_of(item)["reason"]) for each, words in text.options.items()]

    def chosen(self, value: dict[str, str]) -> list[str]:
        """The reason."""
        return [value["reason"]]
