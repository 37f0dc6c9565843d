"""The own page: how one signs in, and where one is signed in."""

import re

import pytest
from sqlalchemy import select

from lms.base.audit import AuditEntry
from lms.base.context import work
from lms.identity import change_letters
from lms.identity.actions import start_session
from lms.identity.models import UserSession
from lms.identity.rules import LIMITS
from lms.jobs.worker import work_off
from tests.identity.people import give_password, letters
from tests.web.browser import AMINA, PASSWORD, is_signed_in, token_of

NEW = "amina@example.se"


@pytest.fixture
def amina(granvik, sign_in):
    """A browser of somebody with a password, who reads English."""
    give_password(granvik, "amina", PASSWORD)
    browser = sign_in(granvik, "amina")
    browser.post("/language", data={"to": "en"})
    return browser


@pytest.fixture
def proven(amina):
    """The same, who has shown again who it is."""
    assert amina.post("/me/prove", data={"password": PASSWORD}).location == "/me"
    return amina


@pytest.fixture
def other(app, granvik):
    """Another device of the same person."""
    actor = granvik.actor("amina")
    token = start_session(
        granvik.house, account_id=actor.account_id, employer_id=actor.employer_id,
        user_agent="Mozilla/5.0 (iPhone) Version/17.5 Safari/604.1", remember=True,
    )  # fmt: skip
    browser = app.test_client()
    browser.set_cookie("kunnig", token)
    return browser


def mailed(house, kind):
    """Texts of the mails the worker has written, of those with this in their subject."""
    work_off(house)
    found = []
    for file in house.settings.mail_folder.glob("*.eml"):
        from email import message_from_bytes, policy  # noqa: PLC0415

        mail = message_from_bytes(file.read_bytes(), policy=policy.default)
        if kind in mail["Subject"]:
            found.append((mail["To"], mail.get_body(("plain",)).get_content()))
    return found


def device_ids(house):
    with work(house, writes=False) as ctx:
        return list(ctx.db.scalars(select(UserSession.public_id).order_by(UserSession.id)))


def test_the_page_says_how_and_where_one_is_signed_in(amina, other):
    page = amina.get("/me").text
    for words in (
        AMINA,
        "1001, at Granviks kommun",
        "Safari, iPhone",
        "This device",
        "Sign out everywhere else",
    ):
        assert words in page
    assert page.count('/sign-out"') == 2  # of the other device, and of this one


def test_one_device_is_signed_out_at_once(amina, other, house, granvik):
    assert is_signed_in(other)
    mine, others = device_ids(house)
    assert amina.post(f"/me/devices/{others}/sign-out").location == "/me?saved=device"
    assert not is_signed_in(other)
    assert is_signed_in(amina)
    assert amina.post(f"/me/devices/{others}/sign-out").status_code == 404
    assert "Sign out everywhere else" not in amina.get("/me").text
    with granvik.inside() as ctx:
        entry = ctx.db.scalars(select(AuditEntry).where(AuditEntry.action == "session.ended")).one()
        ended = ctx.db.scalars(select(UserSession).where(UserSession.public_id == others)).one()
    assert (entry.object_kind, entry.facts["ended"]) == ("session", ended.id)
    amina.post(f"/me/devices/{mine}/sign-out")
    assert not is_signed_in(amina)


def test_everywhere_else_is_signed_out_at_once(app, amina, other, house, sign_in, granvik):
    farid = sign_in(granvik, "farid")
    assert amina.post("/me/devices/sign-out-others").location == "/me?saved=devices"
    assert not is_signed_in(other)
    assert is_signed_in(amina)
    assert is_signed_in(farid)


@pytest.mark.parametrize("path", ["/me/email", "/me/phone"])
def test_who_it_is_must_be_shown_first(amina, path):
    asked = amina.get(path)
    assert asked.location == f"/me/prove?next={path}"
    assert amina.post(path, data={"email": NEW, "phone": "070"}).location == f"/me/prove?next={path}"
    page = amina.get(asked.location).text
    assert f'name="next" value="{path}"' in page
    wrong = amina.post("/me/prove", data={"password": "x", "next": path})
    assert wrong.status_code == 422
    assert "The password is wrong." in wrong.text
    assert amina.post("/me/prove", data={"password": PASSWORD, "next": path}).location == path
    assert amina.get(path).status_code == 200


def test_by_a_mailed_code(amina, house):
    sent = amina.post("/me/prove", data={"send": "yes", "next": "/me/phone"})
    assert sent.location == "/me/prove?next=/me/phone&sent=1"
    assert 'name="code"' in amina.get(sent.location).text
    ((to, text),) = mailed(house, "Show that it is you")
    code = letters(house)[-1].code
    assert to == AMINA
    assert code in text
    assert amina.post("/me/prove", data={"code": "12"}).status_code == 422
    assert amina.post("/me/prove", data={"code": code, "next": "/me/phone"}).location == "/me/phone"
    assert amina.post("/me/prove", data={"code": code, "next": "//evil.example"}).status_code == 422


def test_nobody_is_sent_elsewhere_after_the_proof(amina):
    assert amina.post("/me/prove", data={"password": PASSWORD, "next": "//evil.example"}).location == "/me"


@pytest.mark.parametrize(
    ("form", "kind"), [({"password": "x"}, "password"), ({"code": "1"}, "code"), ({"send": "yes"}, "sign_in")]
)
def test_proofs_are_limited(amina, form, kind):
    for _ in range(LIMITS[kind].by_name):
        assert amina.post("/me/prove", data=form).status_code in {303, 422}
    waiting = amina.post("/me/prove", data=form | {"password": PASSWORD})
    assert waiting.status_code == 429
    assert 0 < int(waiting.headers["Retry-After"]) <= 900
    assert "Your manager can help you." in waiting.text


def test_an_address_is_changed_with_the_code_mailed_to_it_and_taken_back_by_the_old_one(app, proven, house):
    assert proven.post("/me/email", data={"email": "amina"}).status_code == 422
    assert proven.post("/me/email", data={"email": NEW}).location == "/me/email/code"
    assert AMINA in proven.get("/me").text
    assert NEW in proven.get("/me/email/code").text
    ((to, text),) = mailed(house, "Confirm your e-mail address")
    code = re.search(r"\b\d{6}\b", text)[0]
    assert to == NEW
    assert proven.post("/me/email/code", data={"code": "1"}).status_code == 422
    assert proven.post("/me/email/code", data={"code": code}).location == "/me?saved=email"
    assert "Your e-mail address is changed." in proven.get("/me?saved=email").text
    assert "No change is waiting" in proven.get("/me/email/code").text
    ((told, notice),) = mailed(house, "A change of how you sign in")
    assert told == AMINA
    assert NEW in notice
    link = re.search(r"/sign-in/stop/\S+", notice)[0]
    owner = app.test_client()
    assert owner.get(link).status_code == 200
    assert is_signed_in(proven)  # looking does nothing
    assert owner.post(link).status_code == 200
    assert not is_signed_in(proven)
    for again in (owner.get, owner.post):
        assert again(link).status_code == 410
    assert owner.post("/sign-in/password", data={"name": AMINA, "password": PASSWORD}).status_code == 422
    owner.post("/sign-in", data={"email": AMINA})
    assert owner.post(f"/sign-in/link/{letters(house)[-1].token}").location == "/todo"


def test_changes_are_limited_for_they_write_to_strangers(proven):
    for number in range(LIMITS["change"].by_name):
        assert proven.post("/me/email", data={"email": f"x{number}@example.se"}).status_code == 303
    assert proven.post("/me/email", data={"email": NEW}).status_code == 429
    assert proven.post("/me/phone", data={"phone": "070-174 06 12"}).status_code == 429


def test_a_phone_number_says_honestly_that_nobody_checks_it(proven, house):
    page = proven.get("/me/phone").text
    assert "Nobody checks that the number is yours." in page
    assert AMINA in page
    assert proven.post("/me/phone", data={"phone": "12"}).status_code == 422
    assert proven.post("/me/phone", data={"phone": "070-174 06 12"}).location == "/me?saved=phone"
    assert "+46701740612" in proven.get("/me").text
    ((to, text),) = mailed(house, "A change of how you sign in")
    assert to == AMINA
    assert "+46701740612" in text
    assert proven.post("/me/phone", data={"phone": ""}).location == "/me?saved=phone"
    assert "+46701740612" not in proven.get("/me").text


def test_a_password_is_changed_and_the_other_devices_are_signed_out(app, amina, other, house):
    old = token_of(amina)
    assert amina.get("/me/password").status_code == 200
    wrong = amina.post("/me/password", data={"old_password": "x", "password": "amina yusuf"})
    assert wrong.status_code == 422
    assert wrong.text.count('aria-invalid="true"') == 2
    assert "amina yusuf" not in wrong.text
    changed = amina.post("/me/password", data={"old_password": PASSWORD, "password": "sol vind regn"})
    assert changed.location == "/me?saved=password"
    assert not is_signed_in(other)
    assert is_signed_in(amina)
    assert token_of(amina) != old
    stolen = app.test_client()
    stolen.set_cookie("kunnig", old)
    assert not is_signed_in(stolen)
    assert "has been changed" in mailed(house, "A change of how you sign in")[0][1]
    enter = {"name": AMINA, "password": "sol vind regn"}
    assert app.test_client().post("/sign-in/password", data=enter).status_code == 303


def test_a_forgotten_password_is_replaced_with_a_mailed_code(app, amina, other, house):
    assert "/me/password/forgotten" in amina.get("/me/password").text
    assert 'name="code"' not in amina.get("/me/password/forgotten").text
    sent = amina.post("/me/password/forgotten", data={"send": "yes"})
    assert 'name="code"' in amina.get(sent.location).text
    right = letters(house)[-1].code
    new = "sol vind regn"
    wrong = amina.post("/me/password/forgotten", data={"code": "000000", "password": new})
    assert "The code is wrong or too old." in wrong.text
    common = amina.post("/me/password/forgotten", data={"code": right, "password": "password123"})
    assert common.status_code == 422
    assert f'value="{right}"' in common.text  # is not used up by that
    assert is_signed_in(other)
    changed = amina.post("/me/password/forgotten", data={"code": right, "password": new})
    assert changed.location == "/me?saved=password"
    assert is_signed_in(amina)
    assert not is_signed_in(other)
    assert "has been changed" in mailed(house, "A change of how you sign in")[0][1]
    enter = {"name": AMINA, "password": new}
    assert app.test_client().post("/sign-in/password", data=enter).status_code == 303
    again = amina.post("/me/password/forgotten", data={"code": right, "password": "regn vind sol"})
    assert again.status_code == 422


def test_who_has_no_password_has_not_forgotten_it(sign_in, granvik):
    farid = sign_in(granvik, "farid")
    assert farid.get("/me/password/forgotten").location == "/me/password"


@pytest.mark.parametrize(("form", "kind"), [({"code": "1"}, "code"), ({"send": "yes"}, "sign_in")])
def test_codes_for_a_forgotten_password_are_limited(amina, form, kind):
    form |= {"password": "sol vind regn"}
    for _ in range(LIMITS[kind].by_name):
        assert amina.post("/me/password/forgotten", data=form).status_code in {303, 422}
    waiting = amina.post("/me/password/forgotten", data=form)
    assert waiting.status_code == 429
    assert int(waiting.headers["Retry-After"]) > 0


def test_a_remembered_device_stays_remembered(other, granvik):
    give_password(granvik, "amina", PASSWORD)
    changed = other.post("/me/password", data={"old_password": PASSWORD, "password": "sol vind regn"})
    assert "Max-Age" in changed.headers["Set-Cookie"]


def test_a_first_password_needs_the_mailed_code(sign_in, granvik, house):
    farid = sign_in(granvik, "farid")
    assert farid.get("/me/password").location == "/me/prove?next=/me/password"
    assert farid.post("/me/password", data={"password": PASSWORD}).location == "/me/prove?next=/me/password"
    farid.post("/me/prove", data={"send": "yes"})
    farid.post("/me/prove", data={"code": letters(house)[-1].code})
    assert farid.post("/me/password", data={"password": PASSWORD}).location == "/me?saved=password"


def test_mail_about_changes_is_in_the_readers_language_and_goes_once(house, granvik, proven):
    proven.post("/language", data={"to": "nb"})
    proven.post("/me/email", data={"email": NEW})
    assert len(mailed(house, "Bekreft e-postadressen din")) == 1
    assert len(mailed(house, "En endring av hvordan du logger inn")) == 1
    with work(house, writes=False) as ctx:
        assert change_letters.code_letter(ctx, 0) is None
        assert change_letters.notice_letter(ctx, 0) is None
