"""The page on what a unit needs to practise: in steps, for its lead, with the way to a meeting on it."""

import re

import pytest

from tests.learning.kettle import KETTLE
from tests.learning.test_unit_outcomes import take_all, team
from tests.web.staff_pages import counted, shown

__all__ = ["team"]  # a fixture
PAGE = "/team/outcomes"


def test_the_lead_reads_what_most_miss_and_plans_a_meeting_on_it(team, english, house):
    karin = english("karin")
    assert PAGE in karin.get("/team").text
    assert "Nothing to show yet" in shown(karin.get(PAGE))
    take_all(team)
    with counted(house) as sent:
        page = shown(karin.get(PAGE))
    assert len(sent) <= 6
    rows = re.findall(r"<p><b>([^<]*)</b></p>.*?<td [^>]*>([^<]*)</td>", page, re.DOTALL)
    assert rows == [("Choosing a cup", "Most or everybody"), ("Making tea", "Few or nobody")]
    meeting = re.search(rf'href="(/meetings/new\?course={KETTLE}[^"]*)"', page)[1]
    assert karin.get(meeting).status_code == 200
    for name in ("Amina", "Farid", "Ali", "Bo"):
        assert f"{name} " not in page
    assert "at least 8 people" in page


@pytest.mark.parametrize("name", ["amina", "admin"])
def test_it_is_not_there_without_a_team(granvik, sign_in, name):
    assert sign_in(granvik, name).get(PAGE).status_code == 404
