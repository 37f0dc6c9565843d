"""Tests taken without network, as the server sees them: what is handed out, what counts, what is set aside."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select

from lms.base.errors import Conflict, Invalid
from lms.catalogue import queries as catalogue
from lms.evidence.models import CertificateRow
from lms.learning import actions
from lms.learning.editions import studied_now
from lms.learning.models import Answer, Attempt
from lms.learning.notes import keep_note, my_note
from lms.learning.offline import MOST, OnPhone, seal_exam, take_in
from lms.learning.offline_models import AnswerAside
from lms.learning.offline_rules import MATRIX, SEALED, given_at, state_shown
from lms.register.models import Beginning
from tests.catalogue.later_edition import publish_later
from tests.learning.kettle import KETTLE, publish_kettle
from tests.learning.taking import COURSE, key_of, take, wrong_for

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def seal(town, name="amina", now=None):
    with town.work(name, now=now) as ctx:
        return seal_exam(ctx, COURSE, "sv")


def answer_on_phone(town, sealed, place, *, right=True, at=None, name="amina"):
    """An answer as the phone keeps it."""
    with town.work(name, writes=False) as ctx:
        attempt = ctx.open(Attempt, sealed.attempt_id)
        value = key_of(ctx, attempt, place) if right else wrong_for(ctx, attempt, place)
    return OnPhone(
        "answer",
        str(uuid4()),
        at or datetime.now(UTC),
        attempt_id=sealed.attempt_id,
        place=place,
        value=value,
    )


def send(town, sent, name="amina", now=None, clock=None):
    """Send what the phone keeps, with its clock as it is or as it is set."""
    now = now or datetime.now(UTC)
    with town.work(name, now=now) as ctx:
        return take_in(ctx, sent, clock or now)


def rows(town, table, name="amina"):
    with town.work(name, writes=False) as ctx:
        return ctx.db.scalars(
            select(table).where(table.employer_id == ctx.employer_id).order_by(table.id)
        ).all()


def test_questions_are_handed_out_without_keys_and_nothing_is_begun(granvik):
    sealed = seal(granvik)
    assert len(sealed.questions) == sealed.count == 12
    assert [question.place for question in sealed.questions] == list(range(1, 13))
    assert not any("key" in question.more or "why" in question.more for question in sealed.questions)
    assert SEALED - DAY < sealed.sealed_until - datetime.now(UTC) <= SEALED
    assert seal(granvik).attempt_id == sealed.attempt_id
    assert rows(granvik, Beginning) == []
    send(granvik, [answer_on_phone(granvik, sealed, 1)])
    assert len(rows(granvik, Beginning)) == 1
    assert [question.place for question in seal(granvik).questions] == list(range(2, 13))


def test_the_last_answer_gives_the_certificate_whatever_the_order(granvik):
    sealed = seal(granvik)
    sent = [answer_on_phone(granvik, sealed, place, right=place > 1) for place in range(12, 0, -1)]
    taken = send(granvik, sent)
    assert taken.done == [each.client_id for each in sent]
    standing = taken.attempts[sealed.attempt_id]
    assert (standing.state, standing.counted, standing.count, standing.aside) == ("graded", 12, 12, {})
    assert len(rows(granvik, CertificateRow)) == 1
    assert send(granvik, sent).attempts[sealed.attempt_id] == standing
    assert len(rows(granvik, Answer)) == 12
    assert rows(granvik, AnswerAside) == []


def test_what_comes_second_to_a_question_is_set_aside(granvik):
    sealed = seal(granvik)
    here, there = (answer_on_phone(granvik, sealed, 1, right=right) for right in (True, False))
    send(granvik, [here])
    for _again in range(2):
        standing = send(granvik, [there]).attempts[sealed.attempt_id]
        assert (standing.state, standing.counted, standing.aside) == ("not_counted", 1, {"elsewhere": 1})
    (aside,) = rows(granvik, AnswerAside)
    assert (aside.client_id, aside.reason, aside.value) == (there.client_id, "elsewhere", there.value)
    assert rows(granvik, Answer)[0].client_id == here.client_id


def test_given_in_time_counts_however_late_it_comes(granvik):
    sealed = seal(granvik)
    late = sealed.sealed_until + 30 * DAY
    in_time = answer_on_phone(granvik, sealed, 1, at=sealed.sealed_until - HOUR)
    too_late = answer_on_phone(granvik, sealed, 2, at=sealed.sealed_until + HOUR)
    standing = send(granvik, [in_time, too_late], now=late).attempts[sealed.attempt_id]
    assert (standing.counted, standing.aside) == (1, {"expired": 1})
    assert rows(granvik, Answer)[0].given_at == sealed.sealed_until - HOUR
    # the question is asked again with network, where it may be answered
    with granvik.work("amina", now=late) as ctx:
        attempt = actions.open_attempt(ctx, COURSE, "sv")
        assert attempt.public_id == sealed.attempt_id
        actions.answer_item(ctx, attempt.public_id, 2, client_id="x", value=key_of(ctx, attempt, 2))


@pytest.mark.parametrize("wrong", [-DAY, DAY, 400 * DAY])
def test_a_clock_that_is_wrong_costs_nobody_an_answer(granvik, wrong):
    sealed, now = seal(granvik), datetime.now(UTC)
    sent = answer_on_phone(granvik, sealed, 1, at=now + wrong)
    standing = send(granvik, [sent], now=now + HOUR, clock=now + HOUR + wrong).attempts[sealed.attempt_id]
    assert (standing.state, standing.counted) == ("sent", 1)
    assert abs(rows(granvik, Answer)[0].given_at - now) < timedelta(seconds=5)


@pytest.mark.parametrize(
    ("claimed", "sent", "given"),
    [
        (NOW - HOUR, NOW, NOW - HOUR),
        (NOW - HOUR + DAY, NOW + DAY, NOW - HOUR),
        (NOW + HOUR, NOW, NOW),  # the clock was set back in between: never after now
        (NOW - 9 * DAY, NOW, NOW - DAY),  # nor before the questions were handed out
    ],
)
def test_when_an_answer_was_given(claimed, sent, given):
    assert given_at(claimed, sent, NOW, NOW - DAY) == given


def test_an_answer_to_a_test_that_is_closed_is_set_aside(granvik):
    sealed = seal(granvik)
    left = answer_on_phone(granvik, sealed, 12)
    with granvik.work("amina") as ctx:
        actions.leave_attempt(ctx, actions.my_attempts(ctx, COURSE).under_way("exam"))
    standing = send(granvik, [left]).attempts[sealed.attempt_id]
    assert (standing.state, standing.aside) == ("not_counted", {"closed": 1})


def test_what_is_no_answer_is_set_aside_and_the_question_stays_open(granvik):
    sealed = seal(granvik)
    sent = OnPhone(
        "answer", str(uuid4()), datetime.now(UTC), attempt_id=sealed.attempt_id, place=1, value={"no": 1}
    )
    assert send(granvik, [sent]).attempts[sealed.attempt_id].aside == {"malformed": 1}
    assert send(granvik, [answer_on_phone(granvik, sealed, 1)]).attempts[sealed.attempt_id].counted == 1


def test_nobody_answers_for_another(granvik, fjordvik):
    sealed = seal(granvik)
    sent = answer_on_phone(granvik, sealed, 1)
    for town, name in ((granvik, "farid"), (fjordvik, "kari")):
        taken = send(town, [sent], name=name)
        assert (taken.done, taken.attempts) == ([sent.client_id], {})
    assert rows(granvik, Answer) == rows(granvik, AnswerAside) == []


def test_a_newer_edition_replaces_what_has_no_answer_and_nothing_else(house, granvik, tmp_path):
    begun, fresh = seal(granvik), seal(granvik, "farid")
    send(granvik, [answer_on_phone(granvik, begun, 1)])
    publish_later(house, tmp_path)
    assert seal(granvik).attempt_id == begun.attempt_id
    again = seal(granvik, "farid")
    assert again.attempt_id != fresh.attempt_id
    assert again.edition_id != fresh.edition_id
    sent = [answer_on_phone(granvik, begun, place) for place in range(2, 13)]
    assert send(granvik, sent).attempts[begun.attempt_id].state == "graded"
    (certificate,) = rows(granvik, CertificateRow)
    assert certificate.attempt_id == next(each.id for each in rows(granvik, Attempt) if each.passed)
    late = answer_on_phone(granvik, fresh, 1, name="farid")
    assert send(granvik, [late], "farid").attempts[fresh.attempt_id].aside == {"closed": 1}


def test_the_test_that_was_begun_with_network_is_taken_along(granvik):
    with granvik.work("amina") as ctx:
        attempt = actions.open_attempt(ctx, COURSE, "sv")
        actions.answer_item(ctx, attempt.public_id, 1, client_id="a", value=key_of(ctx, attempt, 1))
    sealed = seal(granvik)
    assert sealed.attempt_id == attempt.public_id
    assert [question.place for question in sealed.questions] == list(range(2, 13))


def test_limits_hold_without_network_too(house, granvik, tmp_path):
    publish_kettle(house, tmp_path, exam="attempts: 1")
    take(granvik, "amina", right=0, course=KETTLE)
    with granvik.work("amina") as ctx, pytest.raises(Conflict, match="no_attempts_left"):
        seal_exam(ctx, KETTLE, "sv")


def test_steps_read_and_notes_written_on_the_phone_are_kept(granvik):
    with granvik.work("amina", writes=False) as ctx:
        edition = catalogue.current_edition(ctx, COURSE)
    lesson, now = edition.lessons[0], datetime.now(UTC)
    note = next(item.id for item in edition.items.values() if item.type == "reflection")
    with granvik.work("amina") as ctx:
        keep_note(ctx, edition, note, "Skrivet före")
    sent = [
        OnPhone(
            "read", str(uuid4()), now, course=COURSE, edition_id=edition.id, lesson=lesson.id, step=step.id
        )
        for step in lesson.steps
    ]
    sent.append(
        OnPhone("note", str(uuid4()), now, course=COURSE, edition_id=edition.id, item=note, value="I bilen")
    )
    for _again in range(2):
        assert len(send(granvik, sent).done) == len(sent)
    with granvik.work("amina", writes=False) as ctx:
        history = catalogue.history(ctx, COURSE)
        read = studied_now(ctx, [history], {COURSE: None})[COURSE].read
        assert set(read[lesson.id]) == {step.id for step in lesson.steps}
        assert my_note(ctx, COURSE, note) == "Skrivet före\n\nI bilen"


@pytest.mark.parametrize(
    ("there", "before", "written", "after"),
    [
        ("", "", "ja", "ja"),
        ("A B", "A B", "A", "A"),  # an edit of what stood there, shorter or longer, takes its place
        ("A", "A", "A B", "A B"),
        ("A\n\nB", "A\n\nB", "A", "A"),
        ("X", "", "A\n\nB", "X\n\nA\n\nB"),
        ("jag vet", "", "ja", "jag vet\n\nja"),  # written meanwhile elsewhere: both stay
        ("x" * 1_050, "x" * 1_050, "y" * 1_100, "y" * 1_100),
        ("x" * 1_050, "", "y" * 1_100, None),  # too long together: it stays on the phone, and nothing changes
    ],
)
def test_a_note_from_the_phone_loses_nothing(granvik, there, before, written, after):
    with granvik.work("amina", writes=False) as ctx:
        edition = catalogue.current_edition(ctx, COURSE)
    note = next(item.id for item in edition.items.values() if item.type == "reflection")
    if there:
        with granvik.work("amina") as ctx:
            keep_note(ctx, edition, note, there)
    sent = OnPhone(
        "note",
        str(uuid4()),
        NOW,
        course=COURSE,
        edition_id=edition.id,
        item=note,
        value=written,
        before=before,
    )
    for _again in range(2):
        taken = send(granvik, [sent])
        assert (taken.refused, taken.done) == (
            ([sent.client_id], []) if after is None else ([], [sent.client_id])
        )
    assert send(granvik, [sent]).refused == taken.refused
    with granvik.work("amina", writes=False) as ctx:
        assert my_note(ctx, COURSE, note) == (there if after is None else after)


def test_what_is_not_there_is_left_out_and_the_rest_is_kept(granvik):
    sealed = seal(granvik)
    gone = OnPhone(
        "read", str(uuid4()), NOW, course="medication", edition_id=sealed.edition_id, lesson="a", step="b"
    )
    odd = OnPhone("dance", str(uuid4()), NOW)
    taken = send(granvik, [gone, odd, answer_on_phone(granvik, sealed, 1)])
    assert len(taken.done) == 3
    assert taken.attempts[sealed.attempt_id].counted == 1
    with pytest.raises(Invalid):
        send(granvik, [odd] * (MOST + 1))


@pytest.mark.parametrize(
    ("facts", "state"),
    [
        ({"is_closed": False, "unsent": 1, "aside": {}, "counted": 3}, "saved"),
        ({"is_closed": True, "unsent": 1, "aside": {}, "counted": 3}, "saved"),
        ({"is_closed": False, "unsent": 0, "aside": {}, "counted": 3}, "sent"),
        ({"is_closed": True, "unsent": 0, "aside": {"elsewhere": 1}, "counted": 3}, "graded"),
        ({"is_closed": True, "unsent": 0, "aside": {"closed": 1}, "counted": 0}, "not_counted"),
        ({"is_closed": False, "unsent": 0, "aside": {"expired": 1}, "counted": 0}, "not_counted"),
    ],
)
def test_the_state_shown(facts, state):
    assert state_shown(**facts) == state


def test_no_row_of_the_matrix_loses_an_answer():
    refused = {"two_tabs", "storage_full"}  # what was never taken
    for row in MATRIX:
        assert row.phone + row.counted + row.aside >= row.given - (row.event in refused), row
    assert len({row.event for row in MATRIX}) == len(MATRIX)
