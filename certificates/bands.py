"""The woven bands: each course's motif and plant hues, and a strip of cloth as one SVG path."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

ROWS = 8
Block = tuple[int, int, int, int]  # first column and row, width and height, in cells
_RUN = re.compile("#+")


@dataclass(frozen=True, slots=True)
class Band:
    """One band: the hues of its cloth and thread, of the thread in a far hill, and eight rows of cells."""

    hue: str  # 4.5:1 or more against white
    thread: str  # 4.5:1 or more against the hue
    far_thread: str  # decoration only, close to the hue
    cells: tuple[str, ...]  # `#` is a thread cell; rows are of equal length and repeat sideways


def _band(hue: str, thread: str, far_thread: str, cells: str) -> Band:
    return Band(hue, thread, far_thread, tuple(cells.split()))


BANDS = MappingProxyType({
    "dok": _band("#38336B", "#C9C3F2", "#565091", "#... .#.. ..#. ...# ...# ..#. .#.. #..."),  # lines of writing
    "tys": _band(  # closed diamonds
        "#27608F", "#BFE0F5", "#3F78A6",
        "....##.... ...####... ..##..##.. .##.##.##. .##.##.##. ..##..##.. ...####... ....##....",
    ),
    "avv": _band(  # a wave that leaves the line
        "#8A3A6B", "#F6CBE0", "#A25484",
        "............ ##........## ###......### ..##....##.. ...##..##... ....####.... .....##..... ............",
    ),
    "lak": _band(  # a large and a small cross
        "#1A6763", "#B5E6DB", "#2F8079",
        "............ ...##....... ...##....#.. .######.###. .######.###. ...##....#.. ...##....... ............",
    ),
    "sjb": _band(  # hearts
        "#855800", "#FFE0A0", "#9C6F1A",
        ".......... .##...##.. ####.####. #########. .#######.. ..#####... ...###.... ....#.....",
    ),
    "brand": _band(  # crossed weave
        "#38336B", "#F2A33A", "#565091",
        "##....## .##..##. ..####.. ...##... ...##... ..####.. .##..##. ##....##",
    ),
})  # fmt: skip


@lru_cache(maxsize=64)
def strip(look: str, columns: int, rows: int = ROWS) -> str:
    """The thread cells of a piece of cloth as one path `d`, one unit a cell; the motif repeats both ways.

    Raises KeyError for a look that is no band.
    """
    motif = BANDS[look].cells
    rows_of_cells = (
        (line * (columns // len(line) + 1))[:columns]
        for line in (motif[row % len(motif)] for row in range(rows))
    )
    return cells_path(blocks(rows_of_cells))


def cells_path(cells: Iterable[Block]) -> str:
    """Blocks of cells as one path `d`, one unit a cell; being one path no viewer draws hairlines between neighbours."""
    return "".join(f"M{x} {y}h{wide}v{high}h-{wide}z" for x, y, wide, high in cells)


def blocks(rows: Iterable[str]) -> list[Block]:
    """All `#` cells of a grid in rectangles: equal runs in rows that follow each other are one."""
    begun: dict[
        tuple[int, int], int
    ] = {}  # a run's first column and the one after it, to the row where it began
    found = []
    for y, row in enumerate((*rows, "")):
        runs = {run.span(): y for run in _RUN.finditer(row)}
        for run, top in begun.items():
            if run in runs:
                runs[run] = top
            else:
                x, end = run
                found.append((x, top, end - x, y - top))
        begun = runs
    return found
