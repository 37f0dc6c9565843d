"""How each type of item is shown, answered and explained: by its fields alone, without script."""

from html import unescape
from html.parser import HTMLParser
from random import Random

import pytest

from lms.catalogue.items import TYPES
from lms.catalogue.items.numbers import written
from lms.catalogue.values import CourseText, Edition, Lesson, LessonText, Reflection
from lms.learning.queries import feedback_on, question
from tests.catalogue.item_samples import GRADED, SAMPLES, sample

CALLS = {
    "fields": "{%% import 'staff/_item.html' as item %%}{{ item.fields(shown, '<h2>Ask</h2>'|safe, '', values) }}",
    "answered": "{%% import 'staff/_item.html' as item %%}{{ item.answered(shown) }}{{ item.said(shown) }}",
}


def edition_with(kind):
    """A course of one lesson and this one item."""
    item, text = sample(kind)
    worded = CourseText(
        title="Tea", summary="", outcomes={"tea": "Tea"}, goals={}, sources={}, words={},
        lessons={"tea": LessonText("Tea", "", {})}, items={item.id: text}, reflection=Reflection("", 30, {}, ()),
    )  # fmt: skip
    return Edition(
        course="c", country="SE", label="1", published_on=item.checked_on, languages=("sv",), look={},
        validity_months=24, exam_items=1, pass_percent=80, outcomes=("tea",), items={item.id: item},
        lessons=(Lesson("tea", ("tea",), 3, ()),), sources=(), texts={"sv": worded}, media={"room.svg": "0" * 64},
    )  # fmt: skip


class Fields(HTMLParser):
    """The fields of a form as they stand, and every choice there is."""

    def __init__(self, page):
        super().__init__()
        self.sent, self.choices, self.labels, self._select = {}, {}, [], ""
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        has = dict(attrs)
        if tag == "select":
            self._select = has["name"]
            self.labels.append(has.get("aria-label") or has.get("id"))
        elif tag == "option":
            self.choices.setdefault(self._select, set()).add(has["value"])
        elif tag == "input":
            self.choices.setdefault(has["name"], set()).add(has.get("value", ""))
            if has["type"] == "hidden" or "checked" in has:
                self.sent.setdefault(has["name"], []).append(has["value"])


def as_form(value):
    """A value as a browser sends it; of a way through a scenario the last decision is the new one."""
    if isinstance(value, list) and "." in value[-1]:
        return {"made": value[:-1], "answer": value[-1:]}
    if isinstance(value, dict):
        return {f"answer-{name}": [each] for name, each in value.items()}
    return {"answer": [value] if isinstance(value, str) else value}


def rendered(app, call, shown, values=""):
    template = app.extensions["templates"]["sv"].from_string(CALLS[call].replace("%%", "%"))
    with app.test_request_context():
        return unescape(template.render(shown=shown, values=values))


@pytest.mark.parametrize("house", ["sqlite"], indirect=True)
@pytest.mark.parametrize("name", GRADED)
def test_it_is_answered_by_its_fields_and_explained(app, house, name):
    assert house
    edition = edition_with(name)
    item, kind = next(iter(edition.items.values())), TYPES[name]
    drawn = kind.draw(item, edition.texts["sv"].items[item.id], Random(5))
    right = SAMPLES[name][2]
    if name == "generated":
        right = {"number": written(kind.right_number(item, drawn), "sv")}
    shown = question(edition, drawn, "sv", as_form(right).get("made", ()))
    page = rendered(app, "fields", shown)
    fields = Fields(page)
    assert "{dose}" not in page
    for field, values in as_form(right).items():
        assert field in fields.choices
        if name not in {"numeric", "generated"}:
            assert set(values) <= fields.choices[field]
    assert all(fields.labels)
    assert all(
        why not in page for why in edition.texts["sv"].items[item.id].why.values()
    )  # nothing is given away
    for value, is_right in ((right, True), (SAMPLES[name][3], False)):
        stored = kind.read(item, drawn, kind.sent(as_form(value)))
        assert (kind.grade(item, drawn, stored) == 1) is is_right
        said = rendered(app, "answered", feedback_on(edition, drawn, "sv", stored, right=is_right))
        assert "{answer}" not in said
        assert ('class="opt yes"' in said) or (name == "ordering" and not is_right)
        assert ('class="opt no"' in said) is not is_right


@pytest.mark.parametrize("house", ["sqlite"], indirect=True)
@pytest.mark.parametrize("name", [name for name in GRADED if name not in {"ordering", "branching"}])
def test_what_was_chosen_is_still_chosen_after_a_fault(app, house, name):
    assert house
    edition = edition_with(name)
    item, kind = next(iter(edition.items.values())), TYPES[name]
    drawn = kind.draw(item, edition.texts["sv"].items[item.id], Random(5))
    given = SAMPLES[name][2] or {"number": "7,5"}
    page = rendered(app, "fields", question(edition, drawn, "sv"), kind.sent(as_form(given)))
    if name in {"numeric", "generated"}:
        assert f'value="{given["number"]}"' in page
    elif name in {"matching", "fill-in"}:
        assert page.count(" selected>") == len(given)
    else:
        chosen = [given] if isinstance(given, str) else given.values() if isinstance(given, dict) else given
        assert page.count(" checked>") == len(chosen)


@pytest.mark.parametrize("house", ["sqlite"], indirect=True)
def test_the_gaps_of_a_text_are_explained_in_its_order(app, house):
    assert house
    edition = edition_with("fill-in")
    item, kind = next(iter(edition.items.values())), TYPES["fill-in"]
    drawn = kind.draw(item, edition.texts["sv"].items[item.id], Random(5))
    said = rendered(app, "answered", feedback_on(edition, drawn, "sv", SAMPLES["fill-in"][2], right=True))
    whys = edition.texts["sv"].items[item.id].why
    assert said.index(whys["what"]) < said.index(whys["when"])
