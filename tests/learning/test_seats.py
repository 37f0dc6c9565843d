"""Seats of supervised exams: what was left in a room, and two who meet at one."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from time import sleep
from uuid import uuid4

import pytest
from sqlalchemy import func, select

from lms.base.audit import AuditEntry
from lms.base.context import work
from lms.base.errors import Conflict
from lms.catalogue import queries as catalogue
from lms.catalogue.actions import publish_editions
from lms.evidence.queries import my_certificates
from lms.learning import actions, groups, queries, sittings
from lms.learning.attempts import my_attempts
from lms.learning.models import Attempt, AttemptDecision
from tests.catalogue.tiny_course import write_files
from tests.catalogue.typed_course import NAME as TYPED
from tests.catalogue.typed_course import typed_course
from tests.learning.kettle import KETTLE
from tests.learning.rooms import (
    answer_some,
    open_exam,
    sit,
    with_sittings,
)
from tests.learning.taking import COURSE, item_at, key_of

AWHILE = 0.3  # seconds, in which the second meets what the first has not committed yet


@pytest.fixture
def town(house, granvik, tmp_path):
    return with_sittings(house, granvik, tmp_path)


def ahead_of(town, name, now=None):
    with town.work(name, writes=False, now=now) as ctx:
        return my_attempts(ctx, KETTLE).next_exam(catalogue.current_edition(ctx, KETTLE), ctx.now)


def test_what_was_begun_in_a_room_that_is_over_counts_before_the_next_one(house, granvik, tmp_path):
    town = with_sittings(house, granvik, tmp_path, ", attempts: 1, wait_hours: 24")
    sitting = open_exam(town)
    attempt = sit(town, "amina", sitting)
    assert ahead_of(town, "amina", sitting.closes_at).left == 1  # nothing is answered
    answer_some(town, "amina", attempt, 1)
    assert ahead_of(town, "amina").left == 1
    ahead = ahead_of(town, "amina", sitting.closes_at)
    assert (ahead.left, ahead.opens_at) == (0, sitting.closes_at + timedelta(hours=24))
    with pytest.raises(Conflict) as refused:
        sit(town, "amina", open_exam(town, after=3), now=sitting.opens_at + timedelta(hours=3, minutes=1))
    assert refused.value.code == "no_attempts_left"


def test_who_looks_at_the_questions_and_leaves_gets_the_same_ones_in_the_next_room(town):
    taken = [items_of(town, sit(town, "amina", open_exam(town))) for _room in range(2)]
    assert taken[0] == taken[1]
    third = sit(town, "amina", open_exam(town))
    assert items_of(town, third) == taken[0]
    answer_some(town, "amina", third, 1)
    assert set(items_of(town, sit(town, "amina", open_exam(town)))) != set(taken[0])


def test_a_decision_is_an_answer_where_somebody_leaves(house, granvik, tmp_path):
    town = with_sittings(house, granvik, tmp_path)
    files = typed_course()
    rules = '"pass_percent": 80, "supervised": true, "attempts": 2'
    files[f"{TYPED}/SE/course.yaml"] = files[f"{TYPED}/SE/course.yaml"].replace('"pass_percent": 80', rules)
    with work(house) as ctx:
        publish_editions(ctx, write_files(files, tmp_path / "typed"))
    first_room, next_room = (open_exam(town, course=TYPED) for _room in range(2))
    first = sit(town, "amina", first_room, course=TYPED)
    with town.work("amina") as ctx:
        types = {item_at(ctx, first, place).type: place for place in range(1, len(first.drawn) + 1)}
        place = types["branching"]
        decision = key_of(ctx, first, place)[:1]
        actions.answer_item(ctx, first.public_id, place, client_id="one", value=decision)
        assert ctx.db.scalar(select(func.count(AttemptDecision.id))) == 1
        after = first_room.closes_at
    with town.work("amina", writes=False, now=after) as ctx:
        edition = catalogue.current_edition(ctx, TYPED)
        assert my_attempts(ctx, TYPED).next_exam(edition, ctx.now).left == 1
    second = sit(town, "amina", next_room, course=TYPED)
    with town.work("amina", writes=False) as ctx:
        left = ctx.open(Attempt, first.id)
        assert (left.right, left.points, left.passed) == (0, 0, False)
        assert queries.result(ctx, TYPED) is not None
        mine = my_attempts(ctx, TYPED)
        assert mine.left_unanswered("exam", edition) is None
        assert mine.next_exam(edition, ctx.now).left == 1
    assert second.drawn != first.drawn  # of eleven questions that have all been seen, in another order


def items_of(town, attempt):
    """The items of an attempt with their options, as they were drawn."""
    with town.work("amina", writes=False) as ctx:
        return [(each["item"], *each["options"]) for each in ctx.open(Attempt, attempt.id).drawn]


@pytest.fixture
def meanwhile():
    """Begin something in another thread and give it the time to run into what is being written here."""
    with ThreadPoolExecutor(max_workers=1) as pool:

        def begin(action, *values):
            begun = pool.submit(action, *values)
            sleep(AWHILE)
            return begun

        yield begin


def test_the_last_answer_and_the_next_room_meet(town, meanwhile):
    attempt, elsewhere = sit(town, "amina", open_exam(town)), open_exam(town)
    last = len(attempt.drawn)
    answer_some(town, "amina", attempt, last - 1)
    with town.work("amina") as ctx:
        value = key_of(ctx, attempt, last)
        actions.answer_item(ctx, attempt.public_id, last, client_id=str(uuid4()), value=value)
        ctx.db.flush()
        sitting_down = meanwhile(sit, town, "amina", elsewhere)
    sitting_down.result(timeout=60)
    with town.work("amina", writes=False) as ctx:
        assert ctx.open(Attempt, attempt.id).passed
        assert len(my_certificates(ctx)) == 1
        assert queries.result(ctx, KETTLE).passed


@pytest.mark.parametrize("what", ["exam", "group"])
def test_two_taps_on_end_are_one_end(town, meanwhile, what):
    if what == "exam":
        ended, end = open_exam(town).public_id, sittings.close_sitting
    else:
        with town.work("karin") as ctx:
            people = [town.person("amina").public_id]
            started = groups.start_group(ctx, town.unit("Björken").public_id, COURSE, people)
            ended, end = started.public_id, groups.end_group

    def tap():
        with town.work("karin") as change:
            end(change, ended)

    with town.work("karin") as ctx:
        end(ctx, ended)
        ctx.db.flush()
        second = meanwhile(tap)
    second.result(timeout=60)
    with town.inside() as ctx:
        noted = select(func.count()).where(AuditEntry.action.in_(["exam.closed", "group.ended"]))
        assert ctx.db.scalar(noted) == 1
