"""Where units stood over time: on each day as the placements say, and never one below itself."""

from datetime import date, timedelta

import pytest

from lms.base.errors import Invalid
from lms.organisation import actions
from lms.organisation.models import Unit
from lms.organisation.queries import tree_over_time
from lms.organisation.tree import Tree
from tests.builders import START

DAY = timedelta(days=1)
SPRING, AUTUMN = date(2026, 3, 1), date(2026, 9, 1)


def test_two_units_may_change_places():
    tree = Tree(
        {
            1: [(None, START, None)], 2: [(1, START, SPRING - DAY), (3, SPRING, None)],
            3: [(2, START, SPRING - DAY), (1, SPRING, None)], 4: [(3, AUTUMN, None)],
        }
    )  # fmt: skip
    assert tree.stood(3) == (("/1/2/3/", date.min, SPRING - DAY), ("/1/3/", SPRING, None))
    assert tree.stood(4) == (("/1/2/3/4/", date.min, SPRING - DAY), ("/1/3/4/", SPRING, None))
    assert tree.stood(1) == (("/1/", date.min, None),)
    assert [tree.path(2, day) for day in (START, SPRING - DAY, SPRING, AUTUMN)] == [
        "/1/2/", "/1/2/", "/1/3/2/", "/1/3/2/",
    ]  # fmt: skip


def place(town, unit, parent, days):
    with town.inside(writes=True) as ctx:
        below, above = (ctx.db.get_one(Unit, town.unit(name).id) for name in (unit, parent))
        actions.place_unit(ctx, unit=below, parent=above, valid_from=ctx.today - timedelta(days=days))


def paths(town, unit):
    """The names along the path of a unit, with how many days ago that began."""
    names = {f"{town.unit(name).id}": name for name in ("Granvik", "Björken", "Eken")}
    with town.inside() as ctx:
        return [
            (
                " > ".join(names[part] for part in path.strip("/").split("/")),
                (ctx.today - max(first, START)).days,
            )
            for path, first, _last in tree_over_time(ctx).stood(town.unit(unit).id)
        ]


def test_a_correction_takes_the_place_of_all_that_was_said_of_later_days(granvik):
    start = paths(granvik, "Eken")[0][1]
    place(granvik, "Eken", "Björken", 20)
    place(granvik, "Eken", "Granvik", 10)
    assert paths(granvik, "Eken") == [
        ("Granvik > Eken", start), ("Granvik > Björken > Eken", 20), ("Granvik > Eken", 10),
    ]  # fmt: skip
    place(granvik, "Eken", "Björken", 15)
    assert paths(granvik, "Eken") == [("Granvik > Eken", start), ("Granvik > Björken > Eken", 20)]
    place(granvik, "Eken", "Björken", start + 9)
    assert paths(granvik, "Eken") == [("Granvik > Björken > Eken", start)]


def test_no_unit_was_ever_below_itself(granvik):
    place(granvik, "Eken", "Björken", 20)
    place(granvik, "Eken", "Granvik", 10)
    with pytest.raises(Invalid):
        place(granvik, "Björken", "Eken", 11)
    place(granvik, "Björken", "Eken", 10)
    assert paths(granvik, "Björken")[-1] == ("Granvik > Eken > Björken", 10)
