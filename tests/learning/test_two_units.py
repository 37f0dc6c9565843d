"""Giving a course to people of units that share no lead's unit, and taking it back."""

import pytest

from lms.base.access import Role
from lms.base.errors import NotFound
from lms.learning.actions import withdraw_assignment
from lms.learning.assignments import given, open_assignments
from lms.organisation.actions import grant_role, place_unit
from lms.organisation.models import Unit
from tests.learning.taking import assign


@pytest.fixture
def leads_both(granvik):
    """Karin leads Eken too."""
    with granvik.work("admin") as ctx:
        grant_role(ctx, person=granvik.person("karin"), role=Role.LEAD, unit=granvik.unit("Eken"))


@pytest.mark.usefixtures("leads_both")
def test_who_gave_it_to_both_units_may_take_it_back(granvik):
    made = assign(granvik, "amina", "hodan").assignment
    hodan = granvik.person("hodan").public_id
    with granvik.work("karin") as ctx:
        assert given(ctx, made.public_id).people == 2
        assert [each.public_id for each in open_assignments(ctx, hodan)] == [made.public_id]
    with granvik.work("jonas") as ctx:
        assert given(ctx, made.public_id) is None
        with pytest.raises(NotFound):
            withdraw_assignment(ctx, made.public_id)
    with granvik.work("karin") as ctx:
        withdraw_assignment(ctx, made.public_id)
        assert given(ctx, made.public_id).people == 0


@pytest.mark.usefixtures("leads_both")
def test_units_may_share_nothing_above_them(granvik):
    with granvik.work("admin") as ctx:
        unit = ctx.db.get_one(Unit, granvik.unit("Eken").id)
        place_unit(ctx, unit=unit, parent=None, valid_from=ctx.today)
    made = assign(granvik, "amina", "hodan")
    assert made.people == 2
    with granvik.work("karin") as ctx:
        assert given(ctx, made.assignment.public_id).people == 2
