"""Local additions on screen: written by officers and authors, read and practised by staff of that employer."""

import re

import pytest

from lms.base.access import Role
from lms.identity.actions import set_preferences
from lms.organisation.actions import grant_role
from lms.organisation.models import Person
from tests.builders import START
from tests.web.staff_pages import shown

STEP = "/courses/documentation/right-record/two-records"
FORM = "/org/courses/documentation/local/right-record/two-records"
ROUTINE = {"routine-sv": "Ring <b>jouren</b>.\n\nSkriv sedan.", "link": "https://intra.granvik.example/rutin"}
QUESTION = {
    "ask-sv": "Vem ringer du?", "option-sv-a": "Jouren", "option-sv-b": "Ingen", "why-sv-a": "Den är bemannad.",
    "why-sv-b": "Då vet ingen.", "key": "a",
}  # fmt: skip


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
    assert re.search(r'<aside[^>]* lang="sv"', page)
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
