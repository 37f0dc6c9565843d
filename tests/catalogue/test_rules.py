"""What editions that follow one another ask of people, by properties over chains of them."""

from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given
from hypothesis import strategies as st

from lms.catalogue.folder import course_folders
from lms.catalogue.reader import read_edition
from lms.catalogue.rules import (
    LEAST_UPDATE_ITEMS,
    STRENGTH,
    Lack,
    Published,
    asked,
    changed_lessons,
    forgotten,
    label_order,
    lacks,
    reads_the_same,
    update_items,
)
from lms.catalogue.values import Changes, StepText
from tests.catalogue.tiny_course import tiny_course, write_files

FIRST = date(2026, 1, 1)
effects = st.sampled_from([None, "inform", "update", "retake"])


@st.composite
def chains(draw):
    """Editions, oldest first; the first one asks for nothing. Ids are in no order, nor the days they came out."""
    count = draw(st.integers(1, 7))
    ids = draw(st.permutations(range(1, count + 1)))
    days = draw(st.lists(st.integers(0, 900), min_size=count, max_size=count))
    chain = []
    for place, (edition, day) in enumerate(zip(ids, days, strict=True)):
        effect = draw(effects) if place else None
        within = draw(st.integers(1, 365)) if effect in {"update", "retake"} else 0
        chain.append(Published(edition, "", str(place), FIRST + timedelta(day), effect, within))
    return chain


def strength(found):
    return STRENGTH[found.effect] if found else 0


def last_day(found):
    return found.by if found and found.by else date.max


@given(chains(), st.data())
def test_all_together_is_the_strongest_of_single_steps_by_the_earliest_day(chain, data):
    place = data.draw(st.integers(0, len(chain) - 1))
    steps = [asked([chain[place], later], {chain[place].id}) for later in chain[place + 1 :]]
    found = asked(chain, {chain[place].id})
    assert strength(found) == max(map(strength, steps), default=0)
    assert last_day(found) == min(map(last_day, steps), default=date.max)
    assert (found.editions if found else ()) == tuple(each.editions[0] for each in steps if each)


@given(chains(), st.data())
def test_a_later_edition_never_asks_for_less_and_gives_no_more_time(chain, data):
    taught = {data.draw(st.sampled_from(chain)).id}
    for size in range(1, len(chain)):
        before, after = asked(chain[:size], taught), asked(chain[: size + 1], taught)
        assert strength(after) >= strength(before)
        assert last_day(after) <= last_day(before)


@given(chains(), st.data())
def test_who_was_taught_more_is_asked_for_less(chain, data):
    places = st.integers(0, len(chain) - 1)
    early, late = sorted((data.draw(places), data.draw(places)))
    of_early, of_late = asked(chain, {chain[early].id}), asked(chain, {chain[late].id})
    assert strength(of_late) <= strength(of_early)
    assert last_day(of_late) >= last_day(of_early)
    assert asked(chain, {chain[early].id, chain[late].id}) == of_late
    assert asked(chain, {chain[-1].id}) is None


@given(chains(), st.data())
def test_reading_takes_away_what_is_to_be_read_and_nothing_else(chain, data):
    taught = {chain[0].id}
    read = data.draw(st.integers(0, len(chain) - 1))
    left = asked(chain, taught, read={chain[read].id})
    wanted = [
        edition
        for place, edition in enumerate(chain)
        if edition.effect and (edition.effect != "inform" or place > read)
    ]
    assert list(left.editions if left else ()) == wanted
    assert last_day(left) == last_day(asked(chain, taught))


@given(chains(), st.integers(0, 1200))
def test_who_passed_an_edition_that_was_replaced_meanwhile_has_the_days_of_everybody(chain, day):
    achieved = FIRST + timedelta(day)
    found = asked(chain, {chain[0].id}, achieved_on=achieved)
    for edition in found.editions if found else ():
        if edition.effect != "inform":
            assert found.by <= max(edition.published_on, achieved) + timedelta(edition.within_days)
    assert last_day(found) >= min(last_day(asked(chain, {chain[0].id})), date.max)
    assert not found or not found.by or found.by > achieved


def test_an_edition_of_elsewhere_asks_for_nothing():
    chain = [Published(1, "", "a", FIRST), Published(2, "", "b", FIRST, "retake", 30)]
    assert asked(chain, {99}) is None
    assert asked(chain, set()) is None
    assert asked([], {1}) is None


def kettle(courses):
    (folder,) = course_folders(courses)
    return read_edition(folder)


@cache
def tiny():
    with TemporaryDirectory() as folder:
        return kettle(write_files(tiny_course(), Path(folder)))


def with_text(edition, lesson, language, html):
    text = edition.texts[language]
    changed = replace(
        text.lessons[lesson], steps={**text.lessons[lesson].steps, "see": StepText("What you see", html)}
    )
    lessons = {**text.lessons, lesson: changed}
    return replace(edition, texts={**edition.texts, language: replace(text, lessons=lessons)})


def test_a_lesson_reads_the_same_until_a_word_or_a_step_of_it_changes(courses):
    old = kettle(courses)
    assert reads_the_same("tea", old, replace(old, label="2026.2"))
    reworded = with_text(old, "tea", "en", "It whistles.")
    assert not reads_the_same("tea", old, reworded)
    assert reads_the_same("cup", old, reworded)
    first, second = old.lessons
    shorter = replace(old, lessons=(replace(first, steps=first.steps[:-1]), second))
    assert not reads_the_same("tea", old, shorter)
    assert not reads_the_same("tea", old, replace(old, lessons=(second,)))
    without = replace(reworded, texts={"sv": reworded.texts["sv"]})
    assert reads_the_same("tea", old, without)  # the language that was changed is not there any more


def test_lessons_of_several_editions_are_taken_together(courses):
    old = kettle(courses)
    cup = replace(old, changes=Changes("2026.1", "update", ("cup",), 30))
    tea = replace(old, changes=Changes("2026.2", "inform", ("tea", "gone")))
    assert changed_lessons([cup, tea], tea) == ("tea", "cup")
    assert changed_lessons([old], old) == ()


LABELS = ["2025.1", "2026.1", "2026.2", "2026.10", "2026.10-1", "2027"]


@given(st.permutations(LABELS))
def test_editions_follow_each_other_as_their_labels_do_whenever_they_came_out(labels):
    assert sorted(labels, key=label_order) == LABELS


def test_another_key_changes_an_item_and_the_lesson_that_shows_it(courses):
    old = kettle(courses)

    def with_key(name, key):
        items = {**old.items, name: replace(old.items[name], key=key)}
        return replace(old, items=items)

    assert forgotten(old, old) == ()
    assert forgotten(old, with_key("tea-p2", ("c", "a"))) == ()  # what is ticked has no order
    for name, key in (
        ("tea-p2", ("a",)),
        ("tea-p2", ("a", "b")),
        ("tea-e4", "a"),
        ("tea-e1", ("a", "b", "c")),
    ):
        new = with_key(name, key)
        assert forgotten(old, new) == ("tea",)
        assert forgotten(old, replace(new, changes=Changes("2026.1", "inform", ("tea",)))) == ()
    assert not reads_the_same("tea", old, with_key("tea-p1", "a"))
    assert reads_the_same("tea", old, with_key("tea-e4", "a"))  # what is asked in the exam is not read
    assert forgotten(old, with_text(old, "cup", "en", "It whistles.")) == ("cup",)


TAUGHT = {"tea": ("tea", "cup"), "cup": ("cup",)}  # what lessons teach in these tests: one outcome in both


def with_pool(edition, pool, changes=None):
    """The edition with so many items of the update pool on the lessons and outcomes of a mapping."""
    like = edition.items["tea-e4"]
    items = {
        f"{lesson}-{outcome}-u{number}": replace(
            like, id=f"{lesson}-{outcome}-u{number}", use="update", lesson=lesson, outcome=outcome
        )
        for (lesson, outcome), count in pool.items()
        for number in range(count)
    }
    lessons = tuple(replace(lesson, outcomes=TAUGHT[lesson.id]) for lesson in edition.lessons)
    return replace(edition, lessons=lessons, items={**edition.items, **items}, changes=changes)


some_lessons = st.sets(st.sampled_from(["tea", "cup"])).map(lambda names: tuple(sorted(names)))


@given(chains(), st.data())
def test_who_skipped_editions_takes_one_update_of_all_of_them_and_the_pool_covers_it(chain, data):
    counts = {(lesson, of): data.draw(st.integers(0, 3)) for lesson in TAUGHT for of in TAUGHT[lesson]}
    newest, contents = with_pool(tiny(), counts), {}
    for place, each in enumerate(chain):
        named = data.draw(some_lessons)
        changes = (
            Changes(chain[place - 1].label, each.effect, named, each.within_days) if each.effect else None
        )
        contents[each.id] = replace(newest, changes=changes)
    lacking, empty = set(), False
    for start in range(len(chain)):
        after = [each for each in chain[start + 1 :] if each.effect]
        if max((STRENGTH[each.effect] for each in after), default=0) != STRENGTH["update"]:
            continue
        union = {name for each in after for name in contents[each.id].changes.lessons}
        assert set(changed_lessons([contents[each.id] for each in after], newest)) == union
        tested = {
            name for each in after if each.effect == "update" for name in contents[each.id].changes.lessons
        }
        empty = empty or not tested
        asked_for = update_items(newest, tested)
        assert {item.use for item in asked_for} <= {"update"}
        assert {item.lesson for item in asked_for} <= tested
        for outcome in {outcome for lesson in tested for outcome in TAUGHT[lesson]}:
            there = sum(counts[lesson, of] for lesson, of in counts if lesson in tested and of == outcome)
            if there < LEAST_UPDATE_ITEMS:
                lacking.add((outcome, there))
    found = lacks(chain, contents)
    assert (Lack() in found) is empty
    assert {(lack.outcome, lack.items) for lack in found if lack.outcome} == lacking
    assert len(found) == len(set(found))


def test_items_of_another_lesson_do_not_make_up_for_those_of_the_one_that_has_changed():
    """Who was taught the second edition takes the update of the cup alone, and its pool is empty."""
    chain = [
        Published(1, "", "1", FIRST),
        Published(2, "", "2", FIRST, "update", 30),
        Published(3, "", "3", FIRST, "update", 30),
    ]
    edition = with_pool(tiny(), {("tea", "tea"): 2, ("tea", "cup"): 2})
    contents = {
        1: edition,
        2: replace(edition, changes=Changes("1", "update", ("tea",), 30)),
        3: replace(edition, changes=Changes("2", "update", ("cup",), 30)),
    }
    assert lacks(chain, contents) == [Lack("cup", ("cup",), 0)]
