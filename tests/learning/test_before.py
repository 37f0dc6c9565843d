"""What one shows before a course or its renewal: who may, what it changes, and that the exam stays as it is."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from lms.base.errors import Conflict
from lms.catalogue import queries as catalogue
from lms.evidence import queries as evidence
from lms.learning import actions, queries
from lms.learning.attempts import my_attempts
from lms.learning.editions import studied_now
from lms.learning.models import Attempt, CourseSetting
from lms.learning.rules import path, reading
from lms.register.editions import my_proof
from lms.register.own_duties import my_duties
from lms.register.rules import State
from tests.learning.kettle import KETTLE, publish_kettle, show
from tests.learning.taking import key_of, take


@pytest.fixture
def kettle(house, granvik, tmp_path):
    publish_kettle(house, tmp_path / "kettle")
    return granvik


def left(town, name):
    """Lessons of the course that somebody still needs, and how far they have come."""
    with town.work(name, writes=False) as ctx:
        history = catalogue.history(ctx, KETTLE)
        done = studied_now(ctx, [history])[KETTLE]
        return [lesson.id for lesson in path(history.newest, done.shown)], reading(history.newest, done)


def read(town, name, lesson, now=None):
    with town.work(name, now=now) as ctx:
        edition = catalogue.current_edition(ctx, KETTLE)
        for step in edition.lesson(lesson).steps:
            actions.read_step(ctx, edition, lesson, step.id)


def test_what_was_shown_need_not_be_read(kettle):
    show(kettle, "amina", "tea")
    lessons, far = left(kettle, "amina")
    assert lessons == ["cup"]
    assert (far.begun, far.done, far.shown, far.place, far.lesson, far.minutes_left) == (
        True, {"tea"}, {"tea"}, 2, "cup", 3,
    )  # fmt: skip
    assert left(kettle, "farid")[0] == ["tea", "cup"]
    read(kettle, "amina", "cup")
    assert left(kettle, "amina")[1].place == 0


def test_it_is_the_start_of_the_course_and_gives_no_certificate(kettle):
    attempt_id = show(kettle, "amina", "tea", "cup")
    with kettle.work("amina", writes=False) as ctx:
        attempt = ctx.open(Attempt, attempt_id)
        assert (attempt.kind, attempt.passed, attempt.solid) == ("pretest", None, ["tea", "cup"])
        assert evidence.my_certificates(ctx) == []
        assert queries.result(ctx, KETTLE) is None


def test_the_exam_is_the_same_whatever_was_shown(kettle):
    show(kettle, "amina", "tea", "cup")
    with kettle.work("amina") as ctx:
        exam = actions.open_attempt(ctx, KETTLE, "sv")
        edition = catalogue.current_edition(ctx, KETTLE)
        items = [edition.items[entry["item"]] for entry in exam.drawn]
        assert len(items) == edition.exam_items
        assert {item.use for item in items} == {"exam"}
        assert {item.outcome for item in items} == {"tea", "cup"}


def test_no_single_answer_is_explained(kettle):
    with kettle.work("amina") as ctx:
        attempt = actions.open_attempt(ctx, KETTLE, "sv", "pretest")
        actions.answer_item(ctx, attempt.public_id, 1, client_id="one", value=key_of(ctx, attempt, 1))
    with kettle.work("amina", writes=False) as ctx:
        assert queries.quiz_page(ctx, KETTLE, 2, feedback_on=1, kind="pretest").feedback is None


def test_once_for_each_edition(kettle, house, tmp_path):
    show(kettle, "amina")
    with kettle.work("amina") as ctx, pytest.raises(Conflict) as refused:
        actions.open_attempt(ctx, KETTLE, "sv", "pretest")
    assert refused.value.code == "no_pretest"
    publish_kettle(house, tmp_path / "next", label="2026.2")
    assert left(kettle, "amina")[0] == ["tea", "cup"]
    show(kettle, "amina", "cup")
    assert left(kettle, "amina")[0] == ["tea"]


def test_the_author_and_the_employer_may_leave_it_out(kettle, fjordvik, house, tmp_path):
    for allowed in (True, False):
        with kettle.work("maria") as ctx:
            setting = ctx.db.scalars(
                select(CourseSetting).where(CourseSetting.employer_id == ctx.employer_id)
            ).first()
            if setting is None:
                setting = CourseSetting(employer_id=ctx.employer_id, course=KETTLE, exam_language_free=True)
                ctx.db.add(setting)
            setting.pretest = allowed
        with kettle.work("amina", writes=False) as ctx:
            assert my_attempts(ctx, KETTLE).setting.pretest is allowed
    with kettle.work("amina") as ctx, pytest.raises(Conflict):
        actions.open_attempt(ctx, KETTLE, "sv", "pretest")
    publish_kettle(house, tmp_path / "without", label="2026.2", pretest=0)
    with kettle.work("farid") as ctx, pytest.raises(Conflict):
        actions.open_attempt(ctx, KETTLE, "sv", "pretest")


def test_exam_and_what_comes_before_it_are_open_beside_each_other(kettle):
    with kettle.work("amina") as ctx:
        first = actions.open_attempt(ctx, KETTLE, "sv", "pretest")
        exam = actions.open_attempt(ctx, KETTLE, "sv")
        assert actions.open_attempt(ctx, KETTLE, "sv", "pretest") is first
        assert actions.open_attempt(ctx, KETTLE, "sv") is exam
        mine = my_attempts(ctx, KETTLE)
        assert [mine.under_way(kind).count for kind in ("pretest", "exam")] == [4, 4]


@pytest.fixture
def later(kettle):
    """Amina has passed the course; it expires ten days after this."""
    with kettle.work("karin") as ctx:
        amina = kettle.person("amina").public_id
        actions.assign_course(ctx, KETTLE, [amina], due_on=ctx.today + timedelta(days=9), reason="Krav")
        later = ctx.now + timedelta(days=720)
    read(kettle, "amina", "tea")
    read(kettle, "amina", "cup")
    take(kettle, "amina", 4, course=KETTLE)
    with kettle.work("amina", writes=False, now=later) as ctx:
        assert [duty.state for duty in my_duties(ctx)] == [State.EXPIRING]
    return later


def test_a_refresher_leaves_only_the_lessons_of_what_was_missed(kettle, later):
    assert left(kettle, "amina")[1].place == 0
    show(kettle, "amina", "cup", kind="refresher", now=later)
    lessons, far = left(kettle, "amina")
    assert lessons == ["tea"]
    assert (far.place, far.lesson, far.step, far.minutes_left) == (1, "tea", "start", 3)
    read(kettle, "amina", "tea", now=later)  # once more
    assert left(kettle, "amina")[1].place == 0
    take(kettle, "amina", 4, course=KETTLE, now=later)
    with kettle.work("amina", writes=False, now=later) as ctx:
        assert [duty.state for duty in my_duties(ctx)] == [State.VALID]


def test_a_refresher_never_asks_what_the_exam_asks(kettle, later):
    with kettle.work("amina", now=later) as ctx:
        edition = catalogue.current_edition(ctx, KETTLE)
        attempt = actions.open_attempt(ctx, KETTLE, "sv", "refresher")
        drawn = [edition.items[each["item"]] for each in attempt.drawn]
        assert {item.use for item in drawn} == {"pretest"}
        assert sorted(item.outcome for item in drawn) == ["cup", "cup", "tea", "tea"]


def test_there_is_one_refresher_for_each_renewal_and_none_without(kettle, later):
    show(kettle, "amina", kind="refresher", now=later)
    for name, now in (("amina", later), ("amina", None), ("farid", later)):
        with kettle.work(name, now=now) as ctx, pytest.raises(Conflict) as refused:
            actions.open_attempt(ctx, KETTLE, "sv", "refresher")
        assert refused.value.code == "no_refresher"
    with kettle.work("amina", now=later) as ctx, pytest.raises(Conflict) as refused:
        actions.open_attempt(ctx, KETTLE, "sv", "pretest")
    assert refused.value.code == "no_pretest"


def test_the_last_test_before_a_course_counts_over_editions_too(kettle, house, tmp_path):
    show(kettle, "amina", "tea", "cup")
    publish_kettle(house, tmp_path / "next", label="2026.2", reworded=("cup",))
    assert left(kettle, "amina")[0] == ["cup"]  # what has changed since is to be read
    show(kettle, "amina", "cup")
    assert left(kettle, "amina")[0] == ["tea"]  # what was shown before, and is missed now, too


def test_a_test_before_the_course_does_not_undo_a_refresher(kettle, later, house, tmp_path):
    show(kettle, "amina", "cup", kind="refresher", now=later)
    publish_kettle(house, tmp_path / "next", label="2026.2")
    show(kettle, "amina", now=later + timedelta(hours=1))
    lessons, far = left(kettle, "amina")
    assert (lessons, far.done) == (
        ["tea", "cup"],
        set(),
    )  # what was read before the refresher is not read again


def test_a_refresher_counts_in_the_next_edition(kettle, later, house, tmp_path):
    with kettle.work("amina", now=later) as ctx:
        under_way = actions.open_attempt(ctx, KETTLE, "sv", "refresher")
    publish_kettle(house, tmp_path / "next", label="2026.2", reworded=("cup",))
    read(kettle, "amina", "cup", now=later)  # before the refresher is finished: not after it
    finished = later + timedelta(hours=1)
    assert show(kettle, "amina", "tea", "cup", kind="refresher", now=finished) == under_way.public_id
    lessons, far = left(kettle, "amina")
    assert (lessons, far.begun, far.lesson, far.step) == (["cup"], True, "cup", "start")
    with kettle.work("amina", writes=False, now=finished) as ctx:
        history = catalogue.history(ctx, KETTLE)
        proof = my_proof(ctx, KETTLE)
        assert not my_attempts(ctx, KETTLE).may_refresh(ctx, history.newest, proof.taught)
    with kettle.work("amina", now=finished) as ctx, pytest.raises(Conflict) as refused:
        actions.open_attempt(ctx, KETTLE, "sv", "refresher")
    assert refused.value.code == "no_refresher"
    read(kettle, "amina", "cup", now=finished)
    assert left(kettle, "amina")[1].place == 0


@pytest.mark.parametrize(("days", "is_open"), [(690, False), (720, True), (800, True)])
def test_who_holds_a_certificate_that_runs_out_renews_it_by_a_refresher_without_a_duty_too(
    kettle, days, is_open
):
    for name in ("amina", "farid"):
        read(kettle, name, "tea")
        read(kettle, name, "cup")
    take(kettle, "amina", 4, course=KETTLE)
    with kettle.work("amina") as ctx:
        assert my_duties(ctx) == []
        later = ctx.now + timedelta(days=days)
    if not is_open:
        with kettle.work("amina", now=later) as ctx, pytest.raises(Conflict) as refused:
            actions.open_attempt(ctx, KETTLE, "sv", "refresher")
        assert refused.value.code == "no_refresher"
        return
    show(kettle, "amina", "cup", kind="refresher", now=later)
    assert left(kettle, "amina")[0] == ["tea"]
    with kettle.work("farid", now=later) as ctx, pytest.raises(Conflict):  # has read it all, and holds none
        actions.open_attempt(ctx, KETTLE, "sv", "refresher")
    with kettle.work("amina", now=later) as ctx, pytest.raises(Conflict):
        actions.open_attempt(ctx, KETTLE, "sv", "refresher")
    take(kettle, "amina", 4, course=KETTLE, now=later)
    with kettle.work("amina", writes=False, now=later) as ctx:
        assert len(evidence.my_certificates(ctx)) == 2
        assert not my_proof(ctx, KETTLE).taught.is_to_renew(ctx.today)
    with kettle.work("amina", now=later) as ctx, pytest.raises(Conflict):  # the new one lasts
        actions.open_attempt(ctx, KETTLE, "sv", "refresher")


def test_there_is_no_refresher_of_what_is_to_be_taken_again(kettle, later, house, tmp_path):
    changes = '{since: "2026.1", effect: retake, within_days: 365, lessons: []}'
    publish_kettle(house, tmp_path / "next", label="2026.2", changes=changes)
    for kind in ("refresher", "pretest"):
        with kettle.work("amina", now=later) as ctx, pytest.raises(Conflict) as refused:
            actions.open_attempt(ctx, KETTLE, "sv", kind)
        assert refused.value.code == f"no_{kind}"
