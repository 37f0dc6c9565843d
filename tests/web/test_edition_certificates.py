"""Certificates of an edition: who holds them, what would follow, and ending some of them for one reason."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from lms.base.access import Grant, Role
from lms.base.audit import AuditEntry
from lms.base.errors import Invalid, NotFound
from lms.catalogue import queries as catalogue
from lms.evidence.actions import correct_name, end_certificates, note_kept, revoke_certificate
from lms.evidence.models import Revocation
from lms.evidence.of_edition import KEPT, chosen_holders, counts_by_edition, holders
from lms.evidence.queries import my_certificates
from lms.organisation.models import Person
from lms.register.models import Coverage, DutySource, Status
from tests.crowd import grow
from tests.evidence.holding import let_crowd_hold
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


def fields(answer):
    """What a form of the page sends with a button: its hidden fields, what is ticked, what is selected."""
    page = answer.text
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page))
    selects = re.findall(r'<select[^>]* name="(\w+)">(.*?)</select>', page, re.DOTALL)
    selected = {name: re.search(r'value="([^"]*)" selected', options) for name, options in selects}
    ticked = re.findall(r'name="numbers" value="(\w+)" checked', page)
    return hidden | {name: found[1] for name, found in selected.items() if found} | {"numbers": ticked}


def held(granvik, where=None):
    """Numbers of those that count, by name as Maria sees it; where she is officer of one unit, of those there."""
    with granvik.work("maria", writes=False) as ctx:
        if where:
            ctx.actor = replace(ctx.who, grants=(Grant(Role.OFFICER, granvik.unit(where).path),))
        found = holders(ctx, editions(ctx))
        assert sum(counts_by_edition(ctx, COURSE).values()) == len(found.lines) == found.size
        return {each.name: each.number for each in found.lines}


def known_people(granvik):
    with granvik.inside() as ctx:
        return ctx.db.scalar(select(Coverage.known_people).where(Coverage.course == COURSE))


def test_those_that_count_in_reach_by_name(granvik, numbers):
    everybody = ["Ali, Hodan", "Rahimi, Farid", "Yusuf, Amina"]
    assert list(held(granvik)) == everybody
    assert list(held(granvik, "Eken")) == ["Ali, Hodan"]
    with granvik.work("maria") as ctx:
        revoke_certificate(ctx, numbers["farid"], REASON)
        new = correct_name(ctx, numbers["amina"], "Amina Ali", "Felstavat").number
    assert held(granvik) == {"Ali, Hodan": numbers["hodan"], "Yusuf, Amina": new}


def test_some_are_ended_and_the_register_follows(granvik, numbers):
    assert known_people(granvik) == 2
    with granvik.work("maria") as ctx:
        assert end_certificates(ctx, [numbers["amina"], numbers["hodan"]], REASON) == 2
        assert end_certificates(ctx, [numbers["amina"]], REASON) == 0
    assert list(held(granvik)) == ["Rahimi, Farid"]
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
    assert all(name in page for name in ("Yusuf, Amina", "Rahimi, Farid", "Ali, Hodan"))
    chosen = {"numbers": [numbers["amina"], numbers["hodan"]]}
    tried = maria.post(PAGE, data=chosen | {"look": "1"})
    said = text_of(tried)
    assert "2 certificates would be revoked" in said
    assert re.search(r"Yusuf, Amina Björken: Valid becomes Not started Complete by 20\d\d-\d\d-\d\d", said), (
        said
    )
    assert "1 person is to take the course again, and is not late." in said
    assert "For 1 person nothing is asked, or nothing changes." in said
    assert "Ali, Hodan Nothing asks for the course now." in said
    assert "Farid" not in said
    assert known_people(granvik) == 2
    done = maria.post(f"{PAGE}/end", data=fields(tried) | {"reason": REASON}, follow_redirects=True)
    assert "2 certificates revoked. The register has followed." in text_of(done)
    assert known_people(granvik) == 1


def test_what_is_missing_is_said_and_what_was_chosen_stays(granvik, english, numbers):
    maria = english("maria")
    for path in (PAGE, f"{PAGE}/end", f"{PAGE}/keep"):
        answer = maria.post(path, data={"look": "1", "reason": REASON})
        assert (answer.status_code, "Choose at least one certificate." in answer.text) == (422, True), path
    answer = maria.post(f"{PAGE}/end", data={"numbers": numbers["amina"], "reason": " "})
    assert (answer.status_code, "Write why." in answer.text) == (422, True)
    assert fields(answer)["elsewhere"].split() == [numbers["amina"]]
    assert maria.post(f"{PAGE}/burn", data={"numbers": numbers["amina"]}).status_code == 404
    many = " ".join(f"X{number:09}" for number in range(501))
    for path in (PAGE, f"{PAGE}/end", f"{PAGE}/keep"):
        answer = maria.post(path, data={"look": "1", "elsewhere": many, "reason": REASON})
        assert (answer.status_code, "Choose at most 500 certificates at once." in answer.text) == (
            422,
            True,
        ), path
    assert maria.get(f"{PAGE}?edition=1999.1").status_code == 404


def test_a_protected_identity_has_neither_name_nor_unit(granvik, english, numbers):
    with granvik.inside(writes=True) as ctx:
        ctx.db.execute(update(Person).where(Person.given_name == "Amina").values(protected=True))
    maria = english("maria")
    for page in (maria.get(PAGE), maria.post(PAGE, data={"numbers": numbers["amina"], "look": "1"})):
        assert ("Protected identity" in page.text, "Amina" in page.text) == (True, False)
    assert "Björken" not in text_of(page)


@pytest.mark.parametrize("name", ["karin", "amina", "admin"])
def test_nobody_else_has_the_page(granvik, sign_in, numbers, name):
    browser = sign_in(granvik, name)
    assert browser.get(PAGE).status_code == 404
    data = {"numbers": numbers["amina"], "reason": REASON}
    for path in (PAGE, f"{PAGE}/end", f"{PAGE}/keep"):
        assert browser.post(path, data=data).status_code == 404


def test_another_employer_ends_nothing_here(fjordvik, granvik, numbers):
    with pytest.raises(NotFound), fjordvik.work("siri") as ctx:
        end_certificates(ctx, [numbers["amina"]], REASON)
    with pytest.raises(NotFound), fjordvik.work("siri") as ctx:
        note_kept(ctx, [numbers["amina"]])
    with fjordvik.work("siri", writes=False) as ctx:
        assert holders(ctx, editions(ctx)).lines == []


def test_as_many_statements_for_three_as_for_one(granvik, house, numbers):
    costs = []
    for chosen in ([numbers["amina"]], list(numbers.values())):
        with granvik.work("maria", writes=False) as ctx, counted(house) as sent:
            chosen_holders(ctx, editions(ctx), chosen)
        costs.append(len(sent))
    assert costs[0] == costs[1] <= 8, costs


@pytest.fixture
def crowd(granvik, house, numbers):
    """Numbers of sixty certificates more, of people in two units below Björken."""
    grow(house, "granvik", 120, below="Björken", team=60)
    return set(let_crowd_hold(granvik))


def test_ticks_stay_from_page_to_page_and_from_filter_to_filter(granvik, english, numbers, crowd):
    maria = english("maria")
    first = maria.get(PAGE)
    assert "1–50 of 63" in first.text
    assert f'name="numbers" value="{numbers["amina"]}"' not in first.text  # she is on the next one
    page = maria.post(PAGE, data=fields(first) | {"numbers": numbers["hodan"], "to": "2"})
    assert "51–63 of 63" in page.text
    assert "1 chosen" in text_of(page)
    page = maria.post(PAGE, data=fields(page) | {"numbers": numbers["amina"], "to": "1"})
    assert fields(page)["numbers"] == [numbers["hodan"]]
    unit = str(granvik.unit("Eken").public_id)
    page = maria.post(PAGE, data=fields(page) | {"unit": unit, "step": "show"})
    assert "1 certificate in this list · 2 chosen (1 of them not shown here)" in text_of(page)
    page = maria.post(PAGE, data=fields(page) | {"numbers": [], "step": "show"})  # taken off there
    page = maria.post(PAGE, data=fields(page) | {"look": "1"})
    said = text_of(page)
    assert "1 certificate would be revoked" in said
    assert "Yusuf, Amina" in said
    back = maria.post(PAGE, data=fields(page))
    assert fields(back)["elsewhere"] == numbers["amina"]
    assert fields(back)["unit"] == unit


def test_all_that_the_list_shows_are_chosen_and_none(granvik, english, numbers, crowd):
    maria = english("maria")
    unit = str(granvik.unit("Enhet 001").public_id)
    page = maria.post(PAGE, data={"unit": unit, "numbers": numbers["amina"], "step": "show"})
    page = maria.post(PAGE, data=fields(page) | {"step": "all"})
    assert "30 certificates in this list · 31 chosen (1 of them not shown here)" in text_of(page)
    page = maria.post(PAGE, data=fields(page) | {"unit": "", "step": "all"})
    assert "63 certificates in this list · 63 chosen" in text_of(page)
    page = maria.post(PAGE, data=fields(page) | {"look": "2"})
    assert "63 certificates would be revoked" in text_of(page)
    assert "51–63 of 63" in page.text
    assert {*fields(page)["elsewhere"].split()} == crowd | set(numbers.values())
    page = maria.post(PAGE, data=fields(page) | {"step": "none"})
    assert fields(page)["elsewhere"] == ""
    assert fields(page)["numbers"] == []


def test_what_was_ticked_of_another_edition_is_not_ended(english, numbers):
    maria = english("maria")
    sent = fields(maria.get(PAGE)) | {"numbers": numbers["amina"], "of": "1999.1"}
    page = maria.post(PAGE, data=sent | {"step": "show"})
    assert fields(page)["numbers"] == []
    assert maria.post(f"{PAGE}/end", data=sent | {"reason": REASON}).status_code == 422


def test_that_one_stays_is_noted_and_shown(granvik, english, numbers):
    maria = english("maria")
    chosen = {"numbers": [numbers["amina"], numbers["hodan"]]}
    page = text_of(maria.post(f"{PAGE}/keep", data=fields(maria.get(PAGE)) | chosen, follow_redirects=True))
    assert "2 certificates stay. It is noted that you decided so." in page
    assert len(re.findall(r"stays: decided 20\d\d-\d\d-\d\d by Maria Holm", page)) == 2
    with granvik.inside() as ctx:
        noted = ctx.db.scalars(select(AuditEntry).where(AuditEntry.action == KEPT)).all()
        assert {entry.facts["number"] for entry in noted} == set(chosen["numbers"])
        assert {entry.person_id for entry in noted} == {granvik.person("maria").id}
        assert ctx.db.scalars(select(Revocation)).all() == []
    assert len(held(granvik)) == 3
    for decided, names in (("open", {"Rahimi, Farid"}), ("kept", {"Ali, Hodan", "Yusuf, Amina"})):
        page = text_of(maria.get(f"{PAGE}?decided={decided}"))
        assert {name for name in ("Rahimi, Farid", "Ali, Hodan", "Yusuf, Amina") if name in page} == names
    with granvik.work("maria") as ctx:  # what is revoked by now does not stay
        revoke_certificate(ctx, numbers["farid"], REASON)
        assert note_kept(ctx, [numbers["farid"]]) == 0
    assert "No certificate matches." in maria.get(f"{PAGE}?decided=open").text


def test_that_one_stays_is_said_of_it_once_and_of_what_corrects_it(granvik, english, numbers):
    number = numbers["amina"]
    with granvik.work("maria") as ctx:
        assert note_kept(ctx, [number, f"{number[:5]}-{number[5:].lower()}"]) == 1
        ctx.db.flush()
        noted = ctx.db.scalars(select(AuditEntry).where(AuditEntry.action == KEPT)).all()
        assert [entry.facts["number"] for entry in noted] == [number]
        correct_name(ctx, number, "Amina Ali", "Felstavat")
    maria = english("maria")
    kept, undecided = (text_of(maria.get(f"{PAGE}?decided={decided}")) for decided in ("kept", "open"))
    assert ("Yusuf, Amina" in kept, "Farid" in kept) == (True, False)
    assert re.search(r"stays: decided 20\d\d-\d\d-\d\d by Maria Holm", kept)
    assert ("Yusuf, Amina" in undecided, "Farid" in undecided) == (False, True)


def test_on_the_way_back_to_the_list_and_again_the_reason_goes_along(english, numbers):
    maria = english("maria")
    page = maria.post(PAGE, data={"numbers": numbers["amina"], "look": "1"})
    back = maria.post(PAGE, data=fields(page) | {"reason": REASON})
    again = maria.post(PAGE, data=fields(back) | {"look": "1"})
    assert f">{REASON}</textarea>" in again.text


def test_where_others_have_revoked_all_meanwhile_that_is_said_on_the_list(granvik, english, numbers):
    maria = english("maria")
    page = maria.post(PAGE, data={"numbers": numbers["amina"], "look": "1"})
    with granvik.work("maria") as ctx:
        revoke_certificate(ctx, numbers["amina"], REASON)
    again = maria.post(PAGE, data=fields(page) | {"look": "1"})
    said = text_of(again)
    assert "None of those you chose counts any more: others have decided meanwhile." in said
    assert ("would be revoked" in said, "Rahimi, Farid" in said, "Error" in said) == (False, True, False)
    assert fields(again)["elsewhere"] == ""


def test_a_filter_by_unit_tells_nobody_where_a_protected_identity_works(granvik, english, numbers):
    with granvik.inside(writes=True) as ctx:
        ctx.db.execute(update(Person).where(Person.given_name == "Amina").values(protected=True))
    page = english("maria").get(f"{PAGE}?unit={granvik.unit('Björken').public_id}")
    assert "1 certificate in this list" in text_of(page)
    assert numbers["amina"] not in page.text


def test_who_would_be_late_is_told_by_how_many_days_and_how_to_give_more_time(granvik, english, numbers):
    with granvik.inside(writes=True) as ctx:
        last = (ctx.today + timedelta(days=20)).isoformat()
        for table in (DutySource, Status):
            ctx.db.execute(update(table).values(due_on=ctx.today - timedelta(days=12)))
    maria, amina = english("maria"), granvik.person("amina").public_id
    one = maria.get(f"/register/certificate/{numbers['amina']}/revoke")
    several = maria.post(PAGE, data={"numbers": [numbers["amina"], numbers["hodan"]], "look": "1"})
    assert "1 person is late at once, because the day for it has passed." in text_of(several)
    for page in (one, several):
        assert "Björken: Valid becomes 12 days late" in text_of(page)
        way = re.search(rf'href="(/team/{amina}/dispense[^"]*)"', page.text)[1].replace("&amp;", "&")
    form = fields(maria.get(way)) | {"last": last, "reason": "Sommarledigt"}
    assert maria.post(f"/team/{amina}/dispense", data=form).status_code == 303
    one = maria.get(f"/register/certificate/{numbers['amina']}/revoke")
    assert f"Björken: Valid becomes Not started Complete by {last}" in text_of(one)
    assert "late" not in text_of(one)
    with granvik.inside(writes=True) as ctx:
        ctx.db.execute(update(Person).where(Person.given_name == "Farid").values(protected=True))
    several = maria.post(PAGE, data={"numbers": numbers["farid"], "look": "1"})
    assert ("12 days late" in several.text, "/dispense" in several.text) == (True, False)
