"""An employer's own template of a certificate: a small language in which nothing can be reached but what is printed.

It is HTML of the plainest kind with the class names of our stylesheets, the values below, loops over topics and facts,
and conditions on what may be missing. There are no calls, filters, attributes or literals, so that the time and the
length of what it makes are bounded by its own; and since only `department` and `fact.wide` can be empty, trying it with
and without them proves once and for all that whatever must be on a certificate is on every one.
"""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from jinja2 import StrictUndefined, Template, TemplateError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

VALUES = ("kind", "name", "sentence", "limits", "issuer", "department", "qr")
LISTS = {"topics": (), "facts": ("label", "value", "wide")}
LONGEST = 10_000  # characters of a template
_LONGEST_PAGE = 60_000  # characters of what it makes of the longest lists that are tried
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
_TRIED = "QX{}Z"  # a word that stands for a value and is in no template by chance
_WORD = re.compile(r"QX[a-z]+[0-9]?Z")
_TOPICS, _FACTS = 2, 2


class TemplateProblem(ValueError):
    """Why a template is refused: a code, and the place or the word it is about."""

    def __init__(self, code: str, about: str = "") -> None:
        super().__init__(f"{code} {about}".strip())
        self.code = code
        self.about = about


def check_template(source: str) -> None:
    """Raise TemplateProblem for a template that could be refused for whatever content, or leaves out what must be."""
    _checked(source)


def own_body(source: str, values: Mapping[str, Any]) -> Markup:
    """What stands in the body of a page: the template with its values, of which only Markup is taken as HTML.

    Raises TemplateProblem for any values, or for none.
    """
    return Markup(_checked(source).render(values))  # noqa: S704 (checked, and its values are escaped)


@lru_cache(maxsize=64)
def _checked(source: str) -> Template:
    if len(source) > LONGEST:
        raise TemplateProblem("too_long")
    environment = ImmutableSandboxedEnvironment(autoescape=True, undefined=StrictUndefined)
    for known in (environment.globals, environment.filters, environment.tests):
        known.clear()
    try:
        tree = environment.parse(source)
        _check_language(tree)
        template = environment.from_string(tree)
    except (
        TemplateError,
        RecursionError,
        SyntaxError,
    ) as error:  # Python has bounds of its own for what is nested
        raise TemplateProblem("not_readable", getattr(error, "message", "") or "") from error
    for department in (_TRIED.format("department"), ""):
        _check_page(template.render(_tried(department)), has_department=bool(department))
    return template


# ---- the language ----


def _check_language(tree: nodes.Template) -> None:
    loops = sum(1 for _ in tree.find_all(nodes.For))
    if loops > _MOST_LOOPS:
        raise TemplateProblem("too_long")
    for node in tree.body:
        _check_node(node, {})


def _check_node(node: nodes.Node, items: Mapping[str, str]) -> None:
    """Refuse whatever is not a text, a value, one loop over a list, or a condition; `items` are those of the loop."""
    match node:
        case nodes.Output():
            for part in node.nodes:
                if not isinstance(part, nodes.TemplateData):
                    _check_value(part, items, is_printed=True)
        case nodes.If():
            _check_condition(node.test, items)
            for inner in (*node.body, *node.elif_, *node.else_):
                _check_node(inner, items)
        case nodes.For(target=nodes.Name(name=item), iter=nodes.Name(name=over), test=None, recursive=False):
            if items or over not in LISTS or item in (*VALUES, *LISTS, "loop") or node.else_:
                raise TemplateProblem("not_allowed", f"for {item} in {over}")
            for inner in node.body:
                _check_node(inner, {item: over})
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


def _tried(department: str) -> dict[str, Any]:
    values: dict[str, Any] = {name: _TRIED.format(name) for name in VALUES} | {"department": department}
    values["topics"] = [_TRIED.format(f"topic{number}") for number in range(_TOPICS)]
    values["facts"] = [
        {"label": _TRIED.format(f"label{wide}"), "value": _TRIED.format(f"value{wide}"), "wide": bool(wide)}
        for wide in range(_FACTS)
    ]
    return values


def _check_page(page: str, *, has_department: bool) -> None:
    """Refuse what is not the plainest HTML, hides anything, or lacks what a certificate must say."""
    if len(page) > _LONGEST_PAGE:
        raise TemplateProblem("too_long")
    words = [(word, above) for text, above in _texts(page) for word in _WORD.findall(text)]
    found = [word for word, _above in words]
    for word in _must_be(has_department=has_department):
        if word not in found:
            raise TemplateProblem("missing", word[2:-1])
    if found.count(_TRIED.format("qr")) != 1:
        raise TemplateProblem("twice", "qr")
    heads = [word for word, above in words if "h1" in above]
    if heads != [_TRIED.format("name")] or page.count("<h1") != 1:
        raise TemplateProblem("no_heading", "h1")
    if any(above[-1] not in {"", "div"} for word, above in words if word == _TRIED.format("qr")):
        raise TemplateProblem("misplaced", "qr")


def _must_be(*, has_department: bool) -> Iterator[str]:
    for name in VALUES:
        if name != "department" or has_department:
            yield _TRIED.format(name)
    yield from (_TRIED.format(f"topic{number}") for number in range(_TOPICS))
    yield from (_TRIED.format(f"{part}{number}") for part in ("label", "value") for number in range(_FACTS))


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
