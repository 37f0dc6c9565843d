"""Lists of units and people stay inside the reach, and a protected identity is shown to the own lead only."""

from datetime import date

import pytest

from lms.base.access import Permission, Role
from lms.base.errors import NotFound
from lms.organisation import actions
from lms.organisation.models import Person
from lms.organisation.people import Narrowed, people, person, unit_tree
from tests.organisation.lists import HEAD, many, staff_list

SEE = Permission.SEE_ORGANISATION
START = date(2026, 1, 1)


def names(town, who, permission=SEE, **narrowed):
    with town.work(who, writes=False) as ctx:
        return [line.name for line in people(ctx, permission, Narrowed(**narrowed)).lines]


def protect(town, name):
    with town.inside(writes=True) as ctx:
        ctx.db.get_one(Person, town.person(name).id).protected = True


def test_tree_with_people_and_who_never_signed_in(granvik, take_in):
    take_in(staff_list("77;Bo;Ek;Eken;usk;2026-03-01", "1001;Amina;Yusuf;Björken;usk;2026-01-01",
                       "1001;Amina;Yusuf;Eken;usk;2026-01-01"))  # fmt: skip
    with granvik.work("maria", writes=False) as ctx:
        (top,) = unit_tree(ctx, SEE)
    assert (top.name, top.people, top.not_signed_in) == ("Granvik", 8, 1)
    assert [(unit.name, unit.people, unit.not_signed_in) for unit in top.children] == [
        ("Björken", 3, 0),
        ("Eken", 4, 1),
    ]


def test_tree_holds_what_is_in_reach(granvik):
    with granvik.work("karin", writes=False) as ctx:
        assert [(unit.name, unit.people) for unit in unit_tree(ctx, Permission.SEE_TEAM)] == [("Björken", 3)]


def test_people_of_the_employer_by_family_name(granvik, fjordvik):
    assert names(granvik, "maria") == [
        "Hodan Ali", "Ida Berg", "Jonas Ek", "Maria Holm", "Karin Lind", "Farid Rahimi", "Amina Yusuf",
    ]  # fmt: skip
    assert names(fjordvik, "siri") == ["Siri Dahl", "Lars Moe", "Kari Nes"]


@pytest.mark.parametrize(
    ("words", "found"),
    [("amina", ["Amina Yusuf"]), ("YUSUF amina", ["Amina Yusuf"]), ("1003", ["Hodan Ali"]),
     ("enhetschef ek", ["Jonas Ek"]), ("öst", ["Åsa Öst"]), ("ÅSA", ["Åsa Öst"]), ("%", []), ("nobody", [])],
)  # fmt: skip
def test_search(granvik, take_in, words, found):
    take_in(staff_list("77;Åsa;Öst;Eken;usk;2026-03-01"))
    assert names(granvik, "maria", words=words) == found


def test_narrowed_to_a_unit_and_to_who_never_signed_in(granvik, take_in):
    take_in(staff_list("77;Bo;Ek;Eken;usk;2026-03-01"))
    assert names(granvik, "maria", unit=granvik.unit("Eken").public_id) == ["Hodan Ali", "Bo Ek", "Jonas Ek"]
    assert names(granvik, "maria", not_signed_in=True) == ["Bo Ek"]


def test_only_who_works_here_now_and_both_figures(granvik, take_in):
    take_in(
        staff_list(
            "1002;Farid;Rahimi;Björken;usk;2026-01-01;2026-03-31", "1001;Amina;Yusuf;Björken;usk;2026-01-01;",
            "1001;Amina;Yusuf;Eken;usk;2026-01-01;", "79;Ny;Snart;Eken;usk;2099-01-01;", head=HEAD + ";Till",
        )
    )  # fmt: skip
    with granvik.work("maria", writes=False) as ctx:
        found = people(ctx, SEE, limit=3)
    assert (len(found.lines), found.employments, found.persons) == (3, 7, 6)
    assert "Farid Rahimi" not in names(granvik, "maria")


def test_unit_of_another_employer_or_out_of_reach_is_not_found(granvik, fjordvik):
    for who, permission, unit in (
        ("maria", SEE, fjordvik.unit("Furua")), ("karin", Permission.SEE_TEAM, granvik.unit("Eken")),
    ):  # fmt: skip
        with pytest.raises(NotFound):
            names(granvik, who, permission, unit=unit.public_id)


def test_staff_see_no_list(granvik):
    with granvik.work("amina", writes=False) as ctx:
        for ask in (unit_tree, people):
            with pytest.raises(NotFound):
                ask(ctx, SEE)


def test_protected_identity_in_lists_of_officers(granvik):
    protect(granvik, "amina")
    with granvik.work("maria", writes=False) as ctx:
        hidden = people(ctx, SEE).lines[-1]
        assert (hidden.employee_number, hidden.protected, hidden.name, hidden.unit) == ("1001", True, "", "")
        assert people(ctx, SEE, Narrowed(words="yusuf")).lines == ()
        assert people(ctx, SEE, Narrowed(words="1001")).persons == 1
        assert people(ctx, SEE, Narrowed(unit=granvik.unit("Björken").public_id)).persons == 2
        (only,) = person(ctx, SEE, granvik.person("amina").public_id)
        assert (only.name, only.unit) == ("", "")


def test_protected_identity_is_seen_by_the_own_lead_and_no_other(granvik):
    protect(granvik, "amina")
    assert "Amina Yusuf" in names(granvik, "karin", Permission.SEE_TEAM)
    assert "Amina Yusuf" in names(granvik, "karin", Permission.SEE_TEAM, words="yusuf")
    with granvik.inside(writes=True) as ctx:
        actions.grant_role(ctx, person=granvik.person("jonas"), role=Role.OFFICER, valid_from=START)
    assert "Amina Yusuf" not in names(granvik, "jonas")
    assert "" in names(granvik, "jonas")


def test_one_person(granvik, fjordvik, take_in):
    take_in(staff_list("1001;Amina;Yusuf;Eken;usk;2026-06-01"))
    amina = granvik.person("amina").public_id
    with granvik.work("maria", writes=False) as ctx:
        assert [line.unit for line in person(ctx, SEE, amina)] == ["Eken", "Björken"]
    with granvik.work("jonas", writes=False) as ctx:
        assert [line.unit for line in person(ctx, Permission.SEE_TEAM, amina)] == ["Eken"]
    for town, who in ((granvik, "karin"), (fjordvik, "lars")):
        with town.work(who, writes=False) as ctx, pytest.raises(NotFound):
            person(ctx, Permission.SEE_TEAM, amina)


def test_who_has_left_is_still_theirs_who_had_them_last(granvik, take_in):
    take_in(staff_list("1001;Amina;Yusuf;Björken;usk;2026-01-01;2026-03-31", head=HEAD + ";Till"))
    with granvik.work("karin", writes=False) as ctx:
        assert person(ctx, Permission.SEE_TEAM, granvik.person("amina").public_id)[0].valid_to == date(
            2026, 3, 31
        )


def test_statements_do_not_grow(granvik, take_in, statements):
    counts = []
    for size in (10, 500):
        take_in(many(size))
        with granvik.work("maria", writes=False) as ctx, statements() as sent:
            unit_tree(ctx, SEE)
            people(ctx, SEE)
        counts.append(len(sent))
    assert counts == [4, 4]
