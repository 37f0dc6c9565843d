"""The outbox: claimed once, leased, put back with a pause; two workers never hold one task."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from lms.base.context import work
from lms.base.outbox import LEASE, OutboxTask, claim, finish, put_back

NOW = datetime(2026, 3, 12, 9, tzinfo=UTC)


def put(house, *keys):
    with work(house, now=NOW) as ctx:
        for key in keys:
            ctx.later("story", key, thing=1)


def held(house, now=NOW):
    with work(house, now=now) as ctx:
        task = claim(ctx.db, now)
        return task.key if task else None


def test_a_task_is_there_only_if_the_transaction_commits(house):
    def interrupted() -> None:
        with work(house, now=NOW) as ctx:
            ctx.later("story", "lost")
            ctx.db.flush()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        interrupted()
    assert held(house) is None


def test_the_same_key_twice_is_one_task(house):
    put(house, "a", "a")
    put(house, "a")
    with work(house, writes=False) as ctx:
        assert len(ctx.db.scalars(select(OutboxTask).where(OutboxTask.kind == "story")).all()) == 1


def test_a_leased_task_comes_back_when_the_worker_has_died(house):
    put(house, "a")
    assert held(house) == "story:a"
    assert held(house) is None
    assert held(house, NOW + LEASE + timedelta(seconds=1)) == "story:a"


def test_a_failed_task_waits_longer_each_time(house):
    put(house, "a")
    pauses = []
    now = NOW
    for _ in range(4):
        with work(house, now=now) as ctx:
            task = claim(ctx.db, now)
            assert task is not None
            put_back(task, now, "reason")
            pauses.append(task.due_at - now)
            now = task.due_at
    assert pauses == sorted(pauses)
    assert pauses[-1] >= 4 * pauses[0]


def test_a_finished_task_is_never_claimed_again(house):
    put(house, "a")
    with work(house, now=NOW) as ctx:
        task = claim(ctx.db, NOW)
        assert task is not None
        finish(task, NOW)
    assert held(house, NOW + timedelta(days=365)) is None


def test_workers_side_by_side_share_the_tasks(house):
    put(house, *(str(number) for number in range(30)))
    taken: list[str] = []

    def worker() -> None:
        while key := held(house):
            taken.append(key)

    workers = [threading.Thread(target=worker) for _ in range(4)]
    for each in workers:
        each.start()
    for each in workers:
        each.join()
    assert sorted(taken) == sorted({f"story:{number}" for number in range(30)})


def test_what_another_worker_is_just_taking_is_passed_by(house):
    if not house.settings.database:
        return  # SQLite lets one write at a time
    put(house, "a", "b")
    with work(house, now=NOW) as ctx:
        first = claim(ctx.db, NOW)
        assert first is not None
        assert (first.key, held(house)) == ("story:a", "story:b")
