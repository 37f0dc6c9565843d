"""The question of the week: who gets one, what is kept of it, and that it is nobody else's."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from lms.base.errors import Invalid
from lms.catalogue import queries as catalogue
from lms.evidence.actions import revoke_certificate
from lms.evidence.queries import my_certificates
from lms.learning import weekly
from lms.learning.models import Attempt, WeeklyAnswer
from lms.learning.spacing import may_be_asked
from lms.learning.weekly import answer_weekly, is_wanted, my_week, studied_and_waits, want_weekly
from lms.register.models import Proof
from tests.learning.kettle import KETTLE, leave, publish_kettle
from tests.learning.taking import take

MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
WEEK = timedelta(weeks=1)


@pytest.fixture
def kettle(house, granvik, tmp_path):
    """Amina has passed the small course, with one miss on each of its parts at most, and wants questions."""
    publish_kettle(house, tmp_path / "kettle", now=MONDAY - 9 * WEEK)
    take(granvik, "amina", 4, course=KETTLE, now=MONDAY - WEEK)
    choose(granvik, "amina", wanted=True)
    return granvik


def choose(town, name, *, wanted):
    with town.work(name, now=MONDAY) as ctx:
        want_weekly(ctx, wanted=wanted)


def at(town, now=MONDAY, name="amina"):
    with town.work(name, writes=False, now=now) as ctx:
        return my_week(ctx)


def waits(town, now=MONDAY, name="amina"):
    """Whether To do says that the question waits; the same as what the question's own page says."""
    with town.work(name, writes=False, now=now) as ctx:
        _studied, said = studied_and_waits(ctx, catalogue.histories(ctx).values(), {})
        assert said is (my_week(ctx).question is not None)
        return said


def value_for(found, *, right):
    key = found.edition.items[found.item].key
    if not right:
        return next(option for option, _text in found.question.options if option not in key)
    return list(key) if isinstance(key, tuple) else key


def answer(town, now=MONDAY, *, right=True, item=None):
    """Answer the question of a week; the item that was asked."""
    found = at(town, now)
    value = value_for(found, right=right)
    if not right and found.question.type == "multiple":
        value = [value]
    with town.work("amina", now=now) as ctx:
        answer_weekly(ctx, item or found.item, value)
    return found.item


def kept(town):
    with town.inside() as ctx:
        rows = ctx.db.scalars(select(WeeklyAnswer).where(WeeklyAnswer.employer_id == town.employer_id))
        return [(row.item, row.asked_week, row.right) for row in rows]


def test_a_question_is_for_whoever_wants_one_and_has_proven_something(kettle):
    take(kettle, "farid", 4, course=KETTLE, now=MONDAY - WEEK)
    choose(kettle, "hodan", wanted=True)
    for name, wanted, asks in (("amina", True, True), ("farid", False, False), ("hodan", True, False)):
        found = at(kettle, name=name)
        assert (found.wanted, found.question is not None) == (wanted, asks)
        assert waits(kettle, name=name) is asks
    assert kept(kettle) == []


def test_it_is_one_for_practice_without_its_key(kettle):
    found = at(kettle)
    item = found.edition.items[found.item]
    assert (found.edition.course, may_be_asked(item), found.feedback) == (KETTLE, True, None)
    assert found.question.options
    assert at(kettle) == found  # however often it is looked at
    assert at(kettle, MONDAY + timedelta(days=6)) == found


def test_stopping_and_wanting_again(kettle):
    choose(kettle, "amina", wanted=False)
    assert not waits(kettle)
    with kettle.work("amina", writes=False) as ctx:
        assert not is_wanted(ctx)
    choose(kettle, "amina", wanted=True)
    assert waits(kettle)


@pytest.mark.parametrize("right", [True, False])
def test_the_answer_is_explained_and_kept_for_the_week(kettle, right):
    item = answer(kettle, right=right)
    found = at(kettle, MONDAY + timedelta(days=2))
    assert (found.question, found.item, found.feedback.right) == (None, item, right)
    assert found.feedback.why
    assert kept(kettle) == [(item, MONDAY.date(), right)]
    assert not waits(kettle, MONDAY + timedelta(days=6))
    assert waits(kettle, MONDAY + WEEK)


def test_the_first_answer_counts(kettle):
    found = at(kettle)
    item = answer(kettle, right=False)
    with kettle.work("amina", now=MONDAY) as ctx:
        answer_weekly(ctx, item, value_for(found, right=True))
    assert kept(kettle) == [(item, MONDAY.date(), False)]


def test_what_is_no_answer_to_the_question_changes_nothing(kettle):
    item = at(kettle).item
    for nothing in (None, "", "z", [], {"a": "b"}):
        with pytest.raises(Invalid) as refused, kettle.work("amina", now=MONDAY) as ctx:
            answer_weekly(ctx, item, nothing)
        assert refused.value.fields["answer"].startswith("choose_")
    answer(kettle, item="e1")
    choose(kettle, "amina", wanted=False)
    with kettle.work("amina", now=MONDAY) as ctx:
        answer_weekly(ctx, item, "b")
    assert kept(kettle) == []


def test_what_was_missed_comes_back_after_the_one_between(kettle):
    asked = [answer(kettle, MONDAY + week * WEEK, right=week > 0) for week in range(3)]
    assert asked[0] == asked[2] != asked[1]


def test_a_proof_that_has_run_out_or_was_revoked_asks_no_more(kettle):
    with kettle.work("amina") as ctx:
        number = my_certificates(ctx)[0].content.number
        ctx.db.execute(
            update(Proof)
            .where(Proof.employer_id == ctx.employer_id)
            .values(expires_on=MONDAY.date() + timedelta(days=1))
        )
    assert waits(kettle, MONDAY + timedelta(days=1))
    assert not waits(kettle, MONDAY + timedelta(days=2))
    with kettle.work("maria", now=MONDAY) as ctx:
        revoke_certificate(ctx, number, "Fel person gjorde testet")
    assert not waits(kettle)


def test_a_new_edition_asks_its_own_and_explains_what_was_answered_on_the_old_one(house, kettle, tmp_path):
    before = at(kettle).edition
    item = answer(kettle)
    publish_kettle(house, tmp_path / "new", label="2026.2", now=MONDAY)
    assert (at(kettle).edition, at(kettle).item) == (before, item)
    assert at(kettle, MONDAY + WEEK).edition.label == "2026.2"


def test_nobody_elses_answers_or_wishes_count(kettle):
    answer(kettle)
    take(kettle, "farid", 4, course=KETTLE, now=MONDAY - WEEK)
    choose(kettle, "farid", wanted=True)
    assert waits(kettle, name="farid")
    choose(kettle, "farid", wanted=False)
    assert at(kettle, MONDAY + WEEK).question is not None


def heeded_tests(town, monkeypatch, now=MONDAY):
    """What the choice of the question goes by, of tests that were taken before."""
    heeded = []
    monkeypatch.setattr(
        weekly, "next_question", lambda _editions, _answers, tests, *_rest: heeded.extend(tests)
    )
    at(town, now)
    monkeypatch.undo()
    return heeded


def test_a_test_of_which_nobody_wrote_down_what_was_solid_says_nothing(kettle, monkeypatch):
    assert len(heeded_tests(kettle, monkeypatch)) == 1
    with kettle.inside(writes=True) as ctx:
        ctx.db.execute(update(Attempt).where(Attempt.employer_id == ctx.employer_id).values(solid=None))
    assert heeded_tests(kettle, monkeypatch) == []


def test_nor_does_one_that_was_begun_and_left(kettle, monkeypatch):
    before = heeded_tests(kettle, monkeypatch)
    leave(kettle, "amina", now=MONDAY - timedelta(days=3))
    assert heeded_tests(kettle, monkeypatch) == before
