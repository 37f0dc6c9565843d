"""A PDF as its objects, which can be exchanged, and the one way in which they are written to a file."""

from collections.abc import Callable, Mapping
from functools import lru_cache
from hashlib import md5
from itertools import accumulate
from types import MappingProxyType
from zlib import compress, decompress

import pydyf

_HEAD = b"%PDF-1.7\n%\xf0\x9f\x96\xa4\n"
_WIDE = 4  # bytes of a place in a file
_NONE = 65_535  # the generation of the object 0, which is none
Name = str | tuple[int, int]
Pieces = list[bytes | Name]  # what stays, and the names of what changes


class Assembly:
    """The objects of one file: streams one by one, all others together in an object stream (ISO 32000-1, 7.5.7)."""

    def __init__(self, pdf: pydyf.PDF) -> None:
        """Take over a file that is ready to be written; its streams are packed here, and only once."""
        pdf.add_object(pdf.info)
        objects = pdf.objects[1:]
        streams = [each for each in objects if isinstance(each, pydyf.Stream)]
        page = pdf.objects[_number(pdf.page_references[0])]
        self.content, self.metadata = _number(page["Contents"]), _number(pdf.catalog["Metadata"])
        self.enclosed = [each.number for each in streams if each.extra.get("Type") == "/EmbeddedFile"]
        own = {self.content, self.metadata, *self.enclosed}
        for each in (each for each in streams if each.compress):  # pictures come packed
            _pack(each, _packed if each.number in own else _packed_small)
        self.objects: list[bytes] = [b"", *(each.data for each in objects)]
        self._streams = [each.number for each in streams]
        self._plain = [each.number for each in objects if not isinstance(each, pydyf.Stream)]
        self._root, self._info = pdf.catalog.reference, pdf.info.reference
        self._index = " ".join(f"{number} %d" for number in self._plain)
        self._rows = self._fixed_rows()

    def unpacked(self, number: int) -> bytes:
        """The data of a stream."""
        return decompress(self.objects[number].partition(b"\nstream\n")[2].removesuffix(b"\nendstream"))

    def entries(self, number: int) -> bytes:
        """The entries of a stream's dictionary, but for how it is packed."""
        return self.objects[number].removeprefix(b"<<").partition(b"/Filter /FlateDecode/Length ")[0]

    def write(self, identifier: bytes, changed: Mapping[int, bytes] = MappingProxyType({})) -> bytes:
        """The file, with some objects changed."""
        objects = self.objects.copy()
        for number, data in changed.items():
            objects[number] = data
        parts, at, rows = [_HEAD], len(_HEAD), self._rows.copy()
        objects.append(self._together(objects))
        for number in (*self._streams, len(objects) - 1):
            parts.append(b"%d 0 obj\n%b\nendobj\n" % (number, objects[number]))
            rows[number] = _row(1, at, 0)
            at += len(parts[-1])
        rows.append(_row(1, at, 0))
        digest = md5(objects[self.content] + objects[-1], usedforsecurity=False).hexdigest().encode()
        entries = b"/Type /XRef/Index [0 %d]/W [1 %d 2]/Size %d/Root %b/Info %b/ID [(%b) (%b)]" % (
            len(rows), _WIDE, len(rows), self._root, self._info, identifier, digest,
        )  # fmt: skip
        parts.append(b"%d 0 obj\n%b\nendobj\n" % (len(objects), stream(b"".join(rows), entries)))
        parts.append(b"startxref\n%d\n%%%%EOF\n" % at)
        return b"".join(parts)

    def _together(self, objects: list[bytes]) -> bytes:
        """The object stream: what is not a stream, with an index of where each begins."""
        plain = [objects[number] for number in self._plain]
        begins = accumulate((len(each) + 1 for each in plain[:-1]), initial=0)
        index = (self._index % tuple(begins)).encode()
        entries = b"/Type /ObjStm/N %d/First %d" % (len(plain), len(index) + 1)
        return stream(b"\n".join((index, *plain)), entries)

    def _fixed_rows(self) -> list[bytes]:
        """The cross-references, by object: those of streams are not yet known."""
        rows = [_row(0, 0, _NONE)] * len(self.objects)
        for place, number in enumerate(self._plain):
            rows[number] = _row(2, len(self.objects), place)
        return [*rows, b""]


def _row(kind: int, where: int, which: int) -> bytes:
    """A line of a table of cross-references (ISO 32000-1, 7.5.8.3)."""
    return bytes((kind,)) + where.to_bytes(_WIDE, "big") + which.to_bytes(2, "big")


def stream(data: bytes, entries: bytes = b"") -> bytes:
    """A stream object, with the entries of its dictionary."""
    packed = _packed(data)
    return b"<<%b/Filter /FlateDecode/Length %d>>\nstream\n%b\nendstream" % (entries, len(packed), packed)


def _pack(whole: pydyf.Stream, packed: Callable[[bytes], bytes]) -> None:
    """Compress a stream now: pydyf would do it again each time it is asked for the bytes."""
    plain = pydyf.Stream(whole.stream).data.partition(b"\nstream\n")[2]
    whole.stream = [packed(plain.removesuffix(b"\nendstream"))]
    whole.extra = pydyf.Dictionary({**whole.extra, "Filter": "/FlateDecode"})
    whole.compress = False


def _packed(data: bytes) -> bytes:
    """What is a file's own: fast, as it would take longer than all else."""
    return compress(data, 1)


@lru_cache(maxsize=128)  # there are about thirty in a file
def _packed_small(data: bytes) -> bytes:
    """What other files have too: fonts, colours and drawings."""
    return compress(data, 9)


def _number(reference: bytes) -> int:
    return int(reference.split()[0])


def cut(data: bytes, values: Mapping[Name, bytes]) -> Pieces:
    """Data cut at each place where one of the values stands."""
    pieces: Pieces = [data]
    for name, value in values.items():
        pieces = [part for piece in pieces for part in _cut(piece, name, value)]
    return pieces


def _cut(piece: bytes | Name, name: Name, value: bytes) -> Pieces:
    if not isinstance(piece, bytes):
        return [piece]
    first, *rest = piece.split(value)
    return [first, *(part for each in rest for part in (name, each))]


def joined(pieces: Pieces, values: Mapping[Name, bytes]) -> bytes:
    """Pieces put together with other values."""
    return b"".join(piece if isinstance(piece, bytes) else values[piece] for piece in pieces)
