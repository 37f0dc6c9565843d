"""Which outcomes a unit misses, said so that nobody's own result follows from it; pure.

All that is ever told follows from steps (`how_many`) of batches: eight results of eight people, each result in one
batch at most, and a batch never changes once it is whole (`batches_in`). Of eight people every step holds three
numbers, and who knows one result of the eight learns no other. Of five to seven the middle step may hold one number
only, so that it says the number itself.

Figures say more together than alone: of a unit and of a part of it, or of this month and the one before. So a figure is
not the step of how many truly miss an outcome, for from several of those the number between them can be reckoned. It is
reckoned from the steps of batches alone, as if of each batch the number in the middle of its step missed the outcome
(`missed_outcomes`). Then whatever is taken from whatever else, it tells of some batches their steps, and nothing more.
The price is that a figure may be off by an eighth of the people, and where some of a batch have taken the exam again,
the others count as the batch did.

People are in one batch only with those of their group (`groups_in`), so that a unit and its parts have the same ones.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from lms.catalogue.values import Edition
from lms.learning.figure_rules import HowMany, how_many

LEAST_OF_UNIT = 8  # people
# What the step of eight people is taken for: the number in the middle of those it holds.
MIDDLE = {HowMany.FEW: 1, HowMany.SOME: 4, HowMany.MOST: 7}


@dataclass(frozen=True, slots=True)
class Result:
    """Of one exam of a person: the outcomes that were asked for, and those found solid."""

    person: int
    asked: Collection[str]
    solid: Collection[str]


def told_by_passing(edition: Edition) -> frozenset[str]:
    """Outcomes that whoever has passed has solid, for everything on them had to be right.

    Who holds a certificate is known in the unit; a step besides would tell of those who hold none. So no figure is
    made of these.
    """
    if edition.parts:
        whole = (part for part in edition.parts if part.pass_mark == part.items)
        return frozenset(outcome for part in whole for outcome in part.outcomes)
    return frozenset(edition.outcomes) if edition.pass_mark == edition.exam_items else frozenset()


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


def batches_in(groups: Mapping[int, int], results: Iterable[Result]) -> Iterator[Collection[Result]]:
    """Results of people in groups, in batches of eight people of the same group, of all results in the order of time.

    New ones wait until there are eight, whether they are a person's first or take the place of earlier ones; of who has
    several that wait it is the last. The rest is in no batch yet.
    """
    waiting: dict[int, dict[int, Result]] = defaultdict(dict)
    for each in results:
        if each.person in groups:
            of_group = waiting[groups[each.person]]
            of_group[each.person] = each
            if len(of_group) == LEAST_OF_UNIT:
                yield tuple(of_group.values())
                of_group.clear()


def missed_outcomes(
    groups: Mapping[int, int], outcomes: Iterable[str], results: Collection[Result]
) -> dict[str, HowMany]:
    """About how many do not have an outcome solid yet, for each that may be told of, in the order given.

    Everybody counts as a share of their last batch does, and what they did themselves goes into its step only. A result
    counts for the outcomes that were asked for, each of them for itself: where an edition asks for others, the last
    result on an outcome may be an earlier exam's.
    """
    found = {}
    for outcome in outcomes:
        eighths: dict[int, int] = {}  # of each person: what of them is taken to miss the outcome
        for batch in batches_in(groups, (each for each in results if outcome in each.asked)):
            step = how_many(sum(outcome not in each.solid for each in batch), LEAST_OF_UNIT)
            eighths.update((each.person, MIDDLE[step]) for each in batch)
        if eighths:
            found[outcome] = how_many(sum(eighths.values()), LEAST_OF_UNIT * len(eighths))
    return found
