"""Authored Markdown: parsed, asked what it refers to, and turned into safe HTML."""

import copy
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.container import container_plugin
from mdit_py_plugins.front_matter import front_matter_plugin

from lms.base.i18n import SOURCE, written_in
from lms.catalogue.pictures import Picture

PLACEHOLDER = re.compile(r"\{\{(.*?)\}\}")
_MARK = re.compile(r"\[([xX ])\] ")
_HINT = re.compile(r"(Tips|Hint|Vinkki):", re.IGNORECASE)
# What a reader hears before a line whose sign (tick or cross) is only seen.
_DO_WORDS = {
    "sv": ("Gör så här:", "Gör inte så här:"),
    "nb": ("Gjør slik:", "Ikke gjør slik:"),
    "fi": ("Tee näin:", "Älä tee näin:"),
    "en": ("Do this:", "Do not do this:"),
}
_BLOCKS = {"p", "ul", "ol", "li", "blockquote", "figure", "hr", "pre"}
_TAGS = _BLOCKS | {"strong", "em", "a", "img", "span", "br", "code"}
_ATTRIBUTES = {
    "a": {"class", "href"},
    "img": {"src", "alt", "width", "height", "loading"},
    "ul": {"class"},
    "ol": {"start"},
    "li": {"class"},
    "span": {"class"},
}

_PARSER = (
    MarkdownIt("commonmark", {"html": False}).use(front_matter_plugin).use(container_plugin, name="step")
)

RefersTo = Literal["word", "source", "picture", "link"]


@dataclass(frozen=True, slots=True)
class Reference:
    """Something a text points at: a word, a source, a picture, or with `link` an address it may not point at.

    `alt` is what a picture says to those who do not see it.
    """

    kind: RefersTo
    name: str
    line: int
    alt: str = ""


@dataclass(slots=True)
class Passage:
    """A run of Markdown between two headings or in one step, with the line each block begins on."""

    tokens: list[Token] = field(default_factory=list)
    lines: Sequence[str] = ()  # of the whole file

    @property
    def blocks(self) -> list[str]:
        """Paragraphs and list items as plain text."""
        return [text for token in self._inline() if (text := _plain(token))]

    @property
    def points(self) -> list[str]:
        """The items of its lists as plain text, their first paragraph only."""
        return [_plain(first) for first in self._items()]

    def marks(self) -> set[str]:
        """Which signs its lists carry: `do` for [x], `dont` for [ ]."""
        return {mark for first in self._items() if (mark := _mark(first))}

    def references(self) -> Iterator[Reference]:
        """Everything it points at, in order."""
        for token in self._inline():
            for child in token.children or []:
                if child.type == "link_open":
                    kind, name = _target(str(child.attrs["href"]))
                    yield Reference(kind, name, self._find(token, f"({child.attrs['href']}"))
                elif child.type == "image":
                    name = str(child.attrs["src"])
                    yield Reference("picture", name, self._find(token, f"({name}"), child.content.strip())

    def used(self, kind: RefersTo) -> tuple[str, ...]:
        """Names of one kind that it points at, each once, in order."""
        return tuple(dict.fromkeys(found.name for found in self.references() if found.kind == kind))

    def html(self, language: str, pictures: Mapping[str, Picture]) -> str:
        """The passage as safe HTML.

        Links to words and sources lead to `#w-<id>` and `#s-<key>` on the same page; a picture
        has the address of its content. Pictures that are missing keep an empty address.
        """
        tokens = copy.deepcopy(self.tokens)
        _mark_lists(tokens, _DO_WORDS[written_in(language, _DO_WORDS) or SOURCE])
        _frame_pictures(tokens)
        for token in tokens:
            if token.type == "inline":
                token.children = list(_resolved(token.children or [], pictures))
        raw = _PARSER.renderer.render(tokens, _PARSER.options, {})
        return nh3.clean(
            raw, tags=_TAGS, attributes=_ATTRIBUTES, link_rel=None, url_schemes={"https"}
        ).strip()

    def _inline(self) -> Iterator[Token]:
        return (token for token in self.tokens if token.type == "inline")

    def _items(self) -> Iterator[Token]:
        """The text that each list item begins with."""
        for item, _paragraph, text in zip(self.tokens, self.tokens[1:], self.tokens[2:], strict=False):
            if item.type == "list_item_open" and text.type == "inline":
                yield text

    def _find(self, token: Token, needle: str) -> int:
        """The line of a block's text on which something stands."""
        first, last = token.map or (0, 0)
        return next((at + 1 for at in range(first, last) if needle in self.lines[at]), first + 1)


def parse(text: str) -> list[Token]:
    """The tokens of a text; `map` of a token holds its lines, counted from 0."""
    return _PARSER.parse(text)


def title_of(heading: Token) -> str:
    """The plain text of a heading's inline token."""
    return _plain(heading)


def fill(text: str, values: Mapping[str, str]) -> str:
    """A text with the country's values in the place of their names; unknown names are left."""
    return PLACEHOLDER.sub(lambda match: values.get(match[1].strip(), match[0]), text)


def _plain(token: Token) -> str:
    """Text as read: without marks, pictures, and the signs of do and don't."""
    parts = []
    for child in token.children or []:
        if child.type in {"softbreak", "hardbreak"}:
            parts.append(" ")
        elif child.type in {"text", "code_inline"}:
            parts.append(child.content)
    return _MARK.sub("", "".join(parts), count=1).strip() if _mark(token) else "".join(parts).strip()


def _target(href: str) -> tuple[RefersTo, str]:
    kind, _colon, name = href.partition(":")
    if kind == "word":
        return "word", name
    return ("source", name) if kind == "source" else ("link", href)


def _mark(text: Token) -> str:
    """The sign a list item begins with: `do`, `dont` or none."""
    match = _MARK.match(text.children[0].content) if text.children else None
    return ("dont" if match[1] == " " else "do") if match else ""


def _mark_lists(tokens: list[Token], words: tuple[str, str]) -> None:
    """Turn the signs [x] and [ ] at the beginning of list items into classes and spoken words."""
    lists: list[Token] = []
    for at, token in enumerate(tokens):
        if token.type in {"bullet_list_open", "ordered_list_open"}:
            lists.append(token)
        elif token.type in {"bullet_list_close", "ordered_list_close"}:
            lists.pop()
        elif token.type == "list_item_open" and (mark := _mark(tokens[at + 2])):
            lists[-1].attrSet("class", "dodont")
            token.attrSet("class", mark)
            children = tokens[at + 2].children or []
            children[0].content = _MARK.sub("", children[0].content, count=1)
            children[0:0] = _span("vh", [_text(f"{words[mark == 'dont']} ")])


def _frame_pictures(tokens: list[Token]) -> None:
    """A picture that stands alone is a figure, not a paragraph."""
    for before, token, after in zip(tokens, tokens[1:], tokens[2:], strict=False):
        alone = [child.type for child in token.children or []] == ["image"]
        if alone and before.type == "paragraph_open":
            before.tag = after.tag = "figure"


def _resolved(children: Iterable[Token], pictures: Mapping[str, Picture]) -> Iterator[Token]:
    """Inline tokens with links and pictures led where they belong, and a leader's hint set apart."""
    before = list(children)
    for at, child in enumerate(before):
        if child.type == "link_open":
            kind, name = _target(str(child.attrs["href"]))
            if kind != "link":
                child.attrs = {"class": kind, "href": f"#{kind[0]}-{name}"}
        elif child.type == "image":
            picture = pictures.get(str(child.attrs["src"]))
            child.attrs = picture.attributes() if picture else {"src": "", "alt": ""}
        elif (
            child.type == "text"
            and _HINT.match(child.content)
            and (at == 0 or before[at - 1].type == "softbreak")
        ):
            yield from _span("hint", _resolved(before[at + 1 :], pictures), child)
            return
        yield child


def _text(content: str) -> Token:
    return Token("text", "", 0, content=content)


def _span(name: str, inside: Iterable[Token], first: Token | None = None) -> list[Token]:
    opening = Token("span_open", "span", 1, attrs={"class": name})
    return [opening, *([first] if first else []), *inside, Token("span_close", "span", -1)]
