"""How well the items of an exam work: what the figures are, and that too few people are never told of."""

import statistics
from fractions import Fraction
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms.base.access import Role
from lms.base.errors import NotFound
from lms.catalogue import queries as catalogue
from lms.learning.item_quality import item_figures
from lms.learning.item_rules import ENOUGH, LEAST, Answers, Quality, advice, quality, told_apart
from lms.organisation import actions as organisation
from lms.organisation.models import Person
from tests.builders import START
from tests.learning.kettle import KETTLE, publish_kettle, show
from tests.web.staff_pages import counted

OTHERS = 9  # items of the exam beside the one looked at
people = st.lists(
    st.tuples(st.sampled_from(["sv", "en", "nb"]), st.sampled_from("abc"), st.integers(0, OTHERS)),
    max_size=40,
)
counts = st.dictionaries(st.sampled_from(["sv", "en", "nb", "fi"]), st.integers(1, 12))


def alike(answers):
    """Answers (language, choice, how many others are right) as the database sums them; `a` is right."""
    groups = {}
    for language, choice, others in answers:
        groups.setdefault((language, choice), []).append(others + (choice == "a"))
    return [
        Answers(language, choice, choice == "a", len(right), sum(right), sum(each * each for each in right))
        for (language, choice), right in groups.items()
    ]


@given(people)
def test_figures_are_those_of_people_one_by_one(answers):
    found = quality(alike(answers), lambda value: [value])
    if len(answers) < LEAST:
        assert found is None
        return
    x, y = [choice == "a" for _language, choice, _others in answers], [others for *_rest, others in answers]
    assert (found.people, found.right, found.difficulty) == (len(x), sum(x), Fraction(sum(x), len(x)))
    assert found.chosen == {
        each: sum(c == each for _l, c, _o in answers) for each in {c for _l, c, _o in answers}
    }
    if len(set(x)) == 1 or len(set(y)) == 1:
        assert found.discrimination is None
    else:
        assert found.discrimination == pytest.approx(statistics.correlation([int(each) for each in x], y))


@given(counts)
def test_neither_what_is_told_nor_what_is_left_of_it_is_of_fewer_than_five(by_language):
    told = told_apart(by_language)
    assert all(by_language[language] >= LEAST for language in told)
    whole = sum(by_language.values())
    for size in range(1, len(told) + 1):
        for kept in combinations(told, size):
            left = whole - sum(by_language[language] for language in kept)
            assert left == 0 or left >= LEAST


@given(people, st.sampled_from(["sv", "en", "nb"]))
def test_one_language_is_that_of_its_people_alone(answers, language):
    found = quality(alike(answers), lambda value: [value], language)
    own = [each for each in answers if each[0] == language]
    rest = [each for each in answers if each[0] != language]
    assert found is None or found == quality(alike(own), lambda value: [value])
    if len(own) < LEAST or 0 < len(rest) < LEAST:
        assert found is None


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (Quality(ENOUGH, 15, -0.3, {"a": 15, "b": 5}), "check_key"),
        (Quality(ENOUGH, 15, -0.1, {"a": 15, "b": 5}), None),
        (Quality(ENOUGH, 8, 0.2, {"a": 8, "b": 12}), "wrong_preferred"),
        (Quality(ENOUGH, 5, 0.2, {"a": 5, "b": 5, "c": 5, "d": 5}), "too_hard"),
        (Quality(ENOUGH, 19, 0.2, {"a": 19, "b": 1}), "too_easy"),
        (Quality(ENOUGH, 15, 0.2, {"a": 15, "b": 5}), None),
        (Quality(ENOUGH, ENOUGH, None, {}), "too_easy"),
        (Quality(ENOUGH - 1, 0, -1.0, {"b": ENOUGH - 1}), None),
    ],
)
def test_what_to_look_at(found, said):
    assert advice(found, {"a"}) == said


@pytest.fixture
def town(house, granvik, tmp_path):
    publish_kettle(house, tmp_path / "kettle")
    with granvik.work("admin") as ctx:
        person = ctx.open(Person, granvik.person("maria").public_id)
        organisation.grant_role(ctx, person=person, role=Role.AUTHOR, unit=None, valid_from=START)
    return granvik


def figures(town, language=""):
    with town.work("maria", writes=False) as ctx:
        return item_figures(ctx, catalogue.current_edition(ctx, KETTLE), language)


def meet_all(town, names, *solid):
    """Let people take the exam twice, so that they have met all its items."""
    for name in names:
        for _time in range(2):
            show(town, name, *solid, kind="exam")


def test_first_answers_of_five_people_are_counted_and_nobody_elses(town, house):
    meet_all(town, ("amina", "farid", "hodan", "karin"), "tea", "cup")
    assert figures(town) == []
    meet_all(town, ("jonas", "admin", "maria"))
    show(town, "amina", kind="exam")  # who answers again is still one person, who was right the first time
    found = figures(town)
    assert len(found) == 8
    assert {(each.found.people, each.found.right) for each in found} == {(7, 4)}
    assert [each.found.discrimination for each in found] == pytest.approx([1] * 8)
    with town.work("maria", writes=False) as ctx:
        edition = catalogue.current_edition(ctx, KETTLE)
        with counted(house) as sent:
            item_figures(ctx, edition)
    assert len(sent) == 1
    assert {each.item.id for each in figures(town, "sv")} == {each.item.id for each in found}
    assert figures(town, "en") == []


@pytest.mark.parametrize("name", ["amina", "karin", "admin"])
def test_only_authors_ask(town, name):
    with town.work(name, writes=False) as ctx, pytest.raises(NotFound):
        item_figures(ctx, catalogue.current_edition(ctx, KETTLE))


def test_another_employer_sees_nothing_of_it(town, fjordvik, house):
    meet_all(town, ("amina", "farid", "hodan", "karin", "jonas"))
    with fjordvik.work("siri") as ctx:
        organisation.grant_role(
            ctx, person=ctx.open(Person, ctx.who.person_id), role=Role.AUTHOR, unit=None, valid_from=START
        )
    with town.work("maria", writes=False) as ctx:
        edition = catalogue.current_edition(ctx, KETTLE)
    assert figures(town)
    with fjordvik.work("siri", writes=False) as ctx:
        assert item_figures(ctx, edition) == []
