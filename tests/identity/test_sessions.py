"""Devices that are signed in: made, used, rotated, ended; and the employer whose pages they show."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from lms.base.access import Actor
from lms.base.context import House, work
from lms.base.errors import Conflict
from lms.identity.actions import end_session, open_session, rotate_session, start_session, touch_session
from lms.identity.models import Account, UserSession
from lms.identity.rules import SEEN_EVERY, token_hash
from lms.organisation import actions as organisation
from lms.organisation.arrival import enter
from lms.organisation.models import Employer, Person
from lms.organisation.visitors import visitor
from tests.builders import Town

NOW = datetime(2026, 3, 12, 8, 0, tzinfo=UTC)
PHONE = "Mozilla/5.0 (Linux; Android 14) Chrome/126.0.0.0 Mobile Safari/537.36"


def start(town, name="amina", *, remember=False):
    actor = town.actor(name)
    return start_session(
        town.house,
        account_id=actor.account_id,
        employer_id=actor.employer_id,
        user_agent=PHONE,
        remember=remember,
        now=NOW,
    )


def who(house, token, now=NOW):
    with work(house, writes=False, now=now) as ctx:
        return visitor(ctx.db, token_hash(token), now)


def row(house, token):
    with work(house, writes=False) as ctx:
        return ctx.db.scalars(select(UserSession).where(UserSession.token_hash == token_hash(token))).one()


def test_the_table_holds_a_hash_and_the_device_in_words(house, granvik):
    token = start(granvik)
    assert len(token) == 43
    assert row(house, token).device == "Chrome, Android"
    assert who(house, token).given_name == "Amina"


def use(house, token, now):
    """What a request does: see who it is, note the use; whether there was somebody."""
    found = who(house, token, now)
    if found is not None:
        touch_session(house, found.session_id, found.seen_at, now)
    return found is not None


@pytest.mark.parametrize(
    ("remember", "unused", "in_all"),
    [
        (False, timedelta(minutes=60), timedelta(hours=12)),
        (True, timedelta(days=14), timedelta(days=30)),
    ],
)
def test_a_session_ends_when_it_lies_unused_and_at_its_end_however_much_it_is_used(
    house, granvik, remember, unused, in_all
):
    idle, busy = start(granvik, remember=remember), start(granvik, remember=remember)
    assert who(house, idle, NOW + unused) is not None
    assert who(house, idle, NOW + unused + SEEN_EVERY) is None
    at = NOW
    while at + unused < NOW + in_all:
        at += unused
        assert use(house, busy, at)
    assert use(house, busy, NOW + in_all - timedelta(seconds=1))
    assert not use(house, busy, NOW + in_all)


def test_a_session_never_ends_earlier_than_promised_although_use_is_written_down_now_and_then(house, granvik):
    token = start(granvik)
    last = NOW + timedelta(minutes=4)  # not written down
    assert use(house, token, last)
    assert who(house, token, last + timedelta(minutes=60)) is not None


def test_the_limits_are_settings(house, granvik):
    settings = house.settings.model_copy(update={"session_idle_minutes": 10, "session_hours": 1})
    town = Town(House(settings, house.engine, house.files), "granvik")
    token = start(town)
    assert who(house, token, NOW + timedelta(minutes=15)) is None
    assert row(house, token).ends_at == NOW + timedelta(hours=1)


def test_a_rotated_session_is_the_same_device_with_another_token(house, granvik):
    old = start(granvik)
    before = row(house, old)
    with work(house, now=NOW + timedelta(hours=1)) as ctx:
        new = rotate_session(ctx, before.id, remember=True)
    assert who(house, old) is None
    after = row(house, new)
    assert (after.id, after.remembered) == (before.id, True)
    assert after.ends_at == NOW + timedelta(hours=1, days=30)
    assert after.expires_at == NOW + timedelta(hours=1, days=14) + SEEN_EVERY


def test_an_ended_session_is_dead_and_stays_so(house, granvik):
    token = start(granvik)
    for hour in (1, 2):
        with work(house, now=NOW + timedelta(hours=hour)) as ctx:
            end_session(ctx, row(house, token).id)
    assert who(house, token) is None
    assert row(house, token).revoked_at == NOW + timedelta(hours=1)


@pytest.mark.parametrize(("minutes", "written"), [(4, False), (5, True)])
def test_use_is_written_down_at_most_every_five_minutes(house, granvik, minutes, written):
    session = row(house, token := start(granvik))
    later = NOW + timedelta(minutes=minutes)
    touch_session(house, session.id, session.seen_at, later)
    assert row(house, token).seen_at == (later if written else NOW)


def employ_elsewhere(house, account_id, slug, start_on, end_on=None):
    """Let the person of an account work for another employer too."""
    with work(house, now=NOW) as ctx:
        employer = ctx.db.scalars(select(Employer).where(Employer.slug == slug)).one()
        ctx.actor = Actor.program(employer.id)
        unit = organisation.create_unit(ctx, employer=employer, name="Extra", valid_from=date(2025, 1, 1))
        person = Person(
            employer_id=employer.id,
            account_id=account_id,
            employee_number="x",
            given_name="Amina",
            family_name="Yusuf",
            created_at=NOW,
        )
        ctx.db.add(person)
        ctx.db.flush()
        organisation.employ(
            ctx, person=person, unit=unit, role="nurse", title="", valid_from=start_on, valid_to=end_on
        )
        return employer.id


def entered(house, account_id):
    with work(house, now=NOW) as ctx:
        token = enter(ctx, account_id, user_agent=PHONE, remember=False)
    return row(house, token).employer_id


@pytest.mark.parametrize(
    ("start_on", "end_on", "there"),
    [
        (date(2026, 2, 1), None, True),  # newer
        (date(2025, 2, 1), None, False),  # older
        (date(2026, 2, 1), date(2026, 3, 11), False),  # newer, but over
        (date(2026, 2, 1), date(2026, 3, 12), True),  # its last day is today
        (date(2026, 4, 1), None, False),  # has not begun
    ],
)
def test_a_session_shows_the_employer_of_the_newest_employment(house, granvik, start_on, end_on, there):
    amina = granvik.actor("amina")
    other = employ_elsewhere(house, amina.account_id, "fjordvik", start_on, end_on)
    assert entered(house, amina.account_id) == (other if there else amina.employer_id)


def test_who_has_left_still_gets_in(house, granvik):
    with granvik.inside(writes=True, now=NOW) as ctx:
        employer_id = granvik.employer_id
        ctx.db.add(account := Account(language="sv", created_at=NOW))
        ctx.db.flush()
        ctx.db.add(
            Person(
                employer_id=employer_id,
                account_id=account.id,
                employee_number="y",
                given_name="A",
                family_name="B",
                created_at=NOW,
            )
        )
    assert entered(house, account.id) == employer_id


def test_an_account_of_nobody_has_nowhere_to_go(house):
    with work(house, now=NOW) as ctx:
        ctx.db.add(account := Account(language="sv", created_at=NOW))
        ctx.db.flush()
        with pytest.raises(Conflict):
            enter(ctx, account.id, user_agent="", remember=False)


def test_a_session_may_be_given_a_shorter_life(house, granvik):
    amina = granvik.actor("amina")
    with work(house, now=NOW) as ctx:
        token = open_session(
            ctx,
            account_id=amina.account_id,
            employer_id=amina.employer_id,
            user_agent="",
            remember=False,
            lasts=timedelta(hours=1),
        )
    assert row(house, token).ends_at == row(house, token).expires_at == NOW + timedelta(hours=1)
