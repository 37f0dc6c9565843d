"""One more attempt through its pages: given to who asks for it, seen by them, and telling the lead nothing."""

import re

import pytest

from tests.learning.kettle import KETTLE, publish_kettle
from tests.learning.taking import take
from tests.web.staff_pages import counted, shown

QUIZ = f"/courses/{KETTLE}/quiz"


@pytest.fixture
def town(house, granvik, tmp_path):
    publish_kettle(house, tmp_path / "kettle", exam="attempts: 1")
    return granvik


def main_of(page):
    return re.sub(r'name="csrf_token" value="[^"]*"', "", shown(page).partition("<main")[2])


def test_who_has_none_left_is_sent_to_who_can_help_and_does(town, english, house):
    karin, amina = english("karin"), english("amina")
    person = f"/team/{town.person('amina').public_id}"
    before = main_of(karin.get(f"{person}/attempt"))
    take(town, "amina", 0, course=KETTLE)
    assert "They can give you one more attempt." in amina.get(QUIZ).text
    assert f'href="{person}/attempt"' in karin.get(person).text
    assert main_of(karin.get(f"{person}/attempt")) == before  # whether one is left is not told
    refused = karin.post(f"{person}/attempt", data={"course": KETTLE, "reason": " "})
    assert refused.status_code == 422
    assert "Write why." in refused.text
    given = karin.post(f"{person}/attempt", data={"course": KETTLE, "reason": "The phone went dark"})
    assert given.status_code == 303
    assert "One more attempt is given. Amina Yusuf sees it at the test." in shown(
        karin.get(given.headers["Location"])
    )
    for page in (QUIZ, f"/courses/{KETTLE}/result"):
        with counted(house) as sent:
            told = shown(amina.get(page))
        assert len(sent) <= 6
        assert "You have been given one more attempt." in told
        assert "By Karin Lind on" in told
        assert "The phone went dark" in told
    assert amina.post(QUIZ).status_code == 303
    take(town, "amina", 0, course=KETTLE)
    told = amina.get(QUIZ).text
    assert "You have used all your attempts." in told
    assert "You have been given" not in told


def test_nobody_gives_one_to_themselves_or_where_they_lead_nobody(town, english):
    karin, amina = town.person("karin").public_id, town.person("amina").public_id
    own = english("karin")
    assert "/attempt" not in own.get(f"/team/{karin}").text
    assert own.get(f"/team/{karin}/attempt").status_code == 409
    for name in ("maria", "jonas", "farid"):
        other = english(name)
        assert other.get(f"/team/{amina}/attempt").status_code == 404
        assert "/attempt" not in other.get(f"/team/{amina}").text


def test_where_no_test_is_limited_there_is_nothing_to_give(granvik, english):
    karin = english("karin")
    person = f"/team/{granvik.person('amina').public_id}"
    assert "/attempt" not in karin.get(person).text
    assert "No test has a limited number of attempts" in karin.get(f"{person}/attempt").text
