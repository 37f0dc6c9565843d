"""Whether the right option can be told from the others by its look: its length, or where authors put it."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import sqrt

from lms.catalogue.document import Fault, Node
from lms.catalogue.folder import CourseFolder, LanguageFiles

FEWEST_CHOICES = 20  # fewer say nothing of a habit
STANDS_OUT = 2  # standard deviations from what chance alone would do


@dataclass(frozen=True, slots=True)
class Choice:
    """Options to choose one of, by id, and the id of the right one."""

    options: Mapping[str, str]
    right: str

    @property
    def lengths(self) -> tuple[int, list[int]]:
        """Characters of the right option, and of each of the others."""
        others = [len(text) for name, text in self.options.items() if name != self.right]
        return len(self.options[self.right]), others


@dataclass(frozen=True, slots=True)
class OptionsRow:
    """How the right options of a course look beside the others, in one language.

    `choices` have one right option each: items with one, each scene and each gap. In `longest` and `shortest` of
    them the right one is longer or shorter than every other; `by_chance` is how many that would be if length told
    nothing, `spread` its standard deviation. `length` is that of the right option in percent of the others' mean,
    on average. `places` counts which of the options as written is right, the first first; they are shown shuffled.
    """

    course: str
    country: str
    language: str
    choices: int
    longest: int
    shortest: int
    by_chance: float
    spread: float
    length: int
    places: tuple[int, ...]


def options_rows(folder: CourseFolder) -> Iterator[OptionsRow]:
    """One row per language."""
    for language, files in folder.languages.items():
        found = list(_choices(folder, files))
        chances = [1 / len(choice.options) for choice in found]
        lengths = [choice.lengths for choice in found]
        places = Counter(list(choice.options).index(choice.right) for choice in found)
        ratios = [right * len(others) / max(1, sum(others)) for right, others in lengths]
        yield OptionsRow(
            course=folder.course_id,
            country=folder.country_code,
            language=language,
            choices=len(found),
            longest=sum(right > max(others) for right, others in lengths),
            shortest=sum(right < min(others) for right, others in lengths),
            by_chance=round(sum(chances), 1),
            spread=sqrt(sum(chance * (1 - chance) for chance in chances)),
            length=round(100 * sum(ratios) / len(ratios)) if ratios else 0,
            places=tuple(places[place] for place in range(max(places, default=-1) + 1)),
        )


def option_faults(folder: CourseFolder) -> Iterator[Fault]:
    """Warnings where somebody who picks the longest (or the shortest) option would be right too often."""
    for row in options_rows(folder):
        if row.choices < FEWEST_CHOICES:
            continue
        for count, what in ((row.longest, "longest"), (row.shortest, "shortest")):
            if count > row.by_chance + STANDS_OUT * row.spread:
                text = f"the right option is the {what} in {count} of {row.choices}; by chance {row.by_chance:.0f}"
                yield folder.languages[row.language].items.warning(text)


def _choices(folder: CourseFolder, files: LanguageFiles) -> Iterator[Choice]:
    for item in folder.course.get("items").members:
        key, words = item.get("key"), files.items.get(item.get("id").text)
        right = next((each.text for each in (key, key.get("reason"), key.get("place")) if each.text), "")
        yield from _choice(words.get("options"), right)
        for gap, options in words.get("gaps").entries.items():
            yield from _choice(options, key.get(gap).text)
        for scene, wording in words.get("scenes").entries.items():
            good = key.get("good").get(scene).names
            yield from _choice(wording.get("options"), good[0] if len(good) == 1 else "")


def _choice(options: Node, right: str) -> Iterator[Choice]:
    """The choice, if one of at least two options is the right one; other faults are for other checks."""
    texts = {name: node.text for name, node in options.entries.items()}
    if right in texts and len(texts) > 1:
        yield Choice(texts, right)
