"""Which outcomes a unit misses, said so that nobody's own result follows from it; pure.

Of each outcome only a step is said (`how_many`), and nothing of fewer than eight people. Five would be enough for a
step to hide one person in. But of five to seven people the middle step holds no, one or two numbers (of six: three and
nothing else), so that it says the number itself; from eight on every step holds three numbers or more.

Two units say more than one: what is said of a unit and of a part of it says something of the rest of it. So a unit
with parts that are told of is told of itself only if what is left of it without them is nobody or at least eight people
too. Then whatever is taken from whatever else leaves nobody or at least eight, also as exams count by whole eights of a
unit with all below it. It is the larger unit that is left out, for the page is for those who lead the smaller ones, and
whoever has the larger one in reach has its parts too.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from lms.learning.figure_rules import HowMany, how_many

LEAST_OF_UNIT = 8  # people


@dataclass(frozen=True, slots=True)
class Results:
    """People of a unit with the same result: the outcomes that were asked for, and those found solid."""

    unit: int
    people: int
    asked: Collection[str]
    solid: Collection[str]


@dataclass(frozen=True, slots=True)
class Tree:
    """Units by what is directly below them. Everybody is counted in one unit, and in all above it."""

    below: Mapping[int, Collection[int]]
    tops: Collection[int]

    @classmethod
    def of(cls, parents: Mapping[int, int | None]) -> "Tree":
        """The tree of units with the unit above each; one whose unit above is not there stands at the top."""
        below: dict[int, list[int]] = defaultdict(list)
        tops = []
        for unit, parent in parents.items():
            if parent in parents and parent is not None:
                below[parent].append(unit)
            else:
                tops.append(unit)
        return cls(dict(below), tops)

    def inside(self, unit: int) -> set[int]:
        """A unit and all below it."""
        return {unit}.union(*(self.inside(each) for each in self.below.get(unit, ())))

    def whole(self, people: Mapping[int, int]) -> dict[int, int]:
        """How many there are in each unit with all below it, of so many in each alone."""
        found: dict[int, int] = {}

        def count(unit: int) -> int:
            found[unit] = people.get(unit, 0) + sum(count(each) for each in self.below.get(unit, ()))
            return found[unit]

        for top in self.tops:
            count(top)
        return found


def units_told(tree: Tree, people: Mapping[int, int]) -> set[int]:
    """The units that may be told of, of so many people in each alone: the same for whoever asks."""
    whole, told = tree.whole(people), set()

    def covered(unit: int) -> int:
        """How many people of a unit are in those that are told of."""
        inside = sum(covered(each) for each in tree.below.get(unit, ()))
        if whole[unit] < LEAST_OF_UNIT or 0 < whole[unit] - inside < LEAST_OF_UNIT:
            return inside
        told.add(unit)
        return whole[unit]

    for top in tree.tops:
        covered(top)
    return told


def missed_outcomes(
    unit: int, tree: Tree, outcomes: Iterable[str], results: Collection[Results], counted: Collection[Results]
) -> Mapping[str, HowMany]:
    """How many of a unit do not have an outcome solid yet, for each that may be told of, in the order given.

    Whether it may follows from `results`, of everybody; what is told from those that are `counted` in the unit.
    """
    found = {}
    for outcome in outcomes:
        asked = Counter[int]()
        for each in results:
            asked[each.unit] += each.people if outcome in each.asked else 0
        those = [each for each in counted if outcome in each.asked]
        people = sum(each.people for each in those)
        if people >= LEAST_OF_UNIT and unit in units_told(tree, asked):
            found[outcome] = how_many(sum(each.people for each in those if outcome not in each.solid), people)
    return found
