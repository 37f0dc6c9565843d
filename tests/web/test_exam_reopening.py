"""Pages of seats opened once more, and of rooms that are open when a test is no longer taken in one."""

import re
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from lms.learning.models import CourseSetting
from lms.learning.sitting_rules import REOPENED_LASTS
from tests.learning.kettle import KETTLE, publish_kettle
from tests.learning.rooms import answer_all, close, open_exam, reopen, sit, with_sittings
from tests.learning.taking import take
from tests.web.staff_pages import as_fields, attempt_of, counted, hidden_fields, shown

QUIZ = f"/courses/{KETTLE}/quiz"
IN_ROOM = "You take this test in a room"
MAY_BE_IN_ROOM = "Are you in a room where the test is taken?"
CODE = 'name="code"'


@pytest.fixture
def town(house, granvik, tmp_path):
    """Granvik with a supervised course; Karin opens exams at Björken."""
    return with_sittings(house, granvik, tmp_path)


@pytest.fixture
def publish_alone(house, tmp_path):
    """Publish an edition whose test need not be taken in a room."""
    return lambda: publish_kettle(house, tmp_path / "alone", label="2026.2")


def clock(at):
    return f"{at.astimezone(ZoneInfo('Europe/Stockholm')):%H:%M}"


def test_who_is_let_in_again_writes_the_code_even_where_the_next_edition_asks_for_none(
    town, english, publish_alone
):
    sitting, amina = open_exam(town), english("amina")
    answer_all(town, "amina", sit(town, "amina", sitting), right=0)
    close(town, sitting)
    publish_alone()
    page = amina.get(QUIZ).text
    assert CODE not in page
    assert ">Start<" in page
    reopen(town, sitting)
    page = amina.get(QUIZ).text
    assert "The test is opened once more for you." in page
    assert IN_ROOM in page
    assert CODE in page
    assert "You take it in a room, with a code." in amina.get(f"/courses/{KETTLE}").text
    assert amina.post(f"{QUIZ}/code", data={"code": sitting.code}).headers["Location"] == f"{QUIZ}/1"
    made, *_rest = attempt_of(town, "amina")
    assert made.mode == "supervised"
    assert amina.get(f"{QUIZ}/1").status_code == 200


def test_who_has_begun_alone_meanwhile_may_go_on_or_write_the_code(town, english, publish_alone):
    sitting, amina = open_exam(town), english("amina")
    answer_all(town, "amina", sit(town, "amina", sitting), right=0)
    publish_alone()
    assert amina.post(QUIZ).status_code == 303
    assert CODE not in amina.get(QUIZ).text
    reopen(town, sitting)
    page = amina.get(QUIZ).text
    assert "Continue with question 1" in page
    assert MAY_BE_IN_ROOM in page
    assert "What you have begun on your own is then left as it is" in page
    assert CODE in page
    wrong = amina.post(f"{QUIZ}/code", data={"code": "ABCDEF"})
    assert wrong.status_code == 422
    assert CODE in wrong.text
    assert amina.post(f"{QUIZ}/code", data={"code": sitting.code}).status_code == 303
    made, *_rest = attempt_of(town, "amina")
    assert made.mode == "supervised"


def test_whoever_comes_to_a_room_that_is_open_still_gets_in_with_the_code(
    town, english, publish_alone, house
):
    sitting, hodan, karin = open_exam(town), english("hodan"), english("karin")
    room = f"/team/exams/{sitting.public_id}"
    said = "This course has a new edition."
    assert said not in karin.get(room).text
    publish_alone()
    assert said in karin.get(room).text
    with counted(house) as sent:
        page = hodan.get(QUIZ).text
    assert len(sent) <= 6
    assert MAY_BE_IN_ROOM in page
    assert "You can also take the test on your own." in page
    assert CODE in page
    assert ">Start<" in page
    wrong = hodan.post(f"{QUIZ}/code", data={"code": "ABCDEF"})
    assert 'href="#f-code"' in wrong.text
    assert hodan.post(f"{QUIZ}/code", data={"code": sitting.code}).status_code == 303
    assert "Hodan" in karin.get(room).text
    close(town, sitting)
    assert said not in karin.get(room).text
    page = english("farid").get(QUIZ).text
    assert ">Start<" in page
    assert CODE not in page


def test_all_reopenings_are_told(town, english):
    sitting = open_exam(town)
    answer_all(town, "amina", sit(town, "amina", sitting), right=0)
    for reason in ("Brandlarm", "Skärmen slocknade"):
        reopen(town, sitting, reason)
    amina = english("amina")
    for path in (QUIZ, f"/courses/{KETTLE}/result", f"/courses/{KETTLE}"):
        told = amina.get(path).text
        assert told.count("The test is opened once more for you.") == 1
        assert told.index("Brandlarm") < told.index("Skärmen slocknade")


@pytest.mark.parametrize("hours", [1, 6])
def test_it_is_said_until_when_somebody_who_is_let_in_again_may_answer(town, english, hours):
    sitting = open_exam(town, hours=hours)
    sit(town, "amina", sitting)
    karin = english("karin")
    with town.work("karin", writes=False) as ctx:
        lasts = {clock(ctx.now + REOPENED_LASTS + timedelta(minutes=minute)) for minute in range(2)}
    until = re.search(
        r"If you do it now, they have until (\d\d:\d\d)", karin.get(f"/team/exams/{sitting.public_id}").text
    )
    assert until[1] in (lasts if hours == 1 else {clock(sitting.closes_at)})


def test_who_was_let_in_again_after_the_end_is_ended_by_a_button(town, english):
    sitting, amina, karin = open_exam(town), english("amina"), english("karin")
    sit(town, "amina", sitting)
    room = f"/team/exams/{sitting.public_id}"
    close(town, sitting)
    assert "End it for them" not in karin.get(room).text
    assert karin.get(f"{room}/close").headers["Location"] == room
    reopen(town, sitting)
    page = karin.get(room).text
    assert re.search(r"Those you let in again can answer until \d\d:\d\d\.", page)
    assert f'href="{room}/close"' in page
    closing = shown(karin.get(f"{room}/close"))
    assert "End the exam for those you let in again" in closing
    assert "1 person is not finished." in closing
    assert "When you end it they cannot go on" in closing
    assert amina.get(f"{QUIZ}/1").status_code == 200
    assert karin.post(f"{room}/close").status_code == 303
    assert amina.get(f"{QUIZ}/1").status_code == 410
    assert "End it for them" not in karin.get(room).text
    assert karin.get(f"{room}/close").headers["Location"] == room


def test_who_began_alone_finds_the_field_for_the_code_in_a_room_that_is_open_still(
    town, english, publish_alone
):
    sitting, hodan = open_exam(town), english("hodan")
    publish_alone()
    hodan.post(QUIZ)
    page = hodan.get(QUIZ).text
    assert "Continue with question 1" in page
    assert "What you have begun on your own is then left as it is" in page
    assert hodan.post(f"{QUIZ}/code", data={"code": sitting.code}).status_code == 303
    made, *_rest = attempt_of(town, "hodan")
    assert made.mode == "supervised"


def test_the_language_that_is_chosen_goes_with_the_code_too(town, english, publish_alone):
    sitting, hodan = open_exam(town), english("hodan")
    publish_alone()
    with town.work("maria") as ctx:
        ctx.db.add(
            CourseSetting(employer_id=ctx.employer_id, course=KETTLE, pretest=True, exam_language_free=True)
        )
    page = hodan.get(QUIZ).text
    choices = re.findall(r'<input type="radio" name="language" value="(\w+)"[^>]* form="(\w+)"', page)
    (code,) = re.findall(r'<input [^>]*name="code"[^>]* form="(\w+)"', page)
    assert choices
    assert {form for _language, form in choices} == {code}
    hodan.post(f"{QUIZ}/code", data={"code": sitting.code, "language": "sv"})
    made, *_rest = attempt_of(town, "hodan")
    assert made.language == "sv"


def test_no_code_is_asked_of_who_may_not_take_the_test_now(house, granvik, english, tmp_path):
    town = with_sittings(house, granvik, tmp_path)
    open_exam(town)
    publish_kettle(house, tmp_path / "alone", label="2026.2", exam="attempts: 1")
    take(town, "amina", right=0, course=KETTLE)
    amina = english("amina")
    page = amina.get(QUIZ).text
    assert "You have used all your attempts." in page
    assert CODE not in page


def test_who_gives_up_on_a_code_can_start_alone_and_keeps_the_language_chosen(town, english, publish_alone):
    open_exam(town)
    hodan = english("hodan")
    publish_alone()
    with town.work("maria") as ctx:
        ctx.db.add(
            CourseSetting(employer_id=ctx.employer_id, course=KETTLE, pretest=True, exam_language_free=True)
        )
    for code in ("ABCDEF", " "):
        page = hodan.post(f"{QUIZ}/code", data={"code": code, "language": "sv"})
        assert page.status_code == 422
        assert f'<form method="post" id="start" action="{QUIZ}"' in page.text
        assert re.search(r'name="language" value="sv" checked', page.text)


def test_no_code_is_asked_where_every_code_would_be_refused(house, granvik, sign_in, tmp_path):
    town = with_sittings(house, granvik, tmp_path, ", attempts: 1")
    sitting = open_exam(town)
    answer_all(town, "amina", sit(town, "amina", sitting), right=0)
    amina = sign_in(town, "amina")
    page = amina.get(QUIZ).text
    assert CODE not in page
    assert 'form="start"' not in page.partition('<section class="dock')[2]


def test_who_would_lose_the_only_attempt_by_the_code_is_not_asked_for_it(house, granvik, sign_in, tmp_path):
    town = with_sittings(house, granvik, tmp_path)
    open_exam(town)
    publish_kettle(house, tmp_path / "alone", label="2026.2", exam="attempts: 1")
    amina = sign_in(town, "amina")
    amina.post(QUIZ)
    assert CODE in amina.get(QUIZ).text  # nothing is answered, so nothing is lost
    _made, _right, wrong, _items = attempt_of(town, "amina")
    page = amina.get(f"{QUIZ}/1")
    amina.post(f"{QUIZ}/1", data=hidden_fields(page) | as_fields(wrong[1]))
    assert CODE not in amina.get(QUIZ).text
