"""Branching scenario: two to four decisions, each with its consequence for the person, one leading to the next."""

from collections.abc import Iterator, Sequence
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
    all_of,
    are_ids,
    first_of,
    key_of,
    same_ids,
    shuffled,
    unknown,
)
from lms.catalogue.values import Item, ItemText

FEWEST, MOST = 2, 4  # decisions, whichever way is taken
END = "end"
SCENE: Schema = {
    "type": "object", "required": ["text", "options", "then", "why"], "additionalProperties": False,
    "properties": {"text": TEXT, "options": TEXTS, "then": TEXTS, "why": TEXTS},
}  # fmt: skip


class Branching(ItemType):
    """`scenes` map each choice to the scene it leads to, or to `end`; `good` are the choices that are right.

    The first scene is the one that `start` names. The value is the list of decisions in order, as `scene.choice`.
    """

    name = "branching"
    in_steps = True
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
        key, texts = item.get("key"), wording.get("scenes")
        scenes = key.get("scenes")
        yield from same_ids(texts, scenes, "the scenes of the key")
        yield from same_ids(key.get("good"), scenes, "the scenes")
        for name, targets in scenes.entries.items():
            for part in ("options", "then", "why"):
                yield from same_ids(texts.get(name).get(part), targets, f"the choices of {name}")
            yield from unknown(list(targets.entries.values()), scenes.entries | {END: targets}, "scenes")
            yield from unknown(key.get("good").get(name).members, targets.entries, f"choices of {name}")
        yield from unknown([key.get("start")], scenes.entries, "scenes")
        ways = list(_ways(scenes, key.get("start").text))
        if any(not FEWEST <= len(way) <= MOST for way in ways):
            yield scenes.fault(f"must end after {FEWEST} to {MOST} decisions, whichever way is taken")
        for name in scenes.entries.keys() - {passed for way in ways for passed in way}:
            yield scenes.get(name).fault("no way leads here")

    def faults_of_wording(self, wording: Node) -> Iterator[Fault]:
        """No two choices of a scene read alike."""
        for scene in wording.get("scenes").entries.values():
            yield from alike(scene.get("options"))

    def draw(self, item: Item, text: ItemText, random: Random) -> Drawn:
        """The choices of all scenes in a random order, as `scene.choice`."""
        choices = [f"{name}.{choice}" for name, scene in text.scenes.items() for choice in scene.options]
        return Drawn(item.id, shuffled(choices, random))

    def so_far(self, item: Item, text: ItemText, drawn: Drawn, made: Sequence[str]) -> dict[str, Any]:
        """What was decided and what it led to, and the scene that is next with its choices."""
        taken, scene = way(item, made)
        choices = [
            (each, text.scenes[scene].options[_choice(each)])
            for each in drawn.options
            if _scene(each) == scene
        ]
        return {
            "way": [_told(text, decision) for decision in taken],
            "scene": text.scenes[scene].text if choices else "",
            "choices": choices,
        }

    def explained(
        self, item: Item, text: ItemText, drawn: Drawn, value: list[str], language: str
    ) -> dict[str, Any]:
        """Each decision with its consequence, why it was right or not, and what would have been right instead."""
        return {"way": [_told(text, decision) | _judged(item, text, drawn, decision) for decision in value]}

    def sent(self, form: Sent) -> object:
        """The decisions made before, as the form carries them along, and the one made now, last."""
        return [*all_of(form, "made"), first_of(form)]

    def onward(self, item: Item, made: Sequence[str], value: object) -> list[str]:
        """The way so far and the decision that was sent last. What a scene was left with stays as it was."""
        if not isinstance(value, list) or not value or not are_ids(value):
            raise Malformed(item.id)
        is_decided = _scene(value[-1]) in {_scene(decision) for decision in made}
        return list(made) if is_decided else [*made, value[-1]]

    def is_under_way(self, item: Item, value: object) -> bool:
        """Whether some decisions follow each other from the start, but not to the end."""
        if not isinstance(value, list) or not value or not are_ids(value):
            return False
        taken, scene = way(item, value)
        return taken == value and scene != END

    def read(self, item: Item, drawn: Drawn, value: object) -> list[str]:
        """A way from the first scene to the end. Raises Malformed for one that stops before, too."""
        if not isinstance(value, list) or not are_ids(value) or way(item, value) != (value, END):
            raise Malformed(item.id)
        return list(value)

    def grade(self, item: Item, drawn: Drawn, value: list[str]) -> Fraction:
        """The share of the decisions that were good."""
        return Fraction(*self.parts(item, drawn, value))

    def solved(self, item: Item, drawn: Drawn) -> list[str]:
        """The way of good decisions, each time the first one that is named."""
        key, decisions = key_of(item), list[str]()
        scene = key["start"]
        while scene != END:
            choice = key["good"][scene][0]
            decisions.append(f"{scene}.{choice}")
            scene = key["scenes"][scene][choice]
        return decisions

    def parts(self, item: Item, drawn: Drawn, value: list[str]) -> tuple[int, int]:
        """The good decisions, of those that were made."""
        return sum(_is_good(item, decision) for decision in value), len(value)

    def choices(self, item: Item, text: ItemText) -> list[Choice]:
        """The choices of all scenes, as `scene.choice`."""
        decisions = [
            (f"{name}.{choice}", words)
            for name, scene in text.scenes.items()
            for choice, words in scene.options.items()
        ]
        return [Choice(each, words, _is_good(item, each)) for each, words in decisions]

    def chosen(self, value: list[str]) -> list[str]:
        """The decisions."""
        return value


def way(item: Item, decisions: Sequence[str]) -> tuple[list[str], str]:
    """The decisions that follow each other from the start, and the scene they lead to, or `end`.

    The first one that does not fit, and what comes after it, is left out.
    """
    taken, scene = list[str](), str(key_of(item)["start"])
    for decision in decisions:
        choices = key_of(item)["scenes"].get(scene, {})
        if _scene(decision) != scene or _choice(decision) not in choices:
            break
        taken.append(decision)
        scene = choices[_choice(decision)]
    return taken, scene


def _scene(decision: str) -> str:
    return decision.partition(".")[0]


def _choice(decision: str) -> str:
    return decision.partition(".")[2]


def _is_good(item: Item, decision: str) -> bool:
    return _choice(decision) in key_of(item)["good"][_scene(decision)]


def _told(text: ItemText, decision: str) -> dict[str, Any]:
    scene, choice = text.scenes[_scene(decision)], _choice(decision)
    return {
        "decision": decision,
        "text": scene.text,
        "said": scene.options[choice],
        "then": scene.then[choice],
    }


def _judged(item: Item, text: ItemText, drawn: Drawn, decision: str) -> dict[str, Any]:
    scene, right = text.scenes[_scene(decision)], _is_good(item, decision)
    good = [each for each in drawn.options if _scene(each) == _scene(decision) and _is_good(item, each)]
    better = [(scene.options[_choice(each)], scene.why[_choice(each)]) for each in good]
    return {"right": right, "why": scene.why[_choice(decision)], "better": [] if right else better}


def _ways(scenes: Node, scene: str, passed: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The scenes of every way from one to the end; one that goes in a circle is cut off when it is too long."""
    if scene not in scenes.entries or len(passed) > MOST:
        yield passed
        return
    for target in scenes.get(scene).entries.values():
        yield from _ways(scenes, target.text, (*passed, scene))
