"""Which outcomes a unit misses, said so that nobody's own result follows from it; pure.

Of each outcome only a step is said (`how_many`), and nothing of fewer than eight people. Five would be enough for a
step to hide one person in. But of five to seven people the middle step holds no, one or two numbers (of six: three and
nothing else), so that it says the number itself; from eight on every step holds three numbers or more.

Two figures say more than one: what is said of a unit, and of a part of it or of a month before, says something of those
by whom they differ. So people count in groups of eight or more (`groups_in`), each in one, and a unit's figure is of
the whole groups in it. What is new in a group counts once it is of eight of its people (`counted_in`). Then whatever is
taken from whatever else leaves nobody, or eight people at least.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from lms.learning.figure_rules import HowMany, how_many

LEAST_OF_UNIT = 8  # people


@dataclass(frozen=True, slots=True)
class Result:
    """Of one exam of a person: the outcomes that were asked for, and those found solid."""

    person: int
    asked: Collection[str]
    solid: Collection[str]


@dataclass(frozen=True, slots=True)
class Tree:
    """Units by what is directly below them. Everybody works in one unit, and so in all above it."""

    below: Mapping[int, Collection[int]]

    @classmethod
    def of(cls, parents: Mapping[int, int | None]) -> "Tree":
        """The tree of units with the unit above each."""
        below: dict[int, list[int]] = defaultdict(list)
        for unit, parent in parents.items():
            if parent is not None:
                below[parent].append(unit)
        return cls(dict(below))

    def inside(self, unit: int) -> set[int]:
        """A unit and all below it."""
        return {unit}.union(*(self.inside(each) for each in self.below.get(unit, ())))


def groups_in(unit: int, tree: Tree, people: Mapping[int, Collection[int]]) -> dict[int, int]:
    """The people who count in a unit, each with the unit whose group they are in, of those who work in each alone.

    That is the smallest one with eight people who are in no group below it, so that those who lead small units are told
    most. Who is in none inside the unit counts only above it. A group is the same for whoever asks, whichever unit they
    ask for, and whether or not its people have taken an exam.
    """
    groups: dict[int, int] = {}

    def gather(unit: int) -> set[int]:
        """Who of a unit is in no group yet."""
        left = set(people.get(unit, ())).union(*(gather(each) for each in tree.below.get(unit, ())))
        if len(left) < LEAST_OF_UNIT:
            return left
        groups.update(dict.fromkeys(left, unit))
        return set()

    gather(unit)
    return groups


def counted_in(groups: Mapping[int, int], results: Iterable[Result]) -> dict[int, Result]:
    """Of people in groups the result that counts of each, of all results in the order of time.

    New ones wait until they are of eight people of the same group, whether it is their first or takes the place of an
    earlier one; of who has several that wait it is the last. So no exam counts alone.
    """
    waiting: dict[int, dict[int, Result]] = defaultdict(dict)
    counted: dict[int, Result] = {}
    for each in results:
        if each.person in groups:
            of_group = waiting[groups[each.person]]
            of_group[each.person] = each
            if len(of_group) == LEAST_OF_UNIT:
                counted.update(of_group)
                of_group.clear()
    return counted


def missed_outcomes(
    groups: Mapping[int, int], outcomes: Iterable[str], results: Collection[Result]
) -> dict[str, HowMany]:
    """How many do not have an outcome solid yet, for each that may be told of, in the order given.

    A result counts for the outcomes that were asked for, each of them for itself: where an edition asks for others, the
    last result on an outcome may be an earlier exam's.
    """
    found = {}
    for outcome in outcomes:
        counted = counted_in(groups, (each for each in results if outcome in each.asked)).values()
        if counted:
            found[outcome] = how_many(sum(outcome not in each.solid for each in counted), len(counted))
    return found
