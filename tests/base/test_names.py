"""Lists of people are in the order of the language of the employer's country, on both databases."""

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import literal, select, union_all

from lms.base.access import Permission, Role
from lms.base.names import in_order, name_key
from lms.organisation import actions as organisation
from lms.organisation.arrival import employer_names
from lms.organisation.models import Employer, Person, RoleGrant
from lms.organisation.people import people
from lms.organisation.second_factor import factor_holders
from lms.register.people import candidates
from lms.register.team import team
from tests.builders import START
from tests.learning.taking import COURSE

ORDERS = {
    "SE": [
        "Adam",
        "Élise",
        "Elsa",
        "Oa",
        "Oz",
        "Ünal",
        "Űrsa",
        "Yvonne",
        "Zeynep",
        "Åke",
        "Åsa",
        "Äa",
        "Ęb",
        "Äz",
        "Öa",
        "Őb",
        "Œc",
        "Ôd",
        "Östen",
    ],
    "NO": [
        "Adam",
        "Élise",
        "Elsa",
        "Oa",
        "Ôb",
        "Oz",
        "Űrsa",
        "Yvonne",
        "Zeynep",
        "Ægir",
        "Øa",
        "Őb",
        "Œc",
        "Øyvind",
        "Åse",
        "Aasta",
        "Åste",
    ],
}


@pytest.mark.parametrize("country", ORDERS)
def test_both_databases_know_the_order(granvik, country):
    names = union_all(*(select(literal(name).label("name")) for name in sorted(ORDERS[country]))).subquery()
    with granvik.inside() as ctx:
        ctx.country = country
        found = ctx.rows(select(names.c.name).order_by(*in_order(names.c.name))).scalars().all()
    assert found == ORDERS[country]


@given(st.lists(st.sampled_from("abcdefghijklmnopqrstuvwxyz"), min_size=1), st.sampled_from(["sv", "nb"]))
def test_plain_names_keep_their_order_and_large_letters_are_like_small_ones(letters, language):
    name = re.sub("a+", "a", "".join(letters))  # two are one letter in Norwegian
    assert name_key(name, language) == name_key(name.upper(), language) == name


@pytest.mark.parametrize(("language", "late"), [("sv", "zåäö"), ("nb", "zæøå")])
def test_late_letters_come_after_z_in_their_order(language, late):
    assert all(
        name_key(one + "z", language) < name_key(other + "a", language) for one, other in pairwise(late)
    )


@pytest.fixture
def more(granvik):
    """Granvik with people in Björken whose names begin with late letters."""
    with granvik.inside(writes=True) as ctx:
        employer = ctx.db.get_one(Employer, granvik.employer_id)
        unit = ctx.db.merge(granvik.unit("Björken"))
        for name in ("Östen", "Ärla", "Zeta", "Åsa"):
            person = organisation.add_person(
                ctx, employer=employer, employee_number=f"9{name}", given_name=name, family_name=f"{name}sson"
            )
            ctx.db.flush()
            organisation.employ(ctx, person=person, unit=unit, role="other", title="x", valid_from=START)
    return granvik


def test_lists_of_people_are_in_that_order_page_by_page(more):
    late = ["Zeta", "Åsa", "Ärla", "Östen"]
    with more.work("karin", writes=False) as ctx:
        assert [each.name.split()[0] for each in team(ctx, by_name=True)][-4:] == late
        assert [each.name.split()[0] for each in team(ctx, by_name=True, start=4, limit=2)] == late[1:3]
        assert [each.name.split()[0] for each in candidates(ctx, COURSE)][-4:] == late
    with more.work("admin", writes=False) as ctx:
        lines = people(ctx, Permission.SEE_ORGANISATION).lines
        assert [each.given_name for each in lines][-4:] == late


def test_municipalities_at_sign_in_are_in_that_order_too(granvik, fjordvik):
    with granvik.inside(writes=True) as ctx:
        for country, names in (("SE", ("Östby", "Ärla", "Åby")), ("NO", ("Aasby", "Ørsta"))):
            for name in names:
                organisation.create_employer(ctx, slug=name.lower(), name=name, country=country)
        names = [name for _slug, name in employer_names(ctx)]
    assert [name for name in names if name in {"Åby", "Ärla", "Östby"}] == ["Åby", "Ärla", "Östby"]
    assert [name for name in names if name in {"Aasby", "Ørsta"}] == ["Ørsta", "Aasby"]


def test_people_with_a_granted_role_are_in_that_order_too(more):
    with more.inside(writes=True) as ctx:
        for person in ctx.db.scalars(select(Person).where(Person.employee_number.startswith("9"))).all():
            ctx.db.add(
                RoleGrant(
                    employer_id=more.employer_id, person_id=person.id, role=Role.OFFICER, unit_id=None,
                    valid_from=START, recorded_at=ctx.now,
                )
            )  # fmt: skip
    with more.work("admin", writes=False) as ctx:
        names = [line.name.split()[-1] for line in factor_holders(ctx).lines]
    assert names[-4:] == ["Zeta", "Åsa", "Ärla", "Östen"]
