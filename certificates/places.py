"""Where on a laid-out page a text may be exchanged for another, and how the other is set there.

A text can be exchanged where it has lines of its own and nothing beside or behind it that its width could move. The
other is broken, shaped and drawn by WeasyPrint itself, in the same style and the same room, and is refused if it does
not take as many lines.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from weasyprint.draw.text import draw_first_line
from weasyprint.formatting_structure import boxes
from weasyprint.layout.absolute import AbsolutePlaceholder
from weasyprint.layout.inline import split_text_box
from weasyprint.matrix import Matrix
from weasyprint.pdf.stream import Stream
from weasyprint.text.ffi import FROM_UNITS, pango
from weasyprint.text.line_break import create_layout, line_size, strut

from certificates.faces import Fonts

_OF_ITSELF = (boxes.PageBox, boxes.BlockBox)  # as wide as what is around it, or as the stylesheet says
_SHARE = {"start": 0, "left": 0, "center": 0.5, "end": 1, "right": 1}  # of the room left over, before a line


class Unfit(Exception):
    """A text cannot be set in the place of another: no error, as the full engine makes the page then."""


@dataclass(frozen=True, slots=True)
class Place:
    """Lines of one text, as they lie on the page."""

    lines: tuple[Any, ...]  # the boxes of their texts
    left: float
    room: float  # the width in which they are broken
    layouts: list[Any] = field(
        default_factory=list, compare=False
    )  # Pango's, once there is one; slow to set up

    def set(self, text: str) -> list[Any]:
        """The boxes of another text in the place of this one, until the next is set. Raises Unfit."""
        found = self._one_line(text) if len(self.lines) == 1 else self._some_lines(text)
        for box, there in zip(found, self.lines, strict=True):
            share = _SHARE[box.style["text_align_all"]]
            box.position_x = self.left + (self.room - box.width) * share if share else self.left
            box.position_y = there.position_y
        return found

    def _one_line(self, text: str) -> list[Any]:
        """The first of the steps that WeasyPrint takes, which is enough if all fits in a line."""
        box = self.lines[0].copy_with_text(text)
        if self.layouts:
            layout = self.layouts[0]
            layout.set_text(text)
        else:
            layout = create_layout(text, box.style, _NO_HYPHENATION, self.room, 0)
            self.layouts.append(layout)
        line, goes_on_at = layout.get_first_line()
        box.width, box.height = line_size(line, box.style)
        if goes_on_at is not None or box.width > self.room:
            raise Unfit
        line_height, _baseline = strut(box.style)
        box.pango_layout = layout
        box.baseline = pango.pango_layout_get_baseline(layout.layout) * FROM_UNITS
        box.baseline += (line_height - box.height) / 2
        return [box]

    def _some_lines(self, text: str) -> list[Any]:
        whole, found = self.lines[0].copy_with_text(text), list[Any]()
        encoded, done = text.encode(), 0
        while done is not None:
            while encoded[done : done + 1] == b" ":
                done += 1
            box, done, _is_forced = split_text_box(_NO_HYPHENATION, whole, self.room, done)
            if box is None or len(found) == len(self.lines):
                raise Unfit
            box.pango_layout.reactivate(box.style)
            found.append(box)
        if len(found) < len(self.lines):
            raise Unfit
        return found


_NO_HYPHENATION = SimpleNamespace(dictionaries={})  # all that WeasyPrint reads of the context of a layout


class Pen:
    """Draws lines of text as a page would, with none but the alphabets of our faces."""

    def __init__(self) -> None:
        self._fonts = Fonts()

    def draw(self, box: Any) -> bytes:
        """The instructions for one line. Raises Unfit if it needs more than the alphabet of a face."""
        stream = Stream(self._fonts, (0, 0, 1, 1), {}, {}, None, {}, None)
        x, y = box.position_x, box.position_y + box.baseline
        draw_first_line(stream, box, "clip", "none", Matrix(d=-1, e=x, f=y))
        if any(face.has_more for face in self._fonts.values()):
            self._fonts = Fonts()
            raise Unfit
        instructions: list[bytes] = stream.stream
        return b"\n".join(instructions)


@dataclass(slots=True)
class _Walk:
    """What is found on the way through the boxes of a page."""

    places: list[tuple[Place, object]] = field(default_factory=list)  # with what they flow in
    floats: list[tuple[object, float, float]] = field(default_factory=list)  # what they float in, top, bottom

    def through(self, box: Any, flow: object, *, is_steady: bool) -> None:
        if isinstance(box, AbsolutePlaceholder):
            box = box._box  # noqa: SLF001
        if not isinstance(box, boxes.ParentBox):
            return
        if box.is_floated():
            self.floats.append((flow, box.position_y, box.position_y + box.margin_height()))
        if not box.is_in_normal_flow():
            is_steady &= box.style["width"] != "auto"
            flow = box
        is_steady &= isinstance(box, _OF_ITSELF)
        if box.children and all(isinstance(child, boxes.LineBox) for child in box.children):
            if is_steady and _is_plain(box):
                self.places += [(place, flow) for place in _places(box)]
        else:
            for child in box.children:
                self.through(child, flow, is_steady=is_steady)


def places(pages: Sequence[Any]) -> Iterator[tuple[str, Place]]:
    """Every place of some pages, with the text that stands there."""
    for page in pages:
        walk = _Walk()
        walk.through(page._page_box, None, is_steady=True)  # noqa: SLF001
        for place, flow in walk.places:
            top = place.lines[0].position_y
            bottom = place.lines[-1].position_y + place.lines[-1].height
            if not any(inside is flow and high < bottom and low > top for inside, high, low in walk.floats):
                yield " ".join(line.text for line in place.lines), place


def _is_plain(block: Any) -> bool:
    style = block.style
    return (
        style["text_align_all"] in _SHARE
        and style["text_align_last"] in {"auto", style["text_align_all"]}
        and style["text_overflow"] == "clip"
        and style["max_lines"] == "none"
        and style["text_indent"] == (0, "px")
    )


def _places(block: Any) -> Iterator[Place]:
    """Every run of lines to the end of a block that has nothing but text of its own, or a text behind others."""
    for start, line in enumerate(block.children):
        rest = block.children[start:]
        texts: tuple[Any, ...] = tuple(each.children[-1] if each.children else None for each in rest)
        if not all(isinstance(text, boxes.TextBox) for text in texts):
            continue
        left, is_first = block.content_box_x(), start == 0 or _is_forced(block.children[start - 1])
        if is_first and all(len(each.children) == 1 for each in rest):
            yield Place(texts, left, block.width)
        elif len(rest) == 1 and len(line.children) > 1 and not _SHARE[block.style["text_align_all"]]:
            begins = texts[0].position_x
            yield Place(texts, begins, left + block.width - begins)


def _is_forced(line: Any) -> bool:
    """Whether a line ends because the page says so, and not because the next word does not fit."""
    if not line.children or line.children[-1].element_tag != "br":
        return False
    return not any(isinstance(box, boxes.TextBox) for box in line.children[-1].descendants())
