"""The page on how questions of an exam work: for authors, from the course page, never of fewer than nine people."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from lms.base.access import Role
from lms.organisation import actions as organisation
from lms.organisation.models import Person
from tests.builders import START
from tests.learning.hired import hire
from tests.learning.kettle import KETTLE, publish_kettle, show
from tests.web.staff_pages import counted, shown

PAGE = f"/org/courses/{KETTLE}/items"


@pytest.fixture
def author(house, granvik, english, tmp_path):
    publish_kettle(house, tmp_path / "kettle", now=datetime(2026, 1, 2, tzinfo=UTC))
    with granvik.work("admin") as ctx:
        person = ctx.open(Person, granvik.person("amina").public_id)
        organisation.grant_role(ctx, person=person, role=Role.AUTHOR, unit=None, valid_from=START)
    return english("amina")


def take(town, names, *solid, ago=40):
    """Let people take the exam so many days ago, one after the other."""
    for place, name in enumerate(names):
        show(town, name, *solid, kind="exam", now=datetime.now(UTC) - timedelta(days=ago, minutes=-place))


def test_it_says_that_too_few_have_answered_and_then_how_it_went(author, granvik, house, monkeypatch):
    assert PAGE in author.get(f"/courses/{KETTLE}").text
    new = ("ali", "bo", "cia")
    hire(granvik, monkeypatch, *new)
    take(granvik, ("farid", "hodan", "karin", *new), "tea", "cup", ago=45)
    page = shown(author.get(PAGE))
    assert "Too few people have answered yet" in page
    assert "at least 9 people" in page
    assert "What do you do?" not in page
    take(granvik, ("jonas", "admin", "maria", "amina"), "tea", ago=44)
    take(granvik, ("farid", "hodan", "karin", *new, "jonas", "admin", "maria", "amina"), "cup", ago=43)
    with counted(house) as sent:  # now everybody has met every question
        page = shown(author.get(PAGE))
    assert len(sent) <= 6
    assert "Questions of the knowledge test" in page
    assert "What do you do?" in page
    assert "Each person's first answer to a question counts" in page
    assert "5 people or more" in page
    assert "Most or everybody" in page
    assert not re.search(r"\d of \d", page)
    assert "I boil." in page
    for name in ("Farid", "Hodan", "Jonas"):
        assert name not in page
    assert "Too few people have answered yet" in shown(author.get(f"{PAGE}?language=en"))
    assert "5 people or more" in shown(author.get(f"{PAGE}?language=sv&edition=2026.1"))


def test_it_says_about_how_many(author, granvik, monkeypatch):
    everybody = [f"p{number}" for number in range(28)]
    hire(granvik, monkeypatch, *everybody)
    take(granvik, everybody[:9], ago=50)
    take(granvik, everybody[:9], ago=49)
    take(granvik, everybody[9:], "tea", "cup", ago=48)
    take(granvik, everybody[9:], "tea", "cup", ago=47)
    page = shown(author.get(PAGE))
    assert "About 15 of 20" in page


@pytest.mark.parametrize("query", ["?language=xx", "?language=", "?edition="])
def test_what_is_not_there_to_be_chosen_is_not_chosen(author, query):
    assert author.get(PAGE + query).status_code == 200


def test_an_edition_that_is_not_there_is_no_page(author):
    assert author.get(f"{PAGE}?edition=1999.1").status_code == 404


@pytest.mark.parametrize("name", ["farid", "karin", "maria", "admin"])
def test_it_is_not_there_for_anybody_else(author, granvik, sign_in, name):
    browser = sign_in(granvik, name)
    assert browser.get(PAGE).status_code == 404
    assert PAGE not in browser.get(f"/courses/{KETTLE}").text
