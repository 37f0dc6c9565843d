"""Pages of an exam in parts, each with a limit of its own: said before it, and told after it, passed or not."""

import re

import pytest

from tests.learning.kettle import KETTLE, publish_kettle
from tests.web.staff_pages import as_fields, attempt_of, hidden_fields, shown

QUIZ, RESULT = f"/courses/{KETTLE}/quiz", f"/courses/{KETTLE}/result"
PARTS = (
    "parts: [{id: water, outcomes: [tea], items: 2, pass_percent: 100},"
    " {id: china, outcomes: [cup], items: 2, pass_percent: 50}]"
)


@pytest.fixture
def amina(house, tmp_path, english):
    publish_kettle(house, tmp_path / "kettle", exam=PARTS, parts={"water": "Water", "china": "China"})
    return english("amina")


def take(browser, town, wrongly):
    """Take the exam with wrong answers to so many questions of each outcome; what is said of it, without marks."""
    browser.post(QUIZ)
    _attempt, right, wrong, items = attempt_of(town, "amina")
    left = dict(wrongly)
    for place, item in items.items():
        is_wrong = left.get(item.outcome, 0) > 0
        left[item.outcome] = left.get(item.outcome, 0) - 1
        sent = wrong[place] if is_wrong else right[place]
        page = browser.get(f"{QUIZ}/{place}")
        assert browser.post(f"{QUIZ}/{place}", data=hidden_fields(page) | as_fields(sent)).status_code == 303
    return in_words(browser.get(RESULT))


def in_words(page):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", shown(page)))


def test_each_part_says_its_limit_before_the_exam(amina):
    said = in_words(amina.get(QUIZ))
    assert "4 questions" in said
    assert "Each part has its own limit" in said
    assert "right answers are enough" not in said
    assert "Water All 2 must be right." in said
    assert "China 1 of 2 must be right." in said


def test_a_part_that_is_missed_is_told_and_not_made_up_for(granvik, amina):
    said = take(amina, granvik, {"tea": 1})
    assert "Nearly there" in said
    assert "Each part has its own limit." in said
    assert "The limit is 3." not in said
    assert re.search(r"Water \S+ of 2 right\. All must be right\. Not yet", said)
    assert "China 2 of 2 right. The limit is 1. Enough" in said


def test_every_part_that_is_reached_is_a_pass(granvik, amina):
    said = take(amina, granvik, {"cup": 1})
    assert "Passed, Amina!" in said
    assert "Each part has its own limit." in said
    assert "Water 2 of 2 right. All must be right. Enough" in said
    assert re.search(r"China \S+ of 2 right\. The limit is 1\. Enough", said)
