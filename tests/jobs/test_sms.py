"""Texts on the phone: by a real gateway, short, with nothing that others may not see; failure and retry as of mail."""

import socket
import threading
import time
from datetime import UTC, datetime, timedelta
from http.client import HTTPException

import pytest
from pydantic import SecretStr
from sqlalchemy import delete, select, update

from lms.base.context import work
from lms.base.i18n import LANGUAGES, make_environments
from lms.base.outbox import OutboxTask, sending
from lms.identity.models import Identifier
from lms.jobs import outgoing, sms
from lms.jobs.worker import work_off
from lms.messages.actions import announce
from lms.messages.log import KINDS
from lms.messages.models import Message, MessageChoice
from lms.messages.queries import Choice
from lms.messages.settings import choose
from tests.jobs.gateway import gateway, with_settings
from tests.learning.taking import assign

NUMBER = "+46701740612"
GSM = set(  # what a text may hold and stay one of 160 characters (3GPP TS 23.038)
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
LATER = timedelta(days=1)


@pytest.fixture
def there(house, granvik):
    """A house with a gateway, where Amina has a number and wants to be told on it, at any hour."""
    with gateway() as made:
        made.house = with_settings(
            house,
            sms=made.address,
            sms_key=SecretStr("open sesame"),
            sms_from="Granvik",
            public_url="https://k.example",
        )
        with granvik.work("amina") as ctx:
            ctx.house = made.house
            ctx.db.add(
                Identifier(account_id=ctx.who.account_id, kind="phone", value=NUMBER, created_at=ctx.now)
            )
            ctx.db.flush()
            choose(ctx, Choice("sms"))
        yield made


def outcomes(town):
    with town.inside() as ctx:
        rows = ctx.db.scalars(
            select(Message).where(Message.employer_id == ctx.employer_id).order_by(Message.id)
        )
        return [(row.channel, row.outcome, row.reason) for row in rows]


def run_late(there):
    work_off(there.house, ahead=LATER)


def test_a_text_goes_to_the_number_with_a_line_and_a_link_and_no_more(granvik, there):
    assign(granvik, "amina", "farid")
    work_off(there.house)
    assert sorted(outcomes(granvik)) == [("email", "sent", None), ("sms", "sent", None)]
    ((headers, _body),) = there.sent
    (text,) = there.texts
    assert headers["Authorization"] == "Bearer open sesame"
    assert headers["Content-Type"] == "application/json; charset=utf-8"
    with granvik.inside() as ctx:
        ids = ctx.db.scalars(select(Message.message_id).where(Message.channel == "sms")).all()
    assert text == {
        "id": ids[0],
        "from": "Granvik",
        "to": NUMBER,
        "text": "Kunnig: Du har fått en kurs. https://k.example/messages",
    }


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", KINDS)
def test_every_text_is_one_sms(house, language, kind):
    there = with_settings(house, public_url="https://kunnig.en-kommun-med-langt-namn.example.se")
    text = sms.compose(there.settings, make_environments()[language], kind)
    assert len(text) <= 160
    assert set(text) <= GSM
    assert text.endswith("/messages")


@pytest.mark.parametrize("answer", [500, 503, 429, 401, 302, 404])
def test_what_the_gateway_does_not_take_is_tried_again_with_the_same_id(granvik, there, answer):
    there.answers = [answer]
    assign(granvik, "amina")
    work_off(there.house)
    assert outcomes(granvik) == [("sms", "waiting", None)]
    with granvik.inside() as ctx:
        waiting = ctx.db.scalars(select(OutboxTask).where(OutboxTask.done_at.is_(None))).one()
        assert (waiting.outcome, waiting.reason) == ("failed", f"SmsNotTaken {answer}")
    run_late(there)
    assert outcomes(granvik) == [("sms", "sent", None)]
    assert len(there.texts) == 2  # a redirect was not followed
    assert there.texts[0] == there.texts[1]


def test_a_gateway_that_is_away_is_tried_again_and_told_of(granvik, there):
    address = there.address
    away = with_settings(there.house, sms="http://127.0.0.1:9/send")
    assign(granvik, "amina")
    work_off(away)
    assert outcomes(granvik) == [("sms", "waiting", None)]
    with granvik.inside(writes=True) as ctx:
        ctx.db.execute(update(OutboxTask).where(OutboxTask.done_at.is_(None)).values(attempts=9))
    with work(away, writes=False) as ctx:
        found = sending(ctx.db, datetime.now(UTC) + LATER)
    assert (found.trouble, found.reason) == ("failing", "ConnectionRefusedError 111")
    assert there.address == address
    run_late(there)
    assert outcomes(granvik) == [("sms", "sent", None)]


def test_a_number_that_takes_no_text_is_given_up_and_it_stays_in_the_list(granvik, there):
    there.answers = [422]
    assign(granvik, "amina")
    run_late(there)
    assert outcomes(granvik) == [("sms", "not_sent", "refused")]
    assert len(there.sent) == 1


@pytest.mark.parametrize("gone", ["number", "gateway"])
def test_without_number_or_gateway_it_goes_by_mail(granvik, there, gone):
    if gone == "number":
        with granvik.inside(writes=True) as ctx:
            ctx.db.execute(
                delete(Identifier).where(
                    Identifier.account_id == granvik.actor("amina").account_id, Identifier.kind == "phone"
                )
            )
    else:
        there.house = with_settings(there.house, sms="")
    assign(granvik, "amina")
    work_off(there.house)
    assert outcomes(granvik) == [("email", "sent", None)]
    assert there.sent == []


def test_what_is_about_signing_in_goes_by_mail_all_the_same(granvik, there):
    with granvik.inside(writes=True) as ctx:
        for kind in ("test", "second_factor_required"):
            announce(ctx, kind, 1, [granvik.actor("amina").person_id])
    work_off(there.house)
    assert {channel for channel, _outcome, _reason in outcomes(granvik)} == {"email"}


def test_nobody_but_whoever_chose_it_gets_a_text(granvik, there):
    assign(granvik, "farid")
    with granvik.inside() as ctx:
        assert ctx.db.scalars(select(MessageChoice.person_id)).all() == [granvik.actor("amina").person_id]
    work_off(there.house)
    assert there.sent == []


def test_a_server_that_answers_a_byte_now_and_then_is_left_in_time(monkeypatch):
    monkeypatch.setattr(outgoing, "PATIENCE", 1)
    with socket.create_server(("127.0.0.1", 0)) as server:

        def drip():
            there, _address = server.accept()
            with there:
                there.sendall(b"HTTP/1.1 200 OK\r\n")
                for _second in range(40):
                    time.sleep(0.2)
                    try:
                        there.sendall(b"X: y\r\n")
                    except OSError:
                        return

        threading.Thread(target=drip, daemon=True).start()
        began = time.monotonic()
        with pytest.raises((OSError, HTTPException)):
            outgoing.post(f"http://127.0.0.1:{server.getsockname()[1]}/", b"", {})
        assert time.monotonic() - began < 4
