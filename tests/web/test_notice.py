"""What a course says on each of its pages: that passing it is no permission, for example."""

import re
from html import unescape

import jinja2
import pytest

from lms.base.shipped import shipped
from tests.learning.kettle import KETTLE, publish_kettle
from tests.web.staff_pages import as_fields, attempt_of, hidden_fields
from tests.web.test_staff_week import WANTED, asked, right_and_wrong, send

COURSE = f"/courses/{KETTLE}"
NOTICE = "Tea is no medicine."
TEMPLATES = shipped("templates")
CARRIERS = {
    path.relative_to(TEMPLATES).as_posix()
    for path in TEMPLATES.rglob("*.html")
    if "words.notice(" in path.read_text(encoding="utf-8")
}


@pytest.fixture
def amina(house, tmp_path, english):
    """Amina, in a course that has something to say on every page."""
    publish_kettle(house, tmp_path / "kettle", notice=NOTICE)
    return english("amina")


@pytest.fixture
def made(monkeypatch):
    """The pages that are made from now on: of which template, and whether they say the notice."""
    pages, render = [], jinja2.Template.render

    def note(template, *values, **named):
        html = render(template, *values, **named)
        pages.append((template.name, NOTICE in unescape(html)))
        return html

    monkeypatch.setattr(jinja2.Template, "render", note)
    return pages


def look(browser, *paths):
    for path in paths:
        assert browser.get(path).status_code == 200, path


def take(browser, town, place, result, *, right):
    """Begin a test, answer all its questions, and look at what is said of each and of all."""
    browser.post(place)
    _attempt, keys, others, _items = attempt_of(town, "amina")
    for number, value in (keys if right else others).items():
        page = browser.get(f"{place}/{number}")
        sent = browser.post(f"{place}/{number}", data=hidden_fields(page) | as_fields(value))
        look(browser, sent.headers["Location"])
    look(browser, result)


def learn(browser, town):
    """Read, practise, pass, and answer the question of the week."""
    look(browser, COURSE, f"{COURSE}/tea/start", f"{COURSE}/tea/try-1", f"{COURSE}/notes")
    assert browser.post(f"{COURSE}/tea/try-1", data={"answer": "b"}).status_code == 200
    look(browser, f"{COURSE}/before/pretest", f"{COURSE}/quiz")
    take(browser, town, f"{COURSE}/before/pretest", f"{COURSE}/before/pretest/result", right=False)
    for right in (False, True):
        take(browser, town, f"{COURSE}/quiz", f"{COURSE}/result", right=right)
    browser.post("/week/choice", data=WANTED)
    send(browser, right_and_wrong(asked(town))[0])
    look(browser, "/week")


def update(browser, town):
    """Miss the test of an update, and pass it."""
    look(browser, f"{COURSE}/update")
    for right in (False, True):
        take(browser, town, f"{COURSE}/update/test", f"{COURSE}/update/result", right=right)


def learn_together(browser, town):
    """Begin with a group, and send everybody to the own test."""
    unit, person = town.unit("Björken"), town.person("amina")
    sent = {"course": KETTLE, "unit": str(unit.public_id), "people": [str(person.public_id)]}
    step = browser.post("/team/together", data=sent).headers["Location"]
    group = step.rsplit("/", 2)[0]
    look(browser, step, group, f"{group}/test")


def test_it_stands_on_every_page_of_the_course(house, granvik, amina, english, sign_in, tmp_path, made):
    learn(amina, granvik)
    learn_together(english("karin"), granvik)
    changes = '{since: "2026.1", effect: update, lessons: [tea], within_days: 30}'
    later = {"label": "2026.2", "changes": changes, "reworded": ("tea",), "update": 2}
    publish_kettle(house, tmp_path / "later", notice=NOTICE, **later)
    update(amina, granvik)
    look(sign_in(granvik, "amina", remember=True), f"/phone/courses/{KETTLE}/pages.json")
    assert [template for template, says_it in made if not says_it] == []
    assert CARRIERS - {template for template, _says_it in made} == set()  # none is forgotten here


def test_it_is_said_in_the_language_of_the_course(amina):
    amina.post("/me", data={"language": "nb", "theme": "system"})
    assert re.search(r'<p class="[^"]*notice" lang="sv">', amina.get(COURSE).text)


def test_a_course_without_says_nothing(granvik, sign_in):
    page = sign_in(granvik, "amina").get("/courses/documentation")
    assert "notice" not in page.text
