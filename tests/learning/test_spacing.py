"""Which question comes in which week, by properties over made-up courses and histories."""

from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms.catalogue.items import TYPES
from lms.catalogue.values import ExamPart
from lms.learning.spacing import (
    Taken,
    may_be_asked,
    missed_outcomes,
    monday,
    next_question,
    weeks_until,
)
from tests.learning.small_courses import course, courses, item

FIRST = date(2026, 1, 5)  # a Monday
WEEK = timedelta(weeks=1)
rights = st.lists(st.booleans(), min_size=1, max_size=9)


def edition(practice, name="c", outcomes=("a", "b")):
    """A course with so many items for practice on each outcome, and one of each of the other pools."""
    items = [
        item(f"{outcome}{place}", "practice", outcome) for outcome in outcomes for place in range(practice)
    ]
    items += [item(f"{outcome}-{use}", use, outcome) for outcome in outcomes for use in ("exam", "pretest")]
    made = course(outcomes, items, [ExamPart("", tuple(outcomes), len(outcomes), 80)])
    object.__setattr__(made, "course", name)
    return made


def answer(week, item_id, right, name="c"):
    """An answer in the week of a number, counted from the first."""
    return SimpleNamespace(course=name, item=item_id, asked_week=FIRST + week * WEEK, right=right)


def asked(editions, answers, week, tests=(), seed="7"):
    found = next_question(editions, answers, tests, FIRST + week * WEEK, seed)
    return found[1].id if found else None


def lived(editions, knows, weeks, tests=(), seed="7"):
    """The answers of somebody who answers every week; `knows` says which ones rightly."""
    answers = []
    for week in range(weeks):
        found = next_question(editions, answers, tests, FIRST + week * WEEK, seed)
        answers.append(answer(week, found[1].id, knows(found[1].id, week), found[0].course))
    return answers


@pytest.mark.parametrize(
    ("rights", "weeks"),
    [
        ([True], 4), ([True] * 2, 12), ([True] * 3, 36), ([True] * 4, 108), ([True] * 9, 108),
        ([False], 1), ([True, True, False], 1), ([False, True], 2), ([False, True, True], 4),
        ([True, False, True, True, True], 12), ([False] * 5, 1),
    ],
)  # fmt: skip
def test_how_long_an_item_stays_away(rights, weeks):
    assert weeks_until(rights) == weeks


@given(rights)
def test_what_is_known_comes_later_and_later_and_what_is_missed_sooner(before):
    assert weeks_until([*before, True]) >= weeks_until(before)
    assert weeks_until([*before, False]) == 1 < weeks_until([*before, True])
    assert weeks_until([False, *before]) <= weeks_until(before)


@given(courses(), st.lists(st.booleans(), max_size=30), st.integers())
def test_only_practice_of_the_courses_held_is_asked_and_never_the_same_twice_in_a_row(made, known, seed):
    practice = {each.id for each in made.items.values() if each.use == "practice"}
    answers = lived([made], lambda _item, week: known[week], len(known), seed=str(seed))
    ids = [each.item for each in answers]
    assert set(ids) <= practice
    if len(practice) > 1:
        assert all(one != other for one, other in pairwise(ids))
    assert next_question([], answers, [], FIRST, str(seed)) is None


@given(st.integers(1, 4), st.lists(st.booleans(), min_size=1, max_size=40))
def test_nothing_is_repeated_that_is_not_due_while_something_is_new_or_due(practice, known):
    made = edition(practice)
    answers = lived([made], lambda _item, week: known[week], len(known))
    pool = {each.id for each in made.items.values() if may_be_asked(each)}
    for place, each in enumerate(answers):
        earlier = answers[:place]
        others = pool - {earlier[-1].item if earlier else ""} or pool
        ready = {
            name
            for name in others
            if not (met := [one for one in earlier if one.item == name])
            or met[-1].asked_week + weeks_until([one.right for one in met]) * WEEK <= each.asked_week
        }
        assert each.item in (ready or others)


@given(st.integers(2, 4), st.integers())
def test_what_was_missed_comes_back_before_what_was_known(practice, seed):
    made = edition(practice)
    first = asked([made], [], 0, seed=str(seed))
    known = lived([made], lambda *_: True, 30, seed=str(seed))
    missed = lived([made], lambda item_id, _week: item_id != first, 30, seed=str(seed))
    weeks, later = ([week for week, each in enumerate(of) if each.item == first] for of in (missed, known))
    assert weeks == list(range(0, 30, 2))  # the week between has another one
    assert later[:1] == [0]
    assert later[1] >= 4


@given(st.sets(st.sampled_from("abcd")), st.integers())
def test_outcomes_missed_in_a_test_come_first(solid, seed):
    made = edition(2, outcomes=tuple("abcd"))
    test = Taken("c", frozenset(f"{outcome}-exam" for outcome in "abcd"), frozenset(solid), FIRST - WEEK)
    missed = 2 * (4 - len(solid))
    answers = lived([made], lambda *_: True, 8, [test], seed=str(seed))
    first = [each.item[0] for each in answers[: min(missed, 2)]]
    assert set(first) <= set("abcd") - solid


@given(courses(), st.integers(), st.lists(st.booleans(), max_size=12))
def test_the_question_stays_the_same_all_week(made, seed, known):
    """Whatever is answered or tested since the Monday: it counts from the next week on."""
    answers = lived([made], lambda _item, week: known[week], len(known))
    week = FIRST + len(known) * WEEK
    found = next_question([made], answers, [], week, str(seed))
    since = SimpleNamespace(course="c", item=found[1].id, asked_week=week, right=True)
    exam = frozenset(each.id for each in made.items.values() if each.use == "exam")
    test = Taken("c", exam, frozenset(), week)
    assert next_question([made], [*answers, since], [test], week, str(seed)) == found


def test_the_last_test_that_asked_for_an_outcome_counts():
    made = edition(1)
    both = frozenset({"a-exam", "b-exam"})
    tests = [
        Taken("c", both, frozenset({"a"}), FIRST),
        Taken("other", both, frozenset(), FIRST),
        Taken("c", frozenset({"b-exam", "gone"}), frozenset({"b"}), FIRST + WEEK),
        Taken("c", frozenset({"a-exam"}), frozenset(), FIRST + 2 * WEEK),
    ]
    assert missed_outcomes(made, tests[:2]) == {"b": FIRST}
    assert missed_outcomes(made, tests[:3]) == {}
    assert missed_outcomes(made, tests) == {"a": FIRST + 2 * WEEK}


def test_courses_take_turns_and_keep_their_items_apart():
    one, other = edition(1, "one", ("a",)), edition(1, "other", ("a",))  # both have an item a0
    answers = lived([one, other], lambda *_: True, 6)
    assert {each.course for each in answers[:2]} == {"one", "other"}
    assert asked([one], [answer(0, "a0", False, "other")], 1) == "a0"


def test_what_takes_long_or_has_no_right_answer_is_not_asked():
    one = item("x", "practice", "a")
    assert {kind for kind in TYPES if not may_be_asked(replace(one, type=kind))} == {
        "branching",
        "reflection",
    }


@given(st.dates(max_value=date(9999, 12, 1)))
def test_a_week_is_named_by_its_monday(day):
    assert monday(day).weekday() == 0
    assert monday(day) <= day < monday(day) + WEEK
