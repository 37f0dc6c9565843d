"""The secret address of somebody's calendar, and the iCalendar file behind it (RFC 5545, RFC 7986).

The address is shown once, for whoever has it reads the calendar: the database holds a hash. A new one ends the old.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from secrets import token_urlsafe
from typing import Any
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event
from sqlalchemy import delete, select, update

from lms.base.access import Permission
from lms.base.context import Context, work
from lms.base.errors import NotFound
from lms.identity.models import Account
from lms.identity.rules import token_hash
from lms.organisation.acting import acting_for
from lms.organisation.models import Person
from lms.organisation.visitors import actor_on
from lms.reports.calendar import Entry, my_calendar
from lms.reports.models import CalendarFeed

ASK_AGAIN = timedelta(hours=6)  # how often a calendar should look for news
_TOLD = dict[str, list[Any]]


def make_feed(ctx: Context) -> str:
    """A new secret address for the actor's calendar here, shown this once; the one before leads nowhere any more."""
    who = ctx.require(Permission.LEARN)
    _forget(ctx)
    token = token_urlsafe(32)
    ctx.db.add(
        CalendarFeed(
            token_hash=token_hash(token),
            account_id=who.account_id,
            employer_id=who.employer_id,
            created_at=ctx.now,
            told={},
        )
    )
    ctx.note("calendar.address_made", ctx.open(Person, who.person_id))
    return f"{ctx.house.settings.public_url}/calendar/{token}.ics"


def end_feed(ctx: Context) -> None:
    """Let the address of the actor's calendar lead nowhere any more.

    Open: own address only, and whoever has left may end it too.
    """
    if _forget(ctx):
        ctx.note("calendar.address_ended", ctx.open(Person, ctx.who.person_id))


def _forget(ctx: Context) -> bool:
    gone = delete(CalendarFeed).where(
        CalendarFeed.account_id == ctx.who.account_id, CalendarFeed.employer_id == ctx.who.employer_id
    )
    return bool(ctx.db.execute(gone.returning(CalendarFeed.id)).all())


def feed_since(ctx: Context) -> datetime | None:
    """When the address of the actor's calendar here was made; None if there is none. One statement.

    Open: own address only.
    """
    return ctx.db.scalar(
        select(CalendarFeed.created_at)
        .join(Account, Account.id == CalendarFeed.account_id)
        .where(
            CalendarFeed.account_id == ctx.who.account_id,
            CalendarFeed.employer_id == ctx.who.employer_id,
            Account.activated_at <= CalendarFeed.created_at,
        )
    )


@dataclass(frozen=True, slots=True)
class Fetched:
    """A calendar file, and the name of what it says."""

    data: bytes
    etag: str


def calendar_at(ctx: Context, token: str) -> Fetched:
    """The calendar behind an address. Raises NotFound: there is none, it was ended, or its person does not work here.

    Nor does it lead anywhere after the account was taken back from somebody who came in with another's slip.
    Open: the token is the proof. Nine statements; it writes, in a unit of work of its own, when an event has changed
    since the last time.
    """
    row = ctx.db.execute(
        select(CalendarFeed, Account.language)
        .join(Account, Account.id == CalendarFeed.account_id)
        .where(CalendarFeed.token_hash == token_hash(token), Account.activated_at <= CalendarFeed.created_at)
    ).first()
    if row is None:
        raise NotFound
    feed, language = row
    with acting_for(ctx.house, feed.employer_id, ctx.now, writes=False) as there:
        person_id = there.db.scalar(
            select(Person.id).where(
                Person.employer_id == feed.employer_id, Person.account_id == feed.account_id
            )
        )
        if person_id is None:
            raise NotFound
        there.actor = actor_on(there.db, feed.employer_id, person_id, there.today)
        there.language = language
        entries, zone = my_calendar(there), there.time_zone
    told = _told_now(feed.told, entries, ctx.now)
    if told != feed.told:
        with work(ctx.house, now=ctx.now) as change:
            change.db.execute(update(CalendarFeed).where(CalendarFeed.id == feed.id).values(told=told))
    data = written(entries, told, zone, language, ctx.house.settings.public_url)
    return Fetched(data, token_hash(data.decode())[:32])


def _told_now(before: _TOLD, entries: Sequence[Entry], now: datetime) -> _TOLD:
    """What is told of each event from now on; one that says something else than before has changed once more."""
    told: _TOLD = {}
    for entry in entries:
        digest, times, at = before.get(entry.uid, ["", -1, ""])
        told[entry.uid] = (
            [digest, times, at]
            if digest == entry.digest
            else [entry.digest, times + 1, now.replace(microsecond=0).isoformat()]
        )
    return told


def written(
    entries: Sequence[Entry], told: Mapping[str, Sequence[Any]], zone: str, language: str, public_url: str
) -> bytes:
    """The iCalendar file of entries, its times in the employer's zone; the same for the same entries."""
    calendar = Calendar()
    calendar.add("prodid", "-//Kunnig//Calendar//EN")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", "PUBLISH")
    calendar.add("name", "Kunnig")
    calendar.add("x-wr-calname", "Kunnig")
    calendar.add("x-wr-timezone", zone)
    calendar.add("refresh-interval", ASK_AGAIN, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", "PT6H")
    for entry in entries:
        _digest, times, at = told[entry.uid]
        calendar.add_component(
            _event(entry, times, datetime.fromisoformat(at), ZoneInfo(zone), language, public_url)
        )
    years = [entry.starts.year for entry in entries if entry.ends] or [1970]
    calendar.add_missing_timezones(date(min(years) - 1, 1, 1), date(max(years) + 2, 1, 1))
    file: bytes = calendar.to_ical()
    return file


def _event(
    entry: Entry, times: int, changed_at: datetime, zone: ZoneInfo, language: str, public_url: str
) -> Event:
    event = Event()
    event.add("uid", entry.uid)
    event.add("dtstamp", changed_at.astimezone(UTC))
    event.add("last-modified", changed_at.astimezone(UTC))
    event.add("sequence", times)
    event.add("summary", entry.summary, parameters={"LANGUAGE": language})
    event.add("class", "PRIVATE")
    event.add("url", f"{public_url}{entry.path}")
    if isinstance(entry.starts, datetime) and entry.ends:
        event.add("dtstart", entry.starts.astimezone(zone))
        event.add("dtend", entry.ends.astimezone(zone))
    elif isinstance(entry.starts, date):
        event.add("dtstart", entry.starts)
        event.add("dtend", entry.starts + timedelta(days=1))
        event.add("transp", "TRANSPARENT")  # a last day keeps nobody from anything else
    if entry.place:
        event.add("location", entry.place)
    return event
