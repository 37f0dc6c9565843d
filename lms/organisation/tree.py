"""Where units stood in the tree, and when: what was so on a day was so in the tree of that day. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from itertools import groupby

Placement = tuple[int | None, date, date | None]  # under which unit, from a day to a day
Stood = tuple[str, date, date | None]  # path, from a day to a day


class Tree:
    """The paths of units over time. Before it was entered, a unit stood where it was entered first."""

    def __init__(self, placements: Mapping[int, Sequence[Placement]]) -> None:
        """From the placements of each unit, in their order."""
        self._placements = placements
        moved = {first for known in placements.values() for _parent, first, _last in known[1:]}
        self._turns = [date.min, *sorted(moved)]
        self._stood: dict[int, tuple[Stood, ...]] = {}

    def stood(self, unit_id: int) -> tuple[Stood, ...]:
        """All paths of a unit, each with its days, in their order."""
        if unit_id not in self._stood:
            self._stood[unit_id] = tuple(self._over_time(unit_id))
        return self._stood[unit_id]

    def path(self, unit_id: int, day: date) -> str:
        """The path of a unit on a day."""
        return next(path for path, first, _last in reversed(self.stood(unit_id)) if first <= day)

    def _over_time(self, unit_id: int) -> Iterator[Stood]:
        """Looked up on each day on which any unit was moved."""
        begun = [
            (next(days), path) for path, days in groupby(self._turns, lambda day: self._path(unit_id, day))
        ]
        ends = [first - timedelta(days=1) for first, _path in begun[1:]]
        for (first, path), last in zip(begun, [*ends, None], strict=True):
            yield path, first, last

    def _path(self, unit_id: int | None, day: date) -> str:
        if unit_id is None:
            return "/"
        known = enumerate(self._placements[unit_id])
        *_earlier, parent_id = (
            parent for place, (parent, first, _last) in known if not place or first <= day
        )
        return f"{self._path(parent_id, day)}{unit_id}/"
