"""Another language in the middle of a course: the same place afterwards, with what has been filled in."""

import re
from html import unescape

import pytest
from sqlalchemy import update

from lms.base.i18n import catalogue
from lms.identity.actions import set_language
from lms.identity.models import Account
from lms.learning.models import Attempt
from tests.web.staff_pages import (
    COURSE,
    answer,
    as_fields,
    attempt_of,
    counted,
    edition_of,
    hidden_fields,
    shown,
    take_quiz,
)

CHOICE = re.compile(r'<details class="lang">.*?</details>', re.DOTALL)
ENGLISH = '<html lang="en"'


@pytest.fixture
def amina(granvik, sign_in):
    return sign_in(granvik, "amina")


@pytest.fixture
def course(house):
    return edition_of(house)


def offered(page):
    """Codes of the languages a page offers, and which of them it is read in."""
    choice = CHOICE.search(page.text)[0]
    codes = re.findall(r'<button type="submit" name="to" value="([a-z]+)"', choice)
    return codes, re.search(r'value="([a-z]+)" lang="[a-z]+" aria-current', choice)[1]


def switched(browser, page, to="en"):
    """The page after pressing a language on a page that has a form for it."""
    form = re.search(r'<form class="langs" method="post" action="([^"]+)">(.*?)</form>', page.text, re.DOTALL)
    return browser.post(unescape(form[1]), data=hidden_fields_of(form[2]) | {"to": to}, follow_redirects=True)


def hidden_fields_of(form):
    pairs = re.findall(r'<input type="hidden" name="([a-z_-]+)" value="([^"]*)"', form)
    return {name: unescape(value) for name, value in pairs if name != "csrf_token"}


def step_of(course, kind):
    """Address and item of the first step that is, or is not, a practice item of a type."""
    for lesson in course.lessons:
        for step in lesson.steps:
            if (course.items[step.item].type if step.item else "") == kind:
                return f"{COURSE}/{lesson.id}/{step.id}", step
    raise AssertionError(kind)


def test_a_step_goes_on_in_the_other_language_and_the_choice_is_kept(granvik, amina, course):
    address, step = step_of(course, "")
    page = amina.get(address)
    assert offered(page) == (["sv", "en"], "sv")
    page = switched(amina, page)
    assert page.request.path == address
    assert ENGLISH in page.text
    lesson = next(lesson for lesson in course.lessons if step in lesson.steps)
    assert course.texts["en"].lessons[lesson.id].steps[step.id].title in shown(page)
    assert ENGLISH in amina.get("/todo").text
    with granvik.work("amina", writes=False) as ctx:
        assert ctx.db.get_one(Account, ctx.who.account_id).language == "en"


@pytest.mark.parametrize("kind", ["single", "multiple", "matching"])
def test_a_practice_item_keeps_what_is_chosen(amina, course, kind):
    address, step = step_of(course, kind)
    chosen = course.items[step.item].key
    fields = as_fields(list(chosen) if isinstance(chosen, tuple) else chosen)
    page = amina.post(address, data=fields | {"to": "en"})
    assert page.status_code == 200
    text = course.texts["en"].items[step.item]
    assert text.ask in shown(page)
    assert "data-sheet" not in page.text
    for value in [chosen] if isinstance(chosen, str) else chosen if kind == "multiple" else []:
        assert f'value="{value}" checked' in page.text
    if kind == "matching":
        assert page.text.count(" selected") == len(chosen)
    assert f'value="{step.item}"' not in page.text


def test_the_explanation_of_a_practice_item_is_read_in_the_other_language(amina, course):
    address, step = step_of(course, "single")
    item = course.items[step.item]
    page = amina.post(address, data={"answer": item.key})
    form = re.search(r'<form id="practice" method="post" hidden>(.*?)</form>', page.text)
    page = amina.post(address, data=hidden_fields_of(form[1]) | {"to": "en"})
    assert "Right!" in page.text
    assert course.texts["en"].items[step.item].why[item.key] in shown(page)
    assert offered(page) == (["sv", "en"], "en")


def test_a_question_keeps_place_and_order_and_the_certificate_is_in_the_language_of_the_test(
    granvik, amina, course
):
    amina.post(f"{COURSE}/quiz")
    _attempt, right, _wrong, items = attempt_of(granvik, "amina")
    answer(amina, 1, right[1])
    address = f"{COURSE}/quiz/2?after=1"
    before = amina.get(address)
    assert f'form="next" formaction="{address}"' in before.text
    after = amina.post(address, data=hidden_fields(before) | as_fields(right[2]) | {"to": "en"})
    for place in (1, 2):  # the explanation of the first, and the second one
        assert course.texts["en"].items[items[place].id].ask in shown(after)
    order = re.compile(r'<input type="hidden" name="answer" value="([a-z]+)"|name="answer" value="([a-z]+)"')
    if items[2].type != "ordering":
        assert order.findall(after.text) == order.findall(before.text)
    for place in range(2, len(items) + 1):
        answer(amina, place, right[place])
    last = amina.get(f"{COURSE}/quiz/{len(items)}?after={len(items)}")
    back = amina.post(f"{COURSE}/quiz/{len(items)}?after={len(items)}", data={"to": "sv"})
    assert course.texts["en"].items[items[len(items)].id].ask in shown(last)
    assert course.texts["sv"].items[items[len(items)].id].ask in shown(back)
    result = amina.get(f"{COURSE}/result")
    assert course.texts["en"].title in shown(result)  # on the certificate
    assert ENGLISH not in result.text
    assert switched(amina, result).text.count(ENGLISH) == 1
    with granvik.work("amina", writes=False) as ctx:
        assert {attempt.language for attempt in ctx.db.query(Attempt)} == {"en"}


def test_another_language_is_no_answer(granvik, amina):
    amina.post(f"{COURSE}/quiz")
    _attempt, right, _wrong, _items = attempt_of(granvik, "amina")
    page = amina.get(f"{COURSE}/quiz/1")
    amina.post(f"{COURSE}/quiz/1", data=hidden_fields(page) | as_fields(right[1]) | {"to": "en"})
    assert "0 of 12 questions" in amina.get(f"{COURSE}/quiz").text


def test_course_start_of_the_test_and_a_missed_test_offer_the_languages(granvik, amina, course):
    take_quiz(amina, granvik, "amina", right=0)
    for address in (COURSE, f"{COURSE}/quiz", f"{COURSE}/result"):
        with granvik.work("amina") as ctx:
            set_language(ctx, "sv")
        page = switched(amina, amina.get(address))
        assert (page.request.path, ENGLISH in page.text) == (address, True)
    assert course.texts["en"].lessons[course.lessons[0].id].title in shown(page)


def test_who_reads_a_language_the_course_has_not_got_is_told(granvik, amina, course):
    with granvik.work("amina") as ctx:
        set_language(ctx, "nb")
    amina.post(f"{COURSE}/quiz")
    told = "Kurset finnes ikke på språket ditt ennå."
    for address in (
        COURSE, step_of(course, "")[0], step_of(course, "single")[0], f"{COURSE}/quiz", f"{COURSE}/quiz/1",
    ):  # fmt: skip
        page = amina.get(address)
        assert told in shown(page), address
        assert offered(page) == (["sv", "en"], "sv")
    assert told not in shown(switched(amina, amina.get(step_of(course, "")[0])))


@pytest.mark.parametrize("language", ["sv", "nb"])
def test_hints_in_a_course_of_another_language_are_marked_as_those_of_the_page(
    granvik, amina, course, language
):
    with granvik.work("amina") as ctx:
        set_language(ctx, language)
    address, step = step_of(course, "multiple")
    page = amina.get(address).text
    assert ('<form id="practice" class="stack" method="post" lang="sv">' in page) == (language == "nb")
    assert ('<span lang="nb">Velg alle' in page) == (language == "nb")
    missing = amina.post(address, data={}).text
    assert ('<span lang="nb">Velg minst' in missing) == (language == "nb")
    item = course.items[step.item]
    said = amina.post(address, data={"answer": list(item.key)}).text
    assert re.search(rf'<b class="sm word" lang="{language}">', said)
    assert ('<p lang="nb">' in said) == (language == "nb")


def test_a_language_there_is_not_changes_nothing(granvik, amina, course):
    with granvik.work("amina") as ctx:
        ctx.db.execute(update(Account).values(language="en"))
    page = amina.post(step_of(course, "single")[0], data={"to": "xx"})
    assert ENGLISH in page.text
    assert offered(page) == (["sv", "en"], "en")


def test_another_language_costs_little_more_than_the_page(granvik, amina, house, course):
    amina.post(f"{COURSE}/quiz")
    for address, most in ((step_of(course, "single")[0], 6), (f"{COURSE}/quiz/1", 7)):
        with counted(house) as sent:
            amina.post(address, data={"to": "en"})
        assert len(sent) <= most, sent


@pytest.mark.parametrize(
    ("language", "is_told"), [("fi", True), ("nb", True), ("sv", False), ("sv-FI", False), ("en", False)]
)
def test_only_who_has_another_language_is_told_that_the_course_is_not_in_it(
    granvik, amina, language, is_told
):
    with granvik.work("amina") as ctx:
        set_language(ctx, language)
    page = shown(amina.get(COURSE))
    assert f'<html lang="{language}"' in page
    told = catalogue(language).gettext("The course is not translated into your language yet.")
    assert (told in page) is is_told
