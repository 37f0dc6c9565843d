"""The demo: made whole or not at all, and only its own."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from lms import demo
from lms.base.access import Actor
from lms.base.context import work
from lms.base.migrate import migrate_as_owner
from lms.base.outbox import OutboxTask
from lms.catalogue.actions import publish_editions
from lms.demo_cast import BACK_FROM_LEAVE, LEARNER, OFFICER
from lms.demo_towns import TOWNS
from lms.demo_year import pass_exam
from lms.learning import queries
from lms.organisation.models import Employer, Person
from lms.organisation.queries import employer_id_of
from lms.organisation.visitors import actor_on
from lms.register.coverage import counts
from lms.register.coverage_then import counts_then
from lms.register.duty_rules import NEVER
from lms.register.history import facts, ledger
from lms.register.models import CoverageThen
from lms.register.queries import Filter, register_rows
from lms.register.recount import recount
from lms.register.requirement_list import requirements
from lms.register.rules import State
from tests.catalogue.tiny_course import write_files
from tests.catalogue.typed_course import EXAMINED, typed_course
from tests.catalogue.typed_course import NAME as TYPED
from tests.learning.taking import take


@pytest.mark.timeout(900)  # it reads all courses four times
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
        assert town.address(LEARNER) in demo.welcome(empty, town)
        holds_together(empty, town)
    assert not demo.build_demo(empty, town)
    with work(empty, writes=False) as ctx:
        waiting = select(OutboxTask.key).where(OutboxTask.done_at.is_(None))
        assert ctx.db.scalars(waiting).all() == ["story:of others"]
        assert ctx.db.scalar(select(func.count()).where(OutboxTask.done_at.is_not(None))) > 10


def holds_together(house, town):
    """Nothing has drifted, and the year behind is there to look back to."""
    with officer(house, town) as ctx:
        assert recount(ctx).is_none
        counted = counts(ctx, ctx.today)
        assert counted == counts_then(ctx, ctx.today)
        units, courses = {unit for unit, _course in counted}, {course for _unit, course in counted}
        assert (len(units), len(courses)) == (7, 5)
        states = {row.state for row in register_rows(ctx, Filter())}
        assert states == {*State} - {State.NOT_REQUIRED}
        kept = ctx.db.scalars(
            select(CoverageThen.day).where(CoverageThen.employer_id == ctx.employer_id).distinct()
        ).all()
        assert len(kept) >= 52
        assert {day.weekday() for day in kept} == {0}
        assert [each.changes_on for each in requirements(ctx)] == [None] * 11
        assert len([each for each in requirements(ctx) if each.minimum]) == 1

        late_news(ctx)


def late_news(ctx):
    """Somebody was back for two weeks before anybody entered it: that was not known then, and is now."""
    person = ctx.db.scalars(
        select(Person.id).where(
            Person.employer_id == ctx.employer_id, Person.employee_number == BACK_FROM_LEAVE
        )
    ).one()
    day, known_on = (ctx.today - timedelta(days=ago) for ago in (15, 12))
    due = []
    for at in (None, ctx.end_of(known_on)):
        book = ledger(ctx, day, at)
        known = facts(ctx, book, [person])[person]
        due.append({cell.course: cell.standing.due_on for cell in book.cells(known)}["deviations"])
    assert ctx.today < due[0] < due[1] == NEVER


def officer(house, town):
    """A unit of work as the quality manager of a town."""
    with work(house, writes=False) as ctx:
        employer = employer_id_of(ctx, town.slug)
    program = work(house, Actor.program(employer), writes=False)
    with program as ctx:
        person = ctx.db.scalars(
            select(Person.id).where(Person.employer_id == employer, Person.employee_number == OFFICER)
        ).one()
        actor = actor_on(ctx.db, employer, person, ctx.today)
    return work(house, actor, time_zone=town.time_zone, country=town.country, language=town.language)


def test_a_course_with_every_type_of_item_is_passed_in_the_demo_and_in_tests(house, granvik, tmp_path):
    with work(house) as ctx:
        publish_editions(ctx, write_files(typed_course(), tmp_path / "typed"))
    with granvik.work("amina") as ctx:
        pass_exam(ctx, TYPED)
    take(granvik, "farid", right=len(EXAMINED), course=TYPED)
    take(granvik, "hodan", right=0, course=TYPED)
    for name, passed in (("amina", True), ("farid", True), ("hodan", False)):
        with granvik.work(name, writes=False) as ctx:
            result = queries.result(ctx, TYPED)
            assert result is not None
            assert (result.passed, result.right) == (passed, len(EXAMINED) if passed else 0)
