"""What units are told of outcomes, all of it together: no number of a few, and nobody's own result, follows from it."""

from collections import defaultdict
from itertools import combinations, product

import pytest

from lms.learning.outcome_rules import Result, Tree, groups_in, missed_outcomes

# Unit 2 and unit 3 are parts of unit 1. Exams are taken unit by unit: the unit, and the first and last of its people.
TREE = Tree.of({1: None, 2: 1, 3: 1})


def told(exams, world):
    """All that all units are ever told, month after month, where so many of those at each time miss the outcome."""
    people, taken = defaultdict(set), []
    for unit, first, last in exams:
        people[unit].update((unit, one) for one in range(first, last + 1))
    found = []
    for (unit, first, last), missing in zip(exams, world, strict=True):
        taken += [
            Result((unit, one), ("tea",), () if one < first + missing else ("tea",))
            for one in range(first, last + 1)
        ]
        found += [missed_outcomes(groups_in(one, TREE, people), ["tea"], taken) for one in (1, 2, 3)]
    return repr(found)


@pytest.mark.parametrize(
    "exams",
    [
        [(1, 1, 8)],
        [(1, 1, 8), (1, 9, 9)],
        [(2, 1, 8), (1, 1, 8)],  # a part, and those beside it
        [(2, 1, 8), (3, 1, 8), (1, 1, 8)],  # two, and those beside them
        [(2, 1, 8), (3, 1, 8)],
        [(1, 1, 8), (1, 9, 16)],  # month after month
        [(1, 1, 8), (1, 9, 16), (1, 17, 24)],
        [(2, 1, 8), (1, 1, 8), (2, 9, 16)],
        [(1, 1, 8), (1, 1, 8)],  # all take it again,
        [(1, 1, 8), (1, 1, 8), (1, 1, 8)],
        [(1, 1, 4), (1, 5, 8), (1, 5, 8), (1, 9, 12)],  # or half of them, with others
        [(1, 1, 1), (1, 2, 8), (1, 1, 1), (1, 9, 15)],  # or one
        [(2, 1, 1), (2, 2, 8), (1, 1, 8), (2, 9, 15), (2, 1, 1)],
        [(1, 1, 1), (1, 2, 8), (1, 2, 8), (1, 9, 9)],  # or all but one
    ],
)
def test_from_all_that_is_told_three_numbers_stay_possible_and_nobodys_result_follows(exams):
    """Every result of all is tried; those at the same time are alike, so that it is how many of them miss it."""
    sizes = [last - first + 1 for _unit, first, last in exams]
    may_be = defaultdict(list)
    for world in product(*(range(size + 1) for size in sizes)):
        may_be[told(exams, world)].append(world)
    assert len(may_be) > 1
    for worlds in may_be.values():
        assert_three_numbers(worlds, sizes)
        for own in own_exams(exams):
            for results in product((0, 1), repeat=len(own)):
                assert_nobodys_result(worlds, sizes, dict(zip(own, results, strict=True)))


def assert_three_numbers(worlds, sizes):
    """Of all people at one time or at several; of one alone both."""
    for many in range(1, len(sizes) + 1):
        for times in combinations(range(len(sizes)), many):
            numbers = {sum(world[time] for time in times) for world in worlds}
            assert len(numbers) >= min(3, sum(sizes[time] for time in times) + 1)


def own_exams(exams):
    """The times somebody took it, of everybody; and none, of who took it never."""
    people = {(unit, one) for unit, first, last in exams for one in range(first, last + 1)}
    return {()} | {
        tuple(time for time, (at, first, last) in enumerate(exams) if at == unit and first <= one <= last)
        for unit, one in people
    }


def assert_nobodys_result(worlds, sizes, own):
    """For somebody who knows the own results, at each time (1: missed), anybody else may miss it or not."""
    others = [size - (time in own) for time, size in enumerate(sizes)]
    missing = [[number - own.get(time, 0) for time, number in enumerate(world)] for world in worlds]
    left = [world for world in missing if all(0 <= world[time] <= others[time] for time in own)]
    for time, many in enumerate(others):
        if left and many:
            assert any(world[time] > 0 for world in left)
            assert any(world[time] < many for world in left)
