"""Short reflection: some sentences for oneself. It is kept for the learner, is not graded, and nobody else reads it."""

from collections.abc import Iterator
from fractions import Fraction
from random import Random
from typing import Any, ClassVar

from lms.catalogue.document import Fault, Node
from lms.catalogue.items.item_type import ALL, TEXT, Drawn, ItemType, Malformed, Schema, Sent
from lms.catalogue.values import Item, ItemText

LONGEST_REFLECTION = 2_000  # characters


class Reflection(ItemType):
    """The value is the text."""

    name = "reflection"
    is_graded = False
    key: ClassVar[Schema] = {"const": "own"}
    wording: ClassVar[dict[str, Schema]] = {"hint": TEXT}
    may_lack = frozenset({"hint"})

    def faults(self, item: Node, wording: Node) -> Iterator[Fault]:
        """It belongs to practice: what cannot be wrong cannot be examined."""
        if item.get("use").text != "practice":
            yield item.get("use").fault("must be practice; a reflection is not graded")

    def draw(self, item: Item, text: ItemText, random: Random) -> Drawn:
        """The same for everybody."""
        return Drawn(item.id)

    def more(self, item: Item, text: ItemText, drawn: Drawn, language: str) -> dict[str, Any]:
        """The hint, and how many characters there is room for."""
        return {"hint": text.hint, "longest": LONGEST_REFLECTION}

    def sent(self, form: Sent) -> object:
        """The text, lines ended as they are counted."""
        return next(iter(form.get("answer", ())), "").replace("\r\n", "\n")

    def read(self, item: Item, drawn: Drawn, value: object) -> str:
        """Some words, and not too many."""
        if (
            not isinstance(value, str)
            or not value.strip()
            or len(value) > LONGEST_REFLECTION
            or "\0" in value
        ):
            raise Malformed(item.id)
        return value.strip()

    def grade(self, item: Item, drawn: Drawn, value: str) -> Fraction:
        """Nothing one thinks is wrong."""
        return ALL
