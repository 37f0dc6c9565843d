"""What people write cannot add a header or a recipient to a mail."""

from email import message_from_bytes, policy

import pytest

from lms.base.settings import read_settings
from lms.jobs.letters import environments
from lms.jobs.mail import compose

EVIL = "x\r\nBcc: everybody@evil.example\r\n\r\n<script>alert(1)</script>"


@pytest.fixture
def settings(tmp_path):
    return read_settings(mode="demo", secret_key="x" * 40, data=tmp_path)


def passed(settings, to="amina@granvik.example", course="x"):
    values = {"course": course, "given_name": course, "expires_on": None, "link": "/", "public_url": "x"}
    return compose(settings, environments()["en"], kind="passed", to=to, message_id="<a@b>", values=values)


def test_a_line_break_in_a_subject_ends_up_in_the_text(settings):
    sent = message_from_bytes(passed(settings, course=EVIL).as_bytes(), policy=policy.default)
    assert sent["Subject"] == "You passed: x"
    assert sent["Bcc"] is None
    assert "Bcc: everybody" in sent.get_body(("plain",)).get_content()
    assert "<script>" not in sent.get_body(("html",)).get_content()


@pytest.mark.parametrize(
    "to", ["a@b.example\r\nBcc: c@d.example", "a@b.example\nX: y", "a\r\nX: y@b.example"]
)
def test_a_line_break_in_an_address_is_refused(settings, to):
    with pytest.raises((ValueError, UnicodeError)):
        passed(settings, to=to)
