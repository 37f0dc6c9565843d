"""Units are found by name or path, and thought up where the list may make them."""

import pytest

from lms.organisation.places import Place, Places

TREE = [
    Place(1, None, "Granvik", mine=True),
    Place(2, 1, "Hemtjänst", mine=True),
    Place(3, 2, "Norr", mine=True),
    Place(4, 1, "Boende", mine=True),
    Place(5, 4, "Norr", mine=True),
    Place(6, 4, "Granvik", mine=True),
    Place(7, 1, "Förskola", mine=False),
]


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("Hemtjänst", 2), ("hemtjänst", 2), ("Granvik > Hemtjänst", 2), ("Hemtjänst > Norr", 3),
        ("Granvik > Boende > Norr", 5), ("Norr", "ambiguous_unit"), ("Söder", "unknown_unit"),
        ("Boende > Granvik", 6), ("Granvik", 1), ("Boende > Hemtjänst", "unknown_unit"),
        ("Förskola", "unknown_unit"),
    ],
)  # fmt: skip
def test_unit_by_name_or_path(path, found):
    assert Places(TREE, may_add_top=True).resolve(tuple(path.split(" > ")), make=False) == found


def test_path_is_made_below_what_is_there():
    places = Places(TREE, may_add_top=False)
    made = places.resolve(("Hemtjänst", "Söder", "Natt"), make=True)
    assert places.text(made) == "Granvik > Hemtjänst > Söder > Natt"
    assert [place.parent_id for place in places.new] == [2, -1]
    assert places.resolve(("Söder", "Natt"), make=True) == made
    assert len(places.new) == 2


def test_top_is_made_only_by_whom_everything_is_theirs():
    assert Places(TREE, may_add_top=False).resolve(("Skola",), make=True) == "unknown_unit"
    places = Places(TREE, may_add_top=True)
    assert places.text(places.resolve(("Skola", "Ett"), make=True)) == "Skola > Ett"


def test_nothing_is_made_below_somebody_elses_unit():
    assert Places(TREE, may_add_top=False).resolve(("Förskola", "Ett"), make=True) == "unknown_unit"
