"""Write a mail from its templates and hand it to the SMTP server, or to a folder where none is set."""

import hashlib
import os
import re
import smtplib
import ssl
import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from pathlib import Path
from urllib.parse import unquote, urlsplit

from jinja2 import Environment

from lms.base.settings import Settings

PATIENCE = 30  # seconds to wait for the server


def stable_message_id(settings: Settings, kind: str, key: str) -> str:
    """Message-ID of the mail about one thing: the same on every try, so that a mail sent twice is one."""
    host = urlsplit(settings.public_url).hostname or "localhost"
    return f"<{kind}.{hashlib.sha256(key.encode()).hexdigest()[:32]}@{host}>"


def compose(
    settings: Settings,
    env: Environment,
    *,
    kind: str,
    to: str,
    message_id: str,
    values: Mapping[str, object],
) -> EmailMessage:
    """A mail in the language of the template environment, from `email/<kind>.txt` and `email/<kind>.html`.

    The first line of the text template is the subject, the text follows after an empty line.
    """
    subject, text = env.get_template(f"email/{kind}.txt").render(values).strip().split("\n", 1)
    message = EmailMessage(policy=SMTP)
    message["From"] = settings.mail_from
    message["To"] = _wire_address(to)
    message["Subject"] = subject.strip()
    message["Date"] = format_datetime(datetime.now(UTC))
    message["Message-ID"] = message_id
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no answer from an absent colleague's program
    message.set_content(text.strip() + "\n")
    message.add_alternative(env.get_template(f"email/{kind}.html").render(values), subtype="html")
    message["Content-Language"] = str(
        env.globals["locale"]
    )  # last: the parts take over content headers set before
    return message


def _wire_address(address: str) -> str:
    name, _at, domain = address.rpartition("@")
    return f"{name}@{domain.encode('idna').decode()}"


class MailboxUnavailable(smtplib.SMTPResponseException):
    """The server takes nothing for this mailbox now, as when it is full; it says nothing of other mail."""


def send(settings: Settings, message: EmailMessage) -> bool:
    """Hand a mail over; on return the server (or the disk) has it, or (False) refuses its recipient for good.

    Raises OSError or smtplib.SMTPException: then try again later, with the same Message-ID. Of those,
    MailboxUnavailable is about its recipient alone.
    """
    if not settings.mail:
        _write(settings.mail_folder, message)
        return True
    with connect(settings.mail) as server:
        try:
            server.send_message(message)
        except smtplib.SMTPRecipientsRefused as error:
            ((code, words),) = error.recipients.values()  # a mail has one recipient
            if _is_final(code, words):
                return False
            if _is_of_mailbox(code, words):
                raise MailboxUnavailable(code, "") from error
            raise
        except smtplib.SMTPDataError as error:  # some say so only when they have the whole mail
            words = error.smtp_error if isinstance(error.smtp_error, bytes) else error.smtp_error.encode()
            if not _is_of_mailbox(error.smtp_code, words):
                raise
            if _is_final(error.smtp_code, words):
                return False
            raise MailboxUnavailable(error.smtp_code, "") from error
    return True


def _is_of_mailbox(code: int, words: bytes) -> bool:
    """Whether an answer is about the address or its mailbox (X.1.X and X.2.X of RFC 3463; RFC 5321, 4.2.2)."""
    if said := re.match(rb"[245]\.(\d{1,3})\.\d", words):
        return said[1] in {b"1", b"2"} and not _OF_SENDER.match(words)
    return code in {450, 552}


_OF_SENDER = re.compile(rb"[245]\.1\.[78]\b")  # our own address is bad, or of a system that takes no mail


def _is_final(code: int, words: bytes) -> bool:
    """Whether an answer says that there is no such recipient, now or later (RFC 5321, 4.2.1).

    Not if it is us who may not send (530, and X.7.X, X.1.7 and X.1.8 of RFC 3463): whoever runs the program can mend
    that.
    """
    is_ours = code == 530 or words.startswith(b"5.7.") or _OF_SENDER.match(words)
    return 500 <= code < 600 and not is_ours


def connect(address: str) -> smtplib.SMTP:
    """Greet a mail server, encrypted and signed in where its address says so.

    Raises OSError or smtplib.SMTPException.
    """
    parts = urlsplit(address)
    host, secure = str(parts.hostname), ssl.create_default_context()
    if parts.scheme == "smtps":
        server: smtplib.SMTP = smtplib.SMTP_SSL(host, parts.port or 465, timeout=PATIENCE, context=secure)
    else:
        server = smtplib.SMTP(host, parts.port or 25, timeout=PATIENCE)
        server.ehlo()
        if server.has_extn("starttls"):
            server.starttls(context=secure)
            server.ehlo()
        elif parts.username:
            server.close()
            raise smtplib.SMTPNotSupportedError(f"{host} offers no encryption; the password stays here")
    if parts.username:
        server.login(unquote(parts.username), unquote(parts.password or ""))
    return server


def _write(folder: Path, message: EmailMessage) -> None:
    """One file per Message-ID, whole or not there."""
    folder.mkdir(parents=True, exist_ok=True)
    name = hashlib.sha256(message["Message-ID"].encode()).hexdigest()[:32]
    handle, temporary = tempfile.mkstemp(dir=folder)
    with os.fdopen(handle, "wb") as file:
        file.write(message.as_bytes())
    Path(temporary).replace(folder / f"{name}.eml")
