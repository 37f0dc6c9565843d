"""Tries are counted in the house's own table, also when nothing else is kept."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from lms.base.context import work
from lms.base.errors import TooMany
from lms.identity.actions import count_try
from lms.identity.models import Throttle
from lms.identity.rules import LIMITS

NOW = datetime(2026, 3, 12, 8, 0, tzinfo=UTC)
FEW = LIMITS["sign_in"].by_name
WINDOW = LIMITS["sign_in"].window


def count(house, source="amina@granvik.example", now=NOW, kind="sign_in", by="name"):
    count_try(house, kind, source, now, by=by)


def test_so_many_tries_are_heard_and_then_one_waits(house):
    for _ in range(FEW):
        count(house)
    with pytest.raises(TooMany) as refused:
        count(house, now=NOW + timedelta(minutes=5))
    assert refused.value.facts == {"seconds": 600}


def test_after_the_window_tries_are_heard_again(house):
    for _ in range(FEW):
        count(house)
    later = NOW + WINDOW
    count(house, now=later)
    with work(house, writes=False) as ctx:
        row = ctx.db.scalars(select(Throttle)).one()
    assert (row.tries, row.window_from) == (1, later)


def test_refused_tries_do_not_make_the_wait_longer(house):
    for _ in range(FEW):
        count(house)
    for _ in range(10):
        with pytest.raises(TooMany):
            count(house, now=NOW + timedelta(minutes=14))
    count(house, now=NOW + WINDOW)


def test_sources_and_kinds_are_counted_apart(house):
    for _ in range(FEW):
        count(house)
    count(house, source="farid@granvik.example")
    count(house, kind="code")
    count(house, by="address")


def test_a_refused_try_counts_although_the_request_rolls_back(house):
    def request():
        with work(house, writes=False, now=NOW):
            count(house)
            raise LookupError

    for _ in range(FEW):
        with pytest.raises(LookupError):
            request()
    with pytest.raises(TooMany):
        request()


def test_what_was_typed_is_not_in_the_table(house):
    count(house)
    count(house, source="192.0.2.7", by="address")
    with work(house, writes=False) as ctx:
        sources = list(ctx.db.scalars(select(Throttle.source)))
    assert len(sources) == 2
    assert not any("amina" in source or "192" in source for source in sources)


def test_tries_at_the_same_time_are_all_counted(house):
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: count(house, source="192.0.2.7", by="address"), range(12)))
    with work(house, writes=False) as ctx:
        assert ctx.db.scalars(select(Throttle.tries)).one() == 12


def test_yesterdays_counts_are_swept(house):
    count(house)
    count(house, source="farid@granvik.example", now=NOW + timedelta(days=2))
    with work(house, writes=False) as ctx:
        assert len(list(ctx.db.scalars(select(Throttle)))) == 1
