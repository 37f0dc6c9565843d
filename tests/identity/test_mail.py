"""The sign-in mail: what stands in it, and that a real SMTP server gets it, the same each time."""

import socket
from email import message_from_bytes, policy
from smtplib import SMTPException

import pytest
from aiosmtpd.controller import Controller
from sqlalchemy import select

from lms.base.context import House, work
from lms.base.outbox import OutboxTask
from lms.identity.models import Account, LinkToken
from lms.identity.ways_in import request_sign_in, sign_in_with_link
from lms.jobs.mail import send
from lms.jobs.sign_in import send_sign_in_mail
from tests.identity.people import letters

AMINA = "amina.yusuf@granvik.example"


class Inbox:
    """Keeps what an SMTP server was handed."""

    def __init__(self):
        self.envelopes = []

    async def handle_DATA(self, _server, _session, envelope):  # noqa: N802  (the name aiosmtpd calls)
        self.envelopes.append(envelope)
        return "250 OK"

    @property
    def messages(self):
        return [message_from_bytes(envelope.content, policy=policy.default) for envelope in self.envelopes]


@pytest.fixture
def inbox():
    """A real SMTP server on this machine; `address` is the setting that names it."""
    box = Inbox()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    box.address = f"smtp://127.0.0.1:{port}"
    yield box
    controller.stop()


def with_mail(house, address):
    return House(house.settings.model_copy(update={"mail": address}), house.engine, house.files)


def ask(house):
    with work(house) as ctx:
        request_sign_in(ctx, AMINA)
        ctx.db.flush()
        return ctx.db.scalars(select(OutboxTask).where(OutboxTask.kind == "send_sign_in_mail")).one().ids


def test_a_server_receives_the_mail_and_a_second_time_the_same_one(house, inbox):
    ids = ask(house)
    (letter,) = letters(house)
    for _ in range(2):
        assert send_sign_in_mail(with_mail(house, inbox.address), None, ids) == "sent"
    first, second = inbox.messages
    assert inbox.envelopes[0].rcpt_tos == [AMINA]
    assert first["To"] == AMINA
    assert first["Auto-Submitted"] == "auto-generated"
    assert first["Message-ID"] == second["Message-ID"]
    assert first["Content-Language"] == "sv"
    assert [part.get_content_type() for part in first.iter_parts()] == ["text/plain", "text/html"]
    link = f"http://127.0.0.1:8000/sign-in/link/{letter.token}"
    for part in first.iter_parts():
        assert link in part.get_content()
        assert letter.code in part.get_content()
    assert first.get_body(("plain",)).get_content() == second.get_body(("plain",)).get_content()


def test_two_requests_are_two_mails(house, inbox):
    ids = [ask(house)]
    with work(house) as ctx:
        request_sign_in(ctx, AMINA)
        newest = ctx.db.scalars(select(LinkToken).order_by(LinkToken.id.desc())).first()
        ids.append({"link_token_id": newest.id, "account_id": newest.account_id})
    for each in ids:
        send_sign_in_mail(with_mail(house, inbox.address), None, each)
    first, second = inbox.messages
    assert first["Message-ID"] != second["Message-ID"]


@pytest.mark.parametrize("language", ["sv", "nb", "en"])
def test_the_mail_is_in_the_readers_language_and_names_nobody(house, granvik, inbox, language):
    with work(house) as ctx:
        ctx.db.get_one(Account, granvik.actor("amina").account_id).language = language
    send_sign_in_mail(with_mail(house, inbox.address), None, ask(house))
    (mail,) = inbox.messages
    assert mail["Content-Language"] == language
    assert f'lang="{language}"' in mail.get_body(("html",)).get_content()
    assert mail["Subject"]
    for part in mail.iter_parts():
        assert "Amina" not in part.get_content()


def test_nothing_is_sent_once_the_link_is_used(house, inbox):
    ids = ask(house)
    (letter,) = letters(house)
    with work(house) as ctx:
        sign_in_with_link(ctx, letter.token)
    assert send_sign_in_mail(with_mail(house, inbox.address), None, ids) == "not_sent"
    assert inbox.envelopes == []


def test_without_a_server_the_mail_lies_in_the_folder_once(house):
    ids = ask(house)
    for _ in range(2):
        send_sign_in_mail(house, None, ids)
    (file,) = house.settings.mail_folder.iterdir()
    assert file.suffix == ".eml"
    mail = message_from_bytes(file.read_bytes(), policy=policy.default)
    assert mail["To"] == AMINA
    assert "/sign-in/link/" in mail.get_body(("plain",)).get_content()


def test_an_address_with_a_nordic_domain_reaches_the_server(house, inbox):
    from lms.jobs.mail import compose  # noqa: PLC0415
    from lms.jobs.sign_in import _environments  # noqa: PLC0415

    settings = with_mail(house, inbox.address).settings
    mail = compose(
        settings,
        _environments()["sv"],
        kind="sign_in",
        to="asa@göteborg.example",
        message_id="<1@x>",
        values={"link": "x", "code": "1", "minutes": 20},
    )
    send(settings, mail)
    assert inbox.envelopes[0].rcpt_tos == ["asa@xn--gteborg-90a.example"]


def test_a_password_for_the_server_is_not_sent_in_clear(house, inbox):
    address = inbox.address.replace("smtp://", "smtp://user:secret@")
    with pytest.raises(SMTPException):
        send_sign_in_mail(with_mail(house, address), None, ask(house))
    assert inbox.envelopes == []


def test_a_server_that_is_away_is_an_error_to_be_tried_again(house):
    with pytest.raises(OSError):  # noqa: PT011  (whatever the system calls it)
        send_sign_in_mail(with_mail(house, "smtp://127.0.0.1:1"), None, ask(house))
