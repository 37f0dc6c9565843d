"""A protected identity stands on no page, in no file and in no mail outside the duty."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from lms.evidence.queries import my_certificates
from lms.jobs.worker import work_off
from lms.organisation.models import Person
from lms.reflection.actions import plan_meeting, record_meeting
from lms.reflection.rules import Agreed
from lms.register.queries import Filter, coverage, register_rows
from tests.guards.test_urls import address, routes
from tests.learning.taking import COURSE, assign, take

NAME = ("Amina", "Yusuf")


@pytest.fixture
def number(granvik):
    """Number of Amina's certificate; her identity is protected."""
    assign(granvik, "amina", "farid")
    take(granvik, "amina", right=12)
    with granvik.work("karin") as ctx:
        ctx.db.execute(update(Person).where(Person.given_name == NAME[0]).values(protected=True))
    with granvik.work("amina", writes=False) as ctx:
        return my_certificates(ctx)[0].content.number


@pytest.mark.parametrize("name", ["maria", "admin"])
def test_no_page_tells_it_to_those_who_lead_another_unit_or_none(app, granvik, sign_in, number, name):
    browser = sign_in(granvik, name)
    person, unit = granvik.person("amina").public_id, granvik.unit("Björken").public_id
    values = {"person_id": person, "number": number, "kind": "csv", "course": COURSE, "code": number}
    asked = 0
    for rule, method in routes(app):
        if method == "GET" and set(rule.arguments) <= set(values):
            for query in ({}, {"unit": unit, "course": COURSE}, {"text": NAME[0], "person": person}):
                answer = browser.get(address(rule, values), query_string=query)
                words = NAME[1:] if "text" in query else NAME  # what was looked for is said again
                assert not any(word.encode() in answer.data for word in words), f"{rule.rule} {query}"
                asked += answer.status_code == 200
    assert asked > 20


@pytest.mark.parametrize("name", ["maria", "admin"])
def test_no_slip_and_no_course_from_them(granvik, sign_in, number, name):
    browser = sign_in(granvik, name)
    person = granvik.person("amina").public_id
    assert browser.post(f"/team/{person}/slip").status_code == 404
    given = {"course": COURSE, "people": str(person), "due_on": "2099-01-01", "reason": "x"}
    assert browser.post("/assign", data=given).status_code in {404, 422}


def test_the_own_lead_sees_who_it_is(granvik, sign_in, number):
    browser = sign_in(granvik, "karin")
    assert "Yusuf" in browser.get("/team").text
    assert browser.get(f"/team/{granvik.person('amina').public_id}").status_code == 200


def test_neither_order_nor_filter_of_the_register_tells_it(granvik, number):
    with granvik.work("maria", writes=False) as ctx:
        rows = list(register_rows(ctx))
        assert [row.protected for row in rows] == [False, True]
        for narrowed in (Filter(unit=granvik.unit("Björken").public_id), Filter(text=NAME[1])):
            found = list(register_rows(ctx, narrowed))
            assert not any(row.protected for row in found)
            assert sum(line.rows for line in coverage(ctx, narrowed)) == len(found)


def test_mail_to_the_unit_does_not_name_her(granvik, number):
    with granvik.work("karin") as ctx:
        meeting = plan_meeting(
            ctx, granvik.unit("Björken").public_id, course=COURSE, starts_at=ctx.now, give_task=False
        )
    amina = granvik.person("amina").public_id
    with granvik.work("karin") as ctx:
        agreed = [Agreed("Läsa Tom & Jerry's bok", amina, ctx.today + timedelta(days=3))]
        record_meeting(ctx, meeting.public_id, present=[amina], agreed=agreed)
    work_off(granvik.house)
    letters = [path.read_text() for path in granvik.house.settings.mail_folder.glob("*.eml")]
    to_others = [letter for letter in letters if "farid.rahimi@" in letter and "minutes." in letter]
    assert len(to_others) == 1
    assert NAME[1] not in to_others[0]
    plain = to_others[0].partition("text/html")[0]
    assert "Tom & Jerry's bok" in plain
