"""A unit is moved in the tree: what is asked of those who work there from then on, and what was asked before."""

from datetime import timedelta

import pytest

from lms.organisation.actions import place_unit
from lms.organisation.models import Unit
from lms.register.actions import fit_duties
from lms.register.queries import EVERYTHING, register_rows
from lms.register.register_then import Then, rows_then
from lms.register.requirements import Terms, set_requirement
from tests.learning.taking import COURSE


def require(town, unit):
    with town.work("maria") as ctx:
        where = ctx.db.get_one(Unit, town.unit(unit).id)
        terms = Terms(COURSE, reason="Krav", source="SoL", due_days=30, unit=where)
        set_requirement(ctx, terms, valid_from=ctx.today - timedelta(days=60))


def move_eken_into_bjorken(town, days):
    """So many days ago."""
    with town.inside(writes=True) as ctx:
        eken, bjorken = (ctx.db.get_one(Unit, town.unit(name).id) for name in ("Eken", "Björken"))
        place_unit(ctx, unit=eken, parent=bjorken, valid_from=ctx.today - timedelta(days=days))
        fit_duties(ctx)


def asked(rows):
    """By when, by employee number."""
    return {row.employee_number: row.due_on for row in rows}


def test_it_is_asked_from_the_day_of_the_move_with_all_days_to_do_it(granvik):
    require(granvik, "Björken")
    move_eken_into_bjorken(granvik, 10)
    with granvik.work("maria", writes=False) as ctx:
        day = ctx.today
        due = {
            days: asked(rows_then(ctx, Then(day - timedelta(days=days)), EVERYTHING)) for days in (0, 10, 11)
        }
        assert due[0] == asked(register_rows(ctx))
    assert due[0]["1003"] == due[10]["1003"] == day + timedelta(days=20)
    assert due[0]["1001"] == due[11]["1001"] == day - timedelta(days=30)
    assert "1003" not in due[11]


@pytest.mark.parametrize("days", [1, 20])
def test_what_is_asked_of_the_unit_itself_is_asked_wherever_it_stood(granvik, days):
    require(granvik, "Eken")
    move_eken_into_bjorken(granvik, 10)
    with granvik.work("maria", writes=False) as ctx:
        then = asked(rows_then(ctx, Then(ctx.today - timedelta(days=days)), EVERYTHING))
        assert then == {"1003": ctx.today - timedelta(days=30), "1011": ctx.today - timedelta(days=30)}
