"""What editions that follow one another ask of people, by properties over chains of them."""

from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from lms.catalogue.folder import course_folders
from lms.catalogue.reader import read_edition
from lms.catalogue.rules import (
    STRENGTH,
    Published,
    asked,
    changed_lessons,
    reads_the_same,
    update_items,
)
from lms.catalogue.values import Changes, StepText
from tests.catalogue.tiny_course import tiny_course, write_files

FIRST = date(2026, 1, 1)
effects = st.sampled_from([None, "inform", "update", "retake"])


@st.composite
def chains(draw):
    """Editions, oldest first; the first one asks for nothing. Ids are in no order."""
    count = draw(st.integers(1, 7))
    ids = draw(st.permutations(range(1, count + 1)))
    days = sorted(draw(st.lists(st.integers(0, 900), min_size=count, max_size=count)))
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


@settings(deadline=None)  # the first example reads the course
@given(st.sets(st.sampled_from(["tea", "cup"])), st.sets(st.sampled_from(["e1", "e2", "e3", "e4"])))
def test_an_item_of_the_edition_before_is_not_new(lessons, kept):
    new = tiny()
    old = replace(new, items={each: new.items[each] for each in new.items if each[4:] in kept})
    found = update_items(old, new, lessons)
    assert found
    assert {item.use for item in found} == {"exam"}
    if lessons:
        assert {item.lesson for item in found} == lessons
        if len(kept) < 4:
            assert not {item.id for item in found} & old.items.keys()
