"""An employer's own template of a certificate: a small language in which nothing can be reached but what is printed.

It is HTML of the plainest kind with the class names of our stylesheets, the values below, loops over topics and facts,
and conditions on what may be missing. There are no calls, filters, attributes or literals, so that the time and the
length of what it makes are bounded by its own. Whatever is repeated or conditional closes what it opens, and only
`department` and `fact.wide` can be empty: so trying it with and without them, and with lists of one and of more, proves
once and for all that whatever must be on a certificate is on every one.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, NamedTuple

from jinja2 import StrictUndefined, Template, TemplateError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

VALUES = ("kind", "name", "sentence", "limits", "issuer", "department", "qr")
LISTS = {"topics": (), "facts": ("label", "value", "wide")}
LONGEST = 10_000  # characters of a template
_LONGEST_PAGE = 20_000  # characters of what it makes of long lists
_MOST_ELEMENTS = 300  # of the same; each takes its time to lay out
_MOST_LOOPS = 8
_DEEPEST = 12

_CLASSES = frozenset({
    "band", "hills", "head", "mark", "logo", "issuer", "kind", "said", "topics", "foot", "facts", "label", "wide",
    "limits", "muted",
})  # fmt: skip
_EMPTY = frozenset({"band", "hills", "logo"})  # decorations: what stood in them could not be read
_LINES = frozenset({"b", "span", "br"})  # inside of a line of text
_INSIDE = {  # what an element may hold
    "": frozenset({"div", "p", "h1", "ul"}),
    "div": frozenset({"div", "p", "h1", "ul"}),
    "ul": frozenset({"li"}),
    "li": frozenset({"p"}) | _LINES,
    "p": _LINES,
    "h1": _LINES,
    "b": _LINES,
    "span": _LINES,
}
_TAG = re.compile(r'<(/?)([a-z]+[1-6]?)(?: class="([a-z ]+)")?>')
_ENTITY = re.compile(r"&(?:amp|lt|gt|quot|nbsp|shy|#3[49]);")
_SIGNS = re.compile(r"[<>&]")
_BEGIN, _END = "\ue000", "\ue001"  # around a word that stands for a value: letters that no template may have
_TRIED = _BEGIN + "{}" + _END
_WORD = re.compile(f"{_BEGIN}[a-z]+[0-9]*{_END}")
_LINE = re.compile(f"{_BEGIN}([0-9]+){_END}")  # before what stands on that line of the template
_SAID = {
    "topic": "topics",
    "label": "fact.label",
    "value": "fact.value",
}  # what words of lists are called there
_LISTS = (
    (1, (False,)),
    (1, (True,)),
    (2, (False, True)),
    (1, (True, False, True)),
)  # topics, and facts by `wide`
_LONG_LISTS = 20, (False, True) * 4  # longer than any that courses have; facts are eight at most


class TemplateProblem(ValueError):
    """Why a template is refused: a code, the word it is about, and the line where that stands, if it is in one."""

    def __init__(self, code: str, about: str = "", line: int | None = None) -> None:
        super().__init__(f"{code} {about}".strip())
        self.code = code
        self.about = about
        self.line = line


class Vocabulary(NamedTuple):
    """What a template may consist of, for those who write one."""

    values: tuple[str, ...]
    lists: Mapping[str, tuple[str, ...]]  # by name, with the parts of what is in it, if it has any
    elements: tuple[str, ...]
    classes: tuple[str, ...]


def template_vocabulary() -> Vocabulary:
    """All words of the language."""
    return Vocabulary(VALUES, LISTS, tuple(sorted({*_INSIDE} - {""} | _LINES)), tuple(sorted(_CLASSES)))


def check_template(source: str) -> None:
    """Raise TemplateProblem for a template that could be refused for whatever content, or leaves out what must be."""
    if len(source) > LONGEST:
        raise TemplateProblem("too_long")
    strange = re.search(f"[{_BEGIN}{_END}]", source)
    if strange:
        raise TemplateProblem("not_allowed", line=source.count("\n", 0, strange.start()) + 1)
    _check_language(_parsed(source))
    template = _numbered(source)
    for department in (_TRIED.format("department"), ""):
        for topics, facts in _LISTS:
            values = _tried(department, topics, facts)
            _check_page(template.render(values), _must_be(values))
        _check_length(_LINE.sub("", template.render(_tried(department, *_LONG_LISTS))))


def own_body(source: str, values: Mapping[str, Any]) -> Markup:
    """What stands in the body of a page: the template with its values, of which only Markup is taken as HTML.

    It is not checked again: what was accepted once is drawn, whatever is asked of new ones.
    """
    return Markup(_compiled(source).render(values))  # noqa: S704 (was checked, and its values are escaped)


def _environment() -> ImmutableSandboxedEnvironment:
    environment = ImmutableSandboxedEnvironment(autoescape=True, undefined=StrictUndefined)
    for known in (environment.globals, environment.filters, environment.tests):
        known.clear()
    return environment


@contextmanager
def _readable() -> Iterator[None]:
    try:
        yield
    except (
        TemplateError,
        RecursionError,
        SyntaxError,
    ) as error:  # Python has bounds of its own for what is nested
        said, line = getattr(error, "message", "") or "", getattr(error, "lineno", None)
        raise TemplateProblem("not_readable", said, line) from error


def _parsed(source: str) -> nodes.Template:
    with _readable():
        return _environment().parse(source)


@lru_cache(maxsize=64)
def _compiled(source: str) -> Template:
    with _readable():
        return _environment().from_string(source)


def _numbered(source: str) -> Template:
    """The template, with the number of each line before what stands on it: so what is wrong is found there again."""
    tree, environment = _parsed(source), _environment()
    for text in tree.find_all(nodes.TemplateData):
        lines = enumerate(text.data.split("\n"), text.lineno)
        text.data = "\n".join(f"{_BEGIN}{number}{_END}{line}" for number, line in lines)
    with _readable():
        return Template.from_code(environment, environment.compile(tree), {})


# ---- the language ----


def _check_language(tree: nodes.Template) -> None:
    loops = sum(1 for _ in tree.find_all(nodes.For))
    if loops > _MOST_LOOPS:
        raise TemplateProblem("too_long")
    for node in tree.body:
        _check_node(node, {})


def _check_part(body: Sequence[nodes.Node], items: Mapping[str, str]) -> None:
    """What is repeated or conditional closes what it opens: else it could swallow what stands beside it."""
    around: list[tuple[str, int]] = []
    for node in body:
        _check_node(node, items)
        texts = node.find_all(nodes.TemplateData) if isinstance(node, nodes.Output) else ()
        for line, tag in ((line, tag) for text in texts for line, tag in _tags(text)):
            closes, name = tag[1], tag[2]
            if closes and (not around or around.pop()[0] != name):
                raise TemplateProblem("unbalanced", name, line)
            if not closes and name != "br":
                around.append((name, line))
    if around:
        raise TemplateProblem("unbalanced", *around[-1])


def _tags(text: nodes.TemplateData) -> Iterator[tuple[int, re.Match[str]]]:
    """The tags of a text, with their lines."""
    for tag in _TAG.finditer(text.data):
        yield text.lineno + text.data.count("\n", 0, tag.start()), tag


def _check_node(node: nodes.Node, items: Mapping[str, str]) -> None:
    """Refuse whatever is not a text, a value, one loop over a list, or a condition; `items` are those of the loop."""
    match node:
        case nodes.Output():
            for part in node.nodes:
                if isinstance(part, nodes.TemplateData):
                    _check_text(part)
                else:
                    _check_value(part, items, is_printed=True)
        case nodes.If():
            _check_condition(node.test, items)
            for branch in (node.body, node.elif_, node.else_):
                _check_part(branch, items)
        case nodes.For(target=nodes.Name(name=item), iter=nodes.Name(name=over), test=None, recursive=False):
            if items or over not in LISTS or item in (*VALUES, *LISTS, "loop") or node.else_:
                raise TemplateProblem("not_allowed", f"for {item} in {over}", node.lineno)
            _check_part(node.body, {item: over})
        case _:
            raise TemplateProblem("not_allowed", type(node).__name__, node.lineno)


def _check_text(text: nodes.TemplateData) -> None:
    """Refuse what looks like a tag and is none of ours, half a tag too."""
    for line, said in enumerate(text.data.split("\n"), text.lineno):
        if _SIGNS.search(_ENTITY.sub("", _TAG.sub("", said))):
            raise TemplateProblem("not_allowed", said.strip()[:40], line)


def _check_condition(node: nodes.Node, items: Mapping[str, str]) -> None:
    _check_value(node.node if isinstance(node, nodes.Not) else node, items, is_printed=False)


def _check_value(node: nodes.Node, items: Mapping[str, str], *, is_printed: bool) -> None:
    match node:
        case nodes.Name(name=name) if name in VALUES:
            return
        case nodes.Name(name=name) if items.get(name) == "topics":
            return
        case nodes.Getattr(node=nodes.Name(name=name), attr=part) if part in LISTS.get(
            items.get(name, ""), ()
        ):
            if part != "wide" or not is_printed:
                return
    raise TemplateProblem("not_allowed", _said(node), node.lineno)


def _said(node: nodes.Node) -> str:
    return str(getattr(node, "name", None) or getattr(node, "attr", None) or type(node).__name__)


# ---- the page ----


def _tried(department: str, topics: int, facts: Sequence[bool]) -> dict[str, Any]:
    values: dict[str, Any] = {name: _TRIED.format(name) for name in VALUES} | {"department": department}
    values["topics"] = [_TRIED.format(f"topic{number}") for number in range(topics)]
    values["facts"] = [
        {"label": _TRIED.format(f"label{number}"), "value": _TRIED.format(f"value{number}"), "wide": wide}
        for number, wide in enumerate(facts)
    ]
    return values


def _check_page(page: str, must_be: Iterable[str]) -> None:
    """Refuse what is not the plainest HTML, hides anything, or lacks what a certificate must say."""
    words = [(word, text) for text in _texts(page) for word in _WORD.findall(text.said)]
    found = [word for word, _text in words]
    for word in must_be:
        if word not in found:
            about = word.strip(_BEGIN + _END).rstrip("0123456789")
            raise TemplateProblem("missing", _SAID.get(about, about))
    codes = [text for word, text in words if word == _TRIED.format("qr")]
    if len(codes) != 1:
        raise TemplateProblem("twice", "qr", codes[-1].line)
    heads = [(word, text) for word, text in words if "h1" in text.above]
    if [word for word, _text in heads] != [_TRIED.format("name")] or page.count("<h1") != 1:
        raise TemplateProblem("no_heading", "h1", heads[-1][1].line if heads else None)
    if codes[0].above[-1] not in {"", "div"}:
        raise TemplateProblem("misplaced", "qr", codes[0].line)


def _must_be(values: Mapping[str, Any]) -> Iterator[str]:
    yield from (values[name] for name in VALUES if values[name])
    yield from values["topics"]
    yield from (fact[part] for part in ("label", "value") for fact in values["facts"])


def _check_length(page: str) -> None:
    if len(page) > _LONGEST_PAGE or sum(1 for tag in _TAG.finditer(page) if not tag[1]) > _MOST_ELEMENTS:
        raise TemplateProblem("too_long")


class _Text(NamedTuple):
    """A piece of text, the elements around it, outermost first, and the line of the template where it stands."""

    said: str
    above: tuple[str, ...]
    line: int


class _Element(NamedTuple):
    name: str
    is_decoration: bool
    line: int


def _texts(page: str) -> Iterator[_Text]:
    """Each piece of text of a page with numbered lines. Refuses tags that are not ours."""
    around = [_Element("", is_decoration=False, line=1)]
    parts = ["1", *_LINE.split(page)]  # a value may stand at the very beginning
    for number, part in zip(parts[::2], parts[1::2], strict=True):
        line, end = int(number), 0
        for tag in _TAG.finditer(part):
            yield _text(part[end : tag.start()], around, line)
            end = tag.end()
            _follow(tag, around, line)
        yield _text(part[end:], around, line)
    if len(around) > 1:
        raise TemplateProblem("unbalanced", around[-1].name, around[-1].line)


def _follow(tag: re.Match[str], around: list[_Element], line: int) -> None:
    """Open or close an element."""
    closes, name, classes = tag[1], tag[2], frozenset((tag[3] or "").split())
    if closes:
        if classes or around[-1].name != name or len(around) == 1:
            raise TemplateProblem("unbalanced", name, line)
        around.pop()
        return
    if name not in _INSIDE[around[-1].name] or around[-1].is_decoration:
        raise TemplateProblem("misplaced", name, line)
    if not classes <= _CLASSES:
        raise TemplateProblem("not_allowed", " ".join(sorted(classes - _CLASSES)), line)
    if name != "br":
        around.append(_Element(name, bool(classes & _EMPTY), line))
    if len(around) > _DEEPEST:
        raise TemplateProblem("too_deep", name, line)


def _text(said: str, around: list[_Element], line: int) -> _Text:
    if _SIGNS.search(_ENTITY.sub("", said)):
        raise TemplateProblem("not_allowed", said.strip()[:40], line)
    name, is_decoration, _line = around[-1]
    is_qr = said.strip() == _TRIED.format("qr")
    if said.strip() and (is_decoration or name == "ul" or (name in {"", "div"} and not is_qr)):
        raise TemplateProblem("misplaced", _WORD.sub(_called, said).strip()[:40], line)
    return _Text(said, tuple(each.name for each in around), line)


def _called(word: re.Match[str]) -> str:
    """What stands for a value, as it is written in a template."""
    about = word[0].strip(_BEGIN + _END).rstrip("0123456789")
    return f"{{{{ {_SAID.get(about, about)} }}}}"
