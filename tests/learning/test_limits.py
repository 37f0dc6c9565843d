"""How often and when the exam may be taken, where its author limits that."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms.base.errors import Conflict
from lms.catalogue.values import ExamPart
from lms.learning import actions
from lms.learning.rules import next_try
from tests.learning.kettle import KETTLE, publish_kettle
from tests.learning.small_courses import course
from tests.learning.taking import take

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Tried:
    kind: str
    edition_id: int
    closed_at: datetime | None
    passed: bool | None


hours_ago = st.integers(0, 200).map(lambda hours: NOW - timedelta(hours=hours))
tried = st.lists(
    st.builds(
        Tried,
        st.sampled_from(["exam", "pretest"]),
        st.sampled_from([0, 7]),
        hours_ago,
        st.none() | st.booleans(),
    )
).map(lambda tries: sorted(tries, key=lambda each: each.closed_at))
under_way = st.builds(
    Tried, st.sampled_from(["exam", "pretest"]), st.sampled_from([0, 7]), st.none(), st.none()
)


@given(tried, st.lists(under_way, max_size=2), st.integers(0, 5), st.integers(0, 100), st.none() | hours_ago)
def test_what_counts_are_the_misses_on_this_edition_since_the_last_pass(
    tries, begun, attempts, wait, given_at
):
    edition = course(["a"], [], [ExamPart("", ("a",), 1, 80)], attempts=attempts, wait_hours=wait)
    exams = [each for each in tries if each.kind == "exam" and each.passed is not None]
    passed = [place for place, each in enumerate(exams) if each.passed]
    missed = [each for each in exams[passed[-1] + 1 if passed else 0 :] if each.edition_id == edition.id]
    ahead = next_try(edition, [*tries, *begun], NOW, given_at)
    is_used_up = bool(attempts) and len(missed) >= attempts
    assert ahead.is_extra is (is_used_up and given_at is not None and given_at > missed[-1].closed_at)
    left = 1 if ahead.is_extra else max(0, attempts - len(missed))
    assert ahead.left == (left if attempts else None)
    waits = bool(missed and wait) and missed[-1].closed_at + timedelta(hours=wait) > NOW
    assert ahead.opens_at == (missed[-1].closed_at + timedelta(hours=wait) if waits else None)
    assert ahead.is_open is (not waits and (not attempts or left > 0))


@pytest.fixture
def amina(house, tmp_path, english):
    publish_kettle(house, tmp_path / "kettle", exam="attempts: 2, wait_hours: 24")
    return english("amina")


def test_one_waits_and_then_has_one_attempt_left(granvik, amina):
    quiz = f"/courses/{KETTLE}/quiz"
    assert "2 attempts left" in amina.get(quiz).text
    take(granvik, "amina", 0, course=KETTLE)
    for page in (quiz, f"/courses/{KETTLE}/result"):
        told = amina.get(page).text
        assert "You can take the test again" in told
        assert "To the lessons" in told
        assert "as often as you like" not in told
        assert "no limit" not in told
    refused = amina.post(quiz)
    assert refused.status_code == 409
    assert re.search(r"You can take it again on \d+ \w+ \d{4} at \d\d:\d\d\.", refused.text)
    with granvik.work("amina") as ctx, pytest.raises(Conflict) as refused:
        actions.open_attempt(ctx, KETTLE, "sv")
    assert refused.value.code == "attempt_not_yet"
    assert refused.value.facts["opens_at"] - ctx.now <= timedelta(hours=24)
    with granvik.work("amina") as ctx:
        later = ctx.now + timedelta(hours=24)
    take(granvik, "amina", 0, course=KETTLE, now=later)
    with granvik.work("amina", now=later) as ctx, pytest.raises(Conflict) as refused:
        actions.open_attempt(ctx, KETTLE, "sv")
    assert refused.value.code == "no_attempts_left"
    assert "You have used all your attempts." in amina.get(quiz).text


def test_a_new_edition_begins_anew(granvik, amina, house, tmp_path):
    take(granvik, "amina", 0, course=KETTLE)
    assert "Take the test again" not in amina.get(f"/courses/{KETTLE}/result").text
    publish_kettle(house, tmp_path / "next", label="2026.2", exam="attempts: 2, wait_hours: 24")
    told = amina.get(f"/courses/{KETTLE}/result").text
    assert "Take the test again" in told
    assert "no limit" not in told
    take(granvik, "amina", 4, course=KETTLE)
