"""The dry run of an import of people, as values: the fate of every line, and what would be done."""

from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from lms.organisation.away import Away, AwayFit
from lms.organisation.fitting import Fit, Post
from lms.organisation.places import Place
from lms.organisation.rules import Fault, StaffLine

Fate = Literal["new", "changed", "unchanged", "fault"]
Value = str | int | date | None


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that a line changes; `before` is empty for what begins."""

    column: str
    before: Value = None
    after: Value = None


@dataclass(frozen=True, slots=True)
class LineFate:
    """What happens to one line. Of somebody with protected identity, neither name nor values are shown."""

    line: int
    fate: Fate
    employee_number: str = ""
    name: str = ""
    protected: bool = False
    changes: tuple[Change, ...] = ()
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True, slots=True)
class Known:
    """A person of the employer as known now."""

    id: int
    account_id: int
    given_name: str
    family_name: str
    protected: bool
    activated: bool
    addresses: dict[str, str] = field(default_factory=dict)  # kind -> value
    posts: dict[int, Post] = field(default_factory=dict)  # id -> employment
    away: dict[int, Away] = field(default_factory=dict)  # id -> absence


@dataclass(frozen=True, slots=True)
class PersonPlan:
    """What is to be done for one person; `known` is empty for somebody new."""

    line: StaffLine  # the first of the person
    known: Known | None
    renamed: bool
    addresses: dict[str, str]  # kind -> value to be entered
    fits: tuple[Fit, ...]
    away: AwayFit

    @property
    def changes_something(self) -> bool:
        """Whether anything is to be done."""
        fits = any(fitted.revised or fitted.added for fitted in self.fits)
        return bool(fits or self.renamed or self.addresses or self.away.revised or self.away.added)


@dataclass(frozen=True, slots=True)
class Ending:
    """An employment that ends because the list is everybody and no line is about it; `after` as in Fit.revised.

    Of somebody with protected identity, neither name nor unit are shown.
    """

    employee_number: str
    name: str
    protected: bool
    unit: str
    post_id: int
    person_id: int
    after: Post | None


@dataclass(frozen=True, slots=True)
class ImportPlan:
    """The whole dry run. With any fault nothing will be done."""

    lines: tuple[LineFate, ...] = ()
    faults: tuple[Fault, ...] = ()
    new_units: tuple[str, ...] = ()  # paths of the units that will be made
    absent: int = 0  # people who work here and are not in the file
    ending: tuple[Ending, ...] = ()  # by family name; empty unless the list is everybody
    unused: tuple[str, ...] = ()  # headers that name none of our columns
    digest: str = ""  # the same plan, the same digest
    people: tuple[PersonPlan, ...] = ()
    places: tuple[Place, ...] = ()  # the units that will be made, parents first

    def count(self, fate: Fate) -> int:
        """How many lines have a fate."""
        return sum(line.fate == fate for line in self.lines)

    @property
    def changed_people(self) -> set[int]:
        """Ids of the people of whom something changes."""
        changed = {person.known.id for person in self.people if person.known and person.changes_something}
        return changed | {end.person_id for end in self.ending}

    @property
    def changes_something(self) -> bool:
        """Whether carrying it out would write anything."""
        return not self.faults and bool(self.ending or self.count("new") or self.count("changed"))
