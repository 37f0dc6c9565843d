"""The pictures on a certificate, all vector: bands, hills, mark, tick and QR code, as SVG."""

import re
from collections.abc import Callable
from functools import lru_cache

from zxingcpp import BarcodeFormat, create_barcode

from certificates.bands import BANDS, ROWS, Block, blocks, strip

_PAGE_WIDTH = 794  # A4 in CSS pixels
_CELL = 4
_HILL_CELL = 3
_HILLS_HEIGHT = 220
_HILLS_LOW = 0.72
_MODULES = bytes.maketrans(b"\0\xff", b"#.")  # of a grey picture
_HILLS = (  # from far to near: band, and the points of a curve along its crest
    ("tys", (0, 96, 142, 60, 265, 70, 387, 98, 651, 120, 794, 70)),
    ("lak", (0, 140, 122, 110, 244, 105, 407, 132, 672, 135, 794, 112)),
    ("avv", (0, 165, 183, 168, 305, 128, 468, 150, 713, 185, 794, 158)),
    ("dok", (0, 205, 163, 180, 346, 178, 509, 196, 713, 205, 794, 190)),
)
_PALENESS = (0.6, 0.4, 0.2, 0)  # of the same hills in one colour
_THREAD_PALENESS = 0.12
_COLOUR = re.compile("[0-9a-f]{6}")


@lru_cache(maxsize=64)
def drawing(name: str) -> bytes:
    """The SVG file of a decoration: `band-<look>`, `tick-<look>`, `hills`, `hills-low` or `mark`.

    Bands and ticks take the hues of a course's look, unless a colour follows: `band-lak-1a6763`; hills take two, of the
    cloth and of the sun. Raises KeyError for any other name.
    """
    kind, *rest = name.split("-")
    colours = [f"#{part}" for part in rest if _COLOUR.fullmatch(part)]
    form = "-".join(rest[: len(rest) - len(colours)])
    return _svg(*_PICTURES[kind](form, *colours)).encode()


def _svg(width: float, height: float, body: str) -> str:
    size = f'width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size}>{body}</svg>'


def _band(look: str, colour: str | None = None) -> tuple[float, float, str]:
    cloth, thread = (BANDS[look].hue, BANDS[look].thread) if colour is None else (colour, "#fff")
    columns = _PAGE_WIDTH // _CELL + 1
    threads = f'<path transform="scale({_CELL})" fill="{thread}" d="{strip(look, columns)}"/>'
    size = f'width="{columns * _CELL}" height="{ROWS * _CELL}"'
    return columns * _CELL, ROWS * _CELL, f'<rect {size} fill="{cloth}"/>{threads}'


def _tick(look: str, colour: str | None = None) -> tuple[float, float, str]:
    line = 'fill="none" stroke-width="2" stroke-linecap="round" stroke-linejoin="round"'
    return 24, 24, f'<path {line} stroke="{colour or BANDS[look].hue}" d="M5 12.5l4.5 4.5L19 7.5"/>'


def _mark(_look: str) -> tuple[float, float, str]:
    band = BANDS["brand"]
    cloth = f'<rect width="28" height="28" rx="8" fill="{band.hue}"/>'
    threads = f'<path transform="translate(2 2) scale(3)" fill="{band.thread}" d="{strip("brand", ROWS)}"/>'
    return 28, 28, cloth + threads


def _hills(form: str, cloth: str | None = None, sun_colour: str | None = None) -> tuple[float, float, str]:
    flat = _HILLS_LOW if form == "low" else 1  # crests and sun sink, the weave keeps its size
    sun = f'cx="580" cy="{round(64 * flat)}" r="{round(34 * flat**0.5)}" fill="{sun_colour or BANDS["brand"].thread}"'
    patterns, hills = [], [f"<circle {sun}/>"]
    for (look, crest), paleness in zip(_HILLS, _PALENESS, strict=True):
        hue, thread = BANDS[look].hue, BANDS[look].far_thread
        if cloth is not None:
            hue, thread = _paler(cloth, paleness), _paler(cloth, paleness + _THREAD_PALENESS)
        width = len(BANDS[look].cells[0])
        patterns.append(
            f'<pattern id="{look}" patternUnits="userSpaceOnUse" width="{width * _HILL_CELL}" '
            f'height="{ROWS * _HILL_CELL}"><path transform="scale({_HILL_CELL})" fill="{thread}" '
            f'd="{strip(look, width)}"/></pattern>'
        )
        points = [f"{x} {round(y * flat)}" for x, y in zip(crest[::2], crest[1::2], strict=True)]
        shape = f"M{points[0]}C{' '.join(points[1:4])}S{' '.join(points[4:])}V{_HILLS_HEIGHT}H0z"
        hills.append(f'<path fill="{hue}" d="{shape}"/><path fill="url(#{look})" d="{shape}"/>')
    return _PAGE_WIDTH, _HILLS_HEIGHT, f"<defs>{''.join(patterns)}</defs>{''.join(hills)}"


def _paler(colour: str, paleness: float) -> str:
    """A colour mixed with white; a paleness of 0 leaves it, 1 is white."""
    parts = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return "#" + "".join(f"{round(part + (255 - part) * paleness):02x}" for part in parts)


_PICTURES: dict[str, Callable[..., tuple[float, float, str]]] = {
    "band": _band,
    "tick": _tick,
    "mark": _mark,
    "hills": _hills,
}


def qr_code(text: str) -> tuple[list[Block], int]:
    """A QR code: its dark modules in rectangles, one unit a module, and the number of modules along a side.

    Error level M (15 %), as the address on paper gets worn.
    """
    picture = create_barcode(text, BarcodeFormat.QRCode, ec_level="M").to_image(
        scale=1, add_quiet_zones=False
    )
    side, grey = picture.shape[1], bytes(memoryview(picture))  # type: ignore[arg-type] # it does not say that it can
    modules = grey.translate(_MODULES).decode()
    return blocks(modules[at : at + side] for at in range(0, side * side, side)), side
