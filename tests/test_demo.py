"""The demo: made whole or not at all, and only its own."""

import pytest
from sqlalchemy import func, select

from lms import demo
from lms.base.context import work
from lms.base.migrate import migrate_as_owner
from lms.base.outbox import OutboxTask
from lms.catalogue.actions import publish_editions
from lms.demo_towns import LEARNER, TOWNS
from lms.learning import queries
from lms.organisation.models import Employer
from tests.catalogue.tiny_course import write_files
from tests.catalogue.typed_course import EXAMINED, typed_course
from tests.catalogue.typed_course import NAME as TYPED
from tests.learning.taking import take


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


def test_a_course_with_every_type_of_item_is_passed_in_the_demo_and_in_tests(house, granvik, tmp_path):
    with work(house) as ctx:
        publish_editions(ctx, write_files(typed_course(), tmp_path / "typed"))
    with granvik.work("amina") as ctx:
        demo.pass_exam(ctx, TYPED)
    take(granvik, "farid", right=len(EXAMINED), course=TYPED)
    take(granvik, "hodan", right=0, course=TYPED)
    for name, passed in (("amina", True), ("farid", True), ("hodan", False)):
        with granvik.work(name, writes=False) as ctx:
            result = queries.result(ctx, TYPED)
            assert result is not None
            assert (result.passed, result.right) == (passed, len(EXAMINED) if passed else 0)
