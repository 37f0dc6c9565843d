"""The pictures on a certificate, all vector: bands, hills, mark, tick and QR code, as SVG."""

from functools import lru_cache

import segno

from certificates.bands import BANDS, ROWS, cells_path, strip

_PAGE_WIDTH = 794  # A4 in CSS pixels
_CELL = 4
_HILL_CELL = 3
_HILLS_HEIGHT = 220
_HILLS_LOW = 0.72
_HILLS = (  # from far to near: band, and the points of a curve along its crest
    ("tys", (0, 96, 142, 60, 265, 70, 387, 98, 651, 120, 794, 70)),
    ("lak", (0, 140, 122, 110, 244, 105, 407, 132, 672, 135, 794, 112)),
    ("avv", (0, 165, 183, 168, 305, 128, 468, 150, 713, 185, 794, 158)),
    ("dok", (0, 205, 163, 180, 346, 178, 509, 196, 713, 205, 794, 190)),
)


@lru_cache(maxsize=64)
def drawing(name: str) -> bytes:
    """The SVG file of a decoration: `band-<look>`, `tick-<look>`, `hills`, `hills-low` or `mark`.

    Bands and ticks take the hues of a course's look. Raises KeyError for any other name.
    """
    kind, _, look = name.partition("-")
    return _svg(*_PICTURES[kind](look)).encode()


def _svg(width: float, height: float, body: str) -> str:
    size = f'width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size}>{body}</svg>'


def _band(look: str) -> tuple[float, float, str]:
    columns = _PAGE_WIDTH // _CELL + 1
    threads = f'<path transform="scale({_CELL})" fill="{BANDS[look].thread}" d="{strip(look, columns)}"/>'
    size = f'width="{columns * _CELL}" height="{ROWS * _CELL}"'
    return columns * _CELL, ROWS * _CELL, f'<rect {size} fill="{BANDS[look].hue}"/>{threads}'


def _tick(look: str) -> tuple[float, float, str]:
    line = f'fill="none" stroke="{BANDS[look].hue}" stroke-width="2" stroke-linecap="round" stroke-linejoin="round"'
    return 24, 24, f'<path {line} d="M5 12.5l4.5 4.5L19 7.5"/>'


def _mark(_look: str) -> tuple[float, float, str]:
    band = BANDS["brand"]
    cloth = f'<rect width="28" height="28" rx="8" fill="{band.hue}"/>'
    threads = f'<path transform="translate(2 2) scale(3)" fill="{band.thread}" d="{strip("brand", ROWS)}"/>'
    return 28, 28, cloth + threads


def _hills(form: str) -> tuple[float, float, str]:
    flat = _HILLS_LOW if form == "low" else 1  # crests and sun sink, the weave keeps its size
    sun = f'cx="580" cy="{round(64 * flat)}" r="{round(34 * flat**0.5)}" fill="{BANDS["brand"].thread}"'
    patterns, hills = [], [f"<circle {sun}/>"]
    for look, crest in _HILLS:
        band = BANDS[look]
        width = len(band.cells[0])
        patterns.append(
            f'<pattern id="{look}" patternUnits="userSpaceOnUse" width="{width * _HILL_CELL}" '
            f'height="{ROWS * _HILL_CELL}"><path transform="scale({_HILL_CELL})" fill="{band.far_thread}" '
            f'd="{strip(look, width)}"/></pattern>'
        )
        points = [f"{x} {round(y * flat)}" for x, y in zip(crest[::2], crest[1::2], strict=True)]
        shape = f"M{points[0]}C{' '.join(points[1:4])}S{' '.join(points[4:])}V{_HILLS_HEIGHT}H0z"
        hills.append(f'<path fill="{band.hue}" d="{shape}"/><path fill="url(#{look})" d="{shape}"/>')
    return _PAGE_WIDTH, _HILLS_HEIGHT, f"<defs>{''.join(patterns)}</defs>{''.join(hills)}"


_PICTURES = {"band": _band, "tick": _tick, "mark": _mark, "hills": _hills}


def qr_code(text: str) -> tuple[str, int]:
    """A QR code as a path `d` of dark modules, one unit a module, and the number of modules along a side.

    Error level M (15 %), as the address on paper gets worn.
    """
    code = segno.make(text, error="m", micro=False, boost_error=False)
    rows = ["".join("#" if module else "." for module in row) for row in code.matrix]
    return cells_path(rows), len(rows)
