"""The pages of one's own messages: the list with what is new, where its lines lead, the choice of channel and hours."""

from datetime import time

import pytest
from pydantic import SecretStr
from sqlalchemy import select, update

from lms.identity.models import Identifier, UserSession
from lms.jobs.worker import work_off
from lms.messages.actions import announce
from lms.messages.log import KINDS
from lms.messages.models import Message, MessageChoice
from lms.messages.own_list import STILL_TRUE
from lms.messages.push_sealing import new_key, public_key
from tests.jobs.gateway import with_settings
from tests.learning.taking import assign, take
from tests.messages.browsers import TakingBrowser
from tests.web.staff_pages import counted
from tests.web.test_staff_home import meet

LIST, CHOICE = "/messages", "/me/messages"
FORM = {"channel": "list", "quiet_from": "22:00", "quiet_to": "06:30"}


def told(town, *names, kinds=KINDS):
    with town.inside(writes=True) as ctx:
        for about, kind in enumerate(kinds, 1):
            announce(ctx, kind, about, [town.actor(name).person_id for name in names])


def test_what_is_new_is_marked_until_the_list_was_opened(granvik, house, english):
    browser = english("amina")
    assert "No messages yet" in browser.get(LIST).text
    assert "some are new" not in browser.get("/todo").text
    assign(granvik, "amina")
    work_off(house)
    assert "some are new" in browser.get("/todo").text
    page = browser.get(LIST).text
    assert "You have been given a course." in page
    assert "New</span>" in page
    assert "New</span>" not in browser.get(LIST).text
    assert "some are new" not in browser.get("/todo").text


def test_nobody_finds_another_persons_messages(granvik, fjordvik, english, sign_in):
    told(granvik, "amina")
    for browser in (english("farid"), english("maria"), sign_in(fjordvik, "kari")):
        assert "row" not in browser.get(LIST).text.partition("<main")[2].partition("</main>")[0]
    assert "some are new" not in english("farid").get("/todo").text
    with granvik.inside() as ctx:
        assert not ctx.db.scalars(select(Message).where(Message.opened_at.is_not(None))).all()


def test_lines_lead_to_what_they_are_about(granvik, house, english):
    assign(granvik, "amina")
    take(granvik, "amina", right=12)
    meeting = meet(granvik, held=False)
    work_off(house)
    browser = english("amina")
    page = browser.get(LIST).text
    for href in ("/courses/documentation", "/certificates/", f"/meetings/{meeting}"):
        assert f'href="{href}' in page
    for href in {part.partition('"')[0] for part in page.partition("<main")[2].split('<a href="')[1:]}:
        assert browser.get(href).status_code == 200, href


@pytest.mark.parametrize("name", ["amina", "karin", "maria", "admin"])
def test_every_kind_has_its_line_and_no_line_leads_to_a_page_that_is_not_theirs(granvik, english, name):
    told(granvik, name)
    with granvik.inside(writes=True) as ctx:
        for message in ctx.db.scalars(select(Message)):
            message.outcome = "sent"
    browser = english(name)
    page = browser.get(LIST).text.partition("<main")[2].partition("</main>")[0]
    assert page.count("New</span>") == len(KINDS)
    for href in {part.partition('"')[0] for part in page.split('<a href="')[1:]}:
        assert browser.get(href).status_code == 200, href


@pytest.mark.parametrize(
    ("outcome", "reason", "there"),
    [
        ("waiting", None, True),
        ("sent", None, True),
        *(("not_sent", reason, True) for reason in STILL_TRUE),
        *(
            ("not_sent", reason, False)
            for reason in ("withdrawn", "done", "newer", "not_employed", "course_ended")
        ),
    ],
)
def test_what_holds_no_more_is_not_in_the_list(granvik, english, outcome, reason, there):
    told(granvik, "amina", kinds=["passed"])
    with granvik.inside(writes=True) as ctx:
        message = ctx.db.scalars(select(Message)).one()
        message.outcome, message.reason = outcome, reason
    browser = english("amina")
    assert ("some are new" in browser.get("/me").text) is there
    assert ("You have a new certificate." in browser.get(LIST).text) is there


def test_the_list_takes_at_most_six_statements_however_long_it_is(granvik, house, english):
    assign(granvik, "amina")
    take(granvik, "amina", right=12)
    meet(granvik, held=False)
    work_off(house)
    browser = english("amina")
    with counted(house) as few:
        browser.get(LIST)
    for _again in range(7):
        told(granvik, "amina")
        meet(granvik, held=False)
    work_off(house)
    with counted(house) as many:
        assert browser.get(LIST).status_code == 200
    assert len(few) == len(many) <= 6, many


def test_a_long_list_comes_in_pages(granvik, english):
    with granvik.inside(writes=True) as ctx:
        for about in range(1, 61):
            announce(ctx, "passed", about, [granvik.actor("amina").person_id])
    browser = english("amina")
    assert browser.get(LIST).text.count("You have a new certificate.") == 50
    second = browser.get(f"{LIST}?page=2").text
    assert second.count("You have a new certificate.") == second.count("New</span>") == 10
    assert browser.get(f"{LIST}?page=3").status_code == 404


def test_a_choice_is_kept_and_shown(granvik, english):
    browser = english("amina")
    page = browser.get(CHOICE).text
    assert 'value="email" checked' in page
    assert 'value="21:00"' in page
    assert "by SMS" not in page
    assert browser.post(CHOICE, data=FORM).status_code == 303
    page = browser.get(CHOICE).text
    assert 'value="list" checked' in page
    assert 'value="22:00"' in page
    with granvik.inside() as ctx:
        row = ctx.db.scalars(select(MessageChoice)).one()
        assert (row.person_id, row.channel) == (granvik.actor("amina").person_id, "list")
        assert (row.quiet_from, row.quiet_to) == (time(22), time(6, 30))
    assert 'value="email" checked' in english("farid").get(CHOICE).text


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("channel", "pigeon", "Choose one of these."),
        ("channel", "", "Choose one of these."),
        ("quiet_from", "", "Write something here."),
        ("quiet_to", "late", "This cannot be read."),
    ],
)
def test_what_cannot_be_chosen_is_said_at_its_field(granvik, english, field, value, words):
    answer = english("amina").post(CHOICE, data=FORM | {field: value})
    assert answer.status_code == 422
    assert words in answer.text
    with granvik.inside() as ctx:
        assert ctx.db.scalars(select(MessageChoice)).all() == []


def with_gateway(app, house):
    """Let the pages be those of a house with an SMS gateway."""
    app.extensions["kunnig"] = with_settings(house, sms="https://sms.example/send")


def test_sms_can_be_chosen_where_there_is_a_gateway_and_with_a_number(app, house, granvik, english):
    browser = english("amina")
    form = FORM | {"channel": "sms"}
    assert "By SMS" not in browser.get(CHOICE).text
    assert browser.post(CHOICE, data=form).status_code == 422
    with_gateway(app, house)
    page = browser.get(CHOICE).text
    assert "By SMS" in page
    assert 'href="/me/phone"' in page
    refused = browser.post(CHOICE, data=form)
    assert refused.status_code == 422
    assert "Add a phone number first, below." in refused.text
    with granvik.work("amina") as ctx:
        ctx.db.add(
            Identifier(account_id=ctx.who.account_id, kind="phone", value="+46701740612", created_at=ctx.now)
        )
    assert browser.post(CHOICE, data=form).status_code == 303
    page = browser.get(CHOICE).text
    assert 'value="sms" checked' in page
    assert "+46701740612" in page
    assert 'href="/me/phone"' not in page


PUSH = f"{CHOICE}/push"


def subscription(endpoint="https://push.example.org/1"):
    browser = TakingBrowser()
    return {"endpoint": endpoint, "key": browser.key, "auth": browser.auth}


def test_without_a_key_of_the_house_there_are_no_notices(granvik, english):
    browser = english("amina")
    page = browser.get(CHOICE).text
    assert "notice on the phone" not in page
    assert "push.js" not in page
    assert browser.post(PUSH, data=subscription()).status_code == 404
    assert browser.post(CHOICE, data=FORM | {"channel": "push"}).status_code == 422


def test_notices_are_turned_on_and_off_in_the_browser_at_hand(app, house, granvik, english):
    key = new_key()
    app.extensions["kunnig"] = with_settings(house, push_key=SecretStr(key))
    browser = english("amina")
    page = browser.get(CHOICE).text
    assert "You are not remembered on this device." in page
    assert browser.post(PUSH, data=subscription()).status_code == 404
    with granvik.inside(writes=True) as ctx:
        mine = UserSession.account_id == granvik.actor("amina").account_id
        ctx.db.execute(update(UserSession).where(mine).values(remembered=True))
    page = browser.get(CHOICE).text
    assert f'data-push="{public_key(key)}"' in page
    assert "push.js" in page
    refused = browser.post(PUSH, data=subscription("https://10.0.0.1/x"))
    assert refused.status_code == 422
    assert "an address we cannot send to" in refused.text
    assert browser.post(PUSH, data=subscription()).status_code == 303
    assert "They are turned on here" in browser.get(CHOICE).text
    assert browser.post(CHOICE, data=FORM | {"channel": "push"}).status_code == 303
    assert 'value="push" checked' in browser.get(CHOICE).text
    assert "They are turned on here" not in english("amina").get(CHOICE).text  # another device
    assert browser.post(f"{PUSH}/off").status_code == 303
    assert "They are turned on here" not in browser.get(CHOICE).text


def test_the_page_of_the_choice_takes_at_most_six_statements(app, house, english):
    app.extensions["kunnig"] = with_settings(
        house, push_key=SecretStr(new_key()), sms="https://sms.example/send"
    )
    browser = english("karin")
    browser.get(CHOICE)
    with counted(house) as sent:
        assert browser.get(CHOICE).status_code == 200
    assert len(sent) <= 6, sent
