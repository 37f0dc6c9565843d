"""Find the unit that a staff list means, and think up those it wants made."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from lms.organisation.rules import BETWEEN_UNITS


@dataclass(frozen=True, slots=True)
class Place:
    """A unit as a value. An id below 0 is one that is still to be made; `mine`: the actor may put people there."""

    id: int
    parent_id: int | None
    name: str
    mine: bool


class Places:
    """The units of an employer, to be looked up by name or by path of names; case does not matter."""

    def __init__(self, places: Iterable[Place], *, may_add_top: bool) -> None:
        self.may_add_top = may_add_top
        self.new: list[Place] = []  # parents before children
        self._by_id: dict[int, Place] = {}
        self._by_name: dict[str, list[Place]] = {}
        for place in places:
            self._keep(place)

    def _keep(self, place: Place) -> None:
        self._by_id[place.id] = place
        self._by_name.setdefault(place.name.casefold(), []).append(place)

    def path(self, unit_id: int) -> tuple[str, ...]:
        """Names from the top to a unit."""
        return tuple(reversed([place.name for place in self._upwards(unit_id)]))

    def text(self, unit_id: int) -> str:
        """The path as people write it."""
        return f" {BETWEEN_UNITS} ".join(self.path(unit_id))

    def is_mine(self, unit_id: int) -> bool:
        """Whether the actor may put people into a unit."""
        return self._by_id[unit_id].mine

    def resolve(self, names: tuple[str, ...], *, make: bool) -> int | str:
        """Id of the unit that a path, or the end of one, names; else the code of the fault.

        `make` thinks up what is missing: below the unit that the path begins with, or at the top.
        """
        wanted = [name.casefold() for name in names]
        found = [
            place.id
            for place in self._by_name.get(wanted[-1], ())
            if place.mine and self._ends_with(place.id, wanted)
        ]
        whole = [unit_id for unit_id in found if len(self.path(unit_id)) == len(names)]
        if len(found) == 1 or len(whole) == 1:
            return (whole or found)[0]
        if found:
            return "ambiguous_unit"
        if not make:
            return "unknown_unit"
        if len(names) == 1:
            return self._think_up(None, names[0]) if self.may_add_top else "unknown_unit"
        parent = self.resolve(names[:-1], make=True)
        return parent if isinstance(parent, str) else self._think_up(parent, names[-1])

    def _think_up(self, parent_id: int | None, name: str) -> int:
        place = Place(-1 - len(self.new), parent_id, name, mine=True)
        self.new.append(place)
        self._keep(place)
        return place.id

    def _ends_with(self, unit_id: int, wanted: list[str]) -> bool:
        names = [place.name.casefold() for place, _ in zip(self._upwards(unit_id), wanted, strict=False)]
        return names == wanted[::-1]

    def _upwards(self, unit_id: int) -> Iterator[Place]:
        next_id: int | None = unit_id
        while next_id is not None:
            place = self._by_id[next_id]
            yield place
            next_id = place.parent_id
