"""A course taken for real: read, attempt, answer, pass, and what follows in the same transaction."""

from datetime import timedelta
from fractions import Fraction
from types import SimpleNamespace

import pytest
from sqlalchemy import func, select

from lms.base.errors import Conflict, Invalid, NotFound
from lms.base.outbox import OutboxTask
from lms.catalogue import queries as catalogue
from lms.evidence import queries as evidence
from lms.evidence.actions import reinstate_certificate, revoke_certificate
from lms.learning import actions, queries, rules
from lms.learning.attempts import my_attempts
from lms.learning.models import Answer, Attempt
from lms.register.models import Proof
from lms.register.own_duties import my_duties
from lms.register.queries import coverage, register_rows
from lms.register.rules import State
from lms.register.team import team
from tests.learning.taking import COURSE, assign, item_at, key_of, take, wrong_for


def state_of(town, name):
    with town.work(name, writes=False) as ctx:
        return [duty.state for duty in my_duties(ctx)]


def test_a_pass_gives_certificate_proof_and_status_at_once(granvik):
    assign(granvik, "amina")
    assert state_of(granvik, "amina") == [State.NOT_YET_DUE]
    take(granvik, "amina", right=10)
    with granvik.work("amina", writes=False) as ctx:
        assert [duty.state for duty in my_duties(ctx)] == [State.VALID]
        certificate = evidence.my_certificates(ctx)[0]
        result = queries.result(ctx, COURSE)
        assert certificate.content.holder_name == "Amina Yusuf"
        assert certificate.content.achieved_on == ctx.today
        assert result is not None
        assert (result.right, result.passed) == (10, True)
        tasks = ctx.db.scalars(select(OutboxTask.kind).where(OutboxTask.kind == "after_completion")).all()
        assert len(tasks) == 1
    with granvik.work("karin", writes=False) as ctx:
        amina = next(member for member in team(ctx) if member.name == "Amina Yusuf")
        assert amina.cells[COURSE].state is State.VALID


def test_one_right_answer_too_few_is_no_pass(granvik):
    assign(granvik, "amina")
    take(granvik, "amina", right=9)
    with granvik.work("amina", writes=False) as ctx:
        assert [duty.state for duty in my_duties(ctx)] == [State.UNDER_WAY]
        assert evidence.my_certificates(ctx) == []
        result = queries.result(ctx, COURSE)
        assert result is not None
        assert not result.passed
        assert any(not outcome.solid for outcome in result.outcomes)
        assert ctx.db.scalar(select(func.count()).select_from(Proof)) == 0


def test_shares_of_answers_count_exactly_to_the_limit(granvik, monkeypatch):
    """Six times a share of two thirds is four: together with six right answers that is enough, with five it is not."""
    for right, passed in ((5, False), (6, True)):
        shares = iter([Fraction(1)] * right + [Fraction(2, 3)] * 6 + [Fraction(0)] * (6 - right))
        monkeypatch.setattr(rules, "grade", lambda *_answer, shares=shares: next(shares))
        take(granvik, "amina", right=12)
        with granvik.work("amina", writes=False) as ctx:
            result = queries.result(ctx, COURSE)
            assert (result.right, result.points, result.passed) == (right, right + 4, passed)
            shares_kept = ctx.db.scalars(
                select(Answer.credit).where(Answer.attempt_id == result.attempt_id)
            ).all()
            assert sum(shares_kept) == result.points == ctx.db.get_one(Attempt, result.attempt_id).points


@pytest.mark.parametrize("right", [True, False])
def test_answers_from_before_shares_were_counted_are_right_or_not(right):
    assert queries.credit_of(SimpleNamespace(right=right, credit=None)) == right


def test_everybody_has_an_attempt_of_their_own(granvik):
    opened = []
    for name in ("amina", "farid", "amina"):
        with granvik.work(name) as ctx:
            opened.append(actions.open_attempt(ctx, COURSE, "sv").public_id)
    assert opened[0] == opened[2] != opened[1]


def test_sending_twice_is_one_answer_and_the_first_counts(granvik):
    with granvik.work("amina") as ctx:
        attempt = actions.open_attempt(ctx, COURSE, "sv")
    with granvik.work("amina") as ctx:
        right = key_of(ctx, attempt, 1)
        wrong = wrong_for(ctx, attempt, 1)
        first = actions.answer_item(ctx, attempt.public_id, 1, client_id="one", value=wrong)
    for client_id, value in (("one", wrong), ("one", right), ("two", right)):
        with granvik.work("amina") as ctx:
            again = actions.answer_item(ctx, attempt.public_id, 1, client_id=client_id, value=value)
            assert again == first
    with granvik.work("amina", writes=False) as ctx:
        assert ctx.db.scalar(select(func.count()).select_from(Answer)) == 1


def test_a_client_id_cannot_answer_two_questions(granvik):
    with granvik.work("amina") as ctx:
        attempt = actions.open_attempt(ctx, COURSE, "sv")
        actions.answer_item(ctx, attempt.public_id, 1, client_id="one", value=key_of(ctx, attempt, 1))
    with granvik.work("amina") as ctx, pytest.raises(Invalid):
        actions.answer_item(ctx, attempt.public_id, 2, client_id="one", value=key_of(ctx, attempt, 2))


def test_the_attempt_goes_on_where_it_was(granvik):
    with granvik.work("amina") as ctx:
        attempt = actions.open_attempt(ctx, COURSE, "sv")
        actions.answer_item(ctx, attempt.public_id, 1, client_id="one", value=key_of(ctx, attempt, 1))
    with granvik.work("amina") as ctx:
        assert actions.open_attempt(ctx, COURSE, "en").public_id == attempt.public_id
        page = queries.quiz_page(ctx, COURSE, 2)
        assert page.next_place == 2
        assert page.question is not None
        under_way = my_attempts(ctx, COURSE).under_way("exam")
        assert under_way is not None
        assert (under_way.answered, under_way.count) == (1, 12)


def test_feedback_only_on_what_is_locked_in(granvik):
    with granvik.work("amina") as ctx:
        attempt = actions.open_attempt(ctx, COURSE, "sv")
        assert queries.quiz_page(ctx, COURSE, 1, feedback_on=1).feedback is None
        actions.answer_item(ctx, attempt.public_id, 1, client_id="one", value=wrong_for(ctx, attempt, 1))
        ctx.db.flush()
        feedback = queries.quiz_page(ctx, COURSE, 2, feedback_on=1).feedback
        assert feedback is not None
        assert not feedback.right
        item = item_at(ctx, attempt, 1)
        assert feedback.key == (list(item.key) if item.type == "multiple" else key_of(ctx, attempt, 1))


def test_nobody_else_can_answer_or_see_the_attempt(granvik, fjordvik):
    with granvik.work("amina") as ctx:
        attempt = actions.open_attempt(ctx, COURSE, "sv")
        value = key_of(ctx, attempt, 1)
    for town, name in ((granvik, "farid"), (granvik, "karin"), (fjordvik, "kari")):
        with town.work(name) as ctx, pytest.raises(NotFound):
            actions.answer_item(ctx, attempt.public_id, 1, client_id="x", value=value)
        with town.work(name, writes=False) as ctx, pytest.raises(NotFound):
            queries.quiz_page(ctx, COURSE, 1)


@pytest.mark.parametrize("value", [None, "", [], "nonsense", {"a": "b"}])
def test_an_answer_that_cannot_be_graded_is_refused_and_nothing_kept(granvik, value):
    with granvik.work("amina") as ctx:
        attempt = actions.open_attempt(ctx, COURSE, "sv")
    with granvik.work("amina") as ctx, pytest.raises(Invalid) as refused:
        actions.answer_item(ctx, attempt.public_id, 1, client_id="one", value=value)
    assert "answer" in refused.value.fields
    with granvik.work("amina", writes=False) as ctx:
        assert ctx.db.scalar(select(func.count()).select_from(Answer)) == 0


def test_a_closed_attempt_takes_no_more_answers_but_a_new_one_opens(granvik):
    first = take(granvik, "amina", right=0)
    with granvik.work("amina") as ctx:
        closed = ctx.open(Attempt, first)
        again = actions.open_attempt(ctx, COURSE, "sv")
        assert again.public_id != first
        assert not {entry["item"] for entry in closed.drawn} & {entry["item"] for entry in again.drawn}


def test_a_revocation_undoes_and_a_reinstatement_restores(granvik):
    assign(granvik, "amina")
    take(granvik, "amina", right=12)
    with granvik.work("amina", writes=False) as ctx:
        number = evidence.my_certificates(ctx)[0].content.number
    with granvik.work("karin") as ctx, pytest.raises(NotFound):
        revoke_certificate(ctx, number, "Fel person")
    with granvik.work("maria") as ctx:
        revoke_certificate(ctx, number, "Fel person")
    assert state_of(granvik, "amina") == [State.NOT_YET_DUE]
    with granvik.work("amina", writes=False) as ctx:
        mine = evidence.my_certificates(ctx)[0]
        assert (mine.verdict.value, mine.reason) == ("revoked", "Fel person")
    with granvik.work("maria") as ctx, pytest.raises(Conflict):
        revoke_certificate(ctx, number, "En gång till")
    with granvik.work("maria") as ctx:
        reinstate_certificate(ctx, number, "Rätt person ändå")
    assert state_of(granvik, "amina") == [State.VALID]


def test_assigning_reaches_only_people_in_reach_and_who_needs_it(granvik, fjordvik):
    outside = [granvik.person("hodan").public_id]
    with granvik.work("karin") as ctx, pytest.raises(NotFound):
        actions.assign_course(ctx, COURSE, outside, due_on=ctx.today, reason="Krav")
    stranger = [fjordvik.person("kari").public_id]
    with granvik.work("maria") as ctx, pytest.raises(NotFound):
        actions.assign_course(ctx, COURSE, stranger, due_on=ctx.today, reason="Krav")
    take(granvik, "amina", right=12)
    assert assign(granvik, "amina", "farid").people == 1  # what somebody proves already is not asked again
    assert state_of(granvik, "amina") == []
    assert state_of(granvik, "farid") == [State.NOT_YET_DUE]
    with pytest.raises(Conflict):
        assign(granvik, "amina")


def test_withdrawing_one_reason_leaves_the_rest(granvik):
    first = assign(granvik, "amina", days=10)
    second = assign(granvik, "amina", days=30)
    for assigned, left in ((first, 1), (second, 0)):
        with granvik.work("karin") as ctx:
            actions.withdraw_assignment(ctx, assigned.assignment.public_id)
        assert len(state_of(granvik, "amina")) == left


@pytest.mark.parametrize(
    ("people", "days", "reason", "field"),
    [([], 30, "Krav", "people"), (["amina"], -1, "Krav", "due_on"), (["amina"], 30, "  ", "reason")],
)
def test_an_assignment_that_makes_no_sense_is_refused(granvik, people, days, reason, field):
    with granvik.work("karin") as ctx, pytest.raises(Invalid) as refused:
        actions.assign_course(
            ctx,
            COURSE,
            [granvik.person(name).public_id for name in people],
            due_on=ctx.today + timedelta(days=days),
            reason=reason,
        )
    assert field in refused.value.fields


def test_the_register_starts_from_people_not_from_attempts(granvik):
    assign(granvik, "amina", "farid")
    take(granvik, "amina", right=12)
    with granvik.work("maria", writes=False) as ctx:
        rows = {row.given_name: row for row in register_rows(ctx)}
        assert sum(line.rows for line in coverage(ctx)) == len(rows) == 2
        assert rows["Amina"].state is State.VALID
        assert rows["Amina"].certificate is not None
        assert rows["Farid"].state is State.NOT_YET_DUE
        assert rows["Farid"].certificate is None
    with granvik.work("karin", writes=False) as ctx, pytest.raises(NotFound):
        list(register_rows(ctx))


def test_who_had_begun_before_the_course_was_asked_for_is_under_way(granvik):
    with granvik.work("amina") as ctx:
        edition = catalogue.current_edition(ctx, COURSE)
        lesson = edition.lessons[0]
        for step in lesson.steps[:2]:
            actions.read_step(ctx, edition, lesson.id, step.id)
    assign(granvik, "amina")
    assert state_of(granvik, "amina") == [State.UNDER_WAY]
