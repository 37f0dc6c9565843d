"""What a page shows, line by line: each text and each shape with its place in points from the top left corner.

So pages that look alike are alike, whichever versions of programs have set and packed them.
"""

import re
from collections.abc import Iterator, Sequence
from functools import cached_property
from statistics import fmean as mean
from typing import Any

from pikepdf import Matrix, Name, Object, String, parse_content_stream

from tests.certificates.opened import Opened, widths

NEAR = 0.5  # points within which a place is the same: other versions round otherwise
_NUMBER = re.compile(r"(?<= )-?\d+\.\d(?= |$)")
_PAINTED = {"f": "filled", "f*": "filled", "S": "drawn"}
_FILL, _LINE = {"rg", "scn"}, {"RG", "SCN"}
Point = tuple[float, float]


def drawn(pdf: bytes) -> list[str]:
    """All that the pages of a file draw, in order."""
    file = Opened(pdf)
    return [line for page in file.pdf.pages for line in _lines(page.obj, Matrix(), _height(page.obj))]


def is_like(lines: Sequence[str], others: Sequence[str]) -> bool:
    """Whether they show the same in the same places."""
    return len(lines) == len(others) and all(map(_is_line_like, lines, others))


def _is_line_like(line: str, other: str) -> bool:
    if _NUMBER.split(line) != _NUMBER.split(other):
        return False
    places = (map(float, _NUMBER.findall(each)) for each in (line, other))
    return all(abs(here - there) <= NEAR for here, there in zip(*places, strict=True))


def _height(page: Object) -> float:
    return float(page.MediaBox[3])


class _Font:
    """The words that a font's signs stand for, and how wide they are."""

    def __init__(self, font: Object) -> None:
        self._font = font

    @cached_property
    def _meaning(self) -> dict[int, str]:
        pairs = re.findall(rb"<([0-9A-Fa-f]+)> <([0-9A-Fa-f]+)>", self._font.ToUnicode.read_bytes())
        return {int(sign, 16): bytes.fromhex(text.decode()).decode("utf-16-be") for sign, text in pairs}

    @cached_property
    def _widths(self) -> dict[int, float]:
        return dict(widths(self._font.DescendantFonts[0].W))

    def read(self, parts: Any) -> tuple[str, float]:
        """The text of a TJ, and its width in thousandths of the size."""
        text, width = "", 0.0
        for part in parts:
            if not isinstance(part, String):
                width -= float(part)
                continue
            data = bytes(part)
            for sign in (int.from_bytes(data[at : at + 2]) for at in range(0, len(data), 2)):
                text += self._meaning[sign]
                width += self._widths[sign]
        return text, width


def _lines(where: Object, matrix: Matrix, height: float) -> Iterator[str]:
    """What a page or a form draws, and the forms in it."""
    canvas = _Canvas(where, matrix, height)
    for step in parse_content_stream(where):
        yield from canvas.take(str(step.operator), list(step.operands))


class _Canvas:
    """What the steps of a stream have set so far (ISO 32000-2, 8.4 and 9.3), as far as ours use it."""

    def __init__(self, where: Object, matrix: Matrix, height: float) -> None:
        self._resources, self._matrix, self._height = where.Resources, matrix, height
        self._fill = self._stroke = ""
        self._kept: list[tuple[Matrix, str, str]] = []
        self._shape: list[Point] = []
        self._start: list[Point] = []  # where a line begins, if one follows
        self._font, self._size, self._text_matrix = _Font(where), 0.0, Matrix()

    def take(self, operator: str, given: list[Any]) -> Iterator[str]:
        """Go one step on; what it puts on the page."""
        if operator in _FILL | _LINE:
            self._take_colour(operator, given)
        elif operator in {"re", "m", "l", "c", "n"}:
            self._take_shape(operator, [float(number) for number in given])
        elif operator in _PAINTED:
            yield self._painted(_PAINTED[operator])
        elif operator == "TJ":
            yield self._written(given[0])
        elif operator == "Do":
            yield from self._placed(self._resources.XObject[given[0]])
        else:
            self._take_setting(operator, given)

    def _take_colour(self, operator: str, given: list[Any]) -> None:
        if operator in _FILL:
            self._fill = _colour(given)
        else:
            self._stroke = _colour(given)

    def _take_shape(self, operator: str, numbers: list[float]) -> None:
        if operator == "re":
            x, y, wide, high = numbers
            numbers = [x, y, x + wide, y + high]
        points = [self._matrix.transform(point) for point in zip(numbers[::2], numbers[1::2], strict=True)]
        if operator == "n":
            self._shape = []
        elif operator == "m":
            self._start = points
        else:
            self._shape += self._start + points
            self._start = []

    def _take_setting(self, operator: str, given: list[Any]) -> None:
        match operator:
            case "q":
                self._kept.append((self._matrix, self._fill, self._stroke))
            case "Q":
                self._matrix, self._fill, self._stroke = self._kept.pop()
            case "cm":
                self._matrix = Matrix(*map(float, given)) @ self._matrix
            case "Tf":
                self._font, self._size = _Font(self._resources.Font[given[0]]), float(given[1])
            case "Tm":
                self._text_matrix = Matrix(*map(float, given))

    def _painted(self, how: str) -> str:
        colour = self._fill if how == "filled" else self._stroke
        said = f"{how} {_box(self._shape, self._height)} {colour} {len(self._shape)} points"
        self._shape = []
        return said

    def _written(self, parts: Any) -> str:
        text, width = self._font.read(parts)
        placed = self._text_matrix @ self._matrix
        ends = [
            placed.transform(point) for point in ((0, 0), (width * self._size / 1000, 0), (0, self._size))
        ]
        (left, base), (right, _), (_, top) = ends
        place = _said(left, self._height - base, right - left, abs(top - base))
        return f"text {place} {self._fill} {text}"

    def _placed(self, form: Object) -> Iterator[str]:
        if form.Subtype == Name.Form:
            yield from _lines(form, _of_form(form) @ self._matrix, self._height)
        else:
            corners = [self._matrix.transform(point) for point in ((0, 0), (1, 1))]
            yield f"picture {_box(corners, self._height)}"


def _of_form(form: Object) -> Matrix:
    return Matrix(*map(float, form.Matrix)) if "/Matrix" in form else Matrix()


def _colour(given: Sequence[Any]) -> str:
    """A colour in hexadecimal, or the name of a pattern."""
    if given and all(not isinstance(part, Name) for part in given):
        return "#" + "".join(f"{round(float(part) * 255):02x}" for part in given)
    return "pattern"


def _box(shape: Sequence[Point], height: float) -> str:
    """Left, top, width and height of what encloses a shape, and the middle of its points."""
    across, up = zip(*shape, strict=True)
    around = min(across), height - max(up), max(across) - min(across), max(up) - min(up)
    return f"{_said(*around)} around {_said(mean(across), height - mean(up))}"


def _said(*places: float) -> str:
    return " ".join(f"{place:.1f}" for place in places)
