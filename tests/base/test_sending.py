"""When it is said that mail does not leave: not for one mishap, but for many, for long, or where nobody takes it."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from lms.base.context import work
from lms.base.findings import Verdict
from lms.base.outbox import OutboxTask, Sending, sending
from lms.doctor import examine

HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("seen", "trouble"),
    [
        (Sending(), ""),
        (Sending(failed=1, tries=1), ""),
        (Sending(failed=1, tries=4, done=0), ""),
        (Sending(failed=1, tries=5, done=0), "failing"),
        (Sending(failed=1, tries=99, done=2), ""),
        (Sending(failed=3, tries=1, done=3), "failing"),
        (Sending(failed=3, tries=1, done=4), ""),
        (Sending(oldest=HOUR), ""),
        (Sending(oldest=HOUR + timedelta(seconds=1)), "waiting"),
        (Sending(failed=9, tries=9, oldest=2 * HOUR), "failing"),
    ],
)
def test_what_is_trouble(seen, trouble):
    assert seen.trouble == trouble


def test_it_is_read_of_mail_only_and_of_one_employer_with_what_belongs_to_none(granvik, fjordvik, house):
    for town in (granvik, fjordvik):
        with town.inside(writes=True) as ctx:
            ctx.later("send_message", str(town.employer_id), message_id=1)
            ctx.later("render_certificate", str(town.employer_id), certificate_id=1)
    with work(house) as ctx:
        ctx.later("send_sign_in_mail", "x", link_token_id=1)
        ctx.db.flush()
        ctx.db.execute(update(OutboxTask).values(outcome="failed", attempts=6, reason="TimeoutError"))
    with work(house, writes=False) as ctx:
        assert sending(ctx.db, ctx.now).failed == 3
        of_one = sending(ctx.db, ctx.now, granvik.employer_id)
    assert (of_one.failed, of_one.tries, of_one.reason, of_one.done) == (2, 6, "TimeoutError", 0)


def test_what_one_mailbox_does_not_take_is_no_trouble(granvik, house):
    with granvik.inside(writes=True) as ctx:
        for number in range(5):
            ctx.later("send_message", str(number), message_id=number)
        ctx.db.flush()
        ctx.db.execute(
            update(OutboxTask).values(outcome="failed", attempts=20, reason="MailboxUnavailable 452")
        )
    with work(house, writes=False) as ctx:
        found = sending(ctx.db, ctx.now)
        assert (found.failed, found.tries, found.trouble) == (0, 0, "")


def test_what_was_done_in_the_last_hour_counts_and_what_waits_for_its_time_does_not(granvik, house):
    with granvik.inside(writes=True) as ctx:
        for number, (due, done) in enumerate([(-2, -0.5), (-3, -2), (5, None)]):
            ctx.later("send_message", str(number), message_id=number)
            ctx.db.flush()
            ctx.db.execute(
                update(OutboxTask)
                .where(OutboxTask.key == f"send_message:{number}")
                .values(due_at=ctx.now + due * HOUR, done_at=ctx.now + done * HOUR if done else None)
            )
    with work(house, writes=False) as ctx:
        assert sending(ctx.db, ctx.now) == Sending(done=1)


def test_the_doctor_says_what_to_do(granvik, house):
    def letters():
        return dict(examine(house))["letters"]

    assert letters().verdict is Verdict.OK
    with granvik.inside(writes=True) as ctx:
        ctx.later("send_message", "1", message_id=1)
        ctx.db.flush()
        ctx.db.execute(update(OutboxTask).values(due_at=ctx.now - 2 * HOUR))
    assert (letters().verdict, letters().do) == (Verdict.FAULT, "start a worker: kunnig work")
    with granvik.inside(writes=True) as ctx:
        ctx.db.execute(
            update(OutboxTask).values(outcome="failed", attempts=9, reason="SMTPServerDisconnected")
        )
    assert "SMTPServerDisconnected" in letters().what
