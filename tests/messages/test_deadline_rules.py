"""Which day counts for a course, and who is told of whom, case by case."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from lms.register.deadline_rules import Leading, Nearing, deadline, told_above, told_at_first, told_surely
from lms.register.rules import Standing

TODAY = date(2027, 2, 1)


def days(number):
    return TODAY + timedelta(days=number)


@pytest.mark.parametrize(
    ("standing", "kind", "day"),
    [
        (Standing(), None, None),
        (Standing(due_on=days(5)), Nearing.DUE, days(5)),
        (Standing(due_on=TODAY), Nearing.DUE, TODAY),
        (Standing(due_on=days(-1)), Nearing.OVERDUE, days(-1)),
        (Standing(due_on=days(-9), started_on=days(-20)), Nearing.OVERDUE, days(-9)),
        (Standing(days(-9), None, days(-10), None), None, None),  # for good
        (Standing(days(-9), None, days(-10), days(300)), Nearing.EXPIRING, days(300)),
        (Standing(days(-9), None, days(-10), TODAY), Nearing.EXPIRING, TODAY),
        (Standing(days(-900), None, days(-700), days(-3)), Nearing.OVERDUE, days(-3)),
        (Standing(days(-2), None, days(-700), days(-3)), Nearing.OVERDUE, days(-2)),
        (Standing(days(4), None, days(-700), days(-3)), Nearing.DUE, days(4)),
        (Standing(due_on=days(-9), exempt_from=days(-30), exempt_to=days(1)), None, None),
        (Standing(due_on=days(-9), exempt_from=days(-30), exempt_to=days(-1)), Nearing.OVERDUE, days(-9)),
    ],
)
def test_the_day_that_counts(standing, kind, day):
    found = deadline("documentation", standing, TODAY)
    assert (found and found.kind, found and found.day) == (kind, day)


LEAD, OTHER_LEAD, AREA_LEAD, AREA_OFFICER, OFFICER, STAFF = range(1, 7)
TREE = [
    Leading(LEAD, "/1/2/3/", is_lead=True),
    Leading(OTHER_LEAD, "/1/2/4/", is_lead=True),
    Leading(AREA_LEAD, "/1/2/", is_lead=True),
    Leading(AREA_OFFICER, "/1/2/", is_lead=False),
    Leading(OFFICER, "/", is_lead=False),
]
LEADS_BOTH = [TREE[0], Leading(LEAD, "/1/2/", is_lead=True), TREE[4]]


@pytest.mark.parametrize(
    ("path", "about", "tree", "first", "above"),
    [
        ("/1/2/3/", STAFF, TREE, {LEAD}, {AREA_LEAD, AREA_OFFICER}),
        ("/1/2/4/", STAFF, TREE, {OTHER_LEAD}, {AREA_LEAD, AREA_OFFICER}),
        ("/1/2/3/", LEAD, TREE, {AREA_LEAD}, {OFFICER}),
        ("/1/2/", AREA_LEAD, TREE, {AREA_OFFICER}, {OFFICER}),
        ("/1/5/", STAFF, TREE, {OFFICER}, set()),
        ("/1/2/30/", STAFF, TREE, {AREA_LEAD}, {OFFICER}),  # not the lead of unit 3
        ("/1/2/3/", STAFF, TREE[:1], {LEAD}, set()),
        ("/1/2/3/", LEAD, TREE[:1], set(), set()),
        ("/1/2/", STAFF, TREE[2:4], {AREA_LEAD}, {AREA_OFFICER}),
        (
            "/1/2/3/",
            STAFF,
            LEADS_BOTH,
            {LEAD},
            {OFFICER},
        ),  # not nobody, because the lead is the next above as well
    ],
)
def test_who_is_told_of_somebody(path, about, tree, first, above):
    assert told_at_first(path, about, tree) == first
    assert told_above(path, about, tree) == above


@pytest.mark.parametrize(
    ("away", "first", "above"),
    [
        (set(), {LEAD}, {AREA_LEAD, AREA_OFFICER}),
        ({LEAD}, {LEAD, AREA_LEAD}, {AREA_LEAD, AREA_OFFICER}),
        ({LEAD, AREA_LEAD}, {LEAD, AREA_LEAD, AREA_OFFICER}, {AREA_LEAD, AREA_OFFICER}),
        ({AREA_LEAD, AREA_OFFICER}, {LEAD}, {AREA_LEAD, AREA_OFFICER, OFFICER}),
    ],
)
def test_who_is_told_where_some_cannot_be_reached(away, first, above):
    tree = [replace(each, is_reachable=each.person_id not in away) for each in TREE]
    assert told_surely("/1/2/3/", STAFF, tree, told_at_first) == first
    assert told_surely("/1/2/3/", STAFF, tree, told_above) == above
