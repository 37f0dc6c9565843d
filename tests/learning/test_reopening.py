"""Seats of supervised exams that are opened once more: for a reason that is told, until when, and ended by hand."""

from datetime import timedelta

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import IntegrityError

from lms.base.audit import AuditEntry
from lms.base.errors import Conflict, Expired, Invalid
from lms.base.migrate import migrate
from lms.base.row_security import make_owner_engine
from lms.learning import actions, queries, sittings
from lms.learning.models import Attempt, ExamSeat, ExamSitting
from lms.learning.sitting_rules import REOPENED_LASTS
from tests.learning.kettle import KETTLE
from tests.learning.rooms import (
    answer_all,
    answer_some,
    close,
    open_exam,
    reopen,
    reopened_for,
    seats_of,
    sit,
    with_sittings,
)
from tests.learning.taking import key_of
from tests.older import downgrade


@pytest.fixture
def town(house, granvik, tmp_path):
    return with_sittings(house, granvik, tmp_path)


def test_it_locks_after_one_attempt_until_it_is_reopened_for_a_reason(town):
    sitting = open_exam(town)
    first = sit(town, "amina", sitting)
    answer_all(town, "amina", first, right=0)
    with pytest.raises(Conflict) as refused:
        sit(town, "amina", sitting)
    assert refused.value.code == "seat_taken"
    seat = seats_of(town, sitting)[0]
    for reason in (" ", "x" * 201):
        with town.work("karin") as ctx, pytest.raises(Invalid):
            sittings.reopen_seat(ctx, sitting.public_id, seat.public_id, reason)
    with town.work("karin") as ctx:
        sittings.reopen_seat(ctx, sitting.public_id, seat.public_id, "Skärmen slocknade")
    again = sit(town, "amina", sitting)
    assert again.id != first.id
    answer_all(town, "amina", again)
    with pytest.raises(Conflict):
        sit(town, "amina", sitting)
    with town.work("karin", writes=False) as ctx:
        noted = ctx.db.scalars(
            select(AuditEntry).where(AuditEntry.action.startswith("exam.")).order_by(AuditEntry.id)
        )
        entries = list(noted)
    assert [entry.action for entry in entries] == [
        "exam.opened", "exam.seat_taken", "exam.reopened", "exam.seat_taken",
    ]  # fmt: skip
    assert [entry.facts["attempt"] for entry in entries[1::2]] == [first.id, again.id]
    assert not any("Skärmen" in str(entry.facts) for entry in entries)


def test_each_reopening_stays_known_with_its_reason(town):
    sitting = open_exam(town)
    answer_all(town, "amina", sit(town, "amina", sitting), right=0)
    for reason in ("Skärmen slocknade", "Brandlarm"):
        reopen(town, sitting, reason)
    (seat,) = seats_of(town, sitting)
    assert [(each.by, each.reason) for each in seat.reopenings] == [
        ("Karin Lind", "Skärmen slocknade"),
        ("Karin Lind", "Brandlarm"),
    ]
    assert seat.reopenings[0].at <= seat.reopenings[1].at


def test_an_attempt_belongs_to_one_seat(town):
    earlier = open_exam(town)
    first = sit(town, "amina", earlier)
    answer_some(town, "amina", first, 1)
    second = sit(town, "amina", open_exam(town))
    reopen(town, earlier)
    third = sit(town, "amina", earlier)
    assert len({first.id, second.id, third.id}) == 3
    with town.work("amina", writes=False) as ctx:
        of_seats = ctx.db.scalars(select(ExamSeat.attempt_id).where(ExamSeat.employer_id == ctx.employer_id))
        assert sorted(of_seats) == [second.id, third.id]
        assert ctx.open(Attempt, second.id).closed_at is not None


def test_neither_limit_nor_wait_holds_for_a_seat_that_was_reopened(house, granvik, tmp_path):
    town = with_sittings(house, granvik, tmp_path, ", wait_hours: 24, attempts: 1")
    sitting = open_exam(town)
    first = sit(town, "amina", sitting)
    answer_all(town, "amina", first, right=0)
    reopen(town, sitting)
    again = sit(town, "amina", sitting)
    assert again.id != first.id
    answer_all(town, "amina", again)
    with town.work("amina", writes=False) as ctx:
        assert queries.result(ctx, KETTLE).passed


def test_who_may_go_on_again_reads_by_whom_and_why_until_it_is_used_or_over(town):
    sitting = open_exam(town)
    answer_all(town, "amina", sit(town, "amina", sitting), right=0)
    assert not reopened_for(town, "amina")
    reopen(town, sitting)
    (found,) = reopened_for(town, "amina")
    assert (found.given_by, found.reason) == ("Karin Lind", "Brandlarm")
    assert not reopened_for(town, "farid")
    assert not reopened_for(town, "amina", course="documentation")
    assert not reopened_for(town, "amina", now=found.given_at + REOPENED_LASTS)
    answer_all(town, "amina", sit(town, "amina", sitting))
    assert not reopened_for(town, "amina")


def test_closing_by_hand_ends_a_seat_that_was_reopened_before(town):
    sitting = open_exam(town)
    attempt = sit(town, "amina", sitting)
    reopen(town, sitting)
    close(town, sitting)
    with town.work("amina") as ctx:
        with pytest.raises(Expired):
            actions.answer_item(ctx, attempt.public_id, 1, client_id="x", value=key_of(ctx, attempt, 1))
        with pytest.raises(Expired):
            sittings.sit_exam(ctx, KETTLE, sitting.code, "sv")
    assert not reopened_for(town, "amina")
    reopen(town, sitting)
    answer_all(town, "amina", sit(town, "amina", sitting))


def test_that_a_seat_is_reopened_is_told_as_long_as_it_may_be_used(town):
    sitting = open_exam(town, hours=6)
    answer_all(town, "amina", sit(town, "amina", sitting), right=0)
    reopen(town, sitting)
    later = sitting.opens_at + REOPENED_LASTS + timedelta(hours=1)
    assert reopened_for(town, "amina", now=later)
    assert not reopened_for(town, "amina", now=sitting.closes_at)
    sit(town, "amina", sitting, now=later)


def test_a_reopening_nobody_used_leaves_somebody_finished(town):
    sitting = open_exam(town)
    answer_all(town, "amina", sit(town, "amina", sitting), right=0)
    reopen(town, sitting)
    assert [seat.state for seat in seats_of(town, sitting)] == ["not_finished"]
    close(town, sitting)
    assert [seat.state for seat in seats_of(town, sitting)] == ["finished"]


def test_every_reopening_that_may_be_used_is_told(town):
    rooms = [open_exam(town) for _room in range(2)]
    for room in rooms:
        answer_all(town, "amina", sit(town, "amina", room), right=0)
    reopen(town, rooms[1], "Brandlarm")
    reopen(town, rooms[0], "Skärmen slocknade")
    reopen(town, rooms[0], "Skärmen slocknade igen")
    told = [each.reason for each in reopened_for(town, "amina")]
    assert told == ["Brandlarm", "Skärmen slocknade", "Skärmen slocknade igen"]
    close(town, rooms[0])
    assert [each.reason for each in reopened_for(town, "amina")] == ["Brandlarm"]
    answer_all(town, "amina", sit(town, "amina", rooms[1]))
    assert not reopened_for(town, "amina")


@pytest.mark.parametrize("closed_by_hand", [True, False])
def test_who_was_let_in_again_after_the_end_can_be_ended(town, closed_by_hand):
    sitting = open_exam(town)
    attempt = sit(town, "amina", sitting)
    answer_some(town, "amina", attempt, 1)
    over = sitting.opens_at + timedelta(minutes=10) if closed_by_hand else sitting.closes_at
    if closed_by_hand:
        close(town, sitting, now=over)
    close(town, sitting, now=over)  # nobody is in it
    reopen(town, sitting, now=over + timedelta(minutes=5))
    sit(town, "amina", sitting, now=over + timedelta(minutes=6))
    ended_at = over + timedelta(minutes=15)
    assert [seat.until for seat in seats_of(town, sitting, now=ended_at)] == [
        over + timedelta(minutes=5) + REOPENED_LASTS
    ]
    for minutes in (0, 1):  # two taps are one end
        close(town, sitting, now=ended_at + timedelta(minutes=minutes))
    later = ended_at + timedelta(minutes=2)
    assert [(seat.state, seat.until) for seat in seats_of(town, sitting, now=later)] == [
        ("not_finished", None)
    ]
    assert not reopened_for(town, "amina", now=later)
    with town.work("amina", now=later) as ctx, pytest.raises(Expired):
        actions.answer_item(ctx, attempt.public_id, 2, client_id="x", value=key_of(ctx, attempt, 2))
    with pytest.raises(Expired):
        sit(town, "amina", sitting, now=later)
    with town.work("karin", writes=False) as ctx:
        kept = ctx.open(ExamSitting, sitting.id)
        assert (kept.closed_at, kept.ended_at) == (over if closed_by_hand else None, ended_at)
        ends = select(AuditEntry.action).where(AuditEntry.action.in_(["exam.closed", "exam.ended"]))
        assert list(ctx.db.scalars(ends)) == [*(["exam.closed"] if closed_by_hand else []), "exam.ended"]
    sit(town, "amina", open_exam(town, hours=4), now=later)
    with town.work("amina", writes=False) as ctx:
        assert ctx.open(Attempt, attempt.id).closed_at == ended_at
    reopen(town, sitting, now=later)
    sit(town, "amina", sitting, now=later)


def test_the_database_keeps_an_attempt_to_one_seat(town):
    first = sit(town, "amina", open_exam(town))
    sit(town, "amina", open_exam(town))
    with pytest.raises(IntegrityError), town.work("amina") as ctx:
        ctx.db.execute(
            update(ExamSeat).where(ExamSeat.employer_id == ctx.employer_id).values(attempt_id=first.id)
        )


def test_of_two_seats_with_one_attempt_each_has_its_own_again(house, town):
    rooms = [open_exam(town) for _room in range(2)]
    taken = [sit(town, "amina", room).id for room in rooms]
    owner = make_owner_engine(house.settings)
    downgrade(owner, "0022")
    with owner.execution_options(writes=True).begin() as connection:
        connection.execute(text("UPDATE exam_seat SET attempt_id = :taken"), {"taken": taken[1]})
    migrate(owner)
    owner.dispose()
    with town.work("amina", writes=False) as ctx:
        of_seats = select(ExamSeat.attempt_id).where(ExamSeat.employer_id == ctx.employer_id)
        assert list(ctx.db.scalars(of_seats.order_by(ExamSeat.id))) == taken
