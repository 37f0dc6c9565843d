"""What is drawn for each kind of attempt, and what passes, by properties over made-up courses."""

from collections import Counter
from fractions import Fraction
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from lms.catalogue.rules import LEAST_UPDATE_ITEMS
from lms.learning.rules import POOLS, draw, has_passed, scores, solid_outcomes
from tests.learning.small_courses import courses

seeds = st.integers(0, 2**64).map(Random)
kinds = st.sampled_from(sorted(POOLS))


def drawn_items(edition, random, seen=(), kind="exam", lessons=None):
    """What is drawn; for an update of some lessons, of all if it is not said."""
    asked = [lesson.id for lesson in edition.lessons] if lessons is None else lessons
    return [edition.items[entry.item] for entry in draw(edition, random, seen, kind, asked)]


@given(courses(), seeds, kinds)
def test_pools_never_mix_and_nothing_is_asked_twice(edition, random, kind):
    drawn = drawn_items(edition, random, (), kind)
    assert {item.use for item in drawn} <= set(POOLS[kind])
    assert len({item.id for item in drawn}) == len(drawn)
    assert ("exam" in {item.use for item in drawn}) is (kind == "exam")
    assert "exam" not in POOLS["pretest"]
    assert "exam" not in POOLS["refresher"]
    others = [use for of_kind, uses in POOLS.items() if of_kind != "update" for use in uses]
    assert not {"update"} & set(others)
    assert POOLS["update"] == ("update",)


@given(courses(), seeds)
def test_each_part_has_its_number_and_covers_its_outcomes_as_evenly_as_its_pool_can(edition, random):
    drawn = drawn_items(edition, random)
    there = Counter(item.outcome for item in edition.items.values() if item.use == "exam")
    for part in edition.parts:
        asked = Counter(item.outcome for item in drawn if item.outcome in part.outcomes)
        assert asked.total() == part.items
        for outcome in part.outcomes:
            assert asked[outcome] >= 1
            for other in part.outcomes:  # nobody has two more, unless the other has no more
                assert asked[other] <= asked[outcome] + 1 or asked[outcome] == there[outcome]


@given(courses(), seeds)
def test_questions_of_a_part_stand_together(edition, random):
    order = [
        part.id
        for item in drawn_items(edition, random)
        for part in edition.parts
        if item.outcome in part.outcomes
    ]
    assert order == sorted(order)


@given(courses(), seeds, st.sampled_from(["pretest", "refresher"]))
def test_before_a_course_every_outcome_is_asked_for(edition, random, kind):
    drawn = drawn_items(edition, random, (), kind)
    assert {item.outcome for item in drawn} == set(edition.outcomes)
    if kind == "pretest":
        assert len(drawn) == len(edition.outcomes) * edition.pretest_items


@given(courses(), seeds, st.data())
def test_an_update_asks_for_what_its_lessons_teach_and_nothing_else(edition, random, data):
    lessons = data.draw(st.sets(st.sampled_from([lesson.id for lesson in edition.lessons])))
    drawn = drawn_items(edition, random, (), "update", lessons)
    taught = {outcome for lesson in edition.lessons if lesson.id in lessons for outcome in lesson.outcomes}
    there = Counter(item.outcome for item in edition.items.values() if item.use == "update")
    assert {item.use for item in drawn} <= {"update"}
    assert {item.lesson for item in drawn} <= lessons
    asked = Counter(item.outcome for item in drawn)
    assert set(asked) == taught
    if all(there[outcome] >= LEAST_UPDATE_ITEMS for outcome in taught):
        assert set(asked.values()) <= {LEAST_UPDATE_ITEMS}


@given(courses(), seeds, kinds, st.data())
def test_no_question_comes_again_while_another_on_the_outcome_is_left(edition, random, kind, data):
    seen = data.draw(st.sets(st.sampled_from(sorted(edition.items))))
    drawn = drawn_items(edition, random, seen, kind)
    for item in drawn:
        if item.id in seen:
            fresh = [
                other.id
                for other in edition.items.values()
                if other.use in POOLS[kind] and other.outcome == item.outcome and other.id not in seen
            ]
            assert set(fresh) <= {each.id for each in drawn}


@given(courses(), seeds, st.data())
def test_one_part_does_not_make_up_for_another(edition, random, data):
    drawn = drawn_items(edition, random)
    any_share = st.sampled_from([Fraction(0), Fraction(1, 2), Fraction(2, 3), Fraction(1)])
    shares = {item.id: data.draw(any_share) for item in drawn}
    enough = [
        sum(shares[item.id] for item in drawn if item.outcome in part.outcomes) >= part.pass_mark
        for part in edition.parts
    ]
    assert [score.is_enough for score in scores(edition, shares)] == enough
    assert has_passed(edition, shares) is all(enough)
    assert has_passed(edition, dict.fromkeys(shares, 1))


@given(courses(), seeds, st.data())
def test_solid_is_an_outcome_without_a_miss(edition, random, data):
    shares = {
        item.id: data.draw(st.sampled_from([0, Fraction(1, 2), 1])) for item in drawn_items(edition, random)
    }
    for outcome in edition.outcomes:
        asked = [credit for item, credit in shares.items() if edition.items[item].outcome == outcome]
        assert (outcome in solid_outcomes(edition, shares)) is all(credit == 1 for credit in asked)
