"""Giving a course: few taps, everything chosen beforehand, taken back as easily; only inside the lead's reach."""

import re
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import select

from lms.jobs.worker import work_off
from lms.learning.models import Assignment
from lms.messages.models import Message
from lms.register.own_duties import my_duties
from lms.register.requirements import Terms, set_requirement
from lms.register.team import team
from tests.learning.taking import assign, take
from tests.web.lead_pages import COURSE, local_day, text_of, ticked

PAGE = f"/assign?course={COURSE}"


@pytest.fixture
def karin(english):
    return english("karin")


def keys(town, *names):
    return [str(town.person(name).public_id) for name in names]


def form(people, **values):
    return {"course": COURSE, "people": people, "due_on": local_day(30), "reason": "Krav för rollen"} | values


def duties(town, name):
    with town.work(name, writes=False) as ctx:
        return my_duties(ctx)


def test_the_whole_unit_is_ticked_with_a_day_and_a_reason(granvik, karin):
    page = karin.get(PAGE)
    assert ticked(page) == set(keys(granvik, "amina", "farid", "karin"))
    assert f'value="{local_day(30)}" checked' in page.text
    assert 'value="Requirement for the role"' in page.text
    assert "Hodan" not in page.text


def test_the_whole_unit_takes_three_taps_from_the_team(granvik, karin):
    to_assign = r'href="(/assign[^"]*)"[^>]*><svg[^>]*><use[^>]*></svg><span>Assign course'
    first = re.search(to_assign, karin.get("/team").text)
    second = re.search(r'href="(/assign\?course=documentation[^"]*)"', karin.get(first.group(1)).text)
    page = karin.get(second.group(1))
    sent = karin.post("/assign", data=form(list(ticked(page))))
    assert sent.status_code == 303
    assert all(duties(granvik, name) for name in ("amina", "farid", "karin"))


def test_who_has_it_is_skipped_and_who_has_it_to_do_is_not_ticked(granvik, karin):
    take(granvik, "amina", right=12)
    assign(granvik, "farid")
    page = karin.get(PAGE)
    assert ticked(page) == set(keys(granvik, "karin"))
    words = text_of(page)
    assert "1 is skipped: has a valid certificate" in words
    assert "has it to do by" in words
    assert f'value="{keys(granvik, "amina")[0]}"' not in page.text


def test_where_requirements_say_who_needs_it_the_others_are_not_ticked(granvik, karin):
    with granvik.work("maria") as ctx:
        set_requirement(
            ctx,
            Terms(COURSE, reason="Krav", source="SoL", due_days=0, roles=("assistant_nurse",)),
            valid_from=ctx.today - timedelta(days=3),
        )
    page = karin.get(PAGE)
    assert ticked(page) == set(keys(granvik, "amina", "farid"))
    assert "Not required" in text_of(page)


def test_a_certificate_about_to_run_out_can_be_renewed(granvik, english):
    assign(granvik, "amina")
    take(granvik, "amina", right=12)
    with time_machine.travel(datetime.now(UTC) + timedelta(days=710)):
        browser = english("karin")
        assert set(keys(granvik, "amina")) <= ticked(browser.get(PAGE))
        assert (
            browser.post("/assign", data=form(keys(granvik, "amina"), due_on=local_day(20))).status_code
            == 303
        )


def test_assigning_makes_a_duty_and_a_message_for_each(granvik, karin):
    sent = karin.post(
        "/assign", data=form(keys(granvik, "amina", "farid"), due_on=local_day(14), reason="Avvikelser")
    )
    assert sent.status_code == 303
    for name in ("amina", "farid"):
        (duty,) = duties(granvik, name)
        assert duty.course == COURSE
        assert duty.due_on.isoformat() == local_day(14)
        assert duty.reasons == ("Avvikelser",)
    assert duties(granvik, "karin") == []
    work_off(granvik.house)
    with granvik.work("karin", writes=False) as ctx:
        told = ctx.db.scalars(select(Message.person_id).where(Message.kind == "assigned")).all()
    assert set(told) == {granvik.person("amina").id, granvik.person("farid").id}


def test_staff_see_what_they_were_given(granvik, sign_in, karin):
    karin.post("/assign", data=form(keys(granvik, "amina"), reason="Ny lag i juli"))
    assert "Ny lag i juli" in sign_in(granvik, "amina").get("/todo").text
    assert "Ny lag i juli" not in sign_in(granvik, "farid").get("/todo").text


def test_another_unit_is_left_alone(granvik, karin):
    karin.post("/assign", data=form(keys(granvik, "amina", "farid", "karin")))
    with granvik.work("jonas", writes=False) as ctx:
        assert all(not member.cells for member in team(ctx))


def test_another_day_wins_over_the_days_offered(granvik, karin):
    karin.post("/assign", data=form(keys(granvik, "amina"), other_due=local_day(5)))
    assert duties(granvik, "amina")[0].due_on.isoformat() == local_day(5)


def test_the_toast_offers_to_undo_for_a_moment(granvik, sign_in, karin):
    sent = karin.post("/assign", data=form(keys(granvik, "amina", "farid")))
    page = karin.get(sent.headers["Location"])
    assert "2 people have been given the course." in text_of(page)
    undo = re.search(r'action="(/assign/[^"]+/withdraw)"', page.text).group(1)
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=5)):
        assert "withdraw" not in karin.get(sent.headers["Location"]).text
    back = karin.post(undo)
    assert "The course was taken back." in text_of(karin.get(back.headers["Location"]))
    assert duties(granvik, "amina") == []
    assert duties(granvik, "farid") == []


def test_a_toast_tells_nothing_about_another_units_assignment(granvik, english):
    made = assign(granvik, "amina").assignment
    page = english("jonas").get(f"/team?assigned={made.public_id}")
    assert page.status_code == 200
    assert "given the course" not in text_of(page)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"people": []}, "Choose at least one person."),
        ({"due_on": "", "other_due": ""}, "Choose a day."),
        ({"other_due": "2026-13-40"}, "Write a date that exists."),
        ({"other_due": "2020-01-01"}, "Choose a day that has not passed."),
        ({"reason": "  "}, "Write why."),
        ({"reason": "x" * 201}, "Make the text shorter."),
    ],
)
def test_what_is_missing_is_said_and_what_was_typed_stays(granvik, karin, values, words):
    sent = karin.post("/assign", data=form(keys(granvik, "amina"), reason="Mina ord") | values)
    assert sent.status_code == 422
    assert words in text_of(sent)
    if "people" not in values:
        assert ticked(sent) == set(keys(granvik, "amina"))
    if "reason" not in values:
        assert 'value="Mina ord"' in sent.text
    with granvik.work("karin", writes=False) as ctx:
        assert ctx.db.scalars(select(Assignment)).all() == []


def test_everybody_has_it_already(granvik, karin):
    take(granvik, "amina", right=12)
    sent = karin.post("/assign", data=form(keys(granvik, "amina")))
    assert sent.status_code == 422
    assert "Everybody you chose has this course already." in text_of(sent)


def test_for_one_person_only_that_person_is_shown(granvik, karin):
    (amina,) = keys(granvik, "amina")
    page = karin.get(f"{PAGE}&person={amina}")
    assert ticked(page) == {amina}
    assert "Farid" not in page.text


def test_what_is_out_of_reach_is_not_found(granvik, fjordvik, sign_in, karin):
    for town, name in ((granvik, "hodan"), (fjordvik, "kari")):
        (key,) = keys(town, name)
        assert karin.get(f"{PAGE}&person={key}").status_code == 404
        assert karin.post("/assign", data=form([*keys(granvik, "amina"), key])).status_code == 404
    assert duties(granvik, "amina") == []
    assert karin.get("/assign?course=cooking").status_code == 404
    assert karin.post("/assign", data=form(keys(granvik, "amina"), course="cooking")).status_code == 404
    made = assign(granvik, "amina").assignment
    for town, name in ((granvik, "jonas"), (granvik, "farid"), (granvik, "amina"), (fjordvik, "lars")):
        assert sign_in(town, name).post(f"/assign/{made.public_id}/withdraw").status_code == 404
    assert duties(granvik, "amina")


def test_a_nul_character_does_no_harm(granvik, karin):
    karin.post("/assign", data=form(keys(granvik, "amina"), reason="Krav\0 för rollen"))
    assert duties(granvik, "amina")[0].reasons == ("Krav för rollen",)
