"""How far a course has been read, and what is left of it."""

from datetime import date

import pytest

from lms.catalogue.values import Edition, Lesson, Step
from lms.learning.rules import Studied, reading


def lesson(name, minutes, steps):
    return Lesson(name, (name,), minutes, tuple(Step(f"{name}-{place}", "explain") for place in range(steps)))


EDITION = Edition(
    course="c", country="SE", label="1", published_on=date(2026, 1, 1), languages=("sv",), look={},
    validity_months=24, exam_items=12, pass_percent=80, outcomes=("a", "b"),
    lessons=(lesson("a", 4, 4), lesson("b", 5, 2)), items={}, sources=(), texts={}, media={},
)  # fmt: skip


@pytest.mark.parametrize(
    ("read", "begun", "done", "place", "step", "minutes"),
    [
        ({}, False, set(), 1, "a-0", 9),
        ({"a": set()}, False, set(), 1, "a-0", 9),
        ({"a": {"a-0"}}, True, set(), 1, "a-1", 8),
        ({"a": {"a-1"}}, True, set(), 1, "a-0", 8),
        ({"b": {"b-0"}}, True, set(), 1, "a-0", 7),  # six and a half are rounded up
        ({"a": {"a-0", "a-1", "a-2", "a-3"}}, True, {"a"}, 2, "b-0", 5),
        ({"a": {"a-0", "a-1", "a-2", "a-3"}, "b": {"b-0", "b-1"}}, True, {"a", "b"}, 0, "", 0),
        ({"gone": {"x"}}, True, set(), 1, "a-0", 9),  # read in a lesson this edition does not have
    ],
)
def test_reading_goes_on_at_the_first_step_that_is_left(read, begun, done, place, step, minutes):
    found = reading(EDITION, Studied(read))
    assert (found.begun, set(found.done), found.place, found.step, found.minutes_left) == (
        begun, done, place, step, minutes,
    )  # fmt: skip
    assert found.count == 2
