"""Of whom a second factor is demanded from which day; and databases from before there was such a policy."""

from datetime import date

import pytest
from sqlalchemy import inspect, text

from lms.base.migrate import migrate
from lms.base.row_security import make_owner_engine
from lms.organisation.factor_policy import is_demanded, is_offered
from tests.older import downgrade

TODAY = date(2026, 3, 12)


@pytest.mark.parametrize(
    ("policy", "first_day", "entrusted", "offered", "demanded"),
    [
        ("off", None, True, False, False),
        ("offered", None, True, True, False),
        ("offered", None, False, False, False),
        ("required", None, True, True, True),
        ("required", date(2026, 3, 12), True, True, True),
        ("required", date(2026, 3, 13), True, True, False),
        ("required", date(2026, 3, 12), False, False, False),
    ],
)
def test_whom_it_is_offered_to_and_demanded_of(policy, first_day, entrusted, offered, demanded):
    assert is_offered(policy, entrusted=entrusted) is offered
    assert is_demanded(policy, first_day, TODAY, entrusted=entrusted) is demanded


def test_an_employer_from_before_the_policy_offers_it(house):
    owner = make_owner_engine(house.settings)
    downgrade(owner, "0003")
    with owner.connect() as connection:
        people = connection.scalar(text("SELECT count(*) FROM person"))
        columns = {column["name"] for column in inspect(connection).get_columns("employer")}
        assert "slug" in columns
        assert "second_factor" not in columns
    migrate(owner)
    with owner.connect() as connection:
        policies = connection.execute(text("SELECT second_factor, second_factor_from FROM employer")).all()
        assert [tuple(policy) for policy in policies] == [("offered", None)] * 2
        assert connection.scalar(text("SELECT count(*) FROM person")) == people
    owner.dispose()
