"""The fonts inside of a PDF: always the same letters of a face, whatever a page says.

A subset of just the letters of one page would have to be cut and packed anew for each person, and would tell from its
size who the page is about. With the letters of an alphabet the font files of all pages are the same bytes: made once,
and kept. What a page shows beyond the alphabet is added to its own file.
"""

from dataclasses import dataclass, field
from functools import cache, lru_cache
from importlib.resources import files
from io import BytesIO
from typing import Any

from fontTools.ttLib import TTFont
from weasyprint.pdf.fonts import Font

_TYPED = range(0x20, 0x7F)
_PUNCTUATION = (0xA7, 0xAB, 0xB0, 0xB7, 0xBB, 0x2013, 0x2014, 0x2018, 0x2019, 0x201C, 0x201D, 0x2026)
_NORDIC = map(ord, "ÅÄÖÆØåäöæøÉéÈèÜüÁáČčĐđŠšŽž")
_LATIN = (
    *range(0xC0, 0x180),
    0x218,
    0x219,
    0x21A,
    0x21B,
    *range(0x1E00, 0x1F00),
)  # names: Polish, Vietnamese, Sami …

# By the family in the stylesheets: names stand in headings. "Rest" has none, as it is there for what others lack.
ALPHABETS: dict[str, frozenset[int]] = {
    "Heading": frozenset((*_TYPED, *_PUNCTUATION, *_LATIN)),
    "Text": frozenset((*_TYPED, *_PUNCTUATION, *_NORDIC)),
}


@dataclass(slots=True)
class _Kept:
    """What is known of a face: its alphabet as glyphs, and the last file that was cut from it."""

    widths: dict[int, int] = field(default_factory=dict)  # glyph to thousandths of the em
    meanings: dict[int, str] = field(default_factory=dict)  # glyph to the character it draws
    glyphs: frozenset[int] = frozenset()
    cut: bytes = b""


class Face(Font):  # type: ignore[misc] # WeasyPrint has no types
    """A font as WeasyPrint has it, to which its alphabet belongs from the start."""

    file_content: bytes

    def __init__(self, font: Font, kept: _Kept) -> None:
        self.__dict__.update(vars(font))
        self._kept = kept
        self.widths = dict(kept.widths)
        self.to_unicode = dict(kept.meanings)

    @property
    def has_more(self) -> bool:
        """Whether something was drawn that the alphabet lacks."""
        return len(self.to_unicode) > len(self._kept.meanings) or bool(self.missing)

    def subset(self, to_unicode: dict[int, str], hinting: bool) -> None:  # noqa: FBT001 (WeasyPrint's signature)
        """Cut the file to these glyphs; the file is kept, as the next page will most often ask for the same."""
        glyphs = frozenset(to_unicode)
        if self.missing or glyphs != self._kept.glyphs:
            super().subset(to_unicode, hinting)
            if self.missing:
                return
            self._kept.glyphs, self._kept.cut = glyphs, self.file_content
        self.file_content = self._kept.cut


class Fonts(dict[Any, Face]):
    """The fonts of one document by WeasyPrint's key; each comes in with its alphabet."""

    def __setitem__(self, key: object, font: Font) -> None:
        super().__setitem__(key, Face(font, _kept(font.family, font.file_content, font.index)))


@cache
def shipped_letters() -> frozenset[str]:
    """What is drawn by our fonts alone, in whatever text of a page it stands."""
    rest = _letters("NotoSans-Regular") & _letters("NotoSans-Bold")
    return rest | (
        _letters("FamiljenGrotesk-Bold") & _letters("KunnigText-Regular") & _letters("KunnigText-Bold")
    )


def _letters(name: str) -> frozenset[str]:
    file = TTFont(BytesIO((files("certificates") / "fonts" / f"{name}.ttf").read_bytes()))
    return frozenset(map(chr, file.getBestCmap()))


@lru_cache(maxsize=16)  # by the bytes of a file; we ship five
def _kept(family: str, content: bytes, index: int) -> _Kept:
    kept = _Kept()
    file = TTFont(BytesIO(content), fontNumber=index)
    names, em = file.getBestCmap(), file["head"].unitsPerEm
    for code in sorted(ALPHABETS.get(family, frozenset()) & names.keys()):
        glyph = file.getGlyphID(names[code])
        kept.meanings.setdefault(glyph, chr(code))
        kept.widths[glyph] = round(file["hmtx"][names[code]][0] * 1000 / em)
    return kept
