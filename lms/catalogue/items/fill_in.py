"""Fill in from a list: a text has gaps, and for each gap one of a few words is chosen."""

import re
from collections.abc import Iterator
from fractions import Fraction
from random import Random
from typing import Any, ClassVar

from lms.catalogue.document import Fault, Node
from lms.catalogue.items.item_type import (
    ID,
    TEXT,
    TEXTS,
    Choice,
    Drawn,
    ItemType,
    Malformed,
    Schema,
    Sent,
    alike,
    all_or_nothing,
    are_ids,
    key_of,
    pairs_of,
    same_ids,
    shuffled,
)
from lms.catalogue.typography import CLOSING, OPENING
from lms.catalogue.values import Item, ItemText

GAP = re.compile(r"\[([a-z][a-z0-9-]*)\]")
_PIECE = re.compile(rf"(.*?)(?:([{OPENING}]*){GAP.pattern}([{re.escape(CLOSING)}]*)|$)", re.DOTALL)


class GapFill(ItemType):
    """`text` has gaps as `[time]`, `gaps` the words for each; the value maps gap to word. Reasons are by gap."""

    name = "fill-in"
    key: ClassVar[Schema] = {
        "type": "object", "minProperties": 1, "propertyNames": ID, "additionalProperties": ID,
    }  # fmt: skip
    wording: ClassVar[dict[str, Schema]] = {
        "text": TEXT,
        "gaps": {"type": "object", "minProperties": 1, "propertyNames": ID, "additionalProperties": TEXTS},
        "why": {"$ref": "#/$defs/textById"},
    }

    def faults(self, item: Node, wording: Node) -> Iterator[Fault]:
        """Every gap of the text has its words, one of which is the key's, and a reason."""
        gaps, key = wording.get("gaps"), item.get("key")
        yield from same_ids(key, gaps, "the gaps")
        yield from same_ids(wording.get("why"), gaps, "the gaps")
        in_text = GAP.findall(wording.get("text").text)
        if sorted(in_text) != sorted(gaps.entries):
            yield wording.get("text").fault("must have each of the gaps once, as [gap]")
        for gap, words in gaps.entries.items():
            if key.get(gap).text and key.get(gap).text not in words.entries:
                yield key.get(gap).fault(f"{key.get(gap).text} is none of the words for {gap}")

    def faults_of_wording(self, wording: Node) -> Iterator[Fault]:
        """No two words for a gap read alike."""
        for words in wording.get("gaps").entries.values():
            yield from alike(words)

    def draw(self, item: Item, text: ItemText, random: Random) -> Drawn:
        """The gaps stand where they stand; the words of all of them in a random order, as `gap.word`."""
        words = [f"{gap}.{word}" for gap, some in text.gaps.items() for word in some]
        return Drawn(item.id, tuple(text.gaps), shuffled(words, random))

    def more(self, item: Item, text: ItemText, drawn: Drawn, language: str) -> dict[str, Any]:
        """The text in pieces, and the words for each gap.

        A piece is what stands before a gap, the marks that open on its line, the gap (none behind the last piece), and
        the marks that close there.
        """
        words: dict[str, list[tuple[str, str]]] = {gap: [] for gap in drawn.options}
        for entry in drawn.targets:
            gap, _point, word = entry.partition(".")
            words[gap].append((word, text.gaps[gap][word]))
        return {"pieces": [piece for piece in _PIECE.findall(text.text) if any(piece)], "words": words}

    def sent(self, form: Sent) -> object:
        """A word for each gap."""
        return pairs_of(form)

    def asked(self, item: Item, drawn: Drawn) -> tuple[str, ...]:
        """One for each."""
        return tuple(f"answer-{each}" for each in drawn.options)

    def read(self, item: Item, drawn: Drawn, value: object) -> dict[str, str]:
        """A word for every gap, of its own list."""
        if not isinstance(value, dict) or not are_ids(value.values()) or set(value) != set(drawn.options):
            raise Malformed(item.id)
        if not {f"{gap}.{word}" for gap, word in value.items()} <= set(drawn.targets):
            raise Malformed(item.id)
        return dict(sorted(value.items()))

    def grade(self, item: Item, drawn: Drawn, value: dict[str, str]) -> Fraction:
        """Whether every word is the right one."""
        return all_or_nothing(value == item.key)

    def parts(self, item: Item, drawn: Drawn, value: dict[str, str]) -> tuple[int, int]:
        """The gaps that are right."""
        return sum(key_of(item)[each] == chosen for each, chosen in value.items()), len(value)

    def choices(self, item: Item, text: ItemText) -> list[Choice]:
        """The words for every gap, as `gap.word`; gaps are numbered as they stand in the text."""
        key = key_of(item)
        return [
            Choice(f"{gap}.{word}", f"{number}. {said}", key[gap] == word)
            for number, gap in enumerate(GAP.findall(text.text), 1)
            for word, said in text.gaps[gap].items()
        ]

    def chosen(self, value: dict[str, str]) -> list[str]:
        """The word for each gap."""
        return [f"{gap}.{word}" for gap, word in value.items()]
