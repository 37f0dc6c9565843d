"""Lines of a staff list fitted to what is known: corrected, followed, begun, left alone; and once is enough."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms.organisation.fitting import Post, Said, fit

JANUARY, JUNE, OCTOBER = date(2026, 1, 1), date(2026, 6, 1), date(2026, 10, 1)
BEFORE_JUNE = date(2026, 5, 31)
KNOWN = Post(1, "nurse", "Nurse", "permanent", 100, JANUARY, None)
SAYS = Said(1, "nurse", JANUARY, None, False, None, None, None, usual_title="Nurse")


def test_same_line_changes_nothing():
    (fitted,) = fit([SAYS], [(7, KNOWN)])
    assert (fitted.before, fitted.after, fitted.revised, fitted.added) == (KNOWN, KNOWN, (), None)


def test_somebody_unknown_begins():
    (fitted,) = fit([replace(SAYS, kind="hourly")], [])
    assert fitted.added == replace(KNOWN, kind="hourly", percent=0)
    assert fitted.before is None


@pytest.mark.parametrize(
    "change", [{"unit": 2}, {"role": "other"}, {"percent": 50}, {"kind": "hourly"}, {"title": "Lead"}]
)
def test_later_change_ends_what_was_the_day_before(change):
    (fitted,) = fit([replace(SAYS, first=JUNE, **change)], [(7, KNOWN)])
    assert fitted.revised == ((7, replace(KNOWN, last=BEFORE_JUNE)),)
    assert fitted.added == replace(KNOWN, first=JUNE, **change)
    assert fitted.continues == 7


@pytest.mark.parametrize("change", [{"unit": 2}, {"role": "other"}, {"percent": 50}])
def test_change_from_the_same_day_is_a_correction(change):
    (fitted,) = fit([replace(SAYS, **change)], [(7, KNOWN)])
    assert fitted.revised == ((7, replace(KNOWN, **change)),)
    assert fitted.added is None


@pytest.mark.parametrize("first", [date(2025, 12, 1), JUNE])
def test_another_first_day_alone_is_a_correction(first):
    (fitted,) = fit([replace(SAYS, first=first)], [(7, KNOWN)])
    assert fitted.revised == ((7, replace(KNOWN, first=first)),)


def test_last_day_is_entered_and_taken_back():
    (fitted,) = fit([replace(SAYS, last=JUNE, ends=True)], [(7, KNOWN)])
    assert fitted.revised == ((7, replace(KNOWN, last=JUNE)),)
    (fitted,) = fit([replace(SAYS, ends=True)], [(7, replace(KNOWN, last=JUNE))])
    assert fitted.revised == ((7, KNOWN),)
    (fitted,) = fit([SAYS], [(7, replace(KNOWN, last=JUNE))])  # the list has no such column
    assert fitted.revised == ()


def test_who_is_listed_as_working_here_works_here_again():
    says = replace(SAYS, here_on=OCTOBER)
    (fitted,) = fit([says], [(7, replace(KNOWN, last=BEFORE_JUNE))])
    assert fitted.revised == ((7, KNOWN),)
    (fitted,) = fit([says], [(7, replace(KNOWN, last=OCTOBER))])  # the day that is known may still come
    assert fitted.revised == ()


def test_return_adds_an_employment():
    (fitted,) = fit([replace(SAYS, first=OCTOBER)], [(7, replace(KNOWN, last=BEFORE_JUNE))])
    assert fitted.added == replace(KNOWN, first=OCTOBER)
    assert fitted.revised == ()
    assert fitted.continues is None


def test_second_workplace_leaves_the_first():
    stays, begins = fit([SAYS, replace(SAYS, unit=2, first=JUNE)], [(7, KNOWN)])
    assert stays.revised == ()
    assert begins.added == replace(KNOWN, unit=2, first=JUNE)


def test_one_of_two_workplaces_moves():
    other = replace(KNOWN, unit=2)
    stays, moves = fit([SAYS, replace(SAYS, unit=3, first=JUNE)], [(7, KNOWN), (8, other)])
    assert stays.revised == ()
    assert moves.revised == ((8, replace(other, last=BEFORE_JUNE)),)


def test_which_of_two_workplaces_moves_cannot_be_guessed():
    (fitted,) = fit([replace(SAYS, unit=3, first=JUNE)], [(7, KNOWN), (8, replace(KNOWN, unit=2))])
    assert fitted.unclear


def test_correction_covers_what_was_known_in_pieces():
    first, then = replace(KNOWN, last=BEFORE_JUNE), replace(KNOWN, percent=50, first=JUNE)
    (fitted,) = fit([replace(SAYS, percent=50)], [(7, first), (8, then)])
    assert fitted.revised == ((8, replace(then, first=JANUARY)), (7, None))


DAYS = st.dates(date(2025, 1, 1), date(2027, 12, 31))
ROLES = st.sampled_from(["nurse", "other"])
KINDS = st.sampled_from(["permanent", "hourly"])


@st.composite
def posts(draw):
    first, last = draw(DAYS), draw(st.none() | DAYS)
    last = max(first, last) if last else None
    return Post(
        draw(st.integers(1, 3)), draw(ROLES), "T", draw(KINDS), draw(st.sampled_from([50, 100])), first, last
    )


@st.composite
def lines(draw):
    post = draw(posts())
    percent = draw(st.sampled_from([None, post.percent]))
    ends, here_on = draw(st.booleans()), draw(st.none() | DAYS)
    last = post.last if ends else None
    return Said(
        post.unit, post.role, post.first, last, ends, None, None, percent, usual_title="T", here_on=here_on
    )


@given(lines(), st.lists(posts(), max_size=3))
def test_a_second_time_changes_nothing_and_the_line_is_true(line, known):
    facts = dict(enumerate(known, 1))
    (fitted,) = fit([line], facts.items())
    if fitted.unclear:
        return
    for post_id, post in fitted.revised:
        if post is None:
            del facts[post_id]
        else:
            assert post.last is None or post.first <= post.last
            facts[post_id] = post
    if fitted.added:
        facts[99] = fitted.added
    assert any(line.over(post) == post for post in facts.values())
    (again,) = fit([line], facts.items())
    assert (again.revised, again.added, again.unclear) == ((), None, False)
