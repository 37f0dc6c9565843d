"""The own record on its pages: every line with what it rests on, who has opened it, and objecting to a line."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from lms.evidence.actions import revoke_certificate
from lms.evidence.models import CertificateRow
from lms.jobs.worker import tidy, work_off
from lms.messages.models import Message
from lms.organisation import actions as organisation
from lms.organisation.models import Employment, Person, Unit
from lms.register.dispensations import give_dispensation
from lms.register.record_models import Objection, RecordView
from lms.register.requirements import Terms, set_requirement
from lms.register.views_kept import KEPT
from tests.learning.taking import COURSE, assign, take
from tests.web.lead_pages import text_of
from tests.web.staff_pages import counted

SAID = "I took it in March already"


def certificate_of(town, name):
    with town.work(name, writes=False) as ctx:
        mine = select(CertificateRow.number).where(CertificateRow.person_id == ctx.who.person_id)
        return ctx.db.scalars(mine.order_by(CertificateRow.id.desc())).first()


def require(town, by="maria"):
    with town.work(by) as ctx:
        set_requirement(
            ctx, Terms(COURSE, "Alla dokumenterar", "SoL 14 kap.", due_days=30), valid_from=ctx.today
        )


def test_every_line_says_why_since_when_and_what_shows_it(granvik, english, house):
    require(granvik)
    assign(granvik, "amina")
    take(granvik, "amina", right=12)
    first = certificate_of(granvik, "amina")
    take(granvik, "amina", right=12)
    number = certificate_of(granvik, "amina")
    with granvik.work("maria") as ctx:
        revoke_certificate(ctx, first, "Fel person skrev")
    with granvik.work("admin") as ctx:
        amina = ctx.open(Person, granvik.person("amina").public_id)
        organisation.add_absence(
            ctx, person=amina, kind="leave", valid_from=ctx.today, valid_to=ctx.today + timedelta(days=4)
        )
    with granvik.work("maria") as ctx:
        give_dispensation(
            ctx, granvik.person("amina").public_id, COURSE, "exemption",
            first=ctx.today, last=ctx.today + timedelta(days=9), reason="Är på väg till Eken",
        )  # fmt: skip
    amina = english("amina")
    amina.get("/me/record")
    with counted(house) as sent:
        page = amina.get("/me/record")
    assert len(sent) <= 6
    told = text_of(page)
    assert "Alla dokumenterar . SoL 14 kap." in told
    assert "Given by Karin Lind" in told
    assert told.count("Asked since") == 2
    assert f"Certificate {number[:5]}-{number[5:]}" in told
    assert f'href="/certificates/{number[:5]}-{number[5:]}"' in page.text
    assert "Revoked on" in told
    assert "Fel person skrev" in told
    assert "Undersköterska, Björken" in told
    assert "Times away" in told
    assert "You need not have it :" in told
    assert "Är på väg till Eken. Given by Maria Holm" in told
    assert "leave" not in told.lower()
    assert 'href="/me/data"' in page.text
    assert 'href="/me/record"' in amina.get("/me").text


def test_who_has_left_still_reads_it_and_nobody_reads_anothers(granvik, english):
    take(granvik, "amina", right=12)
    number = certificate_of(granvik, "amina")
    with granvik.work("admin") as ctx:
        amina = ctx.open(Person, granvik.person("amina").public_id)
        post = ctx.db.scalars(select(Employment).where(Employment.person_id == amina.id))
        organisation.end_employment(ctx, employment=post.one(), last_day=ctx.today - timedelta(days=1))
    page = english("amina").get("/me/record")
    assert f"{number[:5]}-{number[5:]}" in page.text
    assert "/certificates/" not in page.text  # a page for those who work here
    assert "Amina" not in english("farid").get("/me/record").text


def opened(browser):
    rows = re.findall(
        r"<li><div><span class=\"g\"><b>.*?</li>", browser.get("/me/record/opened").text, re.DOTALL
    )
    return [" ".join(re.sub(r"<[^>]+>", " ", row).split()) for row in rows]


def test_an_exemption_of_a_unit_one_has_left_is_none_any_more(granvik, english):
    assign(granvik, "amina")
    with granvik.work("karin") as ctx:
        give_dispensation(
            ctx, granvik.person("amina").public_id, COURSE, "exemption", first=ctx.today,
            last=ctx.today + timedelta(days=60), reason="Arbetar i köket",
        )  # fmt: skip
    assert "Arbetar i köket" in text_of(english("amina").get("/me/record"))
    with granvik.inside(writes=True) as ctx:
        amina = ctx.db.get_one(Person, granvik.person("amina").id)
        post = ctx.db.scalars(select(Employment).where(Employment.person_id == amina.id)).one()
        organisation.end_employment(ctx, employment=post, last_day=ctx.today - timedelta(days=1))
        organisation.employ(
            ctx, person=amina, unit=ctx.db.get_one(Unit, granvik.unit("Eken").id), role="assistant_nurse",
            title="Undersköterska", valid_from=ctx.today,
        )  # fmt: skip
    assign(granvik, "amina", by="jonas")
    assert "Arbetar i köket" not in text_of(english("amina").get("/me/record"))


def test_everybody_who_opens_a_page_about_somebody_is_kept_once_a_day(granvik, english, house):
    take(granvik, "amina", right=12)
    number, amina = certificate_of(granvik, "amina"), granvik.person("amina").public_id
    karin, maria, admin = english("karin"), english("maria"), english("admin")
    for _again in range(3):
        assert karin.get(f"/team/{amina}").status_code == 200
    with counted(house) as sent:
        karin.get(f"/team/{amina}")
    assert len(sent) <= 6
    karin.get(f"/plans/{amina}")
    maria.get(f"/register/certificate/{number}")
    maria.get(f"/certificates/{number}.pdf")
    admin.get(f"/org/people/{amina}")
    assert english("jonas").get(f"/team/{amina}").status_code == 404
    own = english("amina")
    own.get("/certificates/" + number)
    own.get(f"/certificates/{number}.pdf")
    found = opened(own)
    assert len(found) == 4
    assert sorted(re.split("Your|A cert|Where", row)[0].strip() for row in found) == [
        "Ida Berg Systemansvarig · Administrator",
        "Karin Lind Enhetschef · Team lead",
        "Karin Lind Enhetschef · Team lead",
        "Maria Holm Kvalitetsansvarig · Quality or staff manager",
    ]
    assert opened(english("farid")) == []
    with granvik.inside() as ctx:
        assert len(ctx.db.scalars(select(RecordView)).all()) == 4


def test_another_process_that_has_kept_it_already_makes_no_second_row(granvik, english):
    amina = granvik.person("amina")
    with granvik.work("karin") as ctx:
        kept = RecordView(
            employer_id=ctx.employer_id, person_id=amina.id, opened_by=ctx.who.person_id, on=ctx.today,
            page="person", role="lead",
        )  # fmt: skip
        ctx.db.add(kept)
    english("karin").get(f"/team/{amina.public_id}")
    assert len(opened(english("amina"))) == 1


def test_who_takes_out_the_register_of_the_own_unit_is_told(granvik, english):
    maria = english("maria")
    for unit in ("", "Björken", "Eken"):
        where = f"?unit={granvik.unit(unit).public_id}" if unit else ""
        assert maria.get(f"/register/file/csv{where}").status_code == 200
    rows = opened(english("amina"))
    assert len(rows) == 2
    assert all("Took out the register of Björken as a file" in row and "Maria Holm" in row for row in rows)
    assert len(opened(english("hodan"))) == 2
    assert opened(english("maria")) == []


def test_a_file_of_a_day_before_one_worked_here_does_not_tell_of_one(granvik, english):
    maria = english("maria")
    for day, files in (("2025-12-31", 0), ("2026-02-01", 1)):  # they began on 1 January 2026
        assert maria.get(f"/register/file/csv?day={day}").status_code == 200
        assert len(opened(english("amina"))) == files


def test_a_file_of_units_where_one_does_not_work_is_not_told(granvik, english):
    with granvik.work("admin") as ctx:
        jonas = ctx.open(Person, granvik.person("jonas").public_id)
        organisation.grant_role(
            ctx, person=jonas, role="officer", unit=ctx.db.merge(granvik.unit("Eken"), load=False)
        )
    assert english("jonas").get("/register/file/csv").status_code == 200
    assert opened(english("amina")) == []
    assert len(opened(english("hodan"))) == 1


def test_a_protected_colleague_who_opened_it_is_not_named(granvik, english):
    amina = granvik.person("amina").public_id
    english("karin").get(f"/team/{amina}")
    with granvik.inside(writes=True) as ctx:
        ctx.open(Person, granvik.person("karin").public_id).protected = True
    (row,) = opened(english("amina"))
    assert row.startswith("Protected identity Team lead")


def test_views_are_forgotten_after_two_years(granvik, english, house):
    english("karin").get(f"/team/{granvik.person('amina').public_id}")
    with granvik.inside(writes=True) as ctx:
        day = ctx.today - KEPT
        ctx.db.execute(update(RecordView).where(RecordView.employer_id == ctx.employer_id).values(on=day))
    tidy(house)
    assert len(opened(english("amina"))) == 1
    with granvik.inside(writes=True) as ctx:
        before = day - timedelta(days=1)
        ctx.db.execute(update(RecordView).where(RecordView.employer_id == ctx.employer_id).values(on=before))
    tidy(house)
    with granvik.inside() as ctx:
        assert ctx.db.scalars(select(RecordView)).all() == []


def object_to(browser, kind="course", key=COURSE, text=SAID):
    return browser.post("/me/record/objection", data={"line": f"{kind}:{key}", "text": text})


def test_an_objection_is_read_by_the_officer_answered_and_told(granvik, english, house):
    assign(granvik, "amina")
    amina, maria = english("amina"), english("maria")
    assert f'href="/me/record/objection?line=course:{COURSE}"' in amina.get("/me/record").text
    assert "Not started" in amina.get(f"/me/record/objection?line=course:{COURSE}").text
    assert object_to(amina).status_code == 303
    assert "You have objected" in text_of(amina.get("/me/record"))
    assert object_to(amina).status_code == 409
    person = granvik.person("amina").public_id
    for page in (f"/team/{person}", f"/org/people/{person}"):
        assert "Objected to" in maria.get(page).text
    assert SAID not in english("karin").get(f"/team/{person}").text
    assert "Objected to" not in english("karin").get(f"/team/{person}").text
    page = maria.get("/register/objections")
    where = re.search(r'href="(/register/objections/[^"?]+)"', page.text)[1]
    assert SAID in maria.get(where).text
    assert maria.post(where, data={"decided": "", "answer": "x"}).status_code == 422
    assert maria.post(where, data={"decided": "stays", "answer": " "}).status_code == 422
    assert maria.post(where, data={"decided": "stays", "answer": "It ran out in May"}).status_code == 303
    assert maria.post(where, data={"decided": "corrected", "answer": "x"}).status_code == 409
    assert "No objection waits" in text_of(maria.get("/register/objections"))
    assert "Amina Yusuf" in maria.get("/register/objections?answered=1").text
    told = text_of(amina.get("/me/record"))
    assert "The record stays as it is. It ran out in May" in told
    assert "Answered by Maria Holm on" in told
    work_off(house)
    with granvik.inside() as ctx:
        sent = ctx.db.scalars(select(Message).where(Message.kind == "objection_answered")).one()
        assert (sent.person_id, sent.outcome) == (granvik.person("amina").id, "sent")
    letters = [path.read_text() for path in house.settings.mail_folder.glob("*.eml")]
    (letter,) = [each for each in letters if "objection_answered" in each]
    assert "/me/record" in letter
    assert "It ran out" not in letter
    assert object_to(amina).status_code == 303  # the answer may be wrong, too


def test_nothing_in_the_register_changes_by_an_objection(granvik, english):
    assign(granvik, "amina")
    take(granvik, "amina", right=12)
    rows = "".join(re.findall(r"<tbody.*?</tbody>", english("maria").get("/register").text, re.DOTALL))
    assert object_to(english("amina"), "proof", certificate_of(granvik, "amina")).status_code == 303
    after = "".join(re.findall(r"<tbody.*?</tbody>", english("maria").get("/register").text, re.DOTALL))
    assert rows == after


@pytest.mark.parametrize(
    ("text", "words"),
    [("", "Write what is not right."), (" ", "Write what"), ("x" * 1001, "Make the text shorter.")],
)
def test_what_cannot_be_sent_says_why(granvik, english, text, words):
    assign(granvik, "amina")
    refused = object_to(english("amina"), text=text)
    assert refused.status_code == 422
    assert words in refused.text
    with granvik.inside() as ctx:
        assert ctx.db.scalars(select(Objection)).all() == []


@pytest.mark.parametrize(
    ("kind", "key"), [("course", "no-such"), ("proof", "22222ABCDE"), ("post", "x"), ("away", "2026-01-01"),
                      ("missing", "x"), ("x", ""), ("", "")],
)  # fmt: skip
def test_there_must_be_such_a_line(english, kind, key):
    amina = english("amina")
    assert object_to(amina, kind, key).status_code == 404
    assert amina.get("/me/record/objection", query_string={"line": f"{kind}:{key}"}).status_code == 404


def test_a_certificate_of_somebody_else_is_no_line_of_ones_own(granvik, english):
    take(granvik, "farid", right=12)
    assert object_to(english("amina"), "proof", certificate_of(granvik, "farid")).status_code == 404


def objection_of(town):
    with town.inside() as ctx:
        return ctx.db.scalars(select(Objection.public_id)).one()


def test_only_an_officer_in_reach_answers_and_nobody_the_own(granvik, fjordvik, english, sign_in):
    assign(granvik, "amina")
    object_to(english("amina"))
    where = f"/register/objections/{objection_of(granvik)}"
    with granvik.work("admin") as ctx:
        jonas = ctx.open(Person, granvik.person("jonas").public_id)
        organisation.grant_role(
            ctx, person=jonas, role="officer", unit=ctx.db.merge(granvik.unit("Eken"), load=False)
        )
    others = [english(name) for name in ("karin", "admin", "jonas", "farid", "amina")] + [
        sign_in(fjordvik, "siri")
    ]
    for browser in others:
        assert browser.get(where).status_code == 404
        assert browser.post(where, data={"decided": "stays", "answer": "x"}).status_code == 404
    assert "Amina" not in english("jonas").get("/register/objections").text
    maria = english("maria")
    object_to(maria, "missing", "")
    assert (
        "Maria Holm"
        not in re.findall(r"<main.*</main>", maria.get("/register/objections").text, re.DOTALL)[0]
    )


def test_neither_name_nor_unit_of_a_protected_person_stands_in_it(granvik, english):
    with granvik.inside(writes=True) as ctx:
        ctx.open(Person, granvik.person("amina").public_id).protected = True
    amina = english("amina")
    key = re.search(r"line=post:([^\"]+)", amina.get("/me/record").text)[1]
    assert object_to(amina, "post", key, "Wrong kind").status_code == 303
    maria = english("maria")
    for page in ("/register/objections", f"/register/objections/{objection_of(granvik)}"):
        main = re.findall(r"<main.*</main>", maria.get(page).text, re.DOTALL)[0]
        assert "Protected identity" in main
        assert "Yusuf" not in main
        assert "Björken" not in main


def test_who_has_left_is_answered_where_they_worked_last(granvik, english):
    with granvik.work("admin") as ctx:
        amina = ctx.open(Person, granvik.person("amina").public_id)
        post = ctx.db.scalars(select(Employment).where(Employment.person_id == amina.id))
        organisation.end_employment(ctx, employment=post.one(), last_day=ctx.today - timedelta(days=1))
    assert object_to(english("amina"), "missing", "").status_code == 303
    assert "Amina Yusuf" in english("maria").get("/register/objections").text
