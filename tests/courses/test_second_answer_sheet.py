"""Every item that is right or wrong can be answered from the lessons: who did not know the key did so."""

from collections.abc import Iterator, Mapping
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from lms.base.shipped import shipped
from lms.catalogue.folder import course_folders
from lms.catalogue.items import TYPES, Drawn
from lms.catalogue.items.generated import allowed
from lms.catalogue.reader import read_edition
from lms.catalogue.values import Edition, Item, ItemText
from tests.catalogue.item_samples import GRADED, SAMPLES, sample

HERE = Path(__file__).parent
SHEETS = sorted(sheet.relative_to(HERE).as_posix() for sheet in HERE.glob("*/*/*.yaml"))


@cache
def editions() -> dict[str, Edition]:
    """The shipped course that each sheet is about, one sheet for each of its languages."""
    found = [read_edition(folder) for folder in course_folders(shipped("courses"))]
    return {f"{one.course}/{one.country}/{language}.yaml": one for one in found for language in one.languages}


def agrees(item: Item, text: ItemText, answer: Any) -> bool:
    """Whether an answer of a sheet is wholly right. It is written as the key is, without what a reader cannot know."""
    match item.type:
        case "multiple":  # the options ticked have no order
            return isinstance(answer, list) and sorted(answer) == sorted(item.key)
        case "branching":  # a decision in every scene, whichever way leads there: {scene: choice}
            good = item.key["good"]
            return good.keys() == answer.keys() and all(answer[scene] in good[scene] for scene in good)
        case "hotspot":
            return answer == item.key["place"]
        case "numeric":  # {number: "2,5"}, and the unit where there are some to choose among
            return is_right_number(item, Drawn(item.id, tuple(text.options)), answer)
        case (
            "generated"
        ):  # the same for one set of numbers, as they were printed: {numbers: {dose: "50"}, number: "2"}
            numbers, value = answer["numbers"], {name: answer[name] for name in answer.keys() - {"numbers"}}
            is_asked = {name: Fraction(each) for name, each in numbers.items()} in allowed(item.key)
            return is_asked and is_right_number(
                item, Drawn(item.id, tuple(text.options), numbers=numbers), value
            )
        case _:
            return answer == (list(item.key) if isinstance(item.key, tuple) else item.key)


def is_right_number(item: Item, drawn: Drawn, value: dict[str, str]) -> bool:
    kind = TYPES[item.type]
    return kind.grade(item, drawn, kind.read(item, drawn, value)) == 1


def differences(
    items: Mapping[str, Item], texts: Mapping[str, ItemText], answers: Mapping[str, Any]
) -> Iterator[str]:
    """One line for each item that is answered otherwise than its key says, or not at all."""
    for name, item in items.items():
        if name not in answers or not agrees(item, texts[name], answers[name]):
            yield f"{name}: answered {answers.get(name)}, but the key says {item.key}"
    for name in answers.keys() - items.keys():
        yield f"{name}: answered {answers[name]}, but there is no such item"


SHEET = {  # a right and a wrong answer to a sample as they stand in a sheet, where `SAMPLES` has them in another form
    "true-false": ({"truth": True, "reason": "c"}, {"truth": False, "reason": "c"}),
    "generated": (
        {"numbers": {"dose": "125", "strength": "25"}, "number": "5"},
        {"numbers": {"dose": "125", "strength": "25"}, "number": "6"},
    ),
    "branching": ({"one": "a", "two": "b", "three": "b"}, {"one": "a", "two": "a", "three": "b"}),
}


@pytest.mark.parametrize("kind", GRADED)
def test_whatever_its_type_what_is_answered_otherwise_is_found(kind):
    item, text = sample(kind)
    right, wrong = SHEET.get(kind, SAMPLES[kind][2:])
    items, texts = {item.id: item}, {item.id: text}
    assert list(differences(items, texts, {item.id: right})) == []
    for answers in ({item.id: wrong}, {}, {item.id: right, "another": right}):
        assert len(list(differences(items, texts, answers))) == 1


def test_numbers_that_are_never_printed_are_no_answer():
    item, text = sample("generated")
    assert not agrees(item, text, {"numbers": {"dose": "130", "strength": "25"}, "number": "5.2"})


def test_every_course_has_been_answered_in_each_of_its_languages():
    assert sorted(editions()) == SHEETS


@pytest.mark.parametrize("sheet", SHEETS)
def test_the_answers_are_those_of_the_key(sheet):
    answers = YAML(typ="safe", pure=True).load(HERE / sheet)
    edition, language = editions()[sheet], Path(sheet).stem
    items = {name: item for name, item in edition.items.items() if TYPES[item.type].is_graded}
    found = list(differences(items, edition.text(language).items, answers))
    assert not found, "\n".join(found)
