"""Supervised exams: who may open and sit them, when, how often, and what is never told."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from lms.base.access import Role
from lms.base.errors import Conflict, Expired, Invalid, NotFound
from lms.learning import actions, queries, seats, sittings
from lms.learning.models import Attempt, ExamSeat
from lms.learning.sitting_rules import Window
from lms.organisation import actions as organisation
from lms.organisation.models import Person
from tests.builders import START
from tests.learning.kettle import KETTLE
from tests.learning.rooms import (
    answer_all,
    answer_some,
    open_exam,
    reopen,
    seats_of,
    sit,
    with_sittings,
)
from tests.learning.taking import key_of


@pytest.fixture
def town(house, granvik, tmp_path):
    """Granvik with a supervised course; Jonas opens exams at Eken, Karin at Björken."""
    return with_sittings(house, granvik, tmp_path)


def test_it_cannot_be_taken_otherwise(town):
    with town.work("amina") as ctx, pytest.raises(Conflict) as refused:
        actions.open_attempt(ctx, KETTLE, "sv")
    assert refused.value.code == "supervised_only"


def test_from_the_code_to_the_certificate(town):
    sitting = open_exam(town)
    attempt = sit(town, "amina", sitting)
    assert attempt.mode == "supervised"
    assert sit(town, "amina", sitting).id == attempt.id  # the phone was closed in between
    assert [(seat.name, seat.state) for seat in seats_of(town, sitting)] == [("Amina Yusuf", "not_finished")]
    answer_all(town, "amina", attempt)
    with town.work("amina", writes=False) as ctx:
        result = queries.result(ctx, KETTLE)
        assert result is not None
        assert result.passed
    assert [(seat.name, seat.state) for seat in seats_of(town, sitting)] == [("Amina Yusuf", "finished")]


def test_outside_of_the_window_nothing_is_taken_shown_or_answered(town):
    ahead = open_exam(town, after=3)
    with pytest.raises(Conflict) as refused:
        sit(town, "amina", ahead)
    assert refused.value.code == "sitting_not_yet"
    sitting = open_exam(town)
    attempt = sit(town, "amina", sitting)
    late = datetime.now(UTC) + timedelta(hours=2, minutes=1)
    with pytest.raises(Expired):
        sit(town, "farid", sitting, now=late)
    with town.work("amina", now=late) as ctx:
        with pytest.raises(Expired):
            queries.quiz_page(ctx, KETTLE, 1)
        with pytest.raises(Expired):
            actions.answer_item(ctx, attempt.public_id, 1, client_id="x", value=key_of(ctx, attempt, 1))
    reopen(town, sitting, now=late)
    answer_all(town, "amina", attempt, now=late)


def test_when_it_is_closed_by_hand_nobody_goes_on(town):
    sitting = open_exam(town)
    attempt = sit(town, "amina", sitting)
    for _twice in range(2):
        with town.work("karin") as ctx:
            sittings.close_sitting(ctx, sitting.public_id)
    with town.work("amina") as ctx, pytest.raises(Expired):
        actions.answer_item(ctx, attempt.public_id, 1, client_id="x", value=key_of(ctx, attempt, 1))
    with pytest.raises(Expired):
        sit(town, "farid", sitting)


def test_what_was_not_finished_in_its_room_does_not_count_in_the_next(town):
    before = open_exam(town)
    first = sit(town, "amina", before)
    answer_some(town, "amina", first, 2, right=1)
    second = sit(town, "amina", open_exam(town))
    assert second.id != first.id
    with town.work("amina", writes=False) as ctx:
        left = ctx.open(Attempt, first.id)
        assert (left.passed, left.right, left.points) == (False, 1, 1)
        assert left.closed_at is not None
        result = queries.result(ctx, KETTLE)
        assert (result.passed, result.right, result.points, result.limit) == (False, 1, 1, 4)
    assert [seat.state for seat in seats_of(town, before)] == ["left"]


def test_everybody_has_a_seat_and_an_attempt_of_their_own(town):
    sitting = open_exam(town)
    first = sit(town, "amina", sitting)
    other = sit(town, "farid", sitting)
    assert other.id != first.id
    assert other.person_id != first.person_id
    sit(town, "farid", open_exam(town))  # leaves what Farid has begun, and nobody else's
    with town.work("amina") as ctx:
        assert ctx.open(Attempt, first.id).closed_at is None
        actions.answer_item(ctx, first.public_id, 1, client_id="x", value=key_of(ctx, first, 1))
    assert [seat.name for seat in seats_of(town, sitting)] == ["Farid Rahimi", "Amina Yusuf"]


def test_no_answer_is_explained_in_the_room(town):
    attempt = sit(town, "amina", open_exam(town))
    with town.work("amina") as ctx:
        actions.answer_item(ctx, attempt.public_id, 1, client_id="x", value=key_of(ctx, attempt, 1))
    with town.work("amina", writes=False) as ctx:
        assert queries.quiz_page(ctx, KETTLE, 2, feedback_on=1).feedback is None


def test_a_code_opens_its_course_for_its_employer_only(town, fjordvik):
    sitting = open_exam(town)
    for name, course, code in (
        ("amina", "documentation", sitting.code),
        ("amina", KETTLE, "ABCDEF"),
        ("amina", KETTLE, ""),
    ):
        with town.work(name) as ctx, pytest.raises(Invalid):
            sittings.sit_exam(ctx, course, code, "sv")
    with fjordvik.work("kari") as ctx, pytest.raises(Invalid):
        sittings.sit_exam(ctx, KETTLE, sitting.code, "nb")


def test_only_who_opens_exams_there_opens_sees_and_reopens_them(town, fjordvik):
    sitting = open_exam(town)
    sit(town, "amina", sitting)
    seat = seats_of(town, sitting)[0]
    with town.work("jonas") as ctx, pytest.raises(NotFound):
        sittings.open_sitting(
            ctx, town.unit("Björken").public_id, course=KETTLE, room="Sal", window=Window(ctx.now, ctx.now)
        )
    with town.work("karin") as ctx, pytest.raises(NotFound):  # its test is not taken in a room
        sittings.open_sitting(
            ctx,
            town.unit("Björken").public_id,
            course="documentation",
            room="Sal",
            window=Window(ctx.now, ctx.now),
        )
    for other, name in ((town, "jonas"), (town, "maria"), (town, "amina"), (fjordvik, "siri")):
        with other.work(name) as ctx:
            for ask in (
                lambda ctx=ctx: seats.sitting(ctx, sitting.public_id),
                lambda ctx=ctx: sittings.close_sitting(ctx, sitting.public_id),
                lambda ctx=ctx: sittings.reopen_seat(ctx, sitting.public_id, seat.public_id, "x"),
            ):
                with pytest.raises(NotFound):
                    ask()
    with town.work("jonas", writes=False) as ctx:
        assert seats.sittings(ctx) == []
    elsewhere = open_exam(town, by="jonas", unit="Eken")
    with town.work("jonas") as ctx, pytest.raises(NotFound):  # a seat of another sitting
        sittings.reopen_seat(ctx, elsewhere.public_id, seat.public_id, "x")


def test_a_protected_identity_is_not_named(town):
    sitting = open_exam(town)
    sit(town, "amina", sitting)
    with town.work("admin") as ctx:
        ctx.db.execute(
            update(Person)
            .where(Person.employer_id == ctx.employer_id, Person.given_name == "Amina")
            .values(protected=True)
        )
    assert [(seat.name, seat.number) for seat in seats_of(town, sitting)] == [("", 1)]


def test_protected_identities_are_told_apart_by_when_they_came(town):
    sitting = open_exam(town)
    for name in ("farid", "amina"):  # not in the order of their names
        sit(town, name, sitting)
    with town.work("admin") as ctx:
        ctx.db.execute(update(Person).where(Person.employer_id == ctx.employer_id).values(protected=True))
    farid, amina = seats_of(town, sitting)
    assert (farid.number, amina.number) == (1, 2)
    assert farid.came_at <= amina.came_at
    with town.work("farid", writes=False) as ctx:
        assert (
            ctx.db.scalar(
                select(ExamSeat.person_id).where(
                    ExamSeat.employer_id == ctx.employer_id, ExamSeat.public_id == farid.public_id
                )
            )
            == ctx.who.person_id
        )


def test_nobody_sits_in_or_reopens_an_exam_of_their_own(town):
    sitting = open_exam(town)
    with pytest.raises(Conflict) as refused:
        sit(town, "karin", sitting)
    assert refused.value.code == "own_exam"
    with town.work("admin") as ctx:
        person = ctx.open(Person, town.person("farid").public_id)
        organisation.grant_role(
            ctx, person=person, role=Role.AUTHORISER, unit=town.unit("Björken"), valid_from=START
        )
    answer_all(town, "farid", sit(town, "farid", sitting), right=0)
    assert [seat.mine for seat in seats_of(town, sitting, by="farid")] == [True]
    with pytest.raises(Conflict) as refused:
        reopen(town, sitting, by="farid")
    assert refused.value.code == "own_exam"
    reopen(town, sitting)
    assert [seat.mine for seat in seats_of(town, sitting)] == [False]


def test_one_waits_from_the_end_of_the_exam_that_was_not_finished(house, granvik, tmp_path):
    town = with_sittings(house, granvik, tmp_path, ", wait_hours: 24")
    sitting = open_exam(town)
    first = sit(town, "amina", sitting)
    answer_some(town, "amina", first, 1)
    with town.work("karin") as ctx:
        next_day = ctx.now + timedelta(hours=26, minutes=1)
    later = open_exam(town, after=26, hours=2)
    second = sit(town, "amina", later, now=next_day)
    assert second.id != first.id
    with town.work("amina", writes=False) as ctx:
        assert ctx.open(Attempt, first.id).closed_at == sitting.closes_at


def test_what_was_left_without_an_answer_is_no_attempt(house, granvik, tmp_path):
    town = with_sittings(house, granvik, tmp_path, ", wait_hours: 24, attempts: 1")
    earlier = open_exam(town)
    first = sit(town, "amina", earlier)
    second = sit(town, "amina", open_exam(town))
    assert second.id != first.id
    with town.work("amina", writes=False) as ctx:
        left = ctx.open(Attempt, first.id)
        assert left.closed_at is not None
        assert (left.passed, left.right, left.points, left.solid) == (None, None, None, None)
        assert queries.result(ctx, KETTLE) is None
    assert [seat.state for seat in seats_of(town, earlier)] == ["left"]
    answer_all(town, "amina", second, right=0)
    with pytest.raises(Conflict) as refused:
        sit(town, "amina", open_exam(town))
    assert refused.value.code == "no_attempts_left"
