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
from typing import Any

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
_LISTS = (
    (1, (False,)),
    (1, (True,)),
    (2, (False, True)),
    (1, (True, False, True)),
)  # topics, and facts by `wide`
_LONG_LISTS = 20, (False, True) * 4  # longer than any that courses have; facts are eight at most


class TemplateProblem(ValueError):
    """Why a template is refused: a code, and the place or the word it is about."""

    def __init__(self, code: str, about: str = "") -> None:
        super().__init__(f"{code} {about}".strip())
        self.code = code
        self.about = about


def check_template(source: str) -> None:
    """Raise TemplateProblem for a template that could be refused for whatever content, or leaves out what must be."""
    if len(source) > LONGEST:
        raise TemplateProblem("too_long")
    if _BEGIN in source or _END in source:
        raise TemplateProblem("not_allowed")
    tree = _parsed(source)
    _check_language(tree)
    template = _compiled(source)
    for department in (_TRIED.format("department"), ""):
        for topics, facts in _LISTS:
            values = _tried(department, topics, facts)
            _check_page(template.render(values), _must_be(values))
        _check_length(template.render(_tried(department, *_LONG_LISTS)))


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
        raise TemplateProblem("not_readable", getattr(error, "message", "") or "") from error


def _parsed(source: str) -> nodes.Template:
    with _readable():
        return _environment().parse(source)


@lru_cache(maxsize=64)
def _compiled(source: str) -> Template:
    with _readable():
        return _environment().from_string(source)


# ---- the language ----


def _check_language(tree: nodes.Template) -> None:
    loops = sum(1 for _ in tree.find_all(nodes.For))
    if loops > _MOST_LOOPS:
        raise TemplateProblem("too_long")
    for node in tree.body:
        _check_node(node, {})


def _check_part(body: Sequence[nodes.Node], items: Mapping[str, str]) -> None:
    """What is repeated or conditional closes what it opens: else it could swallow what stands beside it."""
    around: list[str] = []
    for node in body:
        _check_node(node, items)
        texts = node.find_all(nodes.TemplateData) if isinstance(node, nodes.Output) else ()
        for tag in (tag for text in texts for tag in _TAG.finditer(text.data)):
            closes, name = tag[1], tag[2]
            if closes and (not around or around.pop() != name):
                raise TemplateProblem("unbalanced", name)
            if not closes and name != "br":
                around.append(name)
    if around:
        raise TemplateProblem("unbalanced", around[-1])


def _check_node(node: nodes.Node, items: Mapping[str, str]) -> None:
    """Refuse whatever is not a text, a value, one loop over a list, or a condition; `items` are those of the loop."""
    match node:
        case nodes.Output():
            for part in node.nodes:
                if not isinstance(part, nodes.TemplateData):
                    _check_value(part, items, is_printed=True)
                elif _SIGNS.search(_ENTITY.sub("", _TAG.sub("", part.data))):  # also half a tag
                    raise TemplateProblem("not_allowed", part.data.strip()[:40])
        case nodes.If():
            _check_condition(node.test, items)
            for branch in (node.body, node.elif_, node.else_):
                _check_part(branch, items)
        case nodes.For(target=nodes.Name(name=item), iter=nodes.Name(name=over), test=None, recursive=False):
            if items or over not in LISTS or item in (*VALUES, *LISTS, "loop") or node.else_:
                raise TemplateProblem("not_allowed", f"for {item} in {over}")
            _check_part(node.body, {item: over})
        case _:
            raise TemplateProblem("not_allowed", type(node).__name__)


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
    raise TemplateProblem("not_allowed", _said(node))


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
    words = [(word, above) for text, above in _texts(page) for word in _WORD.findall(text)]
    found = [word for word, _above in words]
    for word in must_be:
        if word not in found:
            raise TemplateProblem("missing", word.strip(_BEGIN + _END))
    if found.count(_TRIED.format("qr")) != 1:
        raise TemplateProblem("twice", "qr")
    heads = [word for word, above in words if "h1" in above]
    if heads != [_TRIED.format("name")] or page.count("<h1") != 1:
        raise TemplateProblem("no_heading", "h1")
    if any(above[-1] not in {"", "div"} for word, above in words if word == _TRIED.format("qr")):
        raise TemplateProblem("misplaced", "qr")


def _must_be(values: Mapping[str, Any]) -> Iterator[str]:
    yield from (values[name] for name in VALUES if values[name])
    yield from values["topics"]
    yield from (fact[part] for part in ("label", "value") for fact in values["facts"])


def _check_length(page: str) -> None:
    if len(page) > _LONGEST_PAGE or sum(1 for tag in _TAG.finditer(page) if not tag[1]) > _MOST_ELEMENTS:
        raise TemplateProblem("too_long")


def _texts(page: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Each piece of text with the elements around it, outermost first. Refuses tags that are not ours."""
    around: list[tuple[str, bool]] = [("", False)]
    end = 0
    for tag in _TAG.finditer(page):
        yield _text(page[end : tag.start()], around)
        end = tag.end()
        closes, name, classes = tag[1], tag[2], frozenset((tag[3] or "").split())
        if closes:
            if classes or around[-1][0] != name or len(around) == 1:
                raise TemplateProblem("unbalanced", name)
            around.pop()
            continue
        if name not in _INSIDE[around[-1][0]] or around[-1][1]:
            raise TemplateProblem("misplaced", name)
        if not classes <= _CLASSES:
            raise TemplateProblem("not_allowed", " ".join(sorted(classes - _CLASSES)))
        if name != "br":
            around.append((name, bool(classes & _EMPTY)))
        if len(around) > _DEEPEST:
            raise TemplateProblem("too_deep", name)
    yield _text(page[end:], around)
    if len(around) > 1:
        raise TemplateProblem("unbalanced", around[-1][0])


def _text(text: str, around: list[tuple[str, bool]]) -> tuple[str, tuple[str, ...]]:
    if _SIGNS.search(_ENTITY.sub("", text)):
        raise TemplateProblem("not_allowed", text.strip()[:40])
    name, is_decoration = around[-1]
    is_qr = text.strip() == _TRIED.format("qr")
    if text.strip() and (is_decoration or name == "ul" or (name in {"", "div"} and not is_qr)):
        raise TemplateProblem("misplaced", text.strip()[:40])
    return text, tuple(each for each, _ in around)
