"""What is sent after the session has ended is kept through the sign-in, for the same person on the same device."""

import re
from datetime import timedelta
from html import unescape

import pytest
from sqlalchemy import select, update

from lms.base.context import work
from lms.identity.models import KeptForm, UserSession
from lms.identity.rules import LARGEST_KEPT, MOST_KEPT
from lms.jobs.worker import work_off
from lms.learning.models import Answer, Assignment
from lms.reflection import actions as reflection
from lms.reflection.models import Meeting
from tests.identity.people import give_password, letters
from tests.learning.taking import COURSE
from tests.web.browser import AMINA, PASSWORD
from tests.web.staff_pages import answer, attempt_of, edition_of

PATH = "/plan/018f0000-0000-7000-8000-000000000000/done"  # takes a form, and is there for nobody


@pytest.fixture
def signed_in(granvik, sign_in):
    """Make a browser signed in as somebody who has a password."""

    def make(name):
        give_password(granvik, name, PASSWORD)
        return sign_in(granvik, name)

    return make


def end_sessions(house):
    """Let every session have come to its end."""
    with work(house) as ctx:
        ctx.db.execute(update(UserSession).values(expires_at=ctx.now))


@pytest.fixture
def lapsed(house, signed_in):
    """Make a browser whose session has ended."""

    def make(name):
        browser = signed_in(name)
        end_sessions(house)
        return browser

    return make


def come_back(browser, name="1001"):
    return browser.post("/sign-in/password", data={"name": name, "m": "granvik", "password": PASSWORD})


def send_again(browser, page):
    """Press "Send now" on the page of a kept form."""
    action = re.search(r'<form method="post" action="(/[^"]+)" class="stack s12">', page)[1]
    fields = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page)
    sent = {}
    for name, value in fields:
        if name != "csrf_token":
            sent.setdefault(name, []).append(unescape(value))
    return browser.post(unescape(action), data=sent)


def kept_rows(house):
    with work(house, writes=False) as ctx:
        return ctx.db.scalars(select(KeptForm).order_by(KeptForm.id)).all()


def test_an_answer_in_the_quiz(granvik, house, signed_in):
    browser = signed_in("amina")
    browser.post(f"/courses/{COURSE}/quiz")
    page = browser.get(f"/courses/{COURSE}/quiz/1")
    _attempt, right, _wrong, _items = attempt_of(granvik, "amina")
    end_sessions(house)
    led = answer(browser, 1, right[1], page)
    assert led.location == "/sign-in?kept=yes"
    assert "Det du skickade finns kvar." in browser.get(led.location).text
    back = come_back(browser)
    assert re.fullmatch(r"/kept/[0-9a-f-]+", back.location)
    kept = browser.get(back.location)
    for _ in range(2):  # pressed twice it counts once
        assert send_again(browser, kept.text).status_code == 303
    with granvik.inside() as ctx:
        assert ctx.db.scalars(select(Answer.right)).all() == [True]


def test_practice_in_a_lesson(house, signed_in):
    course = edition_of(house)
    path, item = next(
        (f"/courses/{COURSE}/{lesson.id}/{step.id}", course.items[step.item])
        for lesson in course.lessons
        for step in lesson.steps
        if step.item and course.items[step.item].type == "multiple"
    )
    browser = signed_in("amina")
    end_sessions(house)
    assert (
        browser.post(path, data={"type": "multiple", "answer": list(item.key)}).location
        == "/sign-in?kept=yes"
    )
    explained = send_again(browser, browser.get(come_back(browser).location).text)
    assert explained.status_code == 200
    assert "Rätt" in explained.text


def test_what_a_lead_assigns(granvik, lapsed):
    browser = lapsed("karin")
    form = {
        "course": COURSE, "people": [granvik.person("amina").public_id, granvik.person("farid").public_id],
        "due_on": "2099-01-01", "reason": "Ny rutin på enheten",
    }  # fmt: skip
    assert browser.post("/assign?unit=", data=form).location == "/sign-in?kept=yes"
    page = browser.get(come_back(browser, "1010").location).text
    assert "Ny rutin på enheten" in page
    assert 'action="/assign?unit="' in page
    assert send_again(browser, page).location.startswith("/team?assigned=")
    with granvik.inside() as ctx:
        assert ctx.db.scalars(select(Assignment.reason)).all() == ["Ny rutin på enheten"]


def test_the_notes_of_a_meeting(granvik, lapsed):
    with granvik.work("karin") as ctx:
        meeting = reflection.plan_meeting(
            ctx, granvik.unit("Björken").public_id, course=COURSE, starts_at=ctx.now
        )
    browser = lapsed("karin")
    text = 'Vi läser <varandras> anteckningar.\r\nOch "citat" & så.'
    path = f"/meetings/{meeting.public_id}/notes"
    assert browser.post(path, data={"notes": text, "present": []}).location == "/sign-in?kept=yes"
    page = browser.get(come_back(browser, "1010").location).text
    assert "Vi läser &lt;varandras&gt; anteckningar." in page
    assert send_again(browser, page).location.startswith("/meetings?noted=")
    with granvik.inside() as ctx:
        (notes,) = ctx.db.scalars(select(Meeting.notes))
    assert notes.splitlines() == text.splitlines()


def test_by_the_link_of_a_mail_too(house, lapsed):
    browser = lapsed("amina")
    browser.post("/actions/018f0000-0000-7000-8000-000000000000/done", data={"meeting": "x y"})
    browser.post("/sign-in", data={"email": AMINA})
    (letter,) = letters(house)
    assert browser.post(f"/sign-in/link/{letter.token}").location.startswith("/kept/")


def test_only_for_the_same_person(granvik, sign_in, lapsed, house):
    give_password(granvik, "farid", PASSWORD)
    browser = lapsed("amina")
    browser.post(PATH, data={"text": "Mina egna ord"})
    (kept,) = kept_rows(house)
    assert come_back(browser, "1002").location == "/todo"
    answer = browser.get(f"/kept/{kept.public_id}")
    assert answer.status_code == 404
    assert "Mina egna" not in answer.text


def test_only_on_the_same_device(app, house, lapsed):
    browser = lapsed("amina")
    browser.post(PATH, data={"text": "Mina egna ord"})
    assert come_back(app.test_client()).location == "/todo"
    assert come_back(browser).location.startswith("/kept/")


def test_a_device_signed_out_from_elsewhere_keeps_it_as_well(granvik, house, sign_in):
    give_password(granvik, "amina", PASSWORD)
    browser = sign_in(granvik, "amina")
    with work(house) as ctx:
        ctx.db.scalars(select(UserSession)).one().revoked_at = ctx.now
    assert browser.post(PATH, data={"a": "b"}).location.endswith("kept=yes")


@pytest.mark.parametrize(
    "form",
    [
        {"old_password": "a", "password": "b"},
        {"code": "123456"},
        {},
        {"text": "x" * (LARGEST_KEPT + 1)},
    ],
)
def test_passwords_codes_and_what_is_too_large_are_not_kept(house, lapsed, form):
    browser = lapsed("amina")
    for path in ("/me/password", PATH):
        assert browser.post(path, data=form).location == "/sign-in"
    assert kept_rows(house) == []


def test_nothing_is_kept_for_who_never_was_here_or_without_the_forms_token(app, client, house, lapsed):
    form = {"text": "Mina egna ord"}
    assert client.post(PATH, data=form).location == "/sign-in"
    browser = lapsed("amina")
    app.config["WTF_CSRF_ENABLED"] = True
    assert browser.post(PATH, data=form).status_code == 400
    assert kept_rows(house) == []


def test_with_the_forms_token_it_is_kept_and_the_token_is_not(app, granvik, house, sign_in):
    app.config["WTF_CSRF_ENABLED"] = True
    browser = sign_in(granvik, "amina")
    token = re.search(r'name="csrf_token" value="([^"]+)"', browser.get("/me").text)[1]
    end_sessions(house)
    assert browser.post(PATH, data={"csrf_token": token}).location == "/sign-in"  # a button alone
    led = browser.post("/me", data={"csrf_token": token, "language": "sv", "theme": "dark"})
    assert led.location == "/sign-in?kept=yes"
    (kept,) = kept_rows(house)
    assert (kept.path, kept.fields) == ("/me", [["language", "sv"], ["theme", "dark"]])


def test_one_device_keeps_a_few_forms_and_each_for_a_day(house, lapsed):
    browser = lapsed("amina")
    for number in range(MOST_KEPT + 2):
        browser.post("/me", data={"text": f"number {number}"})
    rows = kept_rows(house)
    assert [row.fields[0][1] for row in rows] == [f"number {number}" for number in range(2, MOST_KEPT + 2)]
    assert "number 6" in browser.get(come_back(browser).location).text
    work_off(house, ahead=timedelta(hours=23))
    assert len(kept_rows(house)) == MOST_KEPT
    work_off(house, ahead=timedelta(hours=25))
    assert kept_rows(house) == []
