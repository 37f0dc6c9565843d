"""The demo: made whole or not at all, and only its own."""

import pytest
from sqlalchemy import func, select

from lms import demo
from lms.base.context import work
from lms.base.migrate import migrate_as_owner
from lms.base.outbox import OutboxTask
from lms.demo_towns import LEARNER, TOWNS
from lms.organisation.models import Employer


def test_a_build_that_is_interrupted_is_begun_again_and_others_tasks_stay(empty, monkeypatch):
    empty.settings.data.mkdir()
    migrate_as_owner(empty.settings)
    with work(empty) as ctx:
        ctx.later("story", "of others")
    monkeypatch.setattr(demo, "_lead", lambda *_given: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        demo.build_demo(empty)
    with work(empty, writes=False) as ctx:
        assert ctx.db.scalars(select(Employer)).all() == []
    monkeypatch.undo()
    for town in TOWNS.values():
        assert demo.build_demo(empty, town)
        assert not demo.build_demo(empty, town)
        assert town.address(LEARNER) in demo.welcome(empty, town)
    with work(empty, writes=False) as ctx:
        waiting = select(OutboxTask.key).where(OutboxTask.done_at.is_(None))
        assert ctx.db.scalars(waiting).all() == ["story:of others"]
        assert ctx.db.scalar(select(func.count()).where(OutboxTask.done_at.is_not(None))) > 10
