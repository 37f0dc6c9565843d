"""Supervised exams through their pages: opened in a room, taken with a code, and nothing told but who is finished."""

import re
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from lms.base.access import Role
from lms.learning import sittings
from lms.learning.sitting_rules import Window
from lms.organisation import actions as organisation
from lms.organisation.models import Person
from tests.builders import START
from tests.learning.kettle import KETTLE, publish_kettle
from tests.learning.rooms import answer_all, answer_some, open_exam, reopen, sit, with_sittings
from tests.web.staff_pages import as_fields, attempt_of, counted, hidden_fields, shown

QUIZ = f"/courses/{KETTLE}/quiz"


@pytest.fixture
def town(house, granvik, tmp_path):
    publish_kettle(house, tmp_path / "kettle", exam="supervised: true")
    with granvik.work("admin") as ctx:
        person = ctx.open(Person, granvik.person("farid").public_id)
        organisation.grant_role(
            ctx, person=person, role=Role.AUTHORISER, unit=granvik.unit("Björken"), valid_from=START
        )
    return granvik


def form(**changed):
    return {
        "course": KETTLE,
        "day": "2099-01-01",
        "time": "10:00",
        "until": "12:00",
        "room": "Hall",
    } | changed


def opened(town):
    with town.work("farid") as ctx:
        return sittings.open_sitting(
            ctx, town.unit("Björken").public_id, course=KETTLE, room="Hall",
            window=Window(ctx.now, ctx.now + timedelta(hours=1)),
        )  # fmt: skip


def test_an_exam_is_opened_with_room_and_time_and_shows_its_code(town, english):
    farid = english("farid")
    assert "Exams" in farid.get("/todo").text
    assert "No exam has been opened yet" in farid.get("/team/exams").text
    page = farid.get("/team/exams/new")
    unit = re.search(r'name="unit" value="([^"]+)"', page.text)[1]
    for changed, said in (
        ({"room": ""}, "Write which room."),
        ({"until": "09:00"}, "Choose a time after the beginning."),
        ({"until": "23:00"}, "Choose a time within twelve hours."),
        ({"day": "2020-01-01"}, "Choose a day that has not passed."),
        ({"day": "2026-01-01", "time": "00:00", "until": "00:01"}, "Choose a day that has not passed."),
        ({"time": ""}, "Write a time."),
    ):
        refused = farid.post("/team/exams/new", data=form(unit=unit, **changed))
        assert refused.status_code == 422
        assert said in refused.text
    made = farid.post("/team/exams/new", data=form(unit=unit))
    assert made.status_code == 303
    text = shown(farid.get(made.headers["Location"]))
    assert re.search(r"<b>[A-Z]{3}-[A-Z]{3}</b>", text)
    assert "It counts from" in text
    assert "Nobody has come yet." in text
    assert "Hall" in shown(farid.get("/team/exams"))


def test_the_code_leads_into_the_test_and_the_room_sees_only_who_is_finished(town, english, house):
    sitting, amina, farid = opened(town), english("amina"), english("farid")
    page = amina.get(QUIZ).text
    assert "You take this test in a room" in page
    assert "You take it in a room, with a code." in amina.get(f"/courses/{KETTLE}").text
    assert amina.post(QUIZ).status_code == 409
    wrong = amina.post(f"{QUIZ}/code", data={"code": "ABC DEF"})
    assert wrong.status_code == 422
    assert "The code opens nothing here." in wrong.text
    assert re.search(r'<section class="err-sum[^>]*autofocus[^>]*>.*?href="#f-code"', wrong.text, re.DOTALL)
    assert 'value="ABC DEF"' in wrong.text
    begun = amina.post(f"{QUIZ}/code", data={"code": sitting.code.lower()})
    assert (begun.status_code, begun.headers["Location"]) == (303, f"{QUIZ}/1")
    room = f"/team/exams/{sitting.public_id}"
    assert "Not finished" in farid.get(room).text
    _attempt, _right, wrong_answers, items = attempt_of(town, "amina")
    for place in items:
        with counted(house) as sent:
            question = amina.get(f"{QUIZ}/{place}")
        assert len(sent) <= 6
        ahead = amina.post(f"{QUIZ}/{place}", data=hidden_fields(question) | as_fields(wrong_answers[place]))
        assert "sheet" not in amina.get(ahead.headers["Location"]).text.replace("stylesheet", "")
    assert "Nearly there" in amina.get(f"/courses/{KETTLE}/result").text
    seen = shown(farid.get(room))
    assert "Amina Yusuf" in seen
    assert "Finished: 1 of 1" in seen
    for told in ("Nearly", "Passed", "right", "%", "0 of 4"):
        assert told not in re.sub(r"<[^>]*>", " ", seen.partition("<main")[2])
    again = amina.post(f"{QUIZ}/code", data={"code": sitting.code})
    assert again.status_code == 409
    assert "You have taken this test here already." in again.text
    seat = re.search(r'<option value="([0-9a-f-]{36})"', seen)[1]
    assert "Write why." in farid.post(f"{room}/reopen", data={"seat": seat, "reason": ""}).text
    assert farid.post(f"{room}/reopen", data={"reason": "x"}).status_code == 422
    reopened = farid.post(f"{room}/reopen", data={"seat": seat, "reason": "The phone went dark"})
    told = shown(farid.get(reopened.headers["Location"]))
    assert "Amina Yusuf can go on now." in told
    assert "by Farid Rahimi: The phone went dark" in told
    told = shown(amina.get(QUIZ))
    assert "The test is opened once more for you." in told
    assert "The phone went dark" in told
    for path in (f"/courses/{KETTLE}/result", f"/courses/{KETTLE}"):
        assert "The test is opened once more for you." in amina.get(path).text
    assert amina.post(f"{QUIZ}/code", data={"code": sitting.code}).status_code == 303
    with counted(house) as sent:
        farid.get(room)
    assert len(sent) <= 6
    with counted(house) as sent:
        farid.get("/team/exams")
    assert len(sent) <= 6


def test_codes_cannot_be_tried_without_end(town, english):
    amina = english("amina")
    for _try in range(10):
        assert amina.post(f"{QUIZ}/code", data={"code": "ABCDEF"}).status_code == 422
    told = amina.post(f"{QUIZ}/code", data={"code": "ABCDEF"})
    assert told.status_code == 429
    assert "Retry-After" in told.headers
    assert "Too many tries." in told.text


def test_who_opens_no_exams_has_no_such_pages(town, english):
    sitting = opened(town)
    for name in ("amina", "karin", "maria"):
        browser = english(name)
        assert ">Exams<" not in browser.get("/todo").text
        for path in ("/team/exams", "/team/exams/new", f"/team/exams/{sitting.public_id}"):
            assert browser.get(path).status_code == 404


def test_an_answer_after_the_end_is_refused_in_words(town, english):
    sitting, amina, farid = opened(town), english("amina"), english("farid")
    amina.post(f"{QUIZ}/code", data={"code": sitting.code})
    _attempt, right, _wrong, _items = attempt_of(town, "amina")
    page = amina.get(f"{QUIZ}/1")
    farid.post(f"/team/exams/{sitting.public_id}/close")
    assert amina.post(f"{QUIZ}/1", data=hidden_fields(page) | as_fields(right[1])).status_code == 410
    assert "The test in this room is over." in amina.get(f"{QUIZ}/1").text


def test_a_right_code_is_no_try_whatever_else_keeps_one_out(town, english):
    with town.work("farid") as ctx:
        ahead = sittings.open_sitting(
            ctx, town.unit("Björken").public_id, course=KETTLE, room="Hall",
            window=Window(ctx.now + timedelta(hours=1), ctx.now + timedelta(hours=2)),
        )  # fmt: skip
    begins = f"at {ahead.opens_at.astimezone(ZoneInfo('Europe/Stockholm')):%H:%M}."
    amina = english("amina")
    for _try in range(12):  # more than there are tries
        refused = amina.post(f"{QUIZ}/code", data={"code": ahead.code})
        assert refused.status_code == 409
        assert "has not begun yet" in refused.text
        assert begins in refused.text
    with town.work("farid") as ctx:
        sittings.close_sitting(ctx, ahead.public_id)
    for _try in range(12):
        assert amina.post(f"{QUIZ}/code", data={"code": ahead.code}).status_code == 410
    assert amina.post(f"{QUIZ}/code", data={"code": opened(town).code}).status_code == 303


def test_who_opened_it_takes_a_seat_elsewhere(town, english):
    refused = english("farid").post(f"{QUIZ}/code", data={"code": opened(town).code})
    assert refused.status_code == 409
    assert "You cannot do this for yourself." in refused.text


def test_what_one_sees_of_people_says_no_more_than_is_true(town, english):
    sitting, farid = opened(town), english("farid")
    for path in (f"/team/exams/{sitting.public_id}", "/team/exams/new"):
        assert "Who has a certificate is on the page of your unit" in farid.get(path).text
    assert farid.get("/team").status_code == 200
    assert "as your manager does, dates and certificates" in farid.get("/privacy").text


def test_one_is_asked_before_an_exam_is_closed(town, english):
    sitting, amina, farid = opened(town), english("amina"), english("farid")
    amina.post(f"{QUIZ}/code", data={"code": sitting.code})
    room = f"/team/exams/{sitting.public_id}"
    assert f'href="{room}/close"' in farid.get(room).text
    closing = farid.get(f"{room}/close").text
    assert "1 person is not finished." in closing
    assert "cannot be taken back" in closing
    assert "Not finished" in farid.get(room).text
    assert farid.post(f"{room}/close").status_code == 303
    assert farid.get(f"{room}/close").headers["Location"] == room
    over = shown(farid.get(room))
    assert "This exam is over." in over
    assert "Only those you let in again can answer." in over
    assert "Opened by Farid Rahimi." in over
    assert "Closed " in over


def test_who_is_let_in_again_after_the_end_needs_the_code_and_it_can_be_read(town, english):
    sitting, amina, farid = opened(town), english("amina"), english("farid")
    amina.post(f"{QUIZ}/code", data={"code": sitting.code})
    room = f"/team/exams/{sitting.public_id}"
    farid.post(f"{room}/close")
    seat = re.search(r'<option value="([0-9a-f-]{36})"', farid.get(room).text)[1]
    farid.post(f"{room}/reopen", data={"seat": seat, "reason": "Closed too early"})
    code = re.search(r"<b>([A-Z]{3}-[A-Z]{3})</b>", shown(farid.get(room)))[1]
    assert english("hodan").post(f"{QUIZ}/code", data={"code": code}).status_code == 410
    assert amina.post(f"{QUIZ}/code", data={"code": code}).status_code == 303


def test_who_has_left_for_another_room_is_not_waited_for(town, english):
    sitting, amina, farid = opened(town), english("amina"), english("farid")
    amina.post(f"{QUIZ}/code", data={"code": sitting.code})
    amina.post(f"{QUIZ}/code", data={"code": opened(town).code})
    room = f"/team/exams/{sitting.public_id}"
    assert "Left" in re.sub(r"<[^>]*>", " ", farid.get(room).text)
    closing = farid.get(f"{room}/close").text
    assert "Nobody is working on it now. Who is not finished has left." in closing
    assert "Everybody who has come is finished." not in closing


def test_what_was_left_in_a_room_counts_on_the_pages_before_the_next_one(house, granvik, english, tmp_path):
    town = with_sittings(house, granvik, tmp_path, ", attempts: 1, wait_hours: 24")
    sitting = open_exam(town)
    answer_some(town, "amina", sit(town, "amina", sitting), 1)
    amina = english("amina")
    assert "You have used all your attempts." not in amina.get(QUIZ).text
    with town.work("karin") as ctx:
        sittings.close_sitting(ctx, sitting.public_id)
    told = amina.get(QUIZ).text
    assert "You have used all your attempts." in told
    assert "0 attempts left" in told


def test_one_who_is_let_in_beyond_the_limit_is_not_told_that_none_is_left(house, granvik, english, tmp_path):
    town = with_sittings(house, granvik, tmp_path, ", attempts: 1")
    sitting = open_exam(town)
    answer_all(town, "amina", sit(town, "amina", sitting), right=0)
    amina = english("amina")
    assert "You have used all your attempts." in amina.get(QUIZ).text
    reopen(town, sitting)
    for path in (QUIZ, f"/courses/{KETTLE}/result"):
        told = amina.get(path).text
        assert "The test is opened once more for you." in told
        assert "You have used all your attempts." not in told
        assert "attempts left" not in told


def test_a_test_begun_alone_goes_on_alone_when_the_next_edition_is_taken_in_a_room(
    house, granvik, english, tmp_path
):
    publish_kettle(house, tmp_path / "alone")
    amina = english("amina")
    amina.post(QUIZ)
    publish_kettle(house, tmp_path / "room", label="2026.2", exam="supervised: true")
    page = amina.get(QUIZ).text
    assert "Continue with question 1" in page
    assert "You take this test in a room" not in page
    assert "You take it in a room, with a code." not in amina.get(f"/courses/{KETTLE}").text
    assert amina.post(QUIZ).headers["Location"] == f"{QUIZ}/1"
    _attempt, _right, wrong, items = attempt_of(granvik, "amina")
    for place in items:
        sent = amina.post(
            f"{QUIZ}/{place}", data=hidden_fields(amina.get(f"{QUIZ}/{place}")) | as_fields(wrong[place])
        )
        assert sent.status_code == 303
    assert (
        "Take the test again" not in amina.get(f"/courses/{KETTLE}/result").text
    )  # the next one is in a room
    assert "You take this test in a room" in amina.get(QUIZ).text


def test_a_test_begun_in_a_room_goes_on_there_when_the_next_edition_is_taken_alone(
    town, english, house, tmp_path
):
    sitting, amina, farid = opened(town), english("amina"), english("farid")
    amina.post(f"{QUIZ}/code", data={"code": sitting.code})
    begun, *_rest = attempt_of(town, "amina")
    publish_kettle(house, tmp_path / "alone", label="2026.2")
    assert "You take this test in a room" in amina.get(QUIZ).text
    again = amina.post(f"{QUIZ}/code", data={"code": sitting.code})
    assert again.headers["Location"] == f"{QUIZ}/1"
    assert amina.get(f"{QUIZ}/1").status_code == 200
    farid.post(f"/team/exams/{sitting.public_id}/close")
    page = amina.get(QUIZ).text  # the room is closed, and there will be no other
    assert "You take this test in a room" not in page
    assert "Continue with question" not in page
    assert amina.post(QUIZ).status_code == 303
    made, *_rest = attempt_of(town, "amina")
    assert (made.mode, made.edition_id != begun.edition_id) == ("online", True)
    assert amina.get(f"{QUIZ}/1").status_code == 200
