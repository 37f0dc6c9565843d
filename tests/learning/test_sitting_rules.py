"""When one may begin and go on with a supervised exam, and how its code is read, by properties."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from lms.learning.sitting_rules import (
    CODE_LETTERS,
    REOPENED_LASTS,
    Window,
    code_groups,
    faults_of_sitting,
    is_finished,
    left_at,
    may_go_on,
    new_code,
    normal_code,
)

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
times = st.integers(-30, 30).map(lambda hours: NOW + timedelta(hours=hours))
maybe = st.none() | times


hours = st.integers(0, 30).map(lambda hours: timedelta(hours=hours))
windows = st.builds(
    lambda opens_at, lasts, closed_after: Window(
        opens_at, opens_at + lasts, None if closed_after is None else opens_at + closed_after
    ),
    times, hours, st.none() | hours,
)  # fmt: skip


@given(windows, times, maybe)
def test_who_was_not_let_in_of_late_answers_within_the_window_only(window, now, reopened_at):
    assume(window.closed_at is None or window.closed_at <= now)
    assume(reopened_at is None or reopened_at + REOPENED_LASTS <= now)
    assert may_go_on(window, reopened_at, now) is window.is_open(now)


@given(windows, st.integers(0, 119), times)
def test_who_was_let_in_again_answers_for_two_hours_unless_it_was_closed_by_hand_since(window, minutes, now):
    reopened_at = now - timedelta(minutes=minutes)
    assume(window.opens_at <= now)
    assume(window.closed_at is None or window.closed_at <= now)
    closed_since = window.closed_at is not None and window.closed_at >= reopened_at
    assert may_go_on(window, reopened_at, now) is not closed_since


@given(windows, times, times)
def test_after_it_was_closed_by_hand_nobody_answers_who_was_not_let_in_after_that(window, reopened_at, now):
    if window.closed_at is not None and window.closed_at <= now and may_go_on(window, reopened_at, now):
        assert reopened_at > window.closed_at


@given(windows, times, times, times)
def test_who_was_let_in_again_goes_on_until_it_is_ended_by_hand(window, reopened_at, ended_at, now):
    assume(ended_at >= window.ends_at)
    ended = replace(window, ended_at=ended_at)
    is_ended = reopened_at <= ended_at <= now
    assert may_go_on(ended, reopened_at, now) is (may_go_on(window, reopened_at, now) and not is_ended)
    assert may_go_on(ended, None, now) is may_go_on(window, None, now)


@given(windows, maybe, times, times)
def test_who_goes_on_elsewhere_left_when_it_was_last_possible_to_answer(window, reopened_at, now, later):
    left = left_at(window, reopened_at, now)
    assert left <= now
    if now >= later >= left:
        assert later == left == now or not may_go_on(window, reopened_at, later)


@given(maybe, maybe)
def test_a_seat_is_locked_from_the_end_of_its_attempt_until_it_is_reopened(closed_at, reopened_at):
    locked = closed_at is not None and not (reopened_at is not None and reopened_at >= closed_at)
    assert is_finished(closed_at, reopened_at) is locked


@given(st.randoms(use_true_random=False), st.sampled_from(["", "-", " ", " – "]))
def test_a_code_is_read_as_it_is_said_and_written(random, between):
    code = new_code(random.choice)
    assert set(code) <= set(CODE_LETTERS)
    assert normal_code(code_groups(code)) == code
    assert normal_code(f" {code[:3].lower()}{between}{code[3:]} ") == code
    assert normal_code(code[:5]) is None
    assert normal_code(code[:5] + "1") is None


@pytest.mark.parametrize(
    ("room", "opens", "lasts", "field"),
    [
        (" ", 0, 2, "room"),
        ("x" * 201, 0, 2, "room"),
        ("Sal", 0, 0, "until"),
        ("Sal", 0, 13, "until"),
        ("Sal", -3, 2, "until"),
        ("Sal", -26, 2, "day"),
    ],
)
def test_a_sitting_that_makes_no_sense_is_refused(room, opens, lasts, field):
    opens_at = NOW + timedelta(hours=opens)
    window = Window(opens_at, opens_at + timedelta(hours=lasts))
    is_past_day = window.closes_at.date() < NOW.date()
    assert set(faults_of_sitting(room, window, NOW, is_past_day=is_past_day)) == {field}
