"""The employer's page of courses: what is allowed at each, who sees it, who sets it; and what staff then choose."""

import re
from dataclasses import replace

import pytest

from lms.base.access import Role
from lms.catalogue import queries as catalogue
from lms.identity.actions import set_language
from lms.learning.queries import quiz_page
from lms.learning.settings import Setting, course_setting
from lms.organisation.actions import grant_role
from tests.builders import START
from tests.web.staff_pages import COURSE, shown

PAGE = "/org/courses"
FREE = re.compile(r'name="exam_language_free" value="1"( checked)?')


def english(town, name):
    with town.work(name) as ctx:
        set_language(ctx, "en")


def with_pretest(monkeypatch, items):
    """Let the author of every course have made so many items per outcome for a test before it."""
    monkeypatch.undo()
    editions = catalogue.current_editions
    monkeypatch.setattr(
        catalogue,
        "current_editions",
        lambda ctx: [replace(edition, pretest_items=items) for edition in editions(ctx)],
    )


@pytest.mark.parametrize("name", ["maria", "admin"])
def test_both_switches_are_there_and_what_is_set_is_kept(granvik, sign_in, name):
    english(granvik, name)
    browser = sign_in(granvik, name)
    assert f'href="{PAGE}"' in browser.get("/org").text
    page = shown(browser.get(PAGE))
    assert "Exam in another language than the reading" in page
    assert FREE.search(page)[1] is None
    saved = browser.post(f"{PAGE}/documentation", data={"exam_language_free": "1"}, follow_redirects=True)
    assert "Saved." in saved.text
    assert FREE.search(saved.text)[1]
    with granvik.work(name, writes=False) as ctx:
        assert course_setting(ctx, "documentation").exam_language_free is True


def test_where_the_author_has_made_no_test_before_it_the_page_says_so(granvik, sign_in, monkeypatch):
    english(granvik, "maria")
    browser = sign_in(granvik, "maria")
    for items, said in ((0, True), (2, False)):
        with_pretest(monkeypatch, items)
        page = shown(browser.get(PAGE))
        assert ("The author of this course has not made a test to take first." in page) is said
        assert ("May take a test first to shorten the course" in page) is not said


def test_saving_the_language_leaves_the_test_before_it_as_it_was(granvik, sign_in, monkeypatch):
    with_pretest(monkeypatch, 0)
    browser = sign_in(granvik, "maria")
    fields = dict(re.findall(r'<input type="hidden" name="(pretest)" value="(1)"', browser.get(PAGE).text))
    browser.post(f"{PAGE}/documentation", data=fields | {"exam_language_free": "1"})
    with granvik.work("maria", writes=False) as ctx:
        assert course_setting(ctx, "documentation") == Setting(pretest=True, exam_language_free=True)


def test_who_has_the_role_for_a_part_only_reads(granvik, sign_in):
    with granvik.inside(writes=True) as ctx:
        grant_role(
            ctx,
            person=granvik.person("hodan"),
            role=Role.OFFICER,
            unit=granvik.unit("Eken"),
            valid_from=START,
        )
    browser = sign_in(granvik, "hodan")
    assert "<form" not in browser.get(PAGE).text.split("<main")[1].split("</main>")[0]
    assert browser.post(f"{PAGE}/documentation").status_code == 404


@pytest.mark.parametrize("name", ["amina", "karin"])
def test_it_is_not_there_for_others(granvik, sign_in, name):
    browser = sign_in(granvik, name)
    assert browser.get(PAGE).status_code == 404
    assert browser.post(f"{PAGE}/documentation").status_code == 404


def test_staff_choose_the_language_of_the_test_where_it_is_free(granvik, sign_in):
    amina, maria = sign_in(granvik, "amina"), sign_in(granvik, "maria")
    assert 'name="language"' not in amina.get(f"{COURSE}/quiz").text
    maria.post(f"{PAGE}/documentation", data={"exam_language_free": "1"})
    page = amina.get(f"{COURSE}/quiz").text
    assert re.findall(r'name="language" value="([a-z]+)"( checked)?', page) == [
        ("sv", " checked"),
        ("en", ""),
    ]
    amina.post(f"{COURSE}/quiz", data={"language": "en"})
    page = amina.get(f"{COURSE}/quiz/1").text
    assert '<html lang="sv"' in page
    assert '<div class="stack" lang="en" id="asked">' in page
    amina.post(f"{COURSE}/quiz/1", data={"to": "sv"})
    page = amina.get(f"{COURSE}/quiz/1").text
    assert '<div class="stack" id="asked">' in page
    assert 'name="language"' not in amina.get(f"{COURSE}/quiz").text
    with granvik.work("amina", writes=False) as ctx:
        ctx.language = "en"
        assert quiz_page(ctx, "documentation", 1).language == "sv"
