"""Pages of messages: the log with its filter and reach, settings, own words, test message, and the word on trouble."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from lms.base.access import Role
from lms.base.audit import AuditEntry
from lms.base.outbox import OutboxTask
from lms.identity.models import Identifier
from lms.jobs.worker import work_off
from lms.messages.actions import announce, mark_not_sent
from lms.messages.models import Message, MessageTerms, MessageWords
from lms.messages.queries import terms, wants_digest, words, words_read
from lms.messages.terms import Words
from lms.organisation import actions as organisation
from lms.organisation.models import Person, Unit
from tests.learning.taking import assign

LOG, SETTINGS = "/org/messages", "/settings/messages"
FORM = {
    "reminders": "1", "due_days": "21, 7", "overdue_every": "10", "overdue_most": "2", "expiry_days": "30",
    "escalations": "1", "lead_after": "10", "above_after": "20", "digest_weekday": "2", "quiet_from": "19:00",
    "quiet_to": "08:00", "weekends_off": "1",
}  # fmt: skip


def rows(page):
    """Lines of the log as plain text."""
    found = re.findall(r'<tr role="row">\s*<td.*?</tr>', page, re.DOTALL)
    return [re.sub(r"<[^>]*>|\s+", " ", row) for row in found]


def told(town, kind, *names):
    with town.inside(writes=True) as ctx:
        announce(ctx, kind, 1, [town.actor(name).person_id for name in names])


def let_be_officer_of(town, name, unit):
    """Give somebody the role of an officer over one unit only."""
    with town.inside(writes=True) as ctx:
        organisation.grant_role(
            ctx,
            person=ctx.open(Person, town.person(name).public_id),
            role=Role.OFFICER,
            unit=ctx.open(Unit, town.unit(unit).public_id),
            valid_from=ctx.today,
        )


def test_the_log_says_what_became_of_each_and_why(granvik, english):
    told(granvik, "reminder", "amina", "hodan")
    with granvik.inside(writes=True) as ctx:
        farid = granvik.actor("farid").person_id
        announce(ctx, "reminder", 1, [farid])
        message = ctx.db.scalars(select(Message.id).where(Message.person_id == farid)).one()
        mark_not_sent(ctx, message, "absent")
    page = english("maria").get(LOG).text
    assert len(rows(page)) == 3
    assert any("Rahimi, Farid" in row and "Not sent" in row and "is away" in row for row in rows(page))
    assert any("Yusuf, Amina" in row and "Waits" in row for row in rows(page))
    assert "Not sent: 1" in page
    assert "Waiting: 2" in page
    assert "is away (1)" in page


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("?kind=digest", {"Lind"}),
        ("?kind=reminder", {"Yusuf", "Ali"}),
        ("?outcome=sent", set()),
        ("?outcome=waiting&text=HODAN", {"Ali"}),
        ("?text=1001", {"Yusuf"}),
        ("?kind=nonsense", {"Yusuf", "Ali", "Lind"}),
    ],
)
def test_the_address_narrows_the_log(granvik, english, query, names):
    told(granvik, "reminder", "amina", "hodan")
    told(granvik, "digest", "karin")
    found = rows(english("admin").get(LOG + query).text)
    assert {name for name in ("Yusuf", "Ali", "Lind") if any(f"{name}," in row for row in found)} == names
    assert len(found) == len(names)


def test_an_officer_of_a_unit_sees_messages_to_its_people_only(granvik, english):
    told(granvik, "reminder", "amina", "hodan")
    let_be_officer_of(granvik, "jonas", "Eken")
    browser = english("jonas")
    page = browser.get(LOG).text
    assert [("Ali" in row) for row in rows(page)] == [True]
    assert "Waiting: 1" in page
    assert browser.get(f"{LOG}?text=Amina").text.count("<td") == 0
    assert browser.get(SETTINGS).status_code == 404  # those are of the whole employer


def test_leads_and_staff_see_no_log_and_nobody_another_employers(granvik, fjordvik, english, sign_in):
    told(granvik, "reminder", "amina")
    for name in ("amina", "karin"):
        for path in (LOG, SETTINGS, f"{SETTINGS}/words/reminder/sv"):
            assert english(name).get(path).status_code == 404
    assert rows(sign_in(fjordvik, "siri").get(LOG).text) == []


def test_a_protected_identity_is_not_named_nor_found(granvik, english):
    told(granvik, "reminder", "amina")
    with granvik.inside(writes=True) as ctx:
        ctx.open(Person, granvik.person("amina").public_id).protected = True
    browser = english("maria")
    (row,) = rows(browser.get(LOG).text)
    assert "Protected identity" in row
    assert "1001" not in row
    for text in ("Amina", "1001"):
        assert rows(browser.get(f"{LOG}?text={text}").text) == []


def test_terms_are_kept_in_versions_and_noted(granvik, english):
    browser = english("maria")
    assert browser.post(SETTINGS, data=FORM).status_code == 303
    assert browser.post(SETTINGS, data=FORM).status_code == 303  # as it was: no version
    page = browser.get(SETTINGS).text
    assert 'value="21, 7"' in page
    assert "by Maria Holm" in page
    with granvik.inside() as ctx:
        said = terms(ctx)
        assert (said.due_days, said.expiry_days, said.digests, said.digest_weekday) == (
            (21, 7),
            (30,),
            False,
            2,
        )
        assert said.quiet_from.hour == 19
        versions = ctx.db.scalars(
            select(MessageTerms).where(MessageTerms.employer_id == ctx.employer_id)
        ).all()
        assert [version.superseded_at is None for version in versions] == [False, True]
        notes = ctx.db.scalars(select(AuditEntry.facts).where(AuditEntry.action == "messages.set")).all()
        assert [note["due_days"] for note in notes] == [[21, 7]]


@pytest.mark.parametrize(
    ("field", "value", "words_"),
    [
        ("due_days", "soon", "This cannot be read."),
        ("due_days", "1,2,3,4,5,6,7", "At most six days."),
        ("expiry_days", "999", "That is too few or too many."),
        ("overdue_every", "", "Write something here."),
        ("overdue_every", "0", "That is too few or too many."),
        ("above_after", "5", "Not before leads are told."),
        ("digest_weekday", "6", "Choose one of these."),
        ("quiet_from", "late", "This cannot be read."),
    ],
)
def test_what_cannot_be_is_said_at_its_field_and_nothing_is_kept(granvik, english, field, value, words_):
    answer = english("maria").post(SETTINGS, data=FORM | {field: value})
    assert answer.status_code == 422
    assert words_ in answer.text
    assert f'href="#f-{field}"' in answer.text
    with granvik.inside() as ctx:
        assert terms(ctx).due_days == (14, 3)


def test_no_days_at_all_is_no_reminder_before(granvik, english):
    assert english("maria").post(SETTINGS, data=FORM | {"due_days": ""}).status_code == 303
    with granvik.inside() as ctx:
        assert terms(ctx).due_days == ()


def test_own_words_are_shown_before_they_are_kept_and_can_be_given_up(granvik, english):
    browser, path = english("maria"), f"{SETTINGS}/words/reminder/sv"
    lines = {"opening": "Hej från <b>Granvik</b>,\nnu är det dags.", "closing": ""}
    shown = browser.post(path, data=lines | {"preview": "1"})
    assert "Hej från &lt;b&gt;Granvik&lt;/b&gt;, nu är det dags." in shown.text
    with granvik.inside() as ctx:
        assert words(ctx, "reminder", "sv").opening == ""
    assert browser.post(path, data=lines).status_code == 303
    with granvik.inside() as ctx:
        assert words(ctx, "reminder", "sv").opening == "Hej från <b>Granvik</b>, nu är det dags."
        assert words(ctx, "reminder", "nb").opening == ""
    assert "own words" in browser.get(SETTINGS).text
    browser.post(path, data={"reset": "1"} | lines)
    with granvik.inside() as ctx:
        assert words(ctx, "reminder", "sv").opening == ""
        kept = ctx.db.scalars(select(MessageWords.opening).order_by(MessageWords.id)).all()
        assert kept == ["Hej från <b>Granvik</b>, nu är det dags.", ""]


def test_finland_swedish_readers_get_the_swedish_words_where_they_have_none(granvik, english):
    browser, path = english("maria"), f"{SETTINGS}/words/reminder"
    browser.post(f"{path}/sv", data={"opening": "Hej från Granvik.", "closing": "Hälsningar, Maria"})
    browser.post(f"{path}/sv-FI", data={"opening": "", "closing": "Hälsningar från Karleby"})
    page = browser.get(f"{path}/sv-FI").text
    assert "Hej från Granvik." in page
    assert page.count("Empty: the line under Svenska.") == 2
    assert "Empty: the line under" not in browser.get(f"{path}/sv").text
    with granvik.inside() as ctx:
        assert words_read(ctx, "reminder", "sv-FI") == Words("Hej från Granvik.", "Hälsningar från Karleby")
        assert words_read(ctx, "reminder", "nb") == words_read(ctx, "digest", "sv-FI") == Words()
        assert words(ctx, "reminder", "sv-FI").opening == ""


def test_words_that_are_too_long_or_of_no_letter_are_not_kept(granvik, english):
    browser = english("maria")
    answer = browser.post(f"{SETTINGS}/words/digest/en", data={"closing": "x" * 401})
    assert answer.status_code == 422
    assert "At most 400 characters." in answer.text
    for path in ("assigned/sv", "reminder/de"):
        assert browser.get(f"{SETTINGS}/words/{path}").status_code == 404
        assert browser.post(f"{SETTINGS}/words/{path}", data={"opening": "Hej"}).status_code == 404
    with granvik.inside() as ctx:
        assert ctx.db.scalars(select(MessageWords)).all() == []


@pytest.mark.parametrize("letter", ["reminder", "escalation", "digest"])
@pytest.mark.parametrize("language", ["sv", "nb", "en"])
def test_every_letter_can_be_looked_at(english, letter, language):
    page = english("maria").get(f"{SETTINGS}/words/{letter}/{language}")
    assert page.status_code == 200
    assert "/me/messages" in page.text or letter != "digest"


def test_a_test_message_goes_the_usual_way_and_the_page_says_so(granvik, house, english):
    browser = english("maria")
    browser.post(f"{SETTINGS}/test")
    browser.post(f"{SETTINGS}/test")  # while one is on its way, no other
    page = browser.get(f"{SETTINGS}?test=1")
    assert "Is being sent" in page.text
    assert page.headers["Refresh"] == "3"
    assert "Refresh" not in browser.get(SETTINGS).headers  # where somebody may be writing
    refused = browser.post(f"{SETTINGS}?test=1", data={"due_days": "soon"})
    assert (refused.status_code, "Refresh" in refused.headers) == (422, False)
    work_off(house)
    page = browser.get(SETTINGS)
    assert "The mail server has taken it." in page.text
    assert "Refresh" not in page.headers
    with granvik.inside() as ctx:
        assert [each.outcome for each in ctx.db.scalars(select(Message))] == ["sent"]
    assert len(list(house.settings.mail_folder.glob("*.eml"))) == 1


def test_a_test_message_that_cannot_be_handed_over_says_why(granvik, house, english):
    browser = english("maria")
    browser.post(f"{SETTINGS}/test")
    with granvik.inside(writes=True) as ctx:
        ctx.db.execute(update(OutboxTask).values(outcome="failed", reason="SMTPConnectError 421", attempts=1))
    page = browser.get(SETTINGS).text
    assert "SMTPConnectError 421" in page
    assert "It is tried again at" in page


def fail(town, **values):
    """As if mail of a municipality had failed."""
    assign(town, "amina")
    with town.inside(writes=True) as ctx:
        ctx.db.execute(
            update(OutboxTask).values(
                kind="send_message", outcome="failed", reason="ConnectionRefusedError 111", **values
            )
        )


def test_officers_and_administrators_are_told_when_mail_does_not_leave(granvik, fjordvik, english, sign_in):
    fail(granvik, attempts=6)
    for name in ("maria", "admin"):
        page = english(name).get("/org").text
        assert "Messages do not leave" in page
        assert "ConnectionRefusedError 111" in page
    assert "Messages do not leave" not in english("karin").get("/team").text
    assert "kunnig doctor" not in sign_in(fjordvik, "siri").get("/org").text


def test_one_failure_is_no_alarm(granvik, english):
    fail(granvik, attempts=1)
    assert "Messages do not leave" not in english("maria").get("/org").text


def test_an_hour_without_a_worker_is_told(granvik, english):
    told(granvik, "reminder", "amina")
    with granvik.inside(writes=True) as ctx:
        ctx.db.execute(update(OutboxTask).values(due_at=datetime.now(UTC) - timedelta(minutes=61)))
    assert "no worker takes them" in english("maria").get("/org").text


def test_a_lead_stops_the_weekly_letter_and_lets_it_come_again(granvik, english):
    karin = granvik.actor("karin").person_id
    browser = english("karin")
    assert "Stop the letter" in browser.get("/me/messages").text
    for wanted, word in (("no", "You have stopped it."), ("yes", "It comes once a week: Monday.")):
        assert browser.post("/me/messages/digest", data={"wanted": wanted}).status_code == 303
        assert word in browser.get("/me/messages").text
        with granvik.inside() as ctx:
            assert wants_digest(ctx, karin) is (wanted == "yes")
    amina = english("amina")
    assert "weekly letter" not in amina.get("/me/messages").text
    assert amina.post("/me/messages/digest", data={"wanted": "no"}).status_code == 404
    assert "/me/messages" in browser.get("/me").text


def test_a_refused_address_is_said_on_the_person_until_mail_arrives_or_there_is_another(granvik, english):
    def settle(about, outcome, reason):
        with granvik.inside(writes=True) as ctx:
            announce(ctx, "test", about, [granvik.actor("amina").person_id])
            ctx.db.execute(
                update(Message).where(Message.about_id == about).values(outcome=outcome, reason=reason)
            )

    def says():
        return "Mail does not arrive" in browser.get(f"/org/people/{granvik.person('amina').public_id}").text

    browser = english("maria")
    assert not says()
    settle(1, "not_sent", "refused")
    assert says()
    settle(2, "not_sent", "absent")
    assert says()
    assert "Mail does not arrive" not in browser.get(f"/org/people/{granvik.person('farid').public_id}").text
    settle(3, "sent", None)
    assert not says()
    settle(4, "not_sent", "refused")
    with granvik.inside(writes=True) as ctx:
        mine = Identifier.account_id == granvik.actor("amina").account_id
        ctx.db.execute(update(Identifier).where(mine).values(created_at=ctx.now))
    assert not says()
