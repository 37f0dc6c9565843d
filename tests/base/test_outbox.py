"""The outbox: claimed once, leased, put back with a pause; two workers never hold one task."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import event, insert, select

from lms.base.context import work
from lms.base.db import take_stock
from lms.base.outbox import LEASE, OutboxTask, claim, finish, put_back
from lms.messages.actions import announce
from lms.messages.models import Message

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


def test_who_wants_to_sign_in_waits_behind_no_letters(granvik, house):
    with granvik.inside(writes=True, now=NOW) as ctx:
        people = [granvik.actor(name).person_id for name in ("amina", "farid", "hodan")]
        announce(ctx, "reminder", 1, people)
    put(house, "a")
    with granvik.inside(writes=True, now=NOW) as ctx:
        announce(ctx, "slip", 1, people[:1])
    with work(house, now=NOW + timedelta(minutes=1)) as ctx:
        ctx.later("send_sign_in_mail", "x", link_token_id=1)
    now = NOW + timedelta(minutes=2)
    with granvik.inside() as ctx:
        messages = {each.id: each.kind for each in ctx.db.scalars(select(Message))}
        tasks = {
            each.key: messages.get(each.ids.get("message_id"), each.key)
            for each in ctx.db.scalars(select(OutboxTask))
        }
    taken = [tasks[held(house, now)] for _ in range(6)]
    assert taken == ["slip", "send_sign_in_mail:x", "story:a", "reminder", "reminder", "reminder"]


def test_what_is_done_is_not_read_to_find_what_is_to_do(house):
    with work(house, now=NOW) as ctx:
        tasks = [
            {"kind": "story", "key": f"story:{number}", "ids": {}, "created_at": NOW, "due_at": NOW, "attempts": 1,
             "done_at": NOW if number % 100 else None}
            for number in range(20_000)
        ]  # fmt: skip
        ctx.db.execute(insert(OutboxTask), tasks)
    take_stock(house.writer)
    plans = []

    def explain(connection, _cursor, statement, parameters, _context, _many):
        if statement.startswith("SELECT outbox.id") and not plans:
            plans.append("")
            how = "EXPLAIN QUERY PLAN " if connection.dialect.name == "sqlite" else "EXPLAIN "
            plans[0] = str(connection.exec_driver_sql(how + statement, parameters).all())

    event.listen(house.engine, "before_cursor_execute", explain)
    assert held(house)
    event.remove(house.engine, "before_cursor_execute", explain)
    assert "ix_outbox_to_do" in plans[0]
    assert "SORT" not in plans[0].upper().replace("TEMP B-TREE", "SORT")
