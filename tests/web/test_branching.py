"""A branching scenario through its pages: decision by decision, each locked before its consequence is shown."""

from dataclasses import asdict
from random import Random
from uuid import uuid4

import pytest
from sqlalchemy import select

from lms.base.errors import Invalid
from lms.catalogue import queries as catalogue
from lms.catalogue.actions import publish_editions
from lms.learning import actions, rules
from lms.learning.models import Answer, Attempt, AttemptDecision
from tests.catalogue.tiny_course import write_files
from tests.catalogue.typed_course import LESSON, NAME, typed_course
from tests.guards.test_fuzz import ODD
from tests.web.staff_pages import counted, hidden_fields, shown

QUIZ = f"/courses/{NAME}/quiz/1"
STEP = f"/courses/{NAME}/{LESSON}/try-branching"
LED_TO = "Ada is glad."


@pytest.fixture
def attempt(house, granvik, tmp_path):
    """Amina's attempt at two scenarios."""
    with granvik.inside(writes=True) as ctx:
        publish_editions(ctx, write_files(typed_course(), tmp_path / "typed"))
    with granvik.work("amina") as ctx:
        edition = catalogue.current_edition(ctx, NAME)
        drawn = [
            asdict(rules.shown(edition, edition.items[item], Random(3)))
            for item in ("exam-branching", "exam-single")
        ]
        made = Attempt(
            employer_id=ctx.employer_id, person_id=ctx.who.person_id, course=NAME, edition_id=edition.id,
            language="sv", mode="online", drawn=drawn, opened_at=ctx.now,
        )  # fmt: skip
        ctx.db.add(made)
        ctx.db.flush()
        return made


@pytest.fixture
def amina(granvik, sign_in, attempt):
    assert attempt
    return sign_in(granvik, "amina")


def decided(town):
    with town.work("amina", writes=False) as ctx:
        return list(ctx.db.scalars(select(AttemptDecision.value).order_by(AttemptDecision.place)))


def answered(town):
    with town.work("amina", writes=False) as ctx:
        return [(each.value, each.credit) for each in ctx.db.scalars(select(Answer))]


def decide(browser, choice, page=None):
    fields = hidden_fields(page or browser.get(QUIZ))
    return browser.post(QUIZ, data=fields | {"answer": choice})


def test_a_decision_is_locked_before_its_consequence_is_shown(granvik, amina):
    page = amina.get(QUIZ)
    assert "Ada sits." in shown(page)
    assert LED_TO not in shown(page)
    sent = decide(amina, "one.a", page)
    assert (sent.status_code, sent.headers["Location"]) == (303, f"{QUIZ}#then")
    assert decided(granvik) == ["one.a"]
    page = amina.get(QUIZ)
    assert LED_TO in shown(page)
    assert 'id="then" tabindex="-1"' in page.text
    assert 'value="two.a"' in page.text
    assert 'value="one.a"' not in page.text.replace('name="made" value="one.a"', "")
    assert "She can say it." not in shown(page)
    sent = decide(amina, "two.a", page)
    assert sent.headers["Location"] == f"/courses/{NAME}/quiz/2?after=1"
    assert decided(granvik) == ["one.a"]  # the answer holds the whole way
    assert answered(granvik) == [(["one.a", "two.a"], rules.Fraction(1, 2))]
    said = shown(amina.get(sent.headers["Location"]))
    assert "1 av 2 rätt" in said
    assert "She can say it." in said


def test_another_language_keeps_what_was_decided(amina):
    decided_once = {"made": "one.a", "answer": "two.a"}
    page = amina.post(STEP, data=decided_once | {"to": "en"})
    assert '<html lang="en"' in page.text
    assert LED_TO in shown(page)
    assert 'name="made" value="one.a"' in page.text
    assert 'name="answer" value="two.a"' in page.text
    over = amina.post(STEP, data=decided_once)
    assert (
        '<input type="hidden" name="made" value="one.a"><input type="hidden" name="answer" value="two.a">'
        in over.text
    )
    assert "She can say it." in shown(amina.post(STEP, data=decided_once | {"explained": "", "to": "sv"}))


def test_going_back_in_the_browser_decides_nothing_anew(granvik, amina):
    first = amina.get(QUIZ)
    decide(amina, "one.a", first)
    for page, choice in ((first, "one.b"), (first, "one.a"), (None, "one.b")):
        sent = decide(amina, choice, page)
        assert (sent.status_code, sent.headers["Location"]) == (303, f"{QUIZ}#then")
    second = amina.get(QUIZ)
    decide(amina, "two.b", second)
    kept = answered(granvik)
    assert kept == [(["one.a", "two.b"], 1)]
    for page, choice in ((first, "one.b"), (second, "two.a"), (second, "two.b")):
        assert decide(amina, choice, page).headers["Location"] == f"/courses/{NAME}/quiz/2?after=1"
    assert answered(granvik) == kept
    assert decided(granvik) == ["one.a"]


def test_the_way_taken_decides_what_comes_next(granvik, amina):
    for choice, ahead in (("one.b", "Ada calls."), ("three.a", "Ada stands.")):
        decide(amina, choice)
        assert ahead in shown(amina.get(QUIZ))
    decide(amina, "two.a")
    assert answered(granvik) == [(["one.b", "three.a", "two.a"], rules.Fraction(1, 3))]


def test_a_decision_is_found_again_on_another_device(granvik, amina, sign_in):
    decide(amina, "one.a")
    phone = sign_in(granvik, "amina")
    assert LED_TO in shown(phone.get(QUIZ))


@pytest.mark.parametrize("choice", ["", "two.a", "one.z", "one", "end.a", "one.a.b", "x" * 500])
def test_what_is_no_decision_here_is_refused(granvik, amina, choice):
    sent = decide(amina, choice)
    assert sent.status_code == 422
    assert "Välj ett svar först." in sent.text
    assert decided(granvik) == []


def test_odd_texts_decide_nothing(granvik, amina):
    fields = hidden_fields(amina.get(QUIZ))
    for text in ODD:
        assert amina.post(QUIZ, data=fields | {"answer": text, "made": text}).status_code == 422
        for sent in ({"answer": text}, {"made": text, "answer": "one.a"}, {"made": "one.a", "answer": text}):
            assert amina.post(STEP, data=sent).status_code == 422
    assert decided(granvik) == []


def test_a_client_id_makes_one_decision(granvik, attempt):
    with granvik.work("amina") as ctx:
        for _twice in range(2):
            done = actions.answer_item(ctx, attempt.public_id, 1, client_id="one", value=["one.b"])
            assert done.next_place == 1
    with granvik.work("amina") as ctx, pytest.raises(Invalid):
        actions.answer_item(ctx, attempt.public_id, 1, client_id="one", value=["three.a"])
    assert decided(granvik) == ["one.b"]


def test_another_attempt_begins_anew(granvik, amina, attempt):
    decide(amina, "one.a")
    with granvik.work("amina") as ctx:
        ctx.open(Attempt, attempt.public_id).closed_at = ctx.now
        ctx.db.add(
            Attempt(
                employer_id=ctx.employer_id, person_id=ctx.who.person_id, course=NAME,
                edition_id=attempt.edition_id, language="sv", mode="online", drawn=attempt.drawn, opened_at=ctx.now,
            )
        )  # fmt: skip
    page = amina.get(QUIZ)
    assert "Ada sits." in shown(page)
    assert LED_TO not in shown(page)
    assert decide(amina, "one.b", page).status_code == 303
    assert decided(granvik) == ["one.a", "one.b"]


def test_pages_of_a_scenario_take_at_most_six_statements(house, amina):
    for choice in ("one.b", "three.a", "two.b"):
        with counted(house) as sent:
            page = amina.get(QUIZ)
        assert len(sent) <= 6, sent
        with counted(house) as sent:
            decide(amina, choice, page)
        assert len(sent) <= 6, sent


def test_practice_goes_on_decision_by_decision_and_keeps_nothing(granvik, amina):
    page = amina.get(STEP)
    assert 'action="#then"' in page.text
    page = amina.post(STEP, data={"answer": "one.a"})
    assert page.status_code == 200
    assert LED_TO in shown(page)
    assert '<input type="hidden" name="made" value="one.a">' in page.text
    nothing = amina.post(STEP, data={"made": "one.a", "answer": ""})
    assert nothing.status_code == 422
    assert LED_TO in shown(nothing)
    assert 'value="two.a"' in nothing.text
    last = amina.post(STEP, data={"made": "one.a", "answer": "two.b"})
    assert "sheet right" in last.text
    assert decided(granvik) == []
    odd = amina.post(STEP, data={"made": ["two.a", "x"], "answer": str(uuid4())})
    assert odd.status_code == 422
    assert "Ada sits." in shown(odd)
