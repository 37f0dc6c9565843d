"""No template shows or says a word past the catalogues."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from jinja2 import Environment, nodes

TEMPLATES = Path(__file__).resolve().parents[2] / "templates"
NAMES = {"Kunnig", "PDF", "CSV", "QR", "Europe/Stockholm"}  # may stand in a template as they are
SPOKEN = {"alt", "aria-description", "aria-label", "data-busy", "data-many", "data-moved", "data-one", "placeholder",
          "title"}  # attributes people read or hear  # fmt: skip
WORD = re.compile(r"[^\W\d_]{2,}")
SENTENCE = re.compile("[A-ZÅÄÖÆØ][a-zåäöæø]")
ATTRIBUTE = re.compile(r' ([a-z-]+)="([^"]*)"')  # what a macro writes for inside a tag
BODY_CLASS = re.compile(r"{% block bodyclass %}.*?{% endblock %}")
JINJA = Environment(extensions=["jinja2.ext.i18n", "jinja2.ext.do"])  # noqa: S701  (reads templates, renders none)


class _Visible(HTMLParser):
    """Collects the words that a template shows or says as they stand in it."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def _look(self, text: str) -> None:
        if any(word not in NAMES for word in WORD.findall(text)):
            self.found.append(f"{self.getpos()[0]}: {' '.join(text.split())}")

    def handle_data(self, data: str) -> None:
        self.handle_starttag("", ATTRIBUTE.findall(data))
        self._look(ATTRIBUTE.sub("", data))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in SPOKEN:
                self._look(value or "")


def literal_text(source: str, *, html: bool) -> list[str]:
    """Texts between the tags of a template and in the attributes people read, with their lines."""
    page = ""
    for line, kind, value in JINJA.lex(BODY_CLASS.sub("", source)):
        page += "\n" * (line - 1 - page.count("\n")) + (value if kind == "data" else " ")
    reader = _Visible()
    if html:
        reader.feed(page)
        reader.close()
    else:
        reader.handle_data(page)
    return reader.found


def literal_strings(node: nodes.Node) -> list[str]:
    """Strings in a template's expressions that begin like a sentence and are no texts for the catalogue."""
    children = list(node.iter_child_nodes())
    text_call = isinstance(node, nodes.Call) and getattr(node.node, "name", "") in {"_", "ngettext"}
    if text_call or isinstance(node, nodes.Getitem):  # a key is no text
        children = [child for child in children if not isinstance(child, nodes.Const)]
    found = [text for child in children for text in literal_strings(child)]
    value = node.value if isinstance(node, nodes.Const) else None
    if isinstance(value, str) and SENTENCE.match(value) and value not in NAMES:
        found.append(f"{node.lineno}: {value}")
    return found


@pytest.mark.parametrize(
    "name", [str(path.relative_to(TEMPLATES)) for path in sorted(TEMPLATES.rglob("*.*"))]
)
def test_template_says_nothing_past_the_catalogue(name):
    source = (TEMPLATES / name).read_text()
    assert literal_text(source, html=name.endswith(".html")) + literal_strings(JINJA.parse(source)) == []


def test_words_past_the_catalogue_are_found():
    page = '{# Note #}\n<p>{{ _("Hello") }}</p>\n<p>Hello {{ name }}</p><img alt="A hill"><b class="one two">–</b>'
    assert literal_text(page, html=True) == ["3: Hello", "3: A hill"]
    assert literal_strings(JINJA.parse('{{ ui.button("Send it", "second") }}{{ _("Send") }}')) == [
        "1: Send it"
    ]
