"""How well the items of an exam work: what the figures are, and that too few people are never told of."""

import statistics
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from lms.base.access import Role
from lms.base.errors import NotFound
from lms.catalogue import queries as catalogue
from lms.learning.figure_rules import ENOUGH, LEAST, whole_groups
from lms.learning.item_quality import item_figures
from lms.learning.item_rules import Answered, Quality, advice, discrimination, quality
from lms.learning.models import Answer, Attempt
from lms.organisation import actions as organisation
from lms.organisation.models import Person
from tests.builders import START
from tests.learning.hired import hire
from tests.learning.kettle import KETTLE, leave, publish_kettle, show
from tests.web.staff_pages import counted

OTHERS = 9  # items of the exam beside the one looked at
people = st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, OTHERS)), min_size=1, max_size=200)


def answered(answers):
    """Answers (choice, how many others are right); `a` is right."""
    return [Answered(f'"{choice}"', choice == "a", others + (choice == "a")) for choice, others in answers]


def chosen(value):
    return [value]


@given(people)
def test_discrimination_is_the_correlation_with_the_others(answers):
    found = discrimination(answered(answers))
    x, y = [int(choice == "a") for choice, _others in answers], [others for _choice, others in answers]
    if len(set(x)) == 1 or len(set(y)) == 1:
        assert found is None
    else:
        assert found == pytest.approx(statistics.correlation(x, y))


@given(people)
def test_numbers_are_off_by_four_at_most_in_each_group_and_add_up(answers):
    found = quality([answered(answers)], chosen)
    groups = list(whole_groups([choice for choice, _others in answers]))
    if not groups:
        assert found is None
        return
    everybody = Counter(choice for group in groups for choice in group)
    assert found.people == everybody.total() - (LEAST - 1) * len(groups)
    assert found.chosen["a"] == found.right
    assert sum(found.chosen.values()) == found.people
    for choice, many in everybody.items():
        assert abs(many - found.chosen[choice]) <= (LEAST - 1) * len(groups)


@given(people, people)
def test_all_languages_are_the_sum_of_each(some, others):
    both = [answered(some), answered(others)]
    alone = [found for each in both if (found := quality([each], chosen))]
    whole = quality(both, chosen)
    assert (whole.people if whole else 0) == sum(each.people for each in alone)
    assert (whole.right if whole else 0) == sum(each.right for each in alone)


def test_what_tells_apart_is_said_of_enough_people_to_a_tenth():
    few, enough = 28, 67
    answers = answered([("a", 9), ("b", 1), ("a", 8), ("c", 2)] * 17)
    assert quality([answers[:few]], chosen).discrimination is None
    found = quality([answers[:enough]], chosen)
    assert found.people == 55 >= ENOUGH
    assert found.discrimination == round(discrimination(answers[:enough]), 1)
    assert quality([answered([("a", 9), ("a", 1)] * 34)], chosen).discrimination is None


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (Quality(ENOUGH, 35, -0.3, {"a": 35, "b": 15}), "check_key"),
        (Quality(ENOUGH, 35, -0.1, {"a": 35, "b": 15}), None),
        (Quality(ENOUGH, 20, 0.2, {"a": 20, "b": 30}), "wrong_preferred"),
        (Quality(ENOUGH, 10, 0.2, {"a": 10, "b": 10, "c": 10, "d": 10, "e": 10}), "too_hard"),
        (Quality(ENOUGH, 15, 0.2, {"a": 15, "b": 15, "c": 10, "d": 10}), None),
        (Quality(ENOUGH, 45, 0.2, {"a": 45, "b": 5}), "too_easy"),
        (Quality(ENOUGH, 40, 0.2, {"a": 40, "b": 10}), None),
        (Quality(ENOUGH, ENOUGH, None, {}), "too_easy"),
        (Quality(ENOUGH - 1, 0, -1.0, {"b": ENOUGH - 1}), None),
    ],
)
def test_what_to_look_at(found, said):
    assert advice(found, {"a"}) == said


EVERYBODY = ("amina", "farid", "hodan", "karin", "jonas", "admin", "maria", "ali", "bo", "cia")
BEFORE = datetime(2026, 6, 12, 12, tzinfo=UTC)
NOW = datetime(2026, 7, 14, 12, tzinfo=UTC)
NEXT_MONTH = datetime(2026, 8, 2, 12, tzinfo=UTC)


@pytest.fixture
def town(house, granvik, tmp_path, monkeypatch):
    hire(granvik, monkeypatch, *EVERYBODY[7:])
    publish_kettle(house, tmp_path / "kettle", now=datetime(2026, 1, 2, tzinfo=UTC))
    with granvik.work("admin") as ctx:
        person = ctx.open(Person, granvik.person("maria").public_id)
        organisation.grant_role(ctx, person=person, role=Role.AUTHOR, unit=None, valid_from=START)
    return granvik


def figures(town, language="", now=NOW):
    with town.work("maria", writes=False, now=now) as ctx:
        return item_figures(ctx, catalogue.current_edition(ctx, KETTLE), language)


def told(town, language="", now=NOW):
    """What is said alike of all items: of how many people, and how many of them are right."""
    return {(each.people, each.right) for each in figures(town, language, now)}


def meet_all(town, names, *solid, now=BEFORE):
    """Let people take the exam twice, one after the other, so that they have met all its items."""
    for place, name in enumerate(names):
        for time in range(2):
            show(town, name, *solid, kind="exam", now=now + timedelta(minutes=2 * place + time))


def in_english(monkeypatch):
    monkeypatch.setattr("lms.learning.actions.exam_language", lambda *_where: "en")


def test_first_answers_of_nine_people_are_counted_and_nobody_elses(town, house):
    meet_all(town, EVERYBODY[:5], "tea", "cup")
    meet_all(town, EVERYBODY[5:8], now=BEFORE + timedelta(hours=1))
    assert figures(town) == []
    meet_all(town, EVERYBODY[8:9], now=BEFORE + timedelta(hours=2))
    show(town, "amina", kind="exam", now=BEFORE + timedelta(hours=3))  # she was right the first time
    found = figures(town)
    assert len(found) == 8
    assert told(town) == {(5, 5)}  # five of nine
    assert {each.discrimination for each in found} == {None}
    with town.work("maria", writes=False, now=NOW) as ctx:
        edition = catalogue.current_edition(ctx, KETTLE)
        with counted(house) as sent:
            item_figures(ctx, edition)
    assert len(sent) == 1
    assert figures(town, "sv") == found
    assert figures(town, "en") == []


def test_who_looks_before_and_after_a_colleagues_exam_sees_the_same(town):
    meet_all(town, EVERYBODY[:9], "tea", "cup")
    before = figures(town)
    assert told(town) == {(5, 5)}
    meet_all(town, EVERYBODY[9:], now=NOW - timedelta(days=1))
    assert figures(town) == before
    assert figures(town, now=NEXT_MONTH) == before  # nor does the one person count alone next month
    assert figures(town, now=BEFORE + timedelta(hours=1)) == []


def test_languages_count_apart_and_together(town, monkeypatch):
    meet_all(town, EVERYBODY[:9], "tea", "cup")
    others = [f"p{number}" for number in range(9)]
    hire(town, monkeypatch, *others)
    with monkeypatch.context() as reading:
        in_english(reading)
        meet_all(town, others[:8], now=BEFORE + timedelta(days=1))
        assert told(town) == told(town, "sv") == {(5, 5)}  # or the eight could be reckoned
        meet_all(town, others[8:], now=BEFORE + timedelta(days=2))
    assert told(town, "en") == {(5, 0)}
    assert told(town) == {(10, 5)}


def test_what_was_begun_and_left_does_not_count(town):
    meet_all(town, EVERYBODY[:9], "tea", "cup")
    before = figures(town)
    for name in EVERYBODY:
        leave(town, name, now=BEFORE + timedelta(days=1))
    assert figures(town) == before


def test_whoever_has_met_a_question_in_one_that_was_left_has_met_it(town):
    for name in EVERYBODY[:9]:
        leave(town, name, now=BEFORE - timedelta(days=1))
    meet_all(town, EVERYBODY[:9], "tea", "cup")
    with town.work("maria", writes=False, now=NOW) as ctx:
        met = set(
            ctx.db.scalars(
                select(Answer.item)
                .join(Attempt, Answer.attempt_id == Attempt.id)
                .where(Attempt.closed_at < BEFORE)
            )
        )
    assert met
    assert {each.item.id for each in figures(town)}.isdisjoint(met)


@pytest.mark.parametrize("name", ["amina", "karin", "admin"])
def test_only_authors_ask(town, name):
    with town.work(name, writes=False) as ctx, pytest.raises(NotFound):
        item_figures(ctx, catalogue.current_edition(ctx, KETTLE))


def test_nor_does_an_author_of_a_part(town):
    with town.inside(writes=True) as ctx:
        hodan = ctx.open(Person, town.person("hodan").public_id)
        organisation.grant_role(ctx, person=hodan, role=Role.AUTHOR, unit=town.unit("Eken"), valid_from=START)
    with town.work("hodan", writes=False) as ctx, pytest.raises(NotFound):
        item_figures(ctx, catalogue.current_edition(ctx, KETTLE))


def test_another_employer_sees_nothing_of_it(town, fjordvik):
    meet_all(town, EVERYBODY[:9])
    with fjordvik.work("siri") as ctx:
        organisation.grant_role(
            ctx, person=ctx.open(Person, ctx.who.person_id), role=Role.AUTHOR, unit=None, valid_from=START
        )
    with town.work("maria", writes=False) as ctx:
        edition = catalogue.current_edition(ctx, KETTLE)
    assert figures(town)
    with fjordvik.work("siri", writes=False, now=NOW) as ctx:
        assert item_figures(ctx, edition) == []
