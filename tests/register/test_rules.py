"""The state of somebody on a day: the table of the design, and SQL that agrees with it."""

from dataclasses import fields
from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Column, Date, Integer, MetaData, Table, create_engine, select
from sqlalchemy.orm import Session

from lms.register.queries import state_on
from lms.register.rules import (
    ORDER,
    Reason,
    Relief,
    Shown,
    Standing,
    State,
    add_months,
    last_valid_day,
    standing,
    state,
)
from lms.tables import METADATA

DAY = date(2026, 3, 14)
IN_31, IN_30 = (DAY + timedelta(days=days) for days in (31, 30))
SOON, LATER, PAST = DAY + timedelta(days=10), DAY + timedelta(days=100), DAY - timedelta(days=10)

TABLE = [
    (Standing(), State.NOT_REQUIRED),
    (Standing(achieved_on=PAST, expires_on=LATER), State.NOT_REQUIRED),
    (Standing(due_on=PAST, exempt_from=DAY, exempt_to=DAY), State.EXEMPT),
    (Standing(due_on=PAST, exempt_from=PAST, exempt_to=DAY - timedelta(days=1)), State.MISSING),
    (Standing(due_on=PAST, exempt_from=DAY + timedelta(days=1), exempt_to=LATER), State.MISSING),
    (Standing(due_on=PAST, achieved_on=PAST, expires_on=LATER, renew_on=SOON), State.VALID),
    (
        Standing(due_on=PAST, achieved_on=PAST, expires_on=LATER, renew_on=DAY + timedelta(days=1)),
        State.VALID,
    ),
    (Standing(due_on=PAST, achieved_on=PAST, expires_on=LATER, renew_on=DAY), State.EXPIRING),
    (Standing(due_on=PAST, achieved_on=PAST), State.VALID),
    (Standing(due_on=PAST, achieved_on=PAST, expires_on=DAY), State.EXPIRING),
    (Standing(due_on=PAST, achieved_on=PAST, expires_on=DAY - timedelta(days=1)), State.EXPIRED),
    (Standing(due_on=LATER, achieved_on=PAST, expires_on=DAY - timedelta(days=1)), State.NOT_YET_DUE),
    (Standing(due_on=DAY - timedelta(days=1)), State.MISSING),
    (Standing(due_on=DAY), State.NOT_YET_DUE),
    (Standing(due_on=PAST, started_on=PAST), State.MISSING),
    (Standing(due_on=LATER, started_on=PAST), State.UNDER_WAY),
    (Standing(due_on=LATER, started_on=SOON), State.NOT_YET_DUE),
    (Standing(due_on=LATER, achieved_on=SOON, expires_on=LATER), State.NOT_YET_DUE),
]


@pytest.mark.parametrize(("standing", "expected"), TABLE)
def test_state_follows_the_table(standing, expected):
    assert state(standing, DAY) is expected


NAMES = tuple(field.name for field in fields(Standing))
days = st.none() | st.dates(date(2025, 1, 1), date(2027, 12, 31))


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(*[days] * len(NAMES)), min_size=1, max_size=30),
    st.dates(date(2025, 6, 1), date(2027, 6, 1)),
)
def test_the_database_says_the_same(rows, day):
    engine = create_engine("sqlite://")
    status = Table(
        "status", MetaData(), Column("id", Integer, primary_key=True),
        *(Column(name, Date) for name in NAMES),
    )  # fmt: skip
    status.create(engine)
    with Session(engine) as db:
        db.execute(status.insert(), [dict(zip(NAMES, row, strict=True)) for row in rows])
        real = METADATA.tables["status"]
        place = state_on(day)
        places = db.scalars(select(place).select_from(real).order_by(real.c.id)).all()
    engine.dispose()
    assert places == [ORDER[state(Standing(*row), day)] for row in rows]


EXTENDED = [Relief("extension", PAST, LATER)]
EXEMPT = [Relief("exemption", LATER, LATER), Relief("exemption", PAST, SOON), Relief("exemption", PAST, PAST)]


@pytest.mark.parametrize(
    ("reasons", "shown", "relief", "expected"),
    [
        ([], [], [], Standing()),
        ([Reason(SOON), Reason(PAST)], [], [], Standing(PAST)),
        ([Reason(PAST)], [], EXTENDED, Standing(LATER)),
        ([Reason(LATER + timedelta(days=9))], [], EXTENDED, Standing(LATER + timedelta(days=9))),
        ([Reason(PAST)], [], [Relief("extension", SOON, LATER)], Standing(PAST)),  # has not begun
        ([], [], EXTENDED, Standing()),
        ([Reason(PAST)], [], EXEMPT, Standing(PAST, exempt_from=PAST, exempt_to=SOON)),
        ([Reason(PAST)], [], [Relief("exemption", PAST, SOON), Relief("exemption", DAY, LATER)],
         Standing(PAST, exempt_from=PAST, exempt_to=LATER)),  # also before the worker has noticed a day
        ([Reason(PAST)], [Shown(1, PAST, None)], [], Standing(PAST, None, PAST)),
        ([Reason(PAST)], [Shown(1, PAST, LATER)], [], Standing(PAST, None, PAST, LATER, LATER - timedelta(days=30))),
        ([Reason(PAST)], [Shown(1, PAST, LATER, SOON)], [],
         Standing(PAST, None, PAST, SOON, SOON - timedelta(days=30))),
        ([Reason(PAST, None, 60), Reason(PAST, None, 10)], [Shown(1, PAST, LATER)], [],
         Standing(PAST, None, PAST, LATER, LATER - timedelta(days=60))),
        ([Reason(PAST, None, 10)], [Shown(1, PAST, LATER)], [],
         Standing(PAST, None, PAST, LATER, LATER - timedelta(days=10))),
        ([Reason(PAST, 12), Reason(PAST, 6), Reason(PAST)], [Shown(1, date(2026, 1, 1), None)], [],
         Standing(PAST, None, date(2026, 1, 1), date(2026, 6, 30), date(2026, 5, 31))),
        # Of a newer one that an edition cuts short, and an older one that lasts longer, the older.
        ([Reason(PAST)], [Shown(1, PAST, LATER), Shown(2, DAY, LATER, SOON)], [],
         Standing(PAST, None, PAST, LATER, LATER - timedelta(days=30))),
        ([Reason(PAST)], [Shown(2, DAY, None), Shown(1, PAST, None)], [], Standing(PAST, None, DAY)),
    ],
)  # fmt: skip
def test_the_dates_follow_from_the_facts(reasons, shown, relief, expected):
    assert standing(reasons, shown, relief, None, DAY)[0] == expected


@pytest.mark.parametrize(
    ("start", "months", "last"),
    [
        (date(2026, 3, 12), 24, date(2028, 3, 11)),
        (date(2026, 3, 12), 12, date(2027, 3, 11)),
        (date(2026, 1, 31), 1, date(2026, 2, 27)),
        (date(2024, 2, 29), 12, date(2025, 2, 27)),
        (date(2026, 12, 31), 2, date(2027, 2, 27)),
        (date(2026, 1, 1), 12, date(2026, 12, 31)),
    ],
)
def test_last_valid_day(start, months, last):
    assert last_valid_day(start, months) == last


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.integers(0, 120))
def test_months_are_added_like_a_calendar_does(day, months):
    later = add_months(day, months)
    assert (later.year - day.year) * 12 + later.month - day.month == months
    assert later.day == day.day or (later.day < day.day and (later + timedelta(days=1)).day == 1)
