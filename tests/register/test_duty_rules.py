"""Whom requirements describe, since when, and by when it is due: as going through the calendar day by day says."""

from datetime import date, timedelta
from itertools import pairwise, product
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from lms.register.duty_rules import NEVER, Post, Version, asked_of, merged, without_time_away

FIRST, DAY, LENGTH = date(2026, 1, 1), timedelta(days=1), 40
days = st.integers(0, LENGTH).map(lambda number: FIRST + number * DAY)
spans = st.tuples(days, st.none() | days).map(lambda s: (s[0], s[1] and max(s)))
PATHS = ["/1/", "/1/2/", "/1/2/3/", "/1/4/"]
ROLES, KINDS = st.sampled_from(["nurse", "other"]), st.sampled_from(["hourly", "student"])
posts = st.lists(st.tuples(spans, st.sampled_from(PATHS), ROLES, KINDS), max_size=4).map(
    lambda some: [Post(place, path, role, kind, *span) for place, (span, path, role, kind) in enumerate(some)]
)
versions = st.lists(
    st.tuples(
        spans, st.sampled_from(["/", *PATHS]), st.sampled_from([(), ("nurse",)]), st.sampled_from([(), ("hourly",)]),
        st.integers(0, 1), st.integers(0, 12), st.none() | days,
    ),
    max_size=4,
).map(
    lambda some: [
        Version(
            place, UUID(int=rule), f"course-{rule}", path, frozenset(roles), frozenset(kinds), *span, due, by, ""
        )
        for place, (span, path, roles, kinds, rule, due, by) in enumerate(some)
    ]
)  # fmt: skip
away = st.lists(spans, max_size=3)


def within(span, day):
    return span[0] <= day and (span[1] is None or day <= span[1])


def is_described(post, version, day):
    return (
        within((post.first, post.last), day)
        and within((version.first, version.last), day)
        and post.path.startswith(version.path)
        and (post.role in version.roles or not version.roles)
        and (post.kind in version.kinds or not version.kinds)
    )


def naive(posts, versions, away, today):
    """{(post, version): due}, from what is so on each single day."""
    found = {}
    for post, version in product(posts, versions):
        begins = max(today, post.first)
        if (post.last or NEVER) < today or not is_described(post, version, begins):
            continue
        same_rule = [each for each in versions if each.rule == version.rule]

        def asks(day, same_rule=same_rule):
            return any(is_described(*pair, day) for pair in product(posts, same_rule))

        since = begins
        while asks(since - DAY):
            since -= DAY
        due = counted(since, version.due_days, away)
        if version.not_before and version.not_before > due:
            due = counted(version.not_before, 0, away)
        found[post.id, version.id] = due
    return found


def counted(day, left, away):
    """So many days later, those away not counted, and not on one of them."""
    while left or any(within(span, day) for span in away):
        if any(span[1] is None and span[0] <= day for span in away):
            return NEVER
        left -= not any(within(span, day) for span in away)
        day += DAY
    return day


@settings(max_examples=400)
@given(posts, versions, away, days)
def test_what_is_asked_is_what_the_calendar_says(posts, versions, away, today):
    found = {(each.post.id, each.version.id): each.due_on for each in asked_of(posts, versions, away, today)}
    assert found == naive(posts, versions, away, today)


@given(spans, away)
def test_time_away_moves_the_day_and_never_to_an_earlier_one(span, away):
    since, due = span[0], span[1] or span[0]
    moved = without_time_away(since, due, away)
    assert moved >= due
    if not any(within(each, since + n * DAY) for each in away for n in range((due - since).days + 1)):
        assert moved == due


@given(away)
def test_joined_times_hold_the_same_days_and_do_not_touch(some):
    joined = merged(some)
    for number in range(2 * LENGTH):
        day = FIRST + number * DAY
        assert any(within(each, day) for each in some) == any(within(each, day) for each in joined)
    for one, other in pairwise(joined):
        assert one[1] + DAY < other[0]
