"""Certificates of an edition: who holds them, what would follow, and ending some of them for one reason."""

import re
from dataclasses import replace

import pytest
from sqlalchemy import select, update

from lms.base.access import Grant, Role
from lms.base.errors import Invalid, NotFound
from lms.catalogue import queries as catalogue
from lms.evidence.actions import correct_name, end_certificates, revoke_certificate
from lms.evidence.models import Revocation
from lms.evidence.of_edition import counts_by_edition, holders
from lms.evidence.queries import my_certificates
from lms.organisation.models import Person
from lms.register.models import Coverage
from tests.learning.taking import COURSE, assign, take
from tests.web.lead_pages import text_of
from tests.web.staff_pages import counted

PAGE = f"/register/editions/{COURSE}"
REASON = "Utgåvan sade fel om dosering"


@pytest.fixture
def numbers(granvik):
    """Numbers of the certificates of Amina, Farid and Hodan, of whom the first two are asked for the course."""
    assign(granvik, "amina", "farid")
    found = {}
    for name in ("amina", "farid", "hodan"):
        take(granvik, name, right=12)
        with granvik.work(name, writes=False) as ctx:
            found[name] = my_certificates(ctx)[0].content.number
    return found


def editions(ctx):
    return [each.id for each in catalogue.history(ctx, COURSE).chain]


def held(granvik, where=None):
    """Numbers of those that count, by name as Maria sees it; where she is officer of one unit, of those there."""
    with granvik.work("maria", writes=False) as ctx:
        if where:
            ctx.actor = replace(ctx.who, grants=(Grant(Role.OFFICER, granvik.unit(where).path),))
        found = {each.name: each.number for each in holders(ctx, editions(ctx))}
        assert sum(counts_by_edition(ctx, COURSE).values()) == len(found)
        return found


def known_people(granvik):
    with granvik.inside() as ctx:
        return ctx.db.scalar(select(Coverage.known_people).where(Coverage.course == COURSE))


def test_those_that_count_in_reach_by_name(granvik, numbers):
    everybody = ["Hodan Ali", "Farid Rahimi", "Amina Yusuf"]
    assert list(held(granvik)) == everybody
    assert list(held(granvik, "Eken")) == ["Hodan Ali"]
    with granvik.work("maria") as ctx:
        revoke_certificate(ctx, numbers["farid"], REASON)
        new = correct_name(ctx, numbers["amina"], "Amina Ali", "Felstavat").number
    assert held(granvik) == {"Hodan Ali": numbers["hodan"], "Amina Yusuf": new}


def test_some_are_ended_and_the_register_follows(granvik, numbers):
    assert known_people(granvik) == 2
    with granvik.work("maria") as ctx:
        assert end_certificates(ctx, [numbers["amina"], numbers["hodan"]], REASON) == 2
        assert end_certificates(ctx, [numbers["amina"]], REASON) == 0
    assert list(held(granvik)) == ["Farid Rahimi"]
    assert known_people(granvik) == 1
    with granvik.inside() as ctx:
        assert {row.reason for row in ctx.db.scalars(select(Revocation))} == {REASON}


def test_one_out_of_reach_and_none_is_ended(granvik, numbers):
    with granvik.work("maria") as ctx:
        ctx.actor = replace(ctx.who, grants=(Grant(Role.OFFICER, granvik.unit("Eken").path),))
        with pytest.raises(NotFound):
            end_certificates(ctx, sorted(numbers.values()), REASON)
        ctx.db.rollback()
    assert len(held(granvik)) == 3
    for chosen, reason in (([], REASON), ([numbers["amina"]], " ")):
        with pytest.raises(Invalid), granvik.work("maria") as ctx:
            end_certificates(ctx, chosen, reason)


def test_on_the_page_what_follows_is_shown_before(granvik, english, numbers):
    maria = english("maria")
    page = text_of(maria.get(PAGE))
    assert all(name in page for name in ("Amina Yusuf", "Farid Rahimi", "Hodan Ali"))
    chosen = {"numbers": [numbers["amina"], numbers["hodan"]]}
    tried = maria.post(PAGE, data=chosen)
    said = text_of(tried)
    assert "2 certificates would be revoked" in said
    assert re.search(r"Amina Yusuf Björken Valid becomes Not started", said), said
    assert "Hodan Ali Nothing asks for the course now." in said
    assert "Farid" not in said
    assert known_people(granvik) == 2
    done = maria.post(PAGE, data=chosen | {"reason": REASON, "confirmed": "1"}, follow_redirects=True)
    assert "2 certificates revoked. The register has followed." in text_of(done)
    assert known_people(granvik) == 1


def test_what_is_missing_is_said_and_what_was_chosen_stays(granvik, english, numbers):
    maria = english("maria")
    answer = maria.post(PAGE, data={})
    assert (answer.status_code, "Choose at least one certificate." in answer.text) == (422, True)
    answer = maria.post(PAGE, data={"numbers": numbers["amina"], "reason": " ", "confirmed": "1"})
    assert (answer.status_code, "Write why." in answer.text) == (422, True)
    assert f'name="numbers" value="{numbers["amina"]}"' in answer.text
    assert maria.get(f"{PAGE}?edition=1999.1").status_code == 404


def test_a_protected_identity_has_neither_name_nor_unit(granvik, english, numbers):
    with granvik.inside(writes=True) as ctx:
        ctx.db.execute(update(Person).where(Person.given_name == "Amina").values(protected=True))
    maria = english("maria")
    for page in (maria.get(PAGE), maria.post(PAGE, data={"numbers": numbers["amina"]})):
        assert ("Protected identity" in page.text, "Amina" in page.text) == (True, False)
    assert "Björken" not in text_of(page)


@pytest.mark.parametrize("name", ["karin", "amina", "admin"])
def test_nobody_else_has_the_page(granvik, sign_in, numbers, name):
    browser = sign_in(granvik, name)
    assert browser.get(PAGE).status_code == 404
    data = {"numbers": numbers["amina"], "reason": REASON, "confirmed": "1"}
    assert browser.post(PAGE, data=data).status_code == 404


def test_another_employer_ends_nothing_here(fjordvik, granvik, numbers):
    with pytest.raises(NotFound), fjordvik.work("siri") as ctx:
        end_certificates(ctx, [numbers["amina"]], REASON)
    with fjordvik.work("siri", writes=False) as ctx:
        assert holders(ctx, editions(ctx)) == []


def test_as_many_statements_for_three_as_for_one(granvik, house, numbers):
    costs = []
    for chosen in ([numbers["amina"]], list(numbers.values())):
        with granvik.work("maria", writes=False) as ctx, counted(house) as sent:
            holders(ctx, editions(ctx), chosen)
        costs.append(len(sent))
    assert costs[0] == costs[1] <= 8, costs
