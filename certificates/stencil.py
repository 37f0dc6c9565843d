"""One page laid out once, and the like of it for other people by exchanging what differs.

Two certificates of one course differ in a few texts, a QR code, an address, some metadata and what is enclosed. A
stencil is cut from a page that the engine has made in full; for another person it draws the texts that differ, puts
them and the rest into the file, and leaves all else as it is: layout, tags, fonts and drawings.

Its file is the engine's, byte for byte. Whatever cannot be so for certain is refused with `Unfit`, and the engine makes
the page: a text with other line breaks, letters beyond the alphabets of our fonts, a difference in any other place. A
stencil that does not reproduce the page it was cut from is not cut at all.
"""

import re
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from hashlib import md5
from html import unescape
from typing import Any
from xml.sax.saxutils import escape

import pydyf
from markupsafe import escape as escape_html

from certificates.assembly import Name, Pieces, cut, joined, stream
from certificates.bands import Block, cells_path
from certificates.engine import Enclosed, Engine, Made
from certificates.places import Pen, Place, Unfit, places

_TAGS = re.compile("(<[^>]*>)")
_SPACES = re.compile("[ \t\n\r\f]+")
_ALONE = re.compile(r"</?(?:p|h[1-6]|li|div|dd|dt)\b|<br\b")  # what begins or ends a line of its own
_MOST_KINDS = 8  # of which stencils are kept, each of half a megabyte: a worker meets courses in turn
_MOST_FORMS = 4  # of a kind: names of one line, of two …
_METADATA = b"/Type /Metadata/Subtype /XML"


@dataclass(frozen=True, slots=True)
class Person:
    """What differs from page to page."""

    drafts: Sequence[
        Callable[[str], str]
    ]  # the HTML with a path as QR code, in the variants that are tried one by one
    title: str
    issued_at: datetime
    address: str
    qr: Sequence[Block]
    identifier: bytes
    enclosed: tuple[Enclosed, ...]
    logo: bytes | None = None

    @property
    def issued(self) -> str:
        """The time of issue as it stands in metadata."""
        return f"{self.issued_at:%Y-%m-%dT%H:%M:%SZ}"

    def tokens(self, attempt: int) -> list[str]:
        """Tags and texts of the HTML in turn, but for what does not show on the page and is exchanged in the file."""
        html = self.drafts[attempt]("").replace(f'href="{escape_html(self.address)}"', "")
        html = html.replace(f"<title>{escape_html(self.title)}</title>", "", 1)
        return _TAGS.split(html.replace(f'content="{self.issued}"', ""))

    def values(self) -> dict[Name, bytes]:
        """What stands in objects of the file as it is."""
        issued = self.issued_at.strftime("D:%Y%m%d%H%M%SZ")
        told = {"title": self.title, "address": self.address, "issued": issued}
        return {name: pydyf.String(value).data for name, value in told.items()}

    def metadata(self) -> dict[Name, bytes]:
        """What stands in the metadata, which are XML."""
        return {"title": f">{escape(self.title)}<".encode(), "issued": f">{self.issued}<".encode()}


class Stencil:
    """What is the same on all pages, with the places of what differs."""

    def __init__(self, engine: Engine, made: Made, person: Person) -> None:
        """Cut a stencil from a person's page. Raises Unfit if the page cannot be one."""
        self._engine, self._pen = engine, Pen()
        self._drawn_again = lru_cache(maxsize=2_000)(self._draw)  # days come again and again
        self._file = made.file
        self._enclosed = _described(person)
        with engine.lock:
            self._sheets = [
                _Sheet(person.tokens(attempt), document.pages) for attempt, document in enumerate(made.tried)
            ]
            self._drawing = self._cut_content(person.qr)
        self._about = cut(self._file.unpacked(self._file.metadata), person.metadata())
        apart = {self._file.content, self._file.metadata, *self._file.enclosed}
        self._changing = {
            number: pieces
            for number, data in enumerate(self._file.objects)
            if number not in apart and len(pieces := cut(data, person.values())) > 1
        }
        self._labels = {
            number: cut(self._file.entries(number), _told(each))
            for number, each in zip(self._file.enclosed, person.enclosed, strict=True)
        }
        if self.fill(person) != made.data:
            raise Unfit

    def _cut_content(self, qr: Sequence[Block]) -> Pieces:
        """What the page draws, cut at the QR code and at each text that can be exchanged."""
        content = self._file.unpacked(self._file.content)
        self._drawn: dict[Name, bytes] = {"qr": _outline(qr)}
        sheet = self._sheets[-1]
        for index in list(sheet.places):
            try:
                drawn = self._draw(index, _shown(sheet.tokens[index]))
            except Unfit:
                drawn = {}
            if drawn and all(content.count(part) == 1 for part in drawn.values()):
                self._drawn |= drawn
            else:  # it stays as it is, and whoever differs in it is refused
                del sheet.places[index]
        pieces = cut(content, self._drawn)
        if {piece for piece in pieces if not isinstance(piece, bytes)} != self._drawn.keys():
            raise Unfit
        return pieces

    def fill(self, person: Person) -> bytes:
        """The file of another person. Raises Unfit."""
        if _described(person) != self._enclosed:
            raise Unfit
        with self._engine.lock:
            drawn = self._drawn | {"qr": _outline(person.qr)} | self._texts(person)
        values = person.values()
        changed = {number: joined(pieces, values) for number, pieces in self._changing.items()}
        changed[self._file.content] = stream(joined(self._drawing, drawn))
        changed[self._file.metadata] = stream(joined(self._about, person.metadata()), _METADATA)
        for number, each in zip(self._file.enclosed, person.enclosed, strict=True):
            changed[number] = stream(each.data, joined(self._labels[number], _told(each)))
        return self._file.write(person.identifier, changed)

    def _texts(self, person: Person) -> dict[Name, bytes]:
        """The texts in which a person differs, drawn."""
        last = len(self._sheets) - 1
        drawn: dict[Name, bytes] = {}
        for attempt, sheet in enumerate(self._sheets):
            if attempt >= len(person.drafts):
                raise Unfit
            for index, text in sheet.differing(person.tokens(attempt)):
                if attempt < last:  # a page of the same form did not fit, so this would not either
                    sheet.places[index].set(text)
                else:
                    drawn |= self._drawn_again(index, text)
        return drawn

    def _draw(self, index: int, text: str) -> dict[Name, bytes]:
        """A text drawn in its place, line by line. Raises Unfit."""
        lines = self._sheets[-1].places[index].set(text)
        return {(index, n): self._pen.draw(line) for n, line in enumerate(lines)}


class Stencils:
    """The stencils of one engine, by what their pages have in common; the ones used last are kept."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._kept: OrderedDict[Hashable, list[Stencil]] = OrderedDict()

    def make(self, person: Person, alike: Hashable) -> bytes:
        """A person's page, by a stencil if one fits, else in full; `alike` is the same for pages that may fit."""
        kept = self._kept.setdefault(alike, [])
        self._kept.move_to_end(alike)
        if len(self._kept) > _MOST_KINDS:
            self._kept.popitem(last=False)
        for stencil in kept:
            with suppress(Unfit):
                data = stencil.fill(person)
                kept.remove(stencil)
                kept.insert(0, stencil)
                return data
        made = make_in_full(self._engine, person)
        with suppress(Unfit):
            kept.insert(0, Stencil(self._engine, made, person))
        del kept[_MOST_FORMS:]
        return made.data


def make_in_full(engine: Engine, person: Person) -> Made:
    """A person's page laid out anew: the first of its variants that fits on one page, or else the last."""
    variants = (draft(cells_path(person.qr)) for draft in person.drafts)
    return engine.make(variants, person.identifier, person.enclosed, person.logo)


class _Sheet:
    """One variant as it was laid out: its HTML in tokens, and the places of those that can be exchanged."""

    def __init__(self, tokens: list[str], pages: list[Any]) -> None:
        self.tokens = tokens
        lines: dict[str, list[Place]] = {}
        for text, place in places(pages):
            lines.setdefault(text, []).append(place)
        alone: dict[str, list[int]] = {}
        for index in range(2, len(tokens) - 1, 2):
            if _ALONE.match(tokens[index - 1]) and _ALONE.match(tokens[index + 1]):
                alone.setdefault(_shown(tokens[index]), []).append(index)
        self.places = {
            where[0]: lines[text][0]
            for text, where in alone.items()
            if len(where) == 1 and len(lines.get(text, ())) == 1  # else nobody knows which is which
        }

    def differing(self, tokens: list[str]) -> Iterator[tuple[int, str]]:
        """Each text that differs, with its number. Raises Unfit if something else does."""
        if len(tokens) != len(self.tokens):
            raise Unfit
        for index, (token, there) in enumerate(zip(tokens, self.tokens, strict=True)):
            if token != there:
                if index not in self.places:
                    raise Unfit
                yield index, _shown(token)


def _shown(token: str) -> str:
    return unescape(_SPACES.sub(" ", token).strip(" "))


def _described(person: Person) -> list[tuple[str, str, str]]:
    return [(each.name, each.description, each.relation) for each in person.enclosed]


def _outline(qr: Sequence[Block]) -> bytes:
    """The instructions for a QR code, as WeasyPrint gives them."""
    return b"\n".join(map(_rectangle, qr))


@lru_cache(maxsize=8_000)  # of all codes of a size there are hardly more
def _rectangle(block: Block) -> bytes:
    x, y, wide, high = block
    return f"{x} {y} m\n{x + wide} {y} l\n{x + wide} {y + high} l\n{x} {y + high} l\nh".encode()


def _told(enclosed: Enclosed) -> dict[Name, bytes]:
    """What the object of a file that is enclosed tells of it."""
    return {
        "digest": md5(enclosed.data, usedforsecurity=False).hexdigest().encode(),
        "size": b"/Size %d/" % len(enclosed.data),
        "at": enclosed.at.strftime("D:%Y%m%d%H%M%SZ").encode(),
    }
