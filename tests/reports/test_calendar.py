"""The calendar that phones fetch: what stands in it, for whom, and when its address leads nowhere."""

from datetime import date, datetime, timedelta

import pytest
import time_machine
from icalendar import Calendar
from sqlalchemy import func, select, update

from lms.base.audit import AuditEntry
from lms.base.errors import Conflict, Invalid, NotFound
from lms.identity.actions import set_preferences
from lms.identity.models import Account
from lms.identity.rules import LIMITS, token_hash
from lms.learning.time_models import LearningTime
from lms.learning.times import FORGOTTEN, MOST, drop_time, my_times, plan_time
from lms.organisation.actions import end_employment
from lms.organisation.models import Employment, Person
from lms.reflection.actions import plan_meeting
from lms.reflection.models import MeetingSession
from lms.reports.calendar import my_calendar
from lms.reports.calendar_feed import end_feed, make_feed
from lms.reports.models import CalendarFeed
from tests.learning.taking import COURSE, assign, take
from tests.web.staff_pages import counted, shown


def address(town, name="amina", now=None):
    """The path of somebody's new secret address."""
    with town.work(name, now=now) as ctx:
        return make_feed(ctx).removeprefix(town.house.settings.public_url)


def events(answer):
    """The events of a fetched calendar, by what they are called."""
    return {str(event["SUMMARY"]): event for event in Calendar.from_ical(answer.data).walk("VEVENT")}


@pytest.fixture
def english_amina(granvik):
    with granvik.work("amina") as ctx:
        set_preferences(ctx, "en", "system")


def meet(town, place="Köket, vån 2"):
    """A meeting of Björken in three days."""
    with town.work("karin") as ctx:
        return plan_meeting(
            ctx,
            town.unit("Björken").public_id,
            course=COURSE,
            starts_at=ctx.now + timedelta(days=3),
            place=place,
            minutes=30,
        )


def test_it_holds_last_days_meetings_and_time_put_aside(granvik, client, house, english_amina):
    assign(granvik, "amina")
    meet(granvik)
    with granvik.work("amina") as ctx:
        begins = (ctx.now + timedelta(days=2)).replace(microsecond=0)
        plan_time(ctx, COURSE, begins, 45)
        due_on = next(entry.starts for entry in my_calendar(ctx) if not entry.ends)
    where = address(granvik)
    client.get(where)
    with counted(house) as sent:
        answer = client.get(where)
    assert len(sent) == 9
    found = events(answer)
    last = found["Last day: Documentation"]
    assert (last["DTSTART"].dt, last["DTEND"].dt) == (due_on, due_on + timedelta(days=1))
    assert type(last["DTSTART"].dt) is date
    meeting = found["Staff meeting: Documentation"]
    assert meeting["LOCATION"] == "Köket, vån 2"
    assert meeting["DTSTART"].params["TZID"] == "Europe/Stockholm"
    assert meeting["DTEND"].dt - meeting["DTSTART"].dt == timedelta(minutes=30)
    own = found["Time to learn: Documentation"]
    assert own["DTSTART"].dt == begins
    assert own["DTEND"].dt - own["DTSTART"].dt == timedelta(minutes=45)
    (zone,) = Calendar.from_ical(answer.data).walk("VTIMEZONE")
    assert zone["TZID"] == "Europe/Stockholm"
    assert not any(word in answer.text for word in ("Amina", "Karin", "Björken", "Granvik"))
    assert max(map(len, answer.data.split(b"\r\n"))) <= 75


def test_a_certificate_that_runs_out_stands_there_where_the_course_is_asked_for(
    granvik, client, english_amina
):
    take(granvik, "farid", right=12)
    assign(granvik, "amina")
    take(granvik, "amina", right=12)
    (event,) = events(client.get(address(granvik))).values()
    assert event["SUMMARY"] == "Certificate runs out: Documentation"
    assert event["DTSTART"].dt.year == date.today().year + 2  # noqa: DTZ011
    with granvik.work("farid") as ctx:
        assert my_calendar(ctx) == []


def test_what_has_not_changed_is_fetched_once_and_a_change_is_told_as_one(granvik, client, english_amina):
    session = meet(granvik)
    where = address(granvik)
    answer = client.get(where)
    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert Calendar.from_ical(answer.data)["REFRESH-INTERVAL"].dt == timedelta(hours=6)
    with time_machine.travel(datetime.now().astimezone() + timedelta(hours=2), tick=False):
        again = client.get(where, headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    with granvik.inside(writes=True) as ctx:
        ctx.db.execute(
            update(MeetingSession).where(MeetingSession.meeting_id == session.id).values(place="Matsalen")
        )
    with time_machine.travel(datetime.now().astimezone() + timedelta(hours=3), tick=False):
        changed = client.get(where, headers={"If-None-Match": answer.headers["ETag"]})
    (before,), (after,) = events(answer).values(), events(changed).values()
    assert changed.status_code == 200
    assert (before["UID"], before["SEQUENCE"], after["SEQUENCE"]) == (after["UID"], 0, 1)
    assert after["LAST-MODIFIED"].dt > before["LAST-MODIFIED"].dt
    assert (before["LOCATION"], after["LOCATION"]) == ("Köket, vån 2", "Matsalen")


def test_no_place_of_whose_identity_is_protected(granvik, client):
    meet(granvik)
    where = address(granvik)
    assert "vån 2" in client.get(where).text
    with granvik.inside(writes=True) as ctx:
        ctx.db.execute(update(Person).where(Person.given_name == "Amina").values(protected=True))
    assert "vån 2" not in client.get(where).text


def test_each_sees_the_own_only(granvik, fjordvik, client, english_amina):
    assign(granvik, "amina")
    meet(granvik)
    with granvik.work("amina") as ctx:
        plan_time(ctx, COURSE, ctx.now + timedelta(days=2))
    assert len(events(client.get(address(granvik)))) == 3
    assert len(events(client.get(address(granvik, "farid")))) == 1  # the meeting of both
    assert len(events(client.get(address(granvik, "hodan")))) == 0
    assert len(events(client.get(address(fjordvik, "kari")))) == 0


def test_a_new_address_ends_the_old_one_and_both_can_be_ended(granvik, client):
    first, second = address(granvik), address(granvik)
    other = address(granvik, "farid")
    assert (client.get(first).status_code, client.get(second).status_code) == (404, 200)
    with granvik.work("amina") as ctx:
        end_feed(ctx)
        end_feed(ctx)
    assert (client.get(second).status_code, client.get(other).status_code) == (404, 200)
    with granvik.inside() as ctx:
        noted = select(AuditEntry.action).where(AuditEntry.action.like("calendar.%")).order_by(AuditEntry.id)
        made, ended = "calendar.address_made", "calendar.address_ended"
        assert list(ctx.db.scalars(noted)) == [made, made, made, ended]


def test_the_address_lies_nowhere_but_as_a_hash(granvik):
    token = address(granvik).removeprefix("/calendar/").removesuffix(".ics")
    with granvik.inside() as ctx:
        (row,) = ctx.db.scalars(select(CalendarFeed))
        assert row.token_hash == token_hash(token)
        assert token not in str(ctx.db.execute(select(AuditEntry.facts)).all())


def test_who_has_left_or_whose_account_was_taken_back_has_none(granvik, client):
    where, other = address(granvik), address(granvik, "farid")
    with granvik.work("maria") as ctx:
        job = ctx.db.scalars(
            select(Employment).where(Employment.person_id == granvik.actor("amina").person_id)
        ).one()
        end_employment(ctx, employment=job, last_day=ctx.today - timedelta(days=1))
    assert (client.get(where).status_code, client.get(other).status_code) == (404, 200)
    with granvik.inside(writes=True) as ctx:
        ctx.db.execute(
            update(Account)
            .where(Account.id == granvik.actor("farid").account_id)
            .values(activated_at=ctx.now + timedelta(seconds=1))
        )
    assert client.get(other).status_code == 404


def test_wrong_addresses_are_heard_so_often_and_right_ones_always(granvik, client):
    where = address(granvik)
    wrong = [client.get(f"/calendar/{number}.ics").status_code for number in range(125)]
    assert wrong == [404] * LIMITS["calendar"].by_address + [429] * 5
    assert client.get(where).status_code == 200


def test_own_page_puts_time_aside_and_takes_it_back(granvik, english, house):
    amina, farid = english("amina"), english("farid")
    day = (datetime.now().astimezone() + timedelta(days=5)).date()
    form = {"course": COURSE, "day": day.isoformat(), "time": "13:15", "minutes": "45"}
    assert amina.post("/me/calendar/times", data=form).location == "/me/calendar?saved=time"
    with counted(house) as sent:
        page = shown(amina.get("/me/calendar?saved=time"))
    assert len(sent) == 4
    assert "at 13:15 · 45 min" in page
    assert "The time is put aside." in page
    with granvik.work("amina", writes=False) as ctx:
        (mine,) = my_times(ctx)
    remove = f"/me/calendar/times/{mine.public_id}/remove"
    assert farid.post(remove).status_code == 404
    assert "Time to learn" in shown(farid.get("/me/calendar"))
    assert "13:15" not in shown(farid.get("/me/calendar"))
    assert amina.post(remove).status_code == 303
    assert "13:15" not in shown(amina.get("/me/calendar"))


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("course", "", "Choose a course."),
        ("day", "2020-01-01", "Choose a time that has not passed."),
        ("day", "2999-01-01", "Choose a day within a year."),
        ("time", "", "Write a time."),
        ("minutes", "7", "Choose how long."),
    ],
)
def test_own_page_says_what_is_missing(granvik, english, field, value, says):
    day = (datetime.now().astimezone() + timedelta(days=5)).date().isoformat()
    form = {"course": COURSE, "day": day, "time": "13:15", "minutes": "45", field: value}
    answer = english("amina").post("/me/calendar/times", data=form)
    assert answer.status_code == 422
    assert shown(answer).count(says) == 2  # on top and at the field
    with granvik.inside() as ctx:
        assert ctx.db.scalar(select(func.count()).select_from(LearningTime)) == 0


def test_time_is_put_aside_so_often_and_forgotten_when_it_is_over(granvik):
    with granvik.work("amina") as ctx:
        for hours in range(MOST):
            plan_time(ctx, COURSE, ctx.now + timedelta(hours=1 + hours))
            ctx.db.flush()
        with pytest.raises(Conflict):
            plan_time(ctx, COURSE, ctx.now + timedelta(hours=99))
        for course, minutes, error in (("nothing", 30, NotFound), (COURSE, 31, Invalid)):
            with pytest.raises(error):
                plan_time(ctx, course, ctx.now + timedelta(hours=1), minutes)
    later = datetime.now().astimezone() + FORGOTTEN + timedelta(days=3)
    with granvik.work("amina", now=later) as ctx:
        assert my_times(ctx) == []
        kept = plan_time(ctx, COURSE, ctx.now + timedelta(hours=1))
    with granvik.work("farid", now=later) as ctx, pytest.raises(NotFound):
        drop_time(ctx, kept.public_id)
    with granvik.inside() as ctx:
        assert list(ctx.db.scalars(select(LearningTime.public_id))) == [kept.public_id]


def test_the_address_is_shown_once_and_how_to_add_it(granvik, english, client):
    amina = english("amina")
    assert "Make an address" in shown(amina.get("/me/calendar"))
    page = shown(amina.post("/me/calendar/address"))
    public = granvik.house.settings.public_url
    secret = page.partition(f'value="{public}/calendar/')[2].partition('"')[0]
    assert f'href="webcal:{public.partition(":")[2]}/calendar/{secret}"' in page
    assert client.get(f"/calendar/{secret}").status_code == 200
    own = shown(amina.get("/me/calendar"))
    assert "You have an address since" in own
    assert secret not in own
    assert amina.post("/me/calendar/end").location == "/me/calendar?saved=ended"
    assert client.get(f"/calendar/{secret}").status_code == 404
