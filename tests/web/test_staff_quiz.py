"""The final quiz through its pages: what is shown when, what is kept, where it leads."""

import re
from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from uuid import uuid4

import pytest
from sqlalchemy import select

from lms.catalogue.items import TYPES
from lms.learning import queries as learning
from lms.learning import rules
from lms.learning.actions import open_attempt
from lms.learning.models import Answer, Attempt
from lms.reflection.actions import plan_meeting
from tests.learning.taking import assign, take
from tests.web.staff_pages import (
    COURSE,
    answer,
    as_fields,
    attempt_of,
    counted,
    edition_of,
    hidden_fields,
    shown,
    take_quiz,
)

MARK = "the key looks out"


@pytest.fixture
def every_type(monkeypatch):
    """Every attempt is drawn so that each type of question is in it."""

    def draw(edition, random, seen=(), kind="exam", lessons=()):
        items = sorted(
            (item for item in edition.items.values() if item.use == "exam"), key=lambda item: item.id
        )
        first = list({item.type: item for item in items}.values())
        rest = [item for item in items if item not in first]
        return [rules.shown(edition, item, random) for item in (first + rest)[: edition.exam_items]]

    monkeypatch.setattr(rules, "draw", draw)


@pytest.fixture
def amina(granvik, sign_in):
    return sign_in(granvik, "amina")


@pytest.fixture
def farid(granvik, sign_in):
    return sign_in(granvik, "farid")


def answers(town, name):
    with town.work(name, writes=False) as ctx:
        rows = ctx.db.scalars(select(Answer).join(Attempt).where(Attempt.person_id == ctx.who.person_id))
        return [(row.item, row.client_id, row.value, row.right) for row in rows]


def test_before_the_quiz_everything_is_said(english):
    amina = english("amina")
    page = amina.get(f"{COURSE}/quiz").text
    for said in ("12 questions", "10 right answers are enough", "No time limit"):
        assert said in page
    assert "Your manager sees that you are done, but not what you answered." in page
    assert ">Start<" in page


def test_the_start_opens_one_attempt_and_brings_the_first_question(granvik, english):
    amina = english("amina")
    for _twice in range(2):
        started = amina.post(f"{COURSE}/quiz")
        assert (started.status_code, started.headers["Location"]) == (303, f"{COURSE}/quiz/1")
    with granvik.work("amina", writes=False) as ctx:
        assert len(ctx.db.scalars(select(Attempt)).all()) == 1
    assert "Question 1 of 12" in amina.get(f"{COURSE}/quiz/1").text
    assert "Continue with question 1" in amina.get(f"{COURSE}/quiz").text


def test_each_answer_brings_its_explanation_and_the_next_question(granvik, english, every_type):
    amina = english("amina")
    amina.post(f"{COURSE}/quiz")
    _attempt, right, wrong, items = attempt_of(granvik, "amina")
    page = amina.get(f"{COURSE}/quiz/1")
    for place, item in items.items():
        is_right = place % 2 == 1
        sent = answer(amina, place, right[place] if is_right else wrong[place], page)
        ahead = place + 1 if place < len(items) else place
        assert (sent.status_code, sent.headers["Location"]) == (303, f"{COURSE}/quiz/{ahead}?after={place}")
        page = amina.get(sent.headers["Location"])
        text = shown(page)
        wording = edition_of(granvik.house).texts["en"].items[item.id]
        assert all(told in text for told in (*wording.why.values(), *wording.then.values()))
        assert ("sheet right" in page.text) is is_right
        assert page.text.count("<h1") == 1
        assert f"Question {place} of 12" in text
        if place < len(items):
            assert 'href="#next"' in page.text
            assert f'data-title="Question {ahead} of 12"' in page.text
        else:
            assert 'id="next"' not in page.text
            assert f'href="{COURSE}/result"' in page.text
        if not is_right:
            assert f'href="{COURSE}/{item.lesson}' in page.text


def test_no_key_is_in_the_page_before_its_answer(granvik, amina, every_type, monkeypatch):
    """The page of an unanswered question is the same byte for byte when every key and explanation is another."""
    amina.post(f"{COURSE}/quiz")
    attempt, right, wrong, items = attempt_of(granvik, "amina")
    real = learning.catalogue.edition

    def other(ctx, edition_id):
        edition = real(ctx, edition_id)
        unanswered = {items[place].id: wrong[place] for place in items if place >= asked}
        changed = {
            name: replace(
                item, key=tuple(unanswered[name]) if isinstance(item.key, tuple) else unanswered[name]
            )
            for name, item in edition.items.items()
            if name in unanswered
        }
        texts = {
            language: replace(
                text,
                items=text.items
                | {
                    name: replace(text.items[name], why=dict.fromkeys(text.items[name].why, MARK), then={})
                    for name in unanswered
                },
            )
            for language, text in edition.texts.items()
        }
        return replace(edition, items=edition.items | changed, texts=texts)

    def plain(page):
        return re.sub(r'name="(csrf_token|client_id)" value="[^"]+"', "", page.text)

    for asked, item in items.items():
        address = f"{COURSE}/quiz/{asked}" + (f"?after={asked - 1}" if asked > 1 else "")
        page = amina.get(address)
        with monkeypatch.context() as patch:
            patch.setattr(learning.catalogue, "edition", other)
            changed = amina.get(address)
        assert plain(page) == plain(changed)
        assert MARK not in changed.text
        with granvik.work("amina", writes=False) as ctx:
            wording = real(ctx, attempt.edition_id).texts["sv"].items[item.id]
        assert wording.ask in shown(page)
        assert not any(told in shown(page) for told in (*wording.why.values(), *wording.then.values()))
        answer(amina, asked, right[asked], page)


def test_sending_twice_is_one_answer_and_the_first_counts(granvik, amina):
    amina.post(f"{COURSE}/quiz")
    _attempt, right, wrong, _items = attempt_of(granvik, "amina")
    page = amina.get(f"{COURSE}/quiz/1")
    first = answer(amina, 1, wrong[1], page)
    kept = answers(granvik, "amina")
    assert len(kept) == 1
    same, other = answer(amina, 1, wrong[1], page), answer(amina, 1, right[1], page)
    later = amina.post(
        f"{COURSE}/quiz/1", data=hidden_fields(page) | {"client_id": str(uuid4())} | as_fields(right[1])
    )
    for again in (same, other, later):
        assert again.status_code == 303
        assert again.headers["Location"] == first.headers["Location"]
    assert answers(granvik, "amina") == kept


def test_an_answered_question_leads_to_where_one_is(granvik, amina, english):
    amina.post(f"{COURSE}/quiz")
    _attempt, right, _wrong, _items = attempt_of(granvik, "amina")
    for place in (1, 2):
        answer(amina, place, right[place])
    phone = english("amina")
    for address in ("quiz/1", "quiz/2", "quiz/2?after=1", "quiz/13"):
        found = phone.get(f"{COURSE}/{address}")
        assert (found.status_code, found.headers["Location"]) == (303, f"{COURSE}/quiz/3")
    assert "Continue with question 3" in phone.get(f"{COURSE}/quiz").text
    assert "sheet" not in phone.get(f"{COURSE}/quiz/3?after=9").text.replace("stylesheet", "")


def test_nothing_chosen_is_said_at_the_options(granvik, english, every_type):
    amina = english("amina")
    said = {
        "single": "Choose an answer first.",
        "scenario": "Choose an answer first.",
        "multiple": "Choose at least one answer first.",
        "ordering": "Put all of them in order first.",
        "matching": "Choose an answer on every line first.",
    }
    amina.post(f"{COURSE}/quiz")
    _attempt, _right, _wrong, items = attempt_of(granvik, "amina")
    for place, item in items.items():
        page = amina.get(f"{COURSE}/quiz/{place}")
        for wrong_type in (item.type, "single", "matching", "x"):
            empty = amina.post(f"{COURSE}/quiz/{place}", data=hidden_fields(page) | {"type": wrong_type})
            assert empty.status_code == 422
            assert said[item.type] in empty.text
            assert 'aria-invalid="true"' in empty.text
            assert "<title>Error: Question" in empty.text
    assert answers(granvik, "amina") == []


def test_an_answer_to_a_question_of_another_type_is_refused_where_one_is(granvik, english, every_type):
    amina = english("amina")
    amina.post(f"{COURSE}/quiz")
    with granvik.work("amina") as ctx:
        before = open_attempt(ctx, "documentation", "sv", kind="pretest").public_id
    _attempt, _right, _wrong, items = attempt_of(granvik, "amina")
    for place in items:
        page = amina.get(f"{COURSE}/quiz/{place}")
        for kind in TYPES:
            for fields in (
                {"answer": ["zz", "zz"]},
                {"answer-truth": "zz", "answer-reason": "zz"},
                {"made": "zz"},
            ):
                form = hidden_fields(page) | {"type": kind, "attempt": before} | fields
                refused = amina.post(f"{COURSE}/quiz/{place}", data=form)
                assert refused.status_code == 422, (items[place].type, kind, fields)
                assert "<title>Error: Question" in refused.text
    assert answers(granvik, "amina") == []


def test_without_script_an_arrow_moves_an_option_and_answers_nothing(granvik, amina, every_type):
    amina.post(f"{COURSE}/quiz")
    attempt, _right, _wrong, items = attempt_of(granvik, "amina")
    place = next(place for place, item in items.items() if item.type == "ordering")
    order = list(attempt.drawn_item(place).options)
    page = amina.get(f"{COURSE}/quiz/{place}")
    moved = amina.post(
        f"{COURSE}/quiz/{place}", data=hidden_fields(page) | {"answer": order, "move": f"{order[1]}:up"}
    )
    assert moved.status_code == 200
    assert re.findall(r'name="answer" value="([a-z])"', moved.text) == [order[1], order[0], *order[2:]]
    assert answers(granvik, "amina") == []


def test_nobody_elses_attempt_can_be_seen_or_answered(granvik, fjordvik, amina, farid, sign_in):
    amina.post(f"{COURSE}/quiz")
    _attempt, right, _wrong, _items = attempt_of(granvik, "amina")
    fields = hidden_fields(amina.get(f"{COURSE}/quiz/1")) | as_fields(right[1])
    for stranger in (farid, sign_in(granvik, "karin"), sign_in(fjordvik, "kari")):
        assert stranger.get(f"{COURSE}/quiz/1").status_code == 404
        assert stranger.post(f"{COURSE}/quiz/1", data=fields).status_code == 404
        assert stranger.get(f"{COURSE}/result").headers["Location"] == f"{COURSE}/quiz"
    for broken in ({}, {"attempt": "x"}, fields | {"attempt": str(uuid4())}, fields | {"client_id": "1"}):
        assert amina.post(f"{COURSE}/quiz/1", data=broken).status_code == 404
    assert amina.post(f"{COURSE}/quiz/99", data=fields).status_code == 404
    assert answers(granvik, "amina") == []


def test_a_pass_shows_the_certificate_at_once(granvik, english):
    amina = english("amina")
    assign(granvik, "amina")
    with granvik.work("karin") as ctx:
        plan_meeting(
            ctx,
            granvik.unit("Björken").public_id,
            course="documentation",
            starts_at=ctx.now + timedelta(days=9),
        )
    last = take_quiz(amina, granvik, "amina", right=11)
    amina.get(last.headers["Location"])
    page = amina.get(f"{COURSE}/result")
    text = shown(page)
    number = re.search(r"[2-9A-HJKMNP-TV-Z]{5}-[2-9A-HJKMNP-TV-Z]{5}", text)[0]
    assert "Passed, Amina!" in text
    assert "<b>11 of 12</b> right. The limit is 10." in text
    for part in (
        "Course certificate",
        "Documentation",
        "Amina Yusuf",
        'class="qr"',
        f"/certificates/{number}.pdf",
    ):
        assert part in text
    assert "Your manager now sees that you are done, but not what you answered." in text
    assert "Talk about it at the staff meeting on" in text
    assert page.text.count("<h1") == 1
    assert f"/certificates/share?numbers={number}" in text
    assert amina.get(f"{COURSE}/quiz/1").headers["Location"] == f"{COURSE}/result"


def test_below_the_limit_the_page_is_calm_and_leads_back_to_the_lessons(granvik, english):
    amina = english("amina")
    take_quiz(amina, granvik, "amina", right=9)
    _attempt, _right, _wrong, items = attempt_of(granvik, "amina")
    page = amina.get(f"{COURSE}/result")
    assert "Nearly there" in page.text
    assert "<b>9 of 12</b> right. The limit is 10." in page.text
    for item in (items[place] for place in (10, 11, 12)):
        assert f'href="{COURSE}/{item.lesson}"' in page.text
    assert "Take the test again" in page.text
    assert "fail" not in page.text.lower()
    again = amina.post(f"{COURSE}/quiz")
    assert again.headers["Location"] == f"{COURSE}/quiz/1"
    with granvik.work("amina", writes=False) as ctx:
        first, second = ctx.db.scalars(select(Attempt).order_by(Attempt.id)).all()
    assert second.closed_at is None
    assert {drawn["item"] for drawn in first.drawn} != {drawn["item"] for drawn in second.drawn}


@pytest.mark.parametrize(
    ("language", "said"), [("sv", "9,66 av 12"), ("nb", "9,66 av 12"), ("en", "9.66 of 12")]
)
def test_shares_are_written_as_the_language_writes_numbers_and_never_up(
    granvik, amina, monkeypatch, language, said
):
    shares = iter([Fraction(1)] * 9 + [Fraction(2, 3), Fraction(0), Fraction(0)])
    monkeypatch.setattr(rules, "grade", lambda *_answer: next(shares))
    take(granvik, "amina", right=12)
    amina.post("/me", data={"language": language, "theme": "system"})
    page = amina.get(f"{COURSE}/result")
    assert f"<b>{said}</b>" in page.text
    assert 'value="9.66' in page.text
    if language == "en":
        assert "What was partly right counts with its share." in page.text


def test_it_is_said_before_how_an_answer_counts_and_after_how_much_is_right(granvik, english, every_type):
    amina = english("amina")
    said = {
        "multiple": "Each right choice counts, each wrong one takes one away.",
        "ordering": "It counts when all of them are in the right place.",
        "matching": "It counts when every line is right.",
    }
    amina.post(f"{COURSE}/quiz")
    _attempt, _right, wrong, items = attempt_of(granvik, "amina")
    page = amina.get(f"{COURSE}/quiz/1")
    for place, item in items.items():
        assert all((text in shown(page)) is (item.type == kind) for kind, text in said.items())
        sent = answer(amina, place, wrong[place], page)
        told = shown(amina.get(sent.headers["Location"]))
        if item.type in said:
            assert re.search(r"\d of \d right\. What is right", told)
        if item.type == "multiple":
            assert "You also chose 1 that is wrong." in told
            assert re.search(r"It counts as 0 of \d\.", told)
        page = amina.get(f"{COURSE}/quiz/{place + 1}")


def test_pages_of_the_quiz_take_at_most_six_statements(granvik, amina, house):
    for _earlier in range(3):
        take(granvik, "amina", right=0)
    amina.post(f"{COURSE}/quiz")
    _attempt, right, _wrong, items = attempt_of(granvik, "amina")
    for place in items:
        address = f"{COURSE}/quiz/{place}" + (f"?after={place - 1}" if place > 1 else "")
        with counted(house) as sent:
            page = amina.get(address)
        assert len(sent) <= 6, sent
        fields = hidden_fields(page) | as_fields(right[place])
        if place < len(items):
            with counted(house) as sent:
                amina.post(f"{COURSE}/quiz/{place}", data=fields)
            assert len(sent) <= 6, sent
        else:
            amina.post(f"{COURSE}/quiz/{place}", data=fields)
    for address in (f"{COURSE}/quiz", f"{COURSE}/result"):
        with counted(house) as sent:
            amina.get(address)
        assert len(sent) <= 6, sent
