"""What every type of item has: the form of its key and wording, what is drawn, what counts as an answer, its grade.

One file of this package for each type, with its macros in `templates/items/<name>.html`. All of it is pure.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from random import Random
from typing import Any, ClassVar

from lms.catalogue.document import Fault, Node
from lms.catalogue.values import Item, ItemText

Schema = dict[str, Any]
Sent = Mapping[str, Sequence[str]]  # the fields of a form, each with its values in order

ID: Schema = {"$ref": "#/$defs/id"}
TEXT: Schema = {"$ref": "#/$defs/text"}
TEXTS: Schema = {"$ref": "#/$defs/textById", "minProperties": 2}
LONGEST = 200  # characters of one value that is sent; ids are short
NOTHING, ALL = Fraction(0), Fraction(1)


class Malformed(ValueError):
    """What was sent is no answer to the item: nothing chosen, or something that is not there."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Something that can be chosen in an item: its id, its words, and whether it is right."""

    id: str
    text: str
    right: bool


@dataclass(frozen=True, slots=True)
class Drawn:
    """One item as drawn for somebody.

    Its options (and targets, for matching) in the order they are shown, and the numbers it was given, as they are
    calculated with (`2.5`), for items that ask with other numbers each time.
    """

    item: str
    options: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    numbers: dict[str, str] = field(default_factory=dict)


class ItemType(ABC):
    """A way of asking. Values are plain JSON: they are stored as they were answered."""

    name: ClassVar[str]
    key: ClassVar[Schema]  # of `key` in course.yaml
    wording: ClassVar[dict[str, Schema]]  # what stands in items.yaml beside `situation` and `ask`
    may_lack: ClassVar[frozenset[str]] = frozenset()  # of `wording`
    is_graded: ClassVar[bool] = True  # else it is kept for the learner alone
    in_steps: ClassVar[bool] = False  # answered decision by decision: the three methods below say how

    def faults(self, item: Node, wording: Node) -> Iterator[Fault]:
        """What is wrong between key and wording (in the first language) that the forms of both do not see."""
        yield from ()

    def faults_of_wording(self, wording: Node) -> Iterator[Fault]:
        """What is wrong with the wording in any language, whatever the key: by default, options that read alike."""
        for part in ("options", "targets"):
            yield from alike(wording.get(part))

    def pictures(self, item: Node) -> Iterator[Node]:
        """The names of the pictures an item shows."""
        yield from ()

    @abstractmethod
    def draw(self, item: Item, text: ItemText, random: Random) -> Drawn:
        """The item for one person, in an order (and with numbers) of its own."""

    def worded(self, item: Item, text: ItemText, drawn: Drawn, language: str) -> ItemText:
        """The wording as it is shown for what was drawn."""
        return text

    def more(self, item: Item, text: ItemText, drawn: Drawn, language: str) -> dict[str, Any]:
        """What the macros of the type need beside options and targets; never the key."""
        return {}

    def so_far(self, item: Item, text: ItemText, drawn: Drawn, made: Any) -> dict[str, Any]:
        """What the macros show of the decisions that were made, and of the one that is next; never the key."""
        return {}

    def onward(self, item: Item, made: Sequence[str], value: object) -> list[str]:
        """The decisions made and the one that was sent last, if it is a new one. Raises Malformed."""
        raise Malformed(item.id)

    def is_under_way(self, item: Item, value: object) -> bool:
        """Whether a value is some decisions, but not all that make an answer."""
        return False

    def explained(
        self, item: Item, text: ItemText, drawn: Drawn, value: Any, language: str
    ) -> dict[str, Any]:
        """What the macros say about an answer beside key and reasons."""
        return {}

    @abstractmethod
    def sent(self, form: Sent) -> object:
        """What the fields of the item's form say, not checked yet."""

    def asked(self, item: Item, drawn: Drawn) -> tuple[str, ...]:
        """The fields that its form has to say something in; by default there is one."""
        return ("answer",)

    @abstractmethod
    def read(self, item: Item, drawn: Drawn, value: object) -> Any:
        """The value as it is stored, if it is an answer to the item as drawn. Raises Malformed."""

    @abstractmethod
    def grade(self, item: Item, drawn: Drawn, value: Any) -> Fraction:
        """How much of an answer is right, from 0 to 1: what it counts in an exam."""

    def solved(self, item: Item, drawn: Drawn) -> Any:
        """An answer that is wholly right, as it is sent; by default the key. Who takes a test to show it needs it."""
        return list(item.key) if isinstance(item.key, tuple) else item.key

    def parts(self, item: Item, drawn: Drawn, value: Any) -> tuple[int, int]:
        """How many parts of an answer are right, of how many; by default there is one."""
        return int(self.grade(item, drawn, value) == ALL), 1

    def choices(self, item: Item, text: ItemText) -> list[Choice]:
        """All that can be chosen, for counting how often it was; by default nothing is chosen from a list."""
        return []

    def chosen(self, value: Any) -> list[str]:
        """The ids of what an answer chose."""
        return []


def key_of(item: Item) -> dict[str, Any]:
    """The key of an item whose type keeps it as a mapping."""
    if not isinstance(item.key, dict):
        raise TypeError(f"{item.id}: the key is no mapping")
    return item.key


def are_ids(values: Iterable[object]) -> bool:
    """Whether all of some values are texts, so that they can be ids."""
    return all(isinstance(value, str) for value in values)


def first_of(form: Sent, name: str = "answer") -> str:
    """The value of a field that is sent once; empty if it was not sent."""
    return next(iter(form.get(name, ())), "")[:LONGEST]


def all_of(form: Sent, name: str = "answer") -> list[str]:
    """The values of a field that is sent several times, in order."""
    return [value[:LONGEST] for value in form.get(name, ())]


def pairs_of(form: Sent, prefix: str = "answer-") -> dict[str, str]:
    """What each of several fields with a common prefix says, by the rest of its name."""
    return {name.removeprefix(prefix): first_of(form, name) for name in form if name.startswith(prefix)}


def shuffled(ids: Sequence[str] | Mapping[str, object], random: Random) -> tuple[str, ...]:
    """Ids in a random order."""
    order = list(ids)
    random.shuffle(order)
    return tuple(order)


def all_or_nothing(right: bool) -> Fraction:  # noqa: FBT001  (the one thing that is asked)
    """The grade where only the whole counts."""
    return ALL if right else NOTHING


def unknown(nodes: Sequence[Node], known: Mapping[str, object], what: str) -> Iterator[Fault]:
    """Faults of the ids that are none of the known ones; an empty one, or no known ones, are the form's fault."""
    for node in nodes:
        if known and node.text and node.text not in known:
            yield node.fault(f"{node.text} is none of the {what}")


def same_ids(node: Node, other: Node, others: str) -> Iterator[Fault]:
    """Faults where two mappings do not have the same keys; one that is missing as a whole is the form's fault."""
    if node.is_missing:
        return
    for name in other.entries:
        if name not in node.entries:
            yield node.get(name).fault("is missing")
    for name, entry in node.entries.items():
        if name not in other.entries:
            yield entry.fault(f"is none of {others}")


def alike(node: Node) -> Iterator[Fault]:
    """Faults of texts that read the same as one before them."""
    texts: set[str] = set()
    for entry in node.entries.values():
        if entry.text.strip().lower() in texts:
            yield entry.fault("reads the same as one before it")
        texts.add(entry.text.strip().lower())
