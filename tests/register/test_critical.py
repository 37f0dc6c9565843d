"""Critical coverage: where a unit needs so many people who can show a course, how many it has, and until when."""

from collections import defaultdict
from datetime import date, timedelta

import pytest
from sqlalchemy import select, update

from lms.base.access import Role
from lms.organisation.actions import employ
from lms.organisation.models import Employment, Person, Unit
from lms.organisation.writing import revise_employments
from lms.register.actions import fit_duties
from lms.register.critical import Spare, critical_coverage, with_last_days
from lms.register.dispensations import give_dispensation
from lms.register.queries import Filter, register_rows
from lms.register.requirements import Terms, set_requirement
from lms.register.rules import COUNTS_AS_KNOWN, State
from lms.register.status import duties_of, refresh_status
from tests.builders import START
from tests.learning.taking import take
from tests.register.towns import give, grow_by_chance
from tests.web.staff_pages import counted

SEEDS = (1, 2, 3, 4)


def works(town, name, unit, *, valid_from, role="assistant_nurse"):
    with town.inside(writes=True) as ctx:
        employ(
            ctx, person=ctx.db.get_one(Person, town.person(name).id), unit=town.unit(unit), role=role,
            title="Vikarie", valid_from=valid_from,
        )  # fmt: skip
        fit_duties(ctx)


def needs(town, course, minimum, unit=None, **about):
    with town.work("maria") as ctx:
        where = ctx.open(Unit, town.unit(unit).public_id) if unit else None
        terms = Terms(course, "Krav", "SoL", due_days=0, minimum=minimum, unit=where, **about)
        set_requirement(ctx, terms, valid_from=ctx.today)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_unit_is_held_against_the_strictest_minimum_above_it(granvik, seed):
    grow_by_chance(granvik, seed, people=20)
    needs(granvik, "documentation", 1)
    needs(granvik, "documentation", 3, "Björken")
    with granvik.work("maria", writes=False) as ctx:
        found = {each.unit: each for each in critical_coverage(ctx)}
        rows = [
            row for row in register_rows(ctx, Filter(course="documentation")) if row.state is not State.EXEMPT
        ]
        people = defaultdict(lambda: defaultdict(list))
        for row in rows:
            people[row.unit][row.person_id].append(row.state in COUNTS_AS_KNOWN)
        assert set(people) <= set(found)
        for unit, known in people.items():
            each = found[unit]
            assert each.known == sum(all(posts) for posts in known.values())
            assert each.asked == len(known)
            assert each.minimum == (3 if unit in {"Björken", "Norra", "Södra", "Natt"} else 1)
        order = [each.known - each.minimum for each in critical_coverage(ctx)]
        assert order == sorted(order)
        below = {each.unit for each in critical_coverage(ctx, granvik.unit("Björken").public_id)}
        assert below <= {"Björken", "Norra", "Södra", "Natt"}


def known_until(posts):
    """Until when somebody counts, by posts (last day, known until): in each that they still have then."""
    found = date.min
    for day in sorted({day for post in posts for day in post}):
        left = [known for last, known in posts if last >= day]
        if not left or min(left) < day:
            return found
        found = day
    return found


@pytest.mark.parametrize("seed", SEEDS)
def test_the_day_after_which_a_unit_falls_below_is_that_of_the_first_who_cannot_be_spared(granvik, seed):
    grow_by_chance(granvik, seed, people=20)
    needs(granvik, "documentation", 1)
    with granvik.inside() as ctx:
        ends = dict(ctx.db.execute(select(Employment.title, Employment.valid_to)).all())
    with granvik.work("maria", writes=False) as ctx:
        found = with_last_days(ctx, critical_coverage(ctx))
        for each in found:
            people = defaultdict(list)
            for row in register_rows(ctx, Filter(unit=each.unit_id, only_here=True, course="documentation")):
                if row.state is not State.EXEMPT:
                    known = (row.expires_on or date.max) if row.state in COUNTS_AS_KNOWN else date.min
                    people[row.person_id].append((ends[row.title] or date.max, known))
            last_days = sorted(day for posts in people.values() if (day := known_until(posts)) > date.min)
            falls = None if each.spare is Spare.BELOW else last_days[len(last_days) - each.minimum]
            assert each.last_day == (None if falls == date.max else falls)
    assert any(each.last_day for each in found)
    assert {each.spare for each in found} > {Spare.LAST}


def test_a_unit_that_has_lost_all_it_needs_is_still_there(granvik):
    with granvik.work("maria") as ctx:
        set_requirement(
            ctx, Terms("medication", "Krav", "SoL", due_days=0, roles=("care_assistant",), minimum=1),
            valid_from=ctx.today - timedelta(days=9),
        )  # fmt: skip
    with granvik.work("maria", writes=False) as ctx:
        assert [(each.unit, each.known, each.asked) for each in critical_coverage(ctx)] == [("Eken", 0, 1)]
        now = ctx.now
    with granvik.inside(writes=True) as ctx:
        hodan = granvik.person("hodan").id
        ctx.db.execute(
            update(Employment)
            .where(Employment.person_id == hodan)
            .values(valid_to=ctx.today - timedelta(days=1))
        )
        refresh_status(ctx, duties_of(ctx, [hodan]))
    with granvik.work("maria", writes=False, now=now) as ctx:
        assert [(each.unit, each.asked, each.spare) for each in critical_coverage(ctx)] == [
            ("Eken", 0, Spare.BELOW)
        ]


def test_a_minimum_is_for_the_units_that_have_somebody_it_is_about(granvik):
    needs(granvik, "documentation", 1)
    needs(granvik, "documentation", 5, roles=("nurse",))
    with granvik.work("maria", writes=False) as ctx:
        assert {each.minimum for each in critical_coverage(ctx)} == {1}
    works(granvik, "amina", "Björken", role="nurse", valid_from=START)
    with granvik.work("maria", writes=False) as ctx:
        found = {each.unit: (each.minimum, each.asked) for each in critical_coverage(ctx)}
    assert found["Björken"][0] == 5
    assert {minimum for unit, (minimum, _asked) in found.items() if unit != "Björken"} == {1}


def test_a_post_that_follows_goes_on_and_an_exemption_to_come_takes_away(granvik):
    needs(granvik, "documentation", 1, "Eken")
    take(granvik, "hodan", right=12)
    hodan = granvik.person("hodan")

    def last_day():
        with granvik.work("maria", writes=False) as ctx:
            (found,) = with_last_days(ctx, critical_coverage(ctx, granvik.unit("Eken").public_id))
        return (found.last_day - ctx.today).days

    until_renewal = last_day()
    with granvik.inside(writes=True) as ctx:
        post = ctx.db.scalars(select(Employment).where(Employment.person_id == hodan.id)).one()
        revise_employments(ctx, {post.id: {"valid_to": ctx.today + timedelta(days=9)}})
        refresh_status(ctx, duties_of(ctx, [hodan.id]))
    assert last_day() == 9
    with granvik.inside() as ctx:
        begins = ctx.today + timedelta(days=10)
    works(granvik, "hodan", "Eken", valid_from=begins)
    assert last_day() == until_renewal
    with granvik.work("maria") as ctx:
        give_dispensation(
            ctx, hodan.public_id, "documentation", "exemption", first=begins + timedelta(days=5),
            last=begins + timedelta(days=8), reason="Vikarierar",
        )  # fmt: skip
    assert last_day() == 14


def test_critical_coverage_is_of_the_own_reach_and_takes_three_statements(granvik, fjordvik):
    grow_by_chance(granvik, 2)
    needs(granvik, "documentation", 2)
    give(granvik, "jonas", Role.OFFICER, "Eken")
    with granvik.work("jonas", writes=False) as ctx, counted(granvik.house) as sent:
        found = with_last_days(ctx, critical_coverage(ctx))
    assert {each.unit for each in found} <= {"Eken", "Västra"}
    assert found
    assert len(sent) == 3
    with fjordvik.work("siri", writes=False) as ctx:
        assert critical_coverage(ctx) == []
