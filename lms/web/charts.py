"""Geometry of the pictures: where lines and bars go. Pure; templates draw it, the stylesheet gives it its looks.

A picture is 1000 wide and 100 high and stretched to its place; lines keep their width. Words stand beside it as text.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

WIDE, HIGH = 1000, 100
GAP = timedelta(days=10)  # what is kept weekly and is further apart than this has weeks missing between


@dataclass(frozen=True, slots=True)
class Curve:
    """A line over time: runs of points without a gap as SVG `points`; the last point, and those alone, as SVG paths."""

    runs: tuple[str, ...]
    dots: tuple[str, ...]


def curve(points: Iterable[tuple[date, float]], first: date, last: date) -> Curve:
    """A line of shares (0 to 1, on an axis that has all of it), from the left edge on the first day to the last day."""
    runs: list[list[tuple[date, float]]] = []
    for day, share in sorted(points):
        if not runs or day - runs[-1][-1][0] > GAP:
            runs.append([])
        runs[-1].append((day, share))
    days = max((last - first).days, 1)

    def place(day: date, share: float) -> tuple[int, float]:
        return round(WIDE * (day - first).days / days), round(HIGH * (1 - share), 1)

    placed = [[place(*point) for point in run] for run in runs]
    return Curve(
        tuple(" ".join(f"{x},{y:g}" for x, y in run) for run in placed if len(run) > 1),
        tuple(f"M{x} {y:g}h0" for run in placed for x, y in run if len(run) == 1 or (x, y) == placed[-1][-1]),
    )


def heights(numbers: Sequence[int]) -> list[int]:
    """How high the bars of some numbers are, in percent of the highest; what is more than none can be seen."""
    most = max(numbers, default=0)
    return [max(round(HIGH * number / most), 2) if number else 0 for number in numbers]
