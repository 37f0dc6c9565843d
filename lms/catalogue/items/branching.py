"""Branching scenario: two to four decisions, each with its consequence for the person, one leading to the next."""

from collections.abc import Iterator, Mapping
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
    alike,
    all_of,
    are_ids,
    key_of,
    same_ids,
    shuffled,
    unknown,
)
from lms.catalogue.values import Item, ItemText

FEWEST, MOST = 2, 4  # decisions on any way through
END = "end"
SCENE: Schema = {
    "type": "object", "required": ["text", "options", "then", "why"], "additionalProperties": False,
    "properties": {"text": TEXT, "options": TEXTS, "then": TEXTS, "why": TEXTS},
}  # fmt: skip


class Branching(ItemType):
    """`scenes` map each choice to the scene it leads to, or to `end`; `good` are the choices that are right.

    The first scene is the one that `start` names. The value is the list of choices made, in order.
    """

    name = "branching"
    key: ClassVar[Schema] = {
        "type": "object", "required": ["start", "scenes", "good"], "additionalProperties": False,
        "properties": {
            "start": ID,
            "scenes": {
                "type": "object", "minProperties": 1, "propertyNames": ID,
                "additionalProperties": {
                    "type": "object", "minProperties": 2, "propertyNames": ID, "additionalProperties": ID,
                },
            },
            "good": {
                "type": "object", "minProperties": 1, "propertyNames": ID,
                "additionalProperties": {"type": "array", "minItems": 1, "uniqueItems": True, "items": ID},
            },
        },
    }  # fmt: skip
    wording: ClassVar[dict[str, Schema]] = {
        "scenes": {"type": "object", "minProperties": 1, "propertyNames": ID, "additionalProperties": SCENE},
    }

    def faults(self, item: Node, wording: Node) -> Iterator[Fault]:
        """Scenes and choices are the same in key and wording; every way ends after two to four decisions."""
        key, scenes = item.get("key"), wording.get("scenes")
        yield from same_ids(scenes, key.get("scenes"), "the scenes of the key")
        yield from same_ids(key.get("good"), key.get("scenes"), "the scenes")
        for name, targets in key.get("scenes").entries.items():
            for part in ("options", "then", "why"):
                yield from same_ids(scenes.get(name).get(part), targets, f"the choices of {name}")
            yield from unknown(
                list(targets.entries.values()), key.get("scenes").entries | {END: None}, "scenes"
            )
            yield from unknown(key.get("good").get(name).members, targets.entries, f"choices of {name}")
        if key.get("start").text not in key.get("scenes").entries:
            yield key.get("start").fault("is no scene")
            return
        lengths = set(_lengths(key.plain(), key.get("start").text))
        if not lengths or min(lengths) < FEWEST or max(lengths) > MOST:
            yield key.get("scenes").fault(
                f"must end after {FEWEST} to {MOST} decisions, whichever way is taken"
            )

    def faults_of_wording(self, wording: Node) -> Iterator[Fault]:
        """No two choices of a scene read alike."""
        for scene in wording.get("scenes").entries.values():
            yield from alike(scene.get("options"))

    def draw(self, item: Item, text: ItemText, random: Random) -> Drawn:
        """The choices of all scenes in a random order, as `scene.choice`."""
        choices = [f"{name}.{choice}" for name, scene in text.scenes.items() for choice in scene.options]
        return Drawn(item.id, shuffled(choices, random))

    def sent(self, form: Sent) -> object:
        """The choices made so far, the newest last."""
        return all_of(form)

    def read(self, item: Item, drawn: Drawn, value: object) -> list[str]:
        """A way from the first scene to the end. Raises Malformed for one that stops before, too."""
        if not isinstance(value, list) or not are_ids(value) or scene_after(item, value) != END:
            raise Malformed(item.id)
        return list(value)

    def grade(self, item: Item, drawn: Drawn, value: list[str]) -> Fraction:
        """The share of the decisions that were good."""
        passed = scenes_on(item, value)
        good = sum(choice in key_of(item)["good"][name] for name, choice in zip(passed, value, strict=True))
        return Fraction(good, len(value))


def scenes_on(item: Item, choices: list[str]) -> list[str]:
    """The scenes in which some choices were made, in order. Raises Malformed if there is no such way."""
    found, scene = list[str](), str(key_of(item)["start"])
    for choice in choices:
        next_ones = key_of(item)["scenes"].get(scene, {})
        if choice not in next_ones:
            raise Malformed(item.id)
        found.append(scene)
        scene = next_ones[choice]
    return found


def scene_after(item: Item, choices: list[str]) -> str:
    """The scene that some choices lead to, or `end`. Raises Malformed if there is no such way."""
    passed = scenes_on(item, choices)
    return str(key_of(item)["scenes"][passed[-1]][choices[-1]] if passed else key_of(item)["start"])


def _lengths(key: Mapping[str, Any], scene: str, decisions: int = 0) -> Iterator[int]:
    """How many decisions each way takes; a way that goes in a circle counts as too long."""
    if scene == END or decisions > MOST:
        yield decisions
        return
    for target in key["scenes"].get(scene, {}).values():
        yield from _lengths(key, target, decisions + 1)
