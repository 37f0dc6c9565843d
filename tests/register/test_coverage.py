"""The counts of coverage: what is counted when, and what is not. That they are right at all, test_history says."""

from datetime import UTC, datetime, time, timedelta

import time_machine
from sqlalchemy import select

from lms.base.context import Context
from lms.jobs.stories import turn_of_day
from lms.organisation.models import Employment
from lms.organisation.writing import revise_employments
from lms.register.actions import fit_duties
from lms.register.dispensations import give_dispensation
from lms.register.models import Coverage
from lms.register.queries import CourseCoverage, coverage
from lms.register.requirements import Terms, set_requirement
from tests.builders import day_of
from tests.learning.taking import COURSE, assign, take


def counted(town):
    """(posts, of them known) of the course in Björken."""
    with town.inside() as ctx:
        row = ctx.db.execute(
            select(Coverage.posts, Coverage.known_posts).where(
                Coverage.unit_id == town.unit("Björken").id, Coverage.course == COURSE
            )
        ).one()
        return tuple(row)


def test_what_is_passed_before_the_worker_notices_a_day_is_counted_when_it_does(granvik):
    assign(granvik, "amina", "farid")
    tomorrow = datetime.combine(day_of(datetime.now(UTC)) + timedelta(days=1), time(11), UTC)
    take(granvik, "amina", right=12, now=tomorrow)
    assert counted(granvik) == (2, 0)  # as of the day before
    with time_machine.travel(tomorrow):
        assert turn_of_day(granvik.house, granvik.employer_id, {}) is None
    assert counted(granvik) == (2, 1)


def test_the_register_counts_its_rows_while_the_worker_has_not_noticed_a_day(granvik):
    assign(granvik, "amina", "farid")
    tomorrow = datetime.combine(day_of(datetime.now(UTC)) + timedelta(days=1), time(11), UTC)
    take(granvik, "amina", right=12, now=tomorrow)
    with granvik.work("maria", writes=False, now=tomorrow) as ctx:
        assert coverage(ctx) == [CourseCoverage(COURSE, known=1, asked=2, exempt=0)]
    with granvik.work("maria", writes=False) as ctx:
        assert coverage(ctx) == [CourseCoverage(COURSE, known=0, asked=2, exempt=0)]


def post_of(ctx: Context, person_id: int):
    return ctx.db.scalars(select(Employment.id).where(Employment.person_id == person_id)).one()


def test_a_post_that_never_was_is_asked_for_nothing_even_by_a_lead(granvik):
    assign(granvik, "amina", "farid")
    with granvik.work("maria") as ctx:
        post = post_of(ctx, granvik.person("amina").id)
        revise_employments(ctx, {post: None})
        fit_duties(ctx, [post])
    assert counted(granvik) == (1, 0)
    with granvik.work("maria") as ctx:
        revise_employments(ctx, {post: {}})  # it was, after all
        fit_duties(ctx, [post])
    assert counted(granvik) == (2, 0)


def test_what_begins_while_the_worker_is_away_is_followed_when_it_is_back(granvik):
    first = day_of(datetime.now(UTC)) + timedelta(days=3)
    with granvik.work("maria") as ctx:
        set_requirement(ctx, Terms(COURSE, reason="Krav", source="SoL", due_days=5), valid_from=first)
    with granvik.work("karin") as ctx:
        give_dispensation(
            ctx, granvik.person("amina").public_id, COURSE, "exemption", first=first, last=first + timedelta(days=90),
            reason="Vikarierar",
        )  # fmt: skip
    with time_machine.travel(datetime.combine(first + timedelta(days=30), time(11), UTC)):
        assert turn_of_day(granvik.house, granvik.employer_id, {}) is None
    assert counted(granvik) == (2, 0)  # Farid and Karin
