"""Files that are made every week or month: on their day, under the roles of that day, told of by a link."""

from datetime import UTC, date, datetime, time, timedelta
from email import message_from_bytes, policy
from zoneinfo import ZoneInfo

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update

from lms.base.context import work
from lms.base.errors import Away, Conflict, NotFound
from lms.base.outbox import OutboxTask
from lms.jobs.worker import work_off
from lms.messages.models import Message
from lms.organisation.models import RoleGrant
from lms.register.queries import EVERYTHING, Filter
from lms.reports import rules
from lms.reports.queries import finished_file, own_files
from lms.reports.rules import MOST_SCHEDULES, next_day
from lms.reports.schedules import MADE_AT, regular_files, schedule_export, stop_schedule
from tests.learning.taking import COURSE, assign

HERE = ZoneInfo("Europe/Stockholm")


@pytest.fixture
def full(granvik):
    """Granvik with something in its register."""
    assign(granvik, "amina", "farid")
    work_off(granvik.house)
    return granvik


def schedule(town, every="week", kind="csv", narrowed=EVERYTHING, who="maria"):
    with town.work(who) as ctx:
        return schedule_export(ctx, narrowed, kind, every)


def regular(town, who="maria"):
    with town.work(who, writes=False) as ctx:
        return regular_files(ctx)


def files(town, who="maria"):
    with town.work(who, writes=False) as ctx:
        return own_files(ctx)


def work_on(town, day, at=time(8)):
    """Let the worker do what is due at a time of a day."""
    with time_machine.travel(datetime.combine(day, at, HERE), tick=True):
        work_off(town.house)
        return files(town), regular(town)


def letters(town, kind):
    read = [
        message_from_bytes(path.read_bytes(), policy=policy.default)
        for path in town.house.settings.mail_folder.glob("*.eml")
    ]
    return [mail for mail in read if str(mail["Message-ID"]).startswith(f"<{kind}.")]


@given(st.dates(date(2020, 1, 1), date(2060, 1, 1)))
def test_the_next_day_is_the_first_monday_or_first_of_a_month_after_this_one(day):
    following = [day + timedelta(days=number) for number in range(1, 32)]
    assert next_day("week", day) == next(each for each in following if each.weekday() == 0)
    assert next_day("month", day) == next(each for each in following if each.day == 1)


@pytest.mark.parametrize("every", ["week", "month"])
def test_it_is_made_on_its_day_and_then_on_the_next(full, every):
    first = schedule(full, every, narrowed=Filter(course=COURSE)).next_on
    second = next_day(every, first)
    assert work_on(full, first - timedelta(days=1))[0] == []
    assert work_on(full, first, time(MADE_AT.hour - 1))[0] == []
    made, (planned,) = work_on(full, first)
    assert [(file.outcome, file.done, file.view.narrowed.course, file.regular) for file in made] == [
        ("done", 2, COURSE, True)
    ]
    assert planned.next_on == second
    made, (planned,) = work_on(full, second)
    assert len([file for file in made if file.outcome == "done"]) == (
        2 if every == "week" else 1
    )  # kept two weeks
    assert planned.next_on == next_day(every, second)
    assert len(letters(full, "regular_file")) == 2


def test_days_on_which_nothing_worked_are_not_made_up_for(full):
    first = schedule(full).next_on
    late = first + timedelta(days=24)
    made, (planned,) = work_on(full, late)
    assert len(made) == 1
    assert planned.next_on == next_day("week", late)


def test_it_is_told_of_by_a_link_and_never_attached(full):
    day = schedule(full, kind="xlsx").next_on
    work_on(full, day)
    (mail,) = letters(full, "regular_file")
    assert mail["To"] == "maria.holm@granvik.example"
    assert "/register/files" in mail.get_body(("plain",)).get_content()
    assert list(mail.iter_attachments()) == []
    with time_machine.travel(datetime.combine(day, time(9), HERE)), full.work("maria", writes=False) as ctx:
        (file,) = own_files(ctx)
        key, _name, _kind = finished_file(ctx, file.public_id)
        assert ctx.house.files.has(key)


def test_the_day_that_is_told_twice_makes_one_file_and_one_letter(full):
    day = schedule(full).next_on
    work_on(full, day)
    with work(full.house) as ctx:
        kinds = ("run_schedule", "make_export", "send_message")
        ctx.db.execute(
            update(OutboxTask)
            .where(OutboxTask.kind.in_(kinds), OutboxTask.done_at.is_not(None))
            .values(done_at=None, leased_until=None)
        )
    made, _planned = work_on(full, day, time(9))
    assert len(made) == 1
    assert len(letters(full, "regular_file")) == 1


def test_who_has_lost_the_role_gets_no_file_and_is_told_that_it_has_ended(full):
    day = schedule(full).next_on
    with full.inside(writes=True) as ctx:
        maria = full.person("maria").id
        grant = RoleGrant.employer_id == full.employer_id, RoleGrant.person_id == maria
        ctx.db.execute(update(RoleGrant).where(*grant).values(valid_to=day - timedelta(days=1)))
    with time_machine.travel(datetime.combine(day, time(8), HERE), tick=True):
        work_off(full.house)
    with full.inside(writes=True) as ctx:
        ctx.db.execute(update(RoleGrant).where(*grant).values(valid_to=None))
    made, (ended,) = work_on(full, day + timedelta(days=8))
    assert made == []
    assert ended.ended_because == "no_role"
    assert len(letters(full, "regular_file_ended")) == 1
    assert letters(full, "regular_file") == []


def test_what_is_stopped_is_made_no_more(full):
    one = schedule(full)
    with full.work("maria") as ctx:
        stop_schedule(ctx, one.public_id)
    made, (ended,) = work_on(full, one.next_on)
    assert made == []
    assert ended.ended_because == "stopped"
    with time_machine.travel(datetime.now(UTC) + timedelta(days=20)):
        assert regular(full) == []


def test_a_file_that_would_be_too_large_is_told_of_too(full, monkeypatch):
    day = schedule(full, kind="pdf").next_on
    monkeypatch.setitem(rules.MOST_ROWS, "pdf", 1)
    made, _planned = work_on(full, day)
    assert [(file.outcome, file.reason) for file in made] == [("failed", "too_many")]
    (mail,) = letters(full, "regular_file")
    assert "två veckor" not in mail.get_body(("plain",)).get_content()
    assert "för många rader" in mail.get_body(("plain",)).get_content()
    assert regular(full)[0].failed == "too_many"
    work_on(full, day + timedelta(days=7))  # and so it goes on: who was told knows
    assert len(letters(full, "regular_file")) == 1
    monkeypatch.setitem(rules.MOST_ROWS, "pdf", 9)
    made, (goes_on,) = work_on(full, day + timedelta(days=14))
    assert made[0].outcome == "done"
    assert goes_on.failed is None
    assert len(letters(full, "regular_file")) == 2


@pytest.mark.parametrize("hours", [0, 2])
def test_a_file_that_keeps_failing_is_told_of_once_and_one_that_was_late_is_not(full, monkeypatch, hours):
    def away(_self, _key, _file):
        raise Away("files_away")

    day = schedule(full).next_on
    with monkeypatch.context() as patched:
        patched.setattr(type(full.house.files), "upload", away)
        for hour in range(hours + 1):
            (file,), (goes_on,) = work_on(full, day, time(8 + hour))
            assert (file.outcome, file.reason, goes_on.failed) == ("failed", "error", "error")
    told = letters(full, "regular_file")
    assert len(told) == (1 if hours else 0)
    assert all("gick fel hos oss" in mail.get_body(("plain",)).get_content() for mail in told)
    (file,), (goes_on,) = work_on(full, day, time(18))
    assert (file.outcome, goes_on.failed) == ("done", None)
    assert len(letters(full, "regular_file")) == len(told) + 1


def test_nobody_else_sees_or_stops_it(full, fjordvik):
    one = schedule(full)
    for town, name in ((full, "karin"), (full, "admin"), (fjordvik, "siri")):
        with town.work(name) as ctx, pytest.raises(NotFound):
            stop_schedule(ctx, one.public_id)
    assert regular(fjordvik, "siri") == []
    with full.inside(writes=True) as ctx:
        ctx.db.add(
            RoleGrant(
                employer_id=full.employer_id, person_id=full.person("jonas").id, role="officer", unit_id=None,
                valid_from=date(2026, 1, 1), recorded_at=ctx.now,
            )
        )  # fmt: skip
    assert regular(full, "jonas") == []
    with full.work("jonas") as ctx, pytest.raises(NotFound):
        stop_schedule(ctx, one.public_id)
    with full.work("amina") as ctx, pytest.raises(NotFound):
        schedule_export(ctx, EVERYTHING, "csv", "week")
    assert regular(full)[0].ended_because is None


def test_a_person_has_so_many_and_no_more(full):
    for _number in range(MOST_SCHEDULES):
        last = schedule(full)
    with pytest.raises(Conflict, match="too_many_schedules"):
        schedule(full)
    with full.work("maria") as ctx:
        stop_schedule(ctx, last.public_id)
    assert schedule(full)


def test_the_page_lists_them_and_stops_one(full, sign_in):
    browser = sign_in(full, "maria")
    browser.post("/register/files", data={"kind": "pdf", "every": "month", "course": COURSE})
    page = browser.get("/register/files").text
    day = next_day("month", regular(full)[0].next_on - timedelta(days=40))
    assert regular(full)[0].kind == "pdf"
    assert day <= regular(full)[0].next_on
    stop = page[page.index("/register/files/regular/") :].split('"')[0]
    assert browser.post(stop).status_code == 303
    assert regular(full)[0].ended_because == "stopped"
    assert "/register/files/regular/" not in browser.get("/register/files").text


def test_a_past_day_is_not_made_again_and_again(full, sign_in):
    browser = sign_in(full, "maria")
    sent = {"kind": "csv", "every": "week", "day": "2026-01-05"}
    assert browser.post("/register/files", data=sent).status_code == 404
    assert browser.post("/register/files", data={"kind": "csv", "every": "hour"}).status_code == 404
    assert regular(full) == []
    page = browser.get("/register/files?day=2026-01-05").text
    assert 'name="every"' not in page
    with full.inside() as ctx:
        assert (
            ctx.db.scalars(
                select(Message.id).where(
                    Message.employer_id == ctx.employer_id, Message.kind == "regular_file"
                )
            ).all()
            == []
        )
