"""Which outcomes a unit misses: right on the whole, and nothing from which one person's result follows."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import update

from lms.base.errors import NotFound
from lms.learning.item_rules import LEAST
from lms.learning.outcome_rules import Missing, Results, counted_until, missed_outcomes, missing
from lms.learning.unit_outcomes import unit_outcomes
from lms.organisation import actions as organisation
from lms.organisation.models import Person
from tests.builders import START
from tests.learning.kettle import KETTLE, publish_kettle, show
from tests.web.staff_pages import counted

sizes = st.integers(LEAST, 200)
everybody = st.lists(st.sets(st.sampled_from(["tea", "cup"])), max_size=30)


@given(sizes, st.sampled_from(Missing))
def test_who_knows_one_result_learns_no_other_from_a_step(size, step):
    numbers = [missed for missed in range(size + 1) if missing(missed, size) is step]
    for known in (0, 1):  # the one person is solid, or misses it
        others = [missed - known for missed in numbers if 0 <= missed - known <= size - 1]
        assert not others or any(missed > 0 for missed in others)  # anybody else may miss it,
        assert not others or any(missed < size - 1 for missed in others)  # and may not
    assert step is not Missing.FEW or numbers[0] == 0
    assert step is not Missing.MOST or numbers[-1] == size


@given(sizes)
def test_steps_rise_with_those_who_miss(size):
    steps = [missing(missed, size) for missed in range(size + 1)]
    assert steps == sorted(steps)


@given(everybody)
def test_outcomes_are_told_of_at_least_five_who_were_asked(people):
    found = missed_outcomes(["cup", "tea"], [Results(1, ("tea",), solid) for solid in people])
    missed = sum("tea" not in solid for solid in people)
    assert found == ({"tea": missing(missed, len(people))} if len(people) >= LEAST else {})


def test_results_count_from_the_month_after():
    assert counted_until(datetime(2026, 3, 31, tzinfo=UTC).date()).isoformat() == "2026-03-01"


@pytest.fixture
def team(house, granvik, tmp_path):
    """Granvik with everybody but Jonas in Björken, too."""
    publish_kettle(house, tmp_path / "kettle", now=datetime(2026, 1, 2, tzinfo=UTC))
    unit = granvik.unit("Björken")
    with granvik.work("admin") as ctx:
        for name in ("hodan", "maria", "admin"):
            person = ctx.open(Person, granvik.person(name).public_id)
            organisation.employ(
                ctx, person=person, unit=ctx.db.merge(unit), role="other", title="x", valid_from=START
            )
    return granvik


TEAM = ("amina", "farid", "hodan", "karin", "maria", "admin")
BEFORE = timedelta(days=40)  # in an earlier month, whatever day it is


def take_all(team, names=TEAM, now=None):
    at = now or datetime.now(UTC) - BEFORE
    for name in names:
        show(team, name, "tea", kind="exam", now=at)


def seen(team, name="karin", unit=None):
    with team.work(name, writes=False) as ctx:
        return {found.edition.course: dict(found.outcomes) for found in unit_outcomes(ctx, unit)}


def test_the_last_exam_of_each_counts(team, house):
    take_all(team)
    wanted = {KETTLE: {"tea": Missing.FEW, "cup": Missing.MOST}}
    assert seen(team) == wanted
    assert seen(team, "maria", team.unit("Björken").public_id) == wanted
    for name in TEAM[:4]:
        show(team, name, "cup", kind="exam", now=datetime.now(UTC) - BEFORE + timedelta(hours=1))
    assert seen(team) == {KETTLE: {"tea": Missing.MOST, "cup": Missing.FEW}}
    with team.work("karin", writes=False) as ctx, counted(house) as sent:
        unit_outcomes(ctx)
    assert len(sent) == 3


def test_of_four_nothing_is_told(team):
    take_all(team, TEAM[:4])
    assert seen(team) == {}


def test_nor_of_exams_of_this_month(team):
    take_all(team, now=datetime.now(UTC))
    assert seen(team) == {}


def test_nor_of_tests_before_the_course(team):
    for name in TEAM:
        show(team, name, "tea", now=datetime.now(UTC) - BEFORE)
    assert seen(team) == {}


def test_a_protected_identity_counts_for_the_lead_of_the_unit_only(team):
    take_all(team, TEAM[:5])
    with team.inside(writes=True) as ctx:
        ctx.db.execute(
            update(Person)
            .where(Person.employer_id == ctx.employer_id, Person.given_name == "Amina")
            .values(protected=True)
        )
    assert seen(team)
    assert seen(team, "maria", team.unit("Björken").public_id) == {}


def test_other_leads_see_nothing_of_it(team, fjordvik):
    take_all(team)
    assert seen(team, "jonas") == {}
    assert seen(team, "jonas", team.unit("Björken").public_id) == {}
    assert seen(fjordvik, "lars") == {}
    with pytest.raises(NotFound):
        seen(team, "amina")
