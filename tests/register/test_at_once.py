"""Two people change the ledger of one person at the same time: neither change is lost, nothing fails."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from time import sleep
from uuid import uuid4

import pytest
from sqlalchemy import func, select

from lms.base.outbox import OutboxTask
from lms.catalogue.queries import current_edition
from lms.evidence.queries import my_certificates
from lms.learning.actions import answer_item, assign_course, open_attempt, read_step
from lms.register.models import Duty
from lms.register.queries import my_duties
from lms.register.rules import State
from tests.learning.taking import assign, key_of

AWHILE = 0.3  # seconds, in which the second meets what the first has not committed yet


@pytest.fixture
def meanwhile():
    """Begin something in another thread and give it the time to run into what is being written here."""
    with ThreadPoolExecutor(max_workers=1) as pool:

        def begin(action: Callable[..., object], *values: object, **more: object):
            begun = pool.submit(action, *values, **more)
            sleep(AWHILE)
            return begun

        yield begin


def answer_last(town, attempt):
    with town.work("amina") as ctx:
        value = key_of(ctx, attempt, len(attempt.drawn))
        answer_item(ctx, attempt.public_id, len(attempt.drawn), client_id=str(uuid4()), value=value)


def test_a_pass_and_an_assignment_meet(granvik, meanwhile):
    with granvik.work("amina") as ctx:
        attempt = open_attempt(ctx, "documentation", "sv")
        ctx.db.flush()
        for place in range(1, len(attempt.drawn)):
            answer_item(
                ctx, attempt.public_id, place, client_id=str(uuid4()), value=key_of(ctx, attempt, place)
            )
            ctx.db.flush()
    with granvik.work("karin") as ctx:
        people = [granvik.person("amina").public_id]
        assign_course(ctx, "documentation", people, due_on=ctx.today, reason="x")
        ctx.db.flush()
        passing = meanwhile(answer_last, granvik, attempt)
    passing.result(timeout=60)
    with granvik.work("amina", writes=False) as ctx:
        assert my_duties(ctx)[0].achieved_on == my_certificates(ctx)[0].content.achieved_on


def read_first(town):
    with town.work("amina") as ctx:
        edition = current_edition(ctx, "documentation")
        read_step(ctx, edition, edition.lessons[0].id, edition.lessons[0].steps[0].id)


def test_a_beginning_and_an_assignment_meet(granvik, meanwhile):
    with granvik.work("karin") as ctx:
        people = [granvik.person("amina").public_id]
        assign_course(ctx, "documentation", people, due_on=ctx.today, reason="x")
        ctx.db.flush()
        reading = meanwhile(read_first, granvik)
    reading.result(timeout=60)
    with granvik.work("amina", writes=False) as ctx:
        assert my_duties(ctx)[0].state is State.UNDER_WAY


def test_two_leads_give_the_same_course(granvik, meanwhile):
    with granvik.work("karin") as ctx:
        people = [granvik.person(name).public_id for name in ("amina", "farid")]
        assign_course(ctx, "documentation", people, due_on=ctx.today, reason="x")
        ctx.db.flush()
        giving = meanwhile(assign, granvik, "farid", "amina", by="maria")
    assert giving.result(timeout=60).people == 2
    with granvik.work("maria", writes=False) as ctx:
        assert ctx.db.scalar(select(func.count()).select_from(Duty)) == 2


def later(town):
    with town.work("amina") as ctx:
        ctx.later("render_certificate", "one", certificate_id=1)


def test_the_same_task_for_later_is_one(granvik, meanwhile):
    with granvik.work("amina") as ctx:
        ctx.later("render_certificate", "one", certificate_id=1)
        ctx.db.flush()
        asking = meanwhile(later, granvik)
    asking.result(timeout=60)
    with granvik.work("amina", writes=False) as ctx:
        found = select(func.count()).where(OutboxTask.key == "render_certificate:one")
        assert ctx.db.scalar(found) == 1
