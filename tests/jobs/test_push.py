"""Notices: by a real push service, sealed and signed; what is gone is forgotten; nothing within is asked."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import SecretStr
from sqlalchemy import select, update

from lms.base.context import work
from lms.base.outbox import OF_ONE_BROWSER, OutboxTask, sending
from lms.identity.actions import end_session, set_language
from lms.identity.models import PushSubscription, UserSession
from lms.jobs.outgoing import is_public
from lms.jobs.push import PushUnavailable
from lms.jobs.worker import work_off, work_once
from lms.messages.models import Message
from lms.messages.push_sealing import new_key, public_key
from lms.messages.queries import Choice
from lms.messages.settings import choose
from tests.identity.test_push import signed_in
from tests.jobs.gateway import with_settings
from tests.jobs.push_service import push_service
from tests.jobs.test_sms import outcomes
from tests.learning.taking import assign
from tests.messages.browsers import TakingBrowser
from tests.messages.test_push_sealing import verified

KEY = new_key()
LATER = timedelta(days=1)


class Phones:
    """A house that sends notices, and whose devices take them at a push service."""

    def __init__(self, house, town, service):
        self.town, self.service = town, service
        self.house = with_settings(house, push_key=SecretStr(KEY), public_url="https://kunnig.example")

    def wanted_by(self, name):
        with self.town.work(name) as ctx:
            ctx.house = self.house
            choose(ctx, Choice("push"))

    def turned_on_by(self, name, path="1", address=None):
        """A browser of somebody with notices on, and its session; the port is none that a form would take."""
        session, browser = signed_in(self.town, name), TakingBrowser()
        with self.town.work(name) as ctx:
            ctx.db.add(
                PushSubscription(
                    session_id=session, account_id=ctx.who.account_id,
                    endpoint=address or f"{self.service.address}/{path}",
                    key=browser.key, auth=browser.auth, house_key=public_key(KEY), created_at=ctx.now,
                )
            )  # fmt: skip
        return browser, session

    def left(self):
        with work(self.house, writes=False) as ctx:
            return len(ctx.db.scalars(select(PushSubscription.id)).all())


@pytest.fixture
def phones(house, granvik, tmp_path, monkeypatch):
    with push_service(tmp_path, monkeypatch) as service:
        made = Phones(house, granvik, service)
        made.wanted_by("amina")
        yield made


def test_a_notice_reaches_the_browser_of_whoever_it_is_for_and_no_other_can_read_it(granvik, phones):
    amina, _session = phones.turned_on_by("amina")
    phones.turned_on_by("farid", "2")
    assign(granvik, "amina")
    work_off(phones.house)
    assert outcomes(granvik) == [("push", "sent", None)]
    ((headers, body),) = phones.service.sent
    shown = json.loads(amina.opened(body))
    assert shown == {
        "title": "Kunnig",
        "body": "Du har fått en kurs.",
        "url": "/messages",
        "tag": headers["Topic"],
    }
    for word in (b"Amina", b"Dokumentation", b"kurs", b"Granvik", b"amina"):
        assert word not in body
    key, claims = verified(headers["Authorization"])
    assert key == public_key(KEY)
    assert (claims["aud"], claims["sub"]) == (
        phones.service.address.removesuffix("/send"),
        "https://kunnig.example",
    )
    assert 0 < claims["exp"] - datetime.now(UTC).timestamp() <= 12 * 3600
    assert (headers["Content-Encoding"], headers["TTL"], len(headers["Topic"])) == ("aes128gcm", "86400", 32)


def test_it_is_in_the_language_of_its_reader(granvik, phones):
    amina, _session = phones.turned_on_by("amina")
    with granvik.work("amina") as ctx:
        set_language(ctx, "fi")
    assign(granvik, "amina")
    work_off(phones.house)
    assert json.loads(amina.opened(phones.service.sent[0][1]))["body"] == "Olet saanut kurssin."


@pytest.mark.parametrize("answer", [404, 410])
def test_what_the_service_knows_no_more_is_forgotten_and_the_message_goes_by_mail(granvik, phones, answer):
    phones.turned_on_by("amina")
    phones.service.answers = [answer]
    assign(granvik, "amina")
    work_off(phones.house)
    assert phones.left() == 0
    assert outcomes(granvik) == [("email", "sent", None)]


def test_one_browser_that_is_gone_takes_nothing_from_the_other(granvik, phones):
    phones.turned_on_by("amina", "1")
    second, _session = phones.turned_on_by("amina", "2")
    phones.service.answers = [410, 201]
    assign(granvik, "amina")
    work_off(phones.house)
    assert outcomes(granvik) == [("push", "sent", None)]
    assert phones.left() == 1
    assert second.opened(phones.service.sent[1][1])


@pytest.mark.parametrize("answer", [429, 500, 403, 302])
def test_a_service_that_does_not_take_it_now_is_asked_again_without_alarm_and_then_it_goes_by_mail(
    granvik, phones, answer
):
    phones.turned_on_by("amina")
    phones.service.answers = [answer] * 10
    assign(granvik, "amina")
    work_off(phones.house)
    assert outcomes(granvik) == [("push", "waiting", None)]
    with granvik.inside(writes=True) as ctx:
        waiting = ctx.db.scalars(select(OutboxTask).where(OutboxTask.done_at.is_(None))).one()
        assert (waiting.outcome, waiting.reason) == ("failed", f"{OF_ONE_BROWSER} {answer}")
        waiting.attempts = 9
    with work(phones.house, writes=False) as ctx:
        assert sending(ctx.db, ctx.now).trouble == ""
    with granvik.inside(writes=True) as ctx:
        ctx.db.execute(update(OutboxTask).where(OutboxTask.done_at.is_(None)).values(attempts=3))
    work_once(phones.house, datetime.now(UTC) + LATER)
    assert outcomes(granvik) == [("push", "waiting", None)]
    work_once(phones.house, datetime.now(UTC) + LATER)
    assert outcomes(granvik) == [("email", "sent", None)]
    assert phones.left() == 1
    assert len({body[:16] for _headers, body in phones.service.sent}) == len(phones.service.sent) == 3
    assert len({headers["Topic"] for headers, _body in phones.service.sent}) == 1


def test_the_reason_kept_in_the_outbox_is_the_one_left_out_of_alarms():
    assert PushUnavailable.__name__ == OF_ONE_BROWSER


def test_signed_out_nothing_comes_any_more(granvik, phones):
    _browser, session = phones.turned_on_by("amina")
    with granvik.work("amina") as ctx:
        end_session(ctx, session)
    assign(granvik, "amina")
    work_off(phones.house)
    assert phones.service.sent == []
    assert outcomes(granvik) == [("email", "sent", None)]


def test_what_is_said_at_one_employer_does_not_reach_a_browser_signed_in_at_another(
    granvik, fjordvik, phones
):
    _browser, session = phones.turned_on_by("amina")
    with granvik.inside(writes=True) as ctx:
        ctx.db.execute(
            update(UserSession).where(UserSession.id == session).values(employer_id=fjordvik.employer_id)
        )
    assign(granvik, "amina")
    work_off(phones.house)
    assert phones.service.sent == []
    assert outcomes(granvik) == [("email", "sent", None)]


def test_with_another_key_of_the_house_it_goes_by_mail(granvik, phones):
    phones.turned_on_by("amina")
    phones.house = with_settings(phones.house, push_key=SecretStr(new_key()))
    assign(granvik, "amina")
    work_off(phones.house)
    assert phones.service.sent == []
    assert outcomes(granvik) == [("email", "sent", None)]


@pytest.mark.parametrize(
    "address", ["https://127.0.0.1:1/x", "https://localhost/x", "https://push.example.org/x"]
)
def test_nothing_within_is_asked_whatever_a_name_leads_to(house, granvik, tmp_path, monkeypatch, address):
    with push_service(tmp_path, monkeypatch, is_public=False) as service:
        phones = Phones(house, granvik, service)
        phones.wanted_by("amina")
        phones.turned_on_by("amina", address=address)
        assign(granvik, "amina")
        work_off(phones.house)
        assert service.sent == []
    assert phones.left() == 0
    assert outcomes(granvik) == [("email", "sent", None)]


def test_whoever_is_not_the_host_it_says_is_sent_nothing(house, granvik, tmp_path, monkeypatch):
    with push_service(tmp_path, monkeypatch, named="other.example.org") as service:
        phones = Phones(house, granvik, service)
        phones.wanted_by("amina")
        phones.turned_on_by("amina")
        assign(granvik, "amina")
        work_off(phones.house)
        assert service.sent == []
    assert outcomes(granvik) == [("push", "waiting", None)]


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("142.250.74.106", True),
        ("2a00:1450:400f:80c::200a", True),
        ("10.0.0.1", False),
        ("127.0.0.1", False),
        ("169.254.169.254", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),  # noqa: S104  (nothing is bound to it)
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("::", False),
        ("::1", False),
        ("fe80::1%eth0", False),
        ("fd00::1", False),
        ("ff02::1", False),
        ("::ffff:10.0.0.1", False),
        ("::ffff:169.254.169.254", False),
        ("2002:7f00:1::1", False),
        ("64:ff9b::a00:1", False),
        ("2001:0:5ef5:79fd:0:0:f5ff:fffe", False),
    ],
)
def test_which_addresses_are_of_the_internet(address, public):
    assert is_public(address) is public


def test_nobody_is_sent_a_notice_who_has_not_chosen_it(granvik, phones):
    phones.turned_on_by("farid")
    assign(granvik, "farid")
    work_off(phones.house)
    assert phones.service.sent == []
    with granvik.inside() as ctx:
        assert ctx.db.scalars(select(Message.channel)).all() == ["email"]
