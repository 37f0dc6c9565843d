"""SECURITY.md answers every requirement of OWASP ASVS 5.0, level 1 and 2, once, and links what is there."""

import csv
import re
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
with (Path(__file__).parent / "asvs-5.0.csv").open(newline="") as file:
    NUMBERS = [row["id"] for row in csv.DictReader(file)]  # in the standard's order
ROW = re.compile(
    r"\| (?P<first>V\d+\.\d+\.\d+)(?: – (?P<last>V\d+\.\d+\.\d+))? \| (?P<what>[^|]+) \| (?P<state>[^|]+) \|"
)
STATE = re.compile(r"met|(?:partly|not met|not applicable): \S.*")
LINK = re.compile(r"\]\((?P<target>[^)\s]+)\)")


def rows() -> Iterator[tuple[list[str], str, str]]:
    """Each answer: the numbers it is for, what is done, and the state."""
    for line in PAGE.splitlines():
        if line.startswith("| V"):
            row = ROW.fullmatch(line)
            assert row, f"no number, answer and state: {line}"
            first, last = NUMBERS.index(row["first"]), NUMBERS.index(row["last"] or row["first"])
            yield NUMBERS[first : last + 1], row["what"].strip(), row["state"].strip()


def test_the_list_is_that_of_the_standard():
    assert len(NUMBERS) == len(set(NUMBERS)) == 253
    places = [tuple(map(int, number[1:].split("."))) for number in NUMBERS]
    assert all(one < other for one, other in pairwise(places))
    assert {place[0] for place in places} == set(range(1, 18))


def test_every_requirement_is_answered_once():
    answered = Counter(number for numbers, _what, _state in rows() for number in numbers)
    assert [number for number in NUMBERS if answered[number] != 1] == []


def test_states_are_of_four_words_and_say_why():
    assert [(numbers[0], state) for numbers, _what, state in rows() if not STATE.fullmatch(state)] == []


def test_what_is_met_links_what_holds_it():
    assert [numbers[0] for numbers, what, state in rows() if state == "met" and not LINK.search(what)] == []


TARGETS = sorted(set(LINK.findall(PAGE)))


@pytest.mark.parametrize("target", [target for target in TARGETS if "://" not in target])
def test_what_is_linked_is_there(target):
    path, _hash, anchor = target.partition("#")
    if path:
        assert (ROOT / path).is_file(), target
    else:
        headings = re.findall(r"^#+ (.+)$", PAGE, re.MULTILINE)
        assert anchor in {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings}
