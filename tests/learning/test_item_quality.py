"""How well the items of an exam work: what the figures are, and that too few people are never told of."""

import statistics
from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from lms.base.access import Role
from lms.base.errors import NotFound
from lms.catalogue import queries as catalogue
from lms.catalogue.items import Choice
from lms.learning.figure_rules import ENOUGH, LEAST, about
from lms.learning.item_quality import figures_of, item_figures
from lms.learning.item_rules import Answers, Quality, advice, quality
from lms.learning.models import Answer, Attempt
from lms.organisation import actions as organisation
from lms.organisation.models import Person
from tests.builders import START
from tests.learning.hired import hire
from tests.learning.kettle import KETTLE, leave, publish_kettle, show
from tests.web.staff_pages import counted

OTHERS = 9  # items of the exam beside the one looked at
people = st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, OTHERS)), max_size=40)


def alike(answers):
    """Answers (choice, how many others are right) as the database sums them; `a` is right."""
    groups = {}
    for choice, others in answers:
        groups.setdefault(choice, []).append(others + (choice == "a"))
    return [
        Answers(choice, choice == "a", len(right), sum(right), sum(each * each for each in right))
        for choice, right in groups.items()
    ]


@given(people)
def test_figures_are_those_of_people_one_by_one(answers):
    found = quality(alike(answers), lambda value: [value])
    if len(answers) < LEAST:
        assert found is None
        return
    x, y = [choice == "a" for choice, _others in answers], [others for _choice, others in answers]
    assert (found.people, found.right, found.difficulty) == (len(x), sum(x), Fraction(sum(x), len(x)))
    assert found.chosen == Counter(choice for choice, _others in answers)
    if len(set(x)) == 1 or len(set(y)) == 1:
        assert found.discrimination is None
    else:
        assert found.discrimination == pytest.approx(statistics.correlation([int(each) for each in x], y))


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (Quality(ENOUGH, 15, -0.3, {"a": 15, "b": 5}), "check_key"),
        (Quality(ENOUGH, 15, -0.1, {"a": 15, "b": 5}), None),
        (Quality(ENOUGH, 8, 0.2, {"a": 8, "b": 12}), "wrong_preferred"),
        (Quality(ENOUGH, 5, 0.2, {"a": 5, "b": 5, "c": 5, "d": 5}), "too_hard"),
        (Quality(ENOUGH, 19, 0.2, {"a": 19, "b": 1}), "too_easy"),
        (Quality(ENOUGH, 18, 0.2, {"a": 18, "b": 2}), "too_easy"),  # or it would tell eighteen from twenty
        (Quality(ENOUGH, 17, 0.2, {"a": 17, "b": 3}), None),
        (Quality(ENOUGH, ENOUGH, None, {}), "too_easy"),
        (Quality(ENOUGH - 1, 0, -1.0, {"b": ENOUGH - 1}), None),
    ],
)
def test_what_to_look_at(found, said):
    assert advice(found, {"a"}) == said


fives = st.integers(1, 8).map(LEAST.__mul__)


def rests(whole, part):
    """All numbers that may be left, of (right, people) told of some and of some of those."""
    (right, people), (right_there, people_there) = whole, part
    return {
        all_right - right_part
        for all_right in range(people + 1)
        for right_part in range(people_there + 1)
        if about(all_right, people) == right and about(right_part, people_there) == right_there
        if 0 <= all_right - right_part <= people - people_there
    }


@given(fives, fives, st.data())
def test_what_is_left_when_figures_are_subtracted_tells_neither_all_nor_none(there, others, data):
    """Whether they are those of one language or those of the month before."""
    right, more = data.draw(st.integers(0, there)), data.draw(st.integers(0, others))
    whole = about(right + more, there + others), there + others
    left = rests(whole, (about(right, there), there))
    assert more in left
    assert len(left) >= 3  # so that neither does one of them who knows the own answer


@given(st.integers(4, 12).map(LEAST.__mul__), st.sampled_from([None, -0.31, 0.1]))
def test_the_advice_says_no_more_than_the_figures_beside_it(people, discrimination):
    choices = (Choice("a", "", right=True), Choice("b", "", right=False))
    advised = defaultdict(set)
    for right in range(people + 1):
        exact = Quality(people, right, discrimination, {"a": right, "b": people - right})
        figures = figures_of(None, exact, choices)
        advised[figures.right, figures.choices, figures.discrimination].add(figures.advice)
    assert all(len(some) == 1 for some in advised.values())


def test_only_whole_fives_are_told():
    with pytest.raises(ValueError, match="7"):
        about(3, 7)


EVERYBODY = ("amina", "farid", "hodan", "karin", "jonas", "admin", "maria")
BEFORE = datetime(2026, 6, 12, 12, tzinfo=UTC)
NOW = datetime(2026, 7, 14, 12, tzinfo=UTC)
NEXT_MONTH = datetime(2026, 8, 2, 12, tzinfo=UTC)


@pytest.fixture
def town(house, granvik, tmp_path):
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


def test_first_answers_of_five_people_are_counted_and_nobody_elses(town, house):
    meet_all(town, EVERYBODY[:4], "tea", "cup")
    assert figures(town) == []
    meet_all(town, EVERYBODY[4:], now=BEFORE + timedelta(hours=1))
    show(town, "amina", kind="exam", now=BEFORE + timedelta(hours=2))  # she was right the first time
    found = figures(town)
    assert len(found) == 8
    assert told(town) == {(5, 5)}  # four of five
    assert {each.discrimination for each in found} == {None}
    with town.work("maria", writes=False, now=NOW) as ctx:
        edition = catalogue.current_edition(ctx, KETTLE)
        with counted(house) as sent:
            item_figures(ctx, edition)
    assert len(sent) == 1
    assert figures(town, "sv") == found
    assert figures(town, "en") == []


def test_who_looks_before_and_after_a_colleagues_exam_sees_the_same(town):
    meet_all(town, EVERYBODY[:5], "tea", "cup")
    before = figures(town)
    assert told(town) == {(5, 5)}
    meet_all(town, EVERYBODY[5:6], now=NOW - timedelta(days=1))
    assert figures(town) == before
    assert figures(town, now=NEXT_MONTH) == before  # nor does the one person count alone next month
    assert figures(town, now=BEFORE + timedelta(hours=1)) == []


def test_new_people_count_by_fives_and_from_twenty_on_it_is_said_what_tells_apart(town, monkeypatch):
    everybody = [f"p{number}" for number in range(23)]
    hire(town, monkeypatch, *everybody)
    met, seen = [], []
    for ready in (9, 10, 14, 15, 19, 20, 23):
        new = everybody[len(met) : ready]
        solid = ["tea", "cup"] if ready < 20 else []
        meet_all(town, new, *solid, now=BEFORE + timedelta(hours=ready))
        met += new
        seen.append((*told(town), {each.discrimination is None for each in figures(town)}))
    few = [((people, people), {True}) for people in (5, 10, 10, 15, 15)]
    assert seen[:5] == few
    assert seen[5] == seen[6] == ((ENOUGH, 20), {True})  # nineteen: it tells as little as twenty would


def test_where_some_are_wrong_it_is_said_how_well_a_question_tells_apart(town, monkeypatch):
    everybody = [f"p{number}" for number in range(20)]
    hire(town, monkeypatch, *everybody)
    meet_all(town, everybody[:10], "tea", "cup")
    meet_all(town, everybody[10:], now=BEFORE + timedelta(hours=1))
    assert told(town) == {(20, 10)}
    assert {round(each.discrimination, 6) for each in figures(town)} == {1}


def test_one_language_and_all_of_them_tell_nothing_of_the_five_that_are_left(town, monkeypatch):
    everybody = [f"p{number}" for number in range(25)]
    hire(town, monkeypatch, *everybody)
    meet_all(town, everybody[:20], "tea", "cup")
    before = told(town)
    with monkeypatch.context() as reading:
        reading.setattr("lms.learning.actions.exam_language", lambda *_where: "en")
        meet_all(town, everybody[20:], now=BEFORE + timedelta(days=1))  # none of them is right
    assert before == told(town, "sv") == {(20, 20)}
    assert told(town) == {(25, 20)}
    assert rests((20, 25), (20, 20)) == {0, 1, 2, 3, 4}


def test_one_language_counts_by_fives_among_those_who_count(town, monkeypatch):
    everybody = [f"p{number}" for number in range(16)]
    hire(town, monkeypatch, *everybody)
    with monkeypatch.context() as reading:
        reading.setattr("lms.learning.actions.exam_language", lambda *_where: "en")
        meet_all(town, everybody[:3], "tea", "cup")
    meet_all(town, everybody[3:], "tea", "cup")
    assert {each.people for each in figures(town)} == {15}
    assert {each.people for each in figures(town, "sv")} == {10}  # of thirteen, of whom twelve count
    assert figures(town, "en") == []


def test_what_was_begun_and_left_does_not_count(town):
    meet_all(town, EVERYBODY[:5], "tea", "cup")
    before = figures(town)
    for name in EVERYBODY:
        leave(town, name, now=BEFORE + timedelta(days=1))
    assert figures(town) == before


def test_whoever_has_met_a_question_in_one_that_was_left_has_met_it(town):
    for name in EVERYBODY[:5]:
        leave(town, name, now=BEFORE - timedelta(days=1))
    meet_all(town, EVERYBODY[:5], "tea", "cup")
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
    meet_all(town, EVERYBODY[:5])
    with fjordvik.work("siri") as ctx:
        organisation.grant_role(
            ctx, person=ctx.open(Person, ctx.who.person_id), role=Role.AUTHOR, unit=None, valid_from=START
        )
    with town.work("maria", writes=False) as ctx:
        edition = catalogue.current_edition(ctx, KETTLE)
    assert figures(town)
    with fjordvik.work("siri", writes=False, now=NOW) as ctx:
        assert item_figures(ctx, edition) == []
