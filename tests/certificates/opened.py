"""A PDF taken apart: its objects, its metadata, its tags, what it draws and in which fonts."""

from collections.abc import Iterator
from io import BytesIO
from typing import Any
from xml.etree import ElementTree as ET

import pikepdf
from pikepdf import Array, Dictionary, Name, Object, Pdf, Stream

XMP = {
    "dc": "http://purl.org/dc/elements/1.1/",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "pdf": "http://ns.adobe.com/pdf/1.3/",
    "xmp": "http://ns.adobe.com/xap/1.0/",
    "pdfaid": "http://www.aiim.org/pdfa/ns/id/",
    "pdfuaid": "http://www.aiim.org/pdfua/ns/id/",
}
DEEPEST = 28  # dictionaries one in another


class Opened:
    """One file, with all its objects, its metadata and its tags at hand."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.pdf: Pdf = pikepdf.open(BytesIO(data))
        self.root = self.pdf.Root
        self.xmp = ET.fromstring(self.root.Metadata.read_bytes())  # noqa: S314 (our own file)
        self.objects = list(_objects(self.pdf))
        self.tags = list(_tags(self.root.StructTreeRoot.K, None))

    def of_type(self, name: str) -> list[Object]:
        return [each for each in self.objects if _is_a(each, name)]

    def marks(self) -> dict[str, str]:
        """Properties of the metadata, however they are written."""
        found: dict[str, str] = {}
        for part in self.xmp.findall("rdf:RDF/rdf:Description", XMP):
            found |= part.attrib
            found |= {child.tag: "".join(child.itertext()).strip() for child in part}
        return found

    def content(self) -> Iterator[tuple[Object, list[Any]]]:
        """Pages and forms, each with what it draws."""
        forms = [
            each for each in self.objects if isinstance(each, Stream) and each.get("/Subtype") == "/Form"
        ]
        for each in [*(page.obj for page in self.pdf.pages), *forms]:
            yield each, list(pikepdf.parse_content_stream(each))


def _objects(pdf: Pdf) -> Iterator[Object]:
    """Every dictionary, array and stream of the file, those inside of others too."""

    def inner(value: Object, depth: int) -> Iterator[Object]:
        yield value
        parts = list(value) if isinstance(value, Array) else [value[key] for key in value.keys()]  # noqa: SIM118
        for part in parts:
            if isinstance(part, Array | Dictionary) and not part.is_indirect and depth < DEEPEST:
                yield from inner(part, depth + 1)

    for value in pdf.objects:
        if isinstance(value, Array | Dictionary | Stream):
            yield from inner(value, 0)


def _is_a(value: Object, name: str) -> bool:
    return isinstance(value, Dictionary | Stream) and value.get("/Type") == Name(name)


def _tags(node: Object, parent: Object | None) -> Iterator[tuple[str, Object, str]]:
    """Each tag with its node and its parent's tag, in reading order."""
    above = "" if parent is None else str(parent.S)
    if isinstance(node, Array):
        for child in node:
            yield from _tags(child, parent)
    elif isinstance(node, Dictionary) and "/S" in node:
        yield str(node.S), node, above
        if "/K" in node:
            yield from _tags(node.K, node)


def glyphs(file: Opened) -> dict[tuple[int, int], set[int]]:
    """The signs that each font draws."""
    found: dict[tuple[int, int], set[int]] = {}
    for where, drawn in file.content():
        font = None
        for step in drawn:
            if str(step.operator) == "Tf":
                font = where.Resources.Font[str(step.operands[0])].objgen
            elif str(step.operator) == "TJ":
                for part in step.operands[0]:
                    if isinstance(part, pikepdf.String):
                        text = bytes(part)
                        signs = {int.from_bytes(text[at : at + 2]) for at in range(0, len(text), 2)}
                        found.setdefault(font, set()).update(signs)
    return found


def widths(array: Object) -> Iterator[tuple[int, float]]:
    """The width of each sign, as the file says it."""
    parts = list(array)
    while parts:
        first, second = int(parts.pop(0)), parts.pop(0)
        if isinstance(second, Array):
            yield from ((first + place, float(width)) for place, width in enumerate(second))
        else:
            width = float(parts.pop(0))
            yield from ((glyph, width) for glyph in range(first, int(second) + 1))


def meanings(mapping: bytes) -> Iterator[int]:
    """The signs of which a font says what text they are."""
    for block in mapping.split(b"beginbfchar")[1:]:
        for line in block.partition(b"endbfchar")[0].split(b"\n"):
            if line.strip().startswith(b"<"):
                sign, _, meaning = line.strip().partition(b">")
                assert meaning.strip(b" <>") not in {b"", b"0000", b"FEFF", b"FFFE"}
                yield int(sign[1:], 16)
