"""Drawing and grading, by properties over the shipped course."""

from functools import cache
from random import Random

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from lms.base.shipped import shipped
from lms.catalogue.folder import course_folders
from lms.catalogue.reader import read_edition
from lms.catalogue.values import Edition
from lms.learning.rules import (
    Malformed,
    draw,
    grade,
    is_graded,
    language_of,
    read_answer,
    shown,
    solid_outcomes,
)


@cache
def edition() -> Edition:
    folder = next(
        folder
        for folder in course_folders(shipped("courses"))
        if (folder.course_id, folder.country_code) == ("documentation", "SE")
    )
    return read_edition(folder)


seeds = st.integers(0, 2**64).map(Random)
few = settings(max_examples=10, phases=[Phase.explicit, Phase.generate])  # one example covers a whole bank


@few
@given(seeds)
def test_every_outcome_is_examined_about_equally(random):
    drawn = draw(edition(), random)
    counts = [
        sum(edition().items[entry.item].outcome == outcome for entry in drawn)
        for outcome in edition().outcomes
    ]
    assert len(drawn) == edition().exam_items
    assert len({entry.item for entry in drawn}) == len(drawn)
    assert max(counts) - min(counts) <= 1
    assert min(counts) >= 1


@few
@given(seeds)
def test_only_exam_items_are_drawn(random):
    assert {edition().items[entry.item].use for entry in draw(edition(), random)} == {"exam"}


@few
@given(seeds)
def test_a_new_attempt_brings_other_items_as_long_as_there_are_any(random):
    first = {entry.item for entry in draw(edition(), random)}
    second = {entry.item for entry in draw(edition(), random, seen=first)}
    assert not first & second


def items_of(*types):
    """Those of the course; every type by itself is tried in tests/catalogue/test_item_types.py."""
    return [item for item in edition().items.values() if item.type in types]


@few
@given(seeds)
def test_an_ordering_never_starts_out_solved(random):
    for item in items_of("ordering"):
        entry = shown(edition(), item, random)
        assert entry.options != item.key
        assert sorted(entry.options) == sorted(edition().text("sv").items[item.id].options)


@few
@given(seeds)
def test_the_key_is_right_and_nothing_else(random):
    for item in items_of("single", "scenario", "multiple", "ordering", "matching"):
        entry = shown(edition(), item, random)
        key = list(item.key) if isinstance(item.key, tuple) else item.key
        assert grade(item, entry, read_answer(item, entry, key)) == 1
        wrong = {
            "single": [option for option in entry.options if option != item.key],
            "scenario": [option for option in entry.options if option != item.key],
            "multiple": [[option] for option in entry.options] + [list(entry.options)],
            "ordering": [list(entry.options)],
            "matching": [dict.fromkeys(entry.options, entry.targets[0])] if entry.targets else [],
        }[item.type]
        for value in wrong:
            assert grade(item, entry, read_answer(item, entry, value)) < 1 or sorted(value) == sorted(
                item.key
            )


@few
@given(seeds, st.sampled_from([None, "", "nonsense", [], ["nonsense"], {}, {"a": "nonsense"}, 7, ["a", "a"]]))
def test_what_is_no_answer_is_refused(random, value):
    for item in filter(is_graded, edition().items.values()):  # whatever one thinks by oneself is an answer
        with pytest.raises(Malformed):
            read_answer(item, shown(edition(), item, random), value)


@given(st.lists(st.sampled_from(["sv", "nb", "en"]), min_size=1, max_size=12))
def test_an_exam_is_in_the_language_of_most_of_its_answers_and_of_the_later_one_of_two(answered_in):
    found = language_of(answered_in)
    most = max(answered_in.count(each) for each in answered_in)
    tied = {each for each in answered_in if answered_in.count(each) == most}
    assert found == next(each for each in reversed(answered_in) if each in tied)


def test_the_pass_mark_is_the_percentage_rounded_up():
    assert edition().pass_mark == 10


def test_solid_is_what_was_asked_for_without_a_miss_in_the_order_it_is_taught():
    shares = {
        item.id: 0 if item.outcome in {"correct", "good-note"} else 1
        for item in reversed(edition().items.values())
        if item.outcome != "declined"
    }
    left = {"correct", "good-note", "declined"}
    assert solid_outcomes(edition(), shares) == [each for each in edition().outcomes if each not in left]
