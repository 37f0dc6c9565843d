"""Figures on items, alone and in pairs: of fewer than five people anybody may have answered anything."""

from collections import Counter, defaultdict
from itertools import combinations_with_replacement, product

import pytest

from lms.learning.figure_rules import FIRST_GROUP, LEAST
from lms.learning.item_rules import Answered, quality

CHOICES = "abcde"  # `a` is right; not all tests have them all


def tallies(people, choices):
    """All there may be of some people: how many chose each of so many choices."""
    asked = CHOICES[:choices]
    return [
        tuple(Counter(some)[choice] for choice in asked)
        for some in combinations_with_replacement(asked, people)
    ]


def said(*languages):
    """What the page shows of people in each language, given as tallies of those who came at the same time."""
    people = [
        [
            Answered(f'"{choice}"', choice == "a", 0)
            for tally in language
            for choice, many in zip(CHOICES, tally, strict=False)
            for _one in range(many)
        ]
        for language in languages
    ]
    found = quality(people, lambda value: [value])
    return found and (found.people, found.right, tuple(found.chosen.get(choice, 0) for choice in CHOICES))


def one_figure(these):
    return said([these])


def whole_and_language(these, others):
    return said([these], [others]), said([these])


def two_apart(these, others):
    """Two languages, or two editions."""
    return said([these]), said([others])


def month_and_next(these, others):
    return said([these]), said([these, others])


@pytest.mark.parametrize(
    ("figures", "people", "choices"),
    [
        (one_figure, (FIRST_GROUP,), 2),
        (one_figure, (FIRST_GROUP,), 5),  # so many that rounding each would be undone by adding them up
        (whole_and_language, (FIRST_GROUP, FIRST_GROUP), 3),
        (whole_and_language, (FIRST_GROUP, LEAST), 3),
        (two_apart, (FIRST_GROUP, FIRST_GROUP), 3),
        (month_and_next, (FIRST_GROUP, 2 * FIRST_GROUP + 1), 3),
        (month_and_next, (FIRST_GROUP, LEAST), 3),
    ],
)
def test_of_fewer_than_five_people_anybody_may_have_answered_anything(figures, people, choices):
    """Every answer of all is tried: whatever is said, any four of these and the others may have given any."""
    may_be = defaultdict(list)
    for world in product(*(tallies(many, choices) for many in people)):
        may_be[figures(*world)].append(world)
    assert len(may_be) > 1
    several = [tally for few in range(LEAST) for tally in tallies(few, choices)]
    wanted = [few for few in product(several, repeat=len(people)) if sum(map(sum, few)) < LEAST]
    for worlds in may_be.values():
        for few in wanted:
            assert any(all(map(holds, world, few)) for world in worlds)


def holds(tally, few):
    return all(here >= wanted for here, wanted in zip(tally, few, strict=True))
