"""Pictures of courses: SVG files that hold shapes and nothing that runs or calls out."""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from xml.parsers import expat

from lms.catalogue.document import Fault

LARGEST_PICTURE = 30_000  # bytes; a phone on a slow net
_STRUCTURE = frozenset({"svg", "g", "defs", "use", "symbol", "title", "desc", "text", "tspan"})
_SHAPES = frozenset({"path", "rect", "circle", "ellipse", "line", "polyline", "polygon"})
_PAINT = frozenset({"clipPath", "mask", "marker", "pattern", "linearGradient", "radialGradient", "stop"})
_ALLOWED = _STRUCTURE | _SHAPES | _PAINT
_OUTSIDE = re.compile(r"url\((?!['\"]?#)")
_VIEW_BOX = re.compile(r"\s*0[\s,]+0[\s,]+(\d+(?:\.\d+)?)[\s,]+(\d+(?:\.\d+)?)\s*")


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture by its content: SHA-256 of the bytes, width and height in its own units."""

    sha: str
    width: int
    height: int

    def attributes(self) -> dict[str, str | int | float]:
        """Attributes of the `img` that shows it; its alternative text comes from the Markdown."""
        size: dict[str, str | int | float] = {"width": self.width, "height": self.height}
        return {"src": f"/media/{self.sha}.svg", "alt": "", **size, "loading": "lazy"}


def read_picture(data: bytes, file: str) -> tuple[Picture, list[Fault]]:
    """A picture and everything in it that may not be there, with its line.

    Allowed are shapes, text and gradients; references only inside the file. Not allowed are
    scripts, event attributes, styles (the pages' content security policy forbids them inline),
    document types, other elements and other files.
    """
    reading = _Reading(file)
    reading.run(data)
    if len(data) > LARGEST_PICTURE:
        heavy = f"{len(data) // 1000} kB; a picture should have at most {LARGEST_PICTURE // 1000}"
        reading.faults.append(Fault(file, 1, "svg", heavy, is_warning=True))
    return Picture(hashlib.sha256(data).hexdigest(), *reading.size), reading.faults


class _Reading:
    """One SVG file being read."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.faults: list[Fault] = []
        self.size = (0, 0)
        self.at_root = True
        self.parser = expat.ParserCreate()

    def run(self, data: bytes) -> None:
        self.parser.StartElementHandler = self.element
        self.parser.StartDoctypeDeclHandler = self.doctype
        self.parser.ProcessingInstructionHandler = self.instruction
        try:
            self.parser.ParseFile(BytesIO(data))
        except expat.ExpatError as error:
            self.fault("svg", f"cannot be read as XML: {expat.errors.messages[error.code]}", error.lineno)
        except _EndOfReading:
            pass

    def fault(self, field: str, text: str, line: int | None = None) -> None:
        self.faults.append(Fault(self.file, line or self.parser.CurrentLineNumber, field, text))

    def doctype(self, *_parts: object) -> None:
        # Entities can be made to grow without end, so nothing after a document type is read.
        self.fault("svg", "must not have a document type")
        raise _EndOfReading

    def instruction(self, target: str, _data: str) -> None:
        self.fault(target, "must not have processing instructions")

    def element(self, name: str, attributes: dict[str, str]) -> None:
        local = name.rpartition(":")[2]
        if self.at_root:
            self.at_root = False
            self.root(local, attributes)
        if local not in _ALLOWED:
            self.fault(local, "this element is not allowed in a picture")
        for attribute, text in _forbidden(attributes):
            self.fault(f"{local}.{attribute}", text)

    def root(self, name: str, attributes: dict[str, str]) -> None:
        box = _VIEW_BOX.fullmatch(attributes.get("viewBox", ""))
        if name != "svg" or attributes.get("xmlns") != "http://www.w3.org/2000/svg":
            self.fault(name, "the first element must be svg in its namespace")
        elif box is None:
            self.fault("svg.viewBox", "must be: 0 0 width height")
        else:
            self.size = (round(float(box[1])), round(float(box[2])))


class _EndOfReading(Exception):
    """The rest of the file is not read."""


def _forbidden(attributes: dict[str, str]) -> Iterator[tuple[str, str]]:
    for name, value in attributes.items():
        local = name.rpartition(":")[2].lower()
        packed = re.sub(r"\s", "", value.lower())
        if local.startswith("on"):
            yield name, "must not run anything"
        elif local == "style":
            yield name, "write attributes instead of styles"
        elif (local in {"href", "src"} and not packed.startswith("#")) or _OUTSIDE.search(packed):
            yield name, "must not point outside the picture"
