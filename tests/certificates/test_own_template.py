"""Own templates: what they may say, what they must, and that nothing else can be reached or held up by them."""

import time
from collections import Counter
from typing import Any

import pytest

from certificates import Layout, LayoutError, example_template, layout_bytes, layout_named
from certificates.own_template import LONGEST, TemplateProblem, check_template, own_body
from certificates.render import Order, render_sample
from tests.certificates.builders import make_content
from tests.certificates.test_layout import COLOURS, LOGO, made_in, picture
from tests.certificates.test_render import ADDRESS, ALL_LONG, page_text, structure

EXAMPLE = example_template()
TEMPLATED = Layout(logo=LOGO, template=EXAMPLE, **COLOURS)
OTHERWISE = """
<div class="band"></div><div class="hills"></div>
<div class="head">
  <p class="kind">{{ kind }} &amp; bevis</p><h1>{{ name }}</h1><p class="said">{{ sentence }}</p>
  <p class="issuer">{{ issuer }}{% if not department %}{% else %}, {{ department }}{% endif %}</p>
  <ul class="topics">{% for each in topics %}<li><b>{{ each }}</b></li>{% endfor %}</ul>
</div>
<div class="foot">
  {{ qr }}
  <ul class="facts">{% for f in facts %}<li><p class="label">{{ f.label }}</p><p>{{ f.value }}</p></li>{% endfor %}</ul>
  <p class="limits">{{ limits }}</p>
</div>"""


@pytest.mark.parametrize("template", [EXAMPLE, OTHERWISE])
@pytest.mark.parametrize("base", ["portrait-1", "landscape-1"])
@pytest.mark.parametrize(
    "changes", [{}, {"issuer_department": None}, ALL_LONG, {"holder_name": "<b>{{ qr }}</b> & Ek"}]
)
def test_whatever_the_template_the_page_says_what_it_must(
    base: str, template: str, changes: dict[str, Any]
) -> None:
    own, ours = (
        Counter("".join(page_text(made_in(Layout(base=base, template=each), **changes)).split()))
        for each in (template, None)
    )
    assert not ours - own - Counter("Kunnig-\ufffe\ufffe\ufffe")  # the mark, and where words are parted


def test_the_example_is_what_ours_says_in_the_same_tags() -> None:
    ours = Layout(logo=LOGO, **COLOURS)
    assert page_text(made_in(TEMPLATED)) == page_text(made_in(ours))
    assert structure(made_in(TEMPLATED)) == structure(made_in(ours))


def test_it_is_part_of_the_layouts_name_and_made_again_from_its_data() -> None:
    assert TEMPLATED.name != Layout(logo=LOGO, **COLOURS).name
    assert layout_named(TEMPLATED.name, layout_bytes(TEMPLATED)) == TEMPLATED
    assert made_in(TEMPLATED) == made_in(TEMPLATED)


def test_ink_saving_drops_its_hills_too() -> None:
    page = picture(made_in(TEMPLATED, ink_saving=True))
    assert page.crop((0, page.height - 15, page.width, page.height)).getextrema() == ((255, 255),) * 3


def test_what_fits_on_no_page_of_an_own_template_fits_in_ours() -> None:
    more = "<p>Bravo!</p>"
    short, long = (Layout(template=EXAMPLE.replace("<h1>", f"{more * count}<h1>")) for count in (1, 25))
    assert "Bravo!" in page_text(made_in(short))
    assert "Bravo!" not in page_text(made_in(long))


def test_whether_a_page_had_no_room_in_the_own_template_is_told() -> None:
    roomy, narrow = (
        Layout(template=EXAMPLE.replace("<h1>", f"{'<p>Bravo!</p>' * count}<h1>")) for count in (0, 8)
    )
    for layout, changes, fell_back in (
        (Layout(**COLOURS), ALL_LONG, False),
        (roomy, {}, False),
        (roomy, ALL_LONG, False),
        (narrow, {}, False),
        (narrow, ALL_LONG, True),
    ):
        content = make_content(layout=layout.name, **changes)
        sample = render_sample(Order(content, ADDRESS, layout=layout_bytes(layout)))
        assert (sample.sheets, sample.fell_back) == (1, fell_back)
        assert ("Bravo!" in page_text(sample.pdf)) is (layout is narrow and not fell_back)


WRONG = [  # after which line of the example it is put, and on which line of its own it goes wrong
    (4, "{{ name.x }}", "not_allowed", "x", 1),
    (4, "<p>\n{{ name", "not_readable", "", None),
    (4, "<p>\n{{ name %}</p>", "not_readable", "", 2),
    (4, "{% if\nname -%}\n\n<script>\n{% endif %}", "unbalanced", "script", 4),
    (4, "{% if department %}\n<p>\n{% endif %}", "unbalanced", "p", 2),
    (4, "{% for t in topics %}<p>\n</b>{% endfor %}", "unbalanced", "b", 2),
    (4, "<p>a</p>\n{{ name\n}}\n", "misplaced", "{{ name }}", 2),
    (4, "\n\nword", "misplaced", "word", 3),
    (4, '<p>a</p>\n<p class="x">b</p>', "not_allowed", "x", 2),
    (4, "\n<p>a &copy; b</p>", "not_allowed", "<p>a &copy; b</p>", 2),
    (4, "<div>\n{{ qr }}</div>", "twice", "qr", None),
    (4, "\n<h1>x</h1>", "no_heading", "h1", None),
    (21, "<div>\n<div>", "unbalanced", "div", 2),
    (4, "\n\ue000", "not_allowed", "", 2),
    (0, "{{ name }}", "misplaced", "{{ name }}", 1),
]  # fmt: skip


@pytest.mark.parametrize(("after", "wrong", "code", "about", "line"), WRONG)
def test_what_is_wrong_is_told_with_its_line(
    after: int, wrong: str, code: str, about: str, line: int | None
) -> None:
    lines = EXAMPLE.splitlines()
    with pytest.raises(LayoutError) as refusal:
        Layout(template="\n".join([*lines[:after], wrong, *lines[after:]]))
    assert refusal.value.problem == code
    assert about in refusal.value.about
    if line is not None:
        assert refusal.value.line == after + line


HOSTILE = [
    "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "{{ name.__class__ }}",
    "{{ name.format.__globals__ }}",
    "{{ self._TemplateReference__context }}",
    "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
    "{{ config }}",
    "{{ name|attr('__class__') }}",
    "{{ name|upper }}",
    "{{ ''|e }}",
    "{{ name() }}",
    "{{ name[0] }}",
    "{{ name ~ name }}",
    "{{ 'a' * 1000000000 }}",
    "{{ 9 ** 9 ** 9 }}",
    "{{ [name] }}",
    "{{ name if name else qr }}",
    "{% if name == 'Amina Yusuf' %}x{% endif %}",
    "{% if name is defined %}x{% endif %}",
    "{% for x in range(1000000000) %}x{% endfor %}",
    "{% for x in name %}{{ x }}{% endfor %}",
    "{% for x in topics %}{% for y in facts %}{{ x }}{% endfor %}{% endfor %}",
    "{% for x in topics recursive %}{{ loop(topics) }}{% endfor %}",
    "{% for x in topics if x %}{{ x }}{% endfor %}",
    "{% for x, y in topics %}{% endfor %}",
    "{% for name in topics %}<p>{{ name }}</p>{% endfor %}",
    "{% for x in facts %}<p>{{ x }}</p>{% endfor %}",
    "{% for x in facts %}<p>{{ x.link }}</p>{% endfor %}",
    "{% for x in facts %}<p>{{ x.wide }}</p>{% endfor %}",
    "{% for x in topics %}<p>{{ loop.index }}</p>{% endfor %}",
    "{% set name = 'Somebody' %}",
    "{% macro m() %}{% endmacro %}",
    "{% include 'certificate.html' %}",
    "{% extends 'certificate.html' %}",
    "{% import 'x' as y %}",
    "{% block name %}{% endblock %}",
    "{% filter upper %}x{% endfilter %}",
    "{% autoescape false %}{{ name }}{% endautoescape %}",
    "{% raw %}<script>1</script>{% endraw %}",
    "<script>alert(1)</script>",
    "<style>@import url(http://127.0.0.1/x);</style>",
    "<style>.limits { display: none }</style>",
    '<link rel="stylesheet" href="http://127.0.0.1/x">',
    '<img src="file:///etc/passwd">',
    '<img src="data:image/svg+xml;base64,PHN2Zy8+">',
    '<svg><use href="#x"/></svg>',
    "<svg>" + "<g>" * 500 + "</svg>",
    '<iframe src="http://127.0.0.1/"></iframe>',
    '<object data="file:///etc/passwd"></object>',
    '<a href="javascript:alert(1)">x</a>',
    '<p style="background: url(http://127.0.0.1/x)">x</p>',
    '<p class="qr">x</p>',
    '<p class="{{ name }}">x</p>',
    "<p {{ name }}>x</p>",
    "<{{ name }}>",
    '<p onclick="x">x</p>',
    "<P>x</P>",
    "<p class='said'>x</p>",
    "<!-- x -->",
    "<!DOCTYPE html>",
    '<?xml version="1.0"?>',
    "<![CDATA[x]]>",
    "<p>x",
    "</div>",
    "<p",
    "&#0;",
    "&lol9;",
    "<p><div></div></p>",
    "<ul><p>x</p></ul>",
    "<ul>x</ul>",
    "loose words",
    '<div class="band"><p>{{ limits }}</p></div>',
    '<p class="hills">x</p>',
    "<h1>{{ name }}</h1>",
    "<h1>x</h1>",
    "{{ qr }}",
    "<p>{{ qr }}</p>",
    "<div>" * 40 + "</div>" * 40,
    "{% if name %}" * 300 + "{% endif %}" * 300,
    "{{ " + "(" * 3000 + "name" + ")" * 3000 + " }}",
    "{{ name",
    "{% endif %}",
    "x" * LONGEST,
    "{% for x in topics %}<p>{{ x }}</p>{% endfor %}" * 20,
]  # fmt: skip


@pytest.mark.parametrize("place", ["before", "inside", "after"])
@pytest.mark.parametrize("hostile", HOSTILE)
def test_what_is_more_than_plain_text_is_refused_at_once(hostile: str, place: str) -> None:
    at = {"before": 0, "inside": EXAMPLE.index('<p class="kind">'), "after": len(EXAMPLE)}[place]
    started = time.process_time()
    with pytest.raises(TemplateProblem):
        check_template(EXAMPLE[:at] + hostile + EXAMPLE[at:])
    assert time.process_time() - started < 1


@pytest.mark.parametrize(
    "part",
    ["kind", "name", "sentence", "limits", "issuer", "department", "qr", "topic", "fact.label", "fact.value"],
)
def test_what_a_certificate_must_say_cannot_be_left_out(part: str) -> None:
    with pytest.raises(LayoutError) as refusal:
        Layout(template=EXAMPLE.replace(f"{{{{ {part} }}}}", ""))
    assert refusal.value.field == "template"
    assert (refusal.value.problem, refusal.value.line) == ("missing", None)
    assert refusal.value.about == ("topics" if part == "topic" else part)


@pytest.mark.parametrize(
    ("said", "hidden"),
    [
        ("{{ limits }}", "{% if department %}{{ limits }}{% endif %}"),
        ("{{ limits }}", "{% if not department %}{{ limits }}{% endif %}"),
        ("{{ limits }}", "{% if not name %}{{ limits }}{% endif %}"),
        ("<p>{{ fact.value }}</p></li>\n      {% else %}", "</li>\n      {% else %}"),
        ("{{ limits }}", "QXlimitsZ"),
        ("{{ limits }}", "\ue000limits\ue001"),
        ("{{ qr }}", "{% for f in facts %}{% if f.wide %}{{ qr }}{% endif %}{% endfor %}"),
        ("{{ limits }}", "{% for f in facts %}{% if f.wide %}{{ limits }}{% endif %}{% endfor %}"),
        ("{{ limits }}", "{% for f in facts %}{% if not f.wide %}{{ limits }}{% endif %}{% endfor %}"),
        ("<h1>{{ name }}</h1>", "{% for t in topics %}<h1>{{ name }}</h1>{% endfor %}"),
    ],
)
def test_nor_on_some_certificates_only(said: str, hidden: str) -> None:
    assert said in EXAMPLE
    with pytest.raises(TemplateProblem, match=r"missing|twice|no_heading|not_allowed"):
        check_template(EXAMPLE.replace(said, hidden, 1))


SWALLOWED = [
    '{% for f in facts %}{% if f.wide %}</div><p>x</p>{% else %}<p>x</p><div class="hills">{% endif %}{% endfor %}',
    "{% for f in facts %}<div><p>x</p>{% if f.wide %}</div>{% else %}</div>{% endif %}{% endfor %}",
    "{% if department %}<div>{% endif %}<p>x</p>{% if department %}</div>{% endif %}",
    "{% if not department %}<p>x</p>{% else %}<p>x{% endif %}</p>",
    "{% if name %}<p>x</p>{% elif kind %}</p><p>{% else %}<p>x</p>{% endif %}",
    '<p class="{% if department %}said{% else %}kind{% endif %}">x</p>',
    '<p{% if department %}>{% else %} class="said">{% endif %}x</p>',
]  # fmt: skip


@pytest.mark.parametrize("part", SWALLOWED)
def test_what_is_repeated_or_conditional_closes_what_it_opens(part: str) -> None:
    plain = EXAMPLE.replace('<div class="head">', '<p class="head">x</p><div>')
    check_template(plain)
    with pytest.raises(TemplateProblem, match=r"unbalanced|not_allowed"):
        check_template(plain.replace("<div>", f"{part}<div>"))


SLOW = {
    "lines": "{% for t in topics %}<p>" + "<br>" * 2_000 + "</p>{% endfor %}",
    "boxes": '{% for t in topics %}<div class="head"><p>a</p></div>{% endfor %}' * 7,
    "hills": '<div class="hills"></div>' * 300,
    "words": "{% for t in topics %}<p>" + "lorem ipsum " * 100 + "</p>{% endfor %}",
}


@pytest.mark.parametrize("slow", SLOW.values(), ids=SLOW)
def test_what_would_take_long_to_lay_out_is_refused_by_what_it_makes_of_long_lists(slow: str) -> None:
    assert len(EXAMPLE + slow) < LONGEST
    with pytest.raises(TemplateProblem, match="too_long"):
        check_template(EXAMPLE + slow)


@pytest.mark.parametrize(
    "part", ["<p>a<br>b</p>", '<div class="hills"></div>', '<div class="head"><p>a</p></div>']
)
def test_the_longest_that_is_accepted_takes_seconds_at_most(part: str) -> None:
    count = next(count for count in range(300, 0, -10) if accepted(EXAMPLE + part * count))
    layout = Layout(template=EXAMPLE + part * count)
    started = time.process_time()
    made_in(layout, outcomes=tuple(f"topic {number}" for number in range(20)))
    assert time.process_time() - started < 6


def accepted(template: str) -> bool:
    try:
        check_template(template)
    except TemplateProblem:
        return False
    return True


def test_values_are_text_and_never_markup() -> None:
    values = dict.fromkeys(("kind", "sentence", "limits", "issuer", "department", "qr"), "x")
    body = own_body(EXAMPLE, values | {"name": "<script>{{ qr }}</script>", "topics": ["<b>"], "facts": []})
    assert "&lt;script&gt;{{ qr }}&lt;/script&gt;" in body
    assert "&lt;b&gt;" in body
