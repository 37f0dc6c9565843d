"""The record of one person: what is asked and why, evidence, what happened; for the register and for the lead."""

import re
from datetime import date, timedelta
from html import unescape

import pytest
from sqlalchemy import select, update

from lms.base.access import Permission, Role
from lms.evidence.actions import reinstate_certificate, revoke_certificate
from lms.evidence.queries import my_certificates
from lms.organisation import actions as organisation
from lms.organisation.models import Employer, Employment, Person, RoleGrant, Unit
from lms.register.dispensations import give_dispensation
from lms.register.queries import Filter
from lms.register.record_models import RecordView
from lms.register.register_then import Then, rows_then
from lms.register.requirements import Terms, set_requirement
from lms.reports.person_record import person_record
from tests.learning.taking import COURSE, assign, let_off, take
from tests.web.lead_pages import local_day, text_of
from tests.web.register_days import ago, day_of, iso, past_of
from tests.web.staff_pages import counted

COURSES = (COURSE, "medication", "deviations")


@pytest.fixture
def amina(granvik):
    """A past with a failed test, a certificate revoked and reinstated, and a requirement for nurses of Björken."""
    past_of(granvik)
    take(granvik, "amina", right=2, now=ago(40))
    with granvik.work("maria", now=ago(35)) as ctx:
        terms = Terms(
            "medication", "Teori före delegering", "Rutin 7", due_days=20,
            unit=granvik.unit("Björken"), roles=("assistant_nurse",),
        )  # fmt: skip
        set_requirement(ctx, terms, valid_from=ctx.today)
    with granvik.work("amina", writes=False) as ctx:
        number = my_certificates(ctx)[0].content.number
    with granvik.work("maria", now=ago(25)) as ctx:
        revoke_certificate(ctx, number, "Fel person")
    with granvik.work("maria", now=ago(15)) as ctx:
        reinstate_certificate(ctx, number, "Rätt person")
    return granvik.person("amina").public_id, number


def test_the_record_says_what_the_register_says_on_every_day(granvik, amina):
    person, _number = amina
    with granvik.work("maria", writes=False) as ctx:
        for days in range(0, 70, 3):
            for known in (None, 20, 10):
                then = Then(day_of(ago(days)), day_of(ago(known)) if known else None)
                rows = {
                    (row.course, row.state, row.due_on, row.achieved_on, row.expires_on, row.certificate)
                    for row in rows_then(ctx, then, Filter())
                    if row.person_id == person
                }
                record = person_record(ctx, Permission.SEE_REGISTER, person, COURSES, then)
                said = {
                    (
                        each.course, each.state, each.standing.due_on, each.standing.achieved_on,
                        each.standing.expires_on, each.proof.proof.reference if each.proof else None,
                    )
                    for each in record.asked
                }  # fmt: skip
                assert said == rows, then
                assert {each.course for each in record.asked + record.not_asked} == set(COURSES)


def test_whoever_has_two_posts_or_is_away_for_as_long_as_nobody_knows_has_a_record_too(granvik, english):
    with granvik.inside(writes=True) as ctx:
        amina = ctx.db.get_one(Person, granvik.person("amina").id)
        organisation.employ(
            ctx, person=amina, unit=ctx.db.get_one(Unit, granvik.unit("Eken").id), role="care_assistant",
            title="Vårdbiträde", valid_from=ctx.today,
        )  # fmt: skip
        for first in (ctx.today, ctx.today + timedelta(days=9)):  # as payroll systems write what nobody knows
            organisation.add_absence(ctx, person=amina, kind="leave", valid_from=first, valid_to=date.max)
    page = english("maria").get(f"/register/people/{amina.public_id}")
    assert page.status_code == 200
    assert {"Undersköterska", "Vårdbiträde"} <= set(re.findall(r"\w+", text_of(page)))


@pytest.mark.parametrize(("name", "path"), [("maria", "/register/people/{}"), ("karin", "/team/{}/record")])
def test_the_page_says_why_shows_the_evidence_and_what_happened(granvik, amina, house, english, name, path):
    person, number = amina
    browser = english(name)
    here = path.format(person)
    browser.get(here)
    with counted(house) as sent:
        page = browser.get(here)
    assert len(sent) <= 6
    words = text_of(page)
    assert "Nya rutiner given by Karin Lind" in words
    assert "Teori före delegering (Rutin 7) requirement" in words
    assert "No requirement in force asks anybody for it, and nobody has given it to this person." in words
    assert f"{number[:5]}-{number[5:]}" in words
    assert "Revoked from" in words
    assert "Fel person" in words
    assert "Certificate reinstated" in words
    assert "Employed: Björken, Undersköterska" in words
    assert "A requirement asks for it: Teori före delegering" in words
    assert words.count("Passed, valid until") == 1  # the test that was failed is not told
    evidence = re.search(rf'href="([^"]*{number})"', page.text)[1]
    assert browser.get(evidence).status_code == 200
    drawn = re.search(r'<svg class="timeline".*?</svg>', page.text, re.DOTALL)[0]
    assert "Two years of Amina Yusuf</title>" in drawn
    assert {"work", "valid", "revoked"} <= set(re.findall(r'<rect class="(\w+)"', drawn))
    assert "style=" not in drawn


def test_why_a_course_is_not_asked(granvik, amina, english):
    words = text_of(english("maria").get(f"/register/people/{granvik.person('hodan').public_id}"))
    assert "No requirement in force describes the role Care assistant at Eken" in words


def test_a_past_day_shows_what_was_so_and_links_keep_it(granvik, amina, english):
    person, _number = amina
    browser = english("maria")
    listed = browser.get(f"/register?day={iso(20)}&known={iso(18)}")
    assert f'href="/register/people/{person}?day={iso(20)}&amp;known={iso(18)}"' in listed.text
    words = text_of(browser.get(f"/register/people/{person}?day={iso(20)}&known={iso(18)}"))
    assert "as known on" in words
    assert "30 days late" in words  # the certificate was revoked, and nobody knew that it would be reinstated
    assert "Certificate reinstated" not in words
    assert "Give more time" not in words
    assert browser.get(f"/register/people/{person}?day=2999-01-01").status_code == 422
    assert browser.get(f"/register/people/{person}?day=2020-01-01").status_code == 404


def test_nobody_outside_sees_a_record_and_a_lead_sees_the_own_unit(granvik, fjordvik, amina, sign_in):
    person, number = amina
    pages = (
        f"/register/people/{person}",
        f"/team/{person}/record",
        f"/team/{person}/dispense?course={COURSE}",
    )
    for town, name in (
        (granvik, "jonas"),
        (granvik, "farid"),
        (granvik, "admin"),
        (fjordvik, "siri"),
        (fjordvik, "lars"),
    ):
        browser = sign_in(town, name)
        assert {browser.get(page).status_code for page in pages} == {404}
        assert browser.get(f"/team/certificate/{number}").status_code == 404
    with granvik.work("admin") as ctx:  # a second post, in the unit that Jonas leads
        employed = ctx.db.merge(granvik.person("amina"), load=False)
        organisation.employ(
            ctx, person=employed, unit=ctx.db.merge(granvik.unit("Eken"), load=False), role="care_assistant",
            title="Vårdbiträde", valid_from=ctx.today - timedelta(days=5),
        )  # fmt: skip
        assert ctx.db.get_one(Employer, ctx.employer_id)
    with granvik.work("karin") as ctx:
        give_dispensation(
            ctx,
            person,
            "medication",
            "exemption",
            first=ctx.today,
            last=ctx.today + timedelta(days=9),
            reason="Ej ute",
        )
    page = sign_in(granvik, "jonas").get(pages[1])
    assert page.status_code == 200
    assert "Björken" not in page.text
    assert "Ej ute" not in page.text
    assert "Rutin 7" not in page.text
    with granvik.work("maria") as ctx:
        ctx.db.scalars(select(Person).where(Person.given_name == "Amina")).one().protected = True
    maria = sign_in(granvik, "maria")
    assert {maria.get(page).status_code for page in pages} == {404}
    assert "Ej ute" in sign_in(granvik, "karin").get(pages[1]).text
    with granvik.inside() as ctx:  # the person can see who has opened it
        assert set(ctx.db.scalars(select(RecordView.opened_by))) == {
            granvik.person(name).id for name in ("karin", "jonas")
        }


def test_the_evidence_of_a_past_day_opens_when_the_person_has_left(granvik, amina, english):
    person, number = amina
    with granvik.inside(writes=True) as ctx:
        post = ctx.db.scalars(
            select(Employment).where(Employment.person_id == granvik.person("amina").id)
        ).one()
        organisation.end_employment(ctx, employment=post, last_day=ctx.today - timedelta(days=5))
    maria = english("maria")
    for page in (
        f"/register?day={iso(12)}",
        f"/register/people/{person}?day={iso(12)}",
        f"/register/people/{person}",
    ):
        links = set(re.findall(r'href="(/register/certificate/[^"]*)"', maria.get(page).text))
        assert links, page
        assert {maria.get(unescape(link)).status_code for link in links} == {200}, page
    certificate = maria.get(f"/register/certificate/{number}?day={iso(12)}").text
    document = re.search(rf'href="(/certificates/{number}\.pdf[^"]*)"', certificate)[1]
    assert maria.get(unescape(document)).status_code in {200, 202}


def test_the_evidence_of_a_past_day_opens_where_the_person_was_then_and_not_there_afterwards(
    granvik, amina, english
):
    _person, number = amina
    with granvik.inside(writes=True) as ctx:
        who = granvik.person("amina")
        post = ctx.db.scalars(select(Employment).where(Employment.person_id == who.id)).one()
        organisation.end_employment(ctx, employment=post, last_day=ctx.today - timedelta(days=5))
        organisation.employ(
            ctx, person=ctx.db.get_one(Person, who.id), unit=ctx.db.get_one(Unit, granvik.unit("Eken").id),
            role="assistant_nurse", title="Undersköterska", valid_from=ctx.today - timedelta(days=4),
        )  # fmt: skip
        organisation.grant_role(
            ctx, person=ctx.db.get_one(Person, granvik.person("jonas").id), role=Role.AUDITOR,
            unit=ctx.db.get_one(Unit, granvik.unit("Björken").id), valid_from=ctx.today, valid_to=ctx.today,
        )  # fmt: skip
        ctx.db.execute(
            update(RoleGrant)
            .where(RoleGrant.role == Role.LEAD)
            .values(valid_to=ctx.today - timedelta(days=1))
        )
    jonas = english("jonas")
    assert jonas.get(f"/register/certificate/{number}?day={iso(12)}").status_code == 200
    assert jonas.get(f"/register/certificate/{number}").status_code == 404


def test_who_only_inspects_is_not_told_days_away(granvik, amina, english):
    person, _number = amina
    with granvik.inside(writes=True) as ctx:
        organisation.add_absence(
            ctx, person=ctx.db.get_one(Person, granvik.person("amina").id), kind="leave",
            valid_from=ctx.today - timedelta(days=9), valid_to=ctx.today - timedelta(days=2),
        )  # fmt: skip
        organisation.grant_role(
            ctx, person=ctx.db.get_one(Person, granvik.person("jonas").id), role=Role.AUDITOR,
            unit=ctx.db.get_one(Unit, granvik.unit("Björken").id), valid_from=ctx.today, valid_to=ctx.today,
        )  # fmt: skip
    page = f"/register/people/{person}"
    assert "Away until and including" in text_of(english("maria").get(page))
    assert "Away until and including" not in text_of(english("jonas").get(page))


def test_who_only_inspects_is_told_until_when_somebody_is_exempt_and_not_why(granvik, english):
    assign(granvik, "hodan", by="jonas")
    hodan = granvik.person("hodan").public_id
    for kind, first, last in (("extension", "", local_day(60)), ("exemption", local_day(), local_day(40))):
        data = {"course": COURSE, "kind": kind, "first": first, "last": last, "reason": "Håller på att sluta"}
        assert english("jonas").post(f"/team/{hodan}/dispense", data=data).status_code == 303
    with granvik.inside(writes=True) as ctx:
        organisation.grant_role(
            ctx, person=ctx.db.get_one(Person, granvik.person("karin").id), role=Role.AUDITOR,
            unit=ctx.db.get_one(Unit, granvik.unit("Eken").id), valid_from=ctx.today, valid_to=ctx.today,
        )  # fmt: skip
    told, inspected = (text_of(english(name).get(f"/register/people/{hodan}")) for name in ("maria", "karin"))
    assert told.count("Håller på att sluta") == 4  # at the course and in the table
    assert "Håller på att sluta" not in inspected
    for said in ("Exempt from", "More time: until and including", "Exempt until and including", "(Jonas Ek)"):
        assert said in inspected


def test_the_months_of_the_picture_are_in_the_language_of_the_reader(granvik, amina, sign_in):
    person, _number = amina
    page = sign_in(granvik, "maria").get(f"/register/people/{person}").text
    months = re.findall(r'<text class="month"[^>]*>([^<]*)<', page)
    assert months
    assert {each for each in months if not re.fullmatch(r"[a-z]+ \d{4}", each)} == set()


def test_who_leads_elsewhere_is_offered_no_dispensation(granvik, english):
    assign(granvik, "hodan", by="jonas")
    with granvik.inside(writes=True) as ctx:
        organisation.grant_role(
            ctx, person=ctx.db.get_one(Person, granvik.person("karin").id), role=Role.AUDITOR,
            unit=ctx.db.get_one(Unit, granvik.unit("Eken").id), valid_from=ctx.today, valid_to=ctx.today,
        )  # fmt: skip
    page = f"/register/people/{granvik.person('hodan').public_id}"
    assert "/dispense" not in english("karin").get(page).text
    assert "/dispense" in english("jonas").get(f"/team/{granvik.person('hodan').public_id}/record").text


def toast_fields(page):
    return re.search(
        r'action="([^"]*dispense/undo)".*?name="given" value="([^"]+)"', page.text, re.DOTALL
    ).groups()


def given_to(town, person):
    with town.work("karin", writes=False) as ctx:
        return [(each.kind, each.valid_from, each.valid_to, each.reason) for each in let_off(ctx, person)]


def test_more_time_is_given_undone_given_again_and_ended(granvik, english):
    assign(granvik, "amina", days=0)
    person = granvik.person("amina").public_id
    browser = english("karin")
    form = browser.get(f"/team/{person}/dispense?course={COURSE}&kind=extension")
    assert "New last day" in text_of(form)
    data = {"course": COURSE, "kind": "extension", "last": local_day(20), "reason": "Ny i gruppen"}
    page = browser.post(f"/team/{person}/dispense", data=data, follow_redirects=True)
    assert "More time: until and including" in text_of(page)
    assert "Ny i gruppen (Karin Lind)" in text_of(page)
    assert len(given_to(granvik, person)) == 1
    undo, given = toast_fields(page)
    undone = browser.post(undo, data={"given": given}, follow_redirects=True)
    assert "More time: until" not in text_of(undone)
    assert given_to(granvik, person) == []
    data = {
        "course": COURSE,
        "kind": "exemption",
        "first": local_day(),
        "last": local_day(40),
        "reason": "Ledig",
    }
    page = browser.post(f"/team/{person}/dispense", data=data, follow_redirects=True)
    assert "Exempt from" in text_of(page)
    end = re.search(r'action="(/team/dispensations/[^"]+/end)"', page.text)[1]
    ended = browser.post(end, data={"person": str(person)}, follow_redirects=True)
    assert "Exempt from" not in text_of(ended)
    assert browser.post(end).status_code == 409


def test_what_is_missing_is_said_and_what_is_not_ones_own_stays(granvik, english, sign_in):
    assign(granvik, "amina", days=0)
    person = granvik.person("amina").public_id
    browser = english("karin")
    page = browser.post(
        f"/team/{person}/dispense",
        data={
            "course": COURSE,
            "kind": "exemption",
            "first": local_day(9),
            "last": local_day(3),
            "reason": " ",
        },
    )
    assert page.status_code == 422
    assert "Write why." in text_of(page)
    assert "Choose a last day that has not passed, after the first day." in text_of(page)
    late = browser.post(
        f"/team/{person}/dispense",
        data={"course": COURSE, "kind": "extension", "last": "2999-01-01", "reason": "x"},
    )
    assert "Choose a day within two years." in text_of(late)
    assert given_to(granvik, person) == []
    with granvik.work("karin") as ctx:
        (given,) = give_dispensation(
            ctx,
            person,
            COURSE,
            "extension",
            first=ctx.today,
            last=ctx.today + timedelta(days=9),
            reason="Tid",
        )
        key = str(given.public_id)
    jonas, hodan = sign_in(granvik, "jonas"), granvik.person("hodan").public_id
    assert jonas.post(f"/team/{hodan}/dispense/undo", data={"given": key}).status_code == 404
    assert jonas.post(f"/team/dispensations/{key}/end").status_code == 404
    maria = sign_in(granvik, "maria")  # may end it, but did not give it
    assert maria.post(f"/team/{person}/dispense/undo", data={"given": key}).status_code == 404
    assert browser.post(f"/team/{person}/dispense/undo", data={"given": "x"}).status_code == 404
    assert len(given_to(granvik, person)) == 1


def test_who_has_two_posts_without_an_end_has_a_record_like_everybody(granvik, sign_in):
    amina = granvik.person("amina")
    with granvik.inside(writes=True) as ctx:
        organisation.employ(
            ctx, person=ctx.db.get_one(Person, amina.id), unit=granvik.unit("Eken"), role="care_assistant",
            title="Vårdbiträde", valid_from=ctx.today - timedelta(days=3),
        )  # fmt: skip
    page = sign_in(granvik, "maria").get(f"/register/people/{amina.public_id}")
    assert page.status_code == 200
    assert "Eken, Vårdbiträde" in text_of(page)
