"""By which channel a message goes, at which hours not, and what stands in a person's own list."""

from dataclasses import replace
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import pytest
import time_machine
from sqlalchemy import select, update

from lms.base.audit import AuditEntry
from lms.base.errors import Invalid
from lms.identity.models import Identifier
from lms.jobs.worker import work_off
from lms.learning.actions import withdraw_assignment
from lms.messages.actions import announce
from lms.messages.log import KINDS
from lms.messages.models import Message, MessageChoice
from lms.messages.own_list import mark_opened, my_messages
from lms.messages.queries import Choice
from lms.messages.rules import BY_MAIL, NEVER, Errand, Quiet, Recipient, channel_for, verdict
from lms.messages.settings import AT_NIGHT, choose
from tests.learning.taking import assign
from tests.messages.days import MONDAY, at, let_terms_be, log_of

ZONE = ZoneInfo("Europe/Stockholm")
MAIL = {"email": "a@granvik.example"}
OFFICE, OWN = Quiet(time(20), time(7)), Quiet(time(5), time(9, 30), weekends=False)
SOMEBODY = Recipient(address="a@granvik.example", employed=True, quiet=OWN)


@pytest.mark.parametrize("kind", KINDS)
def test_what_guards_the_way_in_goes_by_mail_and_all_else_as_chosen(kind):
    assert channel_for(kind, "list", MAIL) == ("email" if kind in BY_MAIL else "list")
    assert channel_for(kind, "list", {}) == "list"
    assert channel_for(kind, "email", {}) == "email"


def test_what_is_about_signing_in_cannot_be_turned_away():
    assert {"sign_in_changed", "second_factor_required", "slip", "auditor"} <= BY_MAIL


@pytest.mark.parametrize(
    ("kind", "now", "until"),
    [
        ("assigned", "2027-01-20T08:00", "2027-01-20T09:30"),
        ("assigned", "2027-01-20T21:00", "2027-01-21T09:30"),  # out of the employer's hours into one's own
        ("assigned", "2027-01-20T09:30", None),
        ("reminder", "2027-01-22T21:00", "2027-01-25T09:30"),  # a Friday: over the weekend, too
        ("passed", "2027-01-20T21:00", None),  # the employer's hours do not hold it
        ("passed", "2027-01-20T05:00", "2027-01-20T09:30"),
        ("second_factor_required", "2027-01-20T05:00", "2027-01-20T09:30"),
        ("sign_in_changed", "2027-01-20T05:00", None),
        ("slip", "2027-01-20T05:00", None),
    ],
)
def test_own_quiet_hours_hold_all_but_what_is_urgent(kind, now, until):
    found = verdict(SOMEBODY, Errand(kind), OFFICE, datetime.fromisoformat(now).replace(tzinfo=ZONE))
    opens = until and datetime.fromisoformat(until).replace(tzinfo=ZONE)
    assert (found.fate, found.until) == (("wait", opens) if until else ("send", None))


def test_hours_that_leave_no_time_together_are_those_of_the_person():
    day_long = replace(SOMEBODY, quiet=Quiet(time(7), time(20), weekends=False))
    found = verdict(day_long, Errand("assigned"), OFFICE, datetime(2027, 1, 20, 12, tzinfo=ZONE))
    assert found.until == datetime(2027, 1, 20, 20, tzinfo=ZONE)


def test_after_an_absence_own_hours_count_too():
    away = replace(SOMEBODY, away=True, back_on=date(2027, 1, 25))
    found = verdict(away, Errand("assigned"), OFFICE, datetime(2027, 1, 20, 12, tzinfo=ZONE))
    assert (found.reason, found.until) == ("absent", datetime(2027, 1, 25, 9, 30, tzinfo=ZONE))


def test_without_a_choice_no_hour_is_quiet():
    assert Choice() == Choice("email", NEVER)
    assert not any(NEVER.is_quiet_at(time(hour)) for hour in range(24))


def listed(town, name):
    with town.work(name, writes=False) as ctx:
        found, count = my_messages(ctx, start=0, limit=50)
    assert count == len(found)
    return [(told.kind, told.is_new) for told in found]


def test_whoever_wants_the_list_alone_gets_no_mail(granvik, post):
    with granvik.work("amina") as ctx:
        choose(ctx, Choice("list"))
    with time_machine.travel(at(MONDAY)):
        assign(granvik, "amina", "farid")
        work_off(post.house)
    assert set(post.told()) == {"farid.rahimi"}
    assert log_of(granvik, "amina", "assigned") == [("sent", None)]
    assert listed(granvik, "amina") == listed(granvik, "farid") == [("assigned", True)]
    assert listed(granvik, "hodan") == []
    with granvik.inside() as ctx:
        rows = ctx.db.execute(select(Message.channel).where(Message.employer_id == ctx.employer_id))
        assert sorted(rows.scalars()) == ["email", "list"]


def test_what_is_about_signing_in_is_mailed_to_them_all_the_same(granvik, post):
    with granvik.work("amina") as ctx:
        choose(ctx, Choice("list", AT_NIGHT))
        announce(ctx, "test", 1, [ctx.who.person_id])
    with time_machine.travel(at(MONDAY, 23)):
        work_off(post.house)
    assert set(post.told()) == {"amina.yusuf"}


def test_own_hours_are_by_the_clock_of_the_employer(granvik, post):
    let_terms_be(granvik, quiet_from=time(0), quiet_to=time(0), digests=False)
    with granvik.work("amina") as ctx:
        choose(ctx, Choice("email", AT_NIGHT))
    with time_machine.travel(at(MONDAY, 22)):
        assign(granvik, "amina", "farid")
        work_off(post.house)
        assert set(post.told()) == {"farid.rahimi"}
        assert log_of(granvik, "amina", "assigned") == [("waiting", "quiet")]
        assert listed(granvik, "amina") == [("assigned", True)]  # it makes no sound there
    with time_machine.travel(at(MONDAY.replace(day=MONDAY.day + 1), 7)):
        work_off(post.house)
    assert set(post.told()) == {"farid.rahimi", "amina.yusuf"}


@pytest.mark.parametrize("channel", ["email", "list"])
def test_what_was_taken_back_is_in_no_list(granvik, post, channel):
    with granvik.work("amina") as ctx:
        choose(ctx, Choice(channel))
    with time_machine.travel(at(MONDAY)):
        made = assign(granvik, "amina")
        with granvik.work("karin") as ctx:
            withdraw_assignment(ctx, made.assignment.public_id)
        work_off(post.house)
    assert listed(granvik, "amina") == []


def test_who_cannot_be_written_to_finds_it_in_the_list(granvik, post):
    with granvik.inside(writes=True) as ctx:
        account = granvik.actor("amina").account_id
        ctx.db.execute(
            update(Identifier)
            .where(Identifier.account_id == account)
            .values(kind="phone", value="+46701740612")
        )
    with time_machine.travel(at(MONDAY)):
        assign(granvik, "amina")
        work_off(post.house)
    assert log_of(granvik, "amina", "assigned") == [("not_sent", "no_address")]
    assert listed(granvik, "amina") == [("assigned", True)]


def test_a_letter_about_a_day_is_listed_once_it_is_known_to_tell_something(granvik):
    with granvik.inside(writes=True) as ctx:
        announce(ctx, "reminder", 1, [granvik.actor("amina").person_id])
    assert listed(granvik, "amina") == []
    with granvik.inside(writes=True) as ctx:
        ctx.db.execute(update(Message).where(Message.employer_id == ctx.employer_id).values(outcome="sent"))
    assert listed(granvik, "amina") == [("reminder", True)]


def test_marking_touches_what_the_reader_has_seen_and_nobody_elses(granvik):
    with granvik.inside(writes=True) as ctx:
        for name in ("amina", "farid"):
            announce(ctx, "passed", 1, [granvik.actor(name).person_id])
    with granvik.work("farid") as ctx:
        theirs, _count = my_messages(ctx, start=0, limit=50)
    with granvik.work("amina") as ctx:
        mine, _count = my_messages(ctx, start=0, limit=50)
        mark_opened(ctx, [*mine, *theirs])
    assert listed(granvik, "amina") == [("passed", False)]
    assert listed(granvik, "farid") == [("passed", True)]


def test_a_choice_is_kept_once_and_noted_without_what_it_was(granvik):
    for channel in ("list", "email", "list"):
        with granvik.work("amina") as ctx:
            choose(ctx, Choice(channel, AT_NIGHT))
    with granvik.inside() as ctx:
        row = ctx.db.scalars(select(MessageChoice)).one()
        assert (row.channel, row.quiet_from, row.quiet_to) == ("list", time(21), time(7))
        notes = ctx.db.scalars(select(AuditEntry).where(AuditEntry.action == "messages.chosen")).all()
        assert [note.facts for note in notes] == [{}, {}, {}]
        assert {note.person_id for note in notes} == {granvik.actor("amina").person_id}
    with granvik.work("amina", writes=False) as ctx, pytest.raises(Invalid):
        choose(ctx, Choice("pigeon"))
