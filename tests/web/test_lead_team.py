"""The unit as its lead sees it: exceptions first, the knowledge table, one person; never answers or scores."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
import time_machine

from lms.base.context import work
from lms.learning.actions import assign_course
from lms.organisation import actions as organisation
from lms.organisation.models import Person, Unit
from lms.reflection.actions import record_meeting
from tests.learning.taking import assign, take
from tests.web.lead_pages import ZONE, grow, planned, text_of, with_plan
from tests.web.staff_pages import counted, edition_of


@pytest.fixture
def karin(english):
    return english("karin")


def person_page(town, name):
    return f"/team/{town.person(name).public_id}"


def long_ago(days):
    """Noon of that day in the employer's time zone: near midnight it is another one in UTC."""
    return (datetime.now(ZONE) - timedelta(days=days)).replace(hour=12)


def test_shows_own_unit_also_who_has_not_begun(granvik, karin):
    assign(granvik, "amina", "farid")
    page = text_of(karin.get("/team"))
    assert "Björken" in page
    assert "Amina Yusuf" in page
    assert "Farid Rahimi" in page
    assert "0 of 2 valid" in page
    assert "Hodan" not in page
    assert "Eken" not in page


def test_exceptions_come_first_and_are_counted(granvik, karin):
    assign(granvik, "amina", "farid")
    take(granvik, "amina", right=12)
    with granvik.work("karin", now=long_ago(40)) as ctx:
        late = granvik.person("karin").public_id
        assign_course(ctx, "documentation", [late], due_on=ctx.today + timedelta(days=10), reason="Ny")
    page = text_of(karin.get("/team"))
    assert "1 is overdue" in page
    assert "30 days late" in page
    assert "1 of 3 valid" in page
    table = page[page.index("Knowledge in the unit") :]
    assert table.index("Karin Lind") < table.index("Farid Rahimi") < table.index("Amina Yusuf")


@pytest.mark.parametrize(("days", "words"), [(710, "1 expires within 30 days"), (740, "1 has expired")])
def test_what_runs_out_leads_to_assigning_it_again(granvik, english, days, words):
    assign(granvik, "amina")
    take(granvik, "amina", right=12)
    with time_machine.travel(datetime.now(UTC) + timedelta(days=days)):
        page = english("karin").get("/team")
    assert words in text_of(page)
    assert 'href="/assign?course=documentation"' in page.text


def test_says_so_when_everything_is_valid(granvik, karin):
    take(granvik, "amina", right=12)
    assign(granvik, "farid")
    take(granvik, "farid", right=12)
    assert "Everything is valid until" in text_of(karin.get("/team"))


def test_without_courses_the_people_are_listed(karin):
    page = text_of(karin.get("/team"))
    assert "No course has been given to anybody here yet." in page
    assert "Farid Rahimi" in page


def test_next_meeting_is_shown(granvik, karin):
    planned(granvik, days=3, place="Personalrummet")
    planned(granvik, days=9)
    planned(granvik, by="jonas", unit="Eken", days=1)
    page = text_of(karin.get("/team"))
    assert page.count("Next meeting") == 1
    assert "Personalrummet" in page


def test_a_lead_of_several_units_chooses(granvik, english):
    with work(granvik.house) as ctx:
        ctx.actor = granvik.actor("admin")
        for unit in ("Björken", "Eken"):
            organisation.grant_role(
                ctx,
                person=ctx.db.get_one(Person, granvik.person("maria").id),
                role="lead",
                unit=ctx.db.get_one(Unit, granvik.unit(unit).id),
            )
        organisation.grant_role(
            ctx,
            person=ctx.db.get_one(Person, granvik.person("jonas").id),
            role="lead",
            unit=ctx.db.get_one(Unit, granvik.unit("Björken").id),
        )
    jonas = english("jonas")
    both = text_of(jonas.get("/team"))
    assert "My units" in both
    assert "Amina" in both
    assert "Hodan" in both
    one = text_of(jonas.get(f"/team?unit={granvik.unit('Eken').public_id}"))
    assert "Amina" not in one
    assert "Hodan" in one
    whole = text_of(english("maria").get(f"/team?unit={granvik.unit('Granvik').public_id}"))
    assert "Amina" in whole
    assert "Hodan" in whole


@pytest.mark.parametrize("unit", ["nothing", "018f0000-0000-7000-8000-000000000000"])
def test_a_unit_that_is_not_there_is_not_found(karin, unit):
    assert karin.get(f"/team?unit={unit}").status_code == 404


def test_a_unit_out_of_reach_is_not_found(granvik, fjordvik, karin):
    for unit in (granvik.unit("Eken"), granvik.unit("Granvik"), fjordvik.unit("Furua")):
        assert karin.get(f"/team?unit={unit.public_id}").status_code == 404


def test_a_person_with_the_evidence(granvik, karin):
    assign(granvik, "amina")
    take(granvik, "amina", right=7)
    take(granvik, "amina", right=11)
    with_plan(granvik, "amina")
    meeting = planned(granvik)
    with granvik.work("karin") as ctx:
        record_meeting(ctx, meeting, present=[granvik.person("amina").public_id], agreed=[])
    page = text_of(karin.get(person_page(granvik, "amina")))
    assert "Valid until" in page
    assert "Certificate" in page
    assert f"edition {edition_of(granvik.house).label}" in page
    assert "Känna mig trygg med att skriva" in page
    assert "None yet." not in page


@pytest.mark.parametrize("right", [7, 11])
def test_never_scores_tries_or_answers(granvik, karin, right):
    assign(granvik, "amina")
    take(granvik, "amina", right=right)
    for address in ("/team", person_page(granvik, "amina")):
        page = text_of(karin.get(address))
        assert f"{right} of 12" not in page
        assert "attempt" not in page.lower()
        assert "%" not in page


def test_open_assignment_is_withdrawn_from_one_person_only(granvik, karin):
    made = assign(granvik, "amina", "farid").assignment
    assert "Withdraw" in text_of(karin.get(person_page(granvik, "amina")))
    sent = karin.post(
        f"/assign/{made.public_id}/withdraw", data={"person": granvik.person("amina").public_id}
    )
    assert sent.headers["Location"] == person_page(granvik, "amina")
    assert "Withdraw" not in text_of(karin.get(person_page(granvik, "amina")))
    assert "Withdraw" in text_of(karin.get(person_page(granvik, "farid")))


def test_what_is_done_is_not_open_any_more(granvik, karin):
    assign(granvik, "amina")
    take(granvik, "amina", right=12)
    assert "Given and not done yet" not in text_of(karin.get(person_page(granvik, "amina")))


@pytest.mark.parametrize("name", ["jonas", "farid", "amina", "admin"])
def test_a_person_out_of_reach_is_not_found(granvik, sign_in, name):
    browser = sign_in(granvik, name)
    assert browser.get(person_page(granvik, "amina")).status_code == 404


def test_nobody_is_not_found(granvik, fjordvik, sign_in, karin):
    assert karin.get(f"/team/{uuid4()}").status_code == 404
    assert sign_in(fjordvik, "lars").get(person_page(granvik, "amina")).status_code == 404
    assert karin.get(person_page(fjordvik, "kari")).status_code == 404


def test_slips_for_those_who_have_never_signed_in(granvik, karin):
    new = grow(granvik, "Björken", 2, activated=False)
    assert "2 have not signed in yet" in text_of(karin.get("/team"))
    listed = text_of(karin.get("/team/slips"))
    assert "Medarbetare 00" in listed
    assert "Amina" not in listed
    printed = karin.post("/team/slips", data={"people": new})
    assert printed.text.count('<article class="slip card"') == 2
    assert printed.text.count("<svg aria-hidden") >= 2
    assert "Medarbetare 01" in printed.text


def test_one_slip_from_the_page_of_the_person(granvik, karin):
    (new,) = grow(granvik, "Björken", 1, activated=False)
    assert "Print slip" in text_of(karin.get(f"/team/{new}"))
    printed = karin.post(f"/team/{new}/slip")
    assert printed.status_code == 200
    assert 'lang="sv"' in printed.text
    assert "Print slip" not in text_of(karin.get(person_page(granvik, "amina")))
    assert karin.post(f"{person_page(granvik, 'amina')}/slip").status_code == 409
    assert karin.post(f"{person_page(granvik, 'hodan')}/slip").status_code == 404


def test_slips_for_nobody_lead_back_to_the_choice(karin):
    assert karin.post("/team/slips").headers["Location"] == "/team/slips"
    assert "Everybody has started using Kunnig" in text_of(karin.get("/team/slips"))


def test_statements_are_few_and_the_same_for_a_large_unit(granvik, karin):
    made = assign(granvik, "amina", "farid").assignment
    take(granvik, "amina", right=12)
    with_plan(granvik, "amina")
    planned(granvik, days=3)
    pages = (
        f"/team?assigned={made.public_id}", person_page(granvik, "amina"), "/assign", "/assign?course=documentation",
        "/plans", f"/plans/{granvik.person('amina').public_id}", "/team/slips", "/meetings", "/meetings/new",
    )  # fmt: skip

    def cost(page):
        karin.get(page)
        with counted(granvik.house) as sent:
            assert karin.get(page).status_code == 200
        return len(sent)

    before = {page: cost(page) for page in pages}
    assert max(before.values()) <= 6, before
    with granvik.work("karin") as ctx:
        people = grow(granvik, "Björken", 57)
        assign_course(ctx, "documentation", people, due_on=ctx.today, reason="Alla")
    assert {page: cost(page) for page in pages} == before
    both = text_of(karin.get("/team")) + text_of(karin.get("/team?page=2"))
    assert both.count("Medarbetare") == 57


def test_whatever_stands_in_the_address_of_a_long_list_stays_an_address(granvik, karin):
    grow(granvik, "Björken", 57)
    page = karin.get("/team?endpoint=x&_method=POST&_external=1&show=å%22&show=b&empty=")
    assert page.status_code == 200
    ahead = "/team?endpoint=x&amp;_method=POST&amp;_external=1&amp;show=%C3%A5%22&amp;show=b&amp;page=2"
    assert f'href="{ahead}"' in page.text
