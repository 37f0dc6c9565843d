"""Several certificates in one PDF, to print and leaf through. A working copy: the single files are what is archived."""

import tempfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from io import BytesIO
from itertools import islice
from pathlib import Path
from typing import BinaryIO

import pikepdf

AT_ONCE = 50  # files that are held in memory together


@dataclass(frozen=True, slots=True)
class Part:
    """A certificate to be merged: its number as people read it, what stands in the outline, its PDF."""

    number: str
    title: str
    pdf: bytes


def merge_pdfs(parts: Iterable[Part], file: BinaryIO, title: str, language: str) -> int:
    """Write the parts as one PDF to an open file, each in the outline, its number on its page labels; the pages.

    The same parts give the same bytes. Memory holds a few dozen of the parts and an index of all pages; the rest waits
    on the disk. Signed files and the structure for screen readers stay in the single files. Raises ValueError without
    parts, and pikepdf.PdfError for what is no PDF.
    """
    marks: list[tuple[int, str, str]] = []  # pages, number, title of each part
    with tempfile.TemporaryDirectory() as folder, ExitStack() as opened:
        merged = opened.enter_context(pikepdf.new())
        for count, some in enumerate(_batched(parts)):
            path = _piece(some, Path(folder) / f"{count}.pdf", marks)
            piece = opened.enter_context(pikepdf.open(path))  # read when the whole is written
            merged.pages.extend(piece.pages)
        if not marks:
            message = "there is nothing to merge"
            raise ValueError(message)
        _describe(merged, marks, title, language)
        merged.save(file, deterministic_id=True, object_stream_mode=pikepdf.ObjectStreamMode.generate)
        return len(merged.pages)


def _batched(parts: Iterable[Part]) -> Iterator[list[Part]]:
    left = iter(parts)
    while some := list(islice(left, AT_ONCE)):
        yield some


def _piece(parts: list[Part], path: Path, marks: list[tuple[int, str, str]]) -> Path:
    """Some of the parts as a file on the disk; how many pages each has is added to `marks`."""
    with ExitStack() as opened:
        piece = opened.enter_context(pikepdf.new())
        for part in parts:
            source = opened.enter_context(pikepdf.open(BytesIO(part.pdf)))
            marks.append((len(source.pages), part.number, part.title))
            piece.pages.extend(source.pages)
        for page in piece.pages:
            for name in ("/StructParents", "/Tabs", "/AF"):  # lead to what is not taken along
                if name in page.obj:
                    del page.obj[name]
        piece.save(path, deterministic_id=True)
    return path


def _describe(merged: pikepdf.Pdf, marks: list[tuple[int, str, str]], title: str, language: str) -> None:
    """Outline, page labels, title and language."""
    labels, first = [], 0
    with merged.open_outline() as outline:
        for pages, number, words in marks:
            outline.root.append(pikepdf.OutlineItem(words, first))
            labels += [first, pikepdf.Dictionary(P=pikepdf.String(number))]
            first += pages
    merged.Root.PageLabels = pikepdf.Dictionary(Nums=pikepdf.Array(labels))
    merged.Root.PageMode = pikepdf.Name.UseOutlines
    merged.Root.Lang = pikepdf.String(language)
    merged.docinfo["/Title"] = title
