"""Nobody passes by the look of the options: who saw only them, no question and no lesson, is mostly wrong."""

from pathlib import Path

import pytest
from ruamel.yaml import YAML

from lms.catalogue.values import Item
from tests.courses.test_second_answer_sheet import agrees, editions

SHEETS = sorted((Path(__file__).parent / "guesses").glob("*.yaml"))
ASKED = {"single", "scenario", "true-false", "multiple"}  # types with options that can be read alone
MOST = 1 / 2  # of them right; chance alone makes it less than a third, and passing takes four fifths


def guessable(item: Item) -> bool:
    return item.use in {"exam", "pretest"} and item.type in ASKED


def is_hit(item: Item, guess: object) -> bool:
    """Of a statement only the reason was guessed: whether it is true cannot be told from the options."""
    return guess == item.key["reason"] if item.type == "true-false" else agrees(item, None, guess)


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: sheet.stem)
def test_the_right_option_cannot_be_told_without_the_question(sheet: Path) -> None:
    course, country, language = sheet.stem.split(".")
    items = {
        name: item
        for name, item in editions()[f"{course}/{country}/{language}.yaml"].items.items()
        if guessable(item)
    }
    guesses = YAML(typ="safe", pure=True).load(sheet)
    assert guesses.keys() == items.keys()
    for use in ("exam", "pretest"):
        asked = {name: item for name, item in items.items() if item.use == use}
        hits = sorted(name for name, item in asked.items() if is_hit(item, guesses[name]))
        assert len(hits) <= MOST * len(asked), f"{use}: {', '.join(hits)}"
