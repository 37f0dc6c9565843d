"""Which lessons are left, by properties over made-up courses."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from lms.catalogue.values import ExamPart
from lms.learning.rules import Check, Deeds, Studied, may_refresh, path, reading, studied
from lms.register.rules import SOON, taught
from tests.learning.small_courses import course

OUTCOMES = ("a", "b", "c", "d")
START = datetime(2026, 1, 1, tzinfo=UTC)
some_outcomes = st.lists(st.sampled_from(OUTCOMES), max_size=3, unique=True)
editions = st.lists(st.tuples(some_outcomes, st.integers(1, 6)), min_size=1, max_size=6).map(
    lambda lessons: course(OUTCOMES, [], [ExamPart("", OUTCOMES, 4, 80)], lessons)
)
shown_outcomes = st.sets(st.sampled_from(OUTCOMES))
times = st.integers(0, 99).map(lambda hours: START + timedelta(hours=hours))
steps = st.lists(st.tuples(st.sampled_from(["l0", "l1", "l2"]), st.sampled_from(["one", "two"]), times))
checks = st.lists(
    st.builds(Check, st.sampled_from(["pretest", "refresher"]), shown_outcomes.map(frozenset), times),
    unique_by=lambda check: check.closed_at,
)


@given(editions, shown_outcomes)
def test_a_lesson_is_left_out_if_and_only_if_every_outcome_of_it_was_shown(edition, shown):
    for lesson in edition.lessons:
        all_shown = bool(lesson.outcomes) and all(outcome in shown for outcome in lesson.outcomes)
        assert (lesson not in path(edition, shown)) is all_shown


@given(editions, shown_outcomes, shown_outcomes)
def test_to_show_more_never_makes_the_course_longer(edition, shown, more):
    longer, shorter = (reading(edition, Studied({}, frozenset(each))) for each in (shown, shown | more))
    assert set(path(edition, shown | more)) <= set(path(edition, shown))
    assert shorter.minutes_left <= longer.minutes_left
    assert shorter.done >= longer.done


@given(editions, shown_outcomes, steps)
def test_one_goes_on_at_a_lesson_that_is_needed_until_none_is_left(edition, shown, taken):
    done = Studied(studied(edition, Deeds(taken)).read, frozenset(shown))
    far = reading(edition, done)
    if far.place:
        lesson = edition.lessons[far.place - 1]
        assert (lesson.id, far.lesson) == (far.lesson, lesson.id)
        assert lesson in path(edition, shown)
        assert far.step not in done.read.get(lesson.id, ())
        assert far.minutes_left > 0
    else:
        assert far.done == {lesson.id for lesson in edition.lessons}
        assert far.minutes_left == 0


@given(
    editions,
    st.lists(st.tuples(steps, st.sets(st.integers(0, 5))), min_size=1, max_size=3),
    checks,
    st.data(),
)
def test_the_last_check_of_all_editions_counts_and_a_refresher_begins_anew(edition, of_editions, made, data):
    """Of each earlier edition: what was read of it, and which of its lessons have changed since."""
    mine = [data.draw(st.integers(0, len(of_editions) - 1)) for _check in made]
    deeds = [
        Deeds(taken, [check for check, place in zip(made, mine, strict=True) if place == number])
        for number, (taken, _changed) in enumerate(of_editions)
    ]
    olds = [
        replace(edition, lessons=tuple(replace(each, steps=()) if place in changed else each
                for place, each in enumerate(edition.lessons)))
        for _taken, changed in of_editions
    ]  # fmt: skip
    olds[0] = edition
    found = studied(edition, deeds[0], list(zip(olds[1:], deeds[1:], strict=True)))
    last = max(made, key=lambda check: check.closed_at, default=None)
    assert found.check == last
    same = [{each.id for each in old.lessons if each.steps} for old in olds]
    if last:
        kept = same[mine[made.index(last)]]
        assert found.shown == {
            outcome for outcome in last.solid
            if all(lesson.id in kept for lesson in edition.lessons if outcome in lesson.outcomes)
        }  # fmt: skip
    else:
        assert not found.shown
    since = max((check.closed_at for check in made if check.kind == "refresher"), default=START)
    assert {(lesson, step) for lesson, of_lesson in found.read.items() for step in of_lesson} == {
        (lesson, step)
        for kept, each in zip(same, deeds, strict=True)
        for lesson, step, at in each.steps
        if lesson in kept and at >= since
    }


@given(st.dates(), st.none() | st.dates(), st.lists(st.dates()), st.dates(max_value=date(9999, 1, 1)))
def test_a_refresher_is_for_a_proof_that_runs_out_and_taken_once_for_it(achieved, expires, refreshed, day):
    runs_out = expires is not None and (expires - day).days <= SOON
    newest = max(refreshed, default=date.min)
    proof = taught(achieved, expires, 1, ())
    assert may_refresh(proof, refreshed, day) is (runs_out and newest <= achieved)
