"""A mailbox that takes nothing keeps no other mail from leaving, raises no alarm, and is given up after days."""

from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from aiosmtpd.controller import Controller
from sqlalchemy import select, update

from lms.base.context import House, work
from lms.base.outbox import OF_ONE_MAILBOX, OutboxTask, sending
from lms.jobs.mail import MailboxUnavailable
from lms.jobs.worker import work_off, work_once
from lms.messages.models import Message
from tests.learning.taking import assign
from tests.servers import free_port


class Post:
    """Takes mail but for one mailbox, of which it says so when it hears the address, or when it has the mail."""

    def __init__(self, answer, *, late):
        self.answer, self.late, self.taken = answer, late, []

    async def handle_RCPT(self, _server, _session, envelope, address, _options):  # noqa: N802  (of aiosmtpd)
        """Take an address."""
        if address.startswith("amina") and not self.late:
            return self.answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server, _session, envelope):  # noqa: N802  (of aiosmtpd)
        """Take a mail."""
        if envelope.rcpt_tos[0].startswith("amina"):
            return self.answer
        self.taken.append(envelope.rcpt_tos[0])
        return "250 OK"


@contextmanager
def mailing(house, post):
    controller = Controller(post, hostname="127.0.0.1", port=free_port())
    controller.start()
    try:
        settings = house.settings.model_copy(update={"mail": f"smtp://127.0.0.1:{controller.port}"})
        yield House(settings, house.engine, house.files)
    finally:
        controller.stop()


def outcomes(town):
    with town.inside() as ctx:
        return sorted((each.outcome, each.reason or "") for each in ctx.db.scalars(select(Message)))


def test_the_reason_kept_in_the_outbox_is_the_one_left_out_of_alarms():
    assert MailboxUnavailable.__name__ == OF_ONE_MAILBOX


@pytest.mark.parametrize("late", [False, True])
def test_a_full_mailbox_is_tried_for_days_without_an_alarm_and_then_given_up(granvik, house, late):
    assign(granvik, "amina", "farid")
    with mailing(house, Post("452 4.2.2 mailbox full", late=late)) as there:
        work_off(there)
        assert outcomes(granvik) == [("sent", ""), ("waiting", "")]
        with granvik.inside(writes=True) as ctx:
            waiting = ctx.db.scalars(select(OutboxTask).where(OutboxTask.done_at.is_(None))).one()
            assert (waiting.outcome, waiting.reason) == ("failed", "MailboxUnavailable 452")
            waiting.attempts = 23
        assert work_once(there, datetime.now(UTC) + timedelta(days=1))
        assert outcomes(granvik) == [("sent", ""), ("waiting", "")]
        with work(house, writes=False) as ctx:
            assert sending(ctx.db, ctx.now + timedelta(days=1)).trouble != "failing"
        with granvik.inside(writes=True) as ctx:
            ctx.db.execute(update(OutboxTask).where(OutboxTask.done_at.is_(None)).values(due_at=ctx.now))
        work_off(there)
    assert outcomes(granvik) == [("not_sent", "refused"), ("sent", "")]


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        ("552 5.2.2 mailbox full", ("not_sent", "refused")),
        ("554 5.6.0 not like this", ("waiting", "")),
        ("451 4.3.0 try again", ("waiting", "")),
        ("450 4.1.8 sender address rejected: domain not found", ("waiting", "")),
        ("550 5.1.8 sender address rejected", ("waiting", "")),
    ],
)
def test_what_a_server_says_of_the_mailbox_when_it_has_the_mail(granvik, house, answer, outcome):
    assign(granvik, "amina", "farid")
    post = Post(answer, late=True)
    with mailing(house, post) as there:
        work_off(there)
    assert outcomes(granvik) == sorted([("sent", ""), outcome])
    assert post.taken == ["farid.rahimi@granvik.example"]


def test_what_was_tried_long_while_the_server_was_away_is_not_given_up_for_the_first_full_mailbox(
    granvik, house
):
    assign(granvik, "amina")
    with mailing(house, Post("450 4.2.0 greylisted", late=False)) as there:
        work_off(there)
        with granvik.inside(writes=True) as ctx:
            ctx.db.execute(
                update(OutboxTask)
                .where(OutboxTask.done_at.is_(None))
                .values(attempts=40, reason="ConnectionRefusedError", due_at=ctx.now)
            )
        work_off(there)
    assert outcomes(granvik) == [("waiting", "")]
