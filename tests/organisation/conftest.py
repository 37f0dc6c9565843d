"""What tests of the organisation share: importing as somebody, and counting statements."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import event

from lms.organisation.intake import import_people, plan_import, read_staff_list
from lms.organisation.plan import ImportPlan
from lms.organisation.writing import Imported
from tests.builders import Town


@pytest.fixture
def plan(granvik):
    """What a list would do in Granvik, worked out as Maria, who is responsible for all of it."""

    def make(data: bytes, *, town: Town = granvik, who: str = "maria", **options) -> ImportPlan:
        with town.work(who, writes=False) as ctx:
            return plan_import(ctx, read_staff_list(data), **options)

    return make


@pytest.fixture
def take_in(granvik):
    """What an import into Granvik has done, carried out as Maria."""

    def make(data: bytes, *, town: Town = granvik, who: str = "maria", now=None, **options) -> Imported:
        with town.work(who, now=now) as ctx:
            return import_people(ctx, read_staff_list(data), **options)

    return make


@pytest.fixture
def statements(house):
    """A counter of what is sent to the database within a `with` block, as a list that grows."""

    @contextmanager
    def count() -> Iterator[list[str]]:
        sent: list[str] = []

        def note(_connection, _cursor, statement, *_rest):
            if not statement.startswith(("BEGIN", "SET LOCAL", "SELECT set_config")):
                sent.append(statement)

        event.listen(house.engine, "before_cursor_execute", note)
        try:
            yield sent
        finally:
            event.remove(house.engine, "before_cursor_execute", note)

    return count
