"""One item of each type, for tests of what types have in common."""

from datetime import date

from lms.catalogue.items import TYPES
from lms.catalogue.values import Item, ItemText, Scene

OPTIONS = {"a": "Anna", "b": "Berit", "c": "Cecilie", "d": "Dag"}
TARGETS = {"x": "House", "y": "Garden"}
WHY = dict.fromkeys(OPTIONS, "So it is.")


def scene(text: str) -> Scene:
    """A scene with two choices."""
    return Scene(
        text, {"a": "Ask Ada", "b": "Wait a while"}, {"a": "Ada is glad.", "b": "Ada is cold."},
        {"a": "She can say it.", "b": "It is long."},
    )  # fmt: skip


SAMPLES = {  # type -> (key, wording, a right answer, a wrong answer)
    "single": ("b", ItemText("Who?", OPTIONS, WHY), "b", "a"),
    "scenario": ("b", ItemText("What?", OPTIONS, WHY, "Ada waits.", then=WHY), "b", "c"),
    "multiple": (("a", "c"), ItemText("Who all?", OPTIONS, WHY), ["c", "a"], ["b", "d"]),
    "true-false": (
        {"truth": True, "reason": "c"}, ItemText("Tea is hot.", OPTIONS, WHY),
        {"truth": "true", "reason": "c"}, {"truth": "true", "reason": "a"},
    ),
    "ordering": (("c", "a", "d", "b"), ItemText("In order?", OPTIONS, WHY), ["c", "a", "d", "b"], ["a", "b", "c", "d"]),
    "matching": (
        {"a": "x", "b": "y", "c": "x", "d": "y"}, ItemText("Where?", OPTIONS, WHY, targets=TARGETS),
        {"a": "x", "b": "y", "c": "x", "d": "y"}, {"a": "y", "b": "y", "c": "x", "d": "y"},
    ),
    "numeric": (
        {"value": "2.5", "tolerance": "0.1"}, ItemText("How much?", unit="ml", why={"right": "Yes.", "wrong": "No."}),
        {"number": "2,5"}, {"number": "2,7"},
    ),
    "generated": (
        {
            "numbers": {"dose": [str(number) for number in range(50, 550, 25)], "strength": ["25", "50"]},
            "where": "dose % strength == 0", "answer": "dose / strength", "decimals": 1,
        },
        ItemText("{dose} mg of {strength} mg?", unit="st", why={"right": "Yes.", "wrong": "No."}, solution="{answer}"),
        None, {"number": "0"},
    ),
    "fill-in": (
        {"when": "before", "what": "note"},
        ItemText(
            "Fill in.", why={"when": "First.", "what": "A note."}, text="Write a [what] [when] you go.",
            gaps={"when": {"before": "before", "after": "after"}, "what": {"note": "note", "song": "song"}},
        ),
        {"when": "before", "what": "note"}, {"when": "after", "what": "note"},
    ),
    "hotspot": (
        {
            "place": "b", "picture": "room.svg",
            "places": {"a": [2, 4, 20, 24], "b": [50, 50, 20, 30], "c": [78, 4, 20, 30], "d": [4, 62, 20, 30]},
        },
        ItemText("Where?", OPTIONS, WHY, alt="A room"), "b", "d",
    ),
    "branching": (
        {
            "start": "one", "good": {"one": ["a"], "two": ["b"], "three": ["a", "b"]},
            "scenes": {
                "one": {"a": "two", "b": "three"}, "two": {"a": "end", "b": "end"}, "three": {"a": "two", "b": "end"},
            },
        },
        ItemText(
            "What do you do?",
            scenes={"one": scene("Ada sits."), "two": scene("Ada stands."), "three": scene("Ada calls.")},
        ),
        ["one.a", "two.b"], ["one.b", "three.a", "two.a"],
    ),
    "reflection": ("own", ItemText("What do you think?", hint="Think of yesterday."), "I think of Ada.", ""),
}  # fmt: skip
GRADED = tuple(name for name, kind in TYPES.items() if kind.is_graded)
assert SAMPLES.keys() == TYPES.keys()


def sample(kind: str) -> tuple[Item, ItemText]:
    """An item of a type and its wording."""
    key, text, _right, _wrong = SAMPLES[kind]
    item = Item(
        id=f"{kind}-1", use="practice", type=kind, outcome="tea", level="applies", roles=("all",), lesson="tea",
        step=None, source="practice", checked_on=date(2026, 1, 1), key=key,
    )  # fmt: skip
    return item, text
