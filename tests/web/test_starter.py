"""Beginning with a set of requirements: shown with reason and source, tried all at once, published once."""

import re

import pytest

from lms.base.access import Role
from lms.organisation import actions as organisation
from lms.organisation.models import Person, Unit
from lms.register.requirement_list import requirements
from lms.register.starter_sets import starter_set
from tests.learning.taking import take
from tests.web.lead_pages import text_of
from tests.web.staff_pages import counted

PAGE = "/requirements/start"


@pytest.fixture
def maria(english):
    return english("maria")


def known(town):
    with town.work("maria", writes=False) as ctx:
        return sorted((each.course, each.due_days, each.unit) for each in requirements(ctx))


def publish(browser, tried):
    """Send the form that stands beside what it does."""
    data = {}
    for name, value in re.findall(r'name="([^"]+)" value="([^"]*)"', tried.text.split('id="effects"')[1]):
        data.setdefault(name, []).append(value)
    return browser.post(f"{PAGE}/publish", data=data)


def test_the_set_is_shown_with_why_and_where_it_is_said(granvik, maria):
    assert f'href="{PAGE}"' in maria.get("/requirements").text
    page = maria.get(PAGE)
    words = text_of(page)
    for each in starter_set("SE"):
        assert each.reason in words
        assert each.source in words
    assert page.text.count('name="chosen"') == page.text.count(" checked>") == len(starter_set("SE"))
    assert "Critical: at least 2 people in every unit." in words


def test_chosen_ones_are_tried_together_and_published_in_one(granvik, maria):
    take(granvik, "farid", right=12)
    data = {
        "chosen": ["documentation", "deviations"],
        "days-documentation": "45",
        "days-deviations": "10",
        "unit": "",
    }
    tried = maria.post(PAGE, data=data)
    words = text_of(tried)
    assert "7 people are asked for something new." in words
    assert "1 person is asked anew and can show it already Farid Rahimi , Björken" in words
    assert "2 people are asked anew Amina Yusuf , Björken" in words  # of documentation, with Hodan
    assert "Publish 2 requirements" in words
    assert known(granvik) == []
    assert publish(maria, tried).headers["Location"] == "/requirements?saved=set"
    assert known(granvik) == [("deviations", 10, ""), ("documentation", 45, "")]
    again = publish(maria, tried)
    assert (again.status_code, len(known(granvik))) == (422, 2)
    words = text_of(maria.get(PAGE))
    assert words.count("Is required already") == 2
    assert maria.get(PAGE).text.count('name="chosen"') == len(starter_set("SE")) - 2


def test_when_all_of_it_is_there_that_is_said(granvik, maria):
    tried = maria.post(PAGE, data={"chosen": [each.id for each in starter_set("SE")]})
    publish(maria, tried)
    page = maria.get(PAGE)
    assert "All of the set is required already." in text_of(page)
    assert "See what it does" not in text_of(page)


def test_in_a_unit_with_time_for_those_who_are_there(granvik, maria):
    unit = granvik.unit("Eken").public_id
    assert "selected>Eken" in maria.get(f"{PAGE}?unit={unit}").text.replace("\u2003", "")
    tried = maria.post(
        PAGE, data={"chosen": "confidentiality-substitutes", "unit": str(unit), "not_before": "2031-01-01"}
    )
    assert "Nothing changes for anybody." in text_of(tried)
    publish(maria, tried)
    assert known(granvik) == [("confidentiality", 0, "Eken")]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({}, "Choose at least one requirement."),
        ({"chosen": "nonsense"}, "Choose at least one requirement."),
        ({"chosen": "deviations", "days-deviations": "soon"}, "Write a number of days from 0 to 2,000."),
        ({"chosen": "deviations", "days-deviations": "-1"}, "Write a number of days from 0 to 2,000."),
        ({"chosen": "deviations", "days-deviations": "2001"}, "Write a number of days from 0 to 2,000."),
        ({"chosen": "deviations", "not_before": "9999-01-01"}, "Choose a day within ten years."),
        ({"chosen": "deviations", "not_before": "soon"}, "Write the day as a date."),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_stored(granvik, maria, data, words):
    for address in (PAGE, f"{PAGE}/publish"):
        page = maria.post(address, data=data)
        assert page.status_code == 422
        assert words in text_of(page)
    assert known(granvik) == []


def test_only_what_was_shown_is_published(granvik, maria):
    tried = maria.post(PAGE, data={"chosen": "deviations"})
    seen = re.search(r'name="seen" value="([^"]+)"', tried.text).group(1)
    page = maria.post(f"{PAGE}/publish", data={"seen": seen, "chosen": ["deviations", "medication"]})
    assert page.status_code == 200
    assert "What it does" in text_of(page)
    assert known(granvik) == []


def test_who_speaks_for_a_part_chooses_it(granvik, maria, english):
    with granvik.work("admin") as ctx:
        organisation.grant_role(
            ctx, person=ctx.db.get_one(Person, granvik.person("jonas").id), role=Role.OFFICER,
            unit=ctx.db.get_one(Unit, granvik.unit("Eken").id), valid_from=ctx.today,
        )  # fmt: skip
    jonas = english("jonas")
    assert jonas.get(PAGE).status_code == 200
    page = jonas.post(PAGE, data={"chosen": "deviations"})
    assert (page.status_code, "Choose a unit." in text_of(page)) == (422, True)
    assert (
        jonas.post(
            PAGE, data={"chosen": "deviations", "unit": str(granvik.unit("Björken").public_id)}
        ).status_code
        == 404
    )
    tried = jonas.post(PAGE, data={"chosen": "deviations", "unit": str(granvik.unit("Eken").public_id)})
    assert "Amina" not in text_of(tried)
    publish(jonas, tried)
    assert known(granvik) == [("deviations", 30, "Eken")]


def test_others_have_no_such_page(granvik, english):
    for name in ("karin", "amina", "admin"):
        browser = english(name)
        assert browser.get(PAGE).status_code == 404
        assert browser.post(PAGE, data={"chosen": "deviations"}).status_code == 404
        assert browser.post(f"{PAGE}/publish", data={"chosen": "deviations"}).status_code == 404


def test_few_statements(granvik, maria):
    maria.get(PAGE)
    with counted(granvik.house) as sent:
        maria.get(f"{PAGE}?unit={granvik.unit('Eken').public_id}")
    assert len(sent) <= 6, sent
