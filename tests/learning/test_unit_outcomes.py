"""Which outcomes a unit misses: right on the whole, and nothing from which one person's result follows."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update

from lms.base.errors import NotFound
from lms.catalogue.values import ExamPart
from lms.learning.figure_rules import LEAST, HowMany, counted_before, counted_until, how_many
from lms.learning.outcome_rules import (
    LEAST_OF_UNIT,
    Result,
    Tree,
    batches_in,
    groups_in,
    missed_outcomes,
    told_by_passing,
)
from lms.learning.unit_outcomes import unit_outcomes
from lms.organisation import actions as organisation
from lms.organisation.models import Employment, Person, UnitPlacement
from tests.learning.hired import LONG_AGO, employ, hire
from tests.learning.kettle import KETTLE, leave, publish_kettle, show
from tests.web.staff_pages import counted

sizes = st.integers(LEAST_OF_UNIT, 200)
# Units 1, 2, …: what is above each (0: nothing), and how many work in it alone.
towns = st.lists(st.tuples(st.integers(0, 8), st.integers(0, 16)), min_size=1, max_size=5)


def town_of(units):
    """The tree, and who works in each unit alone; unit 1 is the top."""
    above = {unit: min(chosen, unit - 1) or 1 for unit, (chosen, _people) in enumerate(units, 1)}
    people = {unit: [100 * unit + one for one in range(many)] for unit, (_above, many) in enumerate(units, 1)}
    return Tree.of(above | {1: None}), people


@st.composite
def exams(draw):
    """A town with the exams taken in it: time after time those who sit beside each other in a unit, one by one."""
    tree, people = town_of(draw(towns))
    bound = st.integers(0, 16)
    times = draw(st.lists(st.tuples(st.sampled_from(sorted(people)), bound, bound), min_size=1, max_size=9))
    results = [
        Result(one, ("tea",), ()) for unit, first, many in times for one in people[unit][first : first + many]
    ]
    return tree, people, results


@given(st.integers(LEAST, 200), st.sampled_from(HowMany))
def test_who_knows_one_result_learns_no_other_from_a_step(size, step):
    numbers = [missed for missed in range(size + 1) if how_many(missed, size) is step]
    for known in (0, 1):  # the one person is solid, or misses it
        others = [missed - known for missed in numbers if 0 <= missed - known <= size - 1]
        assert not others or any(missed > 0 for missed in others)  # anybody else may miss it,
        assert not others or any(missed < size - 1 for missed in others)  # and may not
    assert step is not HowMany.FEW or numbers[0] == 0
    assert step is not HowMany.MOST or numbers[-1] == size


@given(sizes)
def test_steps_rise_with_those_who_miss(size):
    steps = [how_many(missed, size) for missed in range(size + 1)]
    assert steps == sorted(steps)


@given(sizes)
def test_of_a_unit_every_step_leaves_three_numbers_open(size):
    held = Counter(how_many(missed, size) for missed in range(size + 1))
    assert min(held.values()) >= 3
    assert len(held) == len(HowMany)


def test_of_fewer_a_step_would_say_the_number():
    assert [missed for missed in range(7) if how_many(missed, 6) is HowMany.SOME] == [3]


def batches_of(unit, town, results):
    """The batches in a unit, each as which of the results are in it."""
    tree, people = town
    number = {id(each): at for at, each in enumerate(results)}
    return [
        [number[id(each)] for each in batch] for batch in batches_in(groups_in(unit, tree, people), results)
    ]


@given(exams(), st.data())
def test_a_batch_is_the_same_in_every_unit_and_month_and_no_result_is_in_two(town, data):
    tree, people, results = town
    groups = groups_in(1, tree, people)
    batches = batches_of(1, (tree, people), results)
    for batch in batches:
        assert len({results[at].person for at in batch}) == len(batch) == LEAST_OF_UNIT
        assert len({groups[results[at].person] for at in batch}) == 1
    assert len({at for batch in batches for at in batch}) == LEAST_OF_UNIT * len(batches)
    earlier = results[: data.draw(st.integers(0, len(results)))]  # as of a month before
    before = batches_of(1, (tree, people), earlier)
    assert before == batches[: len(before)]
    for part in people:
        inside = [batch for batch in batches if groups[results[batch[0]].person] in tree.inside(part)]
        assert batches_of(part, (tree, people), results) == inside


@given(exams())
def test_whoever_counts_does_so_with_the_last_exam_but_for_fewer_than_eight_of_a_group(town):
    tree, people, results = town
    groups = groups_in(1, tree, people)
    last = {each.person: each for each in results}
    counted = {each.person: each for batch in batches_in(groups, results) for each in batch}
    behind = Counter(groups[one] for one in last if one in groups and last[one] is not counted.get(one))
    assert all(many < LEAST_OF_UNIT for many in behind.values())


@pytest.mark.parametrize(
    ("working", "groups"),
    [
        ({1: 0, 2: 8, 3: 8}, {2: 8, 3: 8}),
        ({1: 8, 2: 8, 3: 8}, {1: 8, 2: 8, 3: 8}),
        ({1: 1, 2: 9, 3: 8}, {2: 9, 3: 8}),  # or the one at the top could be reckoned
        ({1: 0, 2: 9, 3: 7}, {2: 9}),  # or the seven
        ({1: 1, 2: 9, 3: 7}, {1: 8, 2: 9}),
        ({1: 4, 2: 3, 3: 3}, {1: 10}),
        ({1: 1, 2: 3, 3: 3}, {}),
    ],
)
def test_people_count_in_the_smallest_unit_with_eight_of_them(working, groups):
    tree = Tree.of({1: None, 2: 1, 3: 1})
    people = {unit: range(100 * unit, 100 * unit + many) for unit, many in working.items()}
    found = groups_in(1, tree, people)
    assert Counter(found.values()) == groups
    for unit in (2, 3):  # the same for whoever asks for a part
        assert groups_in(unit, tree, people) == {one: at for one, at in found.items() if at == unit}


@given(st.lists(st.sets(st.sampled_from(["tea", "cup"])), max_size=60))
def test_outcomes_are_told_of_those_who_were_asked_and_are_off_by_an_eighth_of_them_at_most(solid):
    results = [Result(person, ("tea",), each) for person, each in enumerate(solid)]
    whole = results[: len(results) - len(results) % LEAST_OF_UNIT]
    missed, off = sum("tea" not in each.solid for each in whole), len(whole) // LEAST_OF_UNIT
    found = missed_outcomes(dict.fromkeys(range(len(solid)), 1), ["cup", "tea"], results)
    assert list(found) == (["tea"] if whole else [])
    for step in found.values():
        assert how_many(missed - off, len(whole)) <= step <= how_many(missed + off, len(whole))


@pytest.mark.parametrize(
    ("again", "told"),
    [(0, HowMany.SOME), (6, HowMany.SOME), (7, HowMany.MOST), (8, HowMany.MOST)],
)
def test_where_some_of_a_batch_took_it_again_the_others_count_as_the_batch_did(again, told):
    """Eight are solid. So many of them take it again, with others for the first time, and all of these miss it."""
    new = range(8 - again, 16 - again)
    results = [
        *(Result(one, ("tea",), ("tea",)) for one in range(8)),
        *(Result(one, ("tea",), ()) for one in new),
    ]
    groups = dict.fromkeys(range(16), 1)
    assert missed_outcomes(groups, ["tea"], results) == {"tea": told}


def test_where_one_of_eight_was_asked_for_what_is_new_that_one_waits():
    old = [Result(person, ("tea",), ("tea",)) for person in range(8)]
    new = Result(0, ("tea", "cup"), ())
    groups = dict.fromkeys(range(8), 1)
    assert missed_outcomes(groups, ["tea", "cup"], [*old, new]) == {"tea": HowMany.FEW}
    assert missed_outcomes(groups, ["cup"], [*old, *(Result(each, ("cup",), ()) for each in range(8))]) == {
        "cup": HowMany.MOST
    }


def test_results_count_from_the_month_after():
    assert counted_until(datetime(2026, 3, 31, tzinfo=UTC).date()).isoformat() == "2026-03-01"


def test_the_month_begins_where_the_employer_is():
    began = counted_before(date(2026, 7, 14), "Europe/Stockholm")
    assert began == datetime(2026, 6, 30, 22, tzinfo=UTC)


NEW = ("ali", "bo", "cia", "dan", "eva")
TEAM = ("amina", "farid", "karin", *NEW)
BEFORE = timedelta(days=40)  # in an earlier month, whatever day it is


@pytest.fixture
def team(house, granvik, tmp_path, monkeypatch):
    """Granvik with eight people in Björken, as is known for long."""
    publish_kettle(house, tmp_path / "kettle", percent=50, now=LONG_AGO)
    with granvik.inside(writes=True) as ctx:
        for fact in (Employment, UnitPlacement):
            mine = fact.employer_id == granvik.employer_id
            ctx.db.execute(update(fact).where(mine).values(recorded_at=LONG_AGO))
    hire(granvik, monkeypatch, *NEW)
    return granvik


def take_all(team, names=TEAM, now=None):
    for name in names:
        show(team, name, "tea", kind="exam", now=now or datetime.now(UTC) - BEFORE)


def retake(team, names, now=None):
    for name in names:
        show(team, name, "cup", kind="exam", now=now or datetime.now(UTC) - BEFORE + timedelta(hours=1))


def seen(team, name="karin", unit="Björken", now=None):
    with team.work(name, writes=False, now=now) as ctx:
        found = unit_outcomes(ctx, team.unit(unit).public_id)
        return {each.edition.course: dict(each.outcomes) for each in found}


WANTED = {KETTLE: {"tea": HowMany.FEW, "cup": HowMany.MOST}}


def test_the_last_exam_of_each_counts(team, house):
    take_all(team)
    assert seen(team) == seen(team, "maria") == WANTED
    retake(team, TEAM)
    assert seen(team) == {KETTLE: {"tea": HowMany.MOST, "cup": HowMany.FEW}}
    unit = team.unit("Björken").public_id
    with team.work("karin", writes=False) as ctx, counted(house) as sent:
        unit_outcomes(ctx, unit)
    assert len(sent) == 4


def test_no_exam_moves_a_step_alone(team):
    now = datetime.now(UTC)
    for name in TEAM[:6]:
        show(team, name, "tea", "cup", kind="exam", now=now - BEFORE)
    take_all(team, TEAM[6:])
    before = seen(team)
    assert before == {KETTLE: {"tea": HowMany.FEW, "cup": HowMany.FEW}}  # two miss the one, nobody the other
    months = [now + timedelta(days=40 * month) for month in range(9)]
    for name, at in zip(TEAM, months, strict=False):
        assert seen(team, now=at) == before
        show(team, name, kind="exam", now=at)  # nothing is right, and one more time it is a single one
    assert seen(team, now=months[8]) == {KETTLE: {"tea": HowMany.MOST, "cup": HowMany.MOST}}


def test_nor_does_anybody_who_takes_it_time_after_time(team):
    take_all(team)
    for hours in range(1, 9):
        retake(team, ["farid"], now=datetime.now(UTC) - BEFORE + timedelta(hours=hours))
    assert seen(team) == WANTED


def test_nor_does_somebody_new(team, monkeypatch):
    take_all(team)
    new = [f"n{number}" for number in range(8)]
    hire(team, monkeypatch, *new)
    retake(team, new[:7])
    assert seen(team) == WANTED
    retake(team, new[7:])
    assert seen(team) == {KETTLE: {"tea": HowMany.SOME, "cup": HowMany.SOME}}


def test_of_seven_nothing_is_told(team):
    take_all(team, TEAM[:7])
    assert seen(team) == {}


def test_nor_of_exams_of_this_month(team):
    take_all(team, now=datetime.now(UTC))
    assert seen(team) == {}


def test_nor_of_tests_before_the_course(team):
    for name in TEAM:
        show(team, name, "tea", now=datetime.now(UTC) - BEFORE)
    assert seen(team) == {}


def test_what_was_begun_and_left_counts_neither_as_missed_nor_at_all(team):
    take_all(team)
    for name in TEAM:
        leave(team, name, datetime.now(UTC) - BEFORE + timedelta(hours=1))
    assert seen(team) == WANTED


def test_who_leaves_or_comes_changes_nothing_before_the_next_month(team, monkeypatch):
    now = datetime.now(UTC)
    take_all(team)
    with team.inside(writes=True, now=now) as ctx:  # as a list says that comes late
        left = ctx.db.scalars(select(Employment).where(Employment.person_id == team.person("amina").id)).one()
        organisation.end_employment(ctx, employment=left, last_day=(now - BEFORE).date())
    assert seen(team) == WANTED
    hire(team, monkeypatch, "fia", now=now)
    take_all(team, ["fia"])
    assert seen(team) == WANTED
    later = now + timedelta(days=32)
    assert seen(team, now=later) == WANTED  # eight again: one less, and one more
    with team.inside(writes=True, now=later) as ctx:
        left = ctx.db.scalars(select(Employment).where(Employment.person_id == team.person("farid").id)).one()
        organisation.end_employment(ctx, employment=left, last_day=later.date())
    assert seen(team, now=later) == WANTED
    assert seen(team, now=later + timedelta(days=32)) == {}


def test_where_one_more_works_in_the_unit_above_that_one_does_not_count(team):
    take_all(team)
    assert seen(team, "maria", "Granvik") == WANTED
    retake(team, ["maria"])
    assert seen(team, "maria", "Granvik") == seen(team) == seen(team, "maria") == WANTED


def test_somebody_with_two_workplaces_is_counted_in_one(team):
    take_all(team)
    with team.inside(writes=True, now=LONG_AGO) as ctx:
        employ(ctx, team, ctx.db.merge(team.person("amina")), "Eken", LONG_AGO.date())
    assert seen(team) == {}  # seven, and one in Eken
    assert seen(team, "maria", "Granvik") == WANTED


def test_a_protected_identity_is_counted_nowhere(team):
    take_all(team)
    with team.inside(writes=True) as ctx:
        ctx.db.execute(
            update(Person)
            .where(Person.employer_id == ctx.employer_id, Person.given_name == "Amina")
            .values(protected=True)
        )
    assert seen(team) == seen(team, "maria") == {}


def test_other_leads_see_nothing_of_it(team, fjordvik):
    take_all(team)
    assert seen(team, "jonas") == {}
    with fjordvik.work("lars", writes=False) as ctx:
        assert unit_outcomes(ctx, team.unit("Björken").public_id) == []
    with pytest.raises(NotFound):
        seen(team, "amina")


def test_nothing_is_told_of_what_a_certificate_tells_of_each(house, team, tmp_path):
    publish_kettle(house, tmp_path / "whole", label="2026.2", percent=100, now=LONG_AGO)
    take_all(team)
    assert seen(team) == {}


def test_a_part_that_asks_for_everything_is_left_out_and_the_others_are_told():
    edition = SimpleNamespace(
        parts=(ExamPart("tea", ("tea",), 2, 100), ExamPart("rest", ("cup", "pot"), 4, 75)),
        outcomes=("tea", "cup", "pot"),
    )
    assert told_by_passing(edition) == {"tea"}
    for pass_mark, told in ((3, set()), (4, {"tea", "cup"})):
        whole = SimpleNamespace(parts=(), outcomes=("tea", "cup"), pass_mark=pass_mark, exam_items=4)
        assert told_by_passing(whole) == told
