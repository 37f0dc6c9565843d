"""Browsers that are sent notices: one a signed-in device of one's own, none once it is signed out, nobody else's."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from lms.base.audit import AuditEntry
from lms.base.context import work
from lms.base.errors import Invalid, NotFound
from lms.identity.actions import (
    end_employers_sessions,
    end_other_devices,
    end_own_device,
    end_session,
    end_sessions,
    open_session,
)
from lms.identity.models import PushSubscription, UserSession
from lms.identity.push import drop_device, is_endpoint, push_devices, push_here, subscribe, unsubscribe
from lms.identity.rules import token_hash
from lms.jobs.worker import tidy
from tests.messages.browsers import TakingBrowser, b64

HOUSE = "BHouse"
ENDPOINT = "https://push.example.org/send/1"


def signed_in(town, name, *, remember=True):
    """The session of a new device of somebody."""
    with town.work(name) as ctx:
        token = open_session(
            ctx, account_id=ctx.who.account_id, employer_id=ctx.employer_id, user_agent="x", remember=remember
        )
        ctx.db.flush()
        return ctx.db.scalars(select(UserSession.id).where(UserSession.token_hash == token_hash(token))).one()


def turn_on(town, name, session, endpoint=ENDPOINT, house_key=HOUSE):
    browser = TakingBrowser()
    with town.work(name) as ctx:
        subscribe(ctx, session, house_key, endpoint, browser.key, browser.auth)
    return browser


def devices(town, name, house_key=HOUSE):
    with town.inside() as ctx:
        return [device.endpoint for device in push_devices(ctx, town.actor(name).account_id, house_key)]


@pytest.mark.parametrize(
    ("address", "taken"),
    [
        ("https://fcm.googleapis.com/fcm/send/abc:APA91", True),
        ("https://updates.push.services.mozilla.com/wpush/v2/gAAA", True),
        ("https://web.push.apple.com/QGuQyavXutnMH", True),
        ("https://wns2-par02p.notify.windows.com/w/?token=BQ%3d", True),
        ("https://push.example.org:443/x", True),
        ("http://push.example.org/x", False),
        ("https://push.example.org:8443/x", False),
        ("https://push.example.org:0/x", False),
        ("https://user@push.example.org/x", False),
        ("https://push.example.org/x#y", False),
        ("https://push.example.org\\@127.0.0.1/x", False),
        ("https://127.0.0.1/x", False),
        ("https://[::1]/x", False),
        ("https://2130706433/x", False),
        ("https://10.0.0.1./x", False),
        ("https://0x7f.1/x", False),
        ("https://localhost/x", False),
        ("https://db/x", False),
        ("https://vault.internal/x", False),
        ("https://printer.local./x", False),
        ("https://a.localhost/x", False),
        ("https:///x", False),
        ("https://push.example.org/\r\nX: y", False),
        ("https://push.example.org:port/x", False),
        ("https://[push.example.org/x", False),
        (f"https://push.example.org/{'x' * 1000}", False),
        ("javascript:alert(1)", False),
        ("", False),
    ],
)
def test_what_can_be_an_address_of_a_push_service(address, taken):
    assert is_endpoint(address) is taken


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("endpoint", "https://10.1.2.3/x"),
        ("key", ""),
        ("key", b64(b"\x04" + b"x" * 63)),
        ("key", b64(b"\x02" + b"x" * 64)),
        ("key", "å" * 87),
        ("auth", b64(b"x" * 15)),
        ("auth", "*" * 22),
    ],
)
def test_what_no_browser_says_is_refused(granvik, field, value):
    browser = TakingBrowser()
    given = {"endpoint": ENDPOINT, "key": browser.key, "auth": browser.auth} | {field: value}
    session = signed_in(granvik, "amina")
    with granvik.work("amina") as ctx, pytest.raises(Invalid):
        subscribe(ctx, session, HOUSE, **given)
    assert devices(granvik, "amina") == []


def test_a_device_that_is_not_remembered_gets_none(granvik):
    session, browser = signed_in(granvik, "amina", remember=False), TakingBrowser()
    with granvik.work("amina") as ctx:
        assert push_here(ctx, session, HOUSE) == "not_remembered"
        with pytest.raises(NotFound):
            subscribe(ctx, session, HOUSE, ENDPOINT, browser.key, browser.auth)


def test_one_a_device_and_it_is_noted_without_the_address(granvik):
    session = signed_in(granvik, "amina")
    turn_on(granvik, "amina", session)
    turn_on(granvik, "amina", session, f"{ENDPOINT}0")
    assert devices(granvik, "amina") == [f"{ENDPOINT}0"]
    with granvik.work("amina") as ctx:
        assert push_here(ctx, session, HOUSE) == "on"
        assert push_here(ctx, session, "BOther") == "off"
        unsubscribe(ctx, session)
        assert push_here(ctx, session, HOUSE) == "off"
    assert devices(granvik, "amina") == []
    with granvik.inside() as ctx:
        notes = ctx.db.scalars(select(AuditEntry).where(AuditEntry.action.like("push.%"))).all()
        assert [(note.action, note.facts) for note in notes] == [
            ("push.on", {}),
            ("push.on", {}),
            ("push.off", {}),
        ]


def test_another_key_of_the_house_reaches_nobody(granvik):
    turn_on(granvik, "amina", signed_in(granvik, "amina"))
    assert devices(granvik, "amina", "BOther") == []


def test_a_browser_that_changes_hands_is_the_new_ones(granvik):
    turn_on(granvik, "amina", signed_in(granvik, "amina"))
    turn_on(granvik, "farid", signed_in(granvik, "farid"))
    assert devices(granvik, "amina") == []
    assert devices(granvik, "farid") == [ENDPOINT]


def test_what_one_employer_has_to_say_does_not_come_where_one_is_signed_in_at_another(granvik, fjordvik):
    session = signed_in(granvik, "amina")
    turn_on(granvik, "amina", session)
    with granvik.inside(writes=True) as ctx:
        ctx.db.execute(
            update(UserSession).where(UserSession.id == session).values(employer_id=fjordvik.employer_id)
        )
    assert devices(granvik, "amina") == []


def out_here(ctx, here, there):
    end_session(ctx, here)


def out_there(ctx, here, there):
    end_own_device(ctx, there, ctx.db.get_one(UserSession, here).public_id)


def out_elsewhere(ctx, here, there):
    end_other_devices(ctx, there)


def out_everywhere(ctx, here, there):
    end_sessions(ctx, ctx.who.account_id)


def all_out(ctx, here, there):
    assert end_employers_sessions(ctx) == 3


@pytest.mark.parametrize("out", [out_here, out_there, out_elsewhere, out_everywhere, all_out])
def test_whichever_way_a_device_is_signed_out_its_subscription_goes(granvik, fjordvik, out):
    here, there, other = (signed_in(granvik, name) for name in ("amina", "amina", "farid"))
    abroad = signed_in(fjordvik, "kari")
    turn_on(granvik, "amina", here)
    turn_on(granvik, "farid", other, f"{ENDPOINT}2")
    turn_on(fjordvik, "kari", abroad, f"{ENDPOINT}3")
    with granvik.work("amina") as ctx:
        out(ctx, here, there)
    with granvik.inside() as ctx:
        left = set(ctx.db.scalars(select(PushSubscription.endpoint)))
    assert left == ({f"{ENDPOINT}3"} if out is all_out else {f"{ENDPOINT}2", f"{ENDPOINT}3"})


def test_a_device_that_fell_out_of_use_gets_none_and_is_forgotten(granvik, house):
    session = signed_in(granvik, "amina")
    turn_on(granvik, "amina", session)
    turn_on(granvik, "farid", signed_in(granvik, "farid"), f"{ENDPOINT}2")
    with granvik.inside(writes=True) as ctx:
        ctx.db.execute(
            update(UserSession)
            .where(UserSession.id == session)
            .values(expires_at=ctx.now - timedelta(days=100))
        )
    assert devices(granvik, "amina") == []
    tidy(house)
    with work(house, writes=False) as ctx:
        assert ctx.db.scalars(select(PushSubscription.endpoint)).all() == [f"{ENDPOINT}2"]
        assert ctx.db.get(UserSession, session) is None


def test_one_that_is_gone_is_dropped_alone(granvik, house):
    turn_on(granvik, "amina", signed_in(granvik, "amina"))
    turn_on(granvik, "amina", signed_in(granvik, "amina"), f"{ENDPOINT}2")
    with granvik.inside() as ctx:
        first, _second = push_devices(ctx, granvik.actor("amina").account_id, HOUSE)
    with work(house) as ctx:
        drop_device(ctx, first.id)
    assert devices(granvik, "amina") == [f"{ENDPOINT}2"]
