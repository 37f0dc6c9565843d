"""What comes before a course and before its renewal, through the pages: offered, asked, told, and followed."""

import re
from datetime import timedelta

import pytest

from lms.learning.actions import assign_course
from lms.learning.models import CourseSetting
from tests.learning.kettle import KETTLE, publish_kettle, show
from tests.learning.taking import take
from tests.web.staff_pages import as_fields, attempt_of, counted, hidden_fields, shown

COURSE = f"/courses/{KETTLE}"
PRETEST = f"{COURSE}/before/pretest"


@pytest.fixture
def town(house, granvik, tmp_path):
    publish_kettle(house, tmp_path / "kettle")
    return granvik


@pytest.fixture
def amina(town, english):
    return english("amina")


def test_it_is_offered_before_the_lessons_with_what_it_means(amina):
    page = amina.get(COURSE).text
    assert "Show what you know" in page
    assert page.index(f'href="{PRETEST}"') < page.index(f'href="{COURSE}/tea"')
    said = shown(amina.get(PRETEST))
    for told in (
        "4 questions",
        "They take about 2 minutes.",
        "What you show, you need not read",
        "The knowledge test still covers everything",
        "Nobody but you sees how it went.",
    ):
        assert told in said


def test_from_the_first_question_to_a_shorter_course(town, amina):
    started = amina.post(PRETEST)
    assert (started.status_code, started.headers["Location"]) == (303, f"{PRETEST}/1")
    _attempt, right, wrong, items = attempt_of(town, "amina")
    page = amina.get(f"{PRETEST}/1")
    for place, item in items.items():
        assert f"Question {place} of 4" in page.text
        nothing = amina.post(f"{PRETEST}/{place}", data=hidden_fields(page))
        assert nothing.status_code == 422
        assert "Choose an answer first." in nothing.text
        value = right[place] if item.outcome == "tea" else wrong[place]
        sent = amina.post(f"{PRETEST}/{place}", data=hidden_fields(page) | as_fields(value))
        page = amina.get(sent.headers["Location"])
        assert "Never" not in page.text  # no single answer is explained
    assert sent.headers["Location"] == f"{PRETEST}/result"
    text = shown(page)
    assert "You have shown <b>1 of 2</b> parts of the course." in text
    assert "1 lesson is left for you, about 3 min." in text
    assert (
        text.index("Making tea") < text.index("Solid") < text.index("Choosing a cup") < text.index("Not yet")
    )
    assert f'href="{COURSE}/cup/start"' in page.text
    course = shown(amina.get(COURSE))
    assert "1 of 2 lessons done" in course
    assert course.count("You have shown this") == 1
    assert "Continue with lesson 2" in course
    assert PRETEST not in course
    assert amina.get(f"{COURSE}/tea").status_code == 303  # it can still be opened
    assert amina.get(f"{PRETEST}/1").headers["Location"] == f"{PRETEST}/result"
    for method in (amina.get, amina.post):
        assert method(PRETEST).status_code == 409


def test_another_language_keeps_the_place_and_what_is_chosen(town, amina):
    amina.post(PRETEST)
    _attempt, right, _wrong, _items = attempt_of(town, "amina")
    page = amina.get(f"{PRETEST}/1")
    after = amina.post(f"{PRETEST}/1", data=hidden_fields(page) | as_fields(right[1]) | {"to": "sv"})
    assert (after.status_code, after.text.count('<html lang="sv"')) == (200, 1)
    assert f'value="{right[1]}" checked' in after.text
    assert "0 av 4 frågor" in shown(amina.get(PRETEST))


def test_all_its_pages_offer_the_languages(town, amina):
    pages = [PRETEST, f"{PRETEST}/result"]
    first = amina.get(PRETEST).text
    show(town, "amina", "tea")
    for address, page in zip(pages, (first, amina.get(pages[1]).text), strict=True):
        assert re.search(rf'<form class="langs".*?value="{address}"', page), address


def test_one_goes_on_past_what_was_shown(town, amina):
    show(town, "amina", "cup")
    page = amina.get(f"{COURSE}/tea/remember").text
    assert f'href="{COURSE}/quiz"' in page
    assert "To the knowledge test" in page
    amina.get(f"{COURSE}/tea/start")
    for step in ("see", "try-1", "choose"):
        amina.get(f"{COURSE}/tea/{step}")
    assert "To the knowledge test" in amina.get(COURSE).text


def test_the_employer_may_leave_it_out(town, amina):
    with town.work("maria") as ctx:
        ctx.db.add(
            CourseSetting(employer_id=ctx.employer_id, course=KETTLE, pretest=False, exam_language_free=False)
        )
    assert "Show what you know" not in amina.get(COURSE).text
    assert amina.get(PRETEST).status_code == 409


@pytest.mark.parametrize(
    "address", ["before/exam", "before/x", "before/exam/1", "before/exam/result", "before/pretest/9"]
)
def test_there_is_nothing_else_before_a_course(amina, address):
    amina.post(PRETEST)
    assert amina.get(f"{COURSE}/{address}").status_code == 404


@pytest.fixture
def expiring(town, house, tmp_path):
    """Amina has passed the course some days ago; its certificate lasts a month."""
    publish_kettle(house, tmp_path / "short", label="2026.2", validity=1)
    with town.work("amina", writes=False) as ctx:
        passed = ctx.now - timedelta(days=3)
    take(town, "amina", 4, course=KETTLE, now=passed)


REFRESHER = f"{COURSE}/before/refresher"


def test_a_certificate_that_runs_out_is_renewed_by_a_refresher(town, amina, expiring):
    with town.work("karin") as ctx:  # assigned to who has not got it for long any more
        assign_course(ctx, KETTLE, [town.person("amina").public_id], due_on=ctx.today, reason="Krav")
    todo = amina.get("/todo").text
    assert f'href="{COURSE}"' in todo
    assert "Renew" in todo
    page = amina.get(COURSE).text
    assert "Refresh what you know" in page
    assert page.count(f'href="{REFRESHER}"') == 2  # in the page, and the one button below it
    assert "Show what you know" not in page
    show(town, "amina", "tea", kind="refresher")
    assert "1 lesson is left for you, about 3 min." in amina.get(f"{REFRESHER}/result").text
    todo = amina.get("/todo").text
    assert f'href="{COURSE}/cup/start"' in todo
    assert "Lesson 2 of 2 · 3 min left" in todo
    page = amina.get(COURSE).text
    assert REFRESHER not in page
    assert PRETEST not in page
    assert "Continue with lesson 2" in page


def test_who_has_no_duty_renews_it_as_well_and_is_not_told_to(town, amina, expiring):
    todo = shown(amina.get("/todo"))
    assert "Nothing to do right now" in todo
    assert "Renew" not in todo
    page = amina.get("/certificates").text
    link = page[page.index(f'href="{COURSE}"') :]
    assert "Renew" in link[: link.index("</a>")]
    page = amina.get(COURSE).text
    assert "You have a valid certificate" in page
    assert page.count(f'href="{REFRESHER}"') == 2
    assert amina.get(REFRESHER).status_code == 200
    show(town, "amina", "tea", "cup", kind="refresher")
    page = amina.get(COURSE).text
    assert REFRESHER not in page
    dock = page[page.index('class="dock') :]
    assert f'href="{COURSE}/quiz"' in dock  # what is left to do, not the certificate there is
    assert "Show the certificate" not in page
    take(town, "amina", 4, course=KETTLE)
    page = amina.get("/certificates").text
    assert page.count("Renewed") == 1
    assert page.count("Renew") == 2  # the other is for the new one, which lasts a month too


def test_pages_take_at_most_six_statements(town, amina, house):
    pages = [COURSE, PRETEST, "/todo", "/courses", f"{COURSE}/quiz"]
    amina.post(PRETEST)
    pages += [f"{PRETEST}/1"]
    for page in pages:
        with counted(house) as sent:
            assert amina.get(page).status_code == 200
        assert len(sent) <= 6, (page, sent)
