"""The counts of coverage: what is counted when, and what is not. That they are right at all, test_history says."""

from datetime import UTC, datetime, time, timedelta

import pytest
import time_machine
from click.testing import CliRunner
from sqlalchemy import func, select, update

from lms.base.context import Context
from lms.base.findings import Verdict
from lms.cli import register as cli
from lms.doctor import examine
from lms.jobs.stories import turn_of_day
from lms.jobs.worker import work_once
from lms.organisation.models import Employment, Person
from lms.organisation.writing import revise_employments
from lms.register import recount
from lms.register.actions import fit_duties
from lms.register.coverage import FIGURES, enter_then
from lms.register.dispensations import give_dispensation
from lms.register.models import Coverage, CoverageThen, Status
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


def test_what_had_drifted_is_put_right_when_a_day_begins_and_told(granvik, caplog):
    assign(granvik, "amina", "farid")
    for ago in (400, 300):
        with granvik.inside(writes=True) as ctx:
            enter_then(
                ctx,
                ctx.today - timedelta(days=ago),
                {(granvik.unit("Eken").id, COURSE): dict.fromkeys(FIGURES, 0)},
            )
    with granvik.inside(writes=True) as ctx:
        ctx.db.execute(update(Coverage).values(posts=7))
        ctx.later("turn_of_day", "today")
    assert dict(examine(granvik.house))["ledger"].verdict is Verdict.OK
    while work_once(granvik.house):
        pass
    assert counted(granvik) == (2, 0)
    found = dict(examine(granvik.house))["ledger"]
    assert found.verdict is Verdict.ATTENTION
    assert "on 1 of the last 30 days (drift: 0 reasons, 0 statuses, 1 places)" in found.what
    assert "the ledger was not as its facts have it" in caplog.text
    with granvik.inside() as ctx:
        days = ctx.db.scalars(select(CoverageThen.day).order_by(CoverageThen.day)).all()
        assert [(ctx.today - day).days for day in days] == [300, 0]


def test_a_recount_is_a_transaction_for_each_part(granvik, monkeypatch):
    monkeypatch.setattr(recount, "PEOPLE_AT_ONCE", 2)
    assign(granvik, "amina", "farid")
    with granvik.inside(writes=True) as ctx:
        people = ctx.db.scalar(
            select(func.count()).select_from(Person).where(Person.employer_id == ctx.employer_id)
        )
        ctx.db.execute(update(Status).values(due_on=None))
        parts = recount.parts(ctx)
        assert [len(part) for part in parts] == [2] * (people // 2) + [1] * (people % 2)
        found = recount.recount(ctx)
    assert (found.people, found.statuses) == (people, 2)
    assert counted(granvik) == (2, 0)


@pytest.mark.parametrize("mend", [False, True])
def test_the_command_tells_what_differs_and_keeps_it_only_if_asked_to(granvik, monkeypatch, mend):
    monkeypatch.setattr(cli, "open_house", lambda: granvik.house)
    assign(granvik, "amina", "farid")
    with granvik.inside(writes=True) as ctx:
        ctx.db.execute(update(Status).values(due_on=None))
    told = CliRunner().invoke(cli.recount, ["--employer", granvik.slug, *(["--mend"] if mend else [])])
    assert "0 reasons for duties, 2 statuses and 1 counts of units differed" in told.output
    assert told.exit_code == (0 if mend else 1)
    again = CliRunner().invoke(cli.recount, ["--employer", granvik.slug])
    assert again.exit_code == (0 if mend else 1)
