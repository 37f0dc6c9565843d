"""The woven bands: their cells, their colours, and the path they are drawn with."""

import re

import pytest

from certificates import BANDS, strip

RECTANGLE = re.compile(r"M(\d+) (\d+)h(\d+)v(\d+)h-(\d+)z")


def luminance(colour: str) -> float:
    """Relative luminance of `#RRGGBB` (WCAG 2.2)."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("look", BANDS)
def test_a_motif_is_eight_even_rows_of_cells(look: str) -> None:
    assert len(BANDS[look].cells) == 8
    assert len({len(row) for row in BANDS[look].cells}) == 1
    assert set("".join(BANDS[look].cells)) == {"#", "."}


@pytest.mark.parametrize("look", BANDS)
def test_hue_on_white_and_thread_on_hue_reach_4_5(look: str) -> None:
    assert contrast(BANDS[look].hue, "#FFFFFF") >= 4.5
    assert contrast(BANDS[look].thread, BANDS[look].hue) >= 4.5


@pytest.mark.parametrize("look", BANDS)
@pytest.mark.parametrize(("columns", "rows"), [(8, 8), (25, 8), (30, 21)])
def test_a_strip_covers_exactly_the_thread_cells_once(look: str, columns: int, rows: int) -> None:
    motif = BANDS[look].cells
    wanted = {
        (x, y) for x in range(columns) for y in range(rows) if motif[y % 8][x % len(motif[0])] == "#"
    }  # fmt: skip
    drawn = [
        (x, y)
        for left, top, width, height, _ in (
            map(int, found) for found in RECTANGLE.findall(strip(look, columns, rows))
        )
        for x in range(left, left + width)
        for y in range(top, top + height)
    ]
    assert RECTANGLE.sub("", strip(look, columns, rows)) == ""
    assert sorted(drawn) == sorted(wanted)
