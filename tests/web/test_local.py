"""Local additions on screen: written by officers and authors, read and practised by staff of that employer."""

import re

import pytest
from sqlalchemy import update

from lms.base.access import Role
from lms.catalogue.models import LocalPart
from lms.identity.actions import set_preferences
from lms.organisation.actions import grant_role
from lms.organisation.models import Person
from tests.builders import START
from tests.web.staff_pages import edition_of, shown

STEP = "/courses/documentation/right-record/two-records"
FORM = "/org/courses/documentation/local/right-record/two-records"
ROUTINE = {"routine-sv": "Ring <b>jouren</b>.\n\nSkriv sedan.", "link": "https://intra.granvik.example/rutin"}
QUESTION = {
    "ask-sv": "Vem ringer du?", "option-sv-a": "Jouren", "option-sv-b": "Ingen", "why-sv-a": "Den är bemannad.",
    "why-sv-b": "Då vet ingen.", "key": "a",
}  # fmt: skip


def form_of(step):
    return step.replace("/courses/documentation/", "/org/courses/documentation/local/")


@pytest.fixture
def practice(house):
    """The first step of the course that is a single choice."""
    edition = edition_of(house)
    return next(
        f"/courses/documentation/{lesson.id}/{step.id}"
        for lesson in edition.lessons
        for step in lesson.steps
        if step.item and edition.items[step.item].type == "single"
    )


@pytest.fixture
def maria(granvik, sign_in):
    return sign_in(granvik, "maria")


@pytest.fixture
def amina(granvik, sign_in):
    return sign_in(granvik, "amina")


def test_staff_read_the_own_routine_beside_the_step(maria, amina):
    assert "Med oss" not in shown(amina.get(STEP))
    answer = maria.post(FORM, data=ROUTINE)
    assert answer.status_code == 303
    assert "Sparat. Personalen ser det" in shown(maria.get(answer.location))
    page = amina.get(STEP).text
    assert "Ring &lt;b&gt;jouren&lt;/b&gt;." in page
    assert 'href="https://intra.granvik.example/rutin"' in page
    assert FORM not in page
    assert FORM in maria.get(STEP).text


def test_the_own_question_is_asked_after_it_and_explained(maria, amina):
    maria.post(FORM, data=ROUTINE | QUESTION)
    assert f'href="{STEP}/local"' in amina.get(STEP).text
    assert "Vem ringer du?" in shown(amina.get(STEP + "/local"))
    right = amina.post(STEP + "/local", data={"answer": "a", "type": "single"})
    assert (right.status_code, "Den är bemannad." in shown(right)) == (200, True)
    assert "Då vet ingen." in shown(amina.post(STEP + "/local", data={"answer": "b"}))
    assert amina.post(STEP + "/local", data={}).status_code == 422
    maria.post(FORM, data=ROUTINE)
    assert amina.get(STEP + "/local").status_code == 404


def test_a_question_that_is_there_in_one_language_is_marked_and_read_as_that(maria, english):
    maria.post(FORM, data=ROUTINE | QUESTION)
    amina = english("amina")
    asked = amina.get(STEP + "/local").text
    assert re.search(r'<form id="practice"[^>]* lang="sv"', asked)
    said = amina.post(STEP + "/local", data={"answer": "a"}).text
    assert re.search(r'id="answered"[^>]* lang="sv"', said)
    assert re.search(r'id="said"[^>]* lang="sv"', said)
    assert "Right!" in said
    step = amina.get(STEP).text
    assert 'id="text"' in step
    assert not re.search(r'<article[^>]* lang="sv"', step)  # the course is there in English


def test_the_routine_stays_beside_what_is_said_about_an_answer(maria, amina, practice):
    maria.post(form_of(practice), data=ROUTINE | QUESTION)
    for answered in (amina.post(practice, data={"answer": ["a"]}), amina.post(practice, data={})):
        assert "jouren" in answered.text
        assert f'href="{practice}/local"' in answered.text
    assert "jouren" not in amina.get(f"{practice}/local").text  # it would say the answer
    said = amina.post(f"{practice}/local", data={"answer": "a"})
    assert "jouren" in said.text
    assert f'href="{practice}/local"' not in said.text


def test_a_question_whose_place_has_moved_is_asked_beside_the_one_that_stands_there(granvik, maria, amina):
    last = "/courses/documentation/right-record/remember"
    maria.post(form_of(last), data=ROUTINE | QUESTION | {"ask-sv": "Vem svarar?"})
    maria.post(FORM, data=ROUTINE | QUESTION)
    with granvik.inside(writes=True) as ctx:  # as if its step had gone with a new edition
        ctx.db.execute(
            update(LocalPart)
            .where(LocalPart.employer_id == ctx.employer_id, LocalPart.step == "two-records")
            .values(step="gone")
        )
    page = amina.get(last).text
    asked = re.findall(r'href="([^"]+/local)"', page)
    assert sorted(asked) == [f"{last.rpartition('/')[0]}/{step}/local" for step in ("gone", "remember")]
    texts = {shown(amina.get(address)).count("Vem ringer du?") > 0 for address in asked}
    assert texts == {True, False}
    gone = next(address for address in asked if "gone" in address)
    assert "Den är bemannad." in shown(amina.post(gone, data={"answer": "a"}))
    assert amina.get("/courses/documentation/nowhere/gone/local").status_code == 404


def test_an_answer_that_is_in_one_language_only_is_pointed_out(maria):
    english = {
        "routine-en": "Call.", "ask-en": "Whom do you call?", "option-en-a": "The one on call", "option-en-b": "Nobody",
        "option-en-c": "The nurse", "why-en-a": "Somebody is there.", "why-en-b": "Nobody knows.", "why-en-c": "Later.",
    }  # fmt: skip
    answer = maria.post(FORM, data=ROUTINE | QUESTION | english)
    assert answer.status_code == 422
    for field in ("option-sv-c", "why-sv-c"):
        assert f'id="e-{field}"' in answer.text
        assert f'href="#f-{field}"' in answer.text  # in the summary, which gets the focus
    assert "Svar 3 (Svenska)" in shown(answer)
    for code in ("sv", "en"):
        assert re.search(rf'<textarea[^>]* name="routine-{code}"[^>]* lang="{code}"', answer.text)


def test_a_fault_is_said_at_its_field_and_nothing_is_lost(maria, amina):
    answer = maria.post(FORM, data=ROUTINE | QUESTION | {"key": "", "link": "intranätet"})
    assert answer.status_code == 422
    assert 'id="e-link"' in answer.text
    assert 'id="e-key"' in answer.text
    assert "Vem ringer du?" in shown(answer)
    assert "jouren" not in amina.get(STEP).text


def test_it_is_found_in_the_list_and_taken_away(maria, amina):
    maria.post(FORM, data=ROUTINE)
    assert 'href="/org/courses/documentation/local"' in maria.get("/org/courses").text
    listed = maria.get("/org/courses/documentation/local").text
    assert len(re.findall(rf'href="{FORM}"', listed)) == 1
    assert maria.post(FORM + "/remove").status_code == 303
    assert "jouren" not in amina.get(STEP).text
    assert maria.post(FORM + "/remove").status_code == 404


def test_who_reads_another_language_is_shown_the_one_there_is(granvik, maria, amina):
    maria.post(FORM, data=ROUTINE)
    with granvik.work("amina") as ctx:
        set_preferences(ctx, "en", "system")
    page = amina.get(STEP).text
    assert re.search(
        r'<aside(?![^>]* lang=).*?Granvik.*?<div [^>]*lang="sv"><p class="notes">Ring', page, re.DOTALL
    )
    maria.post(FORM, data=ROUTINE | {"routine-en": "Call."})
    assert "Call." in amina.get(STEP).text


@pytest.mark.parametrize("name", ["amina", "karin", "admin"])
def test_it_is_not_for_others(granvik, sign_in, name):
    browser = sign_in(granvik, name)
    assert browser.get(FORM).status_code == 404
    assert browser.post(FORM, data=ROUTINE).status_code == 404
    assert browser.get("/org/courses/documentation/local").status_code == 404


def test_what_everybody_reads_is_written_by_who_has_the_role_for_everybody(granvik, sign_in, maria):
    for role in (Role.OFFICER, Role.AUTHOR):
        with granvik.inside(writes=True) as ctx:
            person = ctx.open(Person, granvik.person("hodan").public_id)
            grant_role(ctx, person=person, role=role, unit=granvik.unit("Eken"), valid_from=START)
    maria.post(FORM, data=ROUTINE)
    browser = sign_in(granvik, "hodan")
    for page in (FORM, "/org/courses/documentation/local"):
        assert browser.get(page).status_code == 404
    for action in (FORM, FORM + "/remove"):
        assert browser.post(action, data=ROUTINE).status_code == 404
    for page in (STEP, "/courses/documentation", "/org/courses"):
        assert "/local" not in browser.get(page).text.replace(f'href="{STEP}/local"', "")
